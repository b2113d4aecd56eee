package coalition

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"entente/internal/sign"
	"entente/internal/translog"
)

// python is one that can run e2e/verify.py. ENTENTE_TEST_PYTHON names one that has to be there.
func python(t *testing.T) string {
	t.Helper()
	named := os.Getenv("ENTENTE_TEST_PYTHON")
	for _, p := range []string{named, "python3", "/usr/bin/python3"} {
		if p != "" && exec.CommandContext(t.Context(), p, "-c", "import sys, cryptography; assert sys.version_info >= (3, 9)").Run() == nil {
			return p
		}
		if p != "" && p == named {
			t.Fatalf("%s is no Python 3.9 with the package cryptography", p)
		}
	}
	t.Skip("the second verifier is not run: there is no python3 with the package cryptography (Debian: python3-cryptography)")
	return ""
}

// second is what e2e/verify.py finds in folders, and its exit code.
func second(t *testing.T, python string, v VerifyOptions, folders ...string) (out []*Verification, code int) {
	t.Helper()
	args := []string{"-B", "../../e2e/verify.py", "--json", "--at", v.Now.String()}
	if v.Pin != "" {
		args = append(args, "--root", string(v.Pin))
	}
	for i, r := range v.Roots {
		name := filepath.Join(t.TempDir(), fmt.Sprintf("root-%d.json", i))
		if err := os.WriteFile(name, r, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--newer-root", name)
	}
	c := exec.CommandContext(t.Context(), python, append(args, folders...)...)
	var complaint bytes.Buffer
	c.Stderr = &complaint
	b, err := c.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if complaint.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, complaint.String())
	}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		one := new(Verification)
		if err := json.Unmarshal(lines.Bytes(), one); err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	if len(out) != len(folders) {
		t.Fatalf("%d of %d are verified: %s", len(out), len(folders), b)
	}
	return out, code
}

// tally is how many checks came out in which way, but for those that were good.
func tally(v *Verification) string {
	n := map[Outcome]int{}
	for _, c := range v.Checks {
		n[c.Outcome]++
	}
	return fmt.Sprintf("%s: %d failed, %d unknown, %d remarks", v.Outcome(), n[Failed], n[Unknown], n[Remark])
}

// agree says where the two verifiers do not come to the same.
func agree(t *testing.T, name string, first, other *Verification) {
	t.Helper()
	if a, b := tally(first), tally(other); a != b {
		t.Errorf("%s: here %s, in Python %s\nhere %q\nin Python %q", name, a, b, lines(first), lines(other))
	}
}

// released is a folder of a release with a proof.
func (d *telling) released(proof []byte) string {
	d.tb.Helper()
	dir := d.tb.TempDir()
	for _, name := range []string{"statement.md", "index.html"} {
		d.put(dir, name, must(os.ReadFile(filepath.Join(d.dir, name))))
	}
	d.put(dir, ProofFile, proof)
	return dir
}

// TestSecondVerifier runs e2e/verify.py over the vectors.
func TestSecondVerifier(t *testing.T) {
	py := python(t)
	d := &telling{allies: &allies{world: &world{tb: t}}, dir: filepath.Join(vectorFolder, "release")}
	d.base = must(os.ReadFile(filepath.Join(d.dir, ProofFile)))
	var v vectors
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(vectorFolder, "vectors.json"))), &v); err != nil {
		t.Fatal(err)
	}
	codes := map[Outcome]int{OK: 0, Failed: 1, Unknown: 4}
	met := map[Outcome]bool{}
	var usual []string // folders of cases that differ in their files alone, which it takes one run to verify
	var firsts []*Verification
	var cases []vectorCase
	for _, c := range v.Cases {
		first, o, dir := d.judged(&c, &v)
		if c.Root == nil && c.At == 0 && len(c.Newer) == 0 && met[c.Outcome] {
			usual, firsts, cases = append(usual, dir), append(firsts, first), append(cases, c)
			continue
		}
		met[c.Outcome] = true
		other, code := second(t, py, o, dir)
		agree(t, c.Name, first, other[0])
		if other[0].Outcome() != c.Outcome || code != codes[c.Outcome] {
			t.Errorf("%s: in Python it is %s, with exit code %d, want %s", c.Name, other[0].Outcome(), code, c.Outcome)
		}
	}
	others, code := second(t, py, VerifyOptions{Pin: v.Root, Now: v.At}, usual...)
	if code != codes[Failed] {
		t.Errorf("exit code %d, want that of the worst", code)
	}
	for i, other := range others {
		agree(t, cases[i].Name, firsts[i], other)
		if other.Outcome() != cases[i].Outcome {
			t.Errorf("%s: in Python it is %s, want %s", cases[i].Name, other.Outcome(), cases[i].Outcome)
		}
	}
}

