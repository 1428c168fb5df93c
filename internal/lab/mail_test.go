package lab

import (
	"net/smtp"
	"slices"
	"testing"
)

// The mail server says to whom mail went, and ends when it is told to.
func TestMailServer(t *testing.T) {
	m, err := startMailServer()
	if err != nil {
		t.Fatal(err)
	}
	to := []string{"anna@elsewhere.example", "bert@elsewhere.example"}
	for range 2 {
		if err := smtp.SendMail(m.address(), nil, "user001@example.test", to, []byte("Subject: meeting\r\n\r\n.\r\nhello\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := m.mails(); err != nil || !slices.Equal(got, slices.Concat(to, to)) {
		t.Errorf("%v, %v", got, err)
	}
	if err := m.stop(); err != nil {
		t.Error(err)
	}
}
