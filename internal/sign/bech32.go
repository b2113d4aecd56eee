package sign

import "strings"

// bech32 encodes bytes behind a prefix in capitals (BIP 173): the form of age's secret keys, which age reads, but makes of
// random bytes of its own alone.
func bech32(prefix string, data []byte) string {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	prefix = strings.ToLower(prefix)
	var digits []byte // of 5 bits
	acc, bits := 0, 0
	for _, b := range data {
		acc, bits = acc<<8|int(b), bits+8
		for ; bits >= 5; bits -= 5 {
			digits = append(digits, byte(acc>>(bits-5)&31))
		}
		acc &= 31
	}
	if bits > 0 {
		digits = append(digits, byte(acc<<(5-bits)&31))
	}
	check := uint32(1)
	add := func(digit byte) {
		top := check >> 25
		check = check&(1<<25-1)<<5 ^ uint32(digit)
		for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				check ^= g
			}
		}
	}
	for _, c := range []byte(prefix) {
		add(c >> 5)
	}
	add(0)
	for _, c := range []byte(prefix) {
		add(c & 31)
	}
	for _, d := range digits {
		add(d)
	}
	for range 6 {
		add(0)
	}
	check ^= 1
	for i := range 6 {
		digits = append(digits, byte(check>>(5*(5-i))&31))
	}
	var out strings.Builder
	out.WriteString(prefix + "1")
	for _, d := range digits {
		out.WriteByte(alphabet[d])
	}
	return strings.ToUpper(out.String())
}
