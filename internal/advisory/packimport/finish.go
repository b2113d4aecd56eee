package packimport

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"entente/internal/advisory"
	"entente/internal/attack"
	"entente/internal/stix"
)

// Result is a pack that was made.
type Result struct {
	Format      Format
	ID, Title   string
	Files       map[string][]byte // by name in the pack
	Remarks     []advisory.Remark
	TTPs        int
	Rules       int // files
	Mitigations int
	Indicators  int
}

// Names lists the files in order.
func (r *Result) Names() []string { return slices.Sorted(maps.Keys(r.Files)) }

// Limits of the files that an import writes, below those of a pack.
const (
	maxYAML        = 2 << 20
	maxMarks       = 300_000 // characters that may begin a value
	maxDescription = 128 << 10
)

// finish supplies what is missing, and writes the files.
func (d *draft) finish(f Format) (*Result, error) {
	if d.names == nil {
		d.names = names{}
	}
	files := map[string][]byte{}
	compiled := d.compileRules(files)
	d.tagTTPs(compiled)
	if len(d.ttps)+len(d.rules)+len(d.indicators)+len(d.mitigations) == 0 && d.m.Title == "" {
		return nil, fmt.Errorf("import pack: there is nothing in %s that a pack could hold", d.source)
	}
	d.finishManifest()
	d.finishTTPs()
	if err := d.write(files); err != nil {
		return nil, fmt.Errorf("import pack: %w", err)
	}
	for _, s := range slices.Sorted(maps.Keys(d.supplied)) {
		if n := d.supplied[s]; n > 1 {
			d.remark("", "%s (%d times)", s, n)
		} else {
			d.remark("", "%s", s)
		}
	}
	if d.more > 0 {
		d.remarks = append(d.remarks, advisory.Remark{What: fmt.Sprintf("and %d more things were not carried over", d.more)})
	}
	return &Result{
		Format: f, ID: d.m.ID, Title: d.m.Title, Files: files, Remarks: d.remarks, TTPs: len(d.ttps), Rules: len(d.rules),
		Mitigations: len(d.mitigations), Indicators: len(d.indicators),
	}, nil
}

// finishManifest supplies what a manifest has to have.
func (d *draft) finishManifest() {
	m := &d.m
	m.Format = advisory.FormatName
	stem := strings.TrimSuffix(d.source, extension(d.source))
	if m.Title = clip(oneLine(m.Title), 300); m.Title == "" {
		m.Title = oneLine(stem)
		if m.Title == "" {
			m.Title = "Imported pack"
		}
		d.remark("title", "the source has none: it is made of the name of the file")
	}
	switch {
	case d.o.ID != "":
		m.ID = d.o.ID
	case validID(m.ID):
	default:
		for _, s := range []string{m.Title, stem, "imported"} {
			if m.ID = slug(s, 48, '-'); validID(m.ID) {
				break
			}
		}
	}
	if m.Summary = oneLine(m.Summary); m.Summary == "" {
		m.Summary = "Imported from " + oneLine(d.source) + ", which gives no summary."
	}
	m.Summary = clip(m.Summary, 2000)
	var body strings.Builder
	for _, s := range append([]string{tidy(m.Description)}, d.sections...) {
		if s == "" {
			continue
		}
		if body.Len()+len(s) > maxDescription {
			d.remark("description", "it is longer than %d KiB: the rest is left out", maxDescription>>10)
			break
		}
		if body.Len() > 0 {
			body.WriteString("\n\n")
		}
		body.WriteString(s)
	}
	if strings.HasSuffix(m.Description, "\n") && body.Len() > 0 {
		body.WriteByte('\n') // as a block of YAML ends
	}
	m.Description = body.String()
	if !semantic(m.Version) {
		if m.Version != "" {
			d.remark("version", "%q is no semantic version: the pack is 1.0.0", m.Version)
		}
		m.Version = "1.0.0"
	}
	today := advisory.Date(d.o.Now.UTC().Format("2006-01-02"))
	if m.Issued = date(string(m.Issued)); m.Issued == "" {
		m.Issued = today
		d.remark("issued", "the source has no date: it is the day of the import")
	}
	if m.Modified = date(string(m.Modified)); m.Modified <= m.Issued {
		m.Modified = ""
	}
	if m.ValidUntil = date(string(m.ValidUntil)); m.ValidUntil <= max(m.Issued, m.Modified) {
		last := max(today, m.Issued, m.Modified)
		year := d.o.Now.UTC().Year()
		if _, err := fmt.Sscanf(string(last), "%d", &year); err != nil || year > 9998 {
			year = 9998
		}
		m.ValidUntil = advisory.Date(fmt.Sprintf("%04d-12-31", year+1))
		d.remark("valid_until", "the source does not say how long it is valid: the end of next year is supplied")
	}
	d.finishHandling()
	m.Issuers = slices.DeleteFunc(m.Issuers, func(i advisory.Issuer) bool { return i.Name == "" })
	if len(m.Issuers) == 0 {
		m.Issuers = []advisory.Issuer{{Name: "Unnamed source", Role: "source"}}
		d.remark("issuers", "the source does not say who issued it")
	}
	if m.References == nil {
		m.References = []advisory.Reference{}
		d.remark("references", "the source has none")
	}
	if m.Attack.Published = clip(oneLine(m.Attack.Published), 20); m.Attack.Published == "" {
		m.Attack.Published = d.facts.Version
		d.remark("attack", "the source does not say which version of ATT&CK its ids are of: %s is supplied", d.facts.Version)
	}
	m.Attack.Today = d.facts.Version
	if m.License = clip(oneLine(m.License), maxLine); m.License == "" {
		m.License = "LicenseRef-not-stated"
		d.remark("license", "the source states none: ask before you hand the pack on")
	}
	if m.Stages == nil {
		m.Stages = []advisory.Stage{}
	}
}