// compare has both verifiers look at proofs of one coalition, some of which have these outcomes.
func (d *telling) compare(t *testing.T, py string, proofs [][]byte, want ...Outcome) {
	t.Helper()
	o := VerifyOptions{Pin: DigestOf(payloadOf(t, d.file)), Now: At(d.clock)}
	var dirs []string
	for _, p := range proofs {
		dirs = append(dirs, d.released(p))
	}
	others, _ := second(t, py, o, dirs...)
	met := map[Outcome]int{}
	for i, other := range others {
		o.Files = os.DirFS(dirs[i])
		first, err := Verify(proofs[i], o)
		if err != nil {
			first = &Verification{Checks: []Check{{Failed, err.Error()}}}
		}
		agree(t, fmt.Sprintf("proof %d", i), first, other)
		met[first.Outcome()]++
		if t.Failed() {
			t.Logf("%s", proofs[i])
			return
		}
	}
	for _, outcome := range want {
		if met[outcome] == 0 {
			t.Errorf("none of the proofs is %s: %v", outcome, met)
		}
	}
	t.Log(met)
}

// TestSecondVerifierMutations changes a proof at random, as text, as JSON, and within what is signed.
func TestSecondVerifierMutations(t *testing.T) {
	py := python(t)
	cryptotest.SetGlobalRandom(t, 2)
	d := vectorRelease(t)
	var proofs [][]byte
	for seed := range histories(240, 4000) {
		m := mutation{rand.New(rand.NewPCG(uint64(seed), 2)), d}
		switch seed % 4 {
		case 0:
			proofs = append(proofs, m.text())
		case 1:
			proofs = append(proofs, m.json())
		case 2:
			proofs = append(proofs, m.logs())
		default:
			proofs = append(proofs, m.resigned())
		}
	}
	d.compare(t, py, proofs, Failed, Unknown)
}

type mutation struct {
	*rand.Rand
	*telling
}

// text changes a few bytes.
func (m mutation) text() []byte {
	b := bytes.Clone(m.base)
	for range 1 + m.IntN(2) {
		i := m.IntN(len(b))
		switch m.IntN(4) {
		case 0:
			b[i] = byte(m.IntN(256))
		case 1:
			b[i] ^= 1 << m.IntN(8)
		case 2:
			b = slices.Delete(b, i, i+1)
		default:
			b = slices.Insert(b, i, pick(m.Rand, []byte("0a\"\\ {}[],:\n-.eé")))
		}
	}
	return b
}

// json changes values of the document, and writes it in its one form, but seldom.
func (m mutation) json() []byte {
	var doc any
	d := json.NewDecoder(bytes.NewReader(m.base))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		m.tb.Fatal(err)
	}
	for range 1 + m.IntN(2) {
		doc = m.change(doc)
	}
	return must(write(doc))
}

// logs changes proofs of the log.
func (m mutation) logs() []byte {
	p := m.proof()
	for range 1 + m.IntN(3) {
		e := &p.Events[m.IntN(len(p.Events))]
		if rows := strings.SplitAfter(e.Log, "\n"); m.IntN(2) == 0 && len(rows) > 3 {
			rows[len(rows)-2-m.IntN(2)] = "" // the cosignature of a witness
			e.Log = strings.Join(rows, "")
			continue
		}
		e.Log, _ = m.change(e.Log).(string)
	}
	return must(write(p))
}

