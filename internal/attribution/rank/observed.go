package rank

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"entente/internal/bounded"
)

// Bounds on what is read as an observation.
const (
	maxDocument = 64 << 20 // bytes of one JSON document, or of a whole list
	maxObserved = 20_000   // different ids
)

// Observed are ids of techniques and software that a file names, sorted, each once.
type Observed struct {
	IDs  []string
	Form string // what the file was taken for, in words
	// Passed are how many words of a list, or documents, were no ids and held none.
	Passed int
	// Incomplete is why a hunt ended before it had read all of its inputs, if it says so.
	Incomplete string
}

// IsID says whether a text is the id of a technique or of software, in any case; also with attack. before it, as in tags of
// Sigma. It returns the id in capitals.
func IsID(text string) (string, bool) {
	id := strings.ToUpper(strings.TrimSpace(text))
	id = strings.TrimPrefix(id, "ATTACK.")
	return id, len(id) <= 9 && (techniqueID.MatchString(id) || softwareID.MatchString(id))
}

// ReadObserved reads what was observed, in any of these forms, which it tells by content:
//
//   - a list of ids, apart by blanks, commas or lines; # begins a comment
//   - findings or verdicts of a hunt (docs/formats/finding.md, coverage.md): techniques of the findings
//   - its coverage as one object: TTPs that were found
//   - a layer of the ATT&CK Navigator: techniques that are enabled, of those with scores the ones above 0
//   - a bundle of STIX: attack patterns, malware and tools with an id of ATT&CK
//   - an object with lists `techniques` and `software`
//
// Memory is bounded by the longest document. A file that names nothing is an error.
func ReadObserved(r io.Reader) (Observed, error) {
	o := observedReader{ids: map[string]bool{}}
	b := bufio.NewReaderSize(r, 64<<10)
	if mark, _ := b.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = b.Discard(3) // it was peeked
	}
	first, err := firstByte(b)
	switch {
	case errors.Is(err, io.EOF):
		return Observed{}, errors.New("it is empty")
	case err != nil:
		return Observed{}, fmt.Errorf("read: %w", err)
	case first == '{' || first == '[':
		err = o.documents(b)
	default:
		err = o.list(b)
	}
	if err != nil {
		return Observed{}, err
	}
	if len(o.ids) == 0 {
		return Observed{}, errors.New("it names no technique and no software of ATT&CK")
	}
	for id := range o.ids {
		o.out.IDs = append(o.out.IDs, id)
	}
	slices.Sort(o.out.IDs)
	return o.out, nil
}

// firstByte looks at the first byte that is no blank.
func firstByte(b *bufio.Reader) (byte, error) {
	for {
		c, err := b.ReadByte()
		if err != nil {
			return 0, err //nolint:wrapcheck // io.EOF must stay as it is
		}
		if !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c, b.UnreadByte() //nolint:wrapcheck // it cannot fail behind ReadByte
		}
	}
}

type observedReader struct {
	ids map[string]bool
	out Observed
}

func (o *observedReader) add(text string) error {
	id, ok := IsID(text)
	if !ok || o.ids[id] {
		return nil
	}
	if len(o.ids) == maxObserved {
		return fmt.Errorf("it names more than %d techniques", maxObserved)
	}
	o.ids[id] = true
	return nil
}

func (o *observedReader) list(r io.Reader) error {
	o.out.Form = "a list"
	lines := bufio.NewScanner(&bounded.Reader{R: r, N: maxDocument, Err: fmt.Errorf("it has more than %d MiB", maxDocument>>20)})
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r,;\"'|()[]", r) }) {
			if _, ok := IsID(word); !ok {
				o.out.Passed++
				continue
			}
			if err := o.add(word); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read a list: %w", err)
	}
	return nil
}

func (o *observedReader) documents(r io.Reader) error {
	one := &bounded.Reader{R: r, Err: fmt.Errorf("a document has more than %d MiB", maxDocument>>20)}
	dec := json.NewDecoder(one)
	for n := 1; ; n++ {
		one.N = maxDocument
		at := dec.InputOffset()
		var raw json.RawMessage
		if err := dec.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("document %d, from byte %d: %w", n, at, err)
		}
		if err := o.document(raw); err != nil {
			return fmt.Errorf("document %d, from byte %d: %w", n, at, err)
		}
	}
}

// document reads one value of JSON. A list is a list of documents, or of ids.
func (o *observedReader) document(raw json.RawMessage) error {
	var many []json.RawMessage
	if raw[0] == '[' && fits(raw, &many) {
		for _, one := range many {
			if len(one) > 0 && one[0] == '[' {
				o.out.Passed++ // no form has lists in lists
				continue
			}
			if err := o.document(one); err != nil {
				return err
			}
		}
		return nil
	}
	var id string
	if fits(raw, &id) {
		o.form("a list")
		return o.add(id)
	}
	before := len(o.ids)
	for _, form := range []func(json.RawMessage) (bool, error){o.bundle, o.layer, o.coverage, o.finding, o.verdict, o.lists} {
		if is, err := form(raw); err != nil || is {
			return err
		}
	}
	if len(o.ids) == before {
		o.out.Passed++
	}
	return nil
}

