package translog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/formats/vectors/log anew")

const vectorsFile = "../../docs/formats/vectors/log/vectors.json"

// vectors is the file of vectors; docs/formats/log.md says what is in it.
type vectors struct {
	Format    string              `json:"format"`
	Log       vectorKey           `json:"log"`
	Witnesses []vectorKey         `json:"witnesses"`
	Entries   []string            `json:"entries"`
	Roots     []vectorRoot        `json:"roots"`
	Files     []vectorFile        `json:"files"`
	Proofs    []vectorProof       `json:"proofs"`
	Continues []vectorConsistency `json:"consistency"`
	Witness   []vectorRequest     `json:"add_checkpoint"`
}

type vectorKey struct {
	Name   string `json:"name"`
	Seed   string `json:"seed"`
	Public string `json:"public"`
	KeyID  string `json:"key_id"`
	VKey   string `json:"vkey"`
}

type vectorRoot struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
}

// vectorFile is a file of the log of 300 entries.
type vectorFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Base64 string `json:"base64,omitempty"` // of small ones
}

type vectorProof struct {
	Name  string `json:"name"`
	Entry string `json:"entry"`
	Proof string `json:"proof"`
	Valid bool   `json:"valid"`
	// SeenAt has, for a threshold of 1, 2 and so on, the time in seconds at which as many witnesses had cosigned.
	SeenAt []int64 `json:"seen_at,omitempty"`
}

type vectorConsistency struct {
	Name    string   `json:"name"`
	OldSize int64    `json:"old_size"`
	OldRoot string   `json:"old_root"`
	NewSize int64    `json:"new_size"`
	NewRoot string   `json:"new_root"`
	Hashes  []string `json:"hashes"`
	Valid   bool     `json:"valid"`
}

// vectorRequest is one of a series of requests to a new witness, the first of those listed, at a time.
type vectorRequest struct {
	Name        string `json:"name"`
	Time        int64  `json:"time"`
	Body        string `json:"body"`
	Status      int    `json:"status"`
	ContentType string `json:"content_type,omitempty"` // where the protocol says one
	Answer      string `json:"answer,omitempty"`       // likewise
}

const vectorEntries = 300

func vectorEntry(i int) Digest { return sha256.Sum256(fmt.Appendf(nil, "entente log vector %d", i)) }

func vectorKeyOf(name string, seed byte, witness bool) vectorKey {
	k := Key{name, testPublic(seed)}
	v := vectorKey{Name: name, Seed: hex.EncodeToString(testKey(seed).Seed()), Public: hex.EncodeToString(k.Public[:]), KeyID: fmt.Sprintf("%08x", k.LogID()), VKey: k.LogVerifierKey()}
	if witness {
		v.KeyID, v.VKey = fmt.Sprintf("%08x", k.WitnessID()), k.WitnessVerifierKey()
	}
	return v
}

