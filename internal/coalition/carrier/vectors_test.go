package carrier

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"filippo.io/age"

	"entente/internal/coalition"
	"entente/internal/sign"
)

var update = flag.Bool("update", false, "write docs/formats/vectors/carrier anew")

var vectorFolder = filepath.Join("..", "..", "..", "docs", "formats", "vectors", "carrier")

// vectors are what other programs check themselves against, as docs/formats/coalition-stix.md says.
type vectors struct {
	Coalition string      `json:"coalition"`
	Items     []itemOf    `json:"items"`
	Refused   []refusal   `json:"refused"`
	Foreign   []refusal   `json:"foreign"`
	Files     [][2]string `json:"files"` // path and SHA-256 of the others
}

type itemOf struct {
	Kind   coalition.ItemKind `json:"kind"`
	Digest coalition.Digest   `json:"digest"`
	Text   string             `json:"text"`
}

type refusal struct {
	Why    string          `json:"why"`
	Object json.RawMessage `json:"object"`
}

const (
	vectorCoalition = "0f0e0d0c-0b0a-4908-8706-050403020100"
	vectorAuthor    = "identity--00000000-0000-4000-8000-000000000001"
)

// vectorIdentity is that of the vectors of package sign.
func vectorIdentity(t *testing.T) *sign.Identity {
	t.Helper()
	var seed [64]byte
	for i := range seed {
		seed[i] = byte(i + 1)
	}
	id, err := sign.NewIdentity(bytes.NewReader(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// makeVectors makes a packet of two items, the objects that carry it in one piece and in three, and objects that are refused.
func makeVectors(t *testing.T) map[string][]byte {
	t.Helper()
	cryptotest.SetGlobalRandom(t, 1)
	root := &coalition.Root{Coalition: vectorCoalition, Members: []coalition.Member{{Recipients: []string{vectorIdentity(t).Card().Recipient}}}}
	items := []coalition.Item{{Kind: coalition.ItemBlob, Data: []byte("We all say so.\n")}, {Kind: coalition.ItemBlob, Data: nil}}
	packet, err := coalition.Pack(root, items)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	uuid := func() string { n++; return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
	at := time.Date(2021, 7, 19, 8, 0, 0, 0, time.UTC)
	_, whole, err := wrap(packet, vectorCoalition, 1, vectorAuthor, at, partBytes, uuid)
	if err != nil {
		t.Fatal(err)
	}
	_, parts, err := wrap(packet, vectorCoalition, 1, vectorAuthor, at, len(packet)/3+1, uuid)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"packet.age": packet, "packet.json": whole[0], "extension-definition.json": Definition()}
	for i, raw := range parts {
		files[fmt.Sprintf("part-%d.json", i+1)] = raw
	}
	v := vectors{Coalition: vectorCoalition}
	for _, it := range items {
		v.Items = append(v.Items, itemOf{it.Kind, coalition.DigestOf(it.Data), string(it.Data)})
	}
	for _, c := range [][3]string{
		{"no packet: coalition is missing", `"coalition":"` + vectorCoalition + `",`, ``},
		{"root_version is 0", `"root_version":1`, `"root_version":0`},
		{"root_version is a text", `"root_version":1`, `"root_version":"1"`},
		{"payload_bin is missing", `"payload_bin"`, `"payload_text"`},
		{"payload_bin without padding", `="}`, `"}`},
		{"the hash is of something else", `"SHA-256":"`, `"SHA-256":"00`},
		{"no SHA-256", `"SHA-256"`, `"SHA-512"`},
		{"one part", `"hashes"`, `"parts":["` + strings.Repeat("0", 64) + `"],"hashes"`},
		{"the payload is none of the parts", `"hashes"`, `"parts":["` + strings.Repeat("0", 64) + `","` + strings.Repeat("1", 64) + `"],"hashes"`},
		{"a part is no hash", `"hashes"`, `"parts":["` + strings.Repeat("0", 64) + `","1"],"hashes"`},
	} {
		if bytes.Count(whole[0], []byte(c[1])) != 1 {
			t.Fatalf("%q stands there more or less than once", c[1])
		}
		v.Refused = append(v.Refused, refusal{c[0], bytes.Replace(whole[0], []byte(c[1]), []byte(c[2]), 1)})
	}
	v.Foreign = []refusal{
		{"of another coalition", bytes.Replace(whole[0], []byte(vectorCoalition), []byte("0f0e0d0c-0b0a-4908-8706-050403020199"), 1)},
		{"of another type", Definition()},
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		v.Files = append(v.Files, [2]string{name, hash(files[name])})
	}
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	files["vectors.json"] = append(b, '\n')
	return files
}

// TestVectors makes the vectors, compares them with those that are written down, and reads them as a stranger would.
func TestVectors(t *testing.T) {
	files := makeVectors(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(vectorFolder, name)
		if *update {
			if err := errors.Join(os.MkdirAll(vectorFolder, 0o755), os.WriteFile(path, files[name], 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, files[name]) {
			t.Errorf("%s is not what the code makes: %v; go test ./internal/coalition/carrier -run TestVectors -update writes it", name, err)
		}
	}
	stored := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(vectorFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var v vectors
	if err := json.Unmarshal(stored("vectors.json"), &v); err != nil || len(v.Refused) == 0 || len(v.Items) == 0 {
		t.Fatalf("there are no vectors: %v", err)
	}
	o, err := Unwrap(stored("packet.json"), v.Coalition)
	if err != nil || !bytes.Equal(o.Payload, stored("packet.age")) || o.Parts != nil {
		t.Errorf("packet.json: %v", err)
	}
	for _, order := range [][]int{{1, 2, 3}, {3, 1, 2}} {
		p := parts{filepath.Join(t.TempDir(), "parts"), maxWaiting}
		for i, n := range order {
			if o, err = Unwrap(stored(fmt.Sprintf("part-%d.json", n)), v.Coalition); err != nil {
				t.Fatal(err)
			}
			got, err := p.take(o)
			if err != nil || (got != nil) != (i == 2) || i == 2 && !bytes.Equal(got, stored("packet.age")) {
				t.Errorf("in the order %v after %d parts: %d bytes, %v", order, i+1, len(got), err)
			}
		}
	}
	items, err := coalition.Unpack(stored("packet.age"), v.Coalition, age.Identity(vectorIdentity(t)))
	if err != nil || len(items) != len(v.Items) {
		t.Fatalf("%d items, %v", len(items), err)
	}
	for i, it := range items {
		if want := v.Items[i]; it.Kind != want.Kind || string(it.Data) != want.Text || coalition.DigestOf(it.Data) != want.Digest {
			t.Errorf("item %d is %s %q, want %+v", i, it.Kind, it.Data, want)
		}
	}
	for _, r := range v.Refused {
		if _, err := Unwrap(r.Object, v.Coalition); err == nil || errors.Is(err, errForeign) {
			t.Errorf("%s: %v", r.Why, err)
		}
	}
	for _, r := range v.Foreign {
		if _, err := Unwrap(r.Object, v.Coalition); !errors.Is(err, errForeign) {
			t.Errorf("%s: %v", r.Why, err)
		}
	}
}

// The page shows the very objects: what stands in it as an example is what the code makes.
func TestPage(t *testing.T) {
	files := makeVectors(t)
	page, err := os.ReadFile(filepath.Join(vectorFolder, "..", "..", "coalition-stix.md"))
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(string(page)), "")
	for _, name := range []string{"extension-definition.json", "packet.json"} {
		want := string(files[name])
		if name == "packet.json" {
			want, _, _ = strings.Cut(want, `"payload_bin"`) // its packet is in the vectors
		}
		if !strings.Contains(flat, strings.Join(strings.Fields(want), "")) {
			t.Errorf("the page does not show %s as it is:\n%s", name, want)
		}
	}
	for _, number := range []string{fmt.Sprint(MaxCarried), fmt.Sprint(partBytes), fmt.Sprint(maxPacket), fmt.Sprint(mostParts)} {
		text := number
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
		if !strings.Contains(string(page), text) {
			t.Errorf("the page does not name the bound %s", text)
		}
	}
}
