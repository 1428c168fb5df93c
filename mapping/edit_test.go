package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
)

// rename is a rule for tests: it gives every line of one name another text.
type rename struct {
	name string
	with []string
}

func (r rename) Key() string { return fmt.Sprintf("rename %q %q", r.name, r.with) }

func (r rename) Apply(_ Subject, e *Editor) []Left {
	for l := range Lines(e.Data()) {
		if l.Is(r.name) {
			e.Replace("rename", l, texts(r.with...)...)
		}
	}
	return nil
}

func texts(lines ...string) [][]byte {
	var all [][]byte
	for _, l := range lines {
		all = append(all, []byte(l))
	}
	return all
}

func TestEditorReplace(t *testing.T) {
	long := "X:" + strings.Repeat("a", 80)
	tests := []struct {
		name  string
		input string
		with  []string // in the place of each line called X
		want  string
	}{
		{"CR LF", "A:1\r\nX:2\r\nB:3\r\n", []string{"X:new"}, "A:1\r\nX:new\r\nB:3\r\n"},
		{"LF", "A:1\nX:2\nB:3\n", []string{"X:new"}, "A:1\nX:new\nB:3\n"},
		{"bare CR", "A:1\rX:2\rB:3\r", []string{"X:new"}, "A:1\rX:new\rB:3\r"},
		{"CR CR LF", "A:1\r\r\nX:2\r\r\nB:3\r\r\n", []string{"X:new"}, "A:1\r\r\nX:new\r\r\nB:3\r\r\n"},
		{"mixed line ends: its own", "A:1\r\nX:2\nB:3\r\n", []string{"X:new"}, "A:1\r\nX:new\nB:3\r\n"},
		{"no last line end", "A:1\r\nX:2", []string{"X:new"}, "A:1\r\nX:new"},
		{"two lines where the line end is missing", "A:1\nX:2", []string{"X:a", "X:b"}, "A:1\nX:a\nX:b"},
		{"two lines where no line end is known", "X:2", []string{"X:a", "X:b"}, "X:a\r\nX:b"},
		{"taken out", "A:1\r\nX:2\r\n 3\r\nB:3\r\n", nil, "A:1\r\nB:3\r\n"},
		{"byte order mark", "\xef\xbb\xbfX:1\r\nB:2\r\n", []string{"X:new"}, "\xef\xbb\xbfX:new\r\nB:2\r\n"},
		{"the folds of others stay", "A:1\r\n\t2\r\nX:2\r\nB\r\n :3\r\n", []string{"X:new"}, "A:1\r\n\t2\r\nX:new\r\nB\r\n :3\r\n"},
		{"its own folds go", "A:1\r\nX:\r\n 2\r\n\t3\r\nB:3\r\n", []string{"X:new"}, "A:1\r\nX:new\r\nB:3\r\n"},
		{"the same text stays folded as it was", "A:1\r\nX:\r\n 2\r\nB:3\r\n", []string{"X:2"}, "A:1\r\nX:\r\n 2\r\nB:3\r\n"},
		{"in a group", "item1.X:2\r\nB:3\r\n", []string{"item1.X:new"}, "item1.X:new\r\nB:3\r\n"},
		{"bytes that are not UTF-8 stay", "A:\xff\xe9\r\nX:2\r\nB:\xc3\r\n", []string{"X:\xe9"}, "A:\xff\xe9\r\nX:\xe9\r\nB:\xc3\r\n"},
		{"a long line is folded with the line end of the line", "A:1\r\nX:2\nB:3\r\n", []string{long}, "A:1\r\n" + long[:75] + "\n " + long[75:] + "\nB:3\r\n"},
		{"a long line without line end", "A:1\nX:2", []string{long}, "A:1\n" + long[:75] + "\n " + long[75:]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rule := rename{"X", tt.with}
			result := Rules{rule}.Apply(Subject{}, []byte(tt.input))
			if string(result.Data) != tt.want {
				t.Errorf("\n got %q\nwant %q", result.Data, tt.want)
			}
			again := Rules{rule}.Apply(Subject{}, result.Data)
			if len(tt.with) < 2 && len(again.Changes) > 0 {
				t.Errorf("the second time changes %+v", again.Changes)
			}
		})
	}
}

