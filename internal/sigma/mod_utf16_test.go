package sigma

import (
	"encoding/binary"
	"testing"
)

var littleEndian = binary.LittleEndian

func TestUTF16(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|utf16le: ab`, want: "F = 'a\x00b\x00'"},
		{entry: `F|wide: ab`, want: "F = 'a\x00b\x00'"},
		{entry: `F|utf16be: ab`, want: "F = '\x00a\x00b'"},
		{entry: `F|utf16: ab`, want: "F = '\uFEFFa\x00b\x00'"},
		{entry: `F|wide|contains: 'a*b'`, want: "F contains 'a\x00*b\x00'"},
		{entry: `F|contains|wide: ab`, want: "F contains 'a\x00b\x00'"},
		{entry: `F|wide|base64: 'é€'`, want: `F = '6QCsIA==', case matters`},
		{entry: `F|utf16be|base64: 'é€'`, want: `F = 'AOkgrA==', case matters`},
		{entry: `F|utf16le|base64: '😀'`, want: `F = 'PdgA3g==', case matters`},
		{entry: `F|windash|wide|base64: '-a'`, want: `(F = 'LQBhAA==', case matters or F = 'LwBhAA==', case matters or F = 'EyBhAA==', case matters or F = 'FCBhAA==', case matters or F = 'FSBhAA==', case matters)`},
		{entry: `F|wide: 'é'`, fault: `add base64 or base64offset`},
		{entry: `F|wide: 5`, fault: `cannot be used with a number`},
		{entry: `F|utf16: null`, fault: `cannot be used with null`},
		{entry: `F|re|wide: a`, fault: `cannot be used with a regular expression`},
	})
}
