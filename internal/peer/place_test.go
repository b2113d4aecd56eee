package peer

import (
	"fmt"
	"testing"
	"time"
)

// Marks are dense where they are new and sparse where they are old, so that a peer that was restored gets little more than what
// it has lost.
func TestMarksThinOut(t *testing.T) {
	var p place
	for n := range int64(100_000) {
		p.addMark(mark{ID: fmt.Sprint(n), Added: time.UnixMicro(n)})
		if len(p.Marks) > maxMarks {
			t.Fatalf("%d marks after %d", len(p.Marks), n)
		}
		if p.Marks[len(p.Marks)-1].Number != n {
			t.Fatalf("the newest mark is %+v after %d", p.Marks[len(p.Marks)-1], n)
		}
		for i := 1; i < len(p.Marks); i++ {
			age, gap := n-p.Marks[i].Number, p.Marks[i].Number-p.Marks[i-1].Number
			if gap <= 0 || gap > age/2+2 {
				t.Fatalf("after %d: %d and %d are too far apart", n, p.Marks[i-1].Number, p.Marks[i].Number)
			}
		}
	}
	if p.Marks[0].Number != 0 {
		t.Errorf("the oldest mark is %d", p.Marks[0].Number)
	}
}
