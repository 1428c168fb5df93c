package dataset

import (
	"fmt"
	"strings"
)

// contactShapes are what the cards of an address book look like, in turn.
var contactShapes = []func(*draft){
	plainCard, labelled, photo4, native, addressed, birthday4, photo3, company,
	noted, group3, linkedPhoto, birthdayWithoutYear, keyed, parameters4, social, group4,
}

// contact makes one member of an address book.
func contact(d *draft) { contactShapes[d.number%len(contactShapes)](d) }

// card3 writes what every vCard 3.0 (RFC 2426) starts with.
func (d *draft) card3(p person) {
	d.add("VERSION:3.0", "PRODID:-//example.test//Phone 17.4//EN", "UID:"+escape(d.uid))
	d.addf("N:%s;%s;;%s;", escape(p.family), escape(p.given), pick(d, "", "", "Dr."))
	d.addf("FN:%s", escape(p.given+" "+p.family))
	d.add("REV:2024-01-02T03:04:05Z")
	d.has("vcard3")
}

// card4 writes what every vCard 4.0 (RFC 6350) starts with.
func (d *draft) card4(p person) {
	d.add("VERSION:4.0", "PRODID:-//example.test//Mail 115//DE", "UID:"+escape(d.uid))
	d.addf("N:%s;%s;;;", escape(p.family), escape(p.given))
	d.addf("FN:%s", escape(p.given+" "+p.family))
	d.add("REV:20240102T030405Z")
	d.has("vcard4")
}

func (d *draft) telephone() string {
	return fmt.Sprintf("+49 30 555%04d", d.IntN(10000))
}

func plainCard(d *draft) {
	p := d.person()
	d.card3(p)
	d.add("EMAIL;TYPE=INTERNET;TYPE=HOME:"+p.mail, "TEL;TYPE=CELL;TYPE=VOICE:"+d.telephone(), "TEL;TYPE=WORK,FAX:"+d.telephone())
	d.add("CATEGORIES:Friends,Verein\\, alt", "BDAY;VALUE=date:1975-04-12")
	d.has("birthday", "categories")
}

// labelled has groups of properties (item1.) with labels of the user's own.
func labelled(d *draft) {
	p := d.person()
	d.card3(p)
	d.add("item1.EMAIL;type=INTERNET;type=pref:"+p.mail, "item1.X-ABLabel:Büro\\, 2. Stock",
		"item2.TEL:"+d.telephone(), "item2.X-ABLabel:_$!<Other>!$_",
		"item3.ADR;type=HOME;type=pref:;;Hauptstraße 12\\nHinterhaus;Berlin;;10115;Germany", "item3.X-ABADR:de",
		"item4.X-ABRELATEDNAMES;type=pref:"+escape(d.person().given), "item4.X-ABLabel:_$!<Spouse>!$_",
		"item5.URL:https://example.test/~"+p.mail[:4], "item5.X-ABLabel:_$!<HomePage>!$_")
	d.has("item-groups")
}

func photo3(d *draft) {
	p := d.person()
	d.card3(p)
	d.add("EMAIL;TYPE=INTERNET:" + p.mail)
	if d.chance(50) {
		d.add("PHOTO;ENCODING=b;TYPE=JPEG:" + d.jpeg(24+d.IntN(40)))
	} else {
		d.add("PHOTO;ENCODING=b;TYPE=PNG:" + d.png(16+d.IntN(30)))
	}
	d.has("photo:inline")
}

func photo4(d *draft) {
	p := d.person()
	d.card4(p)
	d.add("EMAIL;TYPE=work;PREF=1:" + p.mail)
	if d.chance(50) {
		d.add("PHOTO:data:image/jpeg;base64," + d.jpeg(24+d.IntN(40)))
	} else {
		d.add("PHOTO:data:image/png;base64," + d.png(16+d.IntN(30)))
	}
	d.has("photo:data-uri")
}

func linkedPhoto(d *draft) {
	d.card3(d.person())
	d.addf("PHOTO;VALUE=uri:https://example.test/p/%d.jpg", d.number)
	d.has("photo:uri")
}

// native has a name in its own script and how it is pronounced.
func native(d *draft) {
	d.card3(person{"太郎", "山田", "taro.yamada@example.test"})
	d.add("X-PHONETIC-FIRST-NAME:タロウ", "X-PHONETIC-LAST-NAME:ヤマダ", "NICKNAME:たろう,タロちゃん",
		"ORG:株式会社サンプル;開発部", "TITLE:部長", "EMAIL;TYPE=INTERNET:taro.yamada@example.test")
	d.has("native-script")
}

