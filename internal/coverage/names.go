package coverage

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/hunt"
)

// Names says which of the names that logs use for hosts mean the same one. Findings keep the names of their records;
// what is counted and shown by host goes by these. It is careful rather than complete:
//
//   - names are compared without regard to case;
//   - a short name is the full name that begins with it (EX01, ex01.example.org), unless two full names of this hunt
//     begin so: then all three are apart;
//   - an address stays an address, unless records of the log tie it to one name; see [Ties].
//
// What is one host depends on all names of the hunt, so it is known at the end.
type Names struct {
	Shown   map[string]string   // of each name that gives way, the one that is shown
	Aliases map[string][]string // of each name that is shown, those that give way, in order
	Count   int

	local map[Place]string   // the host that a name means in one file
	how   map[Place]JoinedBy // how it is known, where it takes more than the name
}

// NewNames sorts out names, each of which may stand several times.
func NewNames(names []string, ties *Ties) *Names {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	full := map[string]string{} // the full name behind a first label, "" where there are several
	for _, n := range names {
		label, key, ok := fullName(n)
		if !ok {
			continue
		}
		if other, met := full[label]; met && other != key {
			key = ""
		}
		full[label] = key
	}
	key := func(n string) string {
		if _, k, ok := fullName(n); ok {
			return k
		}
		k := event.FoldString(n)
		return cmp.Or(full[k], k)
	}
	groups := map[string][]string{}
	for _, n := range names {
		k := key(n)
		if host := ties.HostOf(n); host != "" {
			k = key(host)
		}
		groups[k] = append(groups[k], n)
	}
	h := &Names{Shown: map[string]string{}, Aliases: map[string][]string{}, Count: len(groups)}
	for _, group := range groups {
		if len(group) == 1 {
			continue
		}
		shown := slices.MinFunc(group, compareHostNames)
		for _, n := range group {
			if n != shown {
				h.Shown[n] = shown
				h.Aliases[shown] = append(h.Aliases[shown], n)
			}
		}
	}
	return h
}

// Of is the name under which a host is shown.
func (h *Names) Of(name string) string {
	if n, ok := h.Shown[name]; ok {
		return n
	}
	return name
}

// compareHostNames puts the name first by which a host is best called: a full one, in small letters.
func compareHostNames(a, b string) int {
	rank := func(n string) int {
		_, _, full := fullName(n)
		_, address := hostAddress(n)
		switch {
		case full:
			return 0
		case !address:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a), len(b)), -strings.Compare(a, b))
}

// fullName takes a fully qualified name apart, folded; ok is false for anything else.
func fullName(n string) (label, key string, ok bool) {
	key = event.FoldString(strings.TrimSuffix(n, "."))
	label, rest, ok := strings.Cut(key, ".")
	if !ok || label == "" || rest == "" || len(key) > 253 {
		return "", "", false
	}
	letters := false
	for i := range len(key) {
		switch c := key[i]; {
		case c >= 'a' && c <= 'z':
			letters = letters || i < len(label)
		case c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return "", "", false
		}
	}
	return label, key, letters // without a letter in its first label it may be anything
}

func hostAddress(n string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(n)
	return a, err == nil
}

// Ties are addresses that records say are a host's own: lines of IIS that have both s-ip and s-computername. An
// address that two names claim is nobody's, and so are those that mean another host everywhere (loopback, link-local).
type Ties struct{ host map[string]string }

const maxTies = 10_000

// Add takes what the record of a finding says.
func (t *Ties) Add(f *hunt.Finding) {
	if f.Source != event.SourceIIS || !bytes.Contains(f.Event, []byte(`"s-computername":"`)) {
		return
	}
	var record struct {
		Address string `json:"s-ip"`
		Name    string `json:"s-computername"`
	}
	if json.Unmarshal(f.Event, &record) == nil {
		t.Tie(record.Address, record.Name)
	}
}

// MayTie says that a record may tie an address to a host: those of others mean nothing to [Ties.Add].
func MayTie(ev *event.Event) bool {
	if ev.Source != event.SourceIIS {
		return false
	}
	_, named := ev.Get("s-computername")
	return named
}

// Tie says that an address is a host's own.
func (t *Ties) Tie(address, name string) {
	a, ok := hostAddress(address)
	if _, also := hostAddress(name); !ok || also || name == "" || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || a.IsMulticast() {
		return
	}
	if old, met := t.host[address]; met {
		if !strings.EqualFold(old, name) {
			t.host[address] = ""
		}
		return
	}
	if len(t.host) >= maxTies {
		return
	}
	if t.host == nil {
		t.host = map[string]string{}
	}
	t.host[strings.Clone(address)] = strings.Clone(name)
}

// HostOf is the host of an address, "" where it is not known.
func (t *Ties) HostOf(address string) string {
	if t == nil {
		return ""
	}
	return t.host[address]
}

// Set is a set of hosts with each under the name that is shown.
func (h *Names) Set(hosts map[string]bool) map[string]bool {
	out := make(map[string]bool, len(hosts))
	for n := range hosts {
		out[h.Of(n)] = true
	}
	return out
}
