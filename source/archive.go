package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"davferry/internal/bag"
)

// Archive is an archive that davferry wrote, of any form. Only objects.csv is read when it is opened; what is kept of
// it is where each collection's rows begin. Whether the archive is intact is for VerifyArchive to say; here each object
// is checked when it is read.
type Archive struct {
	path     string
	bag      fs.FS // at the bag's root
	accounts []bag.Account
	rows     *bag.RowIndex
	closers  []func() error // in the order in which things were opened
}

// OpenArchive opens an archive: a folder, a .zip, or a .tar.zst, which is unpacked into a temporary folder that Close
// removes. Close must be called.
func OpenArchive(path string) (*Archive, error) {
	info, top, err := bag.ReadInfo(context.Background(), path)
	if err != nil {
		return nil, fmt.Errorf("archive %s: %w", path, err)
	}
	a := &Archive{path: path, accounts: info.Accounts}
	if err := a.open(info, top); err != nil {
		return nil, errors.Join(fmt.Errorf("archive %s: %w", path, err), a.Close())
	}
	return a, nil
}

func (a *Archive) open(info bag.Info, top string) error {
	for _, account := range info.Accounts {
		if err := account.Check(); err != nil {
			return fmt.Errorf("%s: account %q: %w", bag.InfoFile, account.Label, err)
		}
	}
	form, err := bag.FormAt(a.path)
	if err != nil {
		return err
	}
	switch form {
	case bag.Zip:
		err = a.openZip(top)
	case bag.TarZst:
		err = a.openTarZst(info, top)
	default:
		err = a.openFolder(a.path)
	}
	if err != nil {
		return err
	}
	return a.openRows(info)
}

func (a *Archive) openFolder(path string) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	a.onClose(root.Close)
	a.bag = root.FS()
	return nil
}

func (a *Archive) openZip(top string) error {
	z, err := bag.OpenZip(a.path)
	if err != nil {
		return err
	}
	a.onClose(z.Close)
	for _, f := range z.File {
		if f.Mode().IsDir() {
			continue
		}
		if _, err := bag.Rel(top, f.Name); err != nil {
			return err
		}
	}
	a.bag = z
	if top != "" {
		a.bag, err = fs.Sub(z, top)
	}
	return err
}

func (a *Archive) openTarZst(info bag.Info, top string) error {
	dir, err := os.MkdirTemp("", "davferry-")
	if err != nil {
		return err
	}
	a.onClose(func() error { return os.RemoveAll(dir) })
	if err := unpack(a.path, dir, info, top); err != nil {
		return err
	}
	return a.openFolder(dir)
}

// openRows indexes objects.csv, by way of a temporary file where the one in the archive knows no offsets.
func (a *Archive) openRows(info bag.Info) error {
	f, err := a.bag.Open(bag.ObjectsFile)
	if err != nil {
		return err
	}
	at, ok := f.(io.ReaderAt)
	if ok {
		a.onClose(f.Close)
	} else {
		defer f.Close()
		if at, err = a.spool(f, info.Oxum.Octets); err != nil {
			return err
		}
	}
	a.rows, err = bag.IndexRows(at)
	return err
}

// spool copies a payload file, which is at most limit octets long, into a temporary one.
func (a *Archive) spool(f fs.File, limit int64) (*os.File, error) {
	temp, err := os.CreateTemp("", "davferry-")
	if err != nil {
		return nil, err
	}
	a.onClose(func() error { return errors.Join(temp.Close(), os.Remove(temp.Name())) })
	_, err = io.CopyN(temp, f, limit)
	if err == nil {
		err = fmt.Errorf("%s: longer than Payload-Oxum says that the whole payload is", bag.ObjectsFile)
	}
	if err == io.EOF {
		err = nil
	}
	return temp, err
}

func (a *Archive) onClose(f func() error) { a.closers = append(a.closers, f) }

// Close lets go of the archive and removes what was unpacked.
func (a *Archive) Close() error {
	var err error
	for i := len(a.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closers[i]())
	}
	a.closers = nil
	return err
}

// Accounts lists the labels of the accounts that were exported, those without a collection among them.
func (a *Archive) Accounts() []string {
	labels := make([]string, len(a.accounts))
	for i, account := range a.accounts {
		labels[i] = account.Label
	}
	return labels
}

// Account returns the source of one account, by the label that it had in the accounts file of the export.
func (a *Archive) Account(label string) (*ArchiveAccount, error) {
	for _, account := range a.accounts {
		if account.Label == label {
			return &ArchiveAccount{archive: a, account: account}, nil
		}
	}
	return nil, fmt.Errorf("archive %s holds no account %q", a.path, label)
}
