package attack

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadFolder reads the bundles enterprise-attack.json, ics-attack.json and mobile-attack.json of a folder. Those that
// are not there are left out, but one must be.
func LoadFolder(dir string) (*Facts, error) {
	var files []string
	for _, d := range Domains() {
		name := filepath.Join(dir, string(d)+"-attack.json")
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		files = append(files, name)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no ATT&CK bundle\nhint: it must hold enterprise-attack.json, ics-attack.json or mobile-attack.json", dir)
	}
	return LoadFiles(files...)
}

// LoadFiles reads bundles from files; see [LoadBundle].
func LoadFiles(names ...string) (f *Facts, err error) {
	var readers []io.Reader
	for _, name := range names {
		r, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open ATT&CK bundle: %w", err)
		}
		defer r.Close() //nolint:errcheck // only read
		readers = append(readers, r)
	}
	return LoadBundle(readers...)
}
