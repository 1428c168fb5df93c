//go:build !linux

package main

import (
	"os/exec"
	"time"
)

// runMeasured runs a command and returns how long it took. Memory is measured on Linux only, where the servers run.
func runMeasured(cmd *exec.Cmd) (took time.Duration, peak int64, err error) {
	started := time.Now()
	err = cmd.Run()
	return time.Since(started), 0, err
}
