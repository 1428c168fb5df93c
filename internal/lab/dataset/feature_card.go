package dataset

import "strings"

const (
	card3 = "VERSION:3.0\nPRODID:-//example.test//Features 1.0//EN\nN:Müller;Anna;;;\nFN:Anna Müller\n"
	card4 = "VERSION:4.0\nPRODID:-//example.test//Features 1.0//EN\nN:Müller;Anna;;;\nFN:Anna Müller\n"
)

// card3Samples show vCard 3.0 (RFC 2426) as clients write it.
var card3Samples = []sample{
	{"card3-minimal", "VERSION:3.0\nN:Müller;Anna;;;\nFN:Anna Müller"},
	{"card3-name", "VERSION:3.0\nN:García Márquez,Jr.;Gabriel;José,de la;Dr.,Prof.;PhD\\, MSc\nFN:Dr. Gabriel José García Márquez\\; PhD\nNICKNAME:Gabo,Gabito\nSORT-STRING:Garcia"},
	{"card3-scripts", "VERSION:3.0\nN:山田;太郎;;;\nFN:山田 太郎\nX-PHONETIC-LAST-NAME:やまだ\nX-PHONETIC-FIRST-NAME:たろう\nNOTE:ליאת · Ангелина · نور · 👨‍👩‍👧‍👦"},
	{"card3-organization", card3 + "ORG:Example\\, Inc.;Research;Lab 3\nTITLE:Head\\; acting\nROLE:Scientist"},
	{"card3-phones", card3 + "TEL;TYPE=HOME,VOICE,PREF:+49 30 5550123\nTEL;TYPE=CELL:+49 170 5550123\nTEL;TYPE=WORK;TYPE=FAX:+49 30 5550124\nTEL;type=IPHONE;type=CELL:0170"},
	{"card3-emails", card3 + "EMAIL;TYPE=INTERNET,PREF:anna@example.test\nEMAIL;TYPE=INTERNET;TYPE=WORK:a.mueller@example.test"},
	{"card3-addresses", card3 + "ADR;TYPE=HOME,PREF:;;Hauptstraße 14\\, Hof;Wien;;1010;Österreich\nADR;TYPE=WORK:PO Box 1;Floor 3;1 Main Street\\nBack;Springfield;IL;62701;USA\n" +
		"LABEL;TYPE=HOME:Hauptstraße 14\\nWien"},
	{"card3-labels", card3 + "item1.TEL:+49 30 1\nitem1.X-ABLabel:_$!<HomePage>!$_\nitem2.URL:https://example.test/\nitem2.X-ABLabel:Blog\\, private\n" +
		"item3.ADR;type=HOME:;;Street 1;Berlin;;10115;Germany\nitem3.X-ABADR:de"},
	{"card3-apple-relations", card3 + "item1.X-ABRELATEDNAMES;type=pref:Max\nitem1.X-ABLabel:_$!<Spouse>!$_\nitem2.X-ABDATE;type=pref:2010-06-05\nitem2.X-ABLabel:_$!<Anniversary>!$_"},
	{"card3-birthday", card3 + "BDAY;VALUE=date:1980-02-29"},
	{"card3-birthday-no-year", card3 + "BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29"},
	{"card3-photo", card3 + "PHOTO;ENCODING=b;TYPE=PNG:{png}"},
	{"card3-photo-jpeg", card3 + "PHOTO;ENCODING=b;TYPE=JPEG;X-ABCROP-RECTANGLE=ABClipRect_1&0&0&16&16&abc==:{jpeg}"},
	{"card3-photo-large", card3 + "PHOTO;ENCODING=b;TYPE=JPEG:{octets}"},
	{"card3-photo-link", card3 + "PHOTO;VALUE=uri:https://example.test/anna.jpg?size=1,2;x"},
	{"card3-logo-key", card3 + "LOGO;ENCODING=b;TYPE=PNG:{png}\nKEY;ENCODING=b;TYPE=PGP:LS0tLS1CRUdJTiBQR1A="},
	{"card3-note", card3 + "NOTE:" + strings.Repeat("Line\\, with\\; signs\\n", 100)},
	{"card3-categories", card3 + "CATEGORIES:Friends,Club\\, old"},
	{"card3-chat", card3 + "IMPP;X-SERVICE-TYPE=Jabber;type=HOME:xmpp:anna@example.test\nX-JABBER:anna@example.test\nX-SOCIALPROFILE;type=twitter;x-user=anna:https://social.example.test/anna"},
	{"card3-geo-zone", card3 + "GEO:48.208;16.373\nTZ:+01:00"},
	{"card3-private", card3 + "CLASS:PRIVATE\nREV:2024-01-02T03:04:05Z"},
	{"card3-x-properties", card3 + "X-CUSTOM;X-LABEL=\"Größe, cm\":178\\; about\nX-EVOLUTION-FILE-AS:Müller\\, Anna"},
	{"card3-company", "VERSION:3.0\nN:;;;;\nFN:Example GmbH\nORG:Example GmbH;\nX-ABShowAs:COMPANY"},
	{"card3-group", "VERSION:3.0\nN:Team;;;;\nFN:Team\nX-ADDRESSBOOKSERVER-KIND:group\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:card3-minimal\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:card3-name"},
}

