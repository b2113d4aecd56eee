package packexport

import (
	"bytes"
	"testing"

	"entente/internal/advisory"
)

// sample is a pack that has everything that a pack may have.
func sample(t testing.TB) *advisory.Pack {
	t.Helper()
	p, err := advisory.Open("testdata/sample")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// export writes a pack and returns what was written and said.
func export(t testing.TB, f Format, p *advisory.Pack, o Options) (string, []advisory.Remark) {
	t.Helper()
	var b bytes.Buffer
	remarks, err := Write(&b, f, p, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), remarks
}
