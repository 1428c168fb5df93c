package lab

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
)

// makeMailboxes makes the mailbox of each user, by IMAP at a Unix socket: without one Cyrus 3.6.1 lets a user log in
// and then answers 500 to everything.
func makeMailboxes(ctx context.Context, socket string, admin User, users []User) (err error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer conn.Close()
	dialog := imapDialog{conn: conn, lines: bufio.NewReader(conn)}
	login := base64.StdEncoding.EncodeToString([]byte("\x00" + admin.Name + "\x00" + admin.Password))
	if err := dialog.say("AUTHENTICATE PLAIN " + login); err != nil {
		return err
	}
	for _, u := range users {
		if err := dialog.say(fmt.Sprintf("CREATE %q", "user/"+u.Name)); err != nil {
			return err
		}
	}
	return dialog.say("LOGOUT")
}

// imapDialog is a connection to an IMAP server (RFC 3501), for one command after the other.
type imapDialog struct {
	conn  net.Conn
	lines *bufio.Reader
}

// say sends a command and waits until it is done.
func (d imapDialog) say(command string) error {
	if _, err := fmt.Fprintf(d.conn, "a %s\r\n", command); err != nil {
		return err
	}
	verb, _, _ := strings.Cut(command, " ")
	for {
		line, err := d.lines.ReadString('\n')
		if err != nil {
			return fmt.Errorf("IMAP %s: %w", verb, err)
		}
		if answer, tagged := strings.CutPrefix(line, "a "); tagged {
			if !strings.HasPrefix(answer, "OK") {
				return fmt.Errorf("IMAP %s: %s", verb, strings.TrimSpace(answer))
			}
			return nil
		}
	}
}
