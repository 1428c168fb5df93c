package sink

import (
	"bufio"
	"errors"
	"os"

	"davferry/internal/bag"
)

// parts are one collection's parts of objects.csv, of fetched.csv and of the manifests, being written.
type parts struct {
	files     []*os.File
	buffers   []*bufio.Writer
	rows      *bag.RowWriter
	fetched   *bag.FetchedWriter
	manifests []*bufio.Writer // in the order of bag.Algorithms
}

// newParts begins a collection's parts in a folder of the stage, in place of those that are there.
func (s *stage) newParts(dir string) (*parts, error) {
	if err := s.root.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	p := &parts{}
	for _, name := range recordFiles {
		f, err := s.root.OpenFile(dir+"/"+name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.files, p.buffers = append(p.files, f), append(p.buffers, bufio.NewWriterSize(f, 64<<10))
	}
	p.rows, p.fetched, p.manifests = bag.NewRowWriter(p.buffers[0]), bag.NewFetchedWriter(p.buffers[1]), p.buffers[2:]
	return p, nil
}

// close writes what is buffered, and returns the first error of all.
func (p *parts) close() error {
	var errs []error
	if p.rows != nil {
		errs = append(errs, p.rows.Flush(), p.fetched.Flush())
	}
	for i, f := range p.files {
		errs = append(errs, p.buffers[i].Flush(), f.Close())
	}
	return errors.Join(errs...)
}
