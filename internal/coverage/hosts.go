package coverage

import (
	"net/netip"
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/hunt"
)

// identities says which names mean the same host.
//
//   - Names compare without case and without a final dot.
//   - A name without a domain means the only host with a domain whose name begins so. Where there are two such hosts it
//     stands for itself.
//   - The addresses by which a web server calls itself in one log are one host. It is the host whose name is a part of the
//     log's path (folders are usually called after hosts), or else the only mail server, where there is one and the logs
//     are of one server.
type identities struct {
	names map[string]string   // folded name, or place of an address → canonical
	also  map[string][]string // canonical → other names as written
	why   map[string]string   // canonical → why addresses were joined to it
}

// canonical is the host that a name means; file is where it stands, for addresses that mean a different host in each.
func (id *identities) canonical(name, file string) string {
	key := fold(name)
	if local(key) {
		if c, ok := id.names[key+"\x00"+file]; ok {
			return c
		}
	}
	if c, ok := id.names[key]; ok {
		return c
	}
	return name
}

func fold(name string) string { return strings.TrimSuffix(event.FoldString(name), ".") }

// local says that an address means something else on every machine.
func local(name string) bool {
	a, err := netip.ParseAddr(name)
	return err == nil && (a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast())
}

func isAddress(name string) bool { _, err := netip.ParseAddr(name); return err == nil }

// identify joins names; records says how often each occurs, and mail which are names of mail servers.
func identify(records map[string]int64, mail map[string]bool, servers []hunt.FileHosts) *identities {
	id := &identities{names: map[string]string{}, also: map[string][]string{}, why: map[string]string{}}
	variants := map[string][]string{} // folded → as written
	for name := range records {
		if name != "" {
			variants[fold(name)] = append(variants[fold(name)], name)
		}
	}
	byLabel := map[string][]string{} // first label → folded names with a domain
	for key := range variants {
		if label, _, ok := strings.Cut(key, "."); ok && !isAddress(key) {
			byLabel[label] = append(byLabel[label], key)
		}
	}
	for key, names := range variants {
		if isAddress(key) {
			continue
		}
		target := key
		if !strings.Contains(key, ".") && len(byLabel[key]) == 1 {
			target = byLabel[key][0]
			names = append(slices.Clone(names), variants[target]...)
			id.names[key] = best(variants[target], records)
			continue
		}
		id.names[target] = best(names, records)
	}
	id.joinServers(records, mail, servers)
	for name := range records {
		if name == "" || local(fold(name)) {
			continue
		}
		if c := id.canonical(name, ""); c != name {
			id.also[c] = append(id.also[c], name)
		}
	}
	for _, list := range id.also {
		slices.Sort(list)
	}
	return id
}

// best is the spelling that occurs most often, the first in order of name among equals.
func best(names []string, records map[string]int64) string {
	b := slices.Min(names)
	for _, n := range names {
		if records[n] > records[b] || records[n] == records[b] && n < b {
			b = n
		}
	}
	return b
}

// joinServers finds out which hosts the addresses in web server logs are.
func (id *identities) joinServers(records map[string]int64, mail map[string]bool, servers []hunt.FileHosts) {
	group := map[string]int{} // address → group
	var groups [][]hunt.FileHosts
	for _, s := range servers {
		at := -1
		for _, h := range s.Hosts {
			if g, ok := group[h]; ok && !local(h) {
				if at >= 0 && g != at { // the file shows two groups to be one
					groups[at] = append(groups[at], groups[g]...)
					for a, x := range group {
						if x == g {
							group[a] = at
						}
					}
					groups[g] = nil
				} else {
					at = g
				}
			}
		}
		if at < 0 {
			at = len(groups)
			groups = append(groups, nil)
		}
		for _, h := range s.Hosts {
			if !local(h) {
				group[h] = at
			}
		}
		groups[at] = append(groups[at], s)
	}
	groups = slices.DeleteFunc(groups, func(g []hunt.FileHosts) bool { return len(g) == 0 })
	mailHosts := map[string]bool{}
	for name := range mail {
		mailHosts[id.canonical(name, "")] = true
	}
	for _, g := range groups {
		host, why := id.pathHost(g), "the path of its web server's log names it"
		if host == "" && len(mailHosts) == 1 && len(groups) == 1 {
			for h := range mailHosts {
				host = h
			}
			why = "it is the only mail server, and the logs are of one web server"
		}
		if host == "" {
			host, why = groupName(g, records), ""
		}
		for _, s := range g {
			for _, a := range s.Hosts {
				key := fold(a)
				if local(key) {
					key += "\x00" + s.File
				}
				id.names[key] = host
			}
		}
		if why != "" {
			id.why[host] = why
		}
	}
}

// groupName is what a server without a name is called: its most frequent address that means anything elsewhere.
func groupName(g []hunt.FileHosts, records map[string]int64) string {
	var names, locals []string
	for _, s := range g {
		for _, h := range s.Hosts {
			if local(h) {
				locals = append(locals, h)
			} else {
				names = append(names, h)
			}
		}
	}
	if len(names) == 0 {
		names = locals
	}
	return best(names, records)
}

// pathHost is the host that the paths of all logs name, "" where they name none or several.
func (id *identities) pathHost(g []hunt.FileHosts) string {
	found := ""
	for _, s := range g {
		h := ""
		parts := strings.FieldsFunc(s.File, func(r rune) bool { return r == '/' || r == '\\' || r == '!' })
		for _, p := range slices.Backward(parts) { // the nearest folder counts
			if c, ok := id.named(fold(p)); ok {
				h = c
				break
			}
		}
		if h == "" || found != "" && h != found {
			return ""
		}
		found = h
	}
	return found
}

// named finds the host that a part of a path names: in full, or without its domain.
func (id *identities) named(part string) (string, bool) {
	if isAddress(part) {
		return "", false
	}
	if c, ok := id.names[part]; ok {
		return c, true
	}
	found := ""
	for key, c := range id.names {
		if label, _, ok := strings.Cut(key, "."); ok && label == part && !isAddress(key) {
			if found != "" && found != c {
				return "", false
			}
			found = c
		}
	}
	return found, found != ""
}
