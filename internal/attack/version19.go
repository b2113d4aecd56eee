package attack

import (
	"slices"
	"strings"
)

// What version 19 (April 2026) changed, as far as rules speak of it: Defense Evasion (TA0005) became Stealth, which
// keeps the id, and Defense Impairment (TA0112); the techniques under Impair Defenses (T1562), two of Indicator Removal
// (T1070) and a few of ICS got new ids. Taken from the revoked-by relations of the v19 bundles. A technique without a
// successor or predecessor that is known stands without one.

// successor is a technique of version 19.
type successor struct {
	id, name string
	domain   Domain
	tactic   string   // short name; "" means those of the techniques that it replaces
	formerly []string // ids that it replaces
}

func version19() []successor {
	const impair = "defense-impairment"
	return []successor{
		{"T1683", "Generate Content", Enterprise, "", nil},
		{"T1683.001", "Written Content", Enterprise, "", nil},
		{"T1683.002", "Audio-Visual Content", Enterprise, "", nil},
		{"T1684", "Social Engineering", Enterprise, "", nil},
		{"T1684.001", "Impersonation", Enterprise, "", []string{"T1656"}},
		{"T1684.002", "Email Spoofing", Enterprise, "", []string{"T1672"}},
		{"T1685", "Disable or Modify Tools", Enterprise, impair, []string{"T1562", "T1562.001", "T1562.006"}},
		{"T1685.001", "Disable or Modify Windows Event Log", Enterprise, impair, []string{"T1562.002"}},
		{"T1685.002", "Disable or Modify Cloud Log", Enterprise, impair, []string{"T1562.008"}},
		{"T1685.003", "Modify or Spoof Tool UI", Enterprise, impair, []string{"T1562.011"}},
		{"T1685.004", "Disable or Modify Linux Audit System Log", Enterprise, impair, []string{"T1562.012"}},
		{"T1685.005", "Clear Windows Event Logs", Enterprise, impair, []string{"T1070.001"}},
		{"T1685.006", "Clear Linux or Mac System Logs", Enterprise, impair, []string{"T1070.002"}},
		{"T1686", "Disable or Modify System Firewall", Enterprise, impair, []string{"T1562.004"}},
		{"T1686.001", "Cloud Firewall", Enterprise, impair, []string{"T1562.007"}},
		{"T1686.002", "Network Device Firewall", Enterprise, impair, []string{"T1562.013"}},
		{"T1686.003", "Windows Host Firewall", Enterprise, impair, nil},
		{"T1687", "Exploitation for Defense Impairment", Enterprise, impair, nil},
		{"T1688", "Safe Mode Boot", Enterprise, impair, []string{"T1562.009"}},
		{"T1689", "Downgrade Attack", Enterprise, impair, []string{"T1562.010"}},
		{"T1690", "Prevent Command History Logging", Enterprise, impair, []string{"T1562.003"}},
		{"T1691", "Block Operational Technology Message", ICS, "", nil},
		{"T1691.001", "Command Message", ICS, "", []string{"T0803"}},
		{"T1691.002", "Reporting Message", ICS, "", []string{"T0804"}},
		{"T1692", "Unauthorized Message", ICS, "", nil},
		{"T1692.001", "Command Message", ICS, "", []string{"T0855"}},
		{"T1692.002", "Reporting Message", ICS, "", []string{"T0856"}},
		{"T1693", "Modify Firmware", ICS, "", nil},
		{"T1693.001", "System Firmware", ICS, "", []string{"T0857"}},
		{"T1693.002", "Module Firmware", ICS, "", []string{"T0839"}},
		{"T1694.001", "Default Credentials", ICS, "", []string{"T0812"}},
		{"T1694.002", "Hardcoded Credentials", ICS, "", []string{"T0891"}},
	}
}

// addVersion19 makes facts of either side of the change understand the words of the other.
func (f *Facts) addVersion19() {
	evasion, stealth := f.tactics[tacticKey{Enterprise, "defense-evasion"}], f.tactics[tacticKey{Enterprise, "stealth"}]
	switch {
	case evasion != nil && stealth == nil:
		f.addSuccessors(evasion)
	case evasion == nil && stealth != nil:
		f.add(&Object{
			Kind: Tactic, ID: "TA0005", Name: "Defense Evasion", Short: "defense-evasion", Domains: []Domain{Enterprise},
			Status: Revoked, Current: stealth, order: stealth.order,
		})
	}
}

// addSuccessors adds the tactics and techniques of version 19 to facts of an earlier one.
func (f *Facts) addSuccessors(evasion *Object) {
	for _, t := range [...][3]string{{"TA0005", "Stealth", "stealth"}, {"TA0112", "Defense Impairment", "defense-impairment"}} {
		f.add(&Object{
			Kind: Tactic, ID: t[0], Name: t[1], Short: t[2], Domains: []Domain{Enterprise},
			Status: Newer, Formerly: []*Object{evasion}, order: evasion.order,
		})
	}
	for _, s := range version19() {
		if f.byID[s.id] != nil {
			continue
		}
		o := &Object{Kind: Technique, ID: s.id, Name: s.name, Domains: []Domain{s.domain}, Status: Newer}
		if parent, _, sub := strings.Cut(s.id, "."); sub {
			o.Parent = f.byID[parent]
		}
		for _, id := range s.formerly {
			if old := f.byID[id]; old != nil && old.Kind == Technique {
				o.Formerly = append(o.Formerly, old)
			}
		}
		if t := f.tactics[tacticKey{s.domain, s.tactic}]; t != nil {
			o.Tactics = []*Object{t}
		} else {
			o.Tactics = formerTactics(o.Formerly, evasion)
		}
		f.add(o)
	}
}

// formerTactics gathers the tactics of old, but not the one that was split: which half it went to is not said.
func formerTactics(old []*Object, split *Object) []*Object {
	var out []*Object
	for _, o := range old {
		for _, t := range o.Tactics {
			if t != split && !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

// add appends an object of another version. One whose id is taken already is found by its short name only.
func (f *Facts) add(o *Object) {
	o.index = len(f.objects)
	f.objects = append(f.objects, o)
	if f.byID[o.ID] == nil {
		f.byID[o.ID] = o
	}
	if o.Kind == Tactic {
		f.tactics[tacticKey{o.Domains[0], o.Short}] = o
	}
}
