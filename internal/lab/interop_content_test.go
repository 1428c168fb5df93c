package lab_test

import (
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// read returns what a user has at a server.
func read(t testing.TB, s *lab.Server, u lab.User) lab.Content {
	t.Helper()
	content, err := lab.Read(t.Context(), s, u)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// expectCopy expects each collection of want in got, under the same name, with the same objects, told by their UIDs:
// none is missing, none is there twice, none differs but by what the server that holds got is known to do.
func expectCopy(t testing.TB, want, got lab.Content, server string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] == nil {
			t.Errorf("the collection %s is missing", name)
			continue
		}
		expectObjects(t, name, want[name], got[name], server)
	}
}

func expectObjects(t testing.TB, collection string, want, got map[string][]byte, server string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s holds %d objects, want %d", collection, len(got), len(want))
	}
	copies := byUID(got)
	for name, data := range want {
		found := copies[uidOf(data)]
		if len(found) != 1 {
			t.Errorf("%s/%s (UID %q) is there %d times", collection, name, uidOf(data), len(found))
			continue
		}
		for _, d := range dataset.Unexplained(dataset.Compare(data, found[0]), server) {
			t.Errorf("%s/%s: %.200s", collection, name, d)
		}
	}
}

// byUID sorts objects by their UIDs; those without one are together under "".
func byUID(objects map[string][]byte) map[string][][]byte {
	sorted := make(map[string][][]byte, len(objects))
	for _, data := range objects {
		sorted[uidOf(data)] = append(sorted[uidOf(data)], data)
	}
	return sorted
}

// uidOf returns the first UID of an object that is not an alarm's, "" where it has none.
func uidOf(data []byte) string {
	unfolded := strings.NewReplacer("\r\n ", "", "\r\n\t", "").Replace(string(data))
	alarm := false
	for line := range strings.Lines(unfolded) {
		line = strings.TrimRight(line, "\r\n")
		switch name, value, _ := strings.Cut(line, ":"); {
		case value == "VALARM":
			alarm = strings.EqualFold(name, "BEGIN")
		case strings.EqualFold(name, "UID") && !alarm:
			return value
		}
	}
	return ""
}

// size returns how many objects an account holds.
func size(c lab.Content) int {
	n := 0
	for _, objects := range c {
		n += len(objects)
	}
	return n
}

// contents returns what all users have at a server.
func contents(t testing.TB, s *lab.Server) []lab.Content {
	t.Helper()
	var all []lab.Content
	for _, u := range s.Users {
		all = append(all, read(t, s, u))
	}
	return all
}

// segments returns the last two segments of a path, percent-decoded: the names of a collection and of an object.
func segments(t testing.TB, p string) (collection, name string) {
	t.Helper()
	decoded, err := url.PathUnescape(p)
	if err != nil {
		t.Fatal(err)
	}
	return path.Base(path.Dir(decoded)), path.Base(decoded)
}
