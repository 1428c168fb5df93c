package source

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"os"
	"slices"
)

// sorter sorts more strings than memory holds: it keeps so many bytes of them, and puts them into a temporary file,
// sorted, when there are more.
type sorter struct {
	limit int // bytes to keep in memory
	kept  []string
	size  int
	file  *os.File
	runs  []*io.SectionReader
}

func newSorter(limit int) *sorter { return &sorter{limit: limit} }

// add takes in one string.
func (s *sorter) add(text string) error {
	s.kept = append(s.kept, text)
	s.size += len(text) + 16 // the string's header
	if s.size < s.limit {
		return nil
	}
	return s.spill()
}

// spill writes what is kept to the file, as one more sorted run.
func (s *sorter) spill() (err error) {
	if s.file == nil {
		if s.file, err = os.CreateTemp("", "davferry-"); err != nil {
			return err
		}
	}
	start, err := s.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	slices.Sort(s.kept)
	w := bufio.NewWriter(s.file)
	for _, text := range s.kept {
		w.Write(binary.AppendUvarint(nil, uint64(len(text))))
		w.WriteString(text)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	end, err := s.file.Seek(0, io.SeekCurrent)
	s.runs = append(s.runs, io.NewSectionReader(s.file, start, end-start))
	s.kept, s.size = s.kept[:0], 0
	return err
}

// all yields all strings in order, as often as it is called. It ends with the first error.
func (s *sorter) all() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		slices.Sort(s.kept)
		merge := &runHeap{{rest: s.kept}}
		for _, run := range s.runs {
			run.Seek(0, io.SeekStart)
			*merge = append(*merge, &sortedRun{file: bufio.NewReader(run)})
		}
		for _, run := range *merge {
			if err := run.next(); err != nil {
				yield("", err)
				return
			}
		}
		*merge = slices.DeleteFunc(*merge, func(r *sortedRun) bool { return r.end })
		heap.Init(merge)
		for len(*merge) > 0 {
			run := (*merge)[0]
			if !yield(run.head, nil) {
				return
			}
			if err := run.next(); err != nil {
				yield("", err)
				return
			}
			if run.end {
				heap.Pop(merge)
			} else {
				heap.Fix(merge, 0)
			}
		}
	}
}

// close removes the temporary file.
func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

// sortedRun is a run that is being read, from the file or from memory.
type sortedRun struct {
	head string
	end  bool
	rest []string
	file *bufio.Reader
}

func (r *sortedRun) next() error {
	if r.file == nil {
		if r.end = len(r.rest) == 0; !r.end {
			r.head, r.rest = r.rest[0], r.rest[1:]
		}
		return nil
	}
	n, err := binary.ReadUvarint(r.file)
	if err == io.EOF {
		r.end = true
		return nil
	}
	if err != nil {
		return err
	}
	text := make([]byte, n)
	_, err = io.ReadFull(r.file, text)
	r.head = string(text)
	return err
}

// runHeap has the run with the smallest head on top.
type runHeap []*sortedRun

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(i, j int) bool { return cmp.Less(h[i].head, h[j].head) }
func (h runHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)        { *h = append(*h, x.(*sortedRun)) }
func (h *runHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
