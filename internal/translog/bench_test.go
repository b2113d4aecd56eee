package translog

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// benchEntries is the size of the log that benchmarks use.
const benchEntries = 1_000_000

func benchDigests(from, to int) []Digest {
	out := make([]Digest, 0, to-from)
	for i := from; i < to; i++ {
		out = append(out, sha256.Sum256(binary.BigEndian.AppendUint64([]byte("bench"), uint64(i))))
	}
	return out
}

// fillLog appends entries in batches of 10,000.
func fillLog(b *testing.B, l *Log) {
	b.Helper()
	for i := 0; i < benchEntries; i += 10_000 {
		if _, err := l.Append(context.Background(), benchDigests(i, i+10_000)...); err != nil {
			b.Fatal(err)
		}
	}
}

func benchLog(b *testing.B) (*Log, string) {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "log")
	l, err := Create(dir, testOrigin, testKey(1))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	fillLog(b, l)
	return l, dir
}

// cpu reports the time of all cores for one operation when what it returns is called. Unlike ns/op it says little of other
// processes on the machine.
func cpu(b *testing.B) func() {
	b.Helper()
	begun := cpuTime()
	return func() { b.ReportMetric(float64((cpuTime()-begun).Microseconds())/1000/float64(b.N), "cpu-ms/op") }
}

// percentiles reports how long half of the operations took at most, and all but one of a hundred.
func percentiles(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkFill appends a million entries to an empty log, 10,000 under one checkpoint.
func BenchmarkFill(b *testing.B) {
	defer cpu(b)()
	for b.Loop() {
		l, err := Create(filepath.Join(b.TempDir(), "log"), testOrigin, testKey(1))
		if err != nil {
			b.Fatal(err)
		}
		fillLog(b, l)
		l.Close()
	}
	b.ReportMetric(float64(b.N)*benchEntries/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkMillion measures what is done with a log of a million entries.
func BenchmarkMillion(b *testing.B) {
	l, dir := benchLog(b)
	ctx := context.Background()
	b.Run("append", func(b *testing.B) {
		defer cpu(b)()
		var took []time.Duration
		n := benchEntries + int(l.Head().Size)
		for b.Loop() {
			n++
			d := benchDigests(n, n+1)
			begun := time.Now()
			if _, err := l.Append(ctx, d...); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(begun))
		}
		percentiles(b, took)
	})
	// What one file costs on this disk at this time, to compare with: an append waits for five things to be on it, one after another.
	b.Run("sync-one-file", func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			f, err := os.Create(filepath.Join(filepath.Dir(dir), "file"))
			if err != nil {
				b.Fatal(err)
			}
			begun := time.Now()
			_, err = f.Write(make([]byte, 4096))
			if err == nil {
				err = f.Sync()
			}
			took = append(took, time.Since(begun))
			if f.Close() != nil || err != nil {
				b.Fatal(err)
			}
		}
		percentiles(b, took)
	})
	b.Run("append-known", func(b *testing.B) {
		d := benchDigests(12345, 12346)
		for b.Loop() {
			if _, err := l.Append(ctx, d...); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("prove", func(b *testing.B) {
		defer cpu(b)()
		head := l.Head()
		i := int64(0)
		for b.Loop() {
			i = (i + 7919*131) % head.Size
			if _, err := l.Prove(i, head); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		p, err := l.Prove(777_777, nil)
		if err != nil {
			b.Fatal(err)
		}
		defer cpu(b)()
		text, d := p.Text(), benchDigests(777_777, 777_778)[0]
		for b.Loop() {
			p, err := ParseProof(text)
			if err == nil {
				err = p.Verify(d, l.Keys())
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("check", func(b *testing.B) {
		defer cpu(b)()
		c := &Client{Source: FolderSource{os.DirFS(dir)}, Log: l.Keys()}
		for b.Loop() {
			if err := c.Check(ctx, l.Head(), nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*float64(l.Head().Size)/b.Elapsed().Seconds(), "entries/s")
	})
	b.Run("monitor", func(b *testing.B) {
		defer cpu(b)()
		c := &Client{Source: FolderSource{os.DirFS(dir)}, Log: l.Keys()}
		for b.Loop() {
			if _, err := c.Monitor(ctx, nil, func(int64, []Digest) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*float64(l.Head().Size)/b.Elapsed().Seconds(), "entries/s")
	})
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		l = nil
		defer cpu(b)()
		for b.Loop() {
			l, err := Open(dir, testOrigin, testKey(1))
			if err != nil {
				b.Fatal(err)
			}
			l.Close()
		}
	})
	b.Run("open-memory", func(b *testing.B) {
		var with, without runtime.MemStats
		for b.Loop() {
			runtime.GC()
			runtime.ReadMemStats(&without)
			l, err := Open(dir, testOrigin, testKey(1))
			if err != nil {
				b.Fatal(err)
			}
			runtime.GC()
			runtime.ReadMemStats(&with)
			l.Close()
		}
		b.ReportMetric((float64(with.HeapAlloc)-float64(without.HeapAlloc))/(1<<20), "heap-MiB")
	})
}
