package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"davferry/internal/dav/davtest"
)

// steps are what the demo does, in order.
func (d *demo) steps() []func(context.Context) error {
	return []func(context.Context) error{d.begin, d.migrateOnce, d.migrateAgain, d.export, d.verify, d.compare}
}

// begin writes the accounts file.
func (d *demo) begin(context.Context) error {
	for _, a := range d.accounts {
		for _, c := range d.old.Collections(a.name) {
			d.objects += len(d.old.Objects(c.Path))
		}
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	rows := [][]string{{"source", "source_user", "source_password_env", "destination", "destination_user", "destination_password_env"}}
	for _, a := range d.accounts {
		rows = append(rows, []string{d.oldURL, a.name, a.oldVariable(), d.newURL, a.newUser, a.newVariable()})
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.dir, demoAccountsFile), text.Bytes(), 0o600); err != nil {
		return err
	}
	d.story.heading("davferry demo")
	d.story.tell(`%d accounts with %d calendar entries and contacts move from one server to another. Both servers are
part of this program, and only this computer can reach them. All people and dates are made up.

  the old server  %s
  the new server  %s

`, len(d.accounts), d.objects, d.oldURL, d.newURL)
	d.story.heading("1. The accounts file")
	d.story.tell("$ cat %s\n%s\n", demoAccountsFile, &text)
	d.story.tell(`One line an account: where it is, and where it is to go. The passwords are not in the file: it names
the environment variables that hold them. Files (source_password_file) or a password manager
(source_password_command) do as well.

`)
	return nil
}

// migrateOnce moves everything.
func (d *demo) migrateOnce(ctx context.Context) error {
	d.story.heading("2. Move the accounts")
	if err := d.firstMigration(ctx); err != nil {
		return err
	}
	s, err := d.summary()
	if err != nil {
		return err
	}
	if s.Objects.Created != d.objects || s.Objects.Listed != d.objects {
		return fmt.Errorf("the first migration created %d of %d objects", s.Objects.Created, d.objects)
	}
	d.story.tell(`The last line is the verdict. "left out" is what is no data of the account: the server makes it by
itself, or it belongs to somebody else and moves with its owner. The folder accounts.davferry is
new beside the accounts file: report.json is the whole report, journal.db knows what became of each
object, log.jsonl is the log.

`)
	return nil
}

// firstMigration shows the first migration as part of the story, or as the one result in JSON.
func (d *demo) firstMigration(ctx context.Context) error {
	args := []string{"migrate", demoAccountsFile}
	if !d.json {
		return d.command(ctx, args...)
	}
	args = append(args, "--json")
	status := run(ctx, d.inFolder(args), strings.NewReader(""), d.program.stdout, &d.untold)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return wrongStatus(status, args)
}

// migrateAgain shows that the same command does no harm.
func (d *demo) migrateAgain(ctx context.Context) error {
	d.story.heading("3. The same command again")
	d.new.ResetRequests()
	if err := d.command(ctx, "migrate", demoAccountsFile); err != nil {
		return err
	}
	s, err := d.summary()
	if err != nil {
		return err
	}
	if written := writes(d.new.Requests()); s.Objects.Unchanged != d.objects || written > 0 {
		return fmt.Errorf("the second migration found %d of %d objects unchanged and sent %d writing requests",
			s.Objects.Unchanged, d.objects, written)
	}
	d.story.tell(`"unchanged": the object went over in an earlier run, and neither side has changed since. Nothing was
fetched, nothing was written: the new server counts 0 writing requests. So the same command goes on
after an interruption, and later carries over what has changed at the old server.

`)
	return nil
}

// writes counts the requests that change something.
func writes(requests []davtest.Request) int {
	n := 0
	for _, r := range requests {
		switch r.Method {
		case "PUT", "DELETE", "POST", "MKCALENDAR", "MKCOL", "PROPPATCH", "MOVE", "COPY":
			n++
		}
	}
	return n
}

