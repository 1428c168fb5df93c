package dav

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// errSilent says that a server kept silent for too long.
var errSilent = errors.New("no sign of life from the server")

// watch cancels a request when nothing moves for a while, in either direction. A long transfer that flows has no limit.
type watch struct {
	timer   *time.Timer
	timeout time.Duration
	cancel  context.CancelCauseFunc
	ctx     context.Context
}

func newWatch(ctx context.Context, timeout time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{timeout: timeout, cancel: cancel, ctx: ctx}
	w.timer = time.AfterFunc(timeout, func() { cancel(fmt.Errorf("%w for %v", errSilent, timeout)) })
	return ctx, w
}

func (w *watch) touch() { w.timer.Reset(w.timeout) }

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// explain puts the reason of a cancelled request in the place of "context canceled".
func (w *watch) explain(err error) error {
	if cause := context.Cause(w.ctx); cause != nil && errors.Is(err, context.Canceled) {
		return cause
	}
	return err
}

// body is the body of an answer: reading it is a sign of life, closing it gives the host's place back.
type body struct {
	io.ReadCloser
	watch   *watch
	release func()
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.watch.touch()
	if err != nil && err != io.EOF {
		err = b.watch.explain(err)
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.watch.stop()
	b.release()
	return err
}

type touching struct {
	io.Reader
	watch *watch
}

func (t *touching) Read(p []byte) (int, error) {
	t.watch.touch()
	return t.Reader.Read(p)
}

// discard reads what is left of a short answer, so that the connection can be used again, and closes it. It does not
// wait long for an end that does not come.
func discard(resp *http.Response) {
	if b, ok := resp.Body.(*body); ok {
		timer := time.AfterFunc(time.Second, func() { b.watch.cancel(nil) })
		defer timer.Stop()
	}
	io.CopyN(io.Discard, resp.Body, 64<<10)
	resp.Body.Close()
}
