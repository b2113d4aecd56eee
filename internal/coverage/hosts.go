package coverage

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/hunt"
)

// identities says which host a name means: [Names], and what logs that do not name their host can be known by.
//
// The addresses by which a web server calls itself in one log are one host, and so are the sites of one server, which IIS
// keeps in folders side by side (W3SVC1, W3SVC2). A log with nothing but addresses that every machine has (the back end
// of Exchange) is of the only server that has others. Which host a server is, and whose the records are that name none,
// [JoinedBy] says. Names are never joined with one another here, and what several hosts could be stays apart. A log that
// names no host, which stays apart, and in which something was found that a verdict rests on, is a host of its own, which
// is called as the file.
type identities struct {
	*Names
	local map[Place]string             // where a name means something else in every file
	how   map[Place]JoinedBy           // how it is known, where it is by more than the name
	by    map[string]map[JoinedBy]bool // of a host, how logs that do not name it were known for its own
	also  map[string][]string          // of a host, the names that mean it in its own logs only
	files map[string]bool              // hosts that are called as the file
}

// JoinedBy says how logs that do not name their host were known to be of one that others name.
type JoinedBy string

// The ways, the surest first.
const (
	// ByAddress: records tie the address by which the logs call their host to its name.
	ByAddress JoinedBy = "address"
	// ByPath: the path of the logs names it.
	ByPath JoinedBy = "path"
	// ByMail: it is the only one that runs Exchange, and the logs are of one web server, or of Exchange.
	ByMail JoinedBy = "only-mail-server"
	// ByWeb: it is the only one that runs IIS, and the logs are of one web server.
	ByWeb JoinedBy = "only-web-server"
	// ByLone: it is the only Windows machine that is named, and no domain controller, and the logs are of one; or the only
	// tenant of Entra ID, and the logs are of one.
	ByLone JoinedBy = "only-host"
)

// Ways in order.
var ways = [...]JoinedBy{ByAddress, ByPath, ByMail, ByWeb, ByLone}

// Text says it to people.
func (b JoinedBy) Text() string {
	switch b {
	case ByAddress:
		return "records tie the web server's address to it"
	case ByPath:
		return "the path of the logs names it"
	case ByMail:
		return "it is the only mail server, and the logs are of one"
	case ByWeb:
		return "it is the only host that runs IIS, and the logs are of one web server"
	case ByLone:
		return "it is the only host of its kind with a name, and the logs are of one"
	}
	return string(b)
}

// Because says for people how logs that do not name the host were known for its own; "" where there are none.
func (h *Host) Because() string {
	texts := make([]string, 0, len(h.JoinedBy))
	for _, w := range h.JoinedBy {
		texts = append(texts, w.Text())
	}
	return strings.Join(texts, "; ")
}

// canonical is the host that a name means; file is where it stands.
func (id *identities) canonical(name, file string) string {
	host, _ := id.HostAt(Place{name, file})
	return host
}

// joinedBy lists how logs were known to be a host's.
func (id *identities) joinedBy(host string) []JoinedBy {
	var out []JoinedBy
	for _, w := range ways {
		if id.by[host][w] {
			out = append(out, w)
		}
	}
	return out
}

func (id *identities) note(host string, by JoinedBy) {
	if id.by[host] == nil {
		id.by[host] = map[JoinedBy]bool{}
	}
	id.by[host][by] = true
}

func fold(name string) string { return strings.TrimSuffix(event.FoldString(name), ".") }

// local says that a name, which is none or an address, means something else on every machine.
func local(name string) bool {
	if name == "" {
		return true
	}
	if strings.IndexByte("0123456789abcdefABCDEF:", name[0]) < 0 {
		return false // the usual case, without the making of an error
	}
	a, err := netip.ParseAddr(name)
	return err == nil && (a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast())
}

func isAddress(name string) bool { _, err := netip.ParseAddr(name); return err == nil }

// traits are what is known of the machine behind a name.
type traits struct {
	windows    bool // it writes logs of Windows
	mail       bool // it runs Exchange
	web        bool // it runs IIS
	controller bool // it hands out tickets
	tenant     bool // it is none, but a tenant of Entra ID
}

func (t traits) with(o traits) traits {
	return traits{t.windows || o.windows, t.mail || o.mail, t.web || o.web, t.controller || o.controller, t.tenant || o.tenant}
}

// evidence is what the logs tell of hosts.
type evidence struct {
	records map[string]int64  // how often each name occurs
	traits  map[string]traits // by name
	own     []hunt.HostFacts  // of these, the addresses
	servers []hunt.FileHosts
	// unnamed are, by file, what records that name no host are of.
	unnamed map[string]traits
	// found are the files in which something was found in records that name no host.
	found []string
}

// identify joins names.
func identify(e *evidence, ties *Ties) *identities {
	var all []string
	for name := range e.records {
		if name != "" && !local(name) {
			all = append(all, name)
		}
	}
	id := &identities{
		Names: NewNames(all, ties), local: map[Place]string{}, how: map[Place]JoinedBy{}, by: map[string]map[JoinedBy]bool{}, also: map[string][]string{}, files: map[string]bool{},
	}
	j := &joining{evidence: e, identities: id, ties: &Ties{host: maps.Clone(ties.host)}, by: map[string][]JoinedBy{}}
	j.join(all)
	id.Names = NewNames(all, j.ties)
	for host, list := range j.by {
		for _, w := range list {
			id.note(id.Of(host), w)
		}
	}
	for _, file := range e.found {
		if at := (Place{"", file}); id.local[at] == "" && file != "" {
			id.local[at] = file
			id.files[file] = true
		}
	}
	id.Names.local, id.Names.how = id.local, id.how
	id.joinLocal()
	return id
}

// joinLocal notes which names of this kind mean each host, and takes those that mean the same host in every file for
// names of it as any others.
func (id *identities) joinLocal() {
	hosts := map[string][]string{} // by name
	for at := range id.local {
		host := id.canonical(at.host, at.file)
		if at.host != "" {
			hosts[at.host] = append(hosts[at.host], host)
		}
	}
	for name, of := range hosts {
		slices.Sort(of)
		of = slices.Compact(of)
		for _, host := range of {
			if host != name { // else it is that of a log which is of no host that is named
				id.also[host] = append(id.also[host], name)
			}
		}
		if len(of) == 1 && of[0] != name {
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
