package source

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"
)

// FuzzOpen checks that whatever poses as an archive is unpacked within the limits, and that every member is either read
// or said to be left out.
func FuzzOpen(f *testing.F) {
	two := []byte("one line\nanother line\n")
	seeds := [][]byte{
		two, gz(f, two), zst(f, two), bz2(f),
		zipped(f, zip.Deflate, member{"a", two}, member{"b.gz", gz(f, two)}),
		zipped(f, zip.Store, member{"a.zip", zipped(f, zip.Store, member{"a", two})}),
		cutAt(zipped(f, zip.Deflate, member{"a", two}, member{"b", two}), "PK\x01\x02"),
		tarred(f, member{"a", two}, member{"b", two}), gz(f, tarred(f, member{"a", two})),
		utf16Text("\ufeffone line\n", false), utf16Text("one line\nmore\n", true),
		[]byte("{\"a\":1}\n"), []byte("ElfFile\x00"), make([]byte, 600),
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	const most = 1 << 20
	formats := newFormats()
	var p Progress
	said := 0
	o := &opener{formats: formats, raw: &p.Input, warn: func(Warning) { said++ }}
	f.Cleanup(o.close)
	f.Fuzz(func(t *testing.T, data []byte) {
		read := int64(0)
		said = 0
		o.skip = func(s Skipped) {
			said++
			if s.File == "" || s.Reason == "" {
				t.Fatalf("skipped %+v", s)
			}
		}
		o.visit = func(file *File, r io.Reader) error {
			said++
			n, _ := io.Copy(io.Discard, r) // damage is part of the game
			read += n
			if file.Name != printable(file.Name) && len(file.Name) < 1000 {
				t.Fatalf("name %q", file.Name)
			}
			return nil
		}
		r := bytes.NewReader(data)
		x := &expansion{max: most, packed: func() int64 { return int64(len(data)) }}
		err := o.content(t.Context(), container{name: "f", path: "f", size: int64(len(data)), r: r, at: r, x: x})
		if err != nil {
			t.Fatal(err)
		}
		if said == 0 {
			t.Fatal("nothing was read and nothing was said")
		}
		// UTF-16 grows by half on its way to UTF-8, and what a limit stops was read up to a buffer beyond it.
		if read > 2*(most+int64(len(data)))+1<<20 {
			t.Fatalf("%d bytes were read", read)
		}
	})
}
