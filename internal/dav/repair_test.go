package dav

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// textOf reads a document through a repairer and returns the text of its root element, as encoding/xml sees it.
func textOf(t *testing.T, document string) (string, error) {
	t.Helper()
	x, err := newXMLReader(iotest.OneByteReader(strings.NewReader(document)))
	if err != nil {
		return "", err
	}
	for {
		tok, err := x.dec.Token()
		if err != nil {
			return "", err
		}
		if start, ok := tok.(xml.StartElement); ok {
			e, err := x.element(start, 1)
			return string(e.Text), err
		}
	}
}

func TestRepairKeepsText(t *testing.T) {
	tests := []struct{ name, document, want string }{
		{"CR LF as it is", "<a>x\r\ny\r\n</a>", "x\r\ny\r\n"},
		{"CR as a reference", "<a>x&#13;\ny&#xD;\n</a>", "x\r\ny\r\n"},
		{"bare LF", "<a>x\ny\n</a>", "x\ny\n"},
		{"bare CR", "<a>x\ry</a>", "x\ry"},
		{"CDATA with CR LF and markup", "<a><![CDATA[x\r\n<b>&amp;]]]]><![CDATA[>]]></a>", "x\r\n<b>&amp;]]>"},
		{"brackets", "<a>]] ]]> ></a>", "]] ]]> >"},
		{"entities", "<a>&lt;&amp;&gt;&quot;&apos;</a>", "<&>\"'"},
		{"HTML entity and bare ampersand", "<a>x&nbsp;y & z</a>", "x\u00a0y & z"},
		{"umlauts and emoji", "<a>Größe 🎂</a>", "Größe 🎂"},
		{"references above the BMP", "<a>&#x1F382;&#127874;</a>", "🎂🎂"},
		{"two references to surrogates, SOGo", "<a>&#55356;&#57218;</a>", "🎂"},
		{"comments and instructions", "<?xml version=\"1.1\"?><!-- > --><a>x<!-- <b> -->y<?php > ?>z</a>", "xyz"},
		{"byte order mark", "\xef\xbb\xbf<a>x</a>", "x"},
		{"Latin-1 as declared", "<?xml version='1.0' encoding='iso-8859-1'?><a>Gr\xf6\xdfe</a>", "Größe"},
		{"control character", "<a>x\x01y</a>", "x\uFDD0y"},
		{"NUL", "<a>x\x00y</a>", "x\uFDD0y"},
		{"reference to a control character", "<a>x&#1;y</a>", "x\uFDD0y"},
		{"half a surrogate pair", "<a>x&#55356;y</a>", "x\uFDD0y"},
		{"byte that is not UTF-8", "<a>x\xffy</a>", "x\uFDD0y"},
		{"UTF-8 character cut in two", "<a>x\xc3\r\n y</a>", "x\uFDD0\r\n y"},
		{"noncharacter of XML", "<a>x\uFFFEy</a>", "x\uFDD0y"},
		{"greater-than in an attribute", `<a b="x > y" c='"'>z</a>`, "z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := textOf(t, tt.document)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestRepairRefusesUnknownCharset(t *testing.T) {
	if _, err := textOf(t, "<?xml version='1.0' encoding='klingon-8'?><a/>"); err == nil || !strings.Contains(err.Error(), "klingon-8") {
		t.Errorf("error is %v", err)
	}
}

func TestRepairPassesOnReadErrors(t *testing.T) {
	cut := errors.New("cut")
	_, err := textOf(t, "<a>")
	if err == nil {
		t.Error("a document without an end is fine")
	}
	r, err := newRepairer(io.MultiReader(strings.NewReader("<a>"+strings.Repeat("x", 4096)), iotest.ErrReader(cut)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, cut) {
		t.Errorf("error is %v", err)
	}
}

func addMultistatusSeeds(f *testing.F) {
	files, err := filepath.Glob("../../testdata/multistatus/*.xml")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// FuzzRepair checks that a document which encoding/xml reads by itself means the same after the repair, but for line
// ends, and that nothing makes the reader hang or panic.
func FuzzRepair(f *testing.F) {
	addMultistatusSeeds(f)
	for _, seed := range []string{"<a>x\r\ny</a>", "<a><![CDATA[]]></a>", "<a b='>'>&#13;&#xD83C;&#xDF82;</a>", "<a>\xff\x00</a>", ">&#13;\r", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		want, ok := plainTokens(document)
		r, err := newRepairer(bytes.NewReader(document))
		if err != nil {
			return
		}
		repaired, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(repaired, 0) >= 0 && !bytes.ContainsAny(document, "<") {
			t.Errorf("a NUL is left in %q", repaired)
		}
		if !ok || bytes.Contains(document, []byte("<!")) || bytes.Contains(document, []byte("<?")) || strings.Contains(want, "\uFFFD") {
			return // comments and instructions are left out on purpose, and encoding/xml reads half pairs as U+FFFD
		}
		if got, ok := plainTokens(repaired); !ok || got != want {
			t.Errorf("%q means %q, after the repair %q", document, want, got)
		}
	})
}

// plainTokens returns what encoding/xml alone makes of a document, without its line ends.
func plainTokens(document []byte) (string, bool) {
	dec := xml.NewDecoder(bytes.NewReader(document))
	var b strings.Builder
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return strings.NewReplacer("\r", "", "\n", "").Replace(b.String()), true // line ends are what the repair is about
		}
		if err != nil {
			return "", false
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			b.WriteString("<" + tok.Name.Local + ">")
		case xml.EndElement:
			b.WriteString("</>")
		case xml.CharData:
			b.Write(tok)
		}
	}
}
