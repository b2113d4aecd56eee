package logrange

import "testing"

func TestRandomIsTheSameEverywhere(t *testing.T) {
	r := derive(7, "a", "b")
	got := [3]uint64{r.next(), r.next(), r.next()}
	want := [3]uint64{0xc56cdd506a3657ab, 0x4f47f3f1a50c992d, 0x1ba6501663b8b2bd}
	if got != want {
		t.Errorf("the sequence has changed, and with it every range: got %#x, want %#x", got, want)
	}
}

func TestDeriveKeepsNamesApart(t *testing.T) {
	seen := map[uint64]string{}
	for _, names := range [][]string{{}, {""}, {"", ""}, {"a"}, {"b"}, {"a", "b"}, {"ab"}, {"b", "a"}} {
		v := derive(1, names...).next()
		if old, ok := seen[v]; ok {
			t.Errorf("%q and %s give the same numbers", names, old)
		}
		seen[v] = "others"
	}
	if derive(1, "a").next() == derive(2, "a").next() {
		t.Error("two seeds give the same numbers")
	}
}

func TestBelowStaysBelow(t *testing.T) {
	r := derive(1)
	seen := [6]bool{}
	for range 1000 {
		seen[r.below(6)] = true
	}
	if seen != [6]bool{true, true, true, true, true, true} {
		t.Errorf("below(6) leaves numbers out: %v", seen)
	}
	for range 100 {
		if n := r.between(3, 4); n < 3 || n > 4 {
			t.Fatalf("between(3, 4) = %d", n)
		}
	}
}

func TestLottery(t *testing.T) {
	l := newLottery([]int{0, 1, 2000, 0, 1000})
	r := derive(3)
	var n [5]int
	for range 100_000 {
		n[l.draw(r)]++
	}
	if n[0] != 0 || n[3] != 0 {
		t.Errorf("a weight of nothing was drawn: %v", n)
	}
	if n[1] == 0 {
		t.Errorf("a small weight was never drawn: %v", n)
	}
	if n[2] < n[4]*18/10 || n[2] > n[4]*22/10 {
		t.Errorf("twice the weight is not drawn twice as often: %v", n)
	}
	if i := newLottery(nil).draw(r); i != 0 {
		t.Errorf("an empty lottery draws %d", i)
	}
}
