package main

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// logFlags are the flags about the log. The log of a run is log.jsonl in its state folder; these add to it.
type logFlags struct {
	file, level, format string
}

func (f *logFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.file, "log-file", "", "write the log to `FILE` as well (- for stderr)")
	fs.StringVar(&f.level, "log-level", "info", "log what is of this `LEVEL` or worse: debug (each request), info, warn, error")
	fs.StringVar(&f.format, "log-format", "text", "write --log-file in `FORM` text or json")
}

// check refuses values that cannot be meant.
func (f *logFlags) check() error {
	return errors.Join(oneOf("log-level", f.level, "debug", "info", "warn", "error"), oneOf("log-format", f.format, "text", "json"))
}

// open returns the run's logger. stateDir may be "" for a run that keeps no state.
func (f *logFlags) open(stateDir string, stderr io.Writer) (*slog.Logger, func() error, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.level)); err != nil {
		return nil, nil, usagef("--log-level: %w", err)
	}
	options := &slog.HandlerOptions{Level: level}
	var handlers []slog.Handler
	var closers []io.Closer
	closeAll := func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c.Close())
		}
		return errors.Join(errs...)
	}
	openFile := func(path string) (io.Writer, error) {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			closers = append(closers, file)
		}
		return file, err
	}
	if stateDir != "" {
		w, err := openFile(filepath.Join(stateDir, "log.jsonl"))
		if err != nil {
			return nil, nil, err
		}
		handlers = append(handlers, slog.NewJSONHandler(w, options))
	}
	if f.file != "" {
		w := stderr
		if f.file != "-" {
			var err error
			if w, err = openFile(f.file); err != nil {
				return nil, nil, errors.Join(usagef("--log-file: %w", err), closeAll())
			}
		}
		if f.format == "json" {
			handlers = append(handlers, slog.NewJSONHandler(w, options))
		} else {
			handlers = append(handlers, slog.NewTextHandler(w, options))
		}
	}
	return slog.New(slog.NewMultiHandler(handlers...)), closeAll, nil
}
