//go:build !linux

package lab

import (
	"os/exec"
	"syscall"
)

// The servers are Debian's; elsewhere the lab only has to compile.

func ownGroup(*exec.Cmd, syscall.Signal) {}

func killGroup(*exec.Cmd) {}

func (account) runs(*exec.Cmd) {}
