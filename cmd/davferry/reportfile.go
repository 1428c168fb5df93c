package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"davferry/migrate"
)

// changedObjects is the last name in report.json: an array of all that rules changed or had to leave, one object or
// collection a line. What the summary has of that are the numbers and the first; there may be more than fits into memory.
const changedObjects = "changed_objects"

// changeRows yields what rules did, object by object. An error is the last thing that it yields.
type changeRows iter.Seq2[migrate.ObjectChanges, error]

// writeReport writes a summary and all that rules did into a file, so that it is never seen half. Where the changes
// cannot be read to their end, the file has those before, and the error says why.
func writeReport(path string, s *migrate.Summary, rows changeRows) error {
	text, err := marshalJSON(s)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 64<<10)
	unread, err := appendChanges(w, text, rows)
	if err = cmp.Or(err, w.Flush()); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	return errors.Join(unread, os.Rename(path+".new", path))
}

// appendChanges writes the JSON object text with the changes as its last member. unread is why they end early.
func appendChanges(w *bufio.Writer, text []byte, rows changeRows) (unread, err error) {
	w.Write(bytes.TrimSuffix(text, []byte("\n}\n"))) // an error stays with w
	before, end := fmt.Sprintf(",\n  %q: [\n    ", changedObjects), "\n}\n"
	for o, err := range rows {
		if err != nil {
			unread = fmt.Errorf("reading what rules changed: %w", err)
			break
		}
		row, err := marshalRow(o)
		if err != nil {
			return unread, err
		}
		w.WriteString(before)
		if _, err := w.Write(row); err != nil {
			return unread, err
		}
		before, end = ",\n    ", "\n  ]\n}\n"
	}
	_, err = w.WriteString(end)
	return unread, err
}

// marshalRow returns v as JSON in one line that is safe to show on a terminal.
func marshalRow(v any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(withoutSteering(text.Bytes()), []byte("\n")), nil
}

// readReport reads the summary in a report. It leaves the changes behind it unread.
func readReport(path string) (*migrate.Summary, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the report: %w", err)
	}
	defer file.Close()
	s := &migrate.Summary{}
	err = readSummary(file, s)
	if err == nil && s.Verb == "" {
		err = errors.New("it names no verb")
	}
	if err != nil {
		return nil, fmt.Errorf("the report %s is damaged, the next run writes it anew: %w", path, err)
	}
	return s, nil
}

func readSummary(r io.Reader, s *migrate.Summary) error {
	dec := json.NewDecoder(bufio.NewReader(r))
	if begin, err := dec.Token(); err != nil || begin != json.Delim('{') {
		return cmp.Or(err, fmt.Errorf("it begins with %v", begin))
	}
	members := map[string]json.RawMessage{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		if name == changedObjects {
			break
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		members[name.(string)] = value
	}
	if end, err := dec.Token(); err != nil || end != json.Delim('}') && end != json.Delim('[') {
		return cmp.Or(err, fmt.Errorf("it ends with %v", end))
	}
	text, err := json.Marshal(members)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, s)
}
