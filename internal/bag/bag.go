// Package bag is the format of davferry's archive: a BagIt bag (RFC 8493) whose payload is a vdir tree, as a folder, a
// .zip or a .tar.zst file.
//
// It is what the two ends share, which do not know each other: sink writes archives, source reads and checks them.
// Here are the names, the file formats, and the walk through an archive of any form; here is no decision about what
// goes into an archive.
//
//	bagit.txt                the declaration that this is a bag (section 2.1.1)
//	bag-info.txt             what was exported, from where, by which tool, when; see Info (section 2.2.2)
//	manifest-sha256.txt      a checksum for every file below data/ (section 2.1.3); manifest-sha512.txt as well
//	tagmanifest-sha256.txt   a checksum for every other file (section 2.2.1); tagmanifest-sha512.txt as well
//	fetched.csv              when each object was fetched; outside the payload, so that equal input gives equal payload
//	data/objects.csv         what became of every object that the source listed; see Row
//	data/ACCOUNT/calendars/COLLECTION/{collection.json,displayname,color,NAME.ics}
//	data/ACCOUNT/addressbooks/COLLECTION/{collection.json,displayname,NAME.vcf}
//
// A packed archive holds the same below one top folder (section 4), and ends in a seal, which covers the bytes of the
// container that no manifest covers; see Sealer.
package bag

import (
	"strings"

	"davferry/internal/dav"
)

// The tag files of an archive besides its manifests, and the payload's own table.
const (
	DeclarationFile = "bagit.txt"
	InfoFile        = "bag-info.txt"
	FetchedFile     = "fetched.csv"
	PayloadFolder   = "data"
	ObjectsName     = "objects.csv"
	ObjectsFile     = PayloadFolder + "/" + ObjectsName
)

// Declaration is the whole content of bagit.txt.
const Declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

// KindFolder returns the name of the folder that holds the collections of a kind.
func KindFolder(k dav.Kind) string {
	if k == dav.AddressBook {
		return "addressbooks"
	}
	return "calendars"
}

// CollectionFolder returns the path in the archive of a collection, without a trailing slash.
func CollectionFolder(account string, k dav.Kind, name string) string {
	return PayloadFolder + "/" + account + "/" + KindFolder(k) + "/" + name
}

// InPayload says whether a path in the archive is that of a payload file.
func InPayload(path string) bool { return strings.HasPrefix(path, PayloadFolder+"/") }

// IsObject says whether a path in the archive is where an object would be: directly in the folder of a collection, and
// none of the collection's own files.
func IsObject(path string) bool {
	parts := strings.Split(path, "/")
	if len(parts) != 5 || parts[0] != PayloadFolder || CheckObjectName(parts[4]) != nil {
		return false
	}
	return parts[2] == KindFolder(dav.Calendar) || parts[2] == KindFolder(dav.AddressBook)
}
