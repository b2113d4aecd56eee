package translog

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"

	"golang.org/x/mod/sumdb/note"
)

const (
	checkpointName = "checkpoint"
	cosignedName   = "cosigned"
)

// ErrClosed says that a log or a witness has been closed.
var ErrClosed = errors.New("it is closed")

// Log is a log in a folder, laid out as C2SP tlog-tiles has it: any web server can serve the folder. One process has it open. Its
// methods may be called by several goroutines.
type Log struct {
	keys   LogKeys
	signer logSigner
	store  storage
	closer func() error

	commit    sync.Mutex // is held while the log changes, and guards the next three
	broken    bool       // an append is under way, or was cut off and has to be done again
	unsettled bool       // it is acknowledged, and settle comes next
	old       []string   // folders of states of tiles that have become full by it

	mu       sync.RWMutex // guards what follows, for as long as it takes to look
	head     *SignedCheckpoint
	cosigned *SignedCheckpoint // the largest with cosignatures; nil if none
	edge     *edge             // replaced, never changed
	index    *index
	next     *batch // what waits for its turn
	asked    map[Key]int64
	closed   bool
	running  sync.WaitGroup
}

// batch is what is appended at once, under one checkpoint.
type batch struct {
	entries []Digest
	done    chan struct{}
	err     error // once done is closed
}

// Create makes an empty log in a folder, with a signed checkpoint of no entries, and opens it. The folder may exist, but has no log.
// The origin is the log's name for all time, a URL without scheme such as "example.org/log"; signer has an Ed25519 key.
func Create(dir, origin string, signer crypto.Signer) (*Log, error) {
	key, err := keyOf(origin, signer)
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	store, err := createFolder(dir, checkpointName, pendingName, "tile")
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	l, err := createIn(store, store.close, key, signer)
	if err == nil {
		err = syncParent(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("create log in %s: %w", dir, errors.Join(err, store.close()))
	}
	return l, nil
}

func createIn(store storage, closer func() error, key Key, signer crypto.Signer) (*Log, error) {
	l := newLog(store, closer, key, signer)
	head, err := l.sign(Checkpoint{Origin: key.Name, Root: EmptyRoot})
	if err != nil {
		return nil, err
	}
	if err := writeLasting(store, checkpointName, head.note); err != nil {
		return nil, err
	}
	l.head, l.edge, l.index = head, &edge{}, newIndex(0)
	return l, nil
}

// Open opens a log that [Create] has made. It reads all entries and checks that they give the signed root, and finishes an
// append that was cut off. A folder without a checkpoint is an error: what looks like an empty log may be one that is not
// there, and a second beginning would be a fork.
func Open(dir, origin string, signer crypto.Signer) (*Log, error) {
	key, err := keyOf(origin, signer)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	store, err := openFolder(dir, checkpointName)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l, err := openIn(store, store.close, key, signer)
	if err != nil {
		return nil, fmt.Errorf("open log in %s: %w", dir, errors.Join(err, store.close()))
	}
	return l, nil
}

func openIn(store storage, closer func() error, key Key, signer crypto.Signer) (*Log, error) {
	l := newLog(store, closer, key, signer)
	if err := l.load(); err != nil {
		return nil, err
	}
	l.commit.Lock()
	defer l.commit.Unlock()
	if err := l.finishPending(); err != nil {
		return nil, err
	}
	return l, nil
}

func newLog(store storage, closer func() error, key Key, signer crypto.Signer) *Log {
	return &Log{
		keys:   LogKeys{Origin: key.Name, Keys: [][32]byte{key.Public}},
		signer: logSigner{key, signer},
		store:  store,
		closer: closer,
		asked:  map[Key]int64{},
	}
}

// load reads the state at the last checkpoint.
func (l *Log) load() error {
	raw, err := l.store.read(checkpointName)
	if err != nil {
		return err
	}
	if l.head, err = l.keys.Open(raw); err != nil {
		return fmt.Errorf("%s: %w", checkpointName, err)
	}
	raw, err = l.store.read(cosignedName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if l.cosigned, err = l.keys.Open(raw); err != nil {
			return fmt.Errorf("%s: %w", cosignedName, err)
		}
		if l.cosigned.Size > l.head.Size {
			return fmt.Errorf("%s has %d entries, more than the %d of %s: the folder was put together from two times", cosignedName,
				l.cosigned.Size, l.head.Size, checkpointName)
		}
	}
	return l.loadEntries()
}

// loadEntries reads the entries, and makes the edge and the index of them.
func (l *Log) loadEntries() error {
	size := l.head.Size
	l.edge, l.index = &edge{}, newIndex(size)
	type loaded struct {
		entries []Digest
		over    Hash // over all, of a full bundle
		err     error
	}
	read := func(n int64) loaded {
		entries, err := l.readBundle(tileOf(entriesLevel, n, size))
		if err != nil || len(entries) < tileWidth {
			return loaded{entries: entries, err: err}
		}
		var leaves [tileWidth]Hash
		for i, d := range entries {
			leaves[i] = LeafHash(d)
		}
		return loaded{entries: entries, over: subtree(leaves[:])}
	}
	bundles := (size + tileWidth - 1) / tileWidth
	for b := range ahead(bundles, 2*runtime.GOMAXPROCS(0), read) {
		if b.err != nil {
			return b.err
		}
		for _, d := range b.entries {
			if !l.index.add(d) {
				return fmt.Errorf("entry %d is there twice: another program has written this log", len(l.index.entries))
			}
		}
		if len(b.entries) == tileWidth {
			l.edge.pushBundle(b.over)
			continue
		}
		for _, d := range b.entries {
			l.edge.push(LeafHash(d), nil)
		}
	}
	if root := l.edge.root(); root != l.head.Root {
		return fmt.Errorf("the entries give the root %s, the checkpoint of %d has %s\nhint: check the log to learn which file is damaged",
			root, size, l.head.Root)
	}
	return nil
}

// readBundle reads entries from the log's own folder.
func (l *Log) readBundle(t tile) ([]Digest, error) {
	data, err := l.store.read(t.path())
	if err != nil {
		return nil, err
	}
	entries, err := ParseBundle(data, t.width)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.path(), err)
	}
	return entries, nil
}