// export writes the archive and shows what is in it.
func (d *demo) export(ctx context.Context) error {
	d.story.heading("4. Export the accounts into an archive")
	if err := d.command(ctx, "export", demoAccountsFile, "--archive", demoArchive); err != nil {
		return err
	}
	archive, err := openArchived(filepath.Join(d.dir, demoArchive))
	if err != nil {
		return err
	}
	defer archive.close()
	tree, err := someFiles(archive)
	if err != nil {
		return err
	}
	d.story.tell(`The archive is a BagIt bag (RFC 8493) around a tree of plain files, which vdirsyncer, khal and khard
open as it is. It appears whole or not at all. Some of what is in it:

%s
`, tree)
	return nil
}

// demoFilesShown are files of an archive that are worth a look.
var demoFilesShown = []struct{ pattern, note string }{
	{"bag-info.txt", "where it comes from, when, how much"},
	{"manifest-sha256.txt", "the checksum of every file below data/"},
	{"data/objects.csv", "what became of each object, one row each"},
	{"data/anna/calendars/*/collection.json", "the calendar's name, colour, time zone"},
	{"data/anna/calendars/*/f*.ics", "an event, byte for byte as the server has it"},
	{"data/kenji/addressbooks/*/*.vcf", "a contact, likewise"},
}

func someFiles(archive *archived) (string, error) {
	var tree strings.Builder
	tw := tabwriter.NewWriter(&tree, 0, 0, 2, ' ', 0)
	for _, shown := range demoFilesShown {
		name, err := archive.first(shown.pattern)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(tw, "  %s\t%s\n", name, shown.note)
	}
	err := tw.Flush()
	return tree.String(), err
}

// verify checks the archive.
func (d *demo) verify(ctx context.Context) error {
	d.story.heading("5. Check the archive")
	if err := d.command(ctx, "verify", "--archive", demoArchive); err != nil {
		return err
	}
	d.story.tell(`This needs no server: every file is held against the archive's own lists, also years later. A file
that was changed, is missing or was added is named, and the exit status is 4.

`)
	return nil
}

// compare looks for itself whether everything arrived.
func (d *demo) compare(context.Context) error {
	d.story.heading("6. Compare, byte by byte")
	archive, err := openArchived(filepath.Join(d.dir, demoArchive))
	if err != nil {
		return err
	}
	defer archive.close()
	c := &comparison{old: d.old, new: d.new, archive: archive}
	var table strings.Builder
	tw := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ACCOUNT\tOBJECTS\tTHE SAME AT THE NEW SERVER\tTHE SAME IN THE ARCHIVE")
	var wrong []error
	for _, a := range d.accounts {
		t, err := c.account(a)
		if err != nil {
			return err
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\n", t.account, t.objects, t.atServer, t.inArchive)
		if !t.identical() {
			wrong = append(wrong, fmt.Errorf("account %s: of %d objects, %d are the same at the new server, which has %d, and %d in the archive",
				t.account, t.objects, t.atServer, t.new, t.inArchive))
		}
	}
	d.story.tell("This looks into the memory of both servers and into the .zip, past all that moved the objects.\n\n")
	if err := errors.Join(append(wrong, tw.Flush())...); err != nil {
		return err
	}
	d.story.tell("%s\nAll %d objects are identical at the old server, at the new server and in the archive.\n\n", &table, d.objects)
	return nil
}

// farewell ends the story, once the folder is gone or is to stay.
func (d *demo) farewell(keep string) {
	d.story.heading("Your turn")
	d.story.tell(`  davferry discover you@example.org        finds a server, shows how, and what would be moved
  davferry migrate accounts.csv --dry-run  does everything but write
  davferry migrate --help                  explains the accounts file

`)
	if keep != "" {
		d.story.tell("The accounts file, the state folder and the archive are in %s. The two servers are gone.\n", d.dir)
		return
	}
	d.story.tell("The two servers and all files of this demo are gone. With --keep DIR the files stay.\n")
}
