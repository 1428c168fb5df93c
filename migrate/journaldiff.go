package migrate

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"davferry/mapping"
)

// The journal has what rules did to an object as one text in the manner of a diff, a line for each line:
//
//	@@ 7 timezone-definition    the number of the line at which a change begins, and the rule
//	-BEGIN:VTIMEZONE            what stood there
//	+BEGIN:VTIMEZONE            what stands there now
//	<4711, >4712                the same for a block that stands once for all objects in the table texts
//	! timezone-unknown why      what a rule had to leave
const (
	diffBefore      = '-'
	diffAfter       = '+'
	diffBlockBefore = '<'
	diffBlockAfter  = '>'
)

// minBlock is how many octets a block of lines has that is kept once: VTIMEZONEs, which most objects of a calendar have
// alike.
const minBlock = 200

// diffOf writes down what rules did. block keeps lines once, and returns their number.
func diffOf(changes []mapping.Change, left []mapping.Left, block func(text string) (int64, error)) (string, error) {
	var diff strings.Builder
	lines := func(sign, blockSign byte, lines []string) error {
		size := 0
		for _, l := range lines {
			size += len(l)
		}
		if len(lines) > 1 && size >= minBlock {
			id, err := block(strings.Join(lines, "\n"))
			fmt.Fprintf(&diff, "%c%d\n", blockSign, id)
			return err
		}
		for _, l := range lines {
			diff.WriteByte(sign)
			diff.WriteString(l)
			diff.WriteByte('\n')
		}
		return nil
	}
	for _, c := range changes {
		fmt.Fprintf(&diff, "@@ %d %s\n", c.Line, c.Rule)
		if err := lines(diffBefore, diffBlockBefore, c.Before); err != nil {
			return "", err
		}
		if err := lines(diffAfter, diffBlockAfter, c.After); err != nil {
			return "", err
		}
	}
	for _, l := range left {
		fmt.Fprintf(&diff, "! %s %s\n", l.Rule, strings.ReplaceAll(l.Reason, "\n", " "))
	}
	return diff.String(), nil
}

// parseDiff reads what diffOf wrote. block returns the lines that are kept under a number.
func parseDiff(diff string, block func(id int64) (string, error)) (changes []mapping.Change, left []mapping.Left, err error) {
	var last *mapping.Change
	for line := range strings.SplitSeq(strings.TrimSuffix(diff, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "@@ "):
			number, rule, _ := strings.Cut(line[3:], " ")
			n, _ := strconv.Atoi(number)
			changes = append(changes, mapping.Change{Rule: rule, Line: n})
			last = &changes[len(changes)-1]
		case strings.HasPrefix(line, "! "):
			rule, reason, _ := strings.Cut(line[2:], " ")
			left = append(left, mapping.Left{Rule: rule, Reason: reason})
		case line == "" || last == nil:
			return nil, nil, fmt.Errorf("%w: a change reads %.80q", errDamaged, line)
		default:
			if err := addDiffLine(last, line, block); err != nil {
				return nil, nil, err
			}
		}
	}
	return changes, left, nil
}

// addDiffLine adds one line of a diff, or the block that it names, to a change.
func addDiffLine(c *mapping.Change, line string, block func(id int64) (string, error)) error {
	sign, text := line[0], line[1:]
	lines := []string{text}
	if sign == diffBlockBefore || sign == diffBlockAfter {
		id, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			text, err = block(id)
		}
		if err != nil {
			return fmt.Errorf("%w: a change refers to %.80q: %w", errDamaged, line, err)
		}
		lines = strings.Split(text, "\n")
	}
	switch sign {
	case diffBefore, diffBlockBefore:
		c.Before = append(c.Before, lines...)
	case diffAfter, diffBlockAfter:
		c.After = append(c.After, lines...)
	default:
		return fmt.Errorf("%w: a change reads %.80q", errDamaged, line)
	}
	return nil
}

// blockID is the number of a block: the beginning of its checksum, so that it is the same in every run.
func blockID(text string) int64 {
	s := sha256.Sum256([]byte(text))
	return int64(binary.BigEndian.Uint64(s[:8]) >> 1)
}
