package report

import (
	"io"
	"testing"

	"entente/internal/hunt"
)

// countingWriter counts what it throws away.
type countingWriter struct{ n int64 }

func (w *countingWriter) Write(p []byte) (int, error) {
	w.n += int64(len(p))
	return len(p), nil
}

var _ io.Writer = (*countingWriter)(nil)

// BenchmarkFormats writes invented findings in every format: findings and bytes of output per second.
func BenchmarkFormats(b *testing.B) {
	f := newFake(11)
	list := make([]*hunt.Finding, 1000)
	for i := range list {
		list[i] = f.finding(i, len(list))
	}
	for _, format := range Formats() {
		b.Run(format.Name, func(b *testing.B) {
			w := &countingWriter{}
			sink := format.New(w, Options{RuleText: sampleRuleText})
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if err := sink.Finding(list[n%len(list)]); err != nil {
					b.Fatal(err)
				}
				n++
			}
			if err := sink.Close(f.summary(n)); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "findings/s")
			b.ReportMetric(float64(w.n)/b.Elapsed().Seconds()/1e6, "MB/s")
		})
	}
}
