package packexport

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"entente/internal/advisory"
)

// sample is a pack that has everything that a pack may have.
func sample(tb testing.TB) *advisory.Pack {
	tb.Helper()
	p, err := advisory.Open("testdata/sample")
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// sampleWith is the sample with texts replaced in its files, by pairs of old and new; changes that miss fail.
func sampleWith(tb testing.TB, pairs ...string) *advisory.Pack {
	tb.Helper()
	files := fstest.MapFS{}
	root := os.DirFS("testdata/sample")
	used := map[string]bool{}
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		text := string(data)
		for i := 0; i < len(pairs); i += 2 {
			used[pairs[i]] = used[pairs[i]] || strings.Contains(text, pairs[i])
			text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
		}
		files[p] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	for old := range maps.Keys(used) {
		if !used[old] {
			tb.Fatalf("the sample does not hold %q", old)
		}
	}
	p, err := advisory.OpenFS(files, "sample")
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// export writes a pack and returns what was written and said.
func export(tb testing.TB, f Format, p *advisory.Pack, o Options) (string, []advisory.Remark) {
	tb.Helper()
	var b bytes.Buffer
	remarks, err := Write(&b, f, p, o)
	if err != nil {
		tb.Fatal(err)
	}
	return b.String(), remarks
}

// said says whether a remark holds all the words.
func said(remarks []advisory.Remark, words ...string) bool {
	for _, r := range remarks {
		all := true
		for _, w := range words {
			all = all && strings.Contains(r.String(), w)
		}
		if all {
			return true
		}
	}
	return false
}
