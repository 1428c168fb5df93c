package migrate

import (
	"context"
	"os/exec"
	"syscall"
)

// shellCommand prepares a command for cmd.exe, which has rules of its own for quotes: the line is handed over as it is.
func shellCommand(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /S /C "` + command + `"`, HideWindow: true}
	return cmd
}
