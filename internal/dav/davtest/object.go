package davtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// object is one version of an object. It never changes; a PUT makes a new one.
type object struct {
	name     string // decoded
	data     []byte
	etag     string // strong, with its quotes: a hash of data
	version  int    // how many versions of that name there were, from 0
	revision uint64 // of the collection, at which this version came
	modified time.Time
	facts    facts
	fits     bool // into XML
}

func newObject(name string, data []byte) *object {
	sum := sha256.Sum256(data)
	return &object{
		name:     name,
		data:     data,
		etag:     `"` + hex.EncodeToString(sum[:16]) + `"`,
		modified: time.Now().UTC(),
		facts:    readFacts(data),
		fits:     fitsXML(data),
	}
}

// versionTag is an ETag that knows the version only.
func (o *object) versionTag() string { return fmt.Sprintf(`"gcs%08d"`, o.version) }
