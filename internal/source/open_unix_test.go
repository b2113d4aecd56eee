//go:build unix

package source

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestOpenPipes(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skipf("no named pipes: %v", err)
	}
	write(t, dir, "a.log", []byte("text\n"))
	got := collect(t, Options{Workers: 1}, dir)
	if !slices.Equal(got.events, []string{"a.log@0 text"}) || !slices.Equal(got.skipped, []string{"pipe: named pipe; name it as an input to read it"}) {
		t.Errorf("a pipe in a folder: %+v", got)
	}

	packed := gz(t, numbered("pipe", 10_000))
	go func() {
		f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer f.Close()
		for len(packed) > 0 {
			n := min(len(packed), 1000)
			if _, err := f.Write(packed[:n]); err != nil {
				return
			}
			packed = packed[n:]
		}
	}()
	if got = collect(t, Options{Workers: 2}, fifo); len(got.events) != 10_000 || got.warnings != nil {
		t.Errorf("%d events from a pipe, warnings %q", len(got.events), got.warnings)
	}

	t.Run("cancelled before a writer comes", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := Run(ctx, []string{fifo}, Options{}, func(int) Worker { return &collector{} }, func(*File, any) error { return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		if f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			f.Close() // lets the opener go
		}
	})
	t.Run("cancelled while nothing comes", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		f, err := os.OpenFile(fifo, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString("one line\n"); err != nil {
			t.Fatal(err)
		}
		err = Run(ctx, []string{fifo}, Options{}, func(int) Worker { return &collector{} }, func(*File, any) error { return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestWalkSpecialFiles(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root may read everything; permissions are not tested")
		return
	}
	dir := t.TempDir()
	p := write(t, dir, "secret.log", []byte("text\n"))
	if err := os.Chmod(p, 0); err != nil {
		t.Fatal(err)
	}
	if got := collect(t, Options{Workers: 1}, dir); !slices.Equal(got.skipped, []string{"secret.log: permission denied"}) {
		t.Errorf("skipped %q", got.skipped)
	}
}
