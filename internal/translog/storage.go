package translog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
)

// storage keeps files. A power cut keeps everything that was there at the last sync, and of what came after any part:
// but a file written has either its old content or its whole new one. Several goroutines may use it.
type storage interface {
	// read returns a file; fs.ErrNotExist where there is none.
	read(name string) ([]byte, error)
	// write puts a file in the place of another, or makes it and its folders. Whoever reads sees it from then on.
	write(name string, data []byte) error
	// sync returns when everything that was done before it lasts.
	sync() error
	// remove deletes a file, or a folder with all in it, where there is one.
	remove(name string) error
}

// writeLasting writes a file and returns when it lasts, with everything done before.
func writeLasting(s storage, name string, data []byte) error {
	if err := s.write(name, data); err != nil {
		return err
	}
	return s.sync()
}

// folder is storage in a folder of the file system. One process has it at a time. Unlike package durable it syncs the folders of many
// files at once, and an error in that is one.
type folder struct {
	root *os.Root
	lock *os.File

	mu    sync.Mutex
	made  map[string]bool // folders that are there
	dirty map[string]bool // folders in which names have changed since the last sync
	temps int
}

const (
	lockName = "lock"
	tempDir  = "tmp"
)

// ErrLocked says that another process has the folder of a log or of a witness open.
var ErrLocked = errors.New("another process uses the folder")

// createFolder opens a folder in which none of the names is there, and makes it if it is not.
func createFolder(dir string, names ...string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	free := func() error {
		for _, name := range names {
			if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s has a file %s already: %w", dir, name, fs.ErrExist)
			}
		}
		return nil
	}
	if err := free(); err != nil {
		return nil, err
	}
	f, err := openFolder(dir, ".")
	if err != nil {
		return nil, err
	}
	// Another process may have been quicker, and have gone again.
	if err := free(); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// openFolder opens a folder in which a name is there. In one where it is not, nothing is left behind.
func openFolder(dir, name string) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if _, err := root.Stat(name); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	f := &folder{root: root, made: map[string]bool{".": true}, dirty: map[string]bool{}}
	f.lock, err = root.OpenFile(lockName, os.O_CREATE|os.O_RDWR, 0o644)
	if err == nil {
		err = lock(f.lock)
	}
	if err == nil {
		err = errors.Join(root.RemoveAll(tempDir), root.Mkdir(tempDir, 0o755))
	}
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *folder) close() error {
	var err error
	if f.lock != nil {
		err = f.lock.Close() // gives the lock back
	}
	return errors.Join(err, f.root.Close())
}

func (f *folder) read(name string) ([]byte, error) { return f.root.ReadFile(name) }

func (f *folder) write(name string, data []byte) error {
	if !fs.ValidPath(name) {
		return &fs.PathError{Op: "write", Path: name, Err: fs.ErrInvalid}
	}
	f.mu.Lock()
	f.temps++
	temp := path.Join(tempDir, strconv.Itoa(f.temps))
	err := f.makeFolder(path.Dir(name))
	f.mu.Unlock()
	if err != nil {
		return err
	}
	if err := f.writeTemp(temp, data); err != nil {
		return err
	}
	// From here on the name may have changed, whatever Rename says.
	f.mu.Lock()
	f.dirty[path.Dir(name)] = true
	f.mu.Unlock()
	return f.root.Rename(temp, name)
}

// writeTemp writes a file whose content lasts, under a name that does not.
func (f *folder) writeTemp(temp string, data []byte) (err error) {
	file, err := f.root.OpenFile(temp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// makeFolder makes a folder and those above it. The caller holds mu.
func (f *folder) makeFolder(dir string) error {
	if f.made[dir] {
		return nil
	}
	if err := f.makeFolder(path.Dir(dir)); err != nil {
		return err
	}
	// A folder that is there may be one that a process made which ended before it synced the one above.
	f.dirty[path.Dir(dir)] = true
	if err := f.root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f.made[dir] = true
	return nil
}

func (f *folder) sync() error {
	f.mu.Lock()
	dirty := f.dirty
	f.dirty = map[string]bool{}
	f.mu.Unlock()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for dir := range dirty {
		wg.Go(func() {
			if err := f.syncFolder(dir); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
				f.mu.Lock()
				f.dirty[dir] = true
				f.mu.Unlock()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (f *folder) syncFolder(dir string) error {
	d, err := f.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed since
	}
	if err != nil {
		return err
	}
	return errors.Join(syncDir(d), d.Close())
}

func (f *folder) remove(name string) error {
	f.mu.Lock()
	f.dirty[path.Dir(name)] = true
	delete(f.made, name)
	f.mu.Unlock()
	return f.root.RemoveAll(name)
}

// syncParent makes the name of a new folder last.
func syncParent(dir string) error {
	d, err := os.Open(filepath.Dir(filepath.Clean(dir)))
	if err != nil {
		return err
	}
	return errors.Join(syncDir(d), d.Close())
}

// readBounded reads a file or an answer of at most limit bytes.
func readBounded(r io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = errors.New("longer than it can be")
	}
	return data, err
}
