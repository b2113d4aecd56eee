package stix

import (
	"bytes"
	"os"
	"testing"
)

// benchObjects are objects of every kind, as they stand in bundles.
func benchObjects() (list [][]byte, size int64) {
	for _, v := range valid {
		if v != valid["bundle"] {
			list = append(list, []byte(v))
			size += int64(len(v))
		}
	}
	return list, size
}

func BenchmarkHeader(b *testing.B) {
	list, size := benchObjects()
	b.SetBytes(size)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, raw := range list {
			if _, err := Parse(raw, Limits{}); err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "objects/s")
}

func BenchmarkCheck(b *testing.B) {
	list, size := benchObjects()
	b.SetBytes(size)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, raw := range list {
			o, err := Parse(raw, Limits{})
			if err != nil {
				b.Fatal(err)
			}
			if f := Check(o); len(f) > 0 {
				b.Fatal(f)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "objects/s")
}

// BenchmarkATTACK reads and checks a real bundle, whose objects are of STIX 2.0 and are upgraded.
func BenchmarkATTACK(b *testing.B) {
	text, err := os.ReadFile("../../../shared/corpora/attack/enterprise-attack.json")
	if err != nil {
		b.Skip("no ../shared/corpora/attack")
	}
	for _, check := range []bool{false, true} {
		b.Run(map[bool]string{false: "read", true: "check"}[check], func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				r := NewReader(bytes.NewReader(text), Limits{})
				var c Checker
				for {
					e, err := r.Next()
					if err != nil {
						break
					}
					if check {
						c.Check(e.Object)
					}
					n++
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}
