package sigma

import "testing"

func TestAll(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|all: [a, b]`, want: `(F = 'a' and F = 'b')`},
		{entry: `F|contains|all: [a, b]`, want: `(F contains 'a' and F contains 'b')`},
		{entry: `F|all|contains: [a, b]`, want: `(F contains 'a' and F contains 'b')`},
		{entry: `F|contains|all|windash: [' -a', ' b']`, want: `((F contains ' -a' or F contains ' /a' or F contains ' –a' or F contains ' —a' or F contains ' ―a') and F contains ' b')`},
		{entry: `F|re|all: ['a', 'b']`, want: `(F matches the expression /a/ and F matches the expression /b/)`},
		{entry: `F|all|re: ['a', 'b']`, want: `(F matches the expression /a/ and F matches the expression /b/)`},
		{entry: `F|all: [0x10, a]`, want: `((F = '0x10' or F = '16') and F = 'a')`},
		{entry: `F|all: a`, want: `F = 'a'`, warn: "has one value only"},
		{entry: `F|cidr|all: [10.0.0.0/8, 10.1.0.0/16]`, want: `(F is in the network 10.0.0.0/8 and F is in the network 10.1.0.0/16)`},
	})
}
