package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"

	"davferry/internal/lab"
)

// move moves the account to a user of another server, with its state in dir, and judges what is there then.
func move(ctx context.Context, program, dir string, from source, to *lab.Server, u lab.User) (Pair, error) {
	p := Pair{From: from.server.Name, To: to.Name}
	before, err := lab.Read(ctx, to, u)
	if err != nil {
		return p, err
	}
	problems, err := migrate(ctx, program, dir, from.server, to, u)
	if err != nil {
		return p, err
	}
	after, err := lab.Read(ctx, to, u)
	if err != nil {
		return p, fmt.Errorf("reading it back: %w", err)
	}
	if n := count(before); n > 0 {
		return p, fmt.Errorf("%s of %s held %d objects before", u.Name, to.Name, n)
	}
	for _, o := range objectsOf(from.content) {
		p.Objects = append(p.Objects, base(o.name))
	}
	slices.Sort(p.Objects)
	p.Fates = judge(from.content, after, problems)
	return p, nil
}

// problem is what the program says about an object that is not at the destination.
type problem struct {
	Outcome, Path, Message string
}

// migrate runs the program and returns its problems by the resource names of the objects that they are about.
func migrate(ctx context.Context, program, dir string, from, to *lab.Server, u lab.User) (map[string]problem, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	accounts := fmt.Sprintf("source,source_user,source_password,destination,destination_user,destination_password\n%s,%s,%s,%s,%s,%s\n",
		from.URL, from.Users[0].Name, from.Users[0].Password, to.URL, u.Name, u.Password)
	if err := os.WriteFile(filepath.Join(dir, "accounts.csv"), []byte(accounts), 0o600); err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "migrate", "accounts.csv", "--json")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	err := cmd.Run()
	var summary struct{ Problems []problem }
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 3) {
		return nil, fmt.Errorf("davferry migrate: %w\n%s%s", err, stdout.Bytes(), stderr.Bytes())
	}
	if err := json.Unmarshal(stdout.Bytes(), &summary); err != nil {
		return nil, fmt.Errorf("davferry migrate --json: %w\n%s", err, stdout.Bytes())
	}
	problems := make(map[string]problem, len(summary.Problems))
	for _, p := range summary.Problems {
		if p.Path == "" {
			return nil, fmt.Errorf("davferry migrate: %s: %s", p.Outcome, p.Message)
		}
		problems[resourceName(p.Path)] = p
	}
	return problems, nil
}

// resourceName returns the last segment of a path, decoded.
func resourceName(p string) string {
	name := path.Base(p)
	if decoded, err := unescape(name); err == nil {
		return decoded
	}
	return name
}

func count(content lab.Content) int {
	n := 0
	for _, objects := range content {
		n += len(objects)
	}
	return n
}