// change changes a value somewhere below.
func (m mutation) change(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 || m.IntN(12) == 0 {
			v[pick(m.Rand, []string{"log", "until", "number", "type", "é"})] = m.value()
			return v
		}
		k := pick(m.Rand, slices.Sorted(maps.Keys(v)))
		if m.IntN(12) == 0 {
			delete(v, k)
		} else {
			v[k] = m.change(v[k])
		}
		return v
	case []any:
		if len(v) == 0 {
			return []any{m.value()}
		}
		i, j := m.IntN(len(v)), m.IntN(len(v))
		switch m.IntN(12) {
		case 0:
			return slices.Delete(v, i, i+1)
		case 1:
			v[i], v[j] = v[j], v[i]
		case 2:
			return slices.Insert(v, i, v[j])
		default:
			v[i] = m.change(v[i])
		}
		return v
	case string:
		if m.IntN(12) == 0 {
			return m.value()
		}
		if rows := strings.SplitAfter(v, "\n"); len(rows) > 2 { // a proof of the log
			i, j := m.IntN(len(rows)), m.IntN(len(rows))
			switch m.IntN(4) {
			case 0:
				rows = slices.Delete(rows, i, i+1)
			case 1:
				rows[i], rows[j] = rows[j], rows[i]
			case 2:
				rows = slices.Insert(rows, i, rows[j])
			default:
				rows[i] = m.letters(rows[i])
			}
			return strings.Join(rows, "")
		}
		return m.letters(v)
	case json.Number:
		return pick(m.Rand, []any{0, 1, 2, 3, -1, 1.5, 1e15, 999999999999999, true, string(v)})
	}
	return m.value()
}

func (m mutation) letters(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return "x"
	}
	i := m.IntN(len(r))
	switch m.IntN(4) {
	case 0:
		r = slices.Delete(r, i, i+1)
	case 1:
		r = slices.Insert(r, i, pick(m.Rand, []rune("0aA \u00a0\u0085\x1c\n\t-.+/=é—𝄞")))
	default:
		r[i] = pick(m.Rand, []rune("0123456789abcdefABC=+/ é"))
	}
	return string(r)
}

func (m mutation) value() any {
	return pick(m.Rand, []any{nil, true, false, 0, 7, "", "x", "2021-07-19T11:00:00Z", "1970-01-01T00:00:00Z", []any{}, []any{"x"}, map[string]any{}, "sha256:" + strings.Repeat("0", 64), testStatement})
}

// resigned changes what members or roots say, and signs it anew with their keys.
func (m mutation) resigned() []byte {
	p := m.proof()
	for range 1 + m.IntN(2) {
		if m.IntN(3) == 0 {
			i := m.IntN(len(p.Roots))
			p.Roots[i] = m.anew(p.Roots[i])
			continue
		}
		i := m.IntN(len(p.Events))
		e := &p.Events[i]
		e.Event = m.anew(e.Event)
		if m.IntN(4) > 0 {
			e.Log = ""
		}
		sortEvents(p)
	}
	return must(write(p))
}

func (m mutation) anew(file []byte) []byte {
	env, err := sign.ParseEnvelope(file)
	if err != nil {
		m.tb.Fatal(err)
	}
	var doc any
	d := json.NewDecoder(bytes.NewReader(env.Payload))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		m.tb.Fatal(err)
	}
	payload := must(write(m.change(doc)))
	var signers []sign.Signer
	for _, s := range env.Signatures {
		for _, k := range m.keys {
			if k.Public().ID() == s.KeyID {
				signers = append(signers, k)
			}
		}
	}
	anew, err := sign.Sign(env.PayloadType, payload, signers...)
	if err != nil {
		m.tb.Fatal(err)
	}
	return anew.Bytes()
}

