package bag

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzReadRows(f *testing.F) {
	f.Add([]byte(ObjectsHeader + `a,/c/,/c/a.ics,"""1""",u,3,` + strings.Repeat("0", 64) + ",created,data/a/calendars/c/a.ics,\n"))
	f.Add([]byte(ObjectsHeader + "a,/c/,/c/a.ics,,,,,failed,,\"two\nlines\"\nb,/c/,x,,,,,gone,,\na,/c/,y,,,,,gone,,\n"))
	f.Add([]byte("\xef\xbb\xbf" + ObjectsHeader))
	f.Add([]byte("reason,file,outcome,sha256,bytes,uid,etag,path,collection,account,more\n1,,3,4,5,6,7,8,9,10,11\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var rows []Row
		var last error
		for row, err := range ReadRows(bytes.NewReader(data)) {
			if last = err; err == nil {
				rows = append(rows, row)
			}
		}
		checkIndex(t, data, rows, last)
		if last != nil {
			return
		}
		var b bytes.Buffer
		b.WriteString(ObjectsHeader)
		w := NewRowWriter(&b)
		for _, row := range rows {
			if row.File == "" {
				row.SHA256 = "" // what another tool left there
			}
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for row, err := range ReadRows(&b) {
			if err != nil || row.File != rows[n].File || row.Bytes != rows[n].Bytes {
				t.Fatalf("%+v was written, %+v, %v was read", rows[n], row, err)
			}
			n++
		}
		if n != len(rows) {
			t.Errorf("%d of %d rows", n, len(rows))
		}
	})
}

// checkIndex compares the index with the rows.
func checkIndex(t *testing.T, data []byte, rows []Row, readErr error) {
	index, err := IndexRows(bytes.NewReader(data))
	if (err == nil) != (readErr == nil) {
		t.Fatalf("the rows end with %v, the index with %v", readErr, err)
	}
	if err != nil {
		return
	}
	indexed := make(map[rowKey][]Row)
	for key := range index.runs {
		for row, err := range index.Rows(key.account, key.collection) {
			if err != nil {
				t.Fatal(err)
			}
			indexed[key] = append(indexed[key], row)
		}
	}
	for _, row := range rows {
		key := rowKey{row.Account, row.Collection}
		if len(indexed[key]) == 0 || indexed[key][0] != row {
			t.Fatalf("the index of %v has %+v, the next row is %+v", key, indexed[key], row)
		}
		indexed[key] = indexed[key][1:]
	}
}

func FuzzReadManifest(f *testing.F) {
	sum := strings.Repeat("0a", 32)
	f.Add([]byte(sum + "  data/a.ics\n" + sum + "  data/100%25%0A.ics\n"))
	f.Add([]byte(sum + "  data/%0a.ics\n"))
	f.Add([]byte(sum + " *data/a.ics\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var b strings.Builder
		for line, err := range ReadManifest(bytes.NewReader(data), SHA256) {
			if err != nil {
				return
			}
			b.WriteString(line.String())
		}
		if b.String() != string(data) {
			t.Errorf("%q is read as %q", data, b.String())
		}
	})
}

func FuzzParseInfo(f *testing.F) {
	var b bytes.Buffer
	if _, err := sampleInfo.WriteTo(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("Account: a\n b\n\tc\nAccount-Folder:\nPayload-Oxum: 1.1\n: x\n y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := ParseInfo(bytes.NewReader(data))
		if err != nil || info.Start.IsZero() {
			return
		}
		for _, account := range info.Accounts {
			if account.Check() != nil {
				return
			}
		}
		var b bytes.Buffer
		if _, err := info.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ParseInfo(&b)
		if err != nil || len(again.Accounts) != len(info.Accounts) || again.Oxum != info.Oxum {
			t.Errorf("%+v was read, then %+v, %v", info, again, err)
		}
	})
}
