package advisory

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var testDay = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func build(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
	p, err := Open(writeFolder(tb, files))
	if err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteArchive(&b, p); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestArchiveRoundTrip(t *testing.T) {
	files := scaffoldFiles(t)
	one := build(t, files)
	time.Sleep(2 * time.Millisecond) // another time of modification
	if two := build(t, files); !bytes.Equal(one, two) {
		t.Error("the same files give other bytes")
	}
	path := filepath.Join(t.TempDir(), "x"+ArchiveExt)
	if err := os.WriteFile(path, one, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if string(p.File(name)) != text {
			t.Errorf("%s differs", name)
		}
	}
	if len(p.Files()) != len(files) || len(p.Rules.Rules) != 1 || p.Manifest.ArchiveName() != "test-pack-0.1.0.entente.zip" {
		t.Errorf("%v, %d rules, %s", p.Files(), len(p.Rules.Rules), p.Manifest.ArchiveName())
	}
	var again bytes.Buffer
	if err := WriteArchive(&again, p); err != nil || !bytes.Equal(again.Bytes(), one) {
		t.Error("what was read is written otherwise", err)
	}
	z, err := zip.NewReader(bytes.NewReader(one), int64(len(one)))
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for _, f := range z.File {
		if len(f.Extra) > 0 || f.Comment != "" || f.Method != zip.Deflate || f.ModifiedDate != 1<<5|1 || f.ModifiedTime != 0 || f.Name <= last {
			t.Errorf("%s: %+v", f.Name, f.FileHeader)
		}
		last = f.Name
	}
}

// entry is a file of a hostile archive.
type zipEntry struct {
	name string
	data string
	edit func(h *zip.FileHeader)
}

func archiveOf(tb testing.TB, entries ...zipEntry) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.edit != nil {
			e.edit(h)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write([]byte(e.data)); err != nil && !strings.HasSuffix(e.name, "/") {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileArchives(t *testing.T) {
	manifest := zipEntry{name: "test/pack.yml", data: testManifest}
	many := []zipEntry{manifest}
	for i := range maxFiles {
		many = append(many, zipEntry{name: fmt.Sprintf("test/rules/%d.yml", i)})
	}
	var large []zipEntry
	large = append(large, manifest)
	noise := strings.Repeat("0123456789abcdef,-;:#!ghijklmnop", 1<<10) // does not reach the ratio
	for i := range maxUnpacked/maxFile + 1 {
		large = append(large, zipEntry{name: fmt.Sprintf("test/rules/%d.yml", i), data: strings.Repeat(noise, maxFile/len(noise)), edit: func(h *zip.FileHeader) { h.Method = zip.Store }})
	}
	file := func(name string) []zipEntry { return []zipEntry{manifest, {name: name, data: "[]"}} }
	link := func(h *zip.FileHeader) { h.SetMode(0o777 | fs.ModeSymlink) }
	for name, test := range map[string]struct {
		entries []zipEntry
		want    string
	}{
		"slip":                   {file("test/../../etc/x.yml"), "leaves its folder"},
		"slip with a backslash":  {file(`test\..\..\x.yml`), "only letters"},
		"slip at the front":      {file("../x.yml"), "leaves its folder"},
		"absolute":               {file("/etc/x.yml"), "absolute"},
		"drive":                  {file("C:/x.yml"), "only letters"},
		"stream":                 {file("test/rules/a.yml:b"), "only letters"},
		"device":                 {file("test/rules/NUL.yml"), "device"},
		"device by number":       {file("test/rules/com1.tar.yml"), "device"},
		"dot at the end":         {file("test/rules./x.yml"), "ends with a dot"},
		"blank at the end":       {file("test/rules/x.yml "), "only letters"},
		"twice":                  {file("test/pack.yml"), "taken by"},
		"twice without case":     {file("test/Pack.yml"), "knows no such file"},
		"rules without case":     {[]zipEntry{manifest, {name: "test/rules/A.yml"}, {name: "test/rules/a.yml"}}, "taken by"},
		"another folder":         {file("other/x.yml"), "outside of the folder"},
		"no folder":              {file("x.yml"), "outside of the folder"},
		"folder that is no id":   {[]zipEntry{{name: "Test/pack.yml", data: testManifest}}, "no id of a pack"},
		"link":                   {[]zipEntry{manifest, {name: "test/rules/x.yml", data: "/etc/passwd", edit: link}}, "symbolic link"},
		"folder that is a link":  {[]zipEntry{manifest, {name: "test/rules", data: "/etc", edit: link}}, "symbolic link"},
		"device file":            {[]zipEntry{manifest, {name: "test/rules/x.yml", edit: func(h *zip.FileHeader) { h.SetMode(0o666 | fs.ModeDevice) }}}, "neither a file"},
		"encrypted":              {[]zipEntry{manifest, {name: "test/rules/x.yml", edit: func(h *zip.FileHeader) { h.Flags |= 1 }}}, "encrypted"},
		"unknown file":           {file("test/run.sh"), "knows no such file"},
		"hidden file":            {file("test/rules/.x.yml"), "knows no such file"},
		"control character":      {file("test/rules/\x1b[1m.yml"), "only letters"},
		"right to left":          {file("test/rules/a\u202ey.yml"), "only letters"},
		"long name":              {file("test/rules/" + strings.Repeat("a", 300) + ".yml"), "longer than"},
		"deep":                   {file("test/rules/" + strings.Repeat("a/", 20) + "b.yml"), "deeper"},
		"bomb by ratio":          {[]zipEntry{manifest, {name: "test/rules/x.yml", data: strings.Repeat("\n", 1<<20)}}, "times its size"},
		"bomb by size":           {[]zipEntry{manifest, {name: "test/rules/x.yml", data: strings.Repeat(noise, 1+maxFile/len(noise)), edit: func(h *zip.FileHeader) { h.Method = zip.Store }}}, "larger than 4 MiB"},
		"bomb by total":          {large, "larger than 64 MiB"},
		"bomb by number":         {many, "more than 5000 files"},
		"no manifest":            {[]zipEntry{{name: "test/rules/x.yml", data: "a: b"}}, "has no pack.yml"},
		"empty":                  {nil, "no zip file"},
		"folder with a bad name": {[]zipEntry{manifest, {name: "test/../x/"}}, "leaves its folder"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := ReadArchive(archiveOf(t, test.entries...), "a.zip")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\x1b\u202e") {
				t.Errorf("%q is not fit to be printed", err.Error())
			}
		})
	}
}

// TestLyingArchive: what the directory of the archive says of sizes is not believed.
func TestLyingArchive(t *testing.T) {
	data := archiveOf(t, zipEntry{name: "test/pack.yml", data: testManifest}, zipEntry{name: "test/rules/x.yml", data: strings.Repeat("\n", 1<<20)})
	// The size stands in the entry of the central directory, 24 bytes behind its signature (APPNOTE 4.3.12).
	at := bytes.LastIndex(data, []byte("PK\x01\x02"))
	copy(data[at+24:], []byte{1, 0, 0, 0})
	if _, _, err := ReadArchive(data, "a.zip"); err == nil {
		t.Error("a file that is longer than the archive says")
	}
}

func TestArchiveWithFolders(t *testing.T) {
	data := archiveOf(t, zipEntry{name: "test/"}, zipEntry{name: "test/rules/"}, zipEntry{name: "test/pack.yml", data: testManifest})
	p, ps, err := ReadArchive(data, "a.zip")
	if err != nil || len(ps) > 0 || p.Manifest.ID != "test" {
		t.Errorf("%v %v", ps, err)
	}
}

func TestArchiveOfAnotherID(t *testing.T) {
	_, ps, err := ReadArchive(archiveOf(t, zipEntry{name: "other/pack.yml", data: testManifest}), "a.zip")
	if err != nil || len(ps) != 1 || !strings.Contains(ps[0].Reason, `folder is "other"`) || ps[0].Line != 2 {
		t.Errorf("%v %v", ps, err)
	}
}

func TestArchiveBehindSomethingElse(t *testing.T) {
	data := append([]byte("#!/bin/sh\n"), archiveOf(t, zipEntry{name: "test/pack.yml", data: testManifest})...)
	if _, _, err := ReadArchive(data, "a.zip"); err == nil || !strings.Contains(err.Error(), "no zip file") {
		t.Error(err)
	}
}

func FuzzArchive(f *testing.F) {
	seeds := [][]byte{
		build(f, scaffoldFiles(f)),
		archiveOf(f, zipEntry{name: "test/pack.yml", data: testManifest}),
		archiveOf(f, zipEntry{name: "test/../x.yml"}, zipEntry{name: "test/rules/x.yml", edit: func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink) }}),
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, _, err := ReadArchive(data, "fuzz")
		if err != nil {
			return
		}
		total := 0
		for _, name := range p.Files() {
			if checkName(name) != nil || !known(name) || strings.Contains(name, "..") && strings.Contains("/"+name+"/", "/../") {
				t.Fatalf("the name %q", name)
			}
			if len(p.File(name)) > maxFile {
				t.Fatal("a file that is too large")
			}
			total += len(p.File(name))
		}
		if total > maxUnpacked || len(p.Files()) > maxFiles {
			t.Fatal("too much")
		}
		if !packID(p.Manifest.ID) {
			return
		}
		// It can be written, and what is written is the same pack.
		var b bytes.Buffer
		if err := WriteArchive(&b, p); err != nil {
			t.Fatal(err)
		}
		q, _, err := ReadArchive(b.Bytes(), "again")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range p.Files() {
			if !bytes.Equal(p.File(name), q.File(name)) {
				t.Fatal("another content")
			}
		}
	})
}
