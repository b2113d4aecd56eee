package coalition

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"entente/internal/durable"
	"entente/internal/parallel"
)

// Folder keeps what a member knows of a coalition as files. A file that is in it has been verified, as far as it could be,
// and is never changed; what a Take has acknowledged is on disk. Two folders of one coalition are brought together by
// taking each file of one into the other.
//
//	roots/00001.json           envelopes of roots
//	events/ab/ab….json         envelopes of events, by digest
//	blobs/ab/ab…               manifests, files, sealed releases, by digest
//	proofs/ab/ab….txt          proofs of the log, by digest
//	waiting/…                  what waits for a root
//	staged/….json              the member's own shares, which are given away when they are due
//	journal                    the names of all of these, in the order in which they came, so that others see what is new
type Folder struct {
	dir  string
	book *Book
	read int64 // bytes of the journal that the book knows of
	// waits are files of waitingDir that the book cannot judge yet, and what they are.
	waits map[Digest]ItemKind
	names map[Digest]*Names // of content that has been looked at; nil where it is no manifest
}

const (
	rootsDir   = "roots"
	eventsDir  = "events"
	blobsDir   = "blobs"
	proofsDir  = "proofs"
	waitingDir = "waiting"
	stagedDir  = "staged"

	journalName = "journal"
)

// ErrNoFolder says that there is no coalition in a folder.
var ErrNoFolder = errors.New("there is no coalition here")

// CreateFolder makes a folder for the coalition of a first root; see [NewChain].
func CreateFolder(dir string, first []byte, pin Digest) (*Folder, error) {
	book, err := NewBook(first, pin)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, rootName(1))); err == nil {
		return nil, fmt.Errorf("%s: there is a coalition in it", dir)
	}
	f := &Folder{dir: dir, book: book, waits: map[Digest]ItemKind{}, names: map[Digest]*Names{}}
	book.names = f.namesOf
	for _, sub := range []string{eventsDir, blobsDir, proofsDir, waitingDir, stagedDir, rootsDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	if err := f.write(rootName(1), first); err != nil {
		return nil, err
	}
	durable.SyncDir(dir)
	return f, nil
}

// OpenFolder reads a folder. The first root in it is trusted: whoever can write there is the member.
// warn is told of files that cannot be read or do not hold; they are passed over.
func OpenFolder(dir string, warn func(name string, err error)) (*Folder, error) {
	first, err := readBounded(filepath.Join(dir, rootName(1)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w\nhint: entente coalition new, or join", dir, ErrNoFolder)
	}
	if err != nil {
		return nil, err
	}
	book, err := NewBook(first, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, rootName(1)), err)
	}
	f := &Folder{dir: dir, book: book, waits: map[Digest]ItemKind{}, names: map[Digest]*Names{}}
	book.names = f.namesOf
	if f.read, err = f.journalSize(); err != nil { // before the files are looked at: what comes meanwhile is met twice
		return nil, err
	}
	for _, part := range []struct {
		dir  string
		take func([]byte) (bool, error)
	}{
		{rootsDir, book.TakeRoot},
		{eventsDir, nil},
		{proofsDir, f.takeProof},
		{waitingDir, f.takeWaiting},
	} {
		if err := f.takeAll(part.dir, part.take, warn); err != nil {
			return nil, err
		}
	}
	return f, f.settle()
}

// atOnce is how many files are read together.
const atOnce = 64

// takeAll takes in the files of a part; without take they are events, whose signatures, most of the work, are verified on all processors.
func (f *Folder) takeAll(dir string, take func([]byte) (bool, error), warn func(name string, err error)) error {
	var names []string
	flush := func() {
		type read struct {
			file  []byte
			err   error
			event *Signed
			wrong error
		}
		files := make([]read, len(names))
		parallel.Each(len(names), func(i int) {
			r := &files[i]
			if r.file, r.err = readBounded(filepath.Join(f.dir, names[i])); r.err == nil && take == nil {
				r.event, r.wrong = ReadEvent(f.book.chain, r.file)
			}
		})
		for i, name := range names {
			r := &files[i]
			err := r.err
			switch {
			case err != nil:
			case take == nil:
				_, err = f.book.takeRead(r.file, r.event, r.wrong)
			default:
				_, err = take(r.file)
			}
			if err != nil && !errors.Is(err, ErrWaits) && !errors.Is(err, fs.ErrNotExist) { // another process may settle what waited
				warn(name, err)
			}
		}
		names = names[:0]
	}
	err := f.walk(dir, func(name string) error {
		if names = append(names, name); len(names) == atOnce {
			flush()
		}
		return nil
	})
	flush()
	return err
}

