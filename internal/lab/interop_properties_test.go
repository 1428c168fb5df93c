package lab_test

import (
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
