package lab

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts the program into a process group of its own, which is ended as one, and has the kernel end the
// program when this process dies without a chance to do so: a test that times out or is killed leaves nothing behind.
// The kernel's signal goes to the program alone. One that has processes of its own names with end the signal at which
// it ends them too; 0 is for the others.
func ownGroup(cmd *exec.Cmd, end syscall.Signal) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: cmp.Or(end, syscall.SIGKILL)}
	cmd.Cancel = func() error { return signalGroup(cmd, cmp.Or(end, syscall.SIGTERM)) }
}

// killGroup ends what is left of the program's group after the program itself.
func killGroup(cmd *exec.Cmd) { _ = signalGroup(cmd, syscall.SIGKILL) }

func signalGroup(cmd *exec.Cmd, sig syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
