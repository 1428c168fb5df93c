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
	"davferry/source"
)

func (p *program) verifyCommand() *cobra.Command {
	var archive string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify --archive PATH",
		Short: "Check an archive against its own lists, offline",
		Long: `Check an archive against its own lists: every file against both manifests, the manifests against
theirs, the number and the size of the files, and objects.csv against the objects. Each file that
was changed, is missing or was added is named. Nothing else is needed, neither a server nor an
accounts file.

Exit status:
  0    every file is as it was written, none is missing, none was added
  1    the archive could not be examined
  2    the command line is wrong; nothing was done
  4    something was changed, is missing or was added
  130  interrupted
`,
		Example: "  davferry verify --archive calendars.zip",
		Args:    args(0, ""),
	}
	cmd.Flags().StringVar(&archive, "archive", "", "the archive at `PATH`: a folder, a .zip or a .tar.zst (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as one JSON document")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if archive == "" {
			return usagef("--archive is missing: it names the archive to check")
		}
		return p.verifyArchive(cmd.Context(), archive, asJSON)
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
