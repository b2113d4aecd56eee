package logrange

import (
	"context"
	"testing"
)

// BenchmarkWriteOne writes each format to nowhere: bytes and events a second.
func BenchmarkWriteOne(b *testing.B) {
	const size = 32 << 20
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			events := int64(0)
			for b.Loop() {
				sum, err := WriteOne(context.Background(), discard{}, f, Plan{Seed: 1, Bytes: size}, nil)
				if err != nil {
					b.Fatal(err)
				}
				events += sum.Events
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
