package attack

import (
	"slices"
	"strings"
)

// Tag is what an ATT&CK tag of a Sigma rule names.
type Tag struct {
	ID string // in capitals; for a tactic its short name
	// Kind is what the tag's form says, 0 where it has none of the known forms.
	Kind   Kind
	Object *Object // nil where the facts do not know it
}

// FromTag reads a tag such as attack.t1059.001, attack.initial-access, attack.g0065, attack.s0154 or attack.ta0002. ok
// is false where the tag is not in the attack namespace.
func (f *Facts) FromTag(tag string) (t Tag, ok bool) {
	name, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(tag)), "attack.")
	if !ok || name == "" {
		return Tag{}, false
	}
	id := strings.ToUpper(name)
	if k := kindOf(id); k != 0 {
		t = Tag{ID: id, Kind: k}
		t.Object, _ = f.lookupKind(id, k)
		return t, true
	}
	if o, ok := f.Tactic(name); ok {
		return Tag{ID: o.Short, Kind: Tactic, Object: o}, true
	}
	return Tag{ID: shortName(name)}, true
}

// kindOf tells an id's kind by its form: letters and digits. 0 is none.
func kindOf(id string) Kind {
	n := 0
	for n < len(id) && id[n] >= 'A' && id[n] <= 'Z' {
		n++
	}
	num, sub, isSub := strings.Cut(id[n:], ".")
	if !digits(num, 4) || isSub && (id[:n] != "T" || !digits(sub, 3)) {
		return 0
	}
	switch id[:n] {
	case "T":
		return Technique
	case "TA":
		return Tactic
	case "G":
		return Group
	case "S":
		return Software
	case "C":
		return Campaign
	case "M":
		return Mitigation
	case "DC":
		return DataComponent
	default:
		return 0
	}
}

func digits(s string, n int) bool {
	return len(s) == n && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// Resolve reads the tags of a rule: its techniques in the order of the tags, unknown ones included, and the short
// names of its tactics as the tags have them, in the order of the kill chain. A rule that names no tactic has those of
// its techniques.
func (f *Facts) Resolve(tags []string) (techniques []Tag, tactics []string) {
	for _, tag := range tags {
		t, ok := f.FromTag(tag)
		switch {
		case !ok:
		case t.Kind == Technique:
			if !slices.ContainsFunc(techniques, func(o Tag) bool { return o.ID == t.ID }) {
				techniques = append(techniques, t)
			}
		case t.Kind == Tactic && t.Object != nil:
			tactics = append(tactics, t.Object.Short)
		case t.Kind == 0:
			tactics = append(tactics, t.ID)
		}
	}
	if len(tactics) == 0 {
		for _, t := range techniques {
			if t.Object == nil {
				continue
			}
			for _, ta := range t.Object.Latest().Tactics {
				tactics = append(tactics, ta.Short)
			}
		}
	}
	f.SortTactics(tactics)
	return techniques, slices.Compact(tactics)
}

// SortTactics puts short names of tactics in the order of the kill chain: Enterprise's, then what only ICS and Mobile
// have, then unknown ones by name.
func (f *Facts) SortTactics(short []string) {
	slices.SortFunc(short, func(a, b string) int {
		if ra, rb := f.rank(a), f.rank(b); ra != rb {
			return ra - rb
		}
		return strings.Compare(a, b)
	})
}

func (f *Facts) rank(short string) int {
	for i, d := range Domains() {
		if o, ok := f.TacticIn(d, short); ok {
			return i*100 + o.order
		}
	}
	return 1000
}
