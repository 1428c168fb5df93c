package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

const header = "account,source_user,source_password,destination_user,destination_password\n"

func TestJournalOfAnotherMigrationIsRefused(t *testing.T) {
	t.Parallel()
	anna, bert := "anna,anna,pw-anna,anna,pw-anna\n", "bert,bert,pw-bert,bert,pw-bert\n"
	for name, tt := range map[string]struct {
		change func(w *world)
		want   string // in the error, "" for none
	}{
		"the same":             {func(*world) {}, ""},
		"one account more":     {func(w *world) { w.accountCSV = header + anna + bert }, ""},
		"another password":     {func(w *world) { w.accountCSV = header + "anna,anna,other,anna,other\n" }, ""},
		"other accounts":       {func(w *world) { w.accountCSV = header + bert }, "another accounts file, with anna"},
		"another destination":  {func(w *world) { _, w.toURL = startServer(t, davtest.Quirks{}) }, "the destination of anna was http://"},
		"another source":       {func(w *world) { _, w.fromURL = startServer(t, davtest.Quirks{}) }, "the source of anna was http://"},
		"another user":         {func(w *world) { w.accountCSV = header + "anna,anna,pw-anna,bert,pw-bert\n" }, "and is now "},
		"a dry run to another": {func(w *world) { w.dryRun = true; _, w.toURL = startServer(t, davtest.Quirks{}) }, "--state"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.fill("anna", 2, 2)
			w.migrate()
			tt.change(w)
			w.from.ResetRequests()
			_, err := w.runJob(t.Context(), w.job(migrate.Migrate))
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			_, foreign := errors.AsType[*migrate.JournalError](err)
			if !foreign || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "--state") {
				t.Errorf("%v", err)
			}
			if len(w.from.Requests()) > 0 {
				t.Error("requests were made")
			}
		})
	}
}

// A destination that let nobody in may be a mistake in the accounts file, which is put right.
func TestMistakenDestinationIsNotRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 2, 2)
	right := w.toURL
	w.retries = 0
	w.toURL = "http://127.0.0.1:1/" // nobody listens there
	if s, err := w.runJob(t.Context(), w.job(migrate.Migrate)); err != nil || s.Accounts.Failed != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	w.toURL = right
	w.want(w.migrate(), migrate.Counts{Listed: 4, Created: 4})
}
