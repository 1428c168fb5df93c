package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// scriptPassword is the password of every user of every server in scripts. Where it turns up in any output, it leaked.
const scriptPassword = "hunter2"

// serverCommands returns the commands about servers:
//
//	davserver NAME [QUIRKS]      starts a server with the users anna and bert, password hunter2, and sets $NAME (in upper
//	                             case) to its URL; QUIRKS is a key of scriptQuirks
//	davadministrator NAME USER   adds a user who may act for the others, password hunter2
//	davfill NAME USER            gives a user the calendars Work (events of 2020, 2024 and 2026) and Tasks (one task) and
//	                             the address book Contacts (two): six objects
//	davmake NAME USER PATH DISPLAYNAME [COMPONENT...]  makes a calendar, which takes these components or all
//	davput NAME PATH FILE        stores a file as an object
//	davdelete NAME PATH          deletes an object
//	[!] davget NAME PATH         prints an object, which must (not) be there
//	davcount NAME USER N         a user has N objects
//	davfault NAME KEY=VALUE...   injects a fault: method, path, status, retry-after, text (Go escapes), times, delay, stall;
//	                             all planned faults must have struck when the script ends
//	davstruck NAME               waits until each fault of the server has struck
//	davrequests NAME N [METHOD]  the server has answered N requests (of a method) since the last davreset
//	davreset NAME                forgets the requests
//	davmails NAME N              the server would have mailed N people
//	interrupt NAME METHOD N STATE  sends an interrupt to the run that has the state folder, once the server has answered N
//	                             requests of a method; to be given before the run
func serverCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"davserver": scriptServer, "davadministrator": scriptAdministrator, "davfill": scriptFill, "davmake": scriptMake, "davput": scriptPut,
		"davdelete": scriptDelete, "davget": scriptGet, "davcount": scriptCount, "davfault": scriptFault, "davstruck": scriptStruck,
		"davrequests": scriptRequests, "davreset": scriptReset, "davmails": scriptMails, "interrupt": scriptInterrupt,
	}
}

var scriptQuirks = map[string]davtest.Quirks{
	"fixed":     {MakesNone: true},
	"full":      {Quota: 100},
	"master":    {MasterLogin: true},
	"noowner":   {NoOwner: true},
	"onetype":   {ComponentSets: []string{"VEVENT", "VTODO"}},
	"obeys":     {AutoSchedule: true},
	"schedules": {Server: "SOPE 4.9.37/WebDAV", AutoSchedule: true, DeafToScheduleReply: true, DeafToScheduleAgent: true},
	"small":     {MaxResourceSize: 180},
}

type serversKey struct{}

// scriptServers are the servers of one script.
type scriptServers struct {
	script   string
	complain func(format string, args ...any)
	servers  map[string]*davtest.Server
	closers  []func() error
	internet *scriptInternet // nil without the command web
	waiters  sync.WaitGroup
}

func newScriptServers(script string, complain func(string, ...any)) *scriptServers {
	return &scriptServers{script: script, complain: complain, servers: map[string]*davtest.Server{}}
}

// close ends the servers, and complains of faults that never struck.
func (s *scriptServers) close() {
	s.waiters.Wait()
	for name, server := range s.servers {
		for _, f := range server.UnusedFaults() {
			s.complain("%s: server %s: the fault %+v never struck", s.script, name, f)
		}
	}
	for _, closeServer := range s.closers {
		if err := closeServer(); err != nil {
			s.complain("%s: %v", s.script, err)
		}
	}
}

func serversOf(ts *testscript.TestScript) *scriptServers {
	return ts.Value(serversKey{}).(*scriptServers)
}

func serverOf(ts *testscript.TestScript, name string) *davtest.Server {
	server := serversOf(ts).servers[name]
	if server == nil {
		ts.Fatalf("no server %s", name)
	}
	return server
}

func scriptServer(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 1, 2)
	server := davtest.New()
	if len(args) > 1 {
		quirks, ok := scriptQuirks[args[1]]
		if !ok {
			ts.Fatalf("no quirks %s", args[1])
		}
		server.SetQuirks(quirks)
	}
	server.AddUser("anna", scriptPassword)
	server.AddUser("bert", scriptPassword)
	listener, err := server.Start("")
	ts.Check(err)
	s := serversOf(ts)
	s.servers[args[0]], s.closers = server, append(s.closers, listener.Close)
	ts.Setenv(strings.ToUpper(args[0]), listener.URL)
}

func scriptAdministrator(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, 2)
	serverOf(ts, args[0]).AddAdministrator(args[1], scriptPassword)
}

