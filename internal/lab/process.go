package lab

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	readyTimeout = 30 * time.Second
	stopTimeout  = 3 * time.Second // between the polite signal and the other one
	tailSize     = 2048            // octets of the log that an error quotes
)

// command is a program to be run for a server.
type command struct {
	name string   // of its log, without the extension
	dir  string   // in which it runs and its log lies
	args []string // the path of the program first
	env  []string // besides that of every program of the lab

	// plain says that it must not be run as root, or refuses to: see account. group is one more group that it is to
	// be in then, "" for none.
	plain bool
	group string

	// end is the signal that has it end its own processes and then itself. It is sent when the server is stopped, and by
	// the kernel when this process dies. Zero is for programs without processes of their own: SIGTERM, and SIGKILL
	// from the kernel.
	end syscall.Signal
}

// cmd prepares the command for its start.
func (c command) cmd(ctx context.Context, output io.Writer) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=" + c.dir, "LANG=C.UTF-8", "PYTHONUNBUFFERED=1"}, c.env...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.WaitDelay = stopTimeout
	ownGroup(cmd, c.end)
	if c.plain {
		a, err := c.account()
		if err != nil {
			return nil, err
		}
		a.runs(cmd)
	}
	return cmd, nil
}

func (c command) account() (account, error) {
	a, err := plainAccount()
	if err != nil || c.group == "" {
		return a, err
	}
	return a.within(c.group)
}

func (c command) giveLog(log *os.File) error {
	a, err := plainAccount()
	if err != nil {
		return err
	}
	return a.own(log.Name())
}

// run runs the command to its end, with input for it to read. The error quotes what it wrote.
func (c command) run(ctx context.Context, input string) error {
	// The kernel ends the program with the thread that started it, see own.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var output bytes.Buffer
	cmd, err := c.cmd(ctx, &output)
	if err != nil {
		return err
	}
	cmd.Stdin = strings.NewReader(input)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c.name, cmp.Or(ctx.Err(), err), tail(output.Bytes()))
	}
	return nil
}

// process is one program of a server, in a process group of its own, with its output in a file.
type process struct {
	name   string
	log    string // path of the file
	cancel context.CancelFunc
	done   chan struct{} // closed when the program and its group have ended
	err    error         // how it ended by itself, nil where it was ended; to be read after done
}

// start starts a command that runs until it ends, ctx ends or stop is called. Its output goes to dir/name.log.
func start(ctx context.Context, c command) (*process, error) {
	log, err := os.Create(filepath.Join(c.dir, c.name+".log"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd, err := c.cmd(ctx, log)
	if err == nil && c.plain {
		err = c.giveLog(log) // Apache opens /dev/stderr by its name
	}
	if err != nil {
		cancel()
		return nil, errors.Join(err, log.Close())
	}
	p := &process{name: c.name, log: log.Name(), cancel: cancel, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.own(ctx, cmd, log, started)
	if err := <-started; err != nil {
		cancel()
		return nil, fmt.Errorf("starting %s: %w", c.name, err)
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
	err := p.run(cmd, started)
	switch {
	case errors.Is(err, errNotStarted):
	case ctx.Err() != nil: // it was told to
	case err == nil:
		p.err = errors.New("exit status 0")
	default:
		p.err = err
	}
}

// run starts the program, waits for its end, ends its group, and waits for those of its processes that have left the
// group: each holds a copy of the write end of a pipe, of which the last is closed with the last of them.
func (p *process) run(cmd *exec.Cmd, started chan<- error) error {
	alive, held, err := os.Pipe()
	if err != nil {
		started <- err
		return errNotStarted
	}
	defer alive.Close()
	cmd.ExtraFiles = []*os.File{held}
	err = cmd.Start()
	_ = held.Close()
	started <- err
	if err != nil {
		return errNotStarted
	}
	err = cmd.Wait()
	killGroup(cmd)
	_ = alive.SetReadDeadline(time.Now().Add(stopTimeout))
	_, _ = alive.Read(make([]byte, 1))
	return err
}

// errNotStarted says that the caller has been told why.
var errNotStarted = errors.New("not started")

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
	return tail(data)
}

func tail(log []byte) string {
	return strings.TrimSpace(string(log[max(0, len(log)-tailSize):]))
}
