package coverage

import (
	"cmp"
	"slices"
	"strings"

	"entente/internal/hunt"
)

// Place is a name of a host as records have it, "" where they have none, with the file where it means something else in
// every file. Which host that is, is known at the end of a hunt: see [Names.HostAt].
type Place struct{ host, file string }

func placeOf(host, file string) Place {
	if !local(host) {
		file = ""
	}
	return Place{host, file}
}

// Name is the name as records have it.
func (p Place) Name() string { return p.host }

// File is where the name means what it means; "" where it does so everywhere.
func (p Place) File() string { return p.file }

// Anywhere is the place without its file: what the name means where nothing is known of the file.
func (p Place) Anywhere() Place { return Place{host: p.host} }

// Clone is a place that holds on to nothing else.
func (p Place) Clone() Place { return Place{strings.Clone(p.host), strings.Clone(p.file)} }

// PlacesOf are the hosts that a finding is about: its own; of a correlation without one the host that it groups by, or
// else those of its records. There is at least one, and none twice.
func PlacesOf(f *hunt.Finding) []Place {
	if f.Host != "" || f.Correlation == nil {
		return []Place{placeOf(f.Host, f.File)}
	}
	for _, g := range f.Correlation.Group {
		switch g.Name {
		case "Computer", "ComputerName", "Hostname", "host", "host.name":
			if g.Value != "" {
				return []Place{placeOf(g.Value, f.File)}
			}
		}
	}
	var out []Place
	for _, m := range f.Correlation.Matches {
		out = append(out, placeOf(m.Host, m.File))
	}
	if len(out) == 0 {
		return []Place{placeOf("", f.File)}
	}
	slices.SortFunc(out, comparePlaces)
	out = slices.Compact(out)
	if named := slices.DeleteFunc(slices.Clone(out), func(p Place) bool { return p.host == "" }); len(named) > 0 {
		return named
	}
	return out
}

func comparePlaces(a, b Place) int {
	return cmp.Or(strings.Compare(a.host, b.host), strings.Compare(a.file, b.file))
}

// HostAt is the host that is meant at a place, "" where nothing tells, and how that is known where it takes more than the
// name.
func (h *Names) HostAt(p Place) (host string, by JoinedBy) {
	host, ok := h.local[p]
	if !ok {
		host = p.host
	}
	return h.Of(host), h.how[p]
}

// HostsAt are the hosts that are meant at places, each once.
func (h *Names) HostsAt(places []Place) []string {
	out := make([]string, 0, len(places))
	for _, p := range places {
		if host, _ := h.HostAt(p); !slices.Contains(out, host) {
			out = append(out, host)
		}
	}
	return out
}

// JoinedLog is a log that does not name its host, or by what means another one elsewhere.
type JoinedLog struct {
	File string
	Name string   // as its records have it: "" or an address that every machine has
	By   JoinedBy // "" where the log is of a host that nothing names either
}

// joinedLogs lists the logs whose host is known by more than the name in them, by host, each list in order of file.
func (h *Names) joinedLogs() map[string][]JoinedLog {
	out := map[string][]JoinedLog{}
	for at := range h.local {
		if host, by := h.HostAt(at); host != at.file && host != at.host {
			out[host] = append(out[host], JoinedLog{File: at.file, Name: at.host, By: by})
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b JoinedLog) int {
			return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Name, b.Name))
		})
	}
	return out
}