// Close waits for appends that have begun and gives the folder free.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	l.running.Wait()
	l.commit.Lock()
	defer l.commit.Unlock()
	return l.closer()
}

// Keys returns what others need to verify this log.
func (l *Log) Keys() LogKeys { return l.keys }

// Head returns the last checkpoint, with the cosignatures that it has so far.
func (l *Log) Head() *SignedCheckpoint {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.head
}

// Cosigned returns the largest checkpoint that has cosignatures, and false if none has.
func (l *Log) Cosigned() (*SignedCheckpoint, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.cosigned, l.cosigned != nil
}

// Index returns where an entry is.
func (l *Log) Index(d Digest) (int64, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.index.find(d)
}

// sign signs a checkpoint.
func (l *Log) sign(c Checkpoint) (*SignedCheckpoint, error) {
	raw, err := note.Sign(&note.Note{Text: string(c.Text())}, l.signer)
	if err != nil {
		return nil, err
	}
	return l.keys.Open(raw)
}

// Append adds entries that the log does not have, in their order, and returns where each is, in the order of digests. When it
// returns they are on the disk under a signed checkpoint. What several goroutines append at a time comes under one.
//
// After an error, also that of ctx, entries may have been added or may yet be; appending them again tells.
func (l *Log) Append(ctx context.Context, digests ...Digest) ([]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	if at, ok := l.lookUp(digests); ok {
		return at, nil
	}
	b, err := l.join(digests)
	if err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	select {
	case <-b.done:
	case <-ctx.Done():
		return nil, fmt.Errorf("append: %w", ctx.Err())
	}
	if b.err != nil {
		return nil, fmt.Errorf("append: %w", b.err)
	}
	at, _ := l.lookUp(digests)
	return at, nil
}

// lookUp returns where entries are, and false where the log does not have all.
func (l *Log) lookUp(digests []Digest) ([]int64, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	at := make([]int64, len(digests))
	for i, d := range digests {
		var ok bool
		if at[i], ok = l.index.find(d); !ok {
			return nil, false
		}
	}
	return at, true
}

// join adds entries to the batch that waits, or begins one.
func (l *Log) join(digests []Digest) (*batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	if l.next == nil {
		b := &batch{done: make(chan struct{})}
		l.next = b
		l.running.Go(func() { l.run(b) })
	}
	l.next.entries = append(l.next.entries, digests...)
	return l.next, nil
}

// run appends a batch. It does so to its end, whoever has stopped waiting.
func (l *Log) run(b *batch) {
	l.commit.Lock()
	defer l.commit.Unlock()
	l.mu.Lock()
	l.next = nil
	l.mu.Unlock()
	b.err = l.append(b.entries)
	close(b.done)
	if l.unsettled {
		_ = l.settle() // where it fails, the next append begins with it
	}
}