func addressed(d *draft) {
	p := d.person()
	d.card4(p)
	d.addf("ADR;TYPE=home;LABEL=%s:;;%s;%s;;10115;%s", quote("Hauptstraße 12\nBerlin \"Mitte\""),
		escape("Hauptstraße 12; Hinterhaus"), escape("Saint-Étienne, Loire"), "Deutschland")
	d.add("TEL;VALUE=uri;TYPE=\"voice,cell\":tel:+49-30-5550199", "LANG;PREF=1:de", "TZ:Europe/Berlin", "GEO:geo:52.5162,13.3777")
	d.has("rfc6868")
}

func birthday4(d *draft) {
	d.card4(d.person())
	d.add(pick(d, "BDAY:--0412", "BDAY:19530718", "BDAY;VALUE=text:circa 1800", "BDAY:1985"), "ANNIVERSARY:20090808T1430-0500",
		"GENDER:O;it’s complicated")
	d.has("birthday")
}

func birthdayWithoutYear(d *draft) {
	d.card3(d.person())
	d.add("BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29")
	d.has("birthday", "birthday:no-year")
}

func company(d *draft) {
	name := pick(d, "Example GmbH & Co. KG", "ACME, Inc.", "ООО «Пример»")
	d.add("VERSION:3.0", "PRODID:-//example.test//Phone 17.4//EN", "UID:"+escape(d.uid), "N:;;;;",
		"FN:"+escape(name), "ORG:"+escape(name)+";", "X-ABShowAs:COMPANY", "TEL;TYPE=MAIN:"+d.telephone())
	d.has("vcard3", "company")
}

func noted(d *draft) {
	d.card3(d.person())
	d.addf("NOTE:%s", escape(d.prose(1000+d.IntN(3000))))
	d.has("long-text")
}

func keyed(d *draft) {
	d.card3(d.person())
	d.add("KEY;ENCODING=b;TYPE=PGP:"+d.base64(900), "X-CUSTOM-FIELD;X-LABEL=\"Größe, cm\":178\\; about")
	d.has("key", "x-property")
}

// parameters4 has alternative representations and sort keys (RFC 6350 section 5.4, 5.9).
func parameters4(d *draft) {
	d.add("VERSION:4.0", "UID:"+escape(d.uid), "N;SORT-AS=\"Harten,Rene\":van der Harten;Rene,J.;Sir;R.D.O.N.;", "FN:Rene van der Harten",
		"ORG;ALTID=1;LANGUAGE=ja:株式会社サンプル", "ORG;ALTID=1;LANGUAGE=en:Sample Corp.",
		"RELATED;TYPE=friend;VALUE=text:Siân; the tall one", "IMPP;PREF=1:xmpp:rene@example.test", "REV:20240102T030405Z")
	d.has("vcard4", "altid")
}

func social(d *draft) {
	p := d.person()
	d.card3(p)
	d.add("X-SOCIALPROFILE;type=mastodon;x-user=jd:https://social.example.test/@jd",
		"IMPP;X-SERVICE-TYPE=Jabber;type=HOME;type=pref:xmpp:"+p.mail, "X-EVOLUTION-FILE-AS:"+escape(p.family+", "+p.given))
	d.has("x-property")
}

// members returns the UIDs of the four cards before this one, which are no groups.
func (d *draft) members() []string {
	var uids []string
	for n := max(0, d.number-4); n < d.number; n++ {
		uids = append(uids, newDraft(d.seed, d.collection, n).uid)
	}
	return uids
}

// group3 is a group as Apple writes it in vCard 3.0.
func group3(d *draft) {
	d.add("VERSION:3.0", "UID:"+escape(d.uid), "N:Verein Müller & Söhne;;;;", "FN:Verein Müller & Söhne", "X-ADDRESSBOOKSERVER-KIND:group")
	for _, uid := range d.members() {
		d.add("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:" + escape(uid))
	}
	d.has("vcard3", "group")
}

// group4 is a group of RFC 6350 section 6.1.4.
func group4(d *draft) {
	d.add("VERSION:4.0", "UID:"+escape(d.uid), "KIND:group", "FN:"+escape("Équipe; all, hands"))
	for _, uid := range d.members() {
		d.add("MEMBER:urn:uuid:" + strings.ReplaceAll(escape(uid), " ", "%20"))
	}
	d.has("vcard4", "group")
}
