package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"davferry/internal/dav"
)

// Journal keeps what became of every object, collection and account, in journal.db in the state folder. A later run
// reads from it what is done already; status and report read what they show.
//
// Rows belong to a target, which says where a verb carries to ("migrate https://dav.example.org/"), an account, and the
// source's path of a collection. Writes are queued and committed in batches, in their order: a collection's sync-token is
// never kept without the objects that were recorded before it. What a crash loses is the end of the queue.
//
// An error that the writer meets is returned by every later call, by Flush and by Close. It is a *JournalError and ends
// the run: nothing may be done that cannot be remembered. All methods may be called from several goroutines.
type Journal struct {
	path string
	db   *sql.DB // reads; the writer has a connection of its own from it

	run     atomic.Int64 // what new rows belong to
	pending atomic.Int64 // writes that are queued and not committed

	sending sync.RWMutex // held for reading while something is put into the queue
	closed  bool         // guarded by sending; the queue is closed then
	queue   chan write
	writer  *journalWriter
	end     func() error // closes once
}

// ErrJournalClosed is the answer of a Journal after Close.
var ErrJournalClosed = errors.New("the journal is closed")

// Record is what became of one object of a source.
type Record struct {
	Path   string // at the source, as its server spells it
	ETag   string // at the source, opaque
	SHA256 string // lower-case hex of the bytes as they were put, which are the source's but for what rules changed; "" before that
	Source string // lower-case hex SHA-256 of the source's bytes as they were fetched last, whatever became of them
	UID    string // "" where it has none
	Size   int64  // octets at the source, -1 where not known

	Outcome   string
	Reason    string // for people
	Status    int    // HTTP status of the answer that decided, 0 where none did
	Condition string // the precondition that failed (RFC 4918 section 16)

	DestPath string  // at the destination, "" where it is not there
	DestETag string  // of the version that is at the destination; opaque
	DestSize int64   // octets at the destination, 0 or less where not known
	Created  bool    // davferry made the object at the destination, in this run or before
	Pieces   []Piece // what else the destination has of it, where that took the object only in parts
	Vanished bool    // the source lists it no more, and it may still be at the destination

	Mapped *Mapped // what rules made of it, nil where none were given

	At time.Time // when this was so; Journal.Record fills it in where it is zero
}

// How a collection ended.
const (
	CollectionSettled    = "settled"    // each object has its outcome, is there still, and needs not be looked at
	CollectionIncomplete = "incomplete" // each object has its outcome
	CollectionFailed     = "failed"     // it ended early
	CollectionSkipped    = "skipped"    // it was left out
)

// CollectionRecord is what became of one collection of a source.
type CollectionRecord struct {
	DestPath string    // at the destination
	State    dav.State // of the source when its objects were listed
	Dest     dav.State // of the destination when its objects were listed after the last write
	Terms    string    // what was selected, and what was done on the way
	Created  bool      // davferry made the collection at the destination, in this run or before
	Listed   int64     // objects that the source listed
	Outcome  string    // one of the Collection… constants, "" while it is not known
	Reason   string
	At       time.Time // filled in where it is zero

	Changed, Left string // names of the rules that changed its time zone or had to leave it; PutCollectionChanges keeps them
}

// mapped returns what rules did to the collection's own properties.
func (r CollectionRecord) mapped() *Mapped { return &Mapped{Changed: r.Changed, Left: r.Left} }

// AccountRecord is how far an account is.
type AccountRecord struct {
	State  string
	Reason string
	At     time.Time // filled in where it is zero
}

// RunRecord is one run of davferry.
type RunRecord struct {
	ID       int64
	Verb     string // as StartRun was told
	Started  time.Time
	Finished time.Time // zero while it goes on, and for ever where it was killed
	Exit     int       // the exit status, -1 without an end
}

// drySuffix marks the dry runs among the runs.
const drySuffix = " --dry-run"

// DryRunOf is what StartRun is to be told of a dry run of a verb, of which the journal keeps nothing but that.
func DryRunOf(verb string) string { return verb + drySuffix }

// OpenJournal opens the journal in a state folder and makes both where they are missing. The caller holds the folder's
// Lock. A journal that is damaged or from a newer davferry is refused with a *JournalError that says what to do; it is
// never started over. ctx is for opening only.
func OpenJournal(ctx context.Context, dir string) (*Journal, error) {
	path, err := prepareJournal(ctx, dir)
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, path)
	if err != nil {
		return nil, err
	}
	w, err := newJournalWriter(ctx, db, path)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	j := &Journal{path: path, db: db, writer: w, queue: make(chan write, queueLength)}
	j.end = sync.OnceValue(j.shutDown)
	go w.run(j.queue, &j.pending)
	return j, nil
}

// Close commits what is queued and closes the file. It returns the first error that the writer met.
func (j *Journal) Close() error { return j.end() }

func (j *Journal) shutDown() error {
	j.sending.Lock()
	j.closed = true
	close(j.queue)
	j.sending.Unlock()
	<-j.writer.done
	err := j.writer.close()
	if closing := j.db.Close(); err == nil && closing != nil {
		err = journalError(j.path, closing)
	}
	return err
}

// Flush returns when all that was recorded before is committed.
func (j *Journal) Flush(ctx context.Context) error {
	return j.perform(ctx, func(context.Context, *statements) error { return nil })
}