// makeVectors makes the vectors with the code that they are to test in others.
func makeVectors(t *testing.T) vectors {
	t.Helper()
	const origin = "entente.example/vectors"
	dir := filepath.Join(t.TempDir(), "log")
	l, err := Create(dir, origin, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	v := vectors{Format: "entente-log-vectors/1", Log: vectorKeyOf(origin, 1, false)}
	var witnesses []Key
	var cosigners []*Witness
	clock := map[string]int64{}
	for i, name := range []string{"a.example/witness", "b.example/witness", "c.example/witness"} {
		seed := byte(2 + i)
		v.Witnesses = append(v.Witnesses, vectorKeyOf(name, seed, true))
		witnesses = append(witnesses, Key{name, testPublic(seed)})
		clock[name] = 1626703200 + int64(60*(2-i)) // 19 July 2021, 14:00:00 UTC and the minutes after
		w, err := CreateWitness(filepath.Join(t.TempDir(), "witness"), WitnessOptions{
			Name: name, Signer: testKey(seed), Logs: []LogKeys{l.Keys()}, Now: func() time.Time { return time.Unix(clock[name], 0) },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		cosigners = append(cosigners, w)
	}
	v.Roots = append(v.Roots, vectorRoot{0, EmptyRoot.String()})
	checkpoints := map[int64]*SignedCheckpoint{0: l.Head()}
	size := 0
	for _, next := range []int{1, 2, 3, 5, 8, 255, 256, 257, vectorEntries} {
		var add []Digest
		for ; size < next; size++ {
			d := vectorEntry(size)
			v.Entries = append(v.Entries, hex.EncodeToString(d[:]))
			add = append(add, d)
		}
		mustAppend(t, l, add...)
		checkpoints[int64(next)] = l.Head()
		v.Roots = append(v.Roots, vectorRoot{int64(next), l.Head().Root.String()})
	}
	v.Witness = vectorRequests(t, l, checkpoints)
	ctx := context.Background()
	cosigned, err := l.Cosign(ctx, cosigners[0], cosigners[1], cosigners[2])
	if err != nil {
		t.Fatal(err)
	}
	// Cosigners answer in any order; lines of vectors have one.
	valid, err := cosigned.Cosignatures(witnesses)
	if err != nil {
		t.Fatal(err)
	}
	bare := checkpoints[vectorEntries]
	cosigned = bare
	for _, k := range witnesses {
		for _, c := range valid {
			if c.Witness == k {
				cosigned = must(cosigned.With(c.Line))
			}
		}
	}
	v.Proofs = vectorProofs(t, l, cosigned, checkpoints)
	v.Continues = vectorConsistencies(t, l, checkpoints)
	v.Files = append(v.Files, vectorFileOf("checkpoint", cosigned.Note()))
	for _, path := range []string{"tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44"} {
		v.Files = append(v.Files, vectorFileOf(path, must(os.ReadFile(filepath.Join(dir, path)))))
	}
	return v
}

func vectorFileOf(path string, data []byte) vectorFile {
	sum := sha256.Sum256(data)
	f := vectorFile{Path: path, SHA256: hex.EncodeToString(sum[:])}
	if len(data) < 2000 {
		f.Base64 = base64.StdEncoding.EncodeToString(data)
	}
	return f
}

func vectorProofs(t *testing.T, l *Log, cosigned *SignedCheckpoint, checkpoints map[int64]*SignedCheckpoint) []vectorProof {
	t.Helper()
	var out []vectorProof
	add := func(name string, index int, proof string, valid bool, seen ...int64) {
		d := vectorEntry(index)
		out = append(out, vectorProof{name, hex.EncodeToString(d[:]), proof, valid, seen})
	}
	prove := func(index int, at *SignedCheckpoint) *Proof { return must(l.Prove(int64(index), at)) }
	times := []int64{1626703200, 1626703260, 1626703320}
	for _, i := range []int{0, 1, 254, 255, 256, 299} {
		add(fmt.Sprintf("entry %d of %d, three cosignatures", i, vectorEntries), i, string(prove(i, cosigned).Text()), true, times...)
	}
	add("entry 0 of 1: no hashes", 0, string(prove(0, checkpoints[1]).Text()), true)
	add("entry 4 of 5", 4, string(prove(4, checkpoints[5]).Text()), true)
	extra := prove(4, checkpoints[5])
	extra.Extra = []byte("not authenticated")
	add("extra data", 4, string(extra.Text()), true)
	p := prove(100, cosigned)
	good := string(p.Text())
	hash := func(i int) string { return p.Hashes[i].String() + "\n" }
	line := func(i int) string { return p.Checkpoint.Signatures[i].String() }
	add("an unknown signature is ignored", 100, good+"— unknown.example AAAAAAAA\n", true, times...)
	add("a cosignature less", 100, strings.Replace(good, line(2), "", 1), true, times[0], times[2])
	add("the same cosignature twice counts once", 100, strings.Replace(good, line(2), line(1), 1), true, times[0], times[2])
	forged := p.Checkpoint.Signatures[1]
	forged.Bytes = bytes.Clone(forged.Bytes)
	forged.Bytes[7]--
	add("a cosignature with another time is not valid, the others are", 100, strings.Replace(good, line(1), forged.String(), 1), true, times[0], times[1])
	add("another entry", 101, good, false)
	add("another index", 100, strings.Replace(good, "index 100", "index 101", 1), false)
	add("an index beyond the tree", 100, strings.Replace(good, "index 100", "index 300", 1), false)
	add("an index with a leading zero", 100, strings.Replace(good, "index 100", "index 0100", 1), false)
	add("the last hash is missing", 100, strings.Replace(good, hash(len(p.Hashes)-1), "", 1), false)
	add("the first hash is missing", 100, strings.Replace(good, hash(0), "", 1), false)
	add("a hash too many", 100, strings.Replace(good, hash(0), hash(0)+hash(0), 1), false)
	add("two hashes exchanged", 100, strings.Replace(good, hash(0)+hash(1), hash(1)+hash(0), 1), false)
	add("another root", 100, strings.Replace(good, p.Checkpoint.Root.String(), EmptyRoot.String(), 1), false)
	add("another size", 100, strings.Replace(good, "\n300\n", "\n301\n", 1), false)
	add("an extension that nobody has signed", 100, strings.Replace(good, "=\n\n— entente", "=\nmore\n\n— entente", 1), false)
	add("no signature of the log", 100, strings.Replace(good, line(0), "", 1), false)
	add("cut off in the last line", 100, good[:len(good)-9], false)
	add("no end of the last line", 100, good[:len(good)-1], false)
	add("carriage returns", 100, strings.ReplaceAll(good, "\n", "\r\n"), false)
	add("another version", 100, strings.Replace(good, "@v1", "@v2", 1), false)
	return out
}

func vectorConsistencies(t *testing.T, l *Log, checkpoints map[int64]*SignedCheckpoint) []vectorConsistency {
	t.Helper()
	var out []vectorConsistency
	add := func(name string, from, to int64, hashes []Hash, valid bool) {
		c := vectorConsistency{name, from, checkpoints[from].Root.String(), to, checkpoints[to].Root.String(), []string{}, valid}
		for _, h := range hashes {
			c.Hashes = append(c.Hashes, h.String())
		}
		out = append(out, c)
	}
	prove := func(from, to int64) []Hash {
		return must(l.ProveConsistency(context.Background(), from, checkpoints[to].Checkpoint))
	}
	for _, pair := range [][2]int64{{0, 5}, {1, 2}, {1, 8}, {2, 3}, {3, 8}, {5, 8}, {5, 300}, {255, 256}, {255, 257}, {256, 300}, {257, 300}, {300, 300}} {
		add(fmt.Sprintf("from %d to %d", pair[0], pair[1]), pair[0], pair[1], prove(pair[0], pair[1]), true)
	}
	good := prove(5, 300)
	add("the last hash is missing", 5, 300, good[:len(good)-1], false)
	add("the first hash is missing", 5, 300, good[1:], false)
	add("a hash too many", 5, 300, append(append([]Hash{}, good...), Hash{}), false)
	add("of other trees", 3, 300, good, false)
	add("backwards", 300, 5, good, false)
	add("a proof where there is nothing to prove", 300, 300, good, false)
	return out
}

// vectorRequests is what a witness answers to a series of requests.
func vectorRequests(t *testing.T, l *Log, checkpoints map[int64]*SignedCheckpoint) []vectorRequest {
	t.Helper()
	now := int64(1626700000)
	w, err := CreateWitness(filepath.Join(t.TempDir(), "witness"), WitnessOptions{
		Name: "a.example/witness", Signer: testKey(2), Logs: []LogKeys{l.Keys()}, Now: func() time.Time { return time.Unix(now, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	h := w.Handler(nil)
	var out []vectorRequest
	add := func(name string, body []byte) {
		now++
		r := httptest.NewRecorder()
		h.ServeHTTP(r, httptest.NewRequest(http.MethodPost, "/add-checkpoint", bytes.NewReader(body)))
		v := vectorRequest{Name: name, Time: now, Body: string(body), Status: r.Code}
		if r.Code == http.StatusOK {
			v.Answer = r.Body.String()
		}
		if r.Code == http.StatusConflict {
			v.Answer, v.ContentType = r.Body.String(), r.Header().Get("Content-Type")
		}
		out = append(out, v)
	}
	request := func(from, to int64) *AddCheckpoint {
		proof := must(l.ProveConsistency(context.Background(), from, checkpoints[to].Checkpoint))
		return &AddCheckpoint{Old: from, Proof: proof, Checkpoint: checkpoints[to]}
	}
	add("the first checkpoint of a log, of 3 entries", request(0, 3).Body())
	add("one that continues it, of 8", request(3, 8).Body())
	add("the same once more: only the time is another", request(8, 8).Body())
	add("the witness has seen more than 3", request(3, 256).Body())
	add("rolled back", request(3, 5).Body())
	add("old larger than new", []byte(strings.Replace(string(request(8, 8).Body()), "old 8", "old 9", 1)))
	forked := must(newLog(nil, nil, Key{l.keys.Origin, testPublic(1)}, testKey(1)).sign(Checkpoint{Origin: l.keys.Origin, Size: 8, Root: checkpoints[5].Root}))
	add("a fork of the same size", (&AddCheckpoint{Old: 8, Checkpoint: forked}).Body())
	forked = must(newLog(nil, nil, Key{l.keys.Origin, testPublic(1)}, testKey(1)).sign(Checkpoint{Origin: l.keys.Origin, Size: 256, Root: checkpoints[5].Root}))
	add("a fork of a larger size", (&AddCheckpoint{Old: 8, Proof: request(8, 256).Proof, Checkpoint: forked}).Body())
	cut := request(8, 256)
	cut.Proof = cut.Proof[1:]
	add("a hash is missing", cut.Body())
	other := must(newLog(nil, nil, Key{"other.example/log", testPublic(1)}, testKey(1)).sign(Checkpoint{Origin: "other.example/log", Size: 8}))
	add("another log", (&AddCheckpoint{Old: 8, Checkpoint: other}).Body())
	add("signed by another key", []byte(strings.Replace(string(request(8, 8).Body()), "\n8\n", "\n9\n", 1)))
	add("no old size", checkpoints[8].Note())
	return out
}

// TestVectors makes the vectors again and compares.
func TestVectors(t *testing.T) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(makeVectors(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(vectorsFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b.Bytes()) {
		t.Error("the code makes other vectors than there are; run the test with -update if it should, and say so in docs/formats/log.md")
	}
}

// TestReadVectors reads the vectors as a stranger does, with the keys that are in them.
func TestReadVectors(t *testing.T) {
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	logKey, isWitness, err := ParseVerifierKey(v.Log.VKey)
	if err != nil || isWitness {
		t.Fatalf("key of the log: %v", err)
	}
	keys := LogKeys{logKey.Name, [][32]byte{logKey.Public}}
	var witnesses []Key
	for _, w := range v.Witnesses {
		k, isWitness, err := ParseVerifierKey(w.VKey)
		if err != nil || !isWitness {
			t.Fatalf("key of %s: %v", w.Name, err)
		}
		witnesses = append(witnesses, k)
	}
	count := map[bool]int{}
	for _, test := range v.Proofs {
		d, err := hex.DecodeString(test.Entry)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParseProof([]byte(test.Proof))
		if err == nil {
			err = p.Verify(Digest(d), keys)
		}
		count[test.Valid]++
		if (err == nil) != test.Valid {
			t.Errorf("%s: %v", test.Name, err)
		}
		if err != nil {
			continue
		}
		for k := 1; k <= 4; k++ {
			when, ok := SeenAt(k, witnesses, p.Checkpoint)
			if want := k <= len(test.SeenAt); ok != want || ok && when.Unix() != test.SeenAt[k-1] {
				t.Errorf("%s: %d had cosigned at %v, %t", test.Name, k, when, ok)
			}
		}
	}
	hash := func(s string) Hash { return must(decodeHash(s)) }
	for _, test := range v.Continues {
		var proof []Hash
		for _, h := range test.Hashes {
			proof = append(proof, hash(h))
		}
		err := VerifyConsistency(test.OldSize, hash(test.OldRoot), test.NewSize, hash(test.NewRoot), proof)
		count[test.Valid]++
		if test.Valid && err != nil || !test.Valid && !errors.Is(err, ErrProof) {
			t.Errorf("consistency, %s: %v", test.Name, err)
		}
	}
	if count[true] < 20 || count[false] < 20 {
		t.Errorf("only %v vectors", count)
	}
	var e edge
	roots := map[int64]string{}
	for _, r := range v.Roots {
		roots[r.Size] = r.Root
	}
	for _, entry := range v.Entries {
		e.push(LeafHash(Digest(must(hex.DecodeString(entry)))), nil)
		if want, ok := roots[e.size]; ok && e.root().String() != want {
			t.Errorf("root of %d entries", e.size)
		}
	}
}
