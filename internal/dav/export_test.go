package dav

import (
	"context"
	"net"
)

// WithDial returns settings that make connections by dial.
func (s Settings) WithDial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) Settings {
	s.dial = dial
	return s
}
