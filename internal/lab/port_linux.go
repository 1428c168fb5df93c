package lab

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// reservePort returns a free port of 127.0.0.1 for a program that has to be told its port, and keeps it from everybody
// else until release is called: the kernel gives a bound port to no one by itself, but lets a server have it that asks
// for it by number with SO_REUSEADDR, as servers do, while nobody listens there.
func reservePort() (port int, release func() error, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, os.NewSyscallError("socket", err)
	}
	release = func() error { return os.NewSyscallError("close", syscall.Close(fd)) }
	if port, err = bindLoopback(fd); err != nil {
		_ = release()
		return 0, nil, fmt.Errorf("a free port of %v: %w", net.IPv4(127, 0, 0, 1), err)
	}
	return port, release, nil
}

func bindLoopback(fd int) (int, error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	address, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	bound, ok := address.(*syscall.SockaddrInet4)
	if !ok {
		return 0, fmt.Errorf("getsockname: %T", address)
	}
	return bound.Port, nil
}
