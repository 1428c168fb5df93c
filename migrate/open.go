package migrate

import (
	"context"
	"fmt"

	"davferry/internal/bag"
	"davferry/internal/dav"
	"davferry/sink"
	"davferry/source"
)

// openSource finds and logs in to the source, or opens the account's part of the archive.
func (t *transfer) openSource(ctx context.Context) (err error) {
	if t.job.From != nil {
		t.from, err = t.job.From.Account(t.account.Name)
		return err
	}
	if t.fromDAV, err = t.open(ctx, t.account.Source); err != nil {
		return err
	}
	if t.job.To != nil {
		t.fromDAV.SpareStates() // an archive is made anew each time: no later run asks for them
	}
	t.from = source.NewServer(t.fromDAV, t.job.Batch)
	if t.report.Forecast != nil {
		t.report.Forecast.Source = sideOf(t.fromDAV)
	}
	return nil
}

// openSink finds and logs in to the destination, or begins the account's part of the archive.
func (t *transfer) openSink(ctx context.Context) (err error) {
	if t.job.To != nil {
		info := bag.Account{Label: t.account.Name, Folder: t.job.folders[t.account.Name], Source: t.account.Source.Address}
		if t.fromDAV != nil {
			info.Principal = t.fromDAV.Principal()
		}
		t.to, err = t.job.To.Account(info)
		return err
	}
	if t.toDAV, err = t.open(ctx, t.account.Destination); err != nil {
		return err
	}
	t.to = sink.NewServer(t.toDAV, t.job.Batch, t.job.invitations() != InvitationsAllow)
	if t.report.Forecast != nil {
		t.report.Forecast.Destination = sideOf(t.toDAV)
	}
	return t.toDAV.Options(ctx, dav.Calendar)
}

func (t *transfer) open(ctx context.Context, e Endpoint) (*dav.Account, error) {
	login := e.Login()
	login.Aside = func(ctx context.Context, wait func(context.Context) error) error { return t.turn.stepAside(ctx, wait) }
	return t.job.Network.Open(ctx, e.Address, login, func(s dav.Step) {
		t.log.Debug("discovery", "service", s.Kind.Service(), "question", s.Question, "answer", s.Answer, "decision", s.Decision)
	})
}

// Login returns the endpoint's login for package dav. Without a password it has no Secret, and its requests carry nothing
// but the client certificate, if there is one.
func (e Endpoint) Login() dav.Login {
	login := dav.Login{User: e.loginName(), Auth: dav.Auth(e.Auth), Principal: e.Principal}
	if e.LoginName != "" || e.Principal != "" {
		login.For = e.User
	}
	if !e.Password.IsSet() {
		return login
	}
	login.Secret = func(ctx context.Context, refused string) (string, error) {
		secret, err := e.Password.Reveal(ctx)
		if refused != "" {
			secret, err = e.Password.Refresh(ctx, refused)
		}
		if err != nil {
			return "", fmt.Errorf("the password of %s: %w", e.loginName(), err)
		}
		return secret, nil
	}
	return login
}
