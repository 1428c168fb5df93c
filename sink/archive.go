package sink

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"davferry/internal/bag"
)

// Archive is the place of many accounts' objects: a BagIt bag with a vdir tree in it (see package bag), as a folder, a
// .zip or a .tar.zst file. Its methods may be called from several goroutines, except that Commit, Discard and Close
// come after all else.
//
// Everything is written to a staging folder beside the archive, PATH.partial, and Commit makes it appear at PATH in one
// step. Until then an older archive at PATH stays as it is. A staging folder that a killed run left behind is taken
// over: what is in it need not be fetched again, see ArchiveAccount.Members.
type Archive struct {
	path  string // absolute, with no symbolic link at its end
	top   string // folder in a packed archive
	form  bag.Form
	tool  string
	start time.Time
	stage *stage

	mu       sync.Mutex
	accounts map[string]*ArchiveAccount // by folder in lower case
}

// CreateArchive begins an archive at path, whose name says which form it has. tool is what bag-info.txt says that wrote
// it, "davferry 1.2.3", start when the export began.
//
// It fails where nothing can be written, and where something is there that is neither empty nor an archive of
// davferry's: only such are replaced. Nothing at path changes before Commit.
func CreateArchive(path, tool string, start time.Time) (*Archive, error) {
	form, err := bag.FormOf(path)
	if err != nil {
		return nil, err
	}
	target, err := resolve(path)
	if err != nil {
		return nil, fmt.Errorf("archive %s: %w", path, err)
	}
	if err := checkTarget(target, form); err != nil {
		return nil, fmt.Errorf("archive %s: %w", path, err)
	}
	stage, err := openStage(target)
	if err != nil {
		return nil, fmt.Errorf("archive %s: %w", path, err)
	}
	return &Archive{
		path: target, top: bag.TopFolder(path), form: form, tool: tool, start: start, stage: stage,
		accounts: make(map[string]*ArchiveAccount),
	}, nil
}

// Account returns the sink of one account. The same account again is the same sink; two accounts cannot share a
// folder, not even on a file system that takes upper and lower case for the same.
func (a *Archive) Account(account bag.Account) (*ArchiveAccount, error) {
	if err := account.Check(); err != nil {
		return nil, fmt.Errorf("archive %s: account %q: %w", a.path, account.Label, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key := strings.ToLower(account.Folder)
	if have, ok := a.accounts[key]; ok {
		if have.folder != account.Folder || have.label != account.Label {
			return nil, fmt.Errorf("archive %s: the accounts %q and %q have the same folder %q",
				a.path, have.label, account.Label, account.Folder)
		}
		have.account = account
		return have, nil
	}
	acct := &ArchiveAccount{
		archive: a, folder: account.Folder, label: account.Label, account: account,
		collections: make(map[string]*stagedCollection),
	}
	a.accounts[key] = acct
	return acct, nil
}

// Close leaves the staging folder for a later run to take over. After Commit or Discard it does nothing.
func (a *Archive) Close() error { return errors.Join(a.closeFolders(), a.stage.close()) }

// Discard removes the staging folder. An older archive at the path stays.
func (a *Archive) Discard() error { return errors.Join(a.closeFolders(), a.stage.remove()) }

// closeFolders closes those of collections that were never recorded.
func (a *Archive) closeFolders() error {
	var err error
	for _, acct := range a.accounts {
		for _, sc := range acct.collections {
			err = errors.Join(err, sc.close())
		}
	}
	return err
}
