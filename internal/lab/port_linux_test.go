package lab

import (
	"fmt"
	"net"
	"testing"
)

// TestReservedPort shows what a reservation is for: nobody gets the port by chance, and who asks for it gets it.
func TestReservedPort(t *testing.T) {
	port, release, err := reservePort()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for range 200 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if l.Addr().(*net.TCPAddr).Port == port {
			t.Fatal("somebody else has got the port")
		}
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal("the server does not get the port:", err)
	}
	l.Close()
}
