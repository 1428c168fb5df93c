package migrate

import (
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/mapping"
)

func TestReadAddresses(t *testing.T) {
	for name, file := range map[string]string{
		"plain":                  "jane@old.example,j.doe@new.example\n*@old.example,*@new.example\n",
		"with a header":          "old,new\njane@old.example,j.doe@new.example\n",
		"with a byte order mark": "\ufeffOld;New\r\njane@old.example;j.doe@new.example\r\n",
		"with comments":          "# addresses\n\njane@old.example, j.doe@new.example\n",
		"the same row twice":     "jane@old.example,j.doe@new.example\nJANE@old.example,j.doe@new.example\n",
	} {
		t.Run(name, func(t *testing.T) {
			a, err := ReadAddresses(strings.NewReader(file), "addresses.csv", false)
			if err != nil {
				t.Fatal(err)
			}
			got := mapping.Rules{a}.Apply(mapping.Subject{Kind: dav.Calendar}, []byte("ATTENDEE:mailto:jane@old.example"))
			if string(got.Data) != "ATTENDEE:mailto:j.doe@new.example" {
				t.Errorf("the address became %s", got.Data)
			}
		})
	}
}

func TestReadAddressesMistakes(t *testing.T) {
	tests := []struct {
		name, file string
		want       []string
	}{
		{"empty", "\n", []string{"addresses.csv: the file is empty; its lines are an old and a new address, as in jane@old.example,jane@new.example"}},
		{"all at once", "old,new\njane@old.example\njoe,\"joe doe\"@new.example\n*@a.example,b@a.example\n ,mailto:x@y.example\n", []string{
			"addresses.csv: line 2, column 1: a row has 2 fields, the old and the new address; this one has 1",
			`addresses.csv: line 3, column 13: a " within a quoted field must be doubled, and the field must be closed`,
			"addresses.csv: line 4, column 1: *@a.example cannot become b@a.example: either both are *@domain or none is",
			"addresses.csv: line 5, column 1: the address is missing",
			"addresses.csv: line 5, column 3: an address is written without mailto:",
		}},
		{"too many fields", "a@x.example,b@x.example,c\n", []string{"addresses.csv: line 1, column 25: a row has 2 fields, the old and the new address; this one has 3"}},
		{"columns are counted in characters", "ü@x.example,b c@x.example\n", []string{`addresses.csv: line 1, column 13: "b c@x.example" holds characters that no address has`}},
		{"no addresses", "a,b@x@y\n*x@y,a@*\n", []string{
			`addresses.csv: line 1, column 1: "a" is no address: write name@domain, or *@domain for a whole domain`,
			`addresses.csv: line 1, column 3: "b@x@y" is no address: write name@domain, or *@domain for a whole domain`,
			`addresses.csv: line 2, column 1: "*x@y": * stands for a whole name only, as in *@domain`,
			`addresses.csv: line 2, column 6: "a@*": * stands for a whole name only, as in *@domain`,
		}},
		{"two new addresses", "a@x,b@x\nA@X,c@x\n", []string{"addresses.csv: line 2, column 1: A@X has another new address already"}},
		{"there and back", "a@x,b@x\nb@x,A@x\n*@y,*@z\n*@z,*@w\n*@w,*@y\nc@v,c@y\n", []string{
			"addresses.csv: line 1, column 5: what a@x becomes leads back to it; addresses cannot change places: a second run would change them back",
			"addresses.csv: line 2, column 5: what b@x becomes leads back to it; addresses cannot change places: a second run would change them back",
			"addresses.csv: line 3, column 5: what *@y becomes leads back to it; addresses cannot change places: a second run would change them back",
			"addresses.csv: line 4, column 5: what *@z becomes leads back to it; addresses cannot change places: a second run would change them back",
			"addresses.csv: line 5, column 5: what *@w becomes leads back to it; addresses cannot change places: a second run would change them back",
			"addresses.csv: line 6, column 5: what c@v becomes is itself an address that changes; name the last one here",
		}},
		{"two steps", "a@x,b@x\nb@x,c@x\n", []string{"addresses.csv: line 1, column 5: what a@x becomes is itself an address that changes; name the last one here"}},
		{"UTF-16", "\xff\xfea\x00", []string{"addresses.csv: the file is in UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadAddresses(strings.NewReader(tt.file), "addresses.csv", false)
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.Split(err.Error(), "\n"); strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		})
	}
}
