package migrate

import (
	"errors"
	"strings"
	"unicode"
)

// endpoint binds one side of a row.
func (b *binder) endpoint(row []cell, side string) Endpoint {
	var e Endpoint
	e.Auth = b.auth(row, side)
	e.User = b.user(row, side, e.Auth)
	e.Address = b.address(row, side, e.User)
	e.Password = b.password(row, side)
	return e
}

func (b *binder) auth(row []cell, side string) string {
	c, _ := b.cell(row, side+authSuffix)
	auth := strings.ToLower(strings.TrimSpace(c.text))
	switch auth {
	case "":
		return AuthBasic
	case AuthBasic, AuthDigest, AuthBearer:
		return auth
	}
	b.report(c.at, "%s: unknown; one of basic, digest, bearer", side+authSuffix)
	return AuthBasic
}

func (b *binder) user(row []cell, side, auth string) string {
	column := side + userSuffix
	c, ok := b.cell(row, column)
	if !ok {
		c.at = row[0].at
	}
	user := strings.TrimSpace(c.text)
	switch {
	case user == "" && auth != AuthBearer:
		if ok || !b.badHeader {
			b.report(c.at, "%s: empty", column)
		}
	case hasControl(user):
		b.report(c.at, "%s: holds a control character", column)
	case auth == AuthBasic && strings.Contains(user, ":"):
		b.report(c.at, "%s: holds a colon, which basic authentication cannot send (RFC 7617); digest can", column)
	}
	return user
}

// address finds where the server is: the column, else the flag, else the user where it is a mail address.
func (b *binder) address(row []cell, side, user string) string {
	c, ok := b.cell(row, side)
	address := strings.TrimSpace(c.text)
	if ok && address != "" {
		if err := CheckAddress(address, b.defaults.AllowPlaintext); err != nil {
			b.report(c.at, "%s: %v", side, err)
			return ""
		}
		return address
	}
	if flag := b.flag(side); flag != "" {
		return flag
	}
	if strings.Contains(user, "@") && CheckAddress(user, false) == nil {
		return user
	}
	if !ok {
		c.at = row[0].at
	}
	if ok || !b.badHeader {
		b.report(c.at, "%s: no server; fill the column %s, give --%s, or use a mail address as %s",
			side, side, side, side+userSuffix)
	}
	return ""
}

// password binds the one password column that a row fills for a side.
func (b *binder) password(row []cell, side string) Secret {
	var filled []string
	for _, suffix := range passwordSuffixes {
		c, _ := b.cell(row, side+suffix)
		if text := strings.TrimSpace(c.text); text != "" || suffix == passwordSuffix && c.text != "" {
			filled = append(filled, suffix)
		}
	}
	switch len(filled) {
	case 0:
		b.reportNoPassword(row, side)
		return Secret{}
	case 1:
		c, _ := b.cell(row, side+filled[0])
		return b.secret(c, side+filled[0], filled[0])
	default:
		c, _ := b.cell(row, side+filled[1])
		b.report(c.at, "%s: %s is filled too; one of them is enough", side+filled[1], side+filled[0])
		return Secret{}
	}
}

func (b *binder) reportNoPassword(row []cell, side string) {
	for _, suffix := range passwordSuffixes {
		if c, ok := b.cell(row, side+suffix); ok {
			b.report(c.at, "%s: empty, and no other column gives the %s password", side+suffix, side)
			return
		}
	}
	// No such column at all: said once, of the header.
}

// secret makes the Secret that a filled password column stands for, and looks at once whether it can be had, unless
// that takes a command.
func (b *binder) secret(c cell, column, suffix string) Secret {
	key := secretField{suffix, c.text}
	if s, ok := b.secrets[key]; ok && suffix != passwordSuffix {
		return s
	}
	s, err := newSecret(key, c.quoted)
	if err != nil {
		b.report(c.at, "%s: %v", column, err)
		return Secret{}
	}
	b.secrets[key] = s
	return s
}

// secretField is what a password column holds.
type secretField struct{ suffix, text string }

func newSecret(f secretField, quoted bool) (Secret, error) {
	text := strings.TrimSpace(f.text)
	switch f.suffix {
	case envSuffix:
		s := SecretFromEnv(text)
		return s, s.check()
	case fileSuffix:
		s := SecretFromFile(text)
		return s, s.check()
	case commandSuffix:
		if hasControl(strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(text)) || text == "" {
			return Secret{}, errors.New("not a command")
		}
		return SecretFromCommand(text), nil
	default:
		if text != f.text && !quoted {
			return Secret{}, errors.New("begins or ends with a blank; put it in quotes if the blank belongs to it")
		}
		return SecretOf(f.text), checkSecret(f.text)
	}
}

// hasControl says whether a text holds a control character, line breaks among them.
func hasControl(text string) bool {
	return strings.ContainsFunc(text, unicode.IsControl)
}
