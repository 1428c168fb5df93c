package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// endpoint binds one side of a row.
func (b *binder) endpoint(row []cell, side string) Endpoint {
	var e Endpoint
	e.Auth = b.auth(row, side)
	e.User = b.user(row, side, e.Auth)
	e.Address = b.address(row, side, e.User)
	e.Password = b.password(row, side, e)
	b.actFor(row, side, &e)
	return e
}

func (b *binder) auth(row []cell, side string) string {
	c, _ := b.cell(row, side+authSuffix)
	auth := strings.ToLower(strings.TrimSpace(c.text))
	switch auth {
	case "":
		return cmp.Or(b.access(side).Auth, AuthBasic)
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
	case user == "" && auth != AuthBearer && !b.byCertificate(row, side, auth):
		if ok || !b.badHeader {
			b.report(c.at, "%s: empty", column)
		}
	case hasControl(user):
		b.report(c.at, "%s: holds a control character", column)
	case auth == AuthBasic && strings.Contains(user, ":") && b.access(side).Login == "":
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

// password binds the one password column that a row fills for a side, else what is known of the same login, else the flag
// that gives the side's password.
func (b *binder) password(row []cell, side string, e Endpoint) Secret {
	filled := b.filledPasswords(row, side)
	switch len(filled) {
	case 0:
		if known := b.known(side, e); known.IsSet() {
			return known
		}
		if f, given := b.access(side).password(); given {
			return b.flagSecret(f, side, e.User)
		}
		if !b.byCertificate(row, side, e.Auth) {
			b.reportNoPassword(row, side, e.Auth)
		}
		return Secret{}
	case 1:
		c, _ := b.cell(row, side+filled[0])
		return b.secret(c, side+filled[0], filled[0], e.User)
	default:
		c, _ := b.cell(row, side+filled[1])
		b.report(c.at, "%s: %s is filled too; one of them is enough", side+filled[1], side+filled[0])
		return Secret{}
	}
}

// filledPasswords returns the suffixes of the password columns that a row fills for a side.
func (b *binder) filledPasswords(row []cell, side string) []string {
	var filled []string
	for _, suffix := range passwordSuffixes {
		c, _ := b.cell(row, side+suffix)
		if text := strings.TrimSpace(c.text); text != "" || suffix == passwordSuffix && c.text != "" {
			filled = append(filled, suffix)
		}
	}
	return filled
}

// byCertificate tells whether the client certificate is all that a row logs in with. What is made of a password, or is a
// token, needs one.
func (b *binder) byCertificate(row []cell, side, auth string) bool {
	_, given := b.access(side).password()
	return b.defaults.Certificate && auth == AuthBasic && !given && len(b.filledPasswords(row, side)) == 0
}

// known returns the password of the same login in Defaults.Known.
func (b *binder) known(side string, e Endpoint) Secret {
	for _, a := range b.defaults.Known {
		other := a.Source
		if side == destinationSide {
			other = a.Destination
		}
		if other.Address == e.Address && other.User == e.User && e.Address != "" {
			return other.Password
		}
	}
	return Secret{}
}

func (b *binder) reportNoPassword(row []cell, side, auth string) {
	for _, suffix := range passwordSuffixes {
		if c, ok := b.cell(row, side+suffix); ok {
			b.report(c.at, "%s: empty, and no other column gives the %s password", side+suffix, side)
			return
		}
	}
	if c, ok := b.cell(row, side+authSuffix); ok && b.defaults.Certificate {
		b.report(c.at, "%s: %s wants a password, and no column gives one; the client certificate alone does for basic", side+authSuffix, auth)
	}
	// No such column at all is else said once, of the header.
}

// secret makes the Secret that a filled password column stands for, and looks at once whether it can be had, unless
// that takes a command.
func (b *binder) secret(c cell, column, suffix, user string) Secret {
	s, err := b.shared(secretField{suffix: suffix, text: c.text}, user, c.quoted)
	if err != nil {
		b.report(c.at, "%s: %v", column, err)
	}
	return s
}

// flagSecret makes the Secret that a flag stands for. What is wrong with it is said once, not of each row.
func (b *binder) flagSecret(f secretField, side, user string) Secret {
	s, err := b.shared(f, user, false)
	if err != nil {
		b.problems = append(b.problems, AccountProblem{Text: fmt.Sprintf("%s: %v", flagName(side, f.suffix), err)})
	}
	return s
}

// shared returns the Secret that rows of the same field share. A command that asks for the user is another one for each.
func (b *binder) shared(f secretField, user string, quoted bool) (Secret, error) {
	if f.suffix == commandSuffix && strings.Contains(f.text, UserVariable) {
		if f.user = user; user == "" {
			return Secret{}, errors.New("the command asks for " + UserVariable + ", and the row has no user")
		}
	}
	if s, ok := b.secrets[f]; ok && f.suffix != passwordSuffix {
		return s, nil
	}
	s, err := newSecret(f, quoted)
	if err != nil {
		return Secret{}, err
	}
	b.secrets[f] = s
	return s, nil
}

// secretField is what a password column or flag holds.
type secretField struct {
	suffix, text string
	user         string // of a command that asks for the user
}

// UserVariable is the environment variable that tells a password command whose password is wanted. In a run it is only set
// for commands that name it: all others run once for all rows.
const UserVariable = "DAVFERRY_USER"

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
		if f.user != "" {
			return SecretFromCommand(text, UserVariable+"="+f.user), nil
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
