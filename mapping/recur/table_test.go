package recur

import (
	"bufio"
	"flag"
	"os"
	"strings"
	"testing"
	"time"
)

// tables names a file of more rules with their occurrences, for a run by hand: libical's icalrecur_test.txt, say.
var tables = flag.String("table", "", "also test the rules of this `file`, in the form of testdata/rules.txt")

// tableRule is a rule of a table: a paragraph of lines, the order of which does not matter.
//
//	RRULE:FREQ=YEARLY;BYMONTH=6,7
//	DTSTART:19970610T090000
//	INSTANCES:19970610T090000,19970710T090000
//
// A line with another name asks for what this package does not do, as libical's START-AT does.
type tableRule struct{ rule, start, instances, other string }

func readTable(t *testing.T, path string) (all []tableRule) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var r tableRule
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for more := true; more; {
		more = lines.Scan()
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		switch {
		case strings.HasPrefix(name, "#"):
		case name == "RRULE":
			r.rule = value
		case name == "DTSTART":
			r.start = value
		case name == "INSTANCES":
			r.instances = value
		case name != "":
			r.other = name
		case r.rule != "":
			all = append(all, r)
			fallthrough
		default:
			r = tableRule{}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// disputed says whether readers of the rule do not agree where it occurs; whoever needs to know takes nothing for known of
// such a series.
func (r Rule) disputed() bool {
	return r.Frequency == Yearly && (len(r.WeekNumbers) > 0 || len(r.MonthDays) > 0 && len(r.Months) == 0)
}

// occurrences returns what the rule of a table gives, in the table's form. Where UNTIL is in UTC, so is the start.
func (r tableRule) occurrences(t *testing.T, rule Rule) string {
	t.Helper()
	layout := "20060102T150405Z"[:len(r.start)]
	start, err := time.Parse(layout, r.start)
	if err != nil {
		t.Fatalf("DTSTART:%s: %v", r.start, err)
	}
	if len(r.start) == len("20060102") {
		rule = rule.WholeDays()
	}
	steps, end := 2_000_000, time.Date(2600, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []string
	for at := range rule.Occurrences(start, end, &steps) {
		if all = append(all, at.Format(layout)); len(all) > 2_000 {
			break
		}
	}
	return strings.Join(all, ",")
}

func TestTables(t *testing.T) {
	paths := []string{"testdata/rules.txt"}
	if *tables != "" {
		paths = append(paths, *tables)
	}
	for _, path := range paths {
		var agree, refused, beside, disputed int
		for _, r := range readTable(t, path) {
			rule, err := Parse(r.rule)
			switch {
			case r.other != "":
				beside++
			case strings.Contains(r.rule, "RSCALE="): // RFC 7529: other calendars than the Gregorian
				if refused++; err == nil {
					t.Errorf("%s: is read", r.rule)
				}
			case err != nil:
				t.Errorf("%s: %v", r.rule, err)
			case r.occurrences(t, rule) == r.instances:
				agree++
			case rule.disputed():
				disputed++
			default:
				t.Errorf("%s\nfrom %s\ngot  %s\nwant %s", r.rule, r.start, r.occurrences(t, rule), r.instances)
			}
		}
		t.Logf("%s: %d rules agree, %d are disputed, %d of other calendars are refused, %d ask for something else", path, agree, disputed, refused, beside)
		if path == paths[0] && agree < 30 {
			t.Errorf("only %d rules agree", agree)
		}
	}
}
