package bag

import (
	"archive/tar"
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/zstd"
)

// ErrDamaged says that an archive's container cannot be read, or not any further.
var ErrDamaged = errors.New("damaged")

// errStop ends a walk early; it reaches nobody.
var errStop = errors.New("stop")

// File is what a walk meets: a regular file, or something else that Mode names.
type File struct {
	// Name is the path as the container spells it, which may be hostile, and begins with the top folder in a packed
	// archive; see Rel.
	Name string
	Mode fs.FileMode
	Size int64 // as the container declares it; no more than that can be read
	Open func() (io.ReadCloser, error)
}

// Walk calls visit for everything that the archive at path holds but folders, one after the other. File.Open is good
// until visit returns, once. An error of visit ends the walk and is returned as it is; ErrDamaged is in the chain where
// the container is at fault.
func Walk(ctx context.Context, path string, visit func(File) error) error {
	form, err := FormAt(path)
	if err != nil {
		return err
	}
	checked := func(f File) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return visit(f)
	}
	switch form {
	case Zip:
		return walkZip(path, checked)
	case TarZst:
		return walkTarZst(path, checked)
	}
	return walkFolder(path, checked)
}

func walkFolder(path string, visit func(File) error) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return visit(File{
			Name: name, Mode: info.Mode().Type(), Size: info.Size(),
			Open: func() (io.ReadCloser, error) { return root.Open(name) },
		})
	})
}

func walkZip(path string, visit func(File) error) error {
	z, err := OpenZip(path)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		if f.Mode().IsDir() {
			continue
		}
		err := visit(File{Name: f.Name, Mode: f.Mode().Type(), Size: int64(f.UncompressedSize64), Open: f.Open})
		if err != nil {
			return err
		}
	}
	return nil
}

// OpenZip opens a .zip archive; ErrDamaged is in the chain where it is none.
func OpenZip(path string) (*zip.ReadCloser, error) {
	z, err := zip.OpenReader(path)
	if err == nil || errors.Is(err, zip.ErrInsecurePath) {
		return z, nil
	}
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	return nil, err
}

// maxWindow bounds the memory that a .tar.zst can claim; davferry writes windows of 8 MiB, `zstd --long` 128.
const maxWindow = 128 << 20

// maxPadding is how much may follow the end of a tar: its writers fill up a record, 10 KiB unless told otherwise.
const maxPadding = 1 << 20

func walkTarZst(path string, visit func(File) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	unzstd, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	defer unzstd.Close()
	damaged := func(err error) error { return fmt.Errorf("%s: %w: %w", path, ErrDamaged, err) }
	archive := tar.NewReader(unzstd)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return damaged(err)
		}
		if err := visitTar(archive, header, visit); err != nil {
			return err
		}
	}
	// The frame's checksum stands at its end, behind the last file and tar's padding.
	switch _, err := io.CopyN(io.Discard, unzstd, maxPadding); err {
	case io.EOF:
		return nil
	case nil:
		return damaged(fmt.Errorf("more data behind the end of the tar"))
	default:
		return damaged(err)
	}
}

func visitTar(archive *tar.Reader, header *tar.Header, visit func(File) error) error {
	mode := header.FileInfo().Mode().Type()
	if mode.IsDir() {
		return nil
	}
	if header.Typeflag == tar.TypeLink {
		// FileInfo takes a hard link for a regular file of no bytes.
		mode = fs.ModeIrregular
	}
	return visit(File{
		Name: header.Name, Mode: mode, Size: header.Size,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(archive), nil },
	})
}