// append writes those of entries that are new. The caller holds commit.
func (l *Log) append(entries []Digest) error {
	if l.broken {
		if err := l.finishPending(); err != nil {
			return err
		}
	}
	var fresh []Digest
	seen := make(map[Digest]bool, len(entries))
	l.mu.RLock()
	for _, d := range entries {
		if _, ok := l.index.find(d); !ok && !seen[d] {
			seen[d] = true
			fresh = append(fresh, d)
		}
	}
	l.mu.RUnlock()
	switch {
	case len(fresh) == 0:
		return nil
	case l.edge.size+int64(len(fresh)) > maxEntries:
		return fmt.Errorf("the log is full: it holds %d entries", int64(maxEntries))
	}
	return l.write(fresh)
}

// write appends new entries. The caller holds commit. The order is what makes it safe: what is to be done, then tiles, then
// the checkpoint; each lasts before the next begins, and nothing is signed of which the machine could forget a part. That
// the checkpoint lasts is for settle to see to: entries need not wait for it, since whoever opens the log would finish what
// is pending, with the same checkpoint.
func (l *Log) write(fresh []Digest) error {
	l.broken = true
	p := pending{size: l.edge.size, entries: fresh}
	if err := writeLasting(l.store, pendingName, p.encode()); err != nil {
		return err
	}
	grown := l.grow(fresh)
	if err := l.writeFiles(grown.files); err != nil {
		return err
	}
	if err := l.store.sync(); err != nil {
		return err
	}
	head, err := l.sign(Checkpoint{Origin: l.keys.Origin, Size: grown.edge.size, Root: grown.edge.root()})
	if err != nil {
		return err
	}
	if err := l.store.write(checkpointName, head.note); err != nil {
		return err
	}
	l.mu.Lock()
	for _, d := range fresh {
		l.index.add(d)
	}
	l.head, l.edge = head, grown.edge
	l.mu.Unlock()
	l.unsettled, l.old = true, grown.old
	return nil
}

// settle ends what write has done. The caller holds commit.
func (l *Log) settle() error {
	l.unsettled = false
	if err := l.store.sync(); err != nil {
		return err
	}
	l.broken = false
	for _, dir := range l.old {
		_ = l.store.remove(dir) // states of tiles that are full now; they do no harm where they stay
	}
	return nil
}

// grown is what a log has after an append.
type grown struct {
	edge  *edge
	files []file
	old   []string // folders of states of tiles that have become full
}

type file struct {
	name string
	data []byte
}

// grow computes what appending entries changes.
func (l *Log) grow(fresh []Digest) grown {
	from := l.edge.size
	g := grown{edge: l.edge.clone()}
	full := func(level int, n int64, hashes []Hash) {
		t := tile{level: level, n: n, width: tileWidth}
		g.files = append(g.files, file{t.path(), appendHashes(make([]byte, 0, t.bytes()), hashes)})
		if tileOf(level, n, from).width > 0 {
			g.old = append(g.old, t.partialDir())
		}
	}
	tail := append(make([]Digest, 0, tileWidth), l.index.entries[from-from%tileWidth:]...)
	bundle := func() file {
		t := tile{level: entriesLevel, n: (g.edge.size - 1) / tileWidth, width: len(tail)}
		data := make([]byte, 0, t.bytes())
		for _, d := range tail {
			data = appendEntry(data, d)
		}
		if t.width == tileWidth && tileOf(entriesLevel, t.n, from).width > 0 {
			g.old = append(g.old, t.partialDir())
		}
		return file{t.path(), data}
	}
	for _, d := range fresh {
		g.edge.push(LeafHash(d), full)
		if tail = append(tail, d); len(tail) == tileWidth {
			g.files = append(g.files, bundle())
			tail = tail[:0]
		}
	}
	if len(tail) > 0 {
		g.files = append(g.files, bundle())
	}
	for level, hashes := range g.edge.levels {
		t := tile{level: level, n: g.edge.size >> (tileHeight * (level + 1)), width: len(hashes)}
		if t.width > 0 && tileOf(level, t.n, from).width != t.width {
			g.files = append(g.files, file{t.path(), appendHashes(make([]byte, 0, t.bytes()), hashes)})
		}
	}
	return g
}

// writers is how many files are written at a time: waiting for a disk is most of it.
const writers = 8

// writeFiles writes files, in whatever order.
func (l *Log) writeFiles(files []file) error {
	for err := range ahead(int64(len(files)), writers, func(i int64) error { return l.store.write(files[i].name, files[i].data) }) {
		if err != nil {
			return err
		}
	}
	return nil
}
