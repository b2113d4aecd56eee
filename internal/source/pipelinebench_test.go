package source

import (
	"fmt"
	"os"
	"testing"

	"entente/internal/event"
)

// nothing is a worker that does nothing.
type nothing struct{}

func (nothing) Begin(*File)             {}
func (nothing) Event(*event.Event) bool { return true }
func (nothing) End() any                { return nil }

// BenchmarkRun reads what ENTENTE_BENCH_DIR names, else a folder of lines of text, from finding the files to the events.
func BenchmarkRun(b *testing.B) {
	dir := os.Getenv("ENTENTE_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
		for i := range 8 {
			if err := os.WriteFile(fmt.Sprintf("%s/%d.json", dir, i), []byte(benchLines(20_000)), 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			b.ReportAllocs()
			var events, used int64
			for b.Loop() {
				var p Progress
				err := Run(b.Context(), []string{dir}, Options{Workers: workers, Progress: &p}, func(int) Worker { return nothing{} },
					func(*File, any) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
				events, used = events+p.Events.Load(), used+p.UsedBytes.Load()
				b.SetBytes(p.UsedBytes.Load())
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
