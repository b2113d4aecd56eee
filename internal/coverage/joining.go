package coverage

import (
	"net/netip"
	"slices"
	"strings"

	"entente/internal/hunt"
)

// joining finds out of which named hosts those logs are that name none. What it finds it notes in ties and in the local
// names of identities.
type joining struct {
	*evidence
	*identities
	ties   *Ties
	by     map[string][]JoinedBy
	byName map[string]string // see namesInPaths
	owner  map[string]string // of an address, the host whose own records say it is; unknownHost and a name, or "" where two do
	own    map[string][]netip.Addr
	hosts  map[string]traits // of hosts with names
}

// unknownHost stands before names of hosts of which there are no logs.
const unknownHost = "\x00"

func (j *joining) join(all []string) {
	if j.ties.host == nil {
		j.ties.host = map[string]string{}
	}
	j.byName = namesInPaths(all, j.Names)
	j.hosts = map[string]traits{}
	for _, n := range all {
		if !isAddress(n) {
			host := j.Of(n)
			j.hosts[host] = j.hosts[host].with(j.traits[n])
		}
	}
	j.addresses()
	var servers []hunt.FileHosts
	for _, s := range j.servers {
		if slices.Contains(s.Hosts, "") {
			j.unnamedLog(s)
		}
		if slices.ContainsFunc(s.Hosts, isAddress) {
			servers = append(servers, s)
		}
	}
	groups := joinLogs(servers)
	for _, g := range groups {
		host, by := j.server(g, len(groups) == 1)
		if host == "" {
			host, by = groupName(g, j.records), ""
		}
		for _, s := range g {
			for _, a := range s.Hosts {
				if a == "" {
					continue
				}
				_, tied := j.ties.host[a]
				at := placeOf(a, s.File)
				switch {
				case local(a):
					j.local[at] = host
				case !tied && a != host:
					j.ties.host[a] = host
				case tied && by == ByAddress: // by a line of its own
				default:
					continue
				}
				if by == "" {
					continue
				}
				j.how[at] = by
				if !slices.Contains(j.by[host], by) {
					j.by[host] = append(j.by[host], by)
				}
			}
		}
	}
}

// addresses sorts out whose own each address is.
func (j *joining) addresses() {
	j.owner, j.own = map[string]string{}, map[string][]netip.Addr{}
	for i := range j.evidence.own {
		f := &j.evidence.own[i]
		host := j.byName[fold(f.Host)]
		if host == "" {
			host = unknownHost + fold(f.Host)
		}
		for _, text := range f.Addresses {
			a, err := netip.ParseAddr(text)
			if err != nil {
				continue
			}
			if other, met := j.owner[text]; met && other != host {
				j.owner[text] = ""
				continue
			}
			j.owner[text] = host
			j.own[host] = append(j.own[host], a)
		}
	}
}

// unnamedLog finds the host of records that name none.
func (j *joining) unnamedLog(s hunt.FileHosts) {
	at := Place{"", s.File}
	host, by := pathHost([]hunt.FileHosts{s}, j.byName), ByPath
	if host == "" {
		host, by = j.only(j.unnamed[s.File], nil)
	}
	if host == "" {
		return
	}
	j.local[at], j.how[at] = host, by
	if !slices.Contains(j.by[host], by) {
		j.by[host] = append(j.by[host], by)
	}
}

// server finds the host that a web server is; alone says that there are logs of no other one.
func (j *joining) server(g []hunt.FileHosts, alone bool) (string, JoinedBy) {
	var addresses []netip.Addr
	owner, owned := "", false
	for _, s := range g {
		for _, text := range s.Hosts {
			a, ok := hostAddress(text)
			if !ok || local(text) {
				continue
			}
			addresses = append(addresses, a)
			host, met := j.owner[a.Unmap().String()]
			if name, tied := j.ties.host[text]; tied {
				host, met = j.byName[fold(name)], true
			}
			switch {
			case !met:
			case !owned:
				owner, owned = host, true
			case owner != host:
				owner = ""
			}
		}
	}
	if owned && owner != "" && !strings.HasPrefix(owner, unknownHost) {
		return owner, ByAddress
	}
	if host := pathHost(g, j.byName); host != "" {
		return host, ByPath
	}
	if owned || !alone {
		return "", ""
	}
	return j.only(traits{windows: true, web: true}, addresses)
}

// only is the host that logs are of because it is the only one that writes such logs. Logs with addresses are not of a
// host whose own addresses are known to be others.
func (j *joining) only(t traits, addresses []netip.Addr) (string, JoinedBy) {
	pick := func(is func(traits) bool) (found string, n int) {
		for host, h := range j.hosts {
			if is(h) {
				found = host
				n++
			}
		}
		if n != 1 || slices.ContainsFunc(j.own[found], func(own netip.Addr) bool {
			return slices.ContainsFunc(addresses, func(a netip.Addr) bool { return a.Unmap().Is4() == own.Is4() })
		}) {
			return "", n
		}
		return found, n
	}
	if t.tenant {
		tenant, _ := pick(func(h traits) bool { return h.tenant })
		return tenant, ByLone
	}
	switch mail, mails := pick(func(h traits) bool { return h.mail }); {
	case !t.windows:
		return "", ""
	case t.mail:
		if mails > 0 {
			return mail, ByMail
		}
	case t.web:
		web, webs := pick(func(h traits) bool { return h.web || h.mail })
		switch {
		case mails > 0 && webs == mails:
			return mail, ByMail
		case webs > 0:
			return web, ByWeb
		}
	}
	lone, _ := pick(func(h traits) bool { return h.windows })
	if j.hosts[lone].controller {
		return "", ""
	}
	return lone, ByLone
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
