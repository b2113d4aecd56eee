package stretch

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func (s *Set) triples() (out [][3]int64) {
	for _, c := range s.List {
		out = append(out, [3]int64{c.First, c.Last, c.N})
	}
	return out
}

func TestStretches(t *testing.T) {
	s := New(1, 100)
	for _, n := range []int64{5, 6, 7, 1, 2, 10, 9, 20} {
		s.Add(n, n, 1)
	}
	if want := [][3]int64{{1, 2, 2}, {5, 7, 3}, {9, 10, 2}, {20, 20, 1}}; !reflect.DeepEqual(s.triples(), want) {
		t.Errorf("got %v, want %v", s.triples(), want)
	}
	s.Add(8, 8, 1)
	s.Add(3, 4, 2)
	s.Add(1, 10, 10)
	if want := [][3]int64{{1, 10, 20}, {20, 20, 1}}; !reflect.DeepEqual(s.triples(), want) {
		t.Errorf("got %v, want %v", s.triples(), want)
	}
	if !s.Any(5, 6) || s.Any(10, 20) || !s.Any(10, 21) || s.Any(20, 30) {
		t.Error("any is wrong")
	}
	if n := s.Overlap(8, 25); n != 4 {
		t.Errorf("an overlap of %d, want 4", n)
	}
	if n := s.Overlap(11, 19); n != 0 {
		t.Errorf("an overlap of %d, want none", n)
	}
}

func TestStretchesExtremes(t *testing.T) {
	s := New(10, 4)
	for _, n := range []int64{math.MinInt64, math.MaxInt64, 0, -5, 100, math.MaxInt64 - 3, math.MinInt64 + 1, 1000, 2000, 3000, 4000} {
		s.Add(n, n, 1)
	}
	var total int64
	for i, c := range s.List {
		total += c.N
		if c.First > c.Last || i > 0 && c.First <= s.List[i-1].Last {
			t.Errorf("not in order: %v", s.triples())
		}
	}
	if total != 11 || len(s.List) > 4 {
		t.Errorf("%d things in %d Set", total, len(s.List))
	}
}

// TestStretchesAnyOrder checks that the widest gaps come out the same in whatever order and pieces the points come.
func TestStretchesAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var points []int64
		at := int64(0)
		for range 400 {
			at += 1 + rnd.Int64N(20)
			if rnd.IntN(40) == 0 {
				at += 1000 + rnd.Int64N(1000)
			}
			points = append(points, at)
		}
		wide := func(s *Set) (out [][2]int64) {
			for i := 1; i < len(s.List); i++ {
				if s.Gap(i) >= 1000 {
					out = append(out, [2]int64{s.List[i-1].Last, s.List[i].First})
				}
			}
			return out
		}
		var want [][2]int64
		for i := 1; i < len(points); i++ {
			if points[i]-points[i-1] >= 1000 {
				want = append(want, [2]int64{points[i-1], points[i]})
			}
		}
		shuffled := slices.Clone(points)
		rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		s, whole := New(1, 64), New(1, 64)
		for i := 0; i < len(shuffled); i += 50 {
			part := New(1, 64)
			for _, p := range shuffled[i : i+50] {
				part.Add(p, p, 1)
			}
			whole.Merge(&part)
		}
		var n, m int64
		for _, p := range shuffled {
			s.Add(p, p, 1)
		}
		for _, c := range s.List {
			n += c.N
		}
		for _, c := range whole.List {
			m += c.N
		}
		if n != int64(len(points)) || m != n {
			t.Fatalf("%d and %d of %d points", n, m, len(points))
		}
		if len(s.List) > 64 || len(whole.List) > 64 {
			t.Fatalf("%d and %d Set", len(s.List), len(whole.List))
		}
		if got := wide(&s); !reflect.DeepEqual(got, want) {
			t.Fatalf("gaps %v, want %v", got, want)
		}
		if got := wide(&whole); !reflect.DeepEqual(got, want) {
			t.Fatalf("gaps of merged parts %v, want %v", got, want)
		}
	}
}
