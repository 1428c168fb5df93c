package migrate

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxAccountsFile bounds what is read, in octets: a million rows fit, a disk image given by mistake does not.
const maxAccountsFile = 256 << 20

// sheet is a CSV file as it was read: each field knows its place.
type sheet struct {
	text   []byte // without the byte order mark
	lines  []int  // where each line begins in text
	header []cell
	rows   [][]cell // those that hold anything; none is empty
}

// cell is one field.
type cell struct {
	text   string
	quoted bool // in the file
	at     position
}

// position is a place in the file, counted from 1; octet is counted within the line.
type position struct{ line, octet int }

// parseSheet reads the file as far as it can be read. Without a header there is no sheet.
func parseSheet(text []byte) (*sheet, []AccountProblem) {
	if problem := unreadable(text); problem != "" {
		return nil, []AccountProblem{{Text: problem}}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	s := &sheet{text: text, lines: lineStarts(text)}
	problems := s.read()
	if s.header == nil && len(problems) == 0 {
		problems = []AccountProblem{{Text: "the file is empty; its first line must name the columns, as in " + sampleHeader}}
	}
	if s.header == nil {
		return nil, problems
	}
	return s, problems
}

// unreadable says why a text is no CSV in UTF-8, "" where it may be.
func unreadable(text []byte) string {
	switch {
	case len(text) > maxAccountsFile:
		return "the file is larger than 256 MiB, which no accounts file is"
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}),
		bytes.IndexByte(text[:min(len(text), 4)], 0) >= 0:
		return "the file is in UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)"
	case bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(bytes.TrimRight(text, "\r"), '\r') >= 0:
		return "the lines end in CR alone; save the file with LF or CR LF"
	}
	return ""
}

// read fills header and rows, and goes on after a row that cannot be read.
func (s *sheet) read() []AccountProblem {
	r := csv.NewReader(bytes.NewReader(s.text))
	r.Comma = separator(s.text)
	r.Comment = '#'
	r.FieldsPerRecord = -1 // counted by the binder, which goes on
	var problems []AccountProblem
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return problems
		}
		if err != nil {
			problems = append(problems, s.syntaxError(err, r.InputOffset()))
			if s.header == nil {
				return problems
			}
			continue
		}
		if row := s.cells(r, record); row != nil {
			s.add(row)
		}
	}
}

func (s *sheet) add(row []cell) {
	if s.header == nil {
		s.header = row
		return
	}
	s.rows = append(s.rows, row)
}

// cells places the fields of a record; nil where all are blank, as spreadsheets leave them below the last row.
func (s *sheet) cells(r *csv.Reader, record []string) []cell {
	row := make([]cell, len(record))
	blank := true
	for i, text := range record {
		line, octet := r.FieldPos(i)
		offset := s.lines[line-1] + octet - 1
		quoted := offset < len(s.text) && s.text[offset] == '"'
		row[i] = cell{text: text, quoted: quoted, at: position{line, octet}}
		blank = blank && strings.TrimSpace(text) == ""
	}
	if blank {
		return nil
	}
	return row
}

func (s *sheet) syntaxError(err error, offset int64) AccountProblem {
	var e *csv.ParseError
	if !errors.As(err, &e) {
		return AccountProblem{Text: err.Error()}
	}
	p := AccountProblem{Line: e.Line, Column: s.character(position{e.Line, e.Column})}
	switch {
	case errors.Is(e.Err, csv.ErrBareQuote):
		p.Text = `a field that holds a " must stand in quotes, with the " doubled`
	case offset == int64(len(s.text)) && e.Line != e.StartLine:
		p.Line, p.Column = e.StartLine, 0
		p.Text = `a quoted field that begins in this row is never closed`
	default:
		p.Text = `a " within a quoted field must be doubled, and the field must be closed`
	}
	return p
}

// character turns the octet of a position into a column as an editor counts it.
func (s *sheet) character(at position) int {
	start := s.lines[at.line-1]
	return 1 + utf8.RuneCount(s.text[start:min(start+at.octet-1, len(s.text))])
}

// separator tells , from ; by which one the header has more of.
func separator(text []byte) rune {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if bytes.Count(line, []byte(";")) > bytes.Count(line, []byte(",")) {
			return ';'
		}
		break
	}
	return ','
}

func lineStarts(text []byte) []int {
	starts := []int{0}
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}
