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
func diffOf(changes []mapping.Change, left []mapping.Left, block func(lines []string) (int64, error)) (string, error) {
	diff := make([]byte, 0, 512)
	var err error
	for _, c := range changes {
		diff = append(diff, "@@ "...)
		diff = strconv.AppendInt(diff, int64(c.Line), 10)
		diff = append(append(append(diff, ' '), c.Rule...), '\n')
		if diff, err = appendDiffLines(diff, diffBefore, diffBlockBefore, c.Before, block); err != nil {
			return "", err
		}
		if diff, err = appendDiffLines(diff, diffAfter, diffBlockAfter, c.After, block); err != nil {
			return "", err
		}
	}
	for _, l := range left {
		diff = fmt.Appendf(diff, "! %s %s\n", l.Rule, strings.ReplaceAll(l.Reason, "\n", " "))
	}
	return string(diff), nil
}

// appendDiffLines appends lines, each behind sign, or the number of the block that they are behind blockSign.
func appendDiffLines(diff []byte, sign, blockSign byte, lines []string, block func(lines []string) (int64, error)) ([]byte, error) {
	size := 0
	for _, l := range lines {
		size += len(l)
	}
	if len(lines) > 1 && size >= minBlock {
		id, err := block(lines)
		diff = strconv.AppendInt(append(diff, blockSign), id, 10)
		return append(diff, '\n'), err
	}
	for _, l := range lines {
		diff = append(append(append(diff, sign), l...), '\n')
	}
	return diff, nil
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
