package coalition

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/secretsharing"
)

// TestShareFits compares what is computed here with what the library says of the same shares.
func TestShareFits(t *testing.T) {
	for _, k := range []int{1, 2, 3, 7} {
		const members = 70
		dealer := secretsharing.New(rand.Reader, uint(k-1), curve.RandomScalar(rand.Reader))
		committed := dealer.CommitSecret()
		s := &Seal{}
		for _, c := range committed {
			b, err := c.MarshalBinaryCompress()
			if err != nil {
				t.Fatal(err)
			}
			s.Commitments = append(s.Commitments, base64.StdEncoding.EncodeToString(b))
		}
		for i := range members {
			s.Shares = append(s.Shares, SealedShare{Member: fmt.Sprintf("m%03d", i)})
		}
		fits := 0
		for i := range members {
			for _, other := range []int{i, (i + 1) % members} {
				share := dealer.ShareWithID(shareID(other))
				for _, change := range []uint64{0, 1} {
					value := curve.NewScalar().Add(share.Value, curve.NewScalar().SetUint64(change))
					want := secretsharing.Verify(uint(k-1), secretsharing.Share{ID: shareID(i), Value: value}, committed)
					if got := ShareFits(s, s.Shares[i].Member, shareValue(t, value)); got != want {
						t.Fatalf("k %d, share of %d as that of %d, with %d added: %v, want %v", k, other, i, change, got, want)
					}
					if want {
						fits++
					}
				}
			}
		}
		if want := members; k > 1 && fits != want || k == 1 && fits != 2*want { // with one, all have the same
			t.Errorf("k %d: %d fit", k, fits)
		}
	}
}

func shareValue(t *testing.T, v group.Scalar) *Share {
	t.Helper()
	b, err := v.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return &Share{Share: base64.StdEncoding.EncodeToString(b)}
}
