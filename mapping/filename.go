package mapping

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// FileNames returns a file name in an archive for each of paths, the paths of one collection's objects at the source.
// The names are those of the resources, percent-decoded, in the Unicode form that they have, and end with ext. They
// are safe on every file system: no character that Windows or a path forbids, no device name, no leading or trailing
// dot or space, at most 120 bytes, and no two that differ only in case or in Unicode form.
//
// A name that had to be altered, and each of those that would collide, carries a tag made from its path. Which names
// these are depends on the set of paths only, not on their order: equal input gives equal names. Two spellings of one
// path have one name.
func FileNames(paths []string, ext string) []string {
	names := make([]fileName, len(paths))
	holders := make(map[string]string) // collision key → path, "" for more than one
	for i, path := range paths {
		names[i] = newFileName(path, ext)
		key := collisionKey(names[i].base)
		if other, ok := holders[key]; ok && other != names[i].path {
			holders[key] = ""
		} else {
			holders[key] = names[i].path
		}
	}
	result := make([]string, len(names))
	for i, n := range names {
		result[i] = shared(n.name(ext, holders[collisionKey(n.base)] == ""), paths[i])
	}
	return result
}

// shared returns name, as a part of path where it is its end: most are, and there may be many.
func shared(name, path string) string {
	if strings.HasSuffix(path, name) {
		return path[len(path)-len(name):]
	}
	return name
}

// fileName is a name on its way.
type fileName struct {
	path    string // in its canonical spelling
	base    string // safe, without the extension
	altered bool   // base does not say all that the path does
}

func newFileName(path, ext string) fileName {
	stem := strings.TrimSuffix(lastSegment(path), ext)
	base := safeName(stem, maxName-len(ext))
	return fileName{path: canonicalPath(path), base: base, altered: base != stem || isTagged(base)}
}

func (n fileName) name(ext string, collides bool) string {
	if n.altered || collides {
		return tagged(n.base, n.path, maxName-len(ext)) + ext
	}
	return n.base + ext
}

// tagged returns base, cut so that it has room for the tag of s in n bytes, and the tag.
func tagged(base, s string, n int) string {
	return safeName(base, n-tagDigits-1) + "-" + tag(s)
}

// safeName returns s as a name of at most n bytes that every file system takes. A device name gets an underscore in
// front.
func safeName(s string, n int) string {
	s = strings.Map(safeRune, strings.ToValidUTF8(s, "_"))
	s = strings.TrimLeft(s, ". ")
	if isDeviceName(s) {
		s = "_" + s
	}
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	if s = strings.TrimRight(s, ". "); s == "" {
		return "_"
	}
	return s
}

// safeRune replaces what Windows forbids in names, what a terminal or an editor would act on or not show, and the percent
// sign: BagIt manifests escape it (RFC 8493 section 2.1.3), which sha256sum -c does not undo.
func safeRune(r rune) rune {
	switch {
	case r < ' ', 0x7f <= r && r <= 0x9f, strings.ContainsRune(`<>:"/\|?*%`, r):
		return '_'
	case 0x200b <= r && r <= 0x200f, 0x2028 <= r && r <= 0x202e, 0x2060 <= r && r <= 0x206f, r == 0xfeff, r == utf8.RuneError:
		return '_'
	}
	return r
}

// collisionKey returns the same for names that some file system takes for one: macOS ignores case and Unicode form,
// Windows ignores case.
func collisionKey(name string) string {
	return norm.NFD.String(cases.Fold().String(norm.NFD.String(name)))
}
