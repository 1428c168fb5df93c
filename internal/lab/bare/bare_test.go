package bare

import (
	"slices"
	"testing"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

func TestMemberHrefs(t *testing.T) {
	tests := []struct {
		name, answer string
		want         []string
	}{
		{"no prefix", `<multistatus xmlns="DAV:"><response><href>/c/</href></response><response><href>/c/a%20b.ics</href></response></multistatus>`,
			[]string{"/c/a%20b.ics"}},
		{"a prefix", `<ns0:multistatus><ns0:href>/c/1.ics</ns0:href><ns0:href> /c/2.ics </ns0:href></ns0:multistatus>`,
			[]string{"/c/1.ics", "/c/2.ics"}},
		{"entities stay", `<d:href>/c/a&amp;b.ics</d:href>`, []string{"/c/a&amp;b.ics"}},
		{"an attribute", `<href xmlns="DAV:">/c/1.ics</href>`, []string{"/c/1.ics"}},
		{"other kinds", `<d:href>/c/1.vcf</d:href>`, nil},
		{"cut off", `<d:href>/c/1.i`, nil},
		{"nothing", ``, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, href := range memberHrefs([]byte(test.answer), ".ics") {
				got = append(got, string(href))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestReadFindsWhatWriteWrote keeps the yardstick honest: it must move all objects, and not count errors.
func TestReadFindsWhatWriteWrote(t *testing.T) {
	for _, name := range []string{"radicale", "sabre", "xandikos"} { // which take every object of the account
		t.Run(name, func(t *testing.T) {
			s := lab.StartFor(t, name, 1)
			u := s.Users[0]
			account := dataset.Account(1, dataset.Options{Calendars: 2, Events: 60, Books: 1, Contacts: 20})
			for _, c := range account {
				if err := lab.Make(t.Context(), s, u, c); err != nil {
					t.Fatal(err)
				}
			}
			c := NewClient(s, u, 4)
			defer c.Close()
			written, err := c.Write(t.Context(), account)
			if err != nil {
				t.Fatal(err)
			}
			if written.Objects != 140 || written.Requests != 140 {
				t.Errorf("written: %v", written)
			}
			read, err := c.Read(t.Context(), account)
			if err != nil {
				t.Fatal(err)
			}
			if read.Objects != 140 || read.Requests != 3+2+2+1 || read.Bytes < written.Bytes {
				t.Errorf("read: %v, written: %v", read, written)
			}
		})
	}
}
