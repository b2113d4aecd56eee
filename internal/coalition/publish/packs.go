package publish

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"entente/internal/advisory"
	"entente/internal/advisory/packexport"
	"entente/internal/attack"
	"entente/internal/coalition"
	"entente/internal/stix"
)

// pack is an advisory pack of the statement.
type pack struct {
	*advisory.Pack
	Path  string // of its archive
	facts *attack.Facts
}

// readPacks reads the archives among files. tlp is the label under which the files are given away: a pack that may not go so
// far is an error.
func readPacks(files []coalition.File, content map[string][]byte, tlp string, facts *attack.Facts) ([]*pack, error) {
	var out []*pack
	byID := map[string]string{}
	for _, x := range files {
		if x.Role != coalition.FilePack {
			continue
		}
		p, problems, err := advisory.ReadArchive(content[x.Path], x.Path)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errPublish, x.Path, err)
		}
		if err := problems.Err(); err != nil {
			return nil, fmt.Errorf("%w: %s is not a pack in order: %w\nhint: entente pack check", errPublish, x.Path, err)
		}
		label, ok := stix.TLPLabel(p.Manifest.TLP)
		if !ok || stix.Stricter(tlp, label) != tlp {
			return nil, fmt.Errorf("%w: %s is TLP:%s, and goes out as TLP:%s: put it into the annex, or give it a label that lets it go",
				errPublish, x.Path, strings.ToUpper(p.Manifest.TLP), strings.ToUpper(tlp))
		}
		if other, twice := byID[strings.ToLower(p.Manifest.ID)]; twice {
			return nil, fmt.Errorf("%w: %s and %s are one pack, %s: keep one", errPublish, other, x.Path, p.Manifest.ID)
		}
		byID[strings.ToLower(p.Manifest.ID)] = x.Path
		out = append(out, &pack{p, x.Path, facts})
	}
	return out, nil
}

// marked is the pack under a label that is at least as strict.
func (p *pack) marked(tlp string) *pack {
	q := *p.Pack
	q.Manifest.TLP = stix.Stricter(q.Manifest.TLP, tlp)
	return &pack{&q, p.Path, p.facts}
}

// export is the pack in another format.
func (p *pack) export(f packexport.Format, today bool) ([]byte, error) {
	var b bytes.Buffer
	if _, err := packexport.Write(&b, f, p.Pack, packexport.Options{Today: today, Facts: p.facts}); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	return b.Bytes(), nil
}

// name is where the pack's page is, without extension.
func (p *pack) name() string { return "packs/" + p.Manifest.ID }

// packPages are pages of packs.
func packPages(packs []*pack) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, p := range packs {
		for ext, f := range map[string]packexport.Format{".html": packexport.HTML, ".md": packexport.Markdown, ".csv": packexport.CSV} {
			b, err := p.export(f, false)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errPublish, err)
			}
			out[p.name()+ext] = b
		}
	}
	return out, nil
}

// column is a tactic with its techniques.
type column struct {
	Name string
	Rows []technique
}

type technique struct {
	ID, Name, URL string
	Detected      bool
}

// columns are the tactics of a pack in the order of the kill chain.
func (p *pack) columns() []column {
	var short []string
	for i := range p.TTPs {
		short = append(short, p.TTPs[i].Tactics...)
		if len(p.TTPs[i].Tactics) == 0 {
			short = append(short, "")
		}
	}
	p.facts.SortTactics(short)
	var out []column
	for _, s := range slices.Compact(short) {
		c := column{Name: s}
		if o, ok := p.facts.Tactic(s); ok {
			c.Name = o.Name
		} else if s == "" {
			c.Name = "Without a tactic"
		}
		for i := range p.TTPs {
			t := &p.TTPs[i]
			if !slices.Contains(t.Tactics, s) && (s != "" || len(t.Tactics) > 0) {
				continue
			}
			row := technique{ID: t.ID, Detected: len(t.Detections) > 0}
			if o, ok := p.facts.Technique(t.ID); ok {
				row.Name, row.URL = o.Name, o.URL()
			}
			c.Rows = append(c.Rows, row)
		}
		out = append(out, c)
	}
	return out
}

// rules counts the pack's rules and correlations.
func (p *pack) rules() int {
	n := 0
	for _, f := range p.Files() {
		if strings.HasPrefix(f, "rules/") {
			n++
		}
	}
	return n
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// figures say in a sentence what a pack has.
func (p *pack) figures() string {
	detected := 0
	for i := range p.TTPs {
		if len(p.TTPs[i].Detections) > 0 {
			detected++
		}
	}
	return fmt.Sprintf("%s of ATT&CK in %s, %d of them with detections; %s, %s, %s", plural(len(p.TTPs), "technique", "techniques"),
		plural(len(p.columns()), "tactic", "tactics"), detected, plural(p.rules(), "file of rules", "files of rules"),
		plural(len(p.Mitigations), "mitigation", "mitigations"), plural(len(p.Indicators), "indicator", "indicators"))
}
