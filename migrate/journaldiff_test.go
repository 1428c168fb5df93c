package migrate

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"davferry/mapping"
)

// blocks is what texts keeps in a journal.
type blocks map[int64]string

func (b blocks) put(lines []string) (int64, error) {
	text := strings.Join(lines, "\n")
	id := blockID(text)
	b[id] = text
	return id, nil
}

func (b blocks) get(id int64) (string, error) {
	text, ok := b[id]
	if !ok {
		return "", errors.New("no such block")
	}
	return text, nil
}

func TestDiffsAreReadAsTheyWereWritten(t *testing.T) {
	zone := []string{"BEGIN:VTIMEZONE", "TZID:" + strings.Repeat("A", minBlock), "END:VTIMEZONE"}
	tests := []struct {
		name    string
		changes []mapping.Change
		left    []mapping.Left
		blocks  int
	}{
		{"a line", []mapping.Change{{Rule: "address", Line: 9, Before: []string{"ATTENDEE:mailto:a"}, After: []string{"ATTENDEE:mailto:b"}}}, nil, 0},
		{"put in, taken out", []mapping.Change{{Rule: "uid-missing", Line: 3, After: []string{"UID:1"}}, {Rule: "group-form", Line: 4, Before: []string{"KIND:group"}}}, nil, 0},
		{"blocks", []mapping.Change{{Rule: "timezone-definition", Line: 4, Before: zone, After: append([]string{"X"}, zone...)}}, nil, 2},
		{"one long line", []mapping.Change{{Rule: "r", Line: 1, Before: []string{zone[1]}, After: []string{zone[1] + zone[1]}}}, nil, 0},
		{"an empty line", []mapping.Change{{Rule: "r", Line: 1, Before: []string{"", ""}, After: []string{""}}}, nil, 0},
		{"lines that look like a diff", []mapping.Change{{Rule: "r", Line: 1, Before: []string{"@@ 2 r", "! x y", "<5"}, After: []string{"-a", "+b", ">6"}}}, nil, 0},
		{"bytes that are not UTF-8, CRs", []mapping.Change{{Rule: "r", Line: 1, Before: []string{"A:\xff\xe9\r"}, After: []string{"A:\x00"}}}, nil, 0},
		{"left", nil, []mapping.Left{{Rule: "timezone-unknown", Reason: `TZID "a b": no zone has this name`}, {Rule: "timezone-differs", Reason: ""}}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kept := blocks{}
			diff, err := diffOf(tt.changes, tt.left, kept.put)
			if err != nil {
				t.Fatal(err)
			}
			changes, left, err := parseDiff(diff, kept.get)
			if err != nil || !reflect.DeepEqual(changes, tt.changes) || !reflect.DeepEqual(left, tt.left) || len(kept) != tt.blocks {
				t.Errorf("%q gives\n%v %v, %d blocks, %v", diff, changes, left, len(kept), err)
			}
		})
	}
}

func TestDamagedDiffsAreAnError(t *testing.T) {
	for _, diff := range []string{"", "x", "-before no change", "@@ 1 r\n?", "@@ 1 r\n<x", "@@ 1 r\n>1", "@@ 1 r\n\n"} {
		if _, _, err := parseDiff(diff, blocks{}.get); !errors.Is(err, errDamaged) {
			t.Errorf("%q: %v", diff, err)
		}
	}
}

// Journals of the time when each change had a row of its own keep what they know.
func TestChangesOfOlderJournalsAreKept(t *testing.T) {
	dir, released := t.TempDir(), schema
	t.Cleanup(func() { schema = released })
	schema = released[:4]
	path, err := prepareJournal(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	db, err := openDatabase(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `
		INSERT INTO collections (id, target, account, path) VALUES (1, 'target', 'a', '/');
		INSERT INTO objects (collection, path, etag, sha256, uid, size, outcome, reason, status, condition, dest_path, dest_etag, created, run, at)
			VALUES (1, '/x.ics', '', '', 'x', 1, 'created', '', 0, '', '/y.ics', '', 1, 1, 1);
		INSERT INTO changes VALUES
			(1, '/x.ics', 2, 'r2', 7, 'A:1' || char(10) || 'B:\n', '', ''),
			(1, '/x.ics', 1, 'r1', 3, '', 'C:-', ''),
			(1, '/x.ics', 3, 'why', 0, '', '', 'so and so');`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	schema = released
	j := openTestJournal(t, dir)
	defer j.Close()
	want := ObjectChanges{Account: "a", Collection: "/", Path: "/x.ics", UID: "x", Left: []mapping.Left{{Rule: "why", Reason: "so and so"}},
		Changes: []mapping.Change{{Rule: "r1", Line: 3, After: []string{"C:-"}}, {Rule: "r2", Line: 7, Before: []string{"A:1", `B:\n`}}}}
	n := 0
	for got, err := range j.Changes(t.Context(), "target", "a", "/") {
		if n++; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if n != 1 {
		t.Errorf("%d objects", n)
	}
}