// takeProof takes in a proof that stands in the folder. Its event may have come, by another process, after events were looked at.
func (f *Folder) takeProof(b []byte) (isNew bool, err error) {
	isNew, err = f.book.TakeProof(b)
	if !errors.Is(err, errNoEvent) {
		return isNew, err
	}
	p, perr := parseProof(b)
	if perr != nil {
		return isNew, err
	}
	event, rerr := readBounded(filepath.Join(f.dir, f.nameOf(eventsDir, p.entry, ".json")))
	if rerr != nil {
		return isNew, err
	}
	if _, err := f.book.TakeEvent(event); err != nil {
		return false, err
	}
	return f.book.TakeProof(b)
}

// takeWaiting takes in what waited when it came.
func (f *Folder) takeWaiting(b []byte) (isNew bool, err error) {
	kind, take := ItemEvent, f.book.TakeEvent
	switch KindOf(b) {
	case ItemRoot:
		kind, take = ItemRoot, f.book.TakeRoot
	case ItemProof:
		kind, take = ItemProof, f.book.TakeProof
	default:
	}
	isNew, err = take(b)
	switch {
	case err == nil, errors.Is(err, ErrWaits):
	case errors.Is(err, errNoEvent), errors.Is(err, ErrUnwitnessed):
		err = fmt.Errorf("%w: %w", ErrWaits, err)
	default:
		return isNew, err
	}
	f.waits[DigestOf(b)] = kind
	return isNew, err
}

// wait keeps a file that cannot be judged yet.
func (f *Folder) wait(it Item, why error) error {
	d := DigestOf(it.Data)
	if _, known := f.waits[d]; !known && len(f.waits) >= maxWaiting {
		return fmt.Errorf("too many others wait: %w", why)
	}
	f.waits[d] = it.Kind
	if !errors.Is(why, ErrWaits) {
		why = fmt.Errorf("%w: %w", ErrWaits, why)
	}
	return errors.Join(why, f.write(f.nameOf(waitingDir, d, ".json"), it.Data))
}

