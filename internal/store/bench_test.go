package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// generator makes items of the size and with the terms that indicators have: 900 bytes, 15 terms, one link.
type generator struct {
	w    *world
	rand *rand.Rand
	n    int
}

func (g *generator) next() New {
	g.n++
	uuid := fmt.Sprintf("%08x-%04x-4000-8000-%012x", g.rand.Uint32(), g.rand.Uint32()&0xffff, g.n)
	at := time.Date(2020, 1, 1, 0, 0, g.n, 0, time.UTC)
	address := fmt.Sprintf("198.%d.%d.%d", g.rand.IntN(256), g.rand.IntN(256), g.rand.IntN(256))
	n := New{
		Collection: g.w.collection.ID, Class: Class{Owner: g.w.a.ID, Submitter: g.w.ann.ID, Label: Label(g.rand.IntN(4))},
		ID: "indicator--" + uuid, Type: "indicator", Spec: "2.1", Version: at, VersionText: at.Format("2006-01-02T15:04:05.000Z"),
	}
	n.Raw = fmt.Appendf(make([]byte, 0, 900), `{"type":"indicator","spec_version":"2.1","id":%q,"created":%q,"modified":%q,"name":"address %s",`+
		`"pattern":"[ipv4-addr:value = '%s']","pattern_type":"stix","valid_from":%q,"description":"`, n.ID, n.VersionText, n.VersionText, address, address, n.VersionText)
	n.Terms = []Term{{TermValue, address, n.Class.Label}, {TermAttack, fmt.Sprintf("T%d", 1000+g.rand.IntN(600)), n.Class.Label}, {TermName, "address " + address, n.Class.Label}, {TermLabel, "malicious-activity", n.Class.Label}}
	for len(n.Raw) < 880 {
		word := fmt.Sprintf("w%d", int(g.rand.ExpFloat64()*2000))
		n.Raw = append(append(n.Raw, word...), ' ')
		if len(n.Terms) < 15 {
			n.Terms = append(n.Terms, Term{TermWord, word, n.Class.Label})
		}
	}
	n.Raw = append(n.Raw, `"}`...)
	n.Links = []Link{{"created_by_ref", fmt.Sprintf("identity--%08d-0000-4000-8000-000000000000", g.rand.IntN(500)), n.Class.Label}}
	return n
}

func (g *generator) batch(n int) []New {
	out := make([]New, n)
	for i := range out {
		out[i] = g.next()
	}
	return out
}

func newGenerator(tb testing.TB, s *Store) *generator {
	tb.Helper()
	return &generator{w: newWorld(tb, s), rand: rand.New(rand.NewPCG(1, 2))}
}

// BenchmarkAdd measures durable ingestion in batches of 1,000 with the index left to the indexer, which is off.
func BenchmarkAdd(b *testing.B) {
	benchBoth(b, func(b *testing.B, s *Store) {
		b.Helper()
		g := newGenerator(b, s)
		bytes := 0
		for b.Loop() {
			b.StopTimer()
			batch := g.batch(1000)
			b.StartTimer()
			if _, err := s.Add(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			bytes += len(batch[0].Raw) * len(batch)
		}
		b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "objects/s")
		b.SetBytes(int64(bytes / b.N))
	})
}

// BenchmarkIndex measures the indexer.
func BenchmarkIndex(b *testing.B) {
	benchBoth(b, func(b *testing.B, s *Store) {
		b.Helper()
		g := newGenerator(b, s)
		for b.Loop() {
			b.StopTimer()
			if _, err := s.Add(b.Context(), g.batch(1000)); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if err := s.Index(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "objects/s")
	})
}

// BenchmarkPage measures pages of 1,000 objects with their bytes, from random places.
func BenchmarkPage(b *testing.B) {
	benchBoth(b, func(b *testing.B, s *Store) {
		b.Helper()
		g := newGenerator(b, s)
		var dates []time.Time
		for range 20 {
			out, err := s.Add(b.Context(), g.batch(1000))
			if err != nil {
				b.Fatal(err)
			}
			dates = append(dates, out[0].Added)
		}
		for b.Loop() {
			p, err := s.Items(b.Context(), g.w.annSees(), Query{Collections: []int64{g.w.collection.ID}, After: dates[g.rand.IntN(15)], Limit: 1000})
			if err != nil || len(p.Items) != 1000 {
				b.Fatal(len(p.Items), err)
			}
		}
	})
}

func benchBoth(b *testing.B, bench func(b *testing.B, s *Store)) {
	b.Helper()
	run := func(name string, place func(tb testing.TB) Config) {
		b.Run(name, func(b *testing.B) {
			c := place(b)
			c.NoIndexer = true
			s := must[*Store](b)(Create(b.Context(), c))
			b.Cleanup(func() { s.Close() })
			bench(b, s)
		})
	}
	run("sqlite", func(tb testing.TB) Config { tb.Helper(); return Config{Dir: tb.TempDir()} })
	run("postgres", postgresConfig)
}
