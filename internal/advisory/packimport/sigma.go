package packimport

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// maxFolders is how deep folders of rules are followed.
const maxFolders = 24

// fromFolder makes a pack of a folder of Sigma rules: every .yml and .yaml file below it. Symbolic links are not followed.
func fromFolder(fsys fs.FS, name string, o Options) (*Result, error) {
	d, err := newDraft(name, o)
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(fsys, ".", func(p string, e fs.DirEntry, err error) error {
		ext := strings.ToLower(path.Ext(p))
		isRule := ext == ".yml" || ext == ".yaml"
		switch {
		case err != nil:
			d.remark(p, "it cannot be read: %s", err)
			if e != nil && e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			if p != "." && (strings.HasPrefix(e.Name(), ".") || strings.Count(p, "/") >= maxFolders) {
				return fs.SkipDir
			}
			return nil
		case !isRule:
			return nil
		case !e.Type().IsRegular():
			d.remark(p, "it is no regular file: it is not followed")
			return nil
		}
		if len(d.rules) >= maxRules {
			d.remark(p, "it is beyond the first %d files: import the folders below one by one", maxRules)
			return fs.SkipAll
		}
		data, err := readFile(fsys, p)
		if err != nil {
			d.remark(p, "it cannot be read: %s", err)
			return nil
		}
		d.addRuleFile(p, p, string(trimBOM(data)))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("import pack: %w", err)
	}
	if len(d.rules) == 0 {
		return nil, fmt.Errorf("import pack: there are no Sigma rules in %s", name)
	}
	d.nameAfterFolder()
	return d.finish(Sigma)
}

func readFile(fsys fs.FS, p string) ([]byte, error) {
	f, err := fsys.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return io.ReadAll(io.LimitReader(f, maxRuleFile+1))
}

// nameAfterFolder gives a pack of rules what rules do not have.
func (d *draft) nameAfterFolder() {
	d.m.Title = "Sigma rules of " + strings.TrimSuffix(d.source, extension(d.source))
	d.m.Summary = fmt.Sprintf("Sigma rules that were imported from %s. What each finds stands in the rule; the source has no advisory that goes with them.", d.source)
}