// settle puts what waited and has come to hold in its place, where it is handed on to others.
func (f *Folder) settle() error {
	for d, kind := range f.waits {
		name := f.nameOf(waitingDir, d, ".json")
		b, err := readBounded(filepath.Join(f.dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			delete(f.waits, d) // another process has done it
			continue
		}
		if err != nil {
			return err
		}
		to := ""
		switch kind {
		case ItemEvent:
			if f.book.Event(d) != nil {
				to = f.nameOf(eventsDir, d, ".json")
			}
		case ItemProof:
			_, err := f.book.TakeProof(b)
			switch {
			case err == nil:
				to = f.nameOf(proofsDir, d, ".txt")
			case !errors.Is(err, errNoEvent) && !f.book.rootsWait(): // it shows nothing after all
				delete(f.waits, d)
				if err := os.Remove(filepath.Join(f.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
				continue
			}
		default:
			if _, r, err := parseRoot(b); err == nil && r.Version <= f.book.chain.Latest().Version {
				to = rootName(r.Version)
			}
		}
		if to == "" {
			continue
		}
		if kind == ItemRoot {
			err = f.writeRoots(1)
		} else {
			err = f.write(to, b)
		}
		if err == nil {
			err = os.Remove(filepath.Join(f.dir, name))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		delete(f.waits, d)
	}
	return nil
}

// writeRoots writes the roots of the chain from a version on.
func (f *Folder) writeRoots(from int) error {
	files := f.book.chain.Files()
	for v := from; v <= len(files); v++ {
		if err := f.write(rootName(v), files[v-1]); err != nil {
			return err
		}
	}
	return nil
}

func (f *Folder) walk(sub string, each func(name string) error) error {
	return filepath.WalkDir(filepath.Join(f.dir, sub), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		name, err := filepath.Rel(f.dir, file)
		if err != nil {
			return err
		}
		return each(name)
	})
}

// readBounded reads a file that is not larger than any that there may be.
func readBounded(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRelease+1<<20 || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: it is no file, or larger than any that there may be", file)
	}
	return os.ReadFile(file)
}

// Book is what the files say. Taking files in changes it.
func (f *Folder) Book() *Book { return f.book }

// Dir is where the files are.
func (f *Folder) Dir() string { return f.dir }

func rootName(version int) string { return filepath.Join(rootsDir, fmt.Sprintf("%05d.json", version)) }

func (f *Folder) nameOf(sub string, d Digest, ext string) string {
	hash := strings.TrimPrefix(string(d), "sha256:")
	return filepath.Join(sub, hash[:2], hash+ext)
}

func (f *Folder) write(name string, data []byte) error {
	file := filepath.Join(f.dir, name)
	if _, err := os.Stat(file); err == nil {
		return nil // files never change
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	if err := durable.WriteFile(file, data, 0o600); err != nil {
		return err
	}
	durable.SyncDir(filepath.Dir(filepath.Dir(file)))
	return f.enter(name)
}

// enter writes a name into the journal. It is for those who have the folder open: whoever opens it reads the files.
func (f *Folder) enter(name string) (err error) {
	j, err := os.OpenFile(filepath.Join(f.dir, journalName), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = j.WriteString(filepath.ToSlash(name) + "\n") // in one write, which does not mix with those of others
	return errors.Join(err, j.Close())
}

func (f *Folder) journalSize() (int64, error) {
	info, err := os.Stat(filepath.Join(f.dir, journalName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// maxRefresh bounds how much of the journal is read in one go.
const maxRefresh = 1 << 20

// Ref names a file of a folder.
type Ref struct {
	Kind ItemKind // "" for one that is not handed on
	// Digest is that of the file; "" for a root, which is named by its version.
	Digest Digest
	name   string
}

// Read reads the file that a ref names.
func (f *Folder) Read(r Ref) (Item, error) {
	b, err := readBounded(filepath.Join(f.dir, r.name))
	if err == nil && r.Digest != "" && DigestOf(b) != r.Digest {
		err = fmt.Errorf("%s has been changed on disk", r.name)
	}
	return Item{r.Kind, b}, err
}

// ref is what a name of a file means.
func ref(name string) Ref {
	sub, rest, _ := strings.Cut(filepath.ToSlash(name), "/")
	r := Ref{Kind: map[string]ItemKind{rootsDir: ItemRoot, eventsDir: ItemEvent, proofsDir: ItemProof, blobsDir: ItemBlob}[sub], name: name}
	if d := Digest("sha256:" + strings.TrimSuffix(path.Base(rest), path.Ext(rest))); r.Kind != ItemRoot && d.Valid() {
		r.Digest = d
	}
	return r
}

// Refresh takes in what other processes have put into the folder, and lists what is new. It is cheap where there is nothing.
// Files that do not hold are passed over; the error says which.
func (f *Folder) Refresh() (refs []Ref, err error) {
	size, err := f.journalSize()
	if err != nil || size <= f.read {
		return nil, err
	}
	j, err := os.Open(filepath.Join(f.dir, journalName))
	if err != nil {
		return nil, err
	}
	defer func() { _ = j.Close() }()
	b := make([]byte, min(size-f.read, maxRefresh))
	n, err := j.ReadAt(b, f.read)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var bad []error
	end := bytes.LastIndexByte(b[:n], '\n') + 1 // a line that is being written waits
	for line := range strings.SplitSeq(strings.TrimSuffix(string(b[:end]), "\n"), "\n") {
		r, ok, err := f.entered(line)
		if err != nil && len(bad) < 10 {
			bad = append(bad, fmt.Errorf("%s: %w", line, err))
		}
		if ok {
			refs = append(refs, r)
		}
	}
	f.read += int64(end)
	return refs, errors.Join(append(bad, f.settle())...)
}

// entered takes in a file that the journal names. ok is that it is there and holds, or waits.
func (f *Folder) entered(name string) (r Ref, ok bool, err error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return r, false, nil
	}
	r = ref(filepath.FromSlash(name))
	take := map[ItemKind]func([]byte) (bool, error){ItemRoot: f.book.TakeRoot, ItemEvent: f.book.TakeEvent, ItemProof: f.book.TakeProof}[r.Kind]
	if strings.HasPrefix(name, waitingDir+"/") {
		take = f.takeWaiting
	}
	if take == nil { // they are read when they are needed
		_, err := os.Stat(filepath.Join(f.dir, r.name))
		return r, err == nil, nil
	}
	b, err := readBounded(filepath.Join(f.dir, r.name))
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	if _, err := take(b); err != nil && !errors.Is(err, ErrWaits) {
		return r, false, err
	}
	return r, true, nil
}

// Take takes in a file: it is verified, then kept. isNew says that it was not known. [ErrWaits] says that it is kept, and
// cannot be judged yet.
func (f *Folder) Take(it Item) (isNew bool, err error) {
	switch it.Kind {
	case ItemRoot:
		before := f.book.chain.Latest().Version
		isNew, err = f.book.TakeRoot(it.Data)
		if errors.Is(err, ErrWaits) {
			return isNew, f.wait(it, err)
		}
		if err != nil {
			return false, err
		}
		return isNew, errors.Join(f.writeRoots(before+1), f.settle())
	case ItemEvent:
		isNew, err = f.book.TakeEvent(it.Data)
		switch {
		case errors.Is(err, ErrWaits):
			return isNew, f.wait(it, err)
		case err != nil:
			return false, err
		}
		return isNew, errors.Join(f.write(f.nameOf(eventsDir, DigestOf(it.Data), ".json"), it.Data), f.settle())
	case ItemProof:
		isNew, err = f.book.TakeProof(it.Data)
		switch {
		case errors.Is(err, errNoEvent), errors.Is(err, ErrUnwitnessed) && f.book.rootsWait():
			return true, f.wait(it, err)
		case err != nil:
			return false, err
		}
		return isNew, f.write(f.nameOf(proofsDir, DigestOf(it.Data), ".txt"), it.Data)
	case ItemBlob:
		name := f.nameOf(blobsDir, DigestOf(it.Data), "")
		if _, err := os.Stat(filepath.Join(f.dir, name)); err == nil {
			return false, nil
		}
		return true, f.write(name, it.Data)
	}
	return false, fmt.Errorf("there is no kind of file %.20q", it.Kind)
}

// namesOf is what content says that it is. It is read once.
func (f *Folder) namesOf(d Digest) (Names, bool) {
	n, met := f.names[d]
	if !met && f.HasBlob(d) {
		b, err := f.Blob(d)
		if err != nil {
			return Names{}, false // it is looked at again
		}
		if m, err := ReadManifest(b); err == nil {
			n = new(m.Names())
		}
		f.names[d] = n
	}
	if n == nil {
		return Names{}, false
	}
	return *n, true
}

// Blob reads a file by its digest. What does not have that digest any more is an error.
func (f *Folder) Blob(d Digest) ([]byte, error) {
	if !d.Valid() {
		return nil, fmt.Errorf("%.80q is no digest", d)
	}
	b, err := readBounded(filepath.Join(f.dir, f.nameOf(blobsDir, d, "")))
	if err != nil {
		return nil, fmt.Errorf("file %s: %w", d, err)
	}
	if DigestOf(b) != d {
		return nil, fmt.Errorf("file %s has been changed on disk", d)
	}
	return b, nil
}

// HasBlob says that a file is there.
func (f *Folder) HasBlob(d Digest) bool {
	_, err := os.Stat(filepath.Join(f.dir, f.nameOf(blobsDir, d, "")))
	return d.Valid() && err == nil
}

// Refs are all files that members hand on: roots first, and events before the proofs of them.
func (f *Folder) Refs() (refs []Ref, err error) {
	for v := range f.book.chain.Latest().Version {
		refs = append(refs, ref(rootName(v+1)))
	}
	for _, sub := range []string{blobsDir, eventsDir, proofsDir} {
		err := f.walk(sub, func(name string) error {
			refs = append(refs, ref(name))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// Items calls each for every file of [Folder.Refs].
func (f *Folder) Items(each func(Item) error) error {
	refs, err := f.Refs()
	if err != nil {
		return err
	}
	for _, r := range refs {
		it, err := f.Read(r)
		if err != nil {
			return err
		}
		if err := each(it); err != nil {
			return err
		}
	}
	return nil
}

// Stage keeps the member's signed share until it is due. Nobody else gets it before.
func (f *Folder) Stage(share *Signed) error {
	if share.Kind != KindShare {
		return fmt.Errorf("an event of kind %s cannot be staged", share.Kind)
	}
	return f.write(filepath.Join(stagedDir, strings.TrimPrefix(string(share.ID), "sha256:")+".json"), share.File)
}

// Staged are the shares that are kept, in order of digest.
func (f *Folder) Staged() ([]*Signed, error) {
	var out []*Signed
	err := f.walk(stagedDir, func(name string) error {
		b, err := readBounded(filepath.Join(f.dir, name))
		if err != nil {
			return err
		}
		e, err := ReadEvent(f.book.chain, b)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, e)
		return nil
	})
	slices.SortFunc(out, func(a, b *Signed) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out, err
}

// GiveDue takes in the staged shares that are due at a time, and says which are new: they are for all members.
func (f *Folder) GiveDue(now Time) (given []*Signed, err error) {
	staged, err := f.Staged()
	if err != nil {
		return nil, err
	}
	for _, e := range staged {
		if f.book.Event(e.ID) != nil {
			continue
		}
		r := f.book.Revision(e.Manifest)
		if r == nil || r.Seal == nil || r.Seal.ID != e.Share.Seal || r.Due(now) != "" || f.book.Void(e) != "" {
			continue
		}
		if _, err := f.Take(Item{ItemEvent, e.File}); err != nil {
			return given, err
		}
		given = append(given, e)
	}
	return given, nil
}
