package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"davferry/internal/bag"
)

// unpack writes the payload of a .tar.zst into dir, and nothing anywhere else. It stops where the archive holds more
// than its Payload-Oxum says.
func unpack(archive, dir string, info bag.Info, top string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	u := &unpacker{root: root, top: top, left: info.Oxum}
	return errors.Join(bag.Walk(context.Background(), archive, u.file), root.Close())
}

type unpacker struct {
	root *os.Root
	top  string
	dir  string   // the last that was made
	left bag.Oxum // what may still come
}

func (u *unpacker) file(f bag.File) error {
	name, err := bag.Rel(u.top, f.Name)
	if err != nil {
		return err
	}
	if !f.Mode.IsRegular() {
		return fmt.Errorf("%s is no regular file", name)
	}
	if !bag.InPayload(name) {
		return nil
	}
	u.left.Octets -= f.Size
	u.left.Files--
	if u.left.Octets < 0 || u.left.Files < 0 {
		return fmt.Errorf("more in it than its Payload-Oxum says, at %s", name)
	}
	return u.write(name, f)
}

func (u *unpacker) write(name string, f bag.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	if dir := path.Dir(name); dir != u.dir {
		if err := u.root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		u.dir = dir
	}
	w, err := u.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there twice", name)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}
