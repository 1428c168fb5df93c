//go:build unix

package migrate

import (
	"context"
	"os/exec"
	"syscall"
)

// shellCommand prepares a command for /bin/sh. It gets a process group of its own, so that its end at the time limit is
// also the end of its children.
func shellCommand(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}
