package advisory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"go.yaml.in/yaml/v4"

	"entente/internal/sigma"
)

// place is where something of a pack stands.
type place struct {
	file string
	line int
}

// places says where the entries of a pack's lists stand, in their order.
type places struct {
	manifest    map[string]int // line of each key
	ttps        []place
	mitigations []place
	indicators  []place
	tests       []testPlaces
}

type testPlaces struct {
	place
	positive, negative []int
}

// Open reads a pack from a folder or an archive. The error is [InvalidError] where the pack can be read and is not
// as the format wants it. Rules that do not load are in Rules.Problems.
func Open(name string) (*Pack, error) { return whole(Read(name)) }

// OpenFS reads a pack from a file system whose root is the pack's folder; name is for messages.
func OpenFS(fsys fs.FS, name string) (*Pack, error) { return whole(ReadFS(fsys, name)) }

func whole(p *Pack, ps Problems, err error) (*Pack, error) {
	if err != nil {
		return nil, err
	}
	if err := ps.Err(); err != nil {
		return nil, fmt.Errorf("%s is not a pack in order:\n%w", p.Name, err)
	}
	return p, nil
}

// Read is [Open] for somebody who wants to see what there is although some of it is wrong. The error says that there is
// no pack at all.
func Read(name string) (*Pack, Problems, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil, fmt.Errorf("open pack: %w", err)
	}
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return nil, nil, fmt.Errorf("open pack: %s is neither a file nor a folder", name)
		}
		return readArchiveFile(name)
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, nil, fmt.Errorf("open pack: %w", err)
	}
	defer root.Close() //nolint:errcheck // only read
	p, ps, err := ReadFS(root.FS(), name)
	if p != nil {
		p.folder = folderName(name)
	}
	return p, ps, err
}

// ReadFS is [Read] for a file system.
func ReadFS(fsys fs.FS, name string) (*Pack, Problems, error) {
	if info, err := fs.Stat(fsys, manifestFile); err != nil || info.IsDir() {
		return nil, nil, fmt.Errorf("open pack: %s has no %s\nhint: `entente pack new ID` writes a pack to begin with", name, manifestFile)
	}
	files, ps := readFS(fsys)
	p, more := load(files, name)
	return p, append(ps, more...).sorted(), nil
}

// load makes a pack of its files.
func load(files *fileSet, name string) (*Pack, Problems) {
	l := loader{p: &Pack{Name: name, files: files}, files: files}
	l.manifest()
	var rules []sigma.File
	for _, f := range files.names() {
		switch {
		case f == mitigationsFile:
			loadList(&l, f, &l.p.Mitigations, &l.p.at.mitigations)
		case f == indicatorsFile:
			loadList(&l, f, &l.p.Indicators, &l.p.at.indicators)
		case strings.HasPrefix(f, ttpsDir):
			loadList(&l, f, &l.p.TTPs, &l.p.at.ttps)
		case strings.HasPrefix(f, rulesDir):
			if err := CheckRuleText(files.data[f]); err != nil {
				l.fail(f, err)
			}
			rules = append(rules, sigma.File{Name: f, Data: files.data[f]})
		case strings.HasPrefix(f, testsDir):
			l.test(f)
		}
	}
	if text := l.indicators(); text != nil {
		rules = append(rules, sigma.File{Name: indicatorsFile, Data: text})
	}
	l.p.Rules = sigma.ParseFiles(sigma.Options{}, rules...)
	return l.p, l.problems
}

// indicators turns the indicators into rules; those that are not in order are problems.
func (l *loader) indicators() []byte {
	var docs []string
	seen := map[string]place{}
	for i := range l.p.Indicators {
		in, at := &l.p.Indicators[i], l.p.at.indicators[i]
		err := in.Check()
		key := in.Type + " " + strings.ToLower(in.Value)
		if first, ok := seen[key]; ok && err == nil {
			err = fmt.Errorf("%s stands here for the second time, first on line %d", key, first.line)
		}
		if err != nil {
			l.problems = append(l.problems, Problem{Kind: KindFormat, File: at.file, Line: at.line, Reason: err.Error()})
			continue
		}
		seen[key] = at
		docs = append(docs, IndicatorRules(&l.p.Manifest, in)...)
	}
	if len(docs) == 0 {
		return nil
	}
	l.p.indicatorRules = []byte(JoinRules(docs))
	return l.p.indicatorRules
}

type loader struct {
	p        *Pack
	files    *fileSet
	problems Problems
}

func (l *loader) fail(file string, err error) {
	p := Problem{Kind: KindFormat, File: file, Reason: err.Error()}
	if ye, ok := errors.AsType[*yamlError](err); ok {
		p.Line = ye.line
	}
	l.problems = append(l.problems, p)
}

// document reads the YAML of a file; nil where it cannot be read or is empty.
func (l *loader) document(file string) *yaml.Node {
	n, err := parseYAML(l.files.data[file])
	if err != nil {
		l.fail(file, err)
	}
	return n
}

func (l *loader) manifest() {
	n := l.document(manifestFile)
	if n == nil {
		return
	}
	if err := decodeYAML(n, &l.p.Manifest); err != nil {
		l.fail(manifestFile, err)
		return
	}
	l.p.at.manifest = map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		l.p.at.manifest[n.Content[i].Value] = n.Content[i].Line
	}
	switch f := l.p.Manifest.Format; {
	case f == FormatName:
	case f == "":
		l.fail(manifestFile, fmt.Errorf("the format is not stated: write `format: %s`", FormatName))
	case strings.HasPrefix(f, path.Dir(FormatName)+"/"):
		l.fail(manifestFile, yamlErrorf(child(n, "format"), "the format is %q, and this program reads %s: use a later version of it", f, FormatName))
	default:
		l.fail(manifestFile, yamlErrorf(child(n, "format"), "the format is %q: it has to be %s", f, FormatName))
	}
}

// loadList appends the entries of a file's list. One that is wrong costs no other.
func loadList[T any](l *loader, file string, to *[]T, at *[]place) {
	n := l.document(file)
	if n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		l.fail(file, yamlErrorf(n, "the file has to be a list"))
		return
	}
	for _, kid := range n.Content {
		var v T
		if err := decodeYAML(kid, &v); err != nil {
			l.fail(file, err)
			continue
		}
		*to = append(*to, v)
		*at = append(*at, place{file, kid.Line})
	}
}

func (l *loader) test(file string) {
	n := l.document(file)
	if n == nil {
		return
	}
	t := RuleTest{File: file}
	if err := decodeYAML(n, &t); err != nil {
		l.fail(file, err)
		return
	}
	t.Rule = strings.ToLower(t.Rule)
	lines := func(key string) []int {
		var out []int
		if list := child(n, key); list != nil {
			for _, c := range list.Content {
				out = append(out, c.Line)
			}
		}
		return out
	}
	l.p.Tests = append(l.p.Tests, t)
	l.p.at.tests = append(l.p.at.tests, testPlaces{place{file, n.Line}, lines("positive"), lines("negative")})
}
