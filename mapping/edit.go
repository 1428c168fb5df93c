package mapping

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Change is what a rule did to one place of an object: content lines and what stands in their place now.
type Change struct {
	Rule   string   `json:"rule"`             // such as "uid-missing"
	Line   int      `json:"line"`             // the physical line at which it begins, from 1, in the object that the rule was given
	Before []string `json:"before,omitempty"` // content lines, unfolded; none where lines were put in
	After  []string `json:"after,omitempty"`  // none where lines were taken out
}

// maxChangeText bounds each text of a Change, in octets: the lines that hold photos have megabytes.
const maxChangeText = 2000

// Editor replaces content lines of one object. Every byte outside of the lines that it is told to replace stays as it
// is; a line that takes the place of another has that one's line end, and is folded at 75 octets where no character is
// torn apart (RFC 5545 section 3.1, RFC 6350 section 3.2).
//
// Lines are handed over as they were read from Data, and may come in any order. Of two edits that overlap the first one
// counts. The texts of new lines are unfolded and hold no line breaks. No line is put behind one that ends with an
// unfinished soft break, which would swallow it: such an edit is left out.
type Editor struct {
	data  []byte
	edits []edit
}

// edit is a range of the object and what replaces it.
type edit struct {
	rule       string
	start, end int
	before     []Line
	after      [][]byte
	glue       []byte  // goes before the new lines: the line end that the line before them lacks, as the last of them does then
	shown      *Change // texts for the record that are known already, nil where they are those of before and after
}

// NewEditor returns an editor of data, which it does not write to.
func NewEditor(data []byte) *Editor { return &Editor{data: data} }

// Data returns the object as it is without the edits.
func (e *Editor) Data() []byte { return e.data }

// Replace puts lines in the place of l: one to change it, several, or none to take it out. A line that is replaced by
// its own text stays as it is, folds included.
func (e *Editor) Replace(rule string, l Line, with ...[]byte) {
	if len(with) == 1 && bytes.Equal(with[0], l.Text()) {
		return
	}
	e.ReplaceAll(rule, []Line{l}, with...)
}

// ReplaceAll puts lines in the place of old, which are successive lines of the object.
func (e *Editor) ReplaceAll(rule string, old []Line, with ...[]byte) {
	if len(old) == 0 {
		return
	}
	last := old[len(old)-1]
	e.add(edit{rule: rule, start: old[0].Start, end: last.End, before: old, after: with})
}

// InsertBefore puts lines before l.
func (e *Editor) InsertBefore(rule string, l Line, lines ...[]byte) {
	e.insert(edit{rule: rule, start: l.Start, end: l.Start, after: lines})
}

// InsertAfter puts lines behind l.
func (e *Editor) InsertAfter(rule string, l Line, lines ...[]byte) {
	in := edit{rule: rule, start: l.End, end: l.End, after: lines}
	switch {
	case len(l.LineEnd()) == 0:
		in.glue = e.lineEnd()
	case !l.folds():
		in.glue = []byte("\n") // completes the CR that the object ends with
	}
	e.insert(in)
}

// block is lines that many objects have alike, which are kept once.
type block struct {
	lines [][]byte
	shown []string // as a Change shows them
}

func newBlock(lines []string) block {
	b := block{make([][]byte, len(lines)), lines}
	for i, l := range lines {
		b.lines[i] = []byte(l)
	}
	return b
}

// replaceBlock puts lines in the place of those from first to last, which a Change shows as was.
func (e *Editor) replaceBlock(rule string, first, last Line, was []string, with block) {
	e.add(edit{rule: rule, start: first.Start, end: last.End, before: []Line{last}, after: with.lines, shown: &Change{Before: was, After: with.shown}})
}

// insertBlock puts lines before l.
func (e *Editor) insertBlock(rule string, l Line, lines block) {
	e.insert(edit{rule: rule, start: l.Start, end: l.Start, after: lines.lines, shown: &Change{After: lines.shown}})
}

func (e *Editor) add(in edit) {
	if e.edits == nil {
		e.edits = make([]edit, 0, 4)
	}
	e.edits = append(e.edits, in)
}

func (e *Editor) insert(in edit) {
	if len(in.after) > 0 {
		e.add(in)
	}
}

// lineEnd returns the line end of new lines with no line to take it from: that of the object's first line.
func (e *Editor) lineEnd() []byte {
	for l := range Lines(e.data) {
		if l.folds() {
			return l.LineEnd()
		}
		break
	}
	return []byte("\r\n")
}

