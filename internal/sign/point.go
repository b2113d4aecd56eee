package sign

import (
	"slices"

	"filippo.io/edwards25519"
)

// smallOrder are the y coordinates, little-endian, of the eight points whose order divides the cofactor: each with both
// signs of x stands for all of them, but that the first two have x = 0. Under such a key one signature can hold for many
// messages.
var smallOrder = [...][32]byte{
	{0: 0x01},
	{0: 0xec, 1: 0xff, 2: 0xff, 3: 0xff, 4: 0xff, 5: 0xff, 6: 0xff, 7: 0xff, 8: 0xff, 9: 0xff, 10: 0xff, 11: 0xff, 12: 0xff, 13: 0xff, 14: 0xff, 15: 0xff, 16: 0xff, 17: 0xff, 18: 0xff, 19: 0xff, 20: 0xff, 21: 0xff, 22: 0xff, 23: 0xff, 24: 0xff, 25: 0xff, 26: 0xff, 27: 0xff, 28: 0xff, 29: 0xff, 30: 0xff, 31: 0x7f},
	{},
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
}

// y is the y coordinate of a key without the sign of x.
func (k PublicKey) y() [32]byte {
	k[31] &= 0x7f
	return k
}

func (k PublicKey) smallOrder() bool { return slices.Contains(smallOrder[:], k.y()) }

// canonical says that y is below 2^255-19 (RFC 8032, section 5.1.3, step 1). What is not, is at most 18 above it. Where x is
// 0, which has no sign, the point is of small order.
func (k PublicKey) canonical() bool {
	y := k.y()
	if y[31] != 0x7f || y[0] < 0xed {
		return true
	}
	for _, b := range y[1:31] {
		if b != 0xff {
			return true
		}
	}
	return false
}

// sound says all of a key that ed25519.Verify does not see to.
func (k PublicKey) sound() bool { return k.canonical() && !k.smallOrder() }

// onCurve says that there is an x (RFC 8032, section 5.1.3, step 2).
func (k PublicKey) onCurve() bool {
	_, err := new(edwards25519.Point).SetBytes(k[:])
	return err == nil
}

// checkPoint says what is wrong with the 32 bytes of a key.
func checkPoint(b []byte) error {
	k := PublicKey(b)
	switch {
	case k.smallOrder():
		return errSmallOrder
	case !k.canonical() || !k.onCurve():
		return errNoPoint
	}
	return nil
}
