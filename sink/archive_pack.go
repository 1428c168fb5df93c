package sink

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/klauspost/compress/zstd"

	"davferry/internal/bag"
)

// packedTime is the time of every file in a packed archive, the oldest that a .zip can say: equal input is to give an
// equal payload, and when an object was fetched stands in fetched.csv.
var packedTime = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// packer writes files into a container.
type packer interface {
	add(name string, size int64, r io.Reader) error
	close() error
}

// pack makes one file of the bag and flushes it to the disk; the staged files need no flushing then.
func (c *commit) pack(ctx context.Context) error {
	file, err := c.stage.root.OpenFile(stagePacked, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	seal := bag.NewSealer(file)
	err = c.packInto(ctx, bufio.NewWriterSize(seal, 256<<10))
	if err == nil {
		err = seal.Close()
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func (c *commit) packInto(ctx context.Context, w *bufio.Writer) error {
	p, err := newPacker(c.archive.form, w)
	if err != nil {
		return err
	}
	err = c.packFiles(ctx, p)
	if err = errors.Join(err, p.close()); err != nil {
		return err
	}
	return w.Flush()
}

// packFiles adds all files, sorted by folder and name: bag-info.txt comes first, so that readers know early what the
// archive claims to be.
func (c *commit) packFiles(ctx context.Context, p packer) error {
	return fs.WalkDir(c.stage.root.FS(), stageBag, func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || d.IsDir() {
			return err
		}
		f, err := c.stage.root.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return p.add(path.Join(c.archive.top, name[len(stageBag):]), info.Size(), f)
	})
}

func newPacker(form bag.Form, w io.Writer) (packer, error) {
	if form == bag.Zip {
		z := zip.NewWriter(w)
		return zipPacker{z}, z.SetComment(bag.ZipComment())
	}
	// One goroutine and a window of 4 MiB: the disk is waited for, not the encoder, and memory stays small.
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(4<<20))
	if err != nil {
		return nil, err
	}
	return tarPacker{tar.NewWriter(z), z, w}, nil
}

type zipPacker struct{ zip *zip.Writer }

func (p zipPacker) add(name string, _ int64, r io.Reader) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: packedTime}
	header.SetMode(0o644)
	w, err := p.zip.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return err
}

func (p zipPacker) close() error { return p.zip.Close() }

type tarPacker struct {
	tar  *tar.Writer
	zstd *zstd.Encoder
	w    io.Writer
}

func (p tarPacker) add(name string, size int64, r io.Reader) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: packedTime}
	if err := p.tar.WriteHeader(header); err != nil {
		return err
	}
	_, err := io.Copy(p.tar, r)
	return err
}

func (p tarPacker) close() error {
	if err := errors.Join(p.tar.Close(), p.zstd.Close()); err != nil {
		return err
	}
	_, err := p.w.Write(bag.SkippableFrame())
	return err
}
