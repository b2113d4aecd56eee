package triage

import (
	"slices"
	"sort"
)

// stretches is a bounded picture of where on a line (of time, of record numbers) something lies: the stretches
// between which nothing was seen for more than join. When there are too many, those nearest to one another become one;
// so what remains shows the widest gaps, exactly. The picture does not depend on the order of what is added, except for
// gaps narrower than join.
type stretches struct {
	list []stretch // in order, more than join apart
	join int64     // widest gap that does not count
	most int
	at   int // where the last addition went
}

type stretch struct{ first, last, n int64 }

func newStretches(join int64, most int) stretches { return stretches{join: join, most: most} }

// add notes n things that lie between first and last.
func (s *stretches) add(first, last, n int64) {
	if s.at < len(s.list) {
		if c := &s.list[s.at]; first >= c.first && last <= c.last {
			c.n += n
			return
		}
	}
	// The first stretch that ends at or behind the beginning, gap included.
	i := sort.Search(len(s.list), func(i int) bool { return near(s.list[i].last, first, s.join) })
	if i == len(s.list) || !near(last, s.list[i].first, s.join) {
		s.list = slices.Insert(s.list, i, stretch{first, last, n})
		s.at = i
		if len(s.list) > s.most {
			s.coarsen()
		}
		return
	}
	c := &s.list[i]
	c.first, c.last, c.n = min(c.first, first), max(c.last, last), c.n+n
	end := i + 1
	for end < len(s.list) && near(c.last, s.list[end].first, s.join) {
		c.last, c.n = max(c.last, s.list[end].last), c.n+s.list[end].n
		end++
	}
	s.list = slices.Delete(s.list, i+1, end)
	s.at = i
}

// near says that b begins no more than join behind a.
func near(a, b, join int64) bool { return b <= a || uint64(b)-uint64(a) <= uint64(join) }

// coarsen widens join until half of the stretches are left.
func (s *stretches) coarsen() {
	gaps := make([]int64, 0, len(s.list))
	for i := 1; i < len(s.list); i++ {
		gaps = append(gaps, s.gap(i))
	}
	slices.Sort(gaps)
	s.join = max(s.join, gaps[len(gaps)/2])
	out := s.list[:1]
	for _, c := range s.list[1:] {
		if p := &out[len(out)-1]; near(p.last, c.first, s.join) {
			p.last, p.n = max(p.last, c.last), p.n+c.n
			continue
		}
		out = append(out, c)
	}
	s.list, s.at = out, len(out)
}

// gap is the width of the gap before stretch i, at most what fits.
func (s *stretches) gap(i int) int64 {
	d := uint64(s.list[i].first) - uint64(s.list[i-1].last)
	return int64(min(d, 1<<63-1))
}

// merge adds all of another picture.
func (s *stretches) merge(o *stretches) {
	for _, c := range o.list {
		s.add(c.first, c.last, c.n)
	}
	if o.join > s.join { // what the other has lost is lost here too
		s.join = o.join
		if len(s.list) > 1 {
			list := slices.Clone(s.list)
			s.list = s.list[:0]
			for _, c := range list {
				s.add(c.first, c.last, c.n)
			}
		}
	}
}

// overlap is how many whole numbers of [first, last] lie in stretches already: 0 where the picture is too coarse to
// tell.
func (s *stretches) overlap(first, last int64) int64 {
	if s.join > 1 {
		return 0
	}
	var sum int64
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].last >= first })
	for ; i < len(s.list) && s.list[i].first <= last; i++ {
		sum += min(s.list[i].last, last) - max(s.list[i].first, first) + 1
	}
	return sum
}

// any says that something was seen strictly between from and to.
func (s *stretches) any(from, to int64) bool {
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].last > from })
	return i < len(s.list) && s.list[i].first < to
}
