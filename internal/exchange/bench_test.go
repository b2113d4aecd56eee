package exchange

import (
	"math/rand/v2"
	"strings"
	"testing"

	"entente/internal/stix"
	"entente/internal/store"
)

// BenchmarkPrepare is what the import does with an object before it is stored: reading it, checking it, looking for terms.
func BenchmarkPrepare(b *testing.B) {
	const objects = 1000
	m := mixer{rand: rand.New(rand.NewPCG(1, 2))}
	var lines strings.Builder
	for i := range objects {
		lines.WriteString(m.object(b, i) + "\n")
	}
	text := lines.String()
	in := &intake{s: New(nil, Options{}), known: markings{}}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var terms extraction
	for b.Loop() {
		r := stix.NewReader(strings.NewReader(text), stix.Limits{})
		for range objects {
			e, err := r.Next()
			if err != nil {
				b.Fatal(err)
			}
			x := prepared{entry: e}
			if in.prepare(in.known, &terms, &x); x.failure != "" {
				b.Fatal(x.failure)
			}
		}
	}
	b.ReportMetric(float64(objects)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

// BenchmarkRedact takes one property out of an object of ordinary size.
func BenchmarkRedact(b *testing.B) {
	raw := []byte(tool(`,"description":"some text that is not for everybody","labels":["a","b","c"],"granular_markings":[{"marking_ref":"$RED","selectors":["description"]}]`))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		o, err := stix.Parse(raw, stix.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		p := partsOf(o, store.Clear)
		if _, _, ok := p.redact(seesClear, false); !ok {
			b.Fatal("cannot be redacted")
		}
	}
}
