package hunt

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"entente/internal/sigma"
)

// networkSet finds which of many networks an address is in: one look-up for every length of prefix that there is among
// them, however many networks.
type networkSet struct {
	field int32
	v4    []networkTable // by the length of their prefix
	v6    []networkTable
}

// networkTable holds networks of one length.
type networkTable struct {
	bits  int
	rules map[netip.Addr][]int32 // by the first address
}

// newNetworkSets makes a set for each field.
func newNetworkSets(wanted map[guardLit][]int32) []networkSet {
	keys := slices.SortedFunc(maps.Keys(wanted), func(a, b guardLit) int {
		return cmp.Or(cmp.Compare(a.field, b.field), cmp.Compare(a.text, b.text))
	})
	var out []networkSet
	for _, l := range keys {
		p, err := netip.ParsePrefix(l.text)
		if err != nil {
			continue // it is one that was printed
		}
		if len(out) == 0 || out[len(out)-1].field != l.field {
			out = append(out, networkSet{field: l.field})
		}
		s := &out[len(out)-1]
		tables := &s.v4
		if p.Addr().Is6() {
			tables = &s.v6
		}
		i := slices.IndexFunc(*tables, func(t networkTable) bool { return t.bits == p.Bits() })
		if i < 0 {
			i = len(*tables)
			*tables = append(*tables, networkTable{bits: p.Bits(), rules: map[netip.Addr][]int32{}})
		}
		first := p.Masked().Addr()
		(*tables)[i].rules[first] = append((*tables)[i].rules[first], wanted[l]...)
	}
	return out
}

// each calls yield with the rules of every network that the address is in.
func (s *networkSet) each(text []byte, yield func(rules []int32)) {
	addr, ok := sigma.ParseAddress(string(text))
	if !ok {
		return
	}
	tables := s.v4
	if addr.Is6() {
		tables = s.v6
	}
	for i := range tables {
		t := &tables[i]
		p, err := addr.Prefix(t.bits)
		if err != nil {
			continue
		}
		if rules := t.rules[p.Addr()]; rules != nil {
			yield(rules)
		}
	}
}

func (s *networkSet) describe() string {
	var out []string
	for _, t := range slices.Concat(s.v4, s.v6) {
		for a := range t.rules {
			out = append(out, netip.PrefixFrom(a, t.bits).String())
		}
	}
	return someOf(out)
}

// inNetworks marks the rules of the networks that an address of the record is in.
func (f *frame) inNetworks(s *networkSet) {
	for _, text := range f.casedText(s.field).cased {
		s.each(text, func(rules []int32) {
			for _, r := range rules {
				f.cand[uint32(r)/64] |= 1 << (uint32(r) % 64)
			}
		})
	}
}
