package score

// twister is the generator MT19937 of Matsumoto and Nishimura (1998), seeded and read as Python's random.Random does, so that
// the bootstrap redraws what the reference scorer redraws.
type twister struct {
	state [624]uint32
	next  int
}

// newTwister seeds with the one word seed, by init_by_array.
func newTwister(seed uint32) *twister {
	t := &twister{next: 624}
	t.state[0] = 19650218
	for i := 1; i < len(t.state); i++ {
		t.state[i] = 1812433253*(t.state[i-1]^t.state[i-1]>>30) + uint32(i)
	}
	i := 1
	step := func() {
		if i++; i == len(t.state) {
			t.state[0], i = t.state[len(t.state)-1], 1
		}
	}
	for range t.state {
		t.state[i] = (t.state[i] ^ (t.state[i-1]^t.state[i-1]>>30)*1664525) + seed
		step()
	}
	for range len(t.state) - 1 {
		t.state[i] = (t.state[i] ^ (t.state[i-1]^t.state[i-1]>>30)*1566083941) - uint32(i)
		step()
	}
	t.state[0] = 1 << 31
	return t
}

func (t *twister) uint32() uint32 {
	if t.next == len(t.state) {
		for i := range t.state {
			y := t.state[i]&(1<<31) | t.state[(i+1)%624]&(1<<31-1)
			t.state[i] = t.state[(i+397)%624] ^ y>>1 ^ y&1*0x9908b0df
		}
		t.next = 0
	}
	y := t.state[t.next]
	t.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// float is a number from 0 to below 1, with 53 bits.
func (t *twister) float() float64 {
	a, b := t.uint32()>>5, t.uint32()>>6
	return (float64(a)*(1<<26) + float64(b)) / (1 << 53)
}

// choice is a number from 0 to below n, as random.choices draws it.
func (t *twister) choice(n int) int { return int(t.float() * float64(n)) }
