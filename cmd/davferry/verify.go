package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"davferry/source"
)

func (p *program) verifyCommand() *cobra.Command {
	var archive string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify --archive PATH",
		Short: "Check an archive against its own lists, offline",
		Long: `Check an archive against its own lists: every file against both manifests, the manifests against theirs, the number
and the size of the files, and objects.csv against the objects. Each file that was changed, is missing or was added
is named. Nothing else is needed, neither a server nor an accounts file.

` + exitHelp,
		Example: "  davferry verify --archive calendars.zip",
		Args:    args(0, ""),
	}
	cmd.Flags().StringVar(&archive, "archive", "", "the archive: a folder, a .zip or a .tar.zst (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as one JSON document")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if archive == "" {
			return usagef("--archive is missing: it names the archive to check")
		}
		return p.verifyArchive(cmd.Context(), archive, asJSON)
	}
	return cmd
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
		fmt.Fprintf(p.stdout, "%s: %s\n", problem.Path, problem.Message)
	}
	fmt.Fprintf(p.stdout, "%s: %d objects in %d collections of %d accounts, %d files, %s\n",
		v.Archive, v.Objects, v.Collections, v.Accounts, v.Files, size(v.Bytes))
	if len(v.Problems) == 0 {
		fmt.Fprintln(p.stdout, "every file is as it was written, none is missing, none was added")
		return
	}
	fmt.Fprintf(p.stdout, "the archive is not as it was written: %d files were changed, are missing or were added\n", len(v.Problems))
}
