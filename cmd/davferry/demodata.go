package main

import (
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"davferry/internal/bag"
	"davferry/internal/dav/davtest"
)

// demoFiles are the sample accounts, laid out like the payload of an archive:
// demo/ACCOUNT/{calendars,addressbooks}/COLLECTION/{collection.json,NAME.ics,NAME.vcf}.
//
//go:embed demo
var demoFiles embed.FS

// demoAccount is a sample account at both servers.
type demoAccount struct {
	name                     string // at the old server, and in reports
	newUser                  string // at the new server
	oldPassword, newPassword string
}

// demoAccounts makes the sample accounts, with passwords that nobody knows.
func demoAccounts() []demoAccount {
	var accounts []demoAccount
	for _, name := range []string{"anna", "kenji", "noor"} {
		accounts = append(accounts, demoAccount{name: name, newUser: name + "@example.org", oldPassword: rand.Text(), newPassword: rand.Text()})
	}
	return accounts
}

// oldVariable and newVariable name the environment variables of the passwords.
func (a demoAccount) oldVariable() string { return strings.ToUpper(a.name) + "_OLD" }
func (a demoAccount) newVariable() string { return strings.ToUpper(a.name) + "_NEW" }

// oldServer makes the server that the accounts leave. It escapes its hrefs as Radicale does, and lists what is not to be
// moved among the calendars, as most servers do.
func oldServer(accounts []demoAccount) (*davtest.Server, error) {
	s := davtest.New()
	s.SetQuirks(davtest.Quirks{Hrefs: davtest.HrefEscapeAll, Prefixes: davtest.PrefixAll})
	for _, a := range accounts {
		s.AddUser(a.name, a.oldPassword)
		if err := loadAccount(s, a.name); err != nil {
			return nil, fmt.Errorf("the sample account %s: %w", a.name, err)
		}
	}
	for _, special := range []davtest.Special{davtest.Inbox, davtest.Outbox, davtest.Birthdays} {
		s.AddSpecial("anna", special)
	}
	s.Share("/calendars/anna/work/", "kenji")
	return s, nil
}

// newServer makes the server that the accounts go to. It has one home for both kinds of collection and refuses a second
// object of the same UID, as Radicale does, and forgets most of what a new collection is to be like, as Xandikos does.
func newServer(accounts []demoAccount) *davtest.Server {
	s := davtest.New()
	s.SetQuirks(davtest.Quirks{SameHome: true, UniqueUID: 409, KeepsAtCreation: []string{"displayname"}})
	for _, a := range accounts {
		s.AddUser(a.newUser, a.newPassword)
	}
	return s
}

// loadAccount puts a sample account into a server.
func loadAccount(s *davtest.Server, account string) error {
	found, err := fs.Glob(demoFiles, "demo/"+account+"/*/*/"+bag.CollectionFile)
	if err != nil {
		return err
	}
	for _, file := range found {
		text, err := demoFiles.ReadFile(file)
		if err != nil {
			return err
		}
		c, err := bag.UnmarshalCollection(text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := loadObjects(s, s.AddCollection(account, c), path.Dir(file)); err != nil {
			return err
		}
	}
	return nil
}

// loadObjects puts the objects of a folder into a collection.
func loadObjects(s *davtest.Server, collection, folder string) error {
	entries, err := demoFiles.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == bag.CollectionFile {
			continue
		}
		data, err := demoFiles.ReadFile(folder + "/" + e.Name())
		if err != nil {
			return err
		}
		if s.PutObject(collection+url.PathEscape(e.Name()), data) == "" {
			return fmt.Errorf("%s/%s: the server has no collection %q", folder, e.Name(), collection)
		}
	}
	return nil
}