func (o *observedReader) form(words string) {
	if o.out.Form == "" {
		o.out.Form = words
	}
}

func (o *observedReader) addAll(ids []string) error {
	for _, id := range ids {
		if err := o.add(id); err != nil {
			return err
		}
	}
	return nil
}

// fits says whether a document has the members that v has, in the same shape, and reads them.
func fits(raw json.RawMessage, v any) bool { return json.Unmarshal(raw, v) == nil }

func (o *observedReader) bundle(raw json.RawMessage) (bool, error) {
	var b struct {
		Type    string            `json:"type"`
		Objects []json.RawMessage `json:"objects"`
	}
	if !fits(raw, &b) || b.Type != "bundle" {
		return false, nil
	}
	o.form("a bundle of STIX")
	for _, one := range b.Objects {
		var s bundleObject
		if !fits(one, &s) || s.Revoked || !slices.Contains([]string{"attack-pattern", "malware", "tool"}, s.Type) {
			continue
		}
		for _, r := range s.References {
			if !strings.HasPrefix(r.Source, "mitre-") {
				continue
			}
			if err := o.add(r.ID); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

func (o *observedReader) layer(raw json.RawMessage) (bool, error) {
	var l struct {
		Techniques []struct {
			ID       string   `json:"techniqueID"`
			Score    *float64 `json:"score"`
			Enabled  *bool    `json:"enabled"`
			Metadata []struct {
				Name string `json:"name"`
			} `json:"metadata"`
		} `json:"techniques"`
	}
	if !fits(raw, &l) || len(l.Techniques) == 0 || l.Techniques[0].ID == "" {
		return false, nil
	}
	o.form("a layer of the Navigator")
	scored := false // or with the states of a hunt, where what was not found has no score
	for i := range l.Techniques {
		t := &l.Techniques[i]
		scored = scored || t.Score != nil
		for _, m := range t.Metadata {
			scored = scored || m.Name == "state"
		}
	}
	for i := range l.Techniques {
		t := &l.Techniques[i]
		if t.Enabled != nil && !*t.Enabled || scored && (t.Score == nil || *t.Score <= 0) {
			continue
		}
		if err := o.add(t.ID); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (o *observedReader) coverage(raw json.RawMessage) (bool, error) {
	var c struct {
		Packs []struct {
			TTPs []struct {
				ID    string `json:"id"`
				Now   string `json:"now"`
				State string `json:"state"`
			} `json:"ttps"`
		} `json:"packs"`
		Incomplete string `json:"incomplete"`
	}
	if !fits(raw, &c) || len(c.Packs) == 0 {
		return false, nil
	}
	o.form("the coverage of a hunt")
	o.out.Incomplete = c.Incomplete
	for i := range c.Packs {
		for _, t := range c.Packs[i].TTPs {
			id := t.ID
			if t.Now != "" {
				id = t.Now
			}
			if t.State != "found" {
				continue
			}
			if err := o.add(id); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

func (o *observedReader) finding(raw json.RawMessage) (bool, error) {
	var f struct {
		Rule *struct {
			Tags []string `json:"tags"`
		} `json:"rule"`
		Attack struct {
			Techniques []struct {
				ID string `json:"id"`
			} `json:"techniques"`
		} `json:"attack"`
	}
	if !fits(raw, &f) || f.Rule == nil {
		return false, nil
	}
	o.form("findings of a hunt")
	for _, t := range f.Attack.Techniques {
		if err := o.add(t.ID); err != nil {
			return true, err
		}
	}
	return true, o.addAll(f.Rule.Tags)
}

func (o *observedReader) verdict(raw json.RawMessage) (bool, error) {
	var v struct {
		Verdict string `json:"verdict"`
		Chain   []struct {
			Techniques []string `json:"techniques"`
		} `json:"chain"`
		Incomplete string `json:"incomplete"`
	}
	if !fits(raw, &v) || v.Verdict == "" && v.Incomplete == "" {
		return false, nil
	}
	if v.Incomplete != "" {
		o.out.Incomplete = v.Incomplete
	}
	if v.Verdict != "" {
		o.form("verdicts of a hunt")
	}
	for i := range v.Chain {
		if err := o.addAll(v.Chain[i].Techniques); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (o *observedReader) lists(raw json.RawMessage) (bool, error) {
	var l struct {
		Techniques []string `json:"techniques"`
		Software   []string `json:"software"`
	}
	if !fits(raw, &l) || len(l.Techniques)+len(l.Software) == 0 {
		return false, nil
	}
	o.form("lists of techniques and software")
	if err := o.addAll(l.Techniques); err != nil {
		return true, err
	}
	return true, o.addAll(l.Software)
}