// folds says whether the line's end can stand within a folded line. CRs at the very end of an object are line ends of
// none but its last line.
func (l Line) folds() bool {
	end := l.LineEnd()
	return len(end) > 0 && (l.bareCR || end[len(end)-1] == '\n')
}

// Edited says whether there is anything to change.
func (e *Editor) Edited() bool { return len(e.edits) > 0 }

// Finish returns the object with the edits, and what they changed, in the order of the object. Without edits it returns
// Data itself.
func (e *Editor) Finish() ([]byte, []Change) {
	if len(e.edits) == 0 {
		return e.data, nil
	}
	slices.SortStableFunc(e.edits, edit.compare)
	var (
		out     = make([]byte, 0, len(e.data)+e.growth())
		changes = make([]Change, 0, len(e.edits))
		lineEnd = e.lineEnd()
		count   = lineCounter{data: e.data, bareCR: endsWithBareCR(e.data)}
		pos     int
	)
	s := newScanner(e.data)
	for i := range e.edits {
		in := &e.edits[i]
		if in.start < pos || in.isSwallowed(&s) {
			continue
		}
		out = append(out, e.data[pos:in.start]...)
		out = in.appendTo(out, lineEnd)
		pos = in.end
		changes = append(changes, in.change(count.at(in.start)))
	}
	return append(out, e.data[pos:]...), changes
}

// compare orders edits by place; what is put in before a line comes before what becomes of the line.
func (in edit) compare(other edit) int {
	return cmp.Or(cmp.Compare(in.start, other.start), cmp.Compare(in.end, other.end))
}

// growth is about how much larger the object becomes.
func (e *Editor) growth() int {
	n := 0
	for _, in := range e.edits {
		for _, text := range in.after {
			n += len(text) + len(text)/24 + 4
		}
	}
	return n
}

// isSwallowed says whether one of the new lines would become a part of the line before it. s reads the object up to the
// edit.
func (in *edit) isSwallowed(s *scanner) bool {
	for i, text := range in.after {
		if i < len(in.after)-1 && endsWithSoftBreak(text) {
			return true
		}
	}
	if len(in.before) > 0 || in.start == 0 {
		return false
	}
	for s.pos < in.start && s.next() {
	}
	return s.line.End == in.start && endsWithSoftBreak(s.line.Text())
}

// endsWithSoftBreak says whether a content line goes on in the next physical line.
func endsWithSoftBreak(text []byte) bool {
	return len(text) > 0 && text[len(text)-1] == '=' && isQuotedPrintable(text)
}

func (in *edit) appendTo(out, lineEnd []byte) []byte {
	out = append(out, in.glue...)
	var last []byte // the line end behind the last new line
	if n := len(in.before); n > 0 {
		if last = in.before[n-1].LineEnd(); in.before[n-1].folds() {
			lineEnd = last
		}
	} else if len(in.glue) == 0 {
		last = lineEnd
	}
	for i, text := range in.after {
		if i > 0 {
			out = append(out, lineEnd...)
		}
		out = appendFolded(out, text, lineEnd)
	}
	if len(in.after) > 0 {
		out = append(out, last...)
	}
	return out
}

func (in *edit) change(line int) Change {
	c := Change{Rule: in.rule, Line: line}
	if in.shown != nil {
		c.Before, c.After = in.shown.Before, in.shown.After
		return c
	}
	for _, l := range in.before {
		c.Before = append(c.Before, changeText(l.Text()))
	}
	for _, text := range in.after {
		c.After = append(c.After, changeText(text))
	}
	return c
}

// changeText returns a line as a Change shows it.
func changeText(text []byte) string {
	if len(text) <= maxChangeText {
		return string(text)
	}
	cut := maxChangeText
	for cut > maxChangeText-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d octets more)", text[:cut], len(text)-cut)
}

// lineCounter turns offsets, which must not fall, into numbers of physical lines.
type lineCounter struct {
	data   []byte
	bareCR bool
	pos    int
	lines  int
}

func (c *lineCounter) at(pos int) int {
	passed := c.data[c.pos:pos]
	c.pos = pos
	c.lines += bytes.Count(passed, []byte("\n"))
	if c.bareCR {
		c.lines += bytes.Count(passed, []byte("\r")) - bytes.Count(passed, []byte("\r\n"))
	}
	return c.lines + 1
}
