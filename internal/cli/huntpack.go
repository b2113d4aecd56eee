package cli

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"entente/internal/advisory"
	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/report"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
	"entente/packs"
)

// packSet are the advisory packs that a hunt runs with.
type packSet struct {
	packs []*advisory.Pack
	// embedded says that the packs are those that come with the program, for nobody named any rules.
	embedded bool
}

// openPacks opens packs by name or path; of the same pack named twice the first counts.
func openPacks(args []string) (*packSet, error) {
	s := &packSet{}
	seen := map[string]string{}
	for _, arg := range args {
		p, err := openToHunt(arg)
		if err != nil {
			return nil, err
		}
		key := p.Manifest.ID + "@" + p.Manifest.Version
		if other, ok := seen[p.Manifest.ID]; ok {
			if other != key {
				return nil, usagef("--pack: %s and %s are versions of one pack\nhint: hunt with one of them", printable(other), printable(key))
			}
			continue
		}
		seen[p.Manifest.ID] = key
		s.packs = append(s.packs, p)
	}
	if err := coverage.Clash(s.packs); err != nil {
		return nil, usagef("--pack: %w", err)
	}
	return s, nil
}

// openToHunt is openPack without the tests of packs that come with the program: a hunt has no use for them, and reading
// them would be most of the work of opening.
func openToHunt(arg string) (*advisory.Pack, error) {
	fsys := packs.Open(arg)
	if _, err := os.Stat(arg); err == nil || fsys == nil {
		return openPack(arg)
	}
	p, err := advisory.OpenFS(withoutTests{fsys}, arg)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return p, nil
}

// withoutTests hides the tests of a pack.
type withoutTests struct{ fs.FS }

const packTests = "tests"

func (w withoutTests) Open(name string) (fs.File, error) {
	if name == packTests || strings.HasPrefix(name, packTests+"/") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return w.FS.Open(name)
}

// ReadDir lists a folder.
func (w withoutTests) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(w.FS, name)
	if name == "." {
		list = slices.DeleteFunc(list, func(d fs.DirEntry) bool { return d.Name() == packTests })
	}
	return list, err
}

// packsForHunt are the packs that flags ask for: those named, or where neither packs nor rules nor indicators are named those
// that come with the program.
func packsForHunt(named []string, rules *ruleOptions, indicators *indicatorOptions) (*packSet, error) {
	if len(named) > 0 || len(rules.paths) > 0 || len(indicators.sources) > 0 {
		return openPacks(named)
	}
	s, err := openPacks(packs.IDs())
	if err != nil {
		return nil, err
	}
	s.embedded = true
	return s, nil
}

// rules are those of the packs, and those that were named besides.
func (s *packSet) rules(o *ruleOptions) (*sigma.Collection, error) {
	if len(s.packs) == 0 && len(o.paths) == 0 {
		return &sigma.Collection{}, nil
	}
	if len(s.packs) == 0 {
		return o.load()
	}
	if len(o.paths) == 0 {
		return coverage.Rules(s.packs), nil
	}
	others, err := o.load()
	if err != nil {
		return nil, err
	}
	return coverage.Rules(s.packs, others), nil
}

// collector makes what findings of the packs are counted with; nil without packs.
// keep selects the rules that the hunt runs.
func (s *packSet) collector(table *taxonomy.Table, keep func(*sigma.Meta) bool) *coverage.Collector {
	if len(s.packs) == 0 {
		return nil
	}
	return coverage.New(s.packs, coverage.Options{Table: table, Describe: report.Headline, Keep: keep})
}

// fromIndicator says that a rule was made of an indicator, of a pack or of STIX.
func (s *packSet) fromIndicator(m *sigma.Meta) bool {
	return m.Indicator != nil || slices.ContainsFunc(s.packs, func(p *advisory.Pack) bool { return p.FromIndicator(m) })
}

// text finds the text of a rule for reports: in the packs, or where it was loaded from.
func (s *packSet) text(m *sigma.Meta) ([]byte, error) {
	if m.Indicator != nil {
		return report.FileRuleText(m)
	}
	for _, p := range s.packs {
		for _, r := range p.Rules.Rules {
			if r.ID == m.ID && r.File == m.File {
				return packText(p, m)
			}
		}
		for _, r := range p.Rules.Correlations {
			if r.ID == m.ID && r.File == m.File {
				return packText(p, m)
			}
		}
	}
	return report.FileRuleText(m)
}

func packText(p *advisory.Pack, m *sigma.Meta) ([]byte, error) {
	text := p.RuleText(m)
	if len(text) == 0 {
		return nil, fmt.Errorf("%s: %w", m.File, fs.ErrNotExist)
	}
	return text, nil
}

// counting passes findings on after the collector has counted them.
func counting(c *coverage.Collector, next func(*hunt.Finding) error) func(*hunt.Finding) error {
	if c == nil {
		return next
	}
	return func(f *hunt.Finding) error {
		c.Add(f)
		return next(f)
	}
}
