package migrate

import (
	"fmt"
	"io"
	"slices"
)

// Account is one row of the accounts file: someone's collections, where they come from and where they go.
type Account struct {
	Name string // the label in reports, one account only; the login name where the file gives none
	Line int    // where the row begins in the accounts file, 1-based

	Source      Endpoint // zero where the verb reads no server
	Destination Endpoint // zero where the verb writes to no server

	columns []string // the header of the file, shared by its rows
	fields  []string // the row as it was read, without its passwords
}

// Endpoint is one side of an account: a server and the login there.
type Endpoint struct {
	Address  string // a URL, a host, host:port, or a mail address to discover the server from
	User     string // whose account it is, "" for a bearer token or a client certificate that needs no name
	Password Secret // with AuthBearer the token; unset where the client certificate alone is the login
	Auth     string // AuthBasic, AuthDigest or AuthBearer

	LoginName string // who logs in, where that is not User: an administrator who may act for him
	Principal string // path of User's principal, where the server would name another to who logs in
}

// loginName is what the server is told as the name.
func (e Endpoint) loginName() string {
	if e.LoginName != "" {
		return e.LoginName
	}
	return e.User
}

// The ways to log in: RFC 7617, RFC 7616 and RFC 6750.
const (
	AuthBasic  = "basic"
	AuthDigest = "digest"
	AuthBearer = "bearer"
)

// Defaults is what the command line says for all rows of an accounts file.
type Defaults struct {
	Source      string // --source: for rows whose column source is empty
	Destination string // --destination: for rows whose column destination is empty

	// NeedSource and NeedDestination say which sides the verb logs in to. The columns of the other side may be there;
	// they are not looked at.
	NeedSource, NeedDestination bool

	SourceAccess, DestinationAccess Access // how rows log in, where the columns do not say it

	// Known are accounts whose passwords rows take that have none, where server and user are the same: a failures file
	// lacks those that stand in the accounts file it was made from.
	Known []Account

	AllowPlaintext bool // --allow-plaintext: http:// to hosts other than this one
	Certificate    bool // --client-cert: it is the login of rows that give no password
}

// ReadAccounts reads an accounts file: CSV in UTF-8 with a header that names the columns. name is the file's name in
// error messages. It makes no request and runs no password command, but looks up variables and password files.
//
// All that is wrong with the file is in one *AccountsError, ordered by line. Messages never repeat what stands in a
// field: where columns are mixed up, that may be a password.
func ReadAccounts(r io.Reader, name string, d Defaults) ([]Account, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxAccountsFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	s, problems := parseSheet(text)
	if s == nil {
		return nil, &AccountsError{File: name, Problems: problems}
	}
	b := newBinder(s, d)
	b.problems = problems
	accounts := b.bind()
	if len(b.problems) > 0 {
		slices.SortStableFunc(b.problems, AccountProblem.compare)
		return nil, &AccountsError{File: name, Problems: slices.Compact(b.problems)}
	}
	return accounts, nil
}
