package report

import (
	"slices"
	"strings"

	"entente/internal/coverage"
	"entente/internal/hunt"
)

// hostSets numbers what findings say of the hosts that they are of. Which hosts these are is known at the end of the hunt,
// when logs that name none have been joined to those that others name; until then counts go by these numbers. Findings of
// one number are of the same hosts: one, or of a correlation over several machines those.
type hostSets struct {
	one     map[coverage.Place]int32
	several map[string]int32
	places  [][]coverage.Place // by number
	files   int                // of them, those with a file
	host    string             // of the last finding that was no correlation's, with its file
	file    string
	number  int32 // of it
}

// Bounds of what is told apart.
const (
	maxHosts     = 100_000 // hosts
	maxHostFiles = 20_000  // logs that do not name theirs; a hunt does not join more
	maxHostLists = 4096    // lists of several hosts
)

// manyHosts is the number of findings that are not told apart by host any more.
const manyHosts = -1

func newHostSets() *hostSets {
	return &hostSets{one: map[coverage.Place]int32{}, several: map[string]int32{}}
}

// of is the number of a finding, [manyHosts] where there are too many.
func (s *hostSets) of(f *hunt.Finding) int32 {
	if f.Correlation == nil {
		if s.host != f.Host || s.file != f.File || len(s.places) == 0 {
			s.host, s.file, s.number = f.Host, f.File, s.single(coverage.PlacesOf(f)[0])
		}
		return s.number
	}
	places := coverage.PlacesOf(f)
	if len(places) == 1 {
		return s.single(places[0])
	}
	var key strings.Builder
	for _, p := range places {
		key.WriteString(p.Name() + "\x00" + p.File() + "\x00")
	}
	n, ok := s.several[key.String()]
	if ok {
		return n
	}
	if len(s.several) >= maxHostLists {
		return manyHosts
	}
	n = s.add(places...)
	s.several[key.String()] = n
	return n
}

func (s *hostSets) single(p coverage.Place) int32 {
	n, ok := s.one[p]
	if !ok && p.File() != "" && s.files >= maxHostFiles {
		p = p.Anywhere()
		n, ok = s.one[p]
	}
	switch {
	case ok:
		return n
	case p.File() != "":
		s.files++
	case len(s.one)-s.files >= maxHosts:
		return manyHosts
	}
	p = p.Clone()
	n = s.add(p)
	s.one[p] = n
	return n
}

func (s *hostSets) add(places ...coverage.Place) int32 {
	for i, p := range places {
		places[i] = p.Clone()
	}
	s.places = append(s.places, places)
	return int32(len(s.places) - 1)
}

// names are the names that records have for hosts, each once.
func (s *hostSets) names() []string {
	var out []string
	for _, list := range s.places {
		for _, p := range list {
			if p.Name() != "" {
				out = append(out, p.Name())
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
