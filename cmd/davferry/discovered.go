package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"davferry/internal/dav"
)

// discovered is the result of discover as JSON.
type discovered struct {
	User        string              `json:"user,omitempty"` // the login name that was taken
	Provider    *discoveredProvider `json:"provider,omitempty"`
	CalDAV      discoveredService   `json:"caldav"`
	CardDAV     discoveredService   `json:"carddav"`
	Collections []listedCollection  `json:"collections"`
	Error       string              `json:"error,omitempty"`
}

// discoveredProvider is the row of the table of providers that applies.
type discoveredProvider struct {
	Name   string `json:"name"`
	Hint   string `json:"hint,omitempty"`
	Source string `json:"source"`
	By     string `json:"by"` // how it was told: "the address", or the question to the DNS
}

type discoveredService struct {
	Principal string           `json:"principal,omitempty"`
	HomeSets  []string         `json:"home_sets"`
	Features  []string         `json:"features,omitempty"`
	Server    string           `json:"server,omitempty"`
	Steps     []discoveredStep `json:"steps"`
}

type discoveredStep struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Decision string `json:"decision"`
}

type listedCollection struct {
	Kind       string   `json:"kind"`
	Path       string   `json:"path"`
	Name       string   `json:"name"`
	Color      string   `json:"color,omitempty"`
	Components []string `json:"components,omitempty"`
	Objects    *int     `json:"objects,omitempty"` // absent where the server did not say soon
	Owner      string   `json:"owner,omitempty"`
	Skip       string   `json:"skip,omitempty"`
}

// byAddress says that the address tells the provider.
const byAddress = "the address"

func newDiscovered(address string) *discovered {
	d := &discovered{Collections: []listedCollection{}}
	for _, k := range dav.Kinds {
		s := d.service(k)
		s.HomeSets, s.Steps = []string{}, []discoveredStep{}
	}
	if p := dav.ProviderFor(address); p != nil {
		d.Provider = &discoveredProvider{p.Name, p.Hint, p.Source, byAddress}
	}
	return d
}

func (d *discovered) service(k dav.Kind) *discoveredService {
	if k == dav.Calendar {
		return &d.CalDAV
	}
	return &d.CardDAV
}

func (d *discovered) add(step dav.Step) {
	if p := step.Provider; p != nil && d.Provider == nil {
		d.Provider = &discoveredProvider{p.Name, p.Hint, p.Source, step.Question}
	}
	s := d.service(step.Kind)
	s.Steps = append(s.Steps, discoveredStep{step.Question, step.Answer, step.Decision})
}

// fill adds what the account holds.
func (d *discovered) fill(ctx context.Context, account *dav.Account) error {
	d.User = account.User()
	for k, found := range account.Services {
		if err := account.Options(ctx, k); err != nil {
			return err
		}
		s := d.service(k)
		s.Principal, s.Features, s.Server = found.Principal, found.Features, found.Server
		if found.Collection == "" {
			s.HomeSets = found.HomeSets
		}
	}
	collections, err := account.Collections(ctx)
	if err != nil {
		return err
	}
	soon, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	for _, c := range collections {
		listed := listedCollection{Kind: c.Kind.String(), Path: c.Path, Name: c.DisplayName, Color: c.Color, Components: c.Components, Owner: c.Owner, Skip: c.Skip}
		if c.Skip == "" {
			listed.Objects = countObjects(soon, account, c)
		}
		d.Collections = append(d.Collections, listed)
	}
	return ctx.Err()
}

// countTime is how long counting objects may take in all. It needs a listing of each collection, which is quick but for
// huge collections and slow servers.
const countTime = 15 * time.Second

// countObjects returns how many objects a collection has, nil where that was not told in time.
func countObjects(ctx context.Context, account *dav.Account, c dav.Collection) *int {
	members, err := account.Members(ctx, c)
	if err != nil {
		return nil
	}
	n := len(members)
	return &n
}

// printStep writes a step as one line.
func printStep(w io.Writer, s dav.Step) {
	fmt.Fprintf(w, "%-8s %s: %s -> %s\n", s.Kind.Service()+":", printable(s.Question), printable(s.Answer), printable(s.Decision))
}

// print writes what the account holds.
func (d *discovered) print(w io.Writer) {
	fmt.Fprintln(w)
	if d.User != "" {
		fmt.Fprintf(w, "logged in as %s\n", printable(d.User))
	}
	if d.Provider != nil {
		by := ""
		if d.Provider.By != byAddress {
			by = ", by " + d.Provider.By
		}
		fmt.Fprintf(w, "%s, from the table of providers%s (%s)\n", d.Provider.Name, printable(by), d.Provider.Source)
	}
	d.CalDAV.print(w, "CalDAV")
	d.CardDAV.print(w, "CardDAV")
	fmt.Fprintln(w)
	if len(d.Collections) == 0 {
		fmt.Fprintln(w, "no collections")
		return
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "KIND\tNAME\tPATH\tCOMPONENTS\tCOLOR\tOBJECTS\tOWNER\tDECISION")
	for _, c := range d.Collections {
		c.print(tw)
	}
	tw.Flush()
}

func (s *discoveredService) print(w io.Writer, name string) {
	if s.Principal == "" && len(s.HomeSets) == 0 && len(s.Features) == 0 {
		fmt.Fprintf(w, "%s: none\n", name)
		return
	}
	principal := s.Principal
	if principal == "" {
		principal = "none"
	}
	homes := strings.Join(s.HomeSets, ", ")
	if homes == "" {
		homes = "none"
	}
	fmt.Fprintf(w, "%s: principal %s, home set %s\n", name, printable(principal), printable(homes))
	if len(s.Features) > 0 {
		fmt.Fprintf(w, "    DAV: %s\n", printable(strings.Join(s.Features, ", ")))
	}
	if s.Server != "" {
		fmt.Fprintf(w, "    Server: %s\n", printable(s.Server))
	}
}

func (c *listedCollection) print(w io.Writer) {
	objects, decision, owner := "-", "take", "-"
	if c.Objects != nil {
		objects = strconv.Itoa(*c.Objects)
	}
	if c.Skip != "" {
		decision = "skip: " + c.Skip
	}
	if c.Owner != "" {
		owner = dav.LastSegment(c.Owner)
	}
	cells := []string{c.Kind, c.Name, c.Path, strings.Join(c.Components, ","), c.Color, objects, owner, decision}
	for i, cell := range cells {
		cells[i] = printable(cell)
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}
