package mapping

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
)

func TestResourceName(t *testing.T) {
	tests := []struct {
		name, uid, path, want string
	}{
		{"lower-case UUID", "7b3c2a34-5f0e-4a53-9a47-0c4f5d9f8c11", "", "7b3c2a34-5f0e-4a53-9a47-0c4f5d9f8c11.ics"},
		{"upper-case UUID", "7B3C2A34-5F0E-4A53-9A47-0C4F5D9F8C11", "", "7B3C2A34-5F0E-4A53-9A47-0C4F5D9F8C11-TAG.ics"},
		{"Google", "0a1b2c3d4e5f@google.com", "", "0a1b2c3d4e5f-google.com-TAG.ics"},
		{"apostrophe", "o'brien", "", "o-brien-TAG.ics"},
		{"looks tagged", "a-0123456789abcdef", "", "a-0123456789abcdef-TAG.ics"},
		{"ends with the extension", "a.ics", "", "a.ics-TAG.ics"},
		{"leading dot", ".hidden", "", "hidden-TAG.ics"},
		{"dots", "..", "", "object-TAG.ics"},
		{"trailing dot", "a.", "", "a-TAG.ics"},
		{"device name", "aux", "", "aux-TAG.ics"},
		{"path", "../../etc/passwd", "", "etc-passwd-TAG.ics"},
		{"not ASCII", "Größe", "", "Gr----e-TAG.ics"},
		{"as long as may be", strings.Repeat("a", 116), "", strings.Repeat("a", 116) + ".ics"},
		{"too long", strings.Repeat("a", 117), "", strings.Repeat("a", 99) + "-TAG.ics"},
		{"no UID", "", "/cal/My%20Event.ics", "My-Event-TAG.ics"},
		{"no UID, no path", "", "", "object-TAG.ics"},
		{"NUL", "a\x00", "", "a-TAG.ics"},
	}
	tagged := regexp.MustCompile(`-[0-9a-f]{16}\.ics$`)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ResourceName(dav.Calendar, tt.uid, tt.path)
			checkResourceName(t, got)
			if strings.Contains(tt.want, "TAG") {
				got = tagged.ReplaceAllString(got, "-TAG.ics")
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestResourceNameIsStable pins names: a later version that made others would write everything a second time.
func TestResourceNameIsStable(t *testing.T) {
	for want, got := range map[string]string{
		"a-b-c8687a08aa5d6ed2.ics":             ResourceName(dav.Calendar, "a b", ""),
		"x.vcf":                                ResourceName(dav.AddressBook, "x", ""),
		"personal":                             CollectionName("/cal/u/personal/"),
		"2e4a845b-d5a1-5fc8-800e-7b94cdf259a4": CollectionName("/cal/u/b%C3%BCro/"),
		"Report_-2e3c84b8f31ca478.ics":         FileNames([]string{"/c/Report?.ics"}, ".ics")[0],
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestResourceNamesDiffer(t *testing.T) {
	uids := []string{"a", "A", "a.ics", "a.ICS", "a-", "-a", ".a", "a ", " a", "a/", "a%20", "a%2F", "ä", "a\u0308", "á", "a@b", "a-b", "a_b", "A-B",
		strings.Repeat("a", 116), strings.Repeat("a", 117), strings.Repeat("a", 118), strings.Repeat("A", 116)}
	for _, uid := range slices.Clone(uids) {
		uids = append(uids, strings.TrimSuffix(ResourceName(dav.Calendar, uid, ""), ".ics")) // a name as another's UID
	}
	slices.Sort(uids)
	seen := make(map[string]string)
	for _, uid := range slices.Compact(uids) {
		key := strings.ToLower(ResourceName(dav.Calendar, uid, ""))
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %q are both called %s", uid, other, key)
		}
		seen[key] = uid
	}
}

var safeResourceName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*\.(ics|vcf)$`)

func checkResourceName(t *testing.T, name string) {
	t.Helper()
	if !safeResourceName.MatchString(name) || len(name) > maxName {
		t.Errorf("unsafe resource name %q", name)
	}
}

func FuzzResourceName(f *testing.F) {
	f.Add("7b3c2a34-5f0e-4a53-9a47-0c4f5d9f8c11", "/cal/a.ics")
	f.Add("", "/cal/%zz%E9.ics")
	f.Add("-.A\x00/", "")
	f.Fuzz(func(t *testing.T, uid, path string) {
		for _, k := range dav.Kinds {
			checkResourceName(t, ResourceName(k, uid, path))
		}
		if name := CollectionName(path); !regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`).MatchString(name) {
			t.Errorf("unsafe collection name %q", name)
		}
		names := FileNames([]string{uid, path, strings.ToUpper(path)}, ".ics")
		for _, name := range names {
			checkFileName(t, name)
		}
		if canonicalPath(uid) != canonicalPath(path) && collisionKey(names[0]) == collisionKey(names[1]) {
			t.Errorf("%q and %q are both called %q", uid, path, names[0])
		}
	})
}

