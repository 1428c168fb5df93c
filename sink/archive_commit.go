package sink

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"davferry/internal/bag"
)

// Commit completes the archive and makes it appear at its path, in place of an older one, in one step; then the
// staging folder is gone. Collections of which Record was never told appear without objects; it is an error where
// something was put into one.
//
// After an error, or the end of ctx, nothing has changed at the path, unless the error says that the archive is there.
// The staging folder stays then, until Discard or a later run.
func (a *Archive) Commit(ctx context.Context) error {
	for _, step := range a.commitSteps() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("archive %s: %s: %w", a.path, step.name, err)
		}
	}
	if err := a.stage.remove(); err != nil {
		return fmt.Errorf("archive %s is there and whole, but %s cannot be removed: %w", a.path, a.stage.path, err)
	}
	return nil
}

// commitStep is a part of Commit. Between any two of them the process may die.
type commitStep struct {
	name string
	do   func(context.Context) error
}

// commitSteps lists the parts of Commit in their order; the last one makes the archive appear.
func (a *Archive) commitSteps() []commitStep {
	c := &commit{archive: a, stage: a.stage}
	steps := []commitStep{
		{"count", c.count},
		{"remove what is left of an earlier run", c.prune},
		{"write " + bag.ObjectsFile, c.writeObjects},
		{"write the manifests", c.writeManifests},
		{"write the tag files", c.writeTags},
	}
	if a.form.Packed() {
		return append(steps, commitStep{"pack", c.pack}, commitStep{"replace", c.replaceFile})
	}
	return append(steps, commitStep{"flush", c.flush}, commitStep{"replace", c.replaceFolder})
}

// commit is what the steps of a Commit hand on.
type commit struct {
	archive     *Archive
	stage       *stage
	tally       tally
	collections int64
	tags        map[string]stagedFile // tag files by name
}

// count sees to it that every collection is recorded, and adds up.
func (c *commit) count(ctx context.Context) error {
	for _, acct := range c.archive.sortedAccounts() {
		for _, sc := range acct.collections {
			if sc.unrecorded {
				return fmt.Errorf("%s: something was put there that was never recorded", sc.dir)
			}
			if !sc.recorded {
				if err := sc.record(ctx, acct.label, EntriesOf()); err != nil {
					return err
				}
			}
			c.tally.add(sc.tally)
			c.collections++
		}
	}
	return nil
}

func (a *Archive) sortedAccounts() []*ArchiveAccount {
	return slices.SortedFunc(maps.Values(a.accounts), func(x, y *ArchiveAccount) int {
		return strings.Compare(x.folder, y.folder)
	})
}

// prune removes the accounts and collections of an earlier run that this one did not have.
func (c *commit) prune(context.Context) error {
	keep := map[string]bool{}
	for _, acct := range c.archive.accounts {
		for _, sc := range acct.collections {
			for dir := sc.dir; dir != "."; dir = path.Dir(dir) {
				keep[dir] = true
			}
		}
	}
	return c.pruneBelow(bag.PayloadFolder, 3, keep)
}

func (c *commit) pruneBelow(dir string, depth int, keep map[string]bool) error {
	err := c.stage.keepOnly(stageBag+"/"+dir, func(name string) bool { return keep[dir+"/"+name] })
	if err != nil || depth == 1 {
		return err
	}
	entries, err := c.stage.readDir(stageBag + "/" + dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := c.pruneBelow(dir+"/"+e.Name(), depth-1, keep); err != nil {
			return err
		}
	}
	return nil
}

// join copies the parts of a file that Record wrote, in the order of their folders.
func (c *commit) join(ctx context.Context, w io.Writer, part string) error {
	return fs.WalkDir(c.stage.root.FS(), stageRecords, func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || d.IsDir() || d.Name() != part {
			return err
		}
		f, err := c.stage.root.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	})
}

func (c *commit) writeObjects(ctx context.Context) error {
	f, err := c.stage.write(stageBag+"/"+bag.ObjectsFile, func(w io.Writer) error {
		if _, err := io.WriteString(w, bag.ObjectsHeader); err != nil {
			return err
		}
		return c.join(ctx, w, bag.ObjectsName)
	})
	if err != nil {
		return err
	}
	c.tally.oxum.Octets += f.size
	c.tally.oxum.Files++
	c.tags = map[string]stagedFile{bag.ObjectsFile: f}
	return nil
}

func (c *commit) writeManifests(ctx context.Context) error {
	objects := c.tags[bag.ObjectsFile]
	delete(c.tags, bag.ObjectsFile)
	for _, alg := range bag.Algorithms {
		err := c.tag(alg.Manifest(), func(w io.Writer) error {
			if err := c.join(ctx, w, alg.Manifest()); err != nil {
				return err
			}
			line := bag.Line{Sum: objects.sums.Hex(alg), Path: bag.ObjectsFile}
			_, err := io.WriteString(w, line.String())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tag writes a tag file that the tag manifests shall list.
func (c *commit) tag(name string, fill func(io.Writer) error) error {
	f, err := c.stage.write(stageBag+"/"+name, fill)
	c.tags[name] = f
	return err
}

// writeTags writes what is not payload; bagit.txt comes last, as only that makes a bag of a folder.
func (c *commit) writeTags(ctx context.Context) error {
	err := c.tag(bag.FetchedFile, func(w io.Writer) error {
		if _, err := io.WriteString(w, bag.FetchedHeader); err != nil {
			return err
		}
		return c.join(ctx, w, bag.FetchedFile)
	})
	if err != nil {
		return err
	}
	err = c.tag(bag.InfoFile, func(w io.Writer) error {
		_, err := c.info().WriteTo(w)
		return err
	})
	if err != nil {
		return err
	}
	c.tags[bag.DeclarationFile] = stagedFile{sums: bag.SumsOf([]byte(bag.Declaration))}
	for _, alg := range bag.Algorithms {
		if err := c.writeTagManifest(alg); err != nil {
			return err
		}
	}
	_, err = c.stage.write(stageBag+"/"+bag.DeclarationFile, func(w io.Writer) error {
		_, err := io.WriteString(w, bag.Declaration)
		return err
	})
	return err
}

func (c *commit) writeTagManifest(alg bag.Algorithm) error {
	_, err := c.stage.write(stageBag+"/"+alg.TagManifest(), func(w io.Writer) error {
		for _, name := range sortedNames(c.tags) {
			line := bag.Line{Sum: c.tags[name].sums.Hex(alg), Path: name}
			if _, err := io.WriteString(w, line.String()); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func (c *commit) info() bag.Info {
	info := bag.Info{
		Tool: c.archive.tool, Start: c.archive.start, End: time.Now(), Sealed: c.archive.form.Packed(),
		Oxum: c.tally.oxum, Collections: c.collections, Listed: c.tally.listed, Stored: c.tally.stored,
		Outcomes: c.tally.outcomes,
	}
	for _, acct := range c.archive.sortedAccounts() {
		info.Accounts = append(info.Accounts, acct.account)
	}
	return info
}

func sortedNames(files map[string]stagedFile) []string { return slices.Sorted(maps.Keys(files)) }
