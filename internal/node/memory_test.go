package node

import "testing"

func TestMemoryIsGivenBackAfterABurst(t *testing.T) {
	const mib = 1 << 20
	holds, inUse, released := uint64(0), uint64(0), 0
	k := keeper{held: func() uint64 { return holds }, release: func() { released++; holds = inUse }}
	for i, c := range []struct {
		holds, inUse uint64
		released     int
	}{
		{30, 30, 0}, {20, 20, 0}, {31, 20, 0}, // a little
		{240, 45, 1}, {50, 45, 1}, {60, 45, 1}, // a burst, and nothing after it
		{150, 140, 2}, {150, 140, 2}, {160, 140, 2}, // in use: not asked for again
		{50, 50, 2}, {90, 50, 3},
	} {
		holds, inUse = c.holds*mib, c.inUse*mib
		if k.look(); released != c.released {
			t.Errorf("%d: released %d times, not %d", i, released, c.released)
		}
	}
	if held() == 0 {
		t.Error("the program holds no memory")
	}
}
