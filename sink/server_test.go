package sink_test

import (
	"context"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/sink"
	"davferry/sink/sinktest"
)

func TestServer(t *testing.T) {
	quirks := map[string]davtest.Quirks{
		"none":                 {},
		"both kinds, one home": {SameHome: true, Hrefs: davtest.HrefEscapeAll},
		"refusals with 207":    {RefusePutWith207: true},
	}
	for name, q := range quirks {
		t.Run(name, func(t *testing.T) {
			sinktest.Run(t, sinktest.Capabilities{Lists: true, MaxName: 120}, func(t *testing.T) sink.Sink { return openServer(t, q) })
		})
	}
}

// openServer returns the sink of an account of a new server.
func openServer(t *testing.T, q davtest.Quirks) sink.Sink {
	t.Helper()
	s := davtest.New()
	s.SetQuirks(q)
	s.AddUser("anna", "secret")
	l, err := s.Start("")
	if err != nil {
		t.Fatal(err)
	}
	network := dav.NewNetwork(dav.Settings{UserAgent: "davferry/test", Timeout: 10 * time.Second})
	t.Cleanup(func() {
		network.Close()
		l.Close()
	})
	account, err := network.Open(t.Context(), l.URL, dav.Login{User: "anna", Auth: dav.Basic,
		Secret: func(context.Context, string) (string, error) { return "secret", nil }}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sink.NewServer(account, 20, true)
}