// card4Samples show vCard 4.0 (RFC 6350, RFC 6715).
var card4Samples = []sample{
	{"card4-minimal", "VERSION:4.0\nFN:Anna Müller"},
	{"card4-name", "VERSION:4.0\nN;SORT-AS=\"Garcia,Gabriel\":García;Gabriel;José,María;Dr.;PhD\nFN;PREF=1:Gabriel García\nFN;LANGUAGE=ja;ALTID=1:ガブリエル\nNICKNAME;TYPE=home:Gabo,Gabito"},
	{"card4-gender", card4 + "GENDER:O;it's complicated"},
	{"card4-dates", card4 + "BDAY:19800229\nANNIVERSARY:20100605T140000Z"},
	{"card4-partial-date", card4 + "BDAY:--0229\nANNIVERSARY:2010-06"},
	{"card4-date-text", card4 + "BDAY;VALUE=text:circa 1800"},
	{"card4-phones", card4 + "TEL;VALUE=uri;PREF=1;TYPE=\"voice,home\":tel:+49-30-5550123;ext=102\nTEL;VALUE=text;TYPE=cell:+49 170 5550123"},
	{"card4-emails", card4 + "EMAIL;TYPE=work;PREF=1:anna@example.test\nEMAIL;PREF=100:a@example.test\nIMPP;PREF=1:xmpp:anna@example.test"},
	{"card4-address", card4 + "ADR;GEO=\"geo:48.208,16.373\";LABEL=\"Hauptstraße 14\\n1010 Wien\";TYPE=home;CC=AT:;;Hauptstraße 14;Wien;;1010;Österreich"},
	{"card4-photo", card4 + "PHOTO:data:image/png;base64,{png}"},
	{"card4-photo-link", card4 + "PHOTO;MEDIATYPE=image/jpeg:https://example.test/anna.jpg"},
	{"card4-logo-sound-key", card4 + "LOGO;PREF=1:https://example.test/logo.svg\nSOUND:data:audio/ogg;base64,AAECAw==\nKEY;MEDIATYPE=application/pgp-keys:https://example.test/key.asc"},
	{"card4-languages", card4 + "LANG;TYPE=work;PREF=1:en\nLANG;TYPE=home:de-AT"},
	{"card4-place", card4 + "GEO:geo:48.208,16.373;u=10\nTZ:Europe/Vienna"},
	{"card4-organization", card4 + "ORG;SORT-AS=\"Example\":Example\\, Inc.;Research\nTITLE;ALTID=1;LANGUAGE=en:Boss\nTITLE;ALTID=1;LANGUAGE=de:Chefin\nROLE:Lead"},
	{"card4-related", card4 + "RELATED;TYPE=spouse:urn:uuid:card4-minimal\nRELATED;TYPE=friend;VALUE=text:Max\\, from school"},
	{"card4-calendars", card4 + "FBURL:https://example.test/fb\nCALADRURI;PREF=1:mailto:anna@example.test\nCALURI;MEDIATYPE=text/calendar:https://example.test/cal.ics\nURL:https://example.test/?a;b,c"},
	{"card4-skills", card4 + "EXPERTISE;LEVEL=expert:chemistry\nHOBBY;INDEX=1;LEVEL=high:reading\nINTEREST:rugby\nORG-DIRECTORY:https://directory.example.test"},
	{"card4-client-ids", card4 + "CLIENTPIDMAP:1;urn:uuid:3df403f4-5924-4bb7-b077-3c711d9eb34b\nEMAIL;PID=1.1:anna@example.test\nSOURCE:https://example.test/anna.vcf\nREV:20240102T030405Z"},
	{"card4-carets", card4 + "ADR;LABEL=\"Anna ^'Ann^' Müller^nWien\":;;Street 1;Wien;;1010;\nNOTE:first\\, second\\nthird"},
	{"card4-organization-kind", "VERSION:4.0\nKIND:org\nFN:Example GmbH\nORG:Example GmbH"},
	{"card4-group", "VERSION:4.0\nKIND:group\nFN:Team\nMEMBER:urn:uuid:card4-minimal\nMEMBER;PREF=1:mailto:max@example.test"},
	{"card4-extended", card4 + "X-CUSTOM;X-P=\"a,b;c\":x\\, y\nCATEGORIES:Friends,Club\\, old\nitem1.EMAIL:b@example.test\nitem1.X-ABLabel:Other"},
}
