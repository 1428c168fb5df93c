package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	readyTimeout = 30 * time.Second
	stopTimeout  = 3 * time.Second // between the polite signal and the other one
	tailSize     = 2048            // octets of the log that an error quotes
)

// process is one program of a server, in a process group of its own, with its output in a file.
type process struct {
	name   string
	log    string // path of the file
	cancel context.CancelFunc
	done   chan struct{} // closed when the program and its group have ended
	err    error         // how it ended by itself, nil where it was ended; to be read after done
}

// start runs a program in dir until it ends, ctx ends or stop is called. Its output goes to dir/name.log.
func start(ctx context.Context, dir, name string, command ...string) (*process, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + dir, "LANG=C.UTF-8", "PYTHONUNBUFFERED=1"}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.WaitDelay = stopTimeout
	ownGroup(cmd)

	p := &process{name: name, log: log.Name(), cancel: cancel, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.own(ctx, cmd, log, started)
	if err := <-started; err != nil {
		cancel()
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return p, nil
}

// own starts the program and waits for it, on one thread: the kernel ends the program when the thread that started
// it ends, and a thread that is given back may do so at any time.
func (p *process) own(ctx context.Context, cmd *exec.Cmd, log *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer log.Close()
	defer close(p.done)
	err := cmd.Start()
	started <- err
	if err != nil {
		return
	}
	err = cmd.Wait()
	killGroup(cmd)
	switch {
	case ctx.Err() != nil: // it was told to
	case err == nil:
		p.err = errors.New("exit status 0")
	default:
		p.err = err
	}
}

// ready waits until probe succeeds. It gives up when the program ends, when ctx does, and after readyTimeout.
func (p *process) ready(ctx context.Context, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before it was ready: %w\n%s", p.name, cmp.Or(p.err, ctx.Err()), p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w; last: %w\n%s", p.name, ctx.Err(), err, p.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the program and waits for it. The error says that it had ended by itself before.
func (p *process) stop() error {
	p.cancel()
	<-p.done
	if p.err != nil {
		return fmt.Errorf("%s ended by itself: %w\n%s", p.name, p.err, p.tail())
	}
	return nil
}

// tail returns the end of what the program wrote.
func (p *process) tail() string {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(data[max(0, len(data)-tailSize):]))
}
