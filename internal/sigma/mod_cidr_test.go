package sigma

import "testing"

func TestCIDR(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|cidr: 10.0.0.0/8`, want: `F is in the network 10.0.0.0/8`},
		{entry: `F|cidr: [10.0.0.0/8, '2001:db8::/32']`, want: `(F is in the network 10.0.0.0/8 or F is in the network 2001:db8::/32)`},
		{entry: `F|cidr: 192.0.2.1`, want: `F is in the network 192.0.2.1/32`},
		{entry: `F|cidr: '::1'`, want: `F is in the network ::1/128`},
		{entry: `F|cidr: 10.0.0.0/255.128.0.0`, want: `F is in the network 10.0.0.0/9`},
		{entry: `F|cidr: '::ffff:10.0.0.0/104'`, want: `F is in the network 10.0.0.0/8`},
		{entry: `F|cidr: 10.1.2.3/8`, want: `F is in the network 10.0.0.0/8`, warn: `has bits beyond its mask`},
		{entry: `F|cidr: 10.0.0.0/33`, fault: `"10.0.0.0/33" in "F|cidr" is not a network`},
		{entry: `F|cidr: 10.0.0.0/255.0.255.0`, fault: `is not a network`},
		{entry: `F|cidr: 10.0.0.*`, fault: `is not a network`},
		{entry: `F|cidr: 5`, fault: `cidr in "F|cidr" cannot be used with a number`},
		{entry: `F|cidr: null`, fault: `cannot be used with null`},
		{entry: `F|contains|cidr: 10.0.0.0/8`, fault: `has to be the first`},
	})
	checkMatches(t, `F|cidr: 10.0.0.0/8`,
		[]any{"10.1.2.3", "::ffff:10.1.2.3", "10.1.2.3:445", " 10.0.0.0 ", "[::ffff:10.0.0.1]:80"},
		[]any{"11.0.0.1", "10.1.2", "x10.1.2.3", "", nil, "-", "10.1.2.3/32", "2001:db8::1"})
	checkMatches(t, `F|cidr: fe80::/10`, []any{"fe80::1%eth0", "FE80::1", "[fe80::1]", "[fe80::1%3]:443"}, []any{"2001:db8::1", "10.0.0.1"})
	checkMatches(t, `F|cidr: 0.0.0.0/0`, []any{"1.2.3.4"}, []any{"::1", "localhost"})
}
