package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"davferry/internal/bag"
	"davferry/migrate"
	"davferry/source"
)

func (p *program) verifyCommand() *cobra.Command {
	f := &jobFlags{verb: migrate.Verify}
	v := &verifyFlags{}
	cmd := &cobra.Command{
		Use:   "verify ACCOUNTS.csv | verify --archive PATH",
		Short: "Compare source and destination, object by object; or check an archive",
		Long: `With an accounts file: read both sides of every account again and compare them object by object, in
meaning. Nothing is written. A line for each object says
  =  the same bytes
  ~  the same in meaning: only what servers rewrite without loss differs (in brackets)
  *  something was lost, added or changed
  -  not at the destination
  +  only at the destination
  !  could not be read

With --archive: check an archive against its own lists, offline: every file against both manifests,
the manifests against theirs, the number and the size of the files, and objects.csv against the
objects. Each file that was changed, is missing or was added is named. Neither a server nor an
accounts file is needed.

` + accountsHelp + `
Exit status:
  0    everything is at the destination; the archive is as it was written
  1    the run could not go on, the archive could not be examined
  2    the command line or the accounts file is wrong; nothing was done
  3    something could not be compared
  4    something is changed or missing; in an archive, also added
  11   the state folder is in use by another run
  130  interrupted
`,
		Example: `  davferry verify accounts.csv
  davferry verify accounts.csv --sample 10% --differences
  davferry verify --archive calendars.zip`,
	}
	cmd.Args = func(_ *cobra.Command, operands []string) error {
		switch {
		case f.archive != "" && len(operands) > 0:
			return usagef("verify checks an archive (--archive) or compares accounts (ACCOUNTS.csv), not both at once")
		case f.archive == "" && len(operands) == 0:
			return usagef("verify needs the accounts file to compare, or --archive with the archive to check")
		case len(operands) > 1:
			return usagef("%q is one operand too many", operands[1])
		}
		return nil
	}
	cmd.Flags().StringVar(&f.archive, "archive", "", "check the archive at `PATH`: a folder, a .zip or a .tar.zst")
	cmd.Flags().StringVar(&v.sample, "sample", "100%", "compare about this `SHARE` of the objects, the same ones in every run")
	cmd.Flags().BoolVar(&v.differences, "differences", false, "print no lines for what is the same (= and ~)")
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, operands []string) error {
		if f.archive != "" {
			return p.verifyArchive(cmd.Context(), f.archive, f.json)
		}
		f.compare = v
		return p.runJob(cmd.Context(), f, operands[0])
	}
	return cmd
}

// isOtherFolder tells a folder that never was an archive from one that lost files: that one has a few of them left.
func isOtherFolder(path string) bool {
	entries, err := os.ReadDir(path)
	return err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		name := e.Name()
		return name == bag.InfoFile || name == "bagit.txt" || name == "data" || strings.Contains(name, "manifest-")
	})
}

// archiveVerdict is the result of verify --archive as JSON.
type archiveVerdict struct {
	Verb        string           `json:"verb"`
	Archive     string           `json:"archive"`
	Accounts    int              `json:"accounts"`
	Collections int64            `json:"collections"`
	Objects     int64            `json:"objects"`
	Files       int64            `json:"files"`
	Bytes       int64            `json:"bytes"`
	Problems    []archiveProblem `json:"problems"`
}

type archiveProblem struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

func (p *program) verifyArchive(ctx context.Context, path string, asJSON bool) error {
	if isOtherFolder(path) {
		return fmt.Errorf("%s is a folder, but no archive: nothing of one is in it", path)
	}
	r, err := source.VerifyArchive(ctx, path)
	if err != nil {
		return err
	}
	v := archiveVerdict{Verb: "verify", Archive: path, Accounts: r.Accounts, Collections: r.Collections, Objects: r.Objects,
		Files: r.Files, Bytes: r.Octets, Problems: []archiveProblem{}}
	for _, problem := range r.Problems {
		v.Problems = append(v.Problems, archiveProblem{problem.Path, problem.Text})
	}
	if asJSON {
		err = printJSON(p.stdout, v)
	} else {
		p.printArchiveVerdict(v)
	}
	if err == nil && len(v.Problems) > 0 {
		return errDifferent
	}
	return err
}

func (p *program) printArchiveVerdict(v archiveVerdict) {
	for _, problem := range v.Problems {
		fmt.Fprintf(p.stdout, "%s: %s\n", printable(problem.Path), printable(problem.Message))
	}
	fmt.Fprintf(p.stdout, "%s: %s in %s of %s, %s, %s\n", v.Archive, count(v.Objects, "object"), count(v.Collections, "collection"),
		count(v.Accounts, "account"), count(v.Files, "file"), size(v.Bytes))
	if len(v.Problems) == 0 {
		fmt.Fprintln(p.stdout, "every file is as it was written, none is missing, none was added")
		return
	}
	fmt.Fprintf(p.stdout, "the archive is not as it was written: %s changed, missing or added\n", count(len(v.Problems), "file"))
}
