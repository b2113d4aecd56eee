package carrier

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"entente/internal/coalition"
	"entente/internal/store"
)

// noise is content that compression does not shrink.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b) // never fails
	return b
}

// A file that is larger than any object crosses in parts, in whatever order they come, and also where the receiver begins again
// between two of them.
func TestLargeFile(t *testing.T) {
	w := newWorld(t, "uk", "us")
	large := noise(3*partBytes + 1000)
	d := coalition.DigestOf(large)
	w.round("us", "uk")
	_, err := w.open("us").Take(coalition.Item{Kind: coalition.ItemBlob, Data: large})
	w.check(err)
	w.check(w.runners["us"].Round(t.Context()))
	col := w.options["us"].Collection.(*ExchangeCollection)
	p, v, err := col.open(t.Context())
	w.check(err)
	page, err := w.ex.Objects(t.Context(), p, store.Query{Collections: []int64{v.ID}, Types: []string{PacketType}, Limit: 100, Bytes: 64 << 20})
	w.check(err)
	var sent [][]byte
	for _, it := range page.Items {
		o, err := Unwrap(it.Raw, w.runners["us"].id)
		w.check(err)
		if o.Parts != nil {
			wantSTIX(t, it.Raw)
			sent = append(sent, it.Raw)
		}
	}
	if len(sent) != 4 {
		t.Fatalf("it was sent in %d parts", len(sent))
	}
	r := w.runners["uk"]
	for i, raw := range slices.Backward(sent) { // backwards, and the last one twice
		if w.open("uk").HasBlob(d) {
			t.Errorf("it is there without %d parts", i+1)
		}
		r.object(t.Context(), raw)
		if i == 2 {
			w.run("uk", func(*Options) {})
			r = w.runners["uk"]
			r.object(t.Context(), sent[3])
		}
	}
	if b, err := w.open("uk").Blob(d); err != nil || !bytes.Equal(b, large) {
		t.Errorf("what came is not what was sent: %d bytes, %v", len(b), err)
	}
	if s := r.Status(); s.Bad != 0 || s.Taken != 1 {
		t.Errorf("%+v", s)
	}
	if left, err := os.ReadDir(filepath.Join(r.memory.dir, "parts")); err != nil || len(left) != 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

// What is larger than what nodes carry is said, and holds nothing back.
func TestTooLarge(t *testing.T) {
	w := newWorld(t, "uk", "us")
	for _, b := range [][]byte{make([]byte, MaxCarried+1), []byte("small")} {
		_, err := w.open("us").Take(coalition.Item{Kind: coalition.ItemBlob, Data: b})
		w.check(err)
	}
	w.round("us", "uk")
	if s := w.runners["us"].Status(); s.Bad != 1 || !w.open("uk").HasBlob(coalition.DigestOf([]byte("small"))) {
		t.Errorf("%+v", s)
	}
}

// Parts that others make up do not fill the disk, and take nobody else's place.
func TestPartsAreBounded(t *testing.T) {
	const id = "0f0e0d0c-0b0a-4908-8706-050403020100"
	p := parts{filepath.Join(t.TempDir(), "parts"), 1000}
	object := func(packet []byte, part int) Object {
		t.Helper()
		_, raws, err := wrap(packet, id, 1, "", time.Now(), 400, randomUUID)
		if err != nil {
			t.Fatal(err)
		}
		o, err := Unwrap(raws[part], id)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	for i := range 10 {
		packet := bytes.Repeat([]byte{byte(i)}, 800)
		packet[0] = 'x' // its parts are two
		if got, err := p.take(object(packet, 0)); got != nil || err != nil {
			t.Errorf("a packet of half its parts: %q, %v", got, err)
		}
		old := time.Now().Add(time.Duration(i-100) * time.Minute)
		if err := os.Chtimes(p.file(object(packet, 0).Parts[0]), old, old); err != nil {
			t.Fatal(err)
		}
		if list, err := os.ReadDir(p.dir); err != nil || len(list) > 2 {
			t.Errorf("%d parts of 400 bytes wait, where there is room for 1000: %v", len(list), err)
		}
	}
	last := bytes.Repeat([]byte{9}, 800)
	last[0] = 'x'
	forged := object(last, 1)
	forged.Payload = []byte("forged") // as one that names others' parts, and is none of them, would be read
	if got, err := p.take(forged); got != nil || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := p.take(object(last, 1)); err != nil || !bytes.Equal(got, last) {
		t.Errorf("the last one is not whole: %d bytes, %v", len(got), err)
	}
	huge := object(last, 1)
	huge.Payload = make([]byte, maxPacket+1)
	huge.Parts[1] = coalition.DigestOf(huge.Payload)
	if _, err := p.take(huge); err == nil {
		t.Error("a packet may have any size")
	}
}