// TestSecondVerifierHistories has members say things at random after, and instead of, what they said in the release.
func TestSecondVerifierHistories(t *testing.T) {
	py := python(t)
	cryptotest.SetGlobalRandom(t, 3)
	d := vectorRelease(t)
	kinds := map[Digest]Kind{}
	for _, e := range d.proof().Events {
		kinds[DigestOf(e.Event)] = d.read(e).Kind
	}
	stories := make([]*Proof, histories(100, 2000))
	batches := make([][]Digest, 8)
	for seed := range stories {
		tale := &tale{more{d, map[string]*Signed{}, d.proof()}, rand.New(rand.NewPCG(uint64(seed), 3)), batches, kinds}
		tale.tell()
		stories[seed] = tale.p
	}
	shown := map[Digest]string{}
	for _, batch := range batches {
		d.clock = d.clock.Add(time.Minute)
		d.showAll(batch, shown)
	}
	var proofs [][]byte
	for _, p := range stories {
		for i := range p.Events {
			if e := &p.Events[i]; e.Log == later {
				e.Log = shown[DigestOf(e.Event)]
			}
		}
		sortEvents(p)
		proofs = append(proofs, must(write(p)))
	}
	d.clock = d.clock.Add(time.Hour)
	d.compare(t, py, proofs, OK, Failed, Unknown)
}

// later stands for a proof of the log that is not made yet.
const later = "later"

// showAll puts events into the log at once, and keeps their proofs.
func (d *telling) showAll(batch []Digest, shown map[Digest]string) {
	d.tb.Helper()
	var entries []translog.Digest
	for _, id := range batch {
		e, err := id.Entry()
		if err != nil {
			d.tb.Fatal(err)
		}
		entries = append(entries, e)
	}
	at, err := d.log.Append(d.tb.Context(), entries...)
	if err != nil {
		d.tb.Fatal(err)
	}
	head := d.log.Head()
	for _, m := range slices.Sorted(maps.Keys(d.witnesses)) {
		head = d.cosigned(m, head)
	}
	for i, id := range batch {
		p, err := d.log.Prove(at[i], head)
		if err != nil {
			d.tb.Fatal(err)
		}
		p.Extra = entries[i][:]
		shown[id] = string(p.Text())
	}
}

// tale is what members say at random.
type tale struct {
	more
	rand    *rand.Rand
	batches [][]Digest
	kinds   map[Digest]Kind
}

func (l *tale) tell() {
	for range l.rand.IntN(3) { // of the release something is missing
		i := l.rand.IntN(len(l.p.Events))
		switch kind := l.kinds[DigestOf(l.p.Events[i].Event)]; {
		case kind == KindPosition || kind == KindPropose && l.rand.IntN(3) > 0: // which spoils all
		case kind == KindPropose:
			l.p.Events[i].Log = ""
		case l.rand.IntN(3) == 0:
			l.p.Events[i].Log = ""
		case l.rand.IntN(2) == 0:
			l.p.Events = slices.Delete(l.p.Events, i, i+1)
		}
	}
	for range l.rand.IntN(12) {
		l.event()
	}
}

// any is an event of a kind, seldom one that there is not.
func (l *tale) any(kind Kind) Digest {
	var of []Digest
	for _, e := range l.p.Events {
		if id := DigestOf(e.Event); l.kinds[id] == kind {
			of = append(of, id)
		}
	}
	if len(of) == 0 || l.rand.IntN(30) == 0 {
		return DigestOf(l.random8())
	}
	return pick(l.rand, of)
}

func (l *tale) random8() []byte { return fmt.Append(nil, l.rand.Uint64()) }

