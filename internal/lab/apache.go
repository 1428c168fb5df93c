package lab

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"text/template"
)

//go:embed etc/apache.conf
var apacheText string

var apacheConfig = template.Must(template.New("apache.conf").Parse(apacheText))

// apache is an Apache with a configuration of its own; that of /etc/apache2 is not read.
type apache struct {
	Dir     string   // for its files
	Port    int      // of 127.0.0.1 on which it listens
	Modules []string // what it needs besides the base, such as "proxy_http", in the order in which they are loaded
	PHP     string   // path of the module for PHP, "" without
	Site    string   // the configuration of the server behind it

	env []string // of the programs in it
}

// URL is its root, with the trailing slash.
func (a *apache) URL() string { return rootURL(a.Port) }

// rootURL is the root of the server at a port of the loopback address.
func rootURL(port int) string { return fmt.Sprintf("http://127.0.0.1:%d/", port) }

// start starts it in the foreground.
func (a *apache) start(ctx context.Context, all *programs) (*process, error) {
	config := filepath.Join(a.Dir, "apache.conf")
	if err := writeConfig(config, apacheConfig, a); err != nil {
		return nil, err
	}
	return all.start(ctx, command{
		name: "apache", dir: a.Dir, plain: true, end: syscall.SIGTERM, env: a.env,
		args: []string{"/usr/sbin/apache2", "-DFOREGROUND", "-f", config},
	})
}

// writeConfig writes a configuration that every account may read.
func writeConfig(path string, t *template.Template, values any) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(t.Execute(file, values), file.Close())
}

// phpModule returns the path of Apache's module for PHP, of whatever version Debian has.
func phpModule() (string, error) { return newest("/usr/lib/apache2/modules/libphp*.so") }

// newest returns the last of the files of a pattern.
func newest(pattern string) (string, error) {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("%s: %w", pattern, os.ErrNotExist)
	}
	return found[len(found)-1], nil
}
