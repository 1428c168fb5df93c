package lab_test

import (
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// TestColorWithoutOpacity moves a calendar whose colour has no opacity to SOGo, which answers 400 to such a colour.
func TestColorWithoutOpacity(t *testing.T) {
	lab.Need(t, "sabre", "sogo")
	from, to := lab.StartFor(t, "sabre", 1), lab.StartFor(t, "sogo", 1)
	calendar := dataset.Collection{Kind: dav.Calendar, Name: "red", DisplayName: "Red", Color: "#E6194B", Components: []string{"VEVENT"}}
	if err := lab.Make(t.Context(), from, from.Users[0], calendar); err != nil {
		t.Fatal(err)
	}
	newDesk(t, lab.Accounts(from, to)).run(0, "migrate")
	if got := properties(t, to, 0)["red"].Color; got != "#E6194BFF" {
		t.Errorf("the colour is %q", got)
	}
}

// TestDisplayNames moves names with an ampersand and with an emoji. DAViCal 1.1.12 keeps "&" as "&amp;", whichever way it is
// set, and davferry says so. SOGo 5.8.0 writes an emoji as two character references, which XML does not allow: every other
// client would lose sight of all calendars, so that davferry leaves it out and says so.
func TestDisplayNames(t *testing.T) {
	for _, test := range []struct{ to, ampersand, emoji, note string }{
		{"davical", "A &amp; B", "Party 🎉", `display name "A & B" (it became "A &amp; B")`},
		{"sogo", "A & B", "Party", `display name "Party 🎉" (it became "Party")`},
		{"cyrus", "A & B", "Party 🎉", ""},
		{"xandikos", "A & B", "Party 🎉", ""},
		{"radicale", "A & B", "Party 🎉", ""},
	} {
		t.Run(test.to, func(t *testing.T) {
			lab.Need(t, "sabre", test.to)
			from, to := lab.StartFor(t, "sabre", 1), lab.StartFor(t, test.to, 1)
			for name, displayName := range map[string]string{"ampersand": "A & B", "emoji": "Party 🎉"} {
				c := dataset.Collection{Kind: dav.Calendar, Name: name, DisplayName: displayName, Components: []string{"VEVENT"}}
				if err := lab.Make(t.Context(), from, from.Users[0], c); err != nil {
					t.Fatal(err)
				}
			}
			s := newDesk(t, lab.Accounts(from, to)).run(0, "migrate")
			var notes []string
			for _, n := range s.Notes {
				if strings.Contains(n.Message, "display name") {
					notes = append(notes, n.Message)
				}
			}
			if len(notes) != min(1, len(test.note)) || test.note != "" && !strings.Contains(notes[0], test.note) {
				t.Errorf("notes: %q", notes)
			}
			got := properties(t, to, 0) // with a reader that takes well-formed XML only
			if a, e := got["ampersand"].DisplayName, got["emoji"].DisplayName; a != test.ampersand || e != test.emoji {
				t.Errorf("%q and %q", a, e)
			}
		})
	}
}
