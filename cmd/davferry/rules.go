package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"davferry/mapping"
	"davferry/migrate"
)

// groupsCategories is the value of --groups that makes no other form of groups but categories.
const groupsCategories = "categories"

// ruleFlags are the flags about what is changed on the way.
type ruleFlags struct {
	normalizeUID string
	normalizeTZ  string
	floatingTZ   string
	mapAddresses string
	mapContacts  bool
	vcard        string
	groups       string
	showChanges  bool
}

func (f *ruleFlags) add(cmd *cobra.Command, dryRun bool) {
	fs := cmd.Flags()
	fs.StringVar(&f.normalizeUID, "normalize-uid", "", "give objects UIDs that every server takes: `WHICH` is needed (no UID, one that stands twice or is too long) or all (every UID that is no UUID)")
	fs.Lookup("normalize-uid").NoOptDefVal = "needed"
	fs.StringVar(&f.normalizeTZ, "normalize-tz", "", "name and define time zones as the IANA database does, where no time moves: `NAMES` stay where they are IANA's (keep) or become today's (current)")
	fs.Lookup("normalize-tz").NoOptDefVal = "keep"
	fs.StringVar(&f.floatingTZ, "floating-tz", "", "with --normalize-tz: take times that name no zone for times of `ZONE`, such as Europe/Paris")
	fs.StringVar(&f.mapAddresses, "map-addresses", "", "change mail addresses of organizers and attendees: `FILE` is CSV, old,new or *@old.example,*@new.example")
	fs.BoolVar(&f.mapContacts, "map-contacts", false, "with --map-addresses: change the mail addresses of contacts as well")
	fs.StringVar(&f.vcard, "vcard", "", "write contacts as vCard `VERSION` 3.0 or 4.0; auto: as the destination takes them, 2.1 as 3.0")
	fs.StringVar(&f.groups, "groups", "keep", "write groups of contacts in `FORM` kind (KIND, MEMBER), apple (X-ADDRESSBOOKSERVER-...) or categories (of their members)")
	if dryRun {
		fs.BoolVar(&f.showChanges, "show-changes", false, "with --dry-run: show each line that would be changed, like a diff")
	}
}

// check refuses values that cannot be meant.
func (f *ruleFlags) check(dryRun, json bool) error {
	var errs []error
	if f.normalizeUID != "" {
		errs = append(errs, oneOf("normalize-uid", f.normalizeUID, "needed", "all"))
	}
	if f.normalizeTZ != "" {
		errs = append(errs, oneOf("normalize-tz", f.normalizeTZ, "keep", "current"))
	}
	if f.floatingTZ != "" && f.normalizeTZ == "" {
		errs = append(errs, usagef("--floating-tz is for use with --normalize-tz"))
	}
	if f.vcard != "" {
		errs = append(errs, oneOf("vcard", f.vcard, "3.0", "4.0", mapping.CardsAsTaken))
	}
	if f.groups != "" {
		errs = append(errs, oneOf("groups", f.groups, "keep", mapping.GroupsKind, mapping.GroupsApple, groupsCategories))
	}
	if f.mapContacts && f.mapAddresses == "" {
		errs = append(errs, usagef("--map-contacts is for use with --map-addresses"))
	}
	if f.showChanges && !dryRun {
		errs = append(errs, usagef("--show-changes is for use with --dry-run; a run keeps each change in its state folder"))
	}
	if f.showChanges && json {
		errs = append(errs, usagef("--show-changes is text, --json is not: choose one of them"))
	}
	return errors.Join(errs...)
}

// rules returns the rules that the flags ask for, none where they ask for nothing.
func (f *ruleFlags) rules() (mapping.Rules, error) {
	var rules mapping.Rules
	if f.normalizeUID != "" {
		rules = append(rules, mapping.UIDs{All: f.normalizeUID == "all"})
	}
	if f.normalizeTZ != "" {
		zones, err := mapping.NewZones(f.normalizeTZ == "current", f.floatingTZ)
		if err != nil {
			return nil, usagef("--floating-tz: %w", err)
		}
		rules = append(rules, zones)
	}
	if f.mapAddresses != "" {
		addresses, err := f.addresses()
		if err != nil {
			return nil, err
		}
		rules = append(rules, addresses)
	}
	if f.vcard != "" {
		rules = append(rules, mapping.Cards{Version: f.vcard})
	}
	if f.groups == mapping.GroupsKind || f.groups == mapping.GroupsApple {
		rules = append(rules, mapping.Groups{Form: f.groups})
	}
	return rules, nil
}

func (f *ruleFlags) addresses() (*mapping.Addresses, error) {
	file, err := os.Open(f.mapAddresses)
	if err != nil {
		return nil, usagef("--map-addresses: %w", err)
	}
	defer file.Close()
	addresses, err := migrate.ReadAddresses(file, f.mapAddresses, f.mapContacts)
	if _, mistakes := errors.AsType[*migrate.AccountsError](err); err != nil && !mistakes {
		return nil, usagef("--map-addresses: %w", err)
	}
	return addresses, err
}
