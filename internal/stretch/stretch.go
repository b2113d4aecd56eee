// Package stretch keeps a bounded picture of where on a line something lies: the times at which a log has records, the
// record numbers that there are. It finds the pauses that stand out.
//
// It reads no logs and knows nothing of what it counts; it never fails, and its memory has a bound.
package stretch

import (
	"cmp"
	"slices"
	"sort"
)

// Set is a bounded picture of where on a line (of time, of record numbers) something lies: the stretches
// between which nothing was seen for more than join. When there are too many, those nearest to one another become one;
// so what remains shows the widest gaps, exactly. The picture does not depend on the order of what is added, except for
// gaps narrower than join.
type Set struct {
	List []Stretch // in order, more than join apart
	Join int64     // widest gap that does not count
	most int
	at   int // where the last addition went
}

// Stretch is where N things lie, both ends included.
type Stretch struct{ First, Last, N int64 }

// New is an empty picture of at most so many stretches, in which gaps up to join do not count.
func New(join int64, most int) Set { return Set{Join: join, most: most} }

// Add notes n things that lie between first and last.
func (s *Set) Add(first, last, n int64) {
	if s.at < len(s.List) {
		if c := &s.List[s.at]; first >= c.First && last <= c.Last {
			c.N += n
			return
		}
	}
	// The first stretch that ends at or behind the beginning, gap included.
	i := sort.Search(len(s.List), func(i int) bool { return Near(s.List[i].Last, first, s.Join) })
	if i == len(s.List) || !Near(last, s.List[i].First, s.Join) {
		s.List = slices.Insert(s.List, i, Stretch{first, last, n})
		s.at = i
		if len(s.List) > s.most {
			s.coarsen()
		}
		return
	}
	c := &s.List[i]
	c.First, c.Last, c.N = min(c.First, first), max(c.Last, last), c.N+n
	end := i + 1
	for end < len(s.List) && Near(c.Last, s.List[end].First, s.Join) {
		c.Last, c.N = max(c.Last, s.List[end].Last), c.N+s.List[end].N
		end++
	}
	s.List = slices.Delete(s.List, i+1, end)
	s.at = i
}

// Near says that b begins no more than join behind a.
func Near(a, b, join int64) bool { return b <= a || uint64(b)-uint64(a) <= uint64(join) }

// coarsen widens join until half of the Set are left.
func (s *Set) coarsen() {
	gaps := make([]int64, 0, len(s.List))
	for i := 1; i < len(s.List); i++ {
		gaps = append(gaps, s.Gap(i))
	}
	slices.Sort(gaps)
	s.Join = max(s.Join, gaps[len(gaps)/2])
	out := s.List[:1]
	for _, c := range s.List[1:] {
		if p := &out[len(out)-1]; Near(p.Last, c.First, s.Join) {
			p.Last, p.N = max(p.Last, c.Last), p.N+c.N
			continue
		}
		out = append(out, c)
	}
	s.List, s.at = out, len(out)
}

// Gap is the width of the gap before stretch i, at most what fits.
func (s *Set) Gap(i int) int64 {
	d := uint64(s.List[i].First) - uint64(s.List[i-1].Last)
	return int64(min(d, 1<<63-1))
}

// Merge adds all of another picture.
func (s *Set) Merge(o *Set) {
	for _, c := range o.List {
		s.Add(c.First, c.Last, c.N)
	}
	if o.Join > s.Join { // what the other has lost is lost here too
		s.Join = o.Join
		if len(s.List) > 1 {
			list := slices.Clone(s.List)
			s.List = s.List[:0]
			for _, c := range list {
				s.Add(c.First, c.Last, c.N)
			}
		}
	}
}

// Overlap is how many whole numbers of [first, last] lie in Set already: 0 where the picture is too coarse to
// tell.
func (s *Set) Overlap(first, last int64) int64 {
	if s.Join > 1 {
		return 0
	}
	var sum int64
	i := sort.Search(len(s.List), func(i int) bool { return s.List[i].Last >= first })
	for ; i < len(s.List) && s.List[i].First <= last; i++ {
		sum += min(s.List[i].Last, last) - max(s.List[i].First, first) + 1
	}
	return sum
}

// Any says that something was seen strictly between from and to.
func (s *Set) Any(from, to int64) bool {
	i := sort.Search(len(s.List), func(i int) bool { return s.List[i].Last > from })
	return i < len(s.List) && s.List[i].First < to
}

// What makes a pause stand out.
const (
	// It has to be pauseTimes times the usual one, which minThings things establish.
	pauseTimes = 50
	minThings  = 20
	// Of manyPauses and more, those count that are standsOut times as long as the one in the middle.
	manyPauses = 3
	standsOut  = 4
)

// Pauses lists the stretches, by index, that lie behind a gap that stands out: of at least so much, where things usually
// follow one another much faster; the longest first. Where there are several, only those count that stand out among
// them: nights and weekends are usual.
func (s *Set) Pauses(least int64) []int {
	usual := s.Usual()
	if usual == 0 {
		return nil
	}
	var at []int
	for i := 1; i < len(s.List); i++ {
		if d := s.Gap(i); d >= least && d/pauseTimes >= usual {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(s.Gap(b), s.Gap(a)) })
	if len(at) >= manyPauses {
		middle := s.Gap(at[len(at)/2])
		at = slices.DeleteFunc(at, func(i int) bool { return s.Gap(i)/standsOut < middle })
	}
	return at
}

// Usual is the mean pause within stretches, at least 1; 0 where there are too few things to say.
func (s *Set) Usual() int64 {
	var busy, things int64
	for _, c := range s.List {
		busy += c.Last - c.First
		things += c.N
	}
	if things < minThings {
		return 0
	}
	return max(busy/max(things-int64(len(s.List)), 1), 1)
}
