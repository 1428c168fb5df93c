package lab

import (
	"os/exec"
	"syscall"
)

// runs has the account run the program.
func (a account) runs(cmd *exec.Cmd) {
	if a.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid), Groups: a.groups}
	}
}
