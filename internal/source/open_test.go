package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

func gz(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func zst(tb testing.TB, data []byte) []byte {
	tb.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return z.EncodeAll(data, nil)
}

type member struct {
	name string
	data []byte
}

func zipped(tb testing.TB, method uint16, members ...member) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write(m.data); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func tarred(tb testing.TB, members ...member) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.data)), Mode: 0o600}); err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write(m.data); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// bz2Hex is the packed form of "one line\nanother line\n".
const bz2Hex = "425a683931415926535990366b6c000009518000104000226594002000219043c508069a68c2ed1ec63c189129bf17724538509090366b6c"

func bz2(tb testing.TB) []byte {
	tb.Helper()
	b, err := hex.DecodeString(bz2Hex)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestOpenContainers(t *testing.T) {
	two := []byte("one line\nanother line\n")
	want := func(name string) []string { return []string{name + "@0 one line", name + "@9 another line"} }
	tests := []struct {
		name string
		data []byte
		want []string
	}{
		{"plain", two, want("plain")},
		{"gzip", gz(t, two), want("gzip")},
		{"gzip in parts", append(gz(t, two[:9]), gz(t, two[9:])...), want("gzip in parts")},
		{"zstd", zst(t, two), want("zstd")},
		{"zstd in frames", append(append([]byte("\x50\x2a\x4d\x18\x01\x00\x00\x00x"), zst(t, two[:9])...), zst(t, two[9:])...), want("zstd in frames")},
		{"bzip2", bz2(t), want("bzip2")},
		{"bzip2 twice", append(bz2(t), bz2(t)...), []string{"bzip2 twice@0 one line", "bzip2 twice@9 another line", "bzip2 twice@22 one line", "bzip2 twice@31 another line"}},
		{"zip", zipped(t, zip.Deflate, member{"b", two}, member{"dir/", nil}, member{"a", two}), append(want("zip!b"), want("zip!a")...)},
		{"zip stored", zipped(t, zip.Store, member{"a", two}), want("zip stored!a")},
		{"tar", tarred(t, member{"a", two}, member{"b", two}), append(want("tar!a"), want("tar!b")...)},
		{"tar.gz", gz(t, tarred(t, member{"a", two})), want("tar.gz!a")},
		{"zip in zip", zipped(t, zip.Deflate, member{"in.zip", zipped(t, zip.Deflate, member{"a", two})}, member{"b", two}), append(want("zip in zip!in.zip!a"), want("zip in zip!b")...)},
		{"gzip in zip in tar.gz", gz(t, tarred(t, member{"z", zipped(t, zip.Store, member{"g.gz", gz(t, two)})})), want("gzip in zip in tar.gz!z!g.gz")},
		{"gzip in gzip", gz(t, gz(t, two)), want("gzip in gzip")},
		{"zstd in zip", zipped(t, zip.Deflate, member{"z", zst(t, two)}), want("zstd in zip!z")},
		{"UTF-8 with mark", append([]byte("\xef\xbb\xbf"), two...), []string{"UTF-8 with mark@3 one line", "UTF-8 with mark@12 another line"}},
		{"UTF-16LE with mark", utf16Text("\ufeffone line\nanother line\n", false), want("UTF-16LE with mark")},
		{"UTF-16BE with mark", utf16Text("\ufeffone line\nanother line\n", true), want("UTF-16BE with mark")},
		{"UTF-16LE", utf16Text("one line\nanother line\n", false), want("UTF-16LE")},
		{"UTF-16BE", utf16Text("one line\nanother line\n", true), want("UTF-16BE")},
		{"UTF-16 in gzip", gz(t, utf16Text("\ufeffone line\nanother line\n", false)), want("UTF-16 in gzip")},
		{"name", zipped(t, zip.Deflate, member{"x\x1b[31m\u202e\xff", two}), want(`name!x\u{1b}[31m\u{202e}\xff`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := write(t, t.TempDir(), tt.name, tt.data)
			got := collect(t, Options{Workers: 2}, p)
			if !slices.Equal(got.events, tt.want) || got.warnings != nil || got.skipped != nil {
				t.Errorf("events   %q\nwant     %q\nwarnings %q, skipped %q", got.events, tt.want, got.warnings, got.skipped)
			}
			// The other way in: cut by the feeder, with unpacking in a goroutine of its own.
			large := collectLarge(t, p)
			if !slices.Equal(large.events, tt.want) || large.warnings != nil || large.skipped != nil {
				t.Errorf("as a large file: events %q\nwarnings %q, skipped %q", large.events, large.warnings, large.skipped)
			}
		})
	}
}

// collectLarge is collect with files opened by the feeder whatever their size: through a pipe for what needs no random
// access, else straight.
func collectLarge(t *testing.T, path string) told {
	t.Helper()
	var got told
	o := &opener{
		formats: newFormats(), raw: new(Progress).counter(), ahead: true,
		skip: func(s Skipped) { got.skipped = append(got.skipped, filepath.Base(s.File)+": "+s.Reason) },
		warn: func(w Warning) {
			got.warnings = append(got.warnings, fmt.Sprintf("%s@%d %s", filepath.Base(w.File), w.Offset, w.Message))
		},
	}
	defer o.close()
	o.visit = func(f *File, r io.Reader) error {
		c := collector{file: f.Name}
		env := &Env{File: f.Name}
		env.Warn = func(off int64, msg string) { o.warn(Warning{File: f.Name, Offset: off, Message: msg}) }
		env.limited = env.Warn
		d := f.Format.NewDecoder()
		read := &endReader{r: r}
		err := f.Format.Split(t.Context(), read, env, func(b Block) error {
			b.Offset += f.base
			d.Decode(&b, env, c.Event)
			return nil
		})
		got.events = append(got.events, c.lines...)
		return finish(t.Context(), err, nil, read, env)
	}
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.open(t.Context(), entry{path: path, size: fi.Size()}); err != nil {
		t.Fatal(err)
	}
	return got
}

func utf16Text(s string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestOpenDamagedContainers(t *testing.T) {
	long := numbered("x", 20_000)
	cut := func(b []byte) []byte { return b[:len(b)*2/3] }
	flip := func(b []byte) []byte {
		b = bytes.Clone(b)
		b[len(b)*2/3] ^= 0x55
		return b
	}
	tests := []struct {
		name    string
		data    []byte
		least   int    // events, of 20,000 or 40,000
		warning string // part of the only one
	}{
		{"gzip cut", cut(gz(t, long)), 10_000, "gzip data is cut off"},
		{"gzip damaged", flip(gz(t, long)), 10_000, "gzip data is damaged"},
		{"gzip and garbage", append(gz(t, long), "garbage behind"...), 20_000, "gzip data is damaged"},
		{"zstd cut", cut(zst(t, long)), 1, "zstd data is cut off"},
		{"tar cut", cut(tarred(t, member{"a", long}, member{"b", long})), 25_000, "tar data is cut off"},
		{"gzip cut behind the tar", shorten(gz(t, tarred(t, member{"a", long})), 4), 20_000, "damage behind the end of the tar archive: gzip data is cut off"},
		{"zip cut", cut(zipped(t, zip.Deflate, member{"a", long}, member{"b", long})), 25_000, "zip archive is cut off"},
		{"zip damaged", flip(zipped(t, zip.Deflate, member{"a", long}, member{"b", long})), 20_000, "zip data is damaged"},
		{"zip stored, cut", cut(zipped(t, zip.Store, member{"a", long})), 10_000, "zip archive is cut off"},
		{"zip in gzip, cut", cut(gz(t, zipped(t, zip.Store, member{"a", long}))), 10_000, "the rest of the archive cannot be read: gzip data is cut off"},
		{"zip in gzip, its checksum wrong", flipAt(gz(t, zipped(t, zip.Deflate, member{"a", long})), -6), 20_000, "the rest of the archive cannot be read: gzip data is damaged"},
		{"zip in zip, cut", cut(zipped(t, zip.Store, member{"in.zip", zipped(t, zip.Deflate, member{"a", long}, member{"b", long})})), 20_000, "zip archive is cut off"},
		{"zip in tar, cut", cut(tarred(t, member{"in.zip", zipped(t, zip.Deflate, member{"a", long}, member{"b", long})})), 20_000, "the rest of the archive cannot be read: tar data is cut off"},
		{"zip in zstd, cut", cut(zst(t, zipped(t, zip.Store, member{"a", long}))), 1, "the rest of the archive cannot be read: zstd data is cut off"},
		{"zip without directory", cutAt(zipped(t, zip.Deflate, member{"a", long}, member{"b", long}), "PK\x01\x02"), 40_000, "zip archive is cut off"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := write(t, t.TempDir(), tt.name, tt.data)
			for _, got := range []told{collect(t, Options{Workers: 2}, p), collectLarge(t, p)} {
				if len(got.events) < tt.least {
					t.Errorf("%d events, want at least %d; skipped %q", len(got.events), tt.least, got.skipped)
				}
				if len(got.warnings) == 0 || !strings.Contains(got.warnings[0], tt.warning) {
					t.Errorf("warnings %q, want %q", got.warnings, tt.warning)
				}
			}
		})
	}
}

// flipAt changes a byte, counted from the end.
func flipAt(b []byte, i int) []byte {
	b[len(b)+i] ^= 0x55
	return b
}

func shorten(b []byte, n int) []byte { return b[:len(b)-n] }

func cutAt(b []byte, mark string) []byte { return b[:bytes.Index(b, []byte(mark))] }

func TestOpenSkips(t *testing.T) {
	line := []byte("a line of text\n")
	encrypted := zipped(t, zip.Deflate, member{"secret.log", line}, member{"open.log", line})
	for i := 0; ; {
		n := bytes.Index(encrypted[i:], []byte("secret.log"))
		if n < 0 {
			break
		}
		i += n
		if encrypted[i-30] == 'P' {
			encrypted[i-30+6] |= 1 // local header
		} else {
			encrypted[i-46+8] |= 1 // directory
		}
		i++
	}
	odd := zipped(t, zip.Deflate, member{"odd.log", line})
	odd[8], odd[bytes.Index(odd, []byte("PK\x01\x02"))+10] = 99, 99
	deep := line
	for range maxNesting + 1 {
		deep = gz(t, deep)
	}
	tests := []struct {
		name   string
		data   []byte
		reason string
	}{
		{"empty", nil, "empty: empty"},
		{"zeros", make([]byte, 5000), "zeros: nothing but zero bytes"},
		{"binary", bytes.Repeat([]byte{0, 1, 2, 3, 0xFF, 0xFE, 0x80, 7}, 300), "binary: binary data of unknown kind"},
		{"capture", []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00"), "capture: packet capture (pcap)"},
		{"picture", []byte("\x89PNG\r\n\x1a\nxxxx"), "picture: picture (PNG)"},
		{"xz", []byte("\xfd7zXZ\x00abc"), "xz: xz data is not supported: unpack it first"},
		{"7z", []byte("7z\xbc\xaf\x27\x1cabc"), "7z: 7z archives are not supported: unpack it first"},
		{"old", []byte("\x30\x00\x00\x00LfLe\x01\x00\x00\x00"), "old: event log of Windows XP or 2003 (.evt): export it as .evtx on a newer Windows"},
		{"office", zipped(t, zip.Deflate, member{"[Content_Types].xml", line}, member{"word/document.xml", line}), "office: Office document or package"},
		{"encrypted", encrypted, "encrypted!secret.log: encrypted: unpack it first"},
		{"method", odd, "method!odd.log: zip method 99 is not supported: unpack it first"},
		{"deep", deep, fmt.Sprintf("deep: archives lie in one another deeper than %d", maxNesting)},
		{"gzip of nothing", gz(t, nil), "gzip of nothing: empty"},
		{"gzip header", []byte("\x1f\x8b\x08"), "gzip header: gzip data is damaged at its start"},
		{"zstd cut in its first block", zst(t, numbered("x", 1000))[:200], "zstd cut in its first block: zstd data is cut off before anything of it can be unpacked"},
		{"bzip2 cut in its first block", bz2(t)[:20], "bzip2 cut in its first block: bzip2 data is cut off before anything of it can be unpacked"},
		{"no zip", []byte("PK\x05\x06short"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := write(t, t.TempDir(), tt.name, tt.data)
			got := collect(t, Options{Workers: 1}, p)
			if tt.reason == "" {
				if len(got.skipped)+len(got.warnings) == 0 {
					t.Error("nothing was said")
				}
				return
			}
			if !slices.Equal(got.skipped, []string{tt.reason}) || got.warnings != nil {
				t.Errorf("skipped %q, want %q; warnings %q", got.skipped, tt.reason, got.warnings)
			}
			if tt.name == "encrypted" && len(got.events) != 1 {
				t.Errorf("its neighbour is lost: %q", got.events)
			}
		})
	}
}

func TestOpenBombs(t *testing.T) {
	bomb := gz(t, bytes.Repeat([]byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"), 1<<18)) // 16 MiB
	many := make([]member, 40)
	for i := range many {
		many[i] = member{fmt.Sprint(i), bytes.Repeat([]byte("B\n"), 1<<18)}
	}
	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"gzip", bomb},
		{"gzip in gzip", gz(t, bomb)},
		{"zip of gzip", zipped(t, zip.Store, member{"a", bomb})},
		{"many members", zipped(t, zip.Deflate, many...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := write(t, t.TempDir(), "bomb", tt.data)
			var prog Progress
			got := collect(t, Options{Workers: 1, MaxUnpacked: 4 << 20, Progress: &prog}, p)
			if prog.UsedBytes.Load() > 5<<20 {
				t.Errorf("%d bytes were read", prog.UsedBytes.Load())
			}
			if len(got.warnings)+len(got.skipped) == 0 || !strings.Contains(fmt.Sprint(got.warnings, got.skipped), "unpacks to too much: more than 4194304 bytes; raise --max-unpacked") {
				t.Errorf("warnings %.300q, skipped %.300q", got.warnings, got.skipped)
			}
			// It is told as what it is: no damage, and once for each of the archives that lie in one another.
			if got.limits == 0 || got.limits != len(got.warnings)+len(got.skipped) || got.limits > 2 {
				t.Errorf("%d of them as limits: %.300q, %.300q", got.limits, got.warnings, got.skipped)
			}
		})
	}
	t.Run("ratio", func(t *testing.T) {
		x := &expansion{maxRatio: 10, floor: 1 << 20, packed: func() int64 { return 1000 }}
		n, err := io.Copy(io.Discard, x.reader(io.LimitReader(zeros{}, 1<<30)))
		if !errors.Is(err, errBomb) || n > 2<<20 || !strings.Contains(err.Error(), "--max-ratio") {
			t.Errorf("%d bytes, err = %v", n, err)
		}
		x = &expansion{maxRatio: 10, floor: 1 << 20, packed: func() int64 { return 1 << 30 }}
		if n, err := io.Copy(io.Discard, x.reader(io.LimitReader(zeros{}, 1<<24))); err != nil || n != 1<<24 {
			t.Errorf("%d bytes, err = %v", n, err)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestSpool checks that an archive inside a stream is held in memory or on disk, and that nothing stays behind.
func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, size := range []int{0, 1000, spoolMemory + 12345} {
		want := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		for _, cut := range []error{nil, &damage{"cut"}} {
			r := io.Reader(bytes.NewReader(want))
			if cut != nil {
				r = io.MultiReader(r, iotest.ErrReader(cut))
			}
			at, n, done, short, err := spool(r)
			if err != nil || n != int64(size) || !errors.Is(short, cut) {
				t.Fatalf("%d bytes, want %d: %v, %v", n, size, short, err)
			}
			got, err := io.ReadAll(io.NewSectionReader(at, 0, n))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes read back: %v", len(got), err)
			}
			done()
		}
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestWalk(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{"b.log", "a/z.log", "a/y/x.log", "c.txt", ".hidden/h.log", "a/y/deep/d.log"} {
		write(t, dir, p, []byte("text\n"))
	}
	outside := t.TempDir()
	write(t, outside, "o.log", []byte("text\n"))
	links := runtime.GOOS != "windows"
	if links {
		for from, to := range map[string]string{
			"loop": dir, "a/up": filepath.Join(dir, "a"), "zz-out": outside, "zz-out2": outside, "dangling": "nowhere",
			"same.log": filepath.Join(dir, "b.log"),
		} {
			if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
				t.Fatal(err)
			}
		}
	}
	run := func(inputs ...string) (found, skipped []string) {
		t.Helper()
		rel := func(p string) string {
			if r, err := filepath.Rel(dir, p); err == nil && !strings.HasPrefix(r, "..") {
				p = r
			}
			return filepath.ToSlash(p)
		}
		err := walk(t.Context(), inputs, func(e entry) error {
			found = append(found, rel(e.path))
			return nil
		}, func(s Skipped) { skipped = append(skipped, rel(s.File)) })
		if err != nil {
			t.Fatal(err)
		}
		return found, skipped
	}
	in := func(names ...string) []string {
		for i := range names {
			names[i] = filepath.Join(dir, filepath.FromSlash(names[i]))
		}
		return names
	}
	check := func(name string, inputs, want, wantSkipped []string) {
		t.Helper()
		found, skipped := run(inputs...)
		if !slices.Equal(found, want) {
			t.Errorf("%s: found %q, want %q", name, found, want)
		}
		if links && !slices.Equal(skipped, wantSkipped) {
			t.Errorf("%s: skipped %q, want %q", name, skipped, wantSkipped)
		}
	}
	if links {
		check("folder", in("."), []string{".hidden/h.log", "a/y/deep/d.log", "a/y/x.log", "a/z.log", "b.log", "c.txt", "zz-out/o.log"},
			[]string{"a/up", "dangling", "loop", "same.log", "zz-out2"})
		check("a link by name", in("loop"), []string{"loop/.hidden/h.log", "loop/a/y/deep/d.log", "loop/a/y/x.log", "loop/a/z.log", "loop/b.log", "loop/c.txt", "loop/zz-out/o.log"},
			[]string{"loop/a/up", "loop/dangling", "loop/loop", "loop/same.log", "loop/zz-out2"})
	}
	check("twice", in("a", "b.log", "a/z.log", "b.log", "a/y"), []string{"a/y/deep/d.log", "a/y/x.log", "a/z.log", "b.log"}, filterLinks(links, "a/up"))
	check("inner first", in("a/y", "a/z.log", "a"), []string{"a/y/deep/d.log", "a/y/x.log", "a/z.log"}, filterLinks(links, "a/up"))
	check("pattern", in("*.log"), []string{"b.log"}, nil)
	check("pattern for any depth", in("**/*.log"), []string{"b.log", ".hidden/h.log", "a/z.log", "a/y/x.log", "a/y/deep/d.log"}, nil)
	check("pattern in the middle", in("a/**/d.log"), []string{"a/y/deep/d.log"}, nil)
	check("nothing", in("nope", "*.nope"), nil, []string{"nope", "*.nope"})
	check("stdin", []string{"-", "-"}, []string{"-"}, nil)
}

func filterLinks(links bool, names ...string) []string {
	if links {
		return names
	}
	return nil
}

func TestWalkNamesOddPatterns(t *testing.T) {
	dir := t.TempDir()
	p := write(t, dir, "a[1].log", []byte("text\n"))
	got := collect(t, Options{Workers: 1}, p)
	if len(got.events) != 1 {
		t.Errorf("a file whose name looks like a pattern: %+v", got)
	}
	got = collect(t, Options{Workers: 1}, filepath.Join(dir, "[a.log"))
	if len(got.skipped) != 1 || !strings.Contains(got.skipped[0], "no valid pattern") {
		t.Errorf("skipped %q", got.skipped)
	}
}
