package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"davferry/migrate"
)

// changeSpool keeps in a file what rules would do in a dry run, of which the journal keeps nothing. It may be written to by
// several goroutines.
type changeSpool struct {
	mu   sync.Mutex
	file *os.File
	w    *bufio.Writer
	err  error // the first that writing met
}

// newChangeSpool makes one in the state folder, which the caller holds the lock of. What a killed run left goes.
func newChangeSpool(state string) (*changeSpool, error) {
	file, err := os.OpenFile(filepath.Join(state, ".changes"), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &changeSpool{file: file, w: bufio.NewWriterSize(file, 64<<10)}, nil
}

// close removes the file.
func (s *changeSpool) close() error { return errors.Join(s.file.Close(), os.Remove(s.file.Name())) }

func (s *changeSpool) put(c migrate.ObjectChanges) {
	row, err := json.Marshal(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.err == nil {
		_, err = s.w.Write(append(row, '\n'))
	}
	if s.err == nil {
		s.err = err
	}
}

// rows yields what was put, in that order. Nothing more may be put then.
func (s *changeSpool) rows(yield func(migrate.ObjectChanges, error) bool) {
	if s.err == nil {
		s.err = s.w.Flush()
	}
	if s.err == nil {
		_, s.err = s.file.Seek(0, io.SeekStart)
	}
	if s.err != nil {
		yield(migrate.ObjectChanges{}, s.err)
		return
	}
	dec := json.NewDecoder(s.file)
	for {
		var c migrate.ObjectChanges
		err := dec.Decode(&c)
		if errors.Is(err, io.EOF) || !yield(c, err) || err != nil {
			return
		}
	}
}
