package source

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
)

// hostWorker notes the host of each event.
type hostWorker struct{ hosts []string }

func (w *hostWorker) Begin(*File)                {}
func (w *hostWorker) Event(ev *event.Event) bool { w.hosts = append(w.hosts, ev.Host); return true }
func (w *hostWorker) End() any {
	out := w.hosts
	w.hosts = nil
	return out
}

// TestMemory: logs in memory are recognised, unpacked and read in order, and what is wrong with them is told by name.
func TestMemory(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(`{"Channel":"Security","EventID":1,"Computer":"b"}` + "\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var (
		hosts   []string
		names   []string
		skipped []string
	)
	err := Run(t.Context(), nil, Options{
		Workers: 2,
		Memory: []Memory{
			{Name: "one", Data: []byte(`{"Channel":"Security","EventID":1,"Computer":"a"}` + "\n")},
			{Name: "empty"},
			{Name: "two", Data: packed.Bytes()},
			{Name: "three\x1b", Data: []byte("Mar  3 07:00:00 c sshd[1]: x\n"), ModTime: time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)},
			{Name: "picture", Data: []byte("\x89PNG\r\n\x1a\n0000")},
		},
		Skip: func(s Skipped) { skipped = append(skipped, s.File+": "+s.Reason) },
	}, func(int) Worker { return &hostWorker{} }, func(f *File, result any) error {
		if list, ok := result.([]string); ok && len(list) > 0 {
			hosts, names = append(hosts, list...), append(names, f.Name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(hosts, " ") != "a b c" || len(names) != 3 || names[0] != "one" || !strings.HasPrefix(names[1], "two") || strings.Contains(names[2], "\x1b") {
		t.Errorf("hosts %q of %q", hosts, names)
	}
	if len(skipped) != 2 || !strings.HasPrefix(skipped[0], "empty: ") || !strings.HasPrefix(skipped[1], "picture: ") {
		t.Errorf("skipped %q", skipped)
	}
}
