package mapping

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/emersion/go-ical"
	"github.com/emersion/go-vcard"
)

// Limits of what the libraries are given to read. go-ical takes time in the square of a parameter's length (300 KB take
// 16 s) and a stack frame for each level of nesting.
const (
	maxReadSize    = 10 << 20
	maxReadHead    = 4 << 10 // name and parameters of a line
	maxReadNesting = 16
)

// ErrTooLarge says that an object is beyond what ReadCalendar and ReadCard take.
var ErrTooLarge = errors.New("too large to be read")

// ReadCalendar reads an iCalendar object with go-ical: a second opinion, and never a way to write, because go-ical drops
// order and folding and cannot encode all that it decodes. An error is ErrTooLarge, or says what go-ical cannot read;
// lines on which it panics (DTSTART;TZID=Europe/Paris without a colon) are errors like others.
func ReadCalendar(data []byte) (cal *ical.Calendar, err error) {
	plain, err := unfolded(data)
	if err != nil {
		return nil, err
	}
	defer recovered(&err)
	cal, err = ical.NewDecoder(bytes.NewReader(plain)).Decode()
	if err != nil {
		return nil, fmt.Errorf("reading calendar: %w", err)
	}
	return cal, nil
}

// ReadCard reads the first vCard of data with go-vcard, on the terms of ReadCalendar. go-vcard leaves out lines that it
// cannot read without saying so.
func ReadCard(data []byte) (card vcard.Card, err error) {
	plain, err := unfolded(data)
	if err != nil {
		return nil, err
	}
	defer recovered(&err)
	card, err = vcard.NewDecoder(bytes.NewReader(plain)).Decode()
	if err != nil {
		return nil, fmt.Errorf("reading card: %w", err)
	}
	return card, nil
}

func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("reading object: %v", p)
	}
}

// unfolded returns data in the form that the libraries take in linear time: unfolded, one line a physical line, without
// byte order mark and blank lines.
func unfolded(data []byte) ([]byte, error) {
	if len(data) > maxReadSize {
		return nil, fmt.Errorf("%w: %d octets", ErrTooLarge, len(data))
	}
	plain := make([]byte, 0, len(data)+len(data)/16)
	depth := 0
	for l := range Lines(data) {
		if l.Blank() {
			continue
		}
		start := len(plain)
		plain = l.AppendText(plain)
		text := plain[start:]
		if head := valueColon(text); head > maxReadHead || head < 0 && len(text) > maxReadHead {
			return nil, fmt.Errorf("%w: a line with %d octets of parameters", ErrTooLarge, max(head, 0))
		}
		switch name := l.Name(); {
		case equalFold(name, "BEGIN"):
			depth++
		case equalFold(name, "END"):
			depth--
		}
		if depth > maxReadNesting {
			return nil, fmt.Errorf("%w: nested more than %d deep", ErrTooLarge, maxReadNesting)
		}
		plain = append(plain, '\r', '\n')
	}
	return plain, nil
}
