package migrate

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Access is how the rows of one side log in where the command line says it of all of them at once: mostly with the
// password of an administrator who may act for the users.
type Access struct {
	Login     string // --…-login: template of the login name, such as {user}%admin; default: the user
	Principal string // --…-principal: template of the path of the user's principal, where the login's own would be another
	Auth      string // --…-auth: for rows whose column is empty; default AuthBasic

	// At most one of these, the --…-password-… flags, is given; it is for rows without a password of their own.
	PasswordEnv     string // name of a variable
	PasswordFile    string
	PasswordCommand string
}

// password returns the flag that gives the side's password, false where none does.
func (a Access) password() (f secretField, given bool) {
	for _, f := range a.passwords() {
		if f.text != "" {
			return f, true
		}
	}
	return f, false
}

func (a Access) passwords() []secretField {
	return []secretField{{suffix: envSuffix, text: a.PasswordEnv}, {suffix: fileSuffix, text: a.PasswordFile}, {suffix: commandSuffix, text: a.PasswordCommand}}
}

// flagName is the flag whose value fills a column, such as --source-password-env.
func flagName(side, suffix string) string {
	return "--" + side + strings.ReplaceAll(suffix, "_", "-")
}

// checkAccess checks what the flags say of a side, before any row is looked at.
func (b *binder) checkAccess(side string) {
	a := b.access(side)
	complain := func(flag string, err error) {
		if err != nil {
			b.problems = append(b.problems, AccountProblem{Text: fmt.Sprintf("%s: %v", flagName(side, flag), err)})
		}
	}
	complain("_login", a.checkLogin("--"+side+"-"))
	complain("_principal", a.checkPrincipal())
	if a.Auth != "" && !slices.Contains([]string{AuthBasic, AuthDigest, AuthBearer}, a.Auth) {
		complain(authSuffix, errors.New("unknown; one of basic, digest, bearer"))
	}
	given := slices.DeleteFunc(a.passwords(), func(f secretField) bool { return f.text == "" })
	if len(given) > 1 {
		complain(given[1].suffix, fmt.Errorf("%s is given too; one of them is enough", flagName(side, given[0].suffix)))
	}
}

// checkLogin checks the template of the login name. flags is what the flags' names begin with, such as "--source-".
func (a Access) checkLogin(flags string) error {
	t := template(a.Login)
	if err := t.check(); err != nil {
		return err
	}
	switch {
	case hasControl(a.Login):
		return errors.New("holds a control character")
	case a.Login != "" && a.Principal == "" && !t.tellsUsers():
		return fmt.Errorf("holds neither {user} nor {local}: every row would lead to the same account; "+
			"add one, or say where the user's principal is with %sprincipal", flags)
	}
	return nil
}

func (a Access) checkPrincipal() error {
	t := template(a.Principal)
	if err := t.check(); err != nil || a.Principal == "" {
		return err
	}
	switch {
	case !strings.HasPrefix(a.Principal, "/") || strings.HasPrefix(a.Principal, "//"):
		return errors.New("not the path of a principal, which begins with / and has no host, such as /SOGo/dav/{user}/")
	case strings.ContainsAny(a.Principal, "?#") || hasControl(a.Principal):
		return errQuery
	case !t.tellsUsers():
		return errors.New("holds neither {user} nor {local}: every row would lead to the same account")
	}
	return nil
}

// actFor fills in how the row logs in where that is not as the user himself.
func (b *binder) actFor(row []cell, side string, e *Endpoint) {
	a := b.access(side)
	if a.Login == "" && a.Principal == "" {
		return
	}
	c, ok := b.cell(row, side+userSuffix)
	if !ok {
		c = row[0]
	}
	if e.User == "" {
		if e.Auth == AuthBearer || b.byCertificate(row, side, e.Auth) { // of others it was said
			b.report(c.at, "%s: empty; --%s-login and --%s-principal want the user whose account it is", side+userSuffix, side, side)
		}
		return
	}
	if err := a.fill(e, "--"+side+"-"); err != nil {
		b.report(c.at, "%s: %v", side+userSuffix, err)
	}
}

// ActFor returns an endpoint that logs in as the templates say, which are checked, for the user of e. flags is what the
// names of the flags in messages begin with, such as "--source-".
func (a Access) ActFor(e Endpoint, flags string) (Endpoint, error) {
	if err := a.checkLogin(flags); err != nil {
		return e, fmt.Errorf("%slogin: %w", flags, err)
	}
	if err := a.checkPrincipal(); err != nil {
		return e, fmt.Errorf("%sprincipal: %w", flags, err)
	}
	switch {
	case a.Login == "" && a.Principal == "":
		return e, nil
	case e.User == "":
		return e, fmt.Errorf("%slogin and %sprincipal want the user whose account it is", flags, flags)
	}
	err := a.fill(&e, flags)
	if err != nil {
		err = fmt.Errorf("the user: %w", err)
	}
	return e, err
}

// fill puts the endpoint's user into the templates.
func (a Access) fill(e *Endpoint, flags string) error {
	var loginOK, principalOK bool
	e.LoginName, loginOK = template(a.Login).fill(e.User, func(s string) string { return s })
	e.Principal, principalOK = template(a.Principal).fill(e.User, url.PathEscape)
	switch {
	case !loginOK:
		return fmt.Errorf("not a mail address, whose {domain} is wanted by %slogin", flags)
	case !principalOK:
		return fmt.Errorf("not a mail address, whose {domain} is wanted by %sprincipal", flags)
	case e.Auth == AuthBasic && strings.Contains(e.loginName(), ":"):
		return errors.New("holds a colon, which basic authentication cannot send (RFC 7617); digest can")
	case climbs(e.Principal):
		return errors.New("not a name that can stand in a path")
	}
	return nil
}

// climbs tells whether a path leads elsewhere than it reads.
func climbs(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool { return segment == "." || segment == ".." })
}

// access returns what the flags say of a side.
func (b *binder) access(side string) Access {
	if side == sourceSide {
		return b.defaults.SourceAccess
	}
	return b.defaults.DestinationAccess
}
