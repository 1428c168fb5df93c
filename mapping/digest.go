package mapping

import (
	"encoding/hex"
	"sync"

	"davferry/internal/dav"
	"davferry/mapping/tz"
)

// Digest returns a checksum of what an object means, in lower-case hex: versions that have the same one have no
// Differences. Versions without a Difference may have another one all the same, where what a server adds or leaves out is
// allowed for only beside the version that it was made from, such as CREATED.
func Digest(k dav.Kind, data []byte) string {
	c := comparer{canon: newCanonicaliser(k), entries: make(map[*component][]entry), digests: make(map[*component]string)}
	return hex.EncodeToString([]byte(c.meaning(parse(data))))
}

// meaning is digest but for the VTIMEZONEs: those that Compare looks away from are left out.
func (c *comparer) meaning(comp *component) string {
	used := sync.OnceValue(func() map[string]bool { return usedZones(comp) })
	return c.digestWithout(comp, func(child *component) string {
		switch {
		case child.name != "VTIMEZONE":
			return c.meaning(child)
		case !used()[zoneID(child)], tz.Known(zoneID(child)):
			return ""
		}
		return c.zoneDigest(child)
	}, func(*entry) bool { return false })
}
