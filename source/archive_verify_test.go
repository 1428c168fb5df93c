package source_test

import (
	"archive/tar"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"davferry/source"
)

// verify returns the problems of an archive, each as one string.
func verify(t *testing.T, archive string) []string {
	t.Helper()
	report, err := source.VerifyArchive(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	var problems []string
	for _, p := range report.Problems {
		problems = append(problems, p.String())
	}
	return problems
}

func TestVerifyFindsNothingInAnIntactArchive(t *testing.T) {
	for _, form := range forms {
		report, err := source.VerifyArchive(t.Context(), makeArchive(t, form))
		if err != nil || len(report.Problems) > 0 {
			t.Errorf("%s: %v, %v", form, report.Problems, err)
		}
		if report.Accounts != 3 || report.Collections != 6 || report.Objects != 8 || report.Files != 21 {
			t.Errorf("%s: %+v", form, report)
		}
	}
}

// Whoever packs the folder of an archive has an archive; only one that was sealed must stay as it was packed.
func TestVerifyTakesAFolderThatSomebodyPacked(t *testing.T) {
	f := unpacked(t, makeArchive(t, "export"))
	for _, form := range forms {
		if problems := verify(t, pack(t, form, f)); len(problems) > 0 {
			t.Errorf("%s: %v", form, problems)
		}
	}
	sealed := unpacked(t, makeArchive(t, "export.zip"))
	if problems := verify(t, pack(t, "export.zip", sealed)); len(problems) != 1 || !strings.Contains(problems[0], "export.zip: changed") {
		t.Errorf("packed anew: %v", problems)
	}
	if problems := verify(t, pack(t, "export", sealed)); len(problems) > 0 {
		t.Errorf("unpacked: %v", problems)
	}
}

// reseal makes the tag manifests right again, as somebody would who wants to deceive.
func reseal(f files) {
	for _, alg := range []string{"256", "512"} {
		for _, name := range []string{"bagit.txt", "bag-info.txt", "fetched.csv", "manifest-sha256.txt", "manifest-sha512.txt"} {
			f.setLine("tagmanifest-sha"+alg+".txt", name)
		}
	}
}

// vouch makes the manifests right again for one payload file, and the tag manifests.
func vouch(f files, name string) {
	f.setLine("manifest-sha256.txt", name)
	f.setLine("manifest-sha512.txt", name)
	reseal(f)
}

// setLine puts the right checksum of a file into a manifest, in place of the line that is there.
func (f files) setLine(manifest, name string) {
	line := checksum(manifest, f[name]) + "  " + name + "\n"
	lines := strings.SplitAfter(f[manifest], "\n")
	for i, l := range lines {
		if strings.HasSuffix(l, "  "+name+"\n") {
			lines[i], line = line, ""
		}
	}
	f[manifest] = strings.Join(lines, "") + line
}

const anICS = "data/alice/calendars/work/a.ics"

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	tests := []struct {
		name   string
		change func(f files)
		want   []string // beginnings of the problems, in their order
	}{
		{"an object changed", func(f files) { f[anICS] = "x" }, []string{anICS + ": changed: sha256 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 instead of "}},
		{"an object truncated", func(f files) { f[anICS] = f[anICS][:5] }, []string{anICS + ": changed: "}},
		{"an object missing", func(f files) { delete(f, anICS) }, []string{anICS + ": missing: "}},
		{"an object added", func(f files) { f["data/alice/calendars/work/new.ics"] = "x" }, []string{"data/alice/calendars/work/new.ics: added: "}},
		{"a file added beside the payload", func(f files) { f[".DS_Store"] = "x" }, []string{".DS_Store: added: "}},
		{"two objects changed, one missing", func(f files) {
			f[anICS], f["data/alice/calendars/work/b_b.ics"] = "x", "y"
			delete(f, "data/bob/addressbooks/friends/z.vcf")
		}, []string{anICS + ": changed: ", "data/alice/calendars/work/b_b.ics: changed: ", "data/bob/addressbooks/friends/z.vcf: missing: "}},
		{"a property changed", func(f files) { f["data/alice/calendars/work/color"] = "#000000" }, []string{"data/alice/calendars/work/color: changed: "}},
		{"objects.csv changed", func(f files) { f["data/objects.csv"] = strings.Replace(f["data/objects.csv"], "created", "deleted", 1) }, []string{"data/objects.csv: changed: "}},
		{"objects.csv cut", func(f files) { f["data/objects.csv"] = f["data/objects.csv"][:300] }, []string{"data/objects.csv: changed: "}},
		{"objects.csv missing", func(f files) { delete(f, "data/objects.csv") }, []string{"data/objects.csv: missing"}},
		{"a manifest with another checksum", func(f files) { replaceDigit(f, "manifest-sha256.txt") }, []string{"manifest-sha256.txt: changed: "}},
		{"a manifest missing", func(f files) { delete(f, "manifest-sha512.txt") }, []string{"manifest-sha512.txt: missing"}},
		{"both manifests missing", func(f files) {
			delete(f, "manifest-sha256.txt")
			delete(f, "manifest-sha512.txt")
		}, []string{"manifest-sha256.txt: missing", "manifest-sha512.txt: missing"}},
		{"a manifest without an end", func(f files) { f["manifest-sha512.txt"] = strings.TrimSuffix(f["manifest-sha512.txt"], "\n") }, []string{"manifest-sha512.txt: changed: "}},
		{"a tag manifest with another checksum", func(f files) { replaceDigit(f, "tagmanifest-sha256.txt") }, []string{"tagmanifest-sha256.txt: changed: "}},
		{"a tag manifest missing", func(f files) { delete(f, "tagmanifest-sha512.txt") }, []string{"tagmanifest-sha512.txt: missing"}},
		{"fetched.csv changed", func(f files) { f["fetched.csv"] += "x" }, []string{"fetched.csv: changed: "}},
		{"bagit.txt changed", func(f files) { f["bagit.txt"] = strings.Replace(f["bagit.txt"], "1.0", "0.9", 1) }, []string{"bagit.txt: changed: "}},
		{"bagit.txt missing", func(f files) { delete(f, "bagit.txt") }, []string{"bagit.txt: missing"}},
		{"bag-info.txt missing", func(f files) { delete(f, "bag-info.txt") }, []string{"bag-info.txt: missing"}},
		{"bag-info.txt changed", func(f files) { f["bag-info.txt"] += "Contact-Name: Eve\n" }, []string{"bag-info.txt: changed: "}},

		{"a forged bagit.txt", func(f files) {
			f["bagit.txt"] = "BagIt-Version: 2.0\n"
			reseal(f)
		}, []string{"bagit.txt: says something else"}},
		{"a forged Payload-Oxum", func(f files) {
			f["bag-info.txt"] = strings.Replace(f["bag-info.txt"], "Payload-Oxum: ", "Payload-Oxum: 1", 1)
			reseal(f)
		}, []string{"bag-info.txt: Payload-Oxum is 1"}},
		{"a forged object", func(f files) {
			f[anICS] = strings.ToLower(f[anICS])
			vouch(f, anICS)
		}, []string{anICS + ": sha256 "}},
		{"a forged object of another length", func(f files) {
			f[anICS] = "x"
			vouch(f, anICS)
		}, []string{anICS + ": 1 octets, data/objects.csv says "}},
		{"an object smuggled in", func(f files) {
			f["data/alice/calendars/work/new.ics"] = "x"
			vouch(f, "data/alice/calendars/work/new.ics")
		}, []string{"data/alice/calendars/work/new.ics: no row of "}},
		{"a row of objects.csv without a file", func(f files) {
			f["data/objects.csv"] += "alice,/alice/work/,/alice/work/n.ics,,,1," + sum("x") + ",created,data/alice/calendars/work/n.ics,\n"
			vouch(f, "data/objects.csv")
		}, []string{"data/alice/calendars/work/n.ics: missing: data/objects.csv names it"}},
		{"a manifest that lists a file twice", func(f files) {
			f["manifest-sha256.txt"] += sum("x") + "  " + anICS + "\n"
			reseal(f)
		}, []string{"manifest-sha256.txt: lists " + anICS + " 2 times"}},
		{"a manifest that lists what leads out", func(f files) {
			f["manifest-sha256.txt"] += sum("x") + "  data/../../x\n"
			reseal(f)
		}, []string{"manifest-sha256.txt: changed: "}},
	}
	sample := unpacked(t, makeArchive(t, "export"))
	for _, form := range forms {
		for _, test := range tests {
			t.Run(form+"/"+test.name, func(t *testing.T) {
				f := maps.Clone(sample)
				test.change(f)
				got := verify(t, pack(t, form, f))
				for i, want := range test.want {
					if i >= len(got) || !strings.HasPrefix(got[i], want) {
						t.Fatalf("problems\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
					}
				}
				if len(got) != len(test.want) {
					t.Errorf("problems\n%s\nwant only\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
				}
			})
		}
	}
}

// replaceDigit changes the first hexadecimal digit of a file.
func replaceDigit(f files, name string) {
	digit := "0"
	if f[name][0] == '0' {
		digit = "1"
	}
	f[name] = digit + f[name][1:]
}

// Every byte of every file counts (a sample of them is tried), and each change is the fault of that file.
func TestVerifySeesEveryByteOfAFolder(t *testing.T) {
	archive := makeArchive(t, "export")
	for name, data := range unpacked(t, archive) {
		file := filepath.Join(archive, filepath.FromSlash(name))
		for at := 0; at < len(data); at += max(1, len(data)/6) {
			writeFile(t, file, []byte(data[:at]+string([]byte{data[at] ^ 0x20})+data[at+1:]))
			got := verify(t, archive)
			if len(got) != 1 || !strings.HasPrefix(got[0], name+": ") {
				t.Errorf("byte %d of %s: %v", at, name, got)
			}
		}
		writeFile(t, file, []byte(data))
	}
}

// In a packed archive the container's own bytes count as well.
func TestVerifySeesEveryByteOfAPackedArchive(t *testing.T) {
	for _, form := range forms[1:] {
		archive := makeArchive(t, form)
		data, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		changed := filepath.Join(t.TempDir(), form)
		see := func(what string, data []byte) {
			writeFile(t, changed, data)
			if len(verify(t, changed)) == 0 {
				t.Errorf("%s: %s is not seen", form, what)
			}
		}
		for at := range data {
			if at > 32 && at < len(data)-100 && at%41 != 0 {
				continue // a sample of what is between the container's ends
			}
			data[at] ^= 0x10
			see("a changed byte", data)
			data[at] ^= 0x10
		}
		for _, cut := range []int{1, 2, 64, 100, len(data) / 2, len(data) - 1, len(data)} {
			see("a missing end", data[:len(data)-cut])
		}
		see("an added byte", append(data[:len(data):len(data)], 0))
		see("an added beginning", append([]byte("x"), data...))
	}
}

func TestVerifyRefusesHostileArchives(t *testing.T) {
	sample := unpacked(t, makeArchive(t, "export"))
	for _, form := range forms[1:] {
		for _, name := range []string{"top/../../evil", "/evil", "../evil", `top\..\evil`, "elsewhere/evil", "top//evil"} {
			f := maps.Clone(sample)
			f["!"+name] = "x"
			archive := pack(t, form, f)
			if got := verify(t, archive); len(got) != 1 || !strings.Contains(got[0], "refused") {
				t.Errorf("%s: %s: %v", form, name, got)
			}
			if a, err := source.OpenArchive(archive); err == nil {
				a.Close()
				t.Errorf("%s: %s: opened", form, name)
			}
		}
	}
}

func TestVerifyRefusesLinks(t *testing.T) {
	sample := unpacked(t, makeArchive(t, "export"))
	var headers []tar.Header
	for _, name := range sample.sorted() {
		headers = append(headers, tar.Header{Typeflag: tar.TypeReg, Name: "top/" + name, Size: int64(len(sample[name]))})
	}
	for _, link := range []byte{tar.TypeSymlink, tar.TypeLink, tar.TypeFifo, tar.TypeChar} {
		archive := filepath.Join(t.TempDir(), "export.tar.zst")
		with := append(headers[:len(headers):len(headers)], tar.Header{Typeflag: link, Name: "top/data/evil", Linkname: "/etc/passwd"})
		writeTar(t, archive, with, func(h tar.Header) string { return sample[strings.TrimPrefix(h.Name, "top/")] })
		if got := verify(t, archive); len(got) != 1 || !strings.HasPrefix(got[0], "data/evil: no regular file") {
			t.Errorf("%q: %v", link, got)
		}
		if a, err := source.OpenArchive(archive); err == nil {
			a.Close()
			t.Errorf("%q: opened", link)
		}
	}
	folder := pack(t, "export", sample)
	secret := filepath.Join(t.TempDir(), "secret")
	writeFile(t, secret, []byte(sample[anICS]))
	file := filepath.Join(folder, filepath.FromSlash(anICS))
	if err := errors.Join(os.Remove(file), os.Symlink(secret, file)); err != nil {
		t.Fatal(err)
	}
	if got := verify(t, folder); len(got) != 1 || !strings.HasPrefix(got[0], anICS+": no regular file") {
		t.Errorf("a symbolic link in a folder: %v", got)
	}
	if _, bad := read(t, alice(t, open(t, folder)), work); bad[work.Path+"a.ics"] == nil {
		t.Error("a symbolic link that leads out was followed")
	}
}

// A file that is far larger than the archive says of itself is not read.
func TestVerifyAndOpenAreBounded(t *testing.T) {
	sample := unpacked(t, makeArchive(t, "export"))
	bomb := maps.Clone(sample)
	bomb["data/alice/calendars/work/bomb.ics"] = strings.Repeat("\x00", 100<<20)
	for _, form := range forms[1:] {
		archive := pack(t, form, bomb)
		if got := verify(t, archive); len(got) != 1 || !strings.Contains(got[0], "far more in it") {
			t.Errorf("%s: %v", form, got)
		}
	}
	temp := t.TempDir()
	archive := pack(t, "export.tar.zst", bomb)
	t.Setenv("TMPDIR", temp)
	if _, err := source.OpenArchive(archive); err == nil || !strings.Contains(err.Error(), "more in it than its Payload-Oxum") {
		t.Errorf("OpenArchive returned %v", err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("%v left behind, %v", left, err)
	}
}

func TestVerifyWhatIsNoArchive(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.zip", "a.tar.zst"} {
		p := filepath.Join(dir, name)
		writeFile(t, p, []byte("this is neither"))
		if got := verify(t, p); len(got) != 1 || !strings.HasPrefix(got[0], name+": cannot be read") {
			t.Errorf("%v", got)
		}
	}
	if got := verify(t, dir); len(got) != 1 || got[0] != "bag-info.txt: missing" {
		t.Errorf("%v", got)
	}
	for _, p := range []string{filepath.Join(dir, "not-there"), filepath.Join(dir, "a.txt")} {
		if strings.HasSuffix(p, ".txt") {
			writeFile(t, p, []byte("x"))
		}
		if _, err := source.VerifyArchive(t.Context(), p); err == nil {
			t.Errorf("%s: no error", p)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, form := range forms {
		if _, err := source.VerifyArchive(ctx, makeArchive(t, form)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", form, err)
		}
	}
}