func TestCollectionName(t *testing.T) {
	tests := []struct {
		path  string
		plain string // "" for a UUID
	}{
		{"/cal/user/personal/", "personal"},
		{"/cal/user/personal", "personal"},
		{"/cal/user/Work-2/", "Work-2"},
		{"https://example.org/cal/work/", "work"},
		{"/cal/user/%77ork/", "work"},
		{"/cal/user/my.calendar/", ""},
		{"/cal/user/my_calendar/", ""},
		{"/cal/user/b%C3%BCro/", ""},
		{"/cal/user/inbox/", ""},
		{"/cal/user/Outbox/", ""},
		{"/cal/user/app-generated--deck--board-1/", ""},
		{"/cal/user/con/", ""},
		{"/cal/user/-a/", ""},
		{"/", ""},
		{"/cal/" + strings.Repeat("a", 64) + "/", strings.Repeat("a", 64)},
		{"/cal/" + strings.Repeat("a", 65) + "/", ""},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			want := tt.plain
			if want == "" {
				want = CollectionFallback(tt.path)
			}
			if got := CollectionName(tt.path); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	if a, b := CollectionName("/c/b%c3%bc%20ro/"), CollectionName("/c/bü%20ro"); a != b {
		t.Errorf("two spellings of a path have the names %s and %s", a, b)
	}
	if CollectionFallback("/cal/a%2Fb/") == CollectionFallback("/cal/a/b/") {
		t.Error("an escaped slash is taken for a slash")
	}
}

func TestFileNames(t *testing.T) {
	tests := []struct {
		name  string
		paths []string
		want  []string // ~ for a tag
	}{
		{"as they are", []string{"/c/a.ics", "/c/b%20c.ics", "/c/d%40e.ics", "/c/%E5%BC%A0.ics"}, []string{"a.ics", "b c.ics", "d@e.ics", "张.ics"}},
		{"extension added", []string{"/c/a", "/c/b.vcf"}, []string{"a.ics", "b.vcf.ics"}},
		{"with and without extension", []string{"/c/a", "/c/a.ics"}, []string{"a~.ics", "a~.ics"}},
		{"case", []string{"/c/A.ics", "/c/a.ics", "/c/b.ics"}, []string{"A~.ics", "a~.ics", "b.ics"}},
		{"upper case alone", []string{"/c/A.ics"}, []string{"A.ics"}},
		{"Unicode forms", []string{"/c/%C3%BC.ics", "/c/u%CC%88.ics"}, []string{"ü~.ics", "u\u0308~.ics"}},
		{"decomposed alone", []string{"/c/u%CC%88.ics"}, []string{"u\u0308.ics"}},
		{"sharp s", []string{"/c/ß.ics", "/c/SS.ics"}, []string{"ß~.ics", "SS~.ics"}},
		{"forbidden characters", []string{"/c/a%2Fb.ics", "/c/%3Ca%3E%3A%22%7C%3F*.ics", "/c/a%5Cb.ics"}, []string{"a_b~.ics", "_a______~.ics", "a_b~.ics"}},
		{"device", []string{"/c/CON.ics", "/c/lpt1.x.ics", "/c/console.ics"}, []string{"_CON~.ics", "_lpt1.x~.ics", "console.ics"}},
		{"dots and spaces", []string{"/c/.hidden.ics", "/c/a.%20.ics", "/c/...ics"}, []string{"hidden~.ics", "a~.ics", "_~.ics"}},
		{"not UTF-8", []string{"/c/%E9.ics", "/c/%FF.ics"}, []string{"_~.ics", "_~.ics"}},
		{"direction marks", []string{"/c/a%E2%80%AEb.ics"}, []string{"a_b~.ics"}},
		{"looks tagged", []string{"/c/a-0123456789abcdef.ics"}, []string{"a-0123456789abcdef~.ics"}},
		{"two spellings of one path", []string{"/c/%61.ics", "/c/a.ics"}, []string{"a.ics", "a.ics"}},
		{"too long", []string{"/c/" + strings.Repeat("ü", 100) + ".ics"}, []string{strings.Repeat("ü", 49) + "~.ics"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := FileNames(tt.paths, ".ics")
			for i := range got {
				checkFileName(t, got[i])
				if short := regexp.MustCompile(`-[0-9a-f]{16}\.ics$`).ReplaceAllString(got[i], "~.ics"); short != tt.want[i] && got[i] != tt.want[i] {
					t.Errorf("%s: got %q, want %q", tt.paths[i], got[i], tt.want[i])
				}
				for j := range i {
					if collisionKey(got[i]) == collisionKey(got[j]) && canonicalPath(tt.paths[i]) != canonicalPath(tt.paths[j]) {
						t.Errorf("%s and %s are both called %q", tt.paths[i], tt.paths[j], got[i])
					}
				}
			}
			reversed := slices.Clone(tt.paths)
			slices.Reverse(reversed)
			again := FileNames(reversed, ".ics")
			slices.Reverse(again)
			if !slices.Equal(got, again) {
				t.Errorf("the order of the paths changes the names: %q, %q", got, again)
			}
		})
	}
}

func checkFileName(t *testing.T, name string) {
	t.Helper()
	bad := name == "" || len(name) > maxName || strings.ContainsAny(name, "<>:\"/\\|?*\x00\x7f") || isDeviceName(name) ||
		strings.Trim(name, ". ") != name || strings.ToValidUTF8(name, "") != name
	for _, r := range name {
		bad = bad || r < ' '
	}
	if bad {
		t.Errorf("unsafe file name %q", name)
	}
}
