package triage

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func (s *stretches) triples() (out [][3]int64) {
	for _, c := range s.list {
		out = append(out, [3]int64{c.first, c.last, c.n})
	}
	return out
}

func TestStretches(t *testing.T) {
	s := newStretches(1, 100)
	for _, n := range []int64{5, 6, 7, 1, 2, 10, 9, 20} {
		s.add(n, n, 1)
	}
	if want := [][3]int64{{1, 2, 2}, {5, 7, 3}, {9, 10, 2}, {20, 20, 1}}; !reflect.DeepEqual(s.triples(), want) {
		t.Errorf("got %v, want %v", s.triples(), want)
	}
	s.add(8, 8, 1)
	s.add(3, 4, 2)
	s.add(1, 10, 10)
	if want := [][3]int64{{1, 10, 20}, {20, 20, 1}}; !reflect.DeepEqual(s.triples(), want) {
		t.Errorf("got %v, want %v", s.triples(), want)
	}
	if !s.any(5, 6) || s.any(10, 20) || !s.any(10, 21) || s.any(20, 30) {
		t.Error("any is wrong")
	}
	if n := s.overlap(8, 25); n != 4 {
		t.Errorf("an overlap of %d, want 4", n)
	}
	if n := s.overlap(11, 19); n != 0 {
		t.Errorf("an overlap of %d, want none", n)
	}
}

func TestStretchesExtremes(t *testing.T) {
	s := newStretches(10, 4)
	for _, n := range []int64{math.MinInt64, math.MaxInt64, 0, -5, 100, math.MaxInt64 - 3, math.MinInt64 + 1, 1000, 2000, 3000, 4000} {
		s.add(n, n, 1)
	}
	var total int64
	for i, c := range s.list {
		total += c.n
		if c.first > c.last || i > 0 && c.first <= s.list[i-1].last {
			t.Errorf("not in order: %v", s.triples())
		}
	}
	if total != 11 || len(s.list) > 4 {
		t.Errorf("%d things in %d stretches", total, len(s.list))
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
		wide := func(s *stretches) (out [][2]int64) {
			for i := 1; i < len(s.list); i++ {
				if s.gap(i) >= 1000 {
					out = append(out, [2]int64{s.list[i-1].last, s.list[i].first})
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
		s, whole := newStretches(1, 64), newStretches(1, 64)
		for i := 0; i < len(shuffled); i += 50 {
			part := newStretches(1, 64)
			for _, p := range shuffled[i : i+50] {
				part.add(p, p, 1)
			}
			whole.merge(&part)
		}
		var n, m int64
		for _, p := range shuffled {
			s.add(p, p, 1)
		}
		for _, c := range s.list {
			n += c.n
		}
		for _, c := range whole.list {
			m += c.n
		}
		if n != int64(len(points)) || m != n {
			t.Fatalf("%d and %d of %d points", n, m, len(points))
		}
		if len(s.list) > 64 || len(whole.list) > 64 {
			t.Fatalf("%d and %d stretches", len(s.list), len(whole.list))
		}
		if got := wide(&s); !reflect.DeepEqual(got, want) {
			t.Fatalf("gaps %v, want %v", got, want)
		}
		if got := wide(&whole); !reflect.DeepEqual(got, want) {
			t.Fatalf("gaps of merged parts %v, want %v", got, want)
		}
	}
}
