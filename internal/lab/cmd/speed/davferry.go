package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"davferry/internal/lab"
)

// figures are what one run of a program took.
type figures struct {
	time     time.Duration
	requests int   // all of them at the side that is measured
	objects  int   // read or written
	peak     int64 // octets of memory at most, 0 where it was not measured
}

// summary is what davferry --json prints, as far as it is of use here.
type summary struct {
	Objects  struct{ Listed, Created int }
	Requests struct{ Source, Destination int }
}

// davferry runs a verb with an accounts file in a folder of its own, and expects that every object is created. The
// folder stays until the end: where thousands of files were deleted a minute ago, ext4 is slow to make new ones.
func (b *bench) davferry(ctx context.Context, accounts []byte, verb string, flags ...string) (summary, figures, error) {
	var s summary
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return s, figures{}, err
	}
	if err := os.WriteFile(filepath.Join(dir, "accounts.csv"), accounts, 0o600); err != nil {
		return s, figures{}, err
	}
	cmd := exec.CommandContext(ctx, b.program, append([]string{verb, "accounts.csv", "--json"}, flags...)...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	took, peak, err := runMeasured(cmd)
	if err != nil {
		return s, figures{}, fmt.Errorf("davferry %s: %w\n%s%s", verb, err, stdout.String(), stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), &s); err != nil {
		return s, figures{}, err
	}
	if s.Objects.Created != s.Objects.Listed {
		return s, figures{}, errors.New("not every object was created:\n" + stdout.String())
	}
	return s, figures{time: took, objects: s.Objects.Created, peak: peak}, nil
}

// export exports the first user of a server.
func (b *bench) export(ctx context.Context, s *lab.Server) (figures, error) {
	one := &lab.Server{URL: s.URL, Users: s.Users[:1]}
	sum, f, err := b.davferry(ctx, lab.Accounts(one, nil), "export", "--archive", b.archive)
	f.requests = sum.Requests.Source
	return f, err
}

// migrate migrates the first user of a server to a user of another.
func (b *bench) migrate(ctx context.Context, from, to *lab.Server, u lab.User) (figures, error) {
	first := from.Users[0]
	accounts := fmt.Sprintf("source,source_user,source_password,destination,destination_user,destination_password\n%s,%s,%s,%s,%s,%s\n",
		from.URL, first.Name, first.Password, to.URL, u.Name, u.Password)
	sum, f, err := b.davferry(ctx, []byte(accounts), "migrate")
	f.requests = sum.Requests.Destination
	return f, err
}
