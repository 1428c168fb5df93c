package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// runMeasured runs a command and returns how long it took and the most memory that it had.
//
// The kernel is asked for the latter while the command runs. What it says at the end (getrusage) counts in the memory
// of the process that started the command.
func runMeasured(cmd *exec.Cmd) (took time.Duration, peak int64, err error) {
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ended, measured := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(measured)
		for {
			peak = max(peak, highWater(cmd.Process.Pid))
			select {
			case <-ended:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	err = cmd.Wait()
	took = time.Since(started)
	close(ended)
	<-measured
	return took, peak, err
}

// highWater returns the most memory that a process has had so far in octets, 0 where it has ended.
func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	var kilobytes int64
	if _, err := fmt.Sscan(string(after), &kilobytes); err != nil {
		return 0
	}
	return kilobytes << 10
}