func TestEditorInsert(t *testing.T) {
	tests := []struct {
		name, input, want string
	}{
		{"CR LF", "X:1\r\nB:2\r\n", "N:0\r\nX:1\r\nN:2\r\nB:2\r\n"},
		{"LF", "X:1\nB:2\n", "N:0\nX:1\nN:2\nB:2\n"},
		{"behind a last line without line end", "A:1\nX:2", "A:1\nN:0\nX:2\nN:2"},
		{"behind a last line that ends with CR only", "A:1\r\nX:2\r", "A:1\r\nN:0\r\nX:2\r\nN:2"},
		{"alone", "X:2", "N:0\r\nX:2\r\nN:2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := NewEditor([]byte(tt.input))
			for l := range Lines(e.Data()) {
				if l.Is("X") {
					e.InsertAfter("test", l, []byte("N:2"))
					e.InsertBefore("test", l, []byte("N:0"))
				}
			}
			if got, _ := e.Finish(); string(got) != tt.want {
				t.Errorf("\n got %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestEditorChanges(t *testing.T) {
	input := "A:1\r\n 2\r\nX:1\r\n 2\r\nB:3\r\nC:4\r\nD:5\r\n"
	e := NewEditor([]byte(input))
	lines := slices.Collect(Lines(e.Data()))
	e.ReplaceAll("second", lines[3:5], []byte("Z:0"))
	e.Replace("first", lines[1], []byte("X:new"))
	e.InsertBefore("third", lines[1], []byte("Y:0"))
	e.Replace("overlaps the second", lines[4], []byte("Q:0"))
	got, changes := e.Finish()
	if want := "A:1\r\n 2\r\nY:0\r\nX:new\r\nB:3\r\nZ:0\r\n"; string(got) != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	want := []Change{
		{"third", 3, nil, []string{"Y:0"}},
		{"first", 3, []string{"X:12"}, []string{"X:new"}},
		{"second", 6, []string{"C:4", "D:5"}, []string{"Z:0"}},
	}
	if fmt.Sprintf("%+v", changes) != fmt.Sprintf("%+v", want) {
		t.Errorf("changes\n got %+v\nwant %+v", changes, want)
	}
}

func TestEditorChangeOfALongLine(t *testing.T) {
	input := []byte("PHOTO:" + strings.Repeat("ü", 1<<20) + "\r\n")
	e := NewEditor(input)
	for l := range Lines(input) {
		e.Replace("test", l, append(bytes.Clone(l.Text()), '!'))
	}
	got, changes := e.Finish()
	for l := range Lines(got) {
		if len(l.Text()) != 6+2<<20+1 {
			t.Errorf("the line has %d octets", len(l.Text()))
		}
	}
	if n := len(changes[0].Before[0]); n > maxChangeText+40 {
		t.Errorf("the change holds %d octets", n)
	}
	if !strings.HasSuffix(changes[0].Before[0], "ü… (2095158 octets more)") {
		t.Errorf("the change ends with %q", changes[0].Before[0][maxChangeText-10:])
	}
}

func TestFolded(t *testing.T) {
	tests := []struct{ name, text string }{
		{"short", "X:1"},
		{"75 octets", "X:" + strings.Repeat("a", 73)},
		{"76 octets", "X:" + strings.Repeat("a", 74)},
		{"two-octet characters", "X:" + strings.Repeat("ü", 200)},
		{"three-octet characters", "X:a" + strings.Repeat("日", 200)},
		{"four-octet characters", "X:abc" + strings.Repeat("😀", 200)},
		{"stray continuation bytes", "X:" + strings.Repeat("\xbf", 300)},
		{"cut-off characters", "X:" + strings.Repeat("\xf0\x9f\x98", 100)},
		{"CRs", "X:" + strings.Repeat("a\r", 100) + "b"},
		{"quoted-printable", "X;QUOTED-PRINTABLE:" + strings.Repeat("=C3=BC", 50)},
		{"nowhere to fold", "X;QUOTED-PRINTABLE:" + strings.Repeat("=", 300) + "a"},
		{"spaces", "X:" + strings.Repeat(" ", 300)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			folded := appendFolded(nil, []byte(tt.text), []byte("\r\n"))
			checkFolded(t, []byte(tt.text), folded)
			for physical := range strings.SplitSeq(string(folded), "\r\n") {
				if len(physical) > foldAt && tt.name != "nowhere to fold" {
					t.Errorf("a physical line of %d octets", len(physical))
				}
			}
		})
	}
}

// checkFolded reads a folded line back.
func checkFolded(t *testing.T, text, folded []byte) {
	t.Helper()
	object := append([]byte("A:1\r\n"), folded...)
	object = append(object, "\r\nEND:X\r\n"...)
	got := slices.Collect(Lines(object))
	if len(got) != 3 || !bytes.Equal(got[1].Text(), text) {
		t.Fatalf("%q is read back as %q", text, got[1].Text())
	}
}

func TestRulesWithoutRules(t *testing.T) {
	input := []byte("BEGIN:VCALENDAR\r\nX:\xff\r\n")
	result := Rules(nil).Apply(Subject{Kind: dav.Calendar}, input)
	if &result.Data[0] != &input[0] || len(result.Changes)+len(result.Left) > 0 || Rules(nil).Key() != "" {
		t.Errorf("no rule made %+v", result)
	}
}

func FuzzEditor(f *testing.F) {
	f.Add([]byte("BEGIN:VCALENDAR\r\nX:1\r\n 2\r\nB:2\r\n"), "X:new", false)
	f.Add([]byte("A:1\rX:2\rB:3\r"), "X:"+strings.Repeat("ü", 60), true)
	f.Add([]byte("X;QUOTED-PRINTABLE:a=\r\nb\r\nB:2"), "X;QUOTED-PRINTABLE:"+strings.Repeat("=", 99), false)
	f.Fuzz(func(t *testing.T, data []byte, text string, bom bool) {
		if strings.ContainsAny(text, "\r\n") || strings.HasSuffix(text, "=") || text == "" || text[0] == ' ' || text[0] == '\t' {
			return // no text of a content line
		}
		if bom {
			data = append([]byte(byteOrderMark), data...)
		}
		e := NewEditor(data)
		before := slices.Collect(Lines(data))
		want := make([][]byte, 0, len(before))
		for i, l := range before {
			if i%3 == 1 {
				e.Replace("fuzz", l, []byte(text))
				want = append(want, []byte(text))
				continue
			}
			want = append(want, l.Raw())
		}
		got, _ := e.Finish()
		checkEdited(t, got, want, text)
	})
}

// checkEdited checks that an object has the lines that it should: those that were not edited byte for byte.
func checkEdited(t *testing.T, got []byte, want [][]byte, text string) {
	t.Helper()
	after := slices.Collect(Lines(got))
	if len(after) != len(want) {
		t.Fatalf("%d lines became %d in %q", len(want), len(after), got)
	}
	for i, l := range after {
		if i%3 != 1 && !bytes.Equal(l.Raw(), want[i]) {
			t.Fatalf("line %d was %q and is %q", i, want[i], l.Raw())
		}
		if i%3 == 1 && string(l.Text()) != text && !bytes.Equal(l.Raw(), want[i]) {
			t.Fatalf("line %d should be %q and is %q", i, text, l.Text())
		}
	}
}

func BenchmarkLinesUnchanged(b *testing.B) {
	data := []byte("BEGIN:VCALENDAR\r\n" + strings.Repeat("BEGIN:VEVENT\r\nUID:abc\r\nDTSTART;TZID=Europe/Paris:20240101T100000\r\n"+
		"SUMMARY:Something that somebody wrote down to remember it\r\nATTENDEE;CN=\"Doe, Jane\";PARTSTAT=ACCEPTED:mailto:jane@example.org\r\nEND:VEVENT\r\n", 1000) +
		"END:VCALENDAR\r\n")
	rules := Rules{rename{"NONE", nil}}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		rules.Apply(Subject{}, data)
	}
}
