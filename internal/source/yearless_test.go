package source

import (
	"os"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
)

// firstBlock is a worker that passes over all blocks but the first.
type firstBlock struct{ seen bool }

func (*firstBlock) Begin(*File)             {}
func (*firstBlock) Event(*event.Event) bool { return true }
func (*firstBlock) End() any                { return nil }

func (w *firstBlock) Wants(*File, []byte) bool {
	first := !w.seen
	w.seen = true
	return first
}

// TestYearlessPassedOver checks that the year of a file's records is not doubted where its last record was passed over.
func TestYearlessPassedOver(t *testing.T) {
	name := write(t, t.TempDir(), "messages", []byte(strings.Repeat("Mar  1 00:00:00 h p: x\n", 200_000)+"Mar  9 00:00:00 h p: x\n"))
	at := time.Date(2021, 3, 9, 1, 0, 0, 0, time.UTC)
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
	var y Yearless
	records := int64(0)
	err := Run(t.Context(), []string{name}, Options{Workers: 1, Yearless: func(f *File, n, newest int64, part bool) {
		records += n
		y.Add(f, n, newest, part)
	}}, func(int) Worker { return &firstBlock{} }, func(*File, any) error { return nil })
	if w, ok := y.Warning(); ok || err != nil || records == 0 || records > 200_000 {
		t.Errorf("%d records: %v, %v", records, w, err)
	}
}
