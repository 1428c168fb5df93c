package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"davferry/internal/dav/davtest"
)

// webCommands returns the commands about a small internet that answers as it was recorded:
//
//	web REPLAY ZONE USER         starts the sites of a replay (see davtest.Web.Replay), which know USER with the password
//	                             hunter2, and a name server with the records of ZONE; makes the program use both, and
//	                             client.pem and client.key, a client certificate
//	[!] visited REQUEST...       requests that were (not) made since the last forget, such as "PROPFIND https://h/ as anna";
//	                             without "as" without credentials
//	loggedin ORIGIN...           credentials went to these origins and to no other since the last forget
//	queried N QUESTION           the name server was asked a question N times, such as "SRV _caldavs._tcp.example.org."
//	forget                       forgets the requests
func webCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"web": scriptWeb, "visited": scriptVisited, "loggedin": scriptLoggedIn, "queried": scriptQueried, "forget": scriptForget,
	}
}

// scriptInternet is what the command web starts.
type scriptInternet struct {
	*davtest.Web
	dns *davtest.NameServer
}

func scriptWeb(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 3, 3)
	web, err := davtest.NewWeb()
	ts.Check(err)
	s := serversOf(ts)
	s.closers = append(s.closers, web.Close)
	ts.Check(web.Replay(ts.ReadFile(args[0]), args[2], scriptPassword))
	dns, err := davtest.StartNameServer(ts.ReadFile(args[1]))
	ts.Check(err)
	s.closers = append(s.closers, dns.Close)
	s.internet = &scriptInternet{web, dns}
	proxy, err := web.StartProxy()
	ts.Check(err)
	authority := filepath.Join(ts.Getenv("WORK"), "authority.pem")
	ts.Check(os.WriteFile(authority, web.PEM(), 0o600))
	cert, key, err := web.ClientPEM(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("client.pem"), cert, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("client.key"), key, 0o600))
	for name, value := range map[string]string{
		"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "", "DAVFERRY_DNS": dns.Addr, "DAVFERRY_CA_CERT": authority,
	} {
		ts.Setenv(name, value)
	}
}

func internetOf(ts *testscript.TestScript) *scriptInternet {
	i := serversOf(ts).internet
	if i == nil {
		ts.Fatalf("there is no web")
	}
	return i
}

func scriptVisited(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, true, args, 1, -1)
	var visits []string
	for _, v := range internetOf(ts).Visits() {
		visits = append(visits, v.String())
	}
	for _, want := range args {
		if slices.Contains(visits, want) == neg {
			ts.Fatalf("%s: there %v, in\n%s", want, neg, strings.Join(visits, "\n"))
		}
	}
}

func scriptLoggedIn(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 0, -1)
	var got []string
	for _, v := range internetOf(ts).Visits() {
		if v.Login != "" || v.Cookie != "" || v.Certificate {
			got = append(got, v.Origin)
		}
	}
	slices.Sort(got)
	slices.Sort(args)
	if got = slices.Compact(got); !slices.Equal(got, args) {
		ts.Fatalf("credentials went to %q, want %q", got, args)
	}
}

func scriptQueried(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, 2)
	var got int
	queries := internetOf(ts).dns.Queries()
	for _, q := range queries {
		if strings.HasPrefix(q, args[1]+" ") {
			got++
		}
	}
	if want := number(ts, args[0]); got != want {
		ts.Fatalf("asked %d times, want %d, in\n%s", got, want, strings.Join(queries, "\n"))
	}
}

func scriptForget(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 0, 0)
	internetOf(ts).ResetVisits()
}
