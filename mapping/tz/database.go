package tz

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed data/zoneinfo.zip
var zoneinfo []byte

// database is the embedded IANA database, opened when it is first asked.
var database = sync.OnceValue(func() *files {
	db := &files{byName: make(map[string]*zip.File), canonical: make(map[string]string), loaded: make(map[string]*Zone)}
	archive, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		panic(fmt.Sprintf("tz: the embedded database cannot be read: %v", err))
	}
	for _, f := range archive.File {
		// Factory is what tzdata gives a machine that was never told its zone.
		if !strings.HasSuffix(f.Name, "/") && f.Name != "Factory" {
			db.byName[f.Name] = f
			db.canonical[fold(f.Name)] = f.Name
		}
	}
	return db
})

// files are the zones of the database by name.
type files struct {
	byName    map[string]*zip.File
	canonical map[string]string // by folded name

	mu     sync.Mutex
	loaded map[string]*Zone
}

// Names lists all zones of the database, links included, in order.
func Names() []string { return slices.Sorted(maps.Keys(database().byName)) }

// Known says whether the database has a zone of this very name.
func Known(name string) bool {
	_, ok := database().byName[name]
	return ok
}

// Load returns the zone of the database that has this very name.
func Load(name string) (*Zone, bool) {
	db := database()
	db.mu.Lock()
	defer db.mu.Unlock()
	if z, ok := db.loaded[name]; ok {
		return z, true
	}
	f, ok := db.byName[name]
	if !ok {
		return nil, false
	}
	loc, err := location(f)
	if err != nil {
		panic(fmt.Sprintf("tz: the embedded database is damaged at %s: %v", name, err))
	}
	z := newZone(name, loc)
	db.loaded[name] = z
	return z, true
}

func location(f *zip.File) (*time.Location, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(f.Name, data)
}
