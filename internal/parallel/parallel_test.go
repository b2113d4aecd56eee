package parallel

import (
	"slices"
	"testing"
)

func TestEach(t *testing.T) {
	for _, n := range []int{0, 1, few, few + 1, 1000} {
		got, want := make([]int, n), make([]int, n)
		Each(n, func(i int) { got[i] += i + 1 })
		for i := range want {
			want[i] = i + 1
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d: %v", n, got)
		}
	}
}
