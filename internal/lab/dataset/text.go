package dataset

import (
	"strings"
	"unicode/utf8"
)

// lineOctets is how long a line may be without its line end (RFC 5545 section 3.1, RFC 6350 section 3.2).
const lineOctets = 75

// calendarText folds content lines into a VCALENDAR.
func calendarText(parts ...[]string) string {
	var b strings.Builder
	writeFolded(&b, "BEGIN:VCALENDAR")
	for _, lines := range parts {
		for _, line := range lines {
			writeFolded(&b, line)
		}
	}
	writeFolded(&b, "END:VCALENDAR")
	return b.String()
}

// cardText folds content lines into a VCARD.
func cardText(lines []string) string {
	var b strings.Builder
	writeFolded(&b, "BEGIN:VCARD")
	for _, line := range lines {
		writeFolded(&b, line)
	}
	writeFolded(&b, "END:VCARD")
	return b.String()
}

// writeFolded writes one content line with its line end, folded so that no character is split.
func writeFolded(b *strings.Builder, line string) {
	room := lineOctets
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut])
		b.WriteString("\r\n ")
		line, room = line[cut:], lineOctets-1
	}
	b.WriteString(line)
	b.WriteString("\r\n")
}

var escapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// escape makes a TEXT value (RFC 5545 section 3.3.11, RFC 6350 section 3.4).
func escape(s string) string { return escapes.Replace(s) }

var carets = strings.NewReplacer("^", "^^", "\n", "^n", `"`, "^'")

// quote makes a parameter value, with the escapes of RFC 6868.
func quote(s string) string { return `"` + carets.Replace(s) + `"` }

// prose returns sentences of at least the given number of octets, with line breaks among them.
func (d *draft) prose(octets int) string {
	var b strings.Builder
	for b.Len() < octets {
		if b.Len() > 0 {
			b.WriteString(pick(d, " ", " ", " ", "\n", "\n\n"))
		}
		b.WriteString(sentences[d.IntN(len(sentences))])
	}
	return b.String()
}

func (d *draft) title() string { return titles[d.IntN(len(titles))] }

// person is someone at example.test.
type person struct{ given, family, mail string }

func (d *draft) person() person {
	p := people[d.IntN(len(people))]
	return p
}

var sentences = []string{
	"Please bring the printed agenda.",
	"Dial-in: +49 30 5550123, PIN 4711#.",
	"Bitte pünktlich sein, es gibt Kuchen; und Kaffee.",
	"Merci de confirmer votre présence avant vendredi.",
	"Документы лежат в общей папке.",
	"資料は共有フォルダーにあります。ご確認ください。",
	"请提前十分钟到达会议室,谢谢。",
	"الاجتماع في القاعة الكبيرة.",
	"הפגישה תתקיים בקומה השנייה.",
	"बैठक दोपहर में होगी।",
	"See https://example.test/path?a=1&b=2;c=3,d#top for more.",
	`A backslash \ and "quotes" stay as they are.`,
	"Emoji 🎉👩🏿‍🚀🇪🇺 with a zero-width joiner.",
	"Größe: 5 × 3 m² – ½ €…",
}

var titles = []string{
	"Team meeting", "Dentist; bring papers", "Zahnarzt, Dr. Weiß", "Réunion d’équipe", "Совещание", "週次ミーティング",
	"团队会议", "생일 파티 🎂", "اجتماع الفريق", "פגישת צוות", "टीम मीटिंग", "Müllabfuhr: gelbe Tonne", "Backup check",
	"Family 👨‍👩‍👧‍👦 dinner", "Release 1.0.0-rc.1", `Path C:\temp`, "Flight FRA → JFK ✈️", "Yoga 🧘🏽",
}

var places = []string{
	"Room 3.14, Building B", "Café Central; Hauptstraße 14", "https://meet.example.test/abc-defg-hij",
	"東京都千代田区丸の内1-9-1", "1 Main Street\nSpringfield", "Straße des 17. Juni 135, Berlin",
}

var people = []person{
	{"Anna", "Müller", "anna.mueller@example.test"}, {"Søren", "Ångström", "soren@example.test"},
	{"Siân", "O'Neill", "sian.oneill@example.test"}, {"María José", "García Márquez", "mj.garcia@example.test"},
	{"Łukasz", "Żółty", "lukasz@example.test"}, {"太郎", "山田", "taro.yamada@example.test"},
	{"小明", "王", "wang@example.test"}, {"Мария", "Иванова", "m.ivanova@example.test"},
	{"Γιώργος", "Παππάς", "pappas@example.test"}, {"דוד", "כהן", "david@example.test"},
	{"ليلى", "حسن", "layla@example.test"}, {"अमित", "शर्मा", "amit@example.test"},
	{"민준", "김", "minjun@example.test"}, {"John", "Smith", "john.smith@example.test"},
	{"Mary", "van der Berg", "mary@example.test"}, {"สมชาย", "ใจดี", "somchai@example.test"},
}

var categories = []string{"Work", "Persönlich", "Holiday", "重要", "To\\;Do", "MULTIPLE WORDS"}