func (l *tale) event() {
	member := pick(l.rand, []string{"ca", "eu", "uk", "us"})
	kind := pick(l.rand, []Kind{KindPosition, KindPosition, KindDecide, KindEmbargo, KindSeal, KindVote, KindVote, KindVote, KindShare, KindPropose})
	l.now++
	e, err := l.book.Next(member, testStatement, l.p.Manifest, kind, l.now, l.salt())
	if err != nil {
		l.tb.Fatal(err)
	}
	if last := l.last[member]; last != nil && kind != KindShare {
		e.Number, e.After = last.Number+1, last.ID
	}
	l.fill(e)
	l.disorder(e)
	key := l.actors[member].Signer
	if member == "uk" && l.rand.IntN(4) == 0 {
		key = l.key("uk") // which it has given up
	}
	s, err := e.Sign(key)
	if err != nil {
		l.tb.Fatal(err)
	}
	if kind != KindShare && l.rand.IntN(10) > 0 { // else the next one is another of its number
		l.last[member] = s
	}
	l.kinds[s.ID] = kind
	proven := ProvenEvent{Event: s.File}
	if l.rand.IntN(6) > 0 {
		i := l.rand.IntN(len(l.batches))
		l.batches[i] = append(l.batches[i], s.ID)
		proven.Log = later
	}
	l.p.Events = append(l.p.Events, proven)
}

// disorder gives an event another place or date.
func (l *tale) disorder(e *Event) {
	switch l.rand.IntN(40) {
	case 0:
		e.At -= Time(l.rand.IntN(10_000))
	case 1:
		e.At += Time(l.rand.IntN(100_000))
	case 2:
		e.Root = l.book.chain.digests[0]
	case 3:
		e.At = l.root.Expires + 1
	case 4:
		if e.Number > 0 {
			e.Number, e.After = e.Number+1, DigestOf(l.random8())
		}
	}
}

func (l *tale) fill(e *Event) {
	r := l.rand
	switch e.Kind {
	case KindPropose:
		e.Propose = &Propose{Revision: 1, Until: l.now - Time(r.IntN(5000))}
		if r.IntN(4) == 0 { // it is none
			e.Propose.Revision, e.Propose.Supersedes = 2, DigestOf(l.random8())
		}
	case KindPosition:
		e.Position = &Position{Stance: pick(r, []Stance{Endorse, Assess, Object, Object, Relay, Reserve})}
	case KindDecide:
		e.Decide = &Decide{Adopt: r.IntN(3) == 0}
		for range 1 + r.IntN(4) {
			e.Decide.Positions = append(e.Decide.Positions, l.any(KindPosition))
		}
		slices.Sort(e.Decide.Positions)
		e.Decide.Positions = slices.Compact(e.Decide.Positions)
	case KindEmbargo:
		switch e.Embargo = new(Embargo{Action: EmbargoAccept, Of: l.any(KindEmbargo)}); r.IntN(5) {
		case 0:
			e.Embargo.Action = EmbargoReject
		case 1, 2:
			e.Embargo = &Embargo{Action: EmbargoPropose, Until: l.now - 3000 + Time(r.IntN(5000)), Instead: l.any(pick(r, []Kind{KindPropose, KindEmbargo}))}
		}
	case KindSeal:
		s := *l.of("us").Seal.Seal
		if r.IntN(3) == 0 {
			s.Contents = DigestOf(l.random8())
		}
		switch r.IntN(5) {
		case 0:
			s.Shares = s.Shares[:3]
		case 1:
			s.Commitments = s.Commitments[:1]
		case 2:
			s.Commitments = []string{s.Commitments[1], s.Commitments[0]}
		}
		e.Seal = &s
	case KindVote:
		e.Vote = &Vote{Question: pick(r, []Question{AskRelease, AskRelease, AskHold, AskOverride, AskOverride, AskEnd, AskWithdraw}), Yes: r.IntN(3) > 0}
		if e.Vote.Question == AskRelease {
			e.Vote.Seal = l.any(KindSeal)
			if r.IntN(2) == 0 {
				e.Vote.Knows = []Digest{l.any(KindPosition)}
			}
		}
	case KindShare:
		seal := l.of("us").Seal
		share, err := OpenShare(seal, pick(r, []string{e.Member, e.Member, e.Member, "ca"}), l.boxes["ca"], l.boxes["eu"], l.boxes["uk"], l.boxes["us"])
		if err != nil {
			l.tb.Fatal(err)
		}
		share.Seal = l.any(KindSeal)
		e.Share = share
	}
}