// Record keeps what became of an object, in place of what was kept of it before.
func (j *Journal) Record(ctx context.Context, target, account, collection string, r Record) error {
	key := collectionKey{target, account, collection}
	run, at := j.run.Load(), stamp(r.At)
	return j.submit(ctx, write{apply: func(ctx context.Context, s *statements) error {
		return s.putObject(ctx, key, r, run, at)
	}})
}

// Forget removes what is kept of an object.
func (j *Journal) Forget(ctx context.Context, target, account, collection, path string) error {
	key := collectionKey{target, account, collection}
	return j.submit(ctx, write{apply: func(ctx context.Context, s *statements) error {
		return s.forgetObject(ctx, key, path)
	}})
}

// ForgetCollection removes what is kept of a collection and of its objects.
func (j *Journal) ForgetCollection(ctx context.Context, target, account, path string) error {
	key := collectionKey{target, account, path}
	return j.submit(ctx, write{apply: func(ctx context.Context, s *statements) error {
		return s.forgetCollection(ctx, key)
	}})
}

// Reaffirm makes the objects of a collection that are at the destination unchanged ones of this run.
func (j *Journal) Reaffirm(ctx context.Context, target, account, collection string) error {
	key := collectionKey{target, account, collection}
	run, at := j.run.Load(), stamp(time.Time{})
	return j.submit(ctx, write{apply: func(ctx context.Context, s *statements) error {
		return s.reaffirm(ctx, key, run, at)
	}})
}

// Vanish marks the objects of a collection that the source has no more.
func (j *Journal) Vanish(ctx context.Context, target, account, collection string) error {
	key := collectionKey{target, account, collection}
	return j.submit(ctx, write{apply: func(ctx context.Context, s *statements) error {
		return s.vanish(ctx, key)
	}})
}

// PutCollection keeps what became of a collection, in place of what was kept of it before.
func (j *Journal) PutCollection(ctx context.Context, target, account, path string, r CollectionRecord) error {
	key := collectionKey{target, account, path}
	run, at := j.run.Load(), stamp(r.At)
	return j.submit(ctx, write{apply: func(ctx context.Context, s *statements) error {
		return s.putCollection(ctx, key, r, run, at)
	}})
}

// PutAccount keeps how far an account is.
func (j *Journal) PutAccount(ctx context.Context, target, account string, r AccountRecord) error {
	run, at := j.run.Load(), stamp(r.At)
	return j.submit(ctx, write{apply: func(ctx context.Context, s *statements) error {
		return s.putAccount(ctx, target, account, r, run, at)
	}})
}

// StartRun begins a run and returns its number. What is recorded from now on belongs to it.
func (j *Journal) StartRun(ctx context.Context, verb string) (int64, error) {
	var id int64
	err := j.perform(ctx, func(ctx context.Context, s *statements) (err error) {
		id, err = s.startRun(ctx, verb)
		return err
	})
	if err != nil {
		return 0, err
	}
	j.run.Store(id)
	return id, nil
}

// FinishRun keeps a run's end and its exit status, after all that was recorded before.
func (j *Journal) FinishRun(ctx context.Context, id int64, exit int) error {
	return j.perform(ctx, func(ctx context.Context, s *statements) error {
		return s.finishRun(ctx, id, exit)
	})
}

// Bind ties the journal to what it is about. identities holds for each subject ("accounts file", "destination of
// alice") what it is; a subject seen for the first time is kept, one that has changed is refused with a *JournalError,
// and nothing is kept then.
func (j *Journal) Bind(ctx context.Context, identities map[string]string) error {
	var foreign error
	err := j.perform(ctx, func(ctx context.Context, s *statements) (err error) {
		foreign, err = s.bind(ctx, identities)
		return err
	})
	if err != nil {
		return err
	}
	if foreign != nil {
		return &JournalError{Path: j.path, Err: foreign, Advice: adviceForeign}
	}
	return nil
}

// submit queues a write. It waits while the queue is full.
func (j *Journal) submit(ctx context.Context, w write) error {
	j.sending.RLock()
	defer j.sending.RUnlock()
	if j.closed {
		return j.closedError()
	}
	if err := j.writer.failure(); err != nil {
		return err
	}
	j.pending.Add(1)
	select {
	case j.queue <- w: // also after ctx: what was done is remembered where that takes no waiting
		return nil
	default:
	}
	select {
	case j.queue <- w:
		return nil
	case <-j.writer.done:
		j.pending.Add(-1)
		return j.writer.failure()
	case <-ctx.Done():
		j.pending.Add(-1)
		return context.Cause(ctx)
	}
}

// perform queues a write and waits until it is committed.
func (j *Journal) perform(ctx context.Context, apply applyFunc) error {
	committed := make(chan struct{})
	if err := j.submit(ctx, write{apply: apply, committed: committed}); err != nil {
		return err
	}
	select {
	case <-committed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-j.writer.done:
	}
	select {
	case <-committed: // the last batch before Close
		return nil
	default:
		return j.writer.failure()
	}
}

// settle makes reads see what was recorded before.
func (j *Journal) settle(ctx context.Context) error {
	if j.pending.Load() == 0 {
		return j.writer.failure()
	}
	return j.Flush(ctx)
}

func (j *Journal) closedError() error {
	if err := j.writer.failure(); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", j.path, ErrJournalClosed)
}

// stamp returns a time as the journal keeps it: nanoseconds of the Unix epoch, now where it is zero.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		t = time.Now()
	}
	return t.UnixNano()
}