// finishHandling settles who may see the pack. What somebody asks for may be stricter than what the source says, never laxer.
func (d *draft) finishHandling() {
	asked, _ := stix.TLPLabel(d.o.TLP)
	d.m.TLP = stix.Stricter(asked, d.tlp)
	if asked != "" && d.m.TLP != asked {
		d.remark("tlp", "the source is marked %s, which is stricter than %s: it stays so", d.tlp, asked)
	}
	if d.m.TLP == "" {
		d.m.TLP = "amber"
		d.remark("tlp", "the source is not marked: amber is supplied")
	}
}

// semantic says that s is a semantic version.
func semantic(s string) bool {
	core, _, _ := strings.Cut(s, "+")
	core, _, _ = strings.Cut(core, "-")
	parts := strings.Split(core, ".")
	for _, p := range parts {
		if p == "" || len(p) > 9 || strings.Trim(p, "0123456789") != "" || len(p) > 1 && p[0] == '0' {
			return false
		}
	}
	return len(parts) == 3 && len(s) < 80 && strings.Trim(strings.ToLower(s), "0123456789abcdefghijklmnopqrstuvwxyz.-+") == ""
}

func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[i:]
	}
	return ""
}

// finishTTPs supplies what entries have to have, with the facts of ATT&CK.
func (d *draft) finishTTPs() {
	for _, t := range d.ttps {
		object, _ := d.facts.Technique(t.ID)
		if len(t.Tactics) == 0 && object != nil {
			for _, ta := range object.Latest().Tactics {
				t.Tactics = append(t.Tactics, ta.Short)
			}
			d.supply("the source gives a technique no tactic: all that ATT&CK has for it are supplied")
		}
		if len(t.Platforms) == 0 && object != nil {
			t.Platforms = slices.Clone(object.Latest().Platforms)
			d.supply("the source does not name a technique's platforms: those of ATT&CK are supplied")
		}
		if len(t.Logs) == 0 && object != nil {
			t.Logs = d.dataComponents(object.Latest())
			if len(t.Logs) > 0 {
				d.supply("the source does not name the logs that show a technique: the data components of ATT&CK are supplied")
			}
		}
		if t.Procedure == "" {
			t.Procedure = "The source names the technique and does not say what the actor does."
		}
		switch t.Confidence {
		case "low", "medium", "high":
		default:
			t.Confidence = "low"
			d.supply("the source does not say how surely a TTP is found: low is supplied")
		}
		t.Mitigations = slices.DeleteFunc(t.Mitigations, func(id string) bool { return !d.mitigationIDs[id] })
		for _, list := range []*[]string{&t.Tactics, &t.Platforms, &t.Logs, &t.Mitigations} {
			if *list == nil {
				*list = []string{}
			}
		}
	}
}

