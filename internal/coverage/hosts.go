package coverage

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/hunt"
)

// identities says which host a name means: [Names], and what the logs of web servers tell of addresses.
//
// The addresses by which a web server calls itself in one log are one host, and so are the sites of one server, which IIS
// keeps in folders side by side (W3SVC1, W3SVC2). A log with nothing but addresses that every machine has (the back end
// of Exchange) is of the only server that has others. A server is the host whose name is a part of the
// log's path (folders are usually called after hosts), or else the only mail server, where there is one and the logs are
// of one web server. Records that name no host at all are of the host that the path names. Where it names none, a log in
// which something was found that a verdict rests on is a host of its own, which is called as the file.
type identities struct {
	*Names
	local map[place]string    // where a name means something else in every file
	why   map[string]string   // of a host, why addresses were taken for it
	also  map[string][]string // of a host, the names that mean it in its own logs only
	files map[string]bool     // hosts that are called as the file
}

// canonical is the host that a name means; file is where it stands.
func (id *identities) canonical(name, file string) string {
	if host, ok := id.local[place{name, file}]; ok {
		return id.Of(host)
	}
	return id.Of(name)
}

func fold(name string) string { return strings.TrimSuffix(event.FoldString(name), ".") }

// local says that a name, which is none or an address, means something else on every machine.
func local(name string) bool {
	if name == "" {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && (a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast())
}

func isAddress(name string) bool { _, err := netip.ParseAddr(name); return err == nil }

// identify joins names; records says how often each occurs, mail which are names of mail servers, and nameless in which
// files something was found in records that name no host.
func identify(records map[string]int64, mail map[string]bool, nameless []string, servers []hunt.FileHosts, ties *Ties) *identities {
	var all []string
	for name := range records {
		if name != "" && !local(name) {
			all = append(all, name)
		}
	}
	id := &identities{
		Names: NewNames(all, ties), local: map[place]string{}, why: map[string]string{}, also: map[string][]string{}, files: map[string]bool{},
	}
	own := &Ties{host: maps.Clone(ties.host)}
	if own.host == nil {
		own.host = map[string]string{}
	}
	why := id.joinServers(all, records, mail, servers, own)
	id.Names = NewNames(all, own)
	for host, text := range why {
		id.why[id.Of(host)] = text
	}
	for _, file := range nameless {
		if at := (place{"", file}); id.local[at] == "" && file != "" {
			id.local[at] = file
			id.files[file] = true
		}
	}
	id.joinLocal()
	return id
}

// joinLocal notes which names of this kind mean each host, and takes those that mean the same host in every file for
// names of it as any others.
func (id *identities) joinLocal() {
	hosts := map[string][]string{} // by name
	for at := range id.local {
		host := id.canonical(at.host, at.file)
		if at.host == "" || at.host == host {
			continue
		}
		hosts[at.host] = append(hosts[at.host], host)
	}
	for name, of := range hosts {
		slices.Sort(of)
		of = slices.Compact(of)
		for _, host := range of {
			id.also[host] = append(id.also[host], name)
		}
		if len(of) == 1 {
			id.Shown[name] = of[0]
			id.Aliases[of[0]] = append(id.Aliases[of[0]], name)
		}
	}
	for _, names := range id.also {
		slices.Sort(names)
	}
	for _, names := range id.Aliases {
		slices.Sort(names)
	}
}

// alsoOf are the other names of a host.
func (id *identities) alsoOf(host string) []string {
	names := append(slices.Clone(id.Aliases[host]), id.also[host]...)
	slices.Sort(names)
	return slices.Compact(names)
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

// joinServers finds out which hosts the addresses in web server logs are, notes it in ties, and returns why.
func (id *identities) joinServers(all []string, records map[string]int64, mail map[string]bool, servers []hunt.FileHosts, ties *Ties) map[string]string {
	why := map[string]string{}
	byName := namesInPaths(all, id.Names)
	servers = slices.DeleteFunc(slices.Clone(servers), func(s hunt.FileHosts) bool {
		if slices.Contains(s.Hosts, "") {
			if host := pathHost([]hunt.FileHosts{s}, byName); host != "" {
				id.local[place{"", s.File}] = host
			}
		}
		return !slices.ContainsFunc(s.Hosts, isAddress)
	})
	groups := joinLogs(servers)
	mailHosts := map[string]bool{}
	for name := range mail {
		mailHosts[id.Of(name)] = true
	}
	for _, g := range groups {
		host, text := pathHost(g, byName), "the path of a web server's log names it"
		if host == "" && len(mailHosts) == 1 && len(groups) == 1 {
			host = slices.Collect(maps.Keys(mailHosts))[0]
			text = "it is the only mail server, and the logs are of one web server"
		}
		if host == "" {
			host, text = groupName(g, records), ""
		}
		for _, s := range g {
			for _, a := range s.Hosts {
				if a == "" {
					continue
				}
				if local(a) {
					id.local[place{a, s.File}] = host
				} else if _, tied := ties.host[a]; !tied && a != host {
					ties.host[a] = host
				} else {
					continue
				}
				if text != "" {
					why[host] = text
				}
			}
		}
	}
	return why
}

// joinLogs puts together the logs that are of one web server.
func joinLogs(servers []hunt.FileHosts) (groups [][]hunt.FileHosts) {
	group := map[string]int{} // address or folder of sites → group
	for _, s := range servers {
		var keys []string
		for _, h := range s.Hosts {
			if !local(h) {
				keys = append(keys, h)
			}
		}
		if root, ok := siteRoot(s.File); ok {
			keys = append(keys, "/"+root) // no address begins so
		}
		at := -1
		for _, k := range keys {
			g, ok := group[k]
			switch {
			case !ok || g == at:
			case at < 0:
				at = g
			default: // the file shows two groups to be one
				groups[at] = append(groups[at], groups[g]...)
				groups[g] = nil
				for a, x := range group {
					if x == g {
						group[a] = at
					}
				}
			}
		}
		if at < 0 {
			at = len(groups)
			groups = append(groups, nil)
		}
		for _, k := range keys {
			group[k] = at
		}
		groups[at] = append(groups[at], s)
	}
	var own, bare [][]hunt.FileHosts // with an address of its own, and without
	for _, g := range groups {
		switch {
		case len(g) == 0:
		case slices.ContainsFunc(g, func(s hunt.FileHosts) bool {
			return slices.ContainsFunc(s.Hosts, func(h string) bool { return !local(h) })
		}):
			own = append(own, g)
		default:
			bare = append(bare, g)
		}
	}
	if len(own) == 1 && len(bare) == 1 {
		return [][]hunt.FileHosts{append(own[0], bare[0]...)}
	}
	return append(own, bare...)
}

// siteRoot is the folder in which IIS keeps the folders of a server's sites, if the log lies in one of these.
func siteRoot(file string) (root string, ok bool) {
	cut := func(s string) (dir, last string) {
		i := strings.LastIndexAny(s, `/\!`)
		return s[:max(i, 0)], s[i+1:]
	}
	dir, _ := cut(file)
	root, site := cut(dir)
	number, ok := strings.CutPrefix(fold(site), "w3svc")
	return root, ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// groupName is what a server without a name is called: its most frequent address that means anything elsewhere.
func groupName(g []hunt.FileHosts, records map[string]int64) string {
	var names, locals []string
	for _, s := range g {
		for _, h := range s.Hosts {
			switch {
			case h == "":
			case local(h):
				locals = append(locals, h)
			default:
				names = append(names, h)
			}
		}
	}
	if len(names) == 0 {
		names = locals
	}
	return best(names, records)
}

// namesInPaths maps what a folder may be called, folded, to the host that it is called after; "" where several are.
func namesInPaths(all []string, names *Names) map[string]string {
	out := map[string]string{}
	add := func(part, host string) {
		if other, ok := out[part]; ok && other != host {
			host = ""
		}
		out[part] = host
	}
	for _, n := range all {
		if isAddress(n) {
			continue
		}
		add(fold(n), names.Of(n))
		if label, _, ok := fullName(n); ok {
			add(label, names.Of(n))
		}
	}
	return out
}

// pathHost is the host that the paths of all logs name, "" where they name none or several.
func pathHost(g []hunt.FileHosts, byName map[string]string) string {
	found := ""
	for _, s := range g {
		h := ""
		parts := strings.FieldsFunc(s.File, func(r rune) bool { return r == '/' || r == '\\' || r == '!' })
		for _, p := range slices.Backward(parts) { // the nearest folder counts
			if h = byName[fold(p)]; h != "" {
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
