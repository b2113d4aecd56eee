package translog

import (
	"testing"
)

func TestSeenAt(t *testing.T) {
	key := func(name string, seed byte) Key { return Key{"witness.example/" + name, testPublic(seed)} }
	a, b, c := key("a", 11), key("b", 12), key("c", 13)
	seeds := map[[32]byte]byte{}
	for seed := range byte(30) {
		seeds[testPublic(seed)] = seed
	}
	type by struct {
		key  Key
		time int64
	}
	checkpoint := func(size int64, signers ...by) *SignedCheckpoint {
		s := signed(t, Checkpoint{Origin: testOrigin, Size: size, Root: Hash{byte(size)}})
		for _, w := range signers {
			s = must(s.With(must(cosign(s, w.key, testKey(seeds[w.key.Public]), at(w.time)()))))
		}
		return s
	}
	wrong := checkpoint(9, by{a, 1})
	wrong.text = []byte("other\n1\n" + Hash{}.String() + "\n")
	for _, test := range []struct {
		name      string
		threshold int
		witnesses []Key
		notes     []*SignedCheckpoint
		want      int64 // 0 is not
	}{
		{"all three", 3, []Key{a, b, c}, []*SignedCheckpoint{checkpoint(1, by{a, 30}, by{b, 10}, by{c, 20})}, 30},
		{"two of three", 2, []Key{a, b, c}, []*SignedCheckpoint{checkpoint(1, by{a, 30}, by{b, 10}, by{c, 20})}, 20},
		{"one of three", 1, []Key{a, b, c}, []*SignedCheckpoint{checkpoint(1, by{a, 30}, by{b, 10}, by{c, 20})}, 10},
		{"fewer", 4, []Key{a, b, c}, []*SignedCheckpoint{checkpoint(1, by{a, 30}, by{b, 10}, by{c, 20})}, 0},
		{"one who is not asked", 2, []Key{a, b}, []*SignedCheckpoint{checkpoint(1, by{c, 5}, by{a, 30}, by{b, 10})}, 30},
		{"the same twice", 2, []Key{a, b}, []*SignedCheckpoint{checkpoint(1, by{a, 30}, by{a, 40})}, 0},
		{"the same twice, later first", 1, []Key{a, b}, []*SignedCheckpoint{checkpoint(1, by{a, 40}, by{a, 30})}, 30},
		{"two checkpoints", 2, []Key{a, b}, []*SignedCheckpoint{checkpoint(1, by{a, 30}), checkpoint(2, by{b, 50}, by{a, 50})}, 50},
		{"a changed key is one witness", 2, []Key{a, key("a", 14)}, []*SignedCheckpoint{checkpoint(1, by{a, 30}, by{key("a", 14), 40})}, 0},
		{"a key with two names is one witness", 2, []Key{a, key("x", 11)}, []*SignedCheckpoint{checkpoint(1, by{a, 30}, by{key("x", 11), 40})}, 0},
		{"one by a chain of both", 2, []Key{a, key("y", 15), key("a", 15)}, []*SignedCheckpoint{checkpoint(1, by{a, 30}, by{key("y", 15), 40})}, 0},
		{"listed twice", 2, []Key{a, a, b}, []*SignedCheckpoint{checkpoint(1, by{a, 30})}, 0},
		{"one that is wrong", 1, []Key{a, b}, []*SignedCheckpoint{wrong}, 0},
		{"no threshold", 0, []Key{a}, []*SignedCheckpoint{checkpoint(1, by{a, 30})}, 0},
		{"no checkpoint", 1, []Key{a}, nil, 0},
		{"no witness", 1, nil, []*SignedCheckpoint{checkpoint(1, by{a, 30})}, 0},
	} {
		when, ok := SeenAt(test.threshold, test.witnesses, test.notes...)
		if ok != (test.want != 0) || ok && when.Unix() != test.want {
			t.Errorf("%s: %v, %t; want %d", test.name, when, ok, test.want)
		}
	}
	other := signed(t, Checkpoint{Origin: "example.org/other", Size: 1})
	if _, ok := SeenAt(1, []Key{a}, checkpoint(1, by{a, 30}), other); ok {
		t.Error("checkpoints of two logs are taken together")
	}
}
