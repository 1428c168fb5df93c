package davtest

import (
	"bytes"
	"slices"
	"strings"
)

// convertVCard serves a vCard as Cyrus 3.6 does: as 3.0, or as the 4.0 that was asked for. A card that has the version
// already stays as it is.
func convertVCard(data []byte, stored, asked string) []byte {
	if asked == "" {
		asked = "3.0"
	}
	if stored == asked {
		return data
	}
	var out []byte
	for line := range contentLines(data) {
		switch name := line.name(); {
		case name == "VERSION":
			out = append(append(out, "VERSION:"+asked...), line.lineEnd()...)
		case name == "PHOTO" && asked == "4.0":
			out = append(append(out, photo4(line)...), line.lineEnd()...)
		case name == "PHOTO":
			out = append(append(out, photo3(line)...), line.lineEnd()...)
		case asked == "3.0" && (name == "KIND" || name == "MEMBER"):
			out = append(append(out, "X-ADDRESSBOOKSERVER-"...), line.raw...)
		default:
			out = append(out, line.raw...)
		}
	}
	return out
}

// photo3 cuts a data: URI off after its media type: the picture is lost.
func photo3(line contentLine) []byte {
	head, value := splitLine(line.text())
	if uri, _, ok := strings.Cut(value, ";base64,"); ok && strings.HasPrefix(value, "data:") {
		return []byte(head + ":" + uri)
	}
	return line.text()
}

// photo4 makes a data: URI of a 3.0 card's picture, with the bytes kept.
func photo4(line contentLine) []byte {
	head, value := splitLine(line.text())
	encoding := parameter(head, "ENCODING")
	if !slices.Contains([]string{"b", "base64"}, strings.ToLower(encoding)) {
		return line.text()
	}
	media := strings.ToLower(parameter(head, "TYPE"))
	if media == "" {
		media = "jpeg"
	}
	name, _, _ := strings.Cut(head, ";")
	return bytes.Join([][]byte{[]byte(name), []byte("data:image/" + media + ";base64," + value)}, []byte(":"))
}