func (d *draft) dataComponents(o *attack.Object) []string {
	var out []string
	for _, c := range d.facts.Sources(attack.Detects, o) {
		if !slices.Contains(out, c.Name) {
			out = append(out, c.Name)
		}
	}
	return out
}

// write writes everything but the rules.
func (d *draft) write(files map[string][]byte) error {
	b, err := encode(d.m)
	if err != nil {
		return err
	}
	files["pack.yml"] = b
	mitigations, err := fill(d.mitigations)
	if err != nil {
		return err
	}
	if n := len(d.mitigations) - mitigations.n; n > 0 {
		d.remark("mitigations", "the last %d are left out: a pack's file of them is at most %d MiB", n, maxYAML>>20)
		d.forget(d.mitigations[mitigations.n:])
		d.mitigations = d.mitigations[:mitigations.n]
	}
	indicators, err := fill(d.indicators)
	if err != nil {
		return err
	}
	if n := len(d.indicators) - indicators.n; n > 0 {
		d.remark("indicators", "the last %d are left out: a pack's file of them is at most %d MiB", n, maxYAML>>20)
		d.indicators = d.indicators[:indicators.n]
	}
	if mitigations.n > 0 {
		files["mitigations.yml"] = mitigations.data
	}
	if indicators.n > 0 {
		files["indicators.yml"] = indicators.data
	}
	return d.writeTTPs(files)
}

// forget takes mitigations that are left out from the TTPs.
func (d *draft) forget(gone []advisory.Mitigation) {
	for i := range gone {
		delete(d.mitigationIDs, gone[i].ID)
	}
	for _, t := range d.ttps {
		t.Mitigations = slices.DeleteFunc(t.Mitigations, func(id string) bool { return !d.mitigationIDs[id] })
	}
}

// writeTTPs writes a file for each tactic, or several where one would be too large.
func (d *draft) writeTTPs(files map[string][]byte) error {
	byTactic := map[string][]*advisory.TTP{}
	var order []string
	for _, t := range d.ttps {
		short := ""
		if len(t.Tactics) > 0 {
			short = t.Tactics[0]
		}
		if byTactic[short] == nil {
			order = append(order, short)
		}
		byTactic[short] = append(byTactic[short], t)
	}
	d.facts.SortTactics(order)
	for i, short := range order {
		list := byTactic[short]
		slices.SortStableFunc(list, func(a, b *advisory.TTP) int { return cmp.Compare(a.ID, b.ID) })
		if short == "" {
			short = "without-tactic"
		}
		for part := 1; len(list) > 0; part++ {
			f, err := fill(list)
			if err != nil {
				return err
			}
			if f.n == 0 {
				d.remark(list[0].ID, "the TTP is larger than %d MiB: it is left out", maxYAML>>20)
				d.ttps = slices.DeleteFunc(d.ttps, func(t *advisory.TTP) bool { return t == list[0] })
				list = list[1:]
				continue
			}
			name := fmt.Sprintf("ttps/%02d-%s.yml", i+1, slug(short, 40, '-'))
			if part > 1 {
				name = fmt.Sprintf("ttps/%02d-%s-%d.yml", i+1, slug(short, 40, '-'), part)
			}
			files[name] = f.data
			list = list[f.n:]
		}
	}
	return nil
}

// filled is a file with the first n entries of a list.
type filled struct {
	data []byte
	n    int
}

// fill writes as many entries of a list as a file may hold.
func fill[T any](list []T) (filled, error) {
	for n := len(list); n > 0; {
		data, err := encode(list[:n])
		if err != nil {
			return filled{}, err
		}
		share := max(float64(len(data))/maxYAML, float64(marks(data))/maxMarks)
		if share <= 1 {
			return filled{data, n}, nil
		}
		n = min(n-1, int(float64(n)/share))
	}
	return filled{}, nil
}

// marks counts what a reader of packs counts before it reads YAML.
func marks(data []byte) (n int) {
	for _, m := range []string{"\n", ",", ":", "[", "{"} {
		n += bytes.Count(data, []byte(m))
	}
	return n
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
