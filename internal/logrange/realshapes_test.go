package logrange

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
	"entente/internal/evtx"
)

// kindOfEvent tells kinds of events apart.
type kindOfEvent struct {
	channel, provider, version string
	id                         uint32
}

// shapesIn collects, for every kind of event under the folders, the lists of fields and types that occur, each with
// one file where it does.
func shapesIn(t *testing.T, folders ...string) map[kindOfEvent]map[string]string {
	t.Helper()
	out := map[kindOfEvent]map[string]string{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".evtx") {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			dec := evtx.NewDecoder()
			return evtx.Split(t.Context(), f, nil, func(offset int64, chunk []byte) error {
				dec.Decode(offset, chunk, evtx.Options{}, func(e *event.Event) bool {
					k := kindOfEvent{e.Channel, e.Provider, e.Text("Version"), e.EventID}
					if out[k] == nil {
						out[k] = map[string]string{}
					}
					out[k][shapeText(e)] = path
					return true
				})
				return nil
			}, func() []byte { return make([]byte, evtx.ChunkSize) })
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func shapeText(e *event.Event) string {
	b := []byte("task " + e.Text("Task") + " level " + e.Text("Level") + ":")
	for _, v := range e.Values {
		n := e.Names.At(v.Slot)
		switch {
		case n.System, n.Text == "Binary":
		case v.Type == event.Null: // an empty text is stored as nothing
			b = fmt.Appendf(b, " %s=%d", n.Text, event.UTF16)
		default:
			b = fmt.Appendf(b, " %s=%d", n.Text, v.Type)
		}
	}
	return string(b)
}

// TestEventsLookLikeRealOnes compares the fields of what is written, and how they are stored, with real logs of the
// same kinds and versions.
func TestEventsLookLikeRealOnes(t *testing.T) {
	const corpora = "../../../shared/corpora/"
	if _, err := os.Stat(corpora + "evtx"); err != nil {
		t.Skip("no real event logs to compare with:", err)
	}
	dir, _ := writeRange(t, Plan{Seed: 1, Bytes: 24 << 20, Formats: []Format{EVTX}, Plants: allPlants()})
	ours := shapesIn(t, dir)
	known := shapesIn(t, corpora+"evtx", corpora+"sigma-regression")
	compared := 0
	for k, shapes := range ours {
		if len(known[k]) == 0 {
			continue
		}
		compared++
		for s := range shapes {
			if slices.ContainsFunc(slices.Collect(maps.Keys(known[k])), func(r string) bool { return strings.HasPrefix(s, r) }) {
				continue // later builds append fields
			}
			t.Errorf("%s %d, version %s has the fields\n\t%s\nreal ones have", k.channel, k.id, k.version, s)
			n := 0
			for r, path := range known[k] {
				if n++; n <= 3 {
					t.Logf("\t%s (%s)", r, filepath.Base(path))
				}
			}
		}
	}
	if compared < 40 {
		t.Errorf("only %d kinds of events could be compared", compared)
	}
}
