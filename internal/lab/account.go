package lab

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
)

// account is a user of this machine.
type account struct {
	name     string
	uid, gid int
	groups   []uint32 // further ones
	drop     bool     // programs have to be moved to it: this process is root
}

// plainAccount returns who runs the programs that must not be root (PostgreSQL, sogod, Cyrus): this process's own user
// or, where that is root, nobody.
func plainAccount() (account, error) {
	drop := os.Geteuid() == 0
	u, err := user.Current()
	if err == nil && drop {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return account{}, fmt.Errorf("an account to run a server under: %w", err)
	}
	uid, errUID := strconv.Atoi(u.Uid)
	gid, errGID := strconv.Atoi(u.Gid)
	if errUID != nil || errGID != nil {
		return account{}, fmt.Errorf("the account %s has the ids %s and %s, which are no numbers", u.Username, u.Uid, u.Gid)
	}
	return account{name: u.Username, uid: uid, gid: gid, drop: drop}, nil
}

// within returns the account as a member of one group more, where this process may make it one.
func (a account) within(group string) (account, error) {
	if !a.drop {
		return a, nil
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return a, err
	}
	gid, err := strconv.ParseUint(g.Gid, 10, 32)
	a.groups = append(slices.Clone(a.groups), uint32(gid))
	return a, err
}

// give makes the account the owner of a folder and of all that is in it.
func (a account) give(dir string) error {
	if !a.drop {
		return nil
	}
	if err := passable(filepath.Dir(dir)); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return a.own(path)
	})
}

// own makes the account the owner of one file or folder.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// passable returns an error unless everybody may go through the folder and those above it.
func passable(dir string) error {
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if info.Mode()&1 == 0 {
			return fmt.Errorf("a server that must not run as root cannot reach its state through %s, which only its owner may enter", dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

// Folder makes an empty folder for the state of servers, to be removed by the caller. Other than the folders of
// os.MkdirTemp and testing.T.TempDir everybody may go through it, which servers need that must not run as root, and its
// path is short, which the paths of Unix sockets have to be.
func Folder() (string, error) {
	dir, err := os.MkdirTemp("", "davferry-lab-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o711)
}