func scriptFill(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, 2)
	server, user := serverOf(ts, args[0]), args[1]
	work := server.AddCollection(user, dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work"})
	for _, year := range []string{"2020", "2024", "2026"} {
		server.PutObject(work+year+".ics", component("VEVENT", user+"-"+year, "DTSTART:"+year+"0615T100000Z"))
	}
	tasks := server.AddCollection(user, dav.Collection{Kind: dav.Calendar, Path: "tasks", DisplayName: "Tasks"})
	server.PutObject(tasks+"task.ics", component("VTODO", user+"-task", "SUMMARY:Pack"))
	book := server.AddCollection(user, dav.Collection{Kind: dav.AddressBook, Path: "contacts", DisplayName: "Contacts"})
	for _, name := range []string{"Ada", "Grace"} {
		server.PutObject(book+name+".vcf", []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:"+user+"-"+name+"\r\nFN:"+name+
			"\r\nN:"+name+";;;;\r\nEND:VCARD\r\n"))
	}
}

func component(kind, uid, line string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//scripts//EN\r\nBEGIN:" + kind + "\r\nUID:" + uid +
		"\r\nDTSTAMP:20260101T000000Z\r\n" + line + "\r\nEND:" + kind + "\r\nEND:VCALENDAR\r\n")
}

func scriptMake(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 4, -1)
	c := dav.Collection{Kind: dav.Calendar, Path: args[2], DisplayName: unescape(ts, args[3]), Components: args[4:]}
	if serverOf(ts, args[0]).AddCollection(args[1], c) == "" {
		ts.Fatalf("%s cannot be made", args[2])
	}
}

// unescape reads Go's escapes, such as \x1b, which scripts cannot hold themselves.
func unescape(ts *testscript.TestScript, text string) string {
	out, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	ts.Check(err)
	return out
}

func scriptPut(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 3, 3)
	data := strings.ReplaceAll(ts.ReadFile(args[2]), "\n", "\r\n")
	if serverOf(ts, args[0]).PutObject(args[1], []byte(data)) == "" {
		ts.Fatalf("no collection for %s", args[1])
	}
}

func scriptDelete(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, 2)
	if !serverOf(ts, args[0]).DeleteObject(args[1]) {
		ts.Fatalf("no object %s", args[1])
	}
}

func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, true, args, 2, 2)
	data, _, ok := serverOf(ts, args[0]).Object(args[1])
	if ok == neg {
		ts.Fatalf("object %s: there %v, want %v", args[1], ok, !neg)
	}
	fmt.Fprintf(ts.Stdout(), "%s", data)
}

func scriptCount(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 3, 3)
	server, got := serverOf(ts, args[0]), 0
	for _, c := range server.Collections(args[1]) {
		got += len(server.Objects(c.Path))
	}
	if want := number(ts, args[2]); got != want {
		ts.Fatalf("%s has %d objects, want %d", args[1], got, want)
	}
}

func scriptFault(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, -1)
	var f davtest.Fault
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "method":
			f.Method = value
		case "path":
			f.Path = value
		case "status":
			f.Status = number(ts, value)
		case "retry-after":
			f.Header = http.Header{"Retry-After": {value}}
		case "text":
			f.Text = unescape(ts, value)
		case "times":
			f.Times = number(ts, value)
		case "delay":
			delay, err := time.ParseDuration(value)
			ts.Check(err)
			f.Action, f.Delay = davtest.Stall, delay
		case "stall":
			f.Action = davtest.Stall
		default:
			ts.Fatalf("a fault has no %s", key)
		}
	}
	serverOf(ts, args[0]).Inject(f)
}

func scriptStruck(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 1, 1)
	server := serverOf(ts, args[0])
	ts.Check(waitFor(func() bool { return len(server.UnusedFaults()) == 0 }))
}

func scriptRequests(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, 3)
	method := ""
	if len(args) > 2 {
		method = args[2]
	}
	requests := requestsOf(serverOf(ts, args[0]), method)
	if want := number(ts, args[1]); len(requests) != want {
		ts.Fatalf("%d requests, want %d", len(requests), want)
	}
}

// requestsOf returns the requests of a method, "" for any.
func requestsOf(server *davtest.Server, method string) []davtest.Request {
	return slices.DeleteFunc(server.Requests(), func(r davtest.Request) bool { return method != "" && r.Method != method })
}

func scriptReset(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 1, 1)
	serverOf(ts, args[0]).ResetRequests()
}

func scriptMails(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, 2)
	if got, want := len(serverOf(ts, args[0]).Mails()), number(ts, args[1]); got != want {
		ts.Fatalf("%d mails, want %d", got, want)
	}
}

func scriptInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 4, 4)
	s, server, n, state := serversOf(ts), serverOf(ts, args[0]), number(ts, args[2]), ts.MkAbs(args[3])
	s.waiters.Go(func() {
		if err := waitFor(func() bool { return len(requestsOf(server, args[1])) >= n }); err != nil {
			s.complain("%s: waiting for %d requests: %v", s.script, n, err)
			return
		}
		process, err := lockHolder(state)
		if err == nil {
			err = process.Signal(os.Interrupt)
		}
		if err != nil {
			s.complain("%s: interrupting: %v", s.script, err)
		}
	})
}
