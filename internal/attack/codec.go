package attack

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The file of facts is a gzip stream of
//
//	magic, version,
//	platforms: count, names,
//	objects: count, each as in encodeObject,
//	edges: for each relation from Uses to Detects, count, pairs of (source, target)
//
// Numbers are unsigned varints, texts a length and UTF-8. Objects stand by kind and id and are referred to by their
// place, counted from 1 (0 is none); edges stand by source and target and hold differences.
const (
	magic     = "entente-attack/1\n"
	lastEdge  = Detects
	maxFacts  = 64 << 20 // bytes, decompressed
	maxNumber = 1 << 24
)

// Encode writes facts to the form that [Decode] reads, always the same for the same facts. What was added from other
// versions is left out: Decode adds it again.
func (f *Facts) Encode() ([]byte, error) {
	var platforms []string
	for _, o := range f.objects[:f.native] {
		platforms = append(platforms, o.Platforms...)
	}
	slices.Sort(platforms)
	platforms = slices.Compact(platforms)

	w := writer{b: []byte(magic)}
	w.text(f.Version)
	w.texts(platforms)
	w.number(f.native)
	for _, o := range f.objects[:f.native] {
		w.object(o, platforms)
	}
	for r := Uses; r <= lastEdge; r++ {
		var es []edge
		for _, e := range f.edges {
			if e.relation == r {
				es = append(es, e)
			}
		}
		w.number(len(es))
		var last edge
		for _, e := range es {
			if e.source != last.source {
				last.target = 0
			}
			w.number(e.source - last.source)
			w.number(e.target - last.target)
			last = e
		}
	}

	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress ATT&CK facts: %w", err)
	}
	if _, err := z.Write(w.b); err != nil {
		return nil, fmt.Errorf("compress ATT&CK facts: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress ATT&CK facts: %w", err)
	}
	return out.Bytes(), nil
}

type writer struct{ b []byte }

func (w *writer) number(n int) { w.b = binary.AppendUvarint(w.b, uint64(n)) }

func (w *writer) text(s string) {
	w.number(len(s))
	w.b = append(w.b, s...)
}

func (w *writer) texts(list []string) {
	w.number(len(list))
	for _, s := range list {
		w.text(s)
	}
}

func (w *writer) ref(o *Object) {
	if o == nil {
		w.number(0)
		return
	}
	w.number(o.index + 1)
}

func (w *writer) object(o *Object, platforms []string) {
	w.number(int(o.Kind))
	w.number(int(o.Status))
	w.number(o.order)
	for _, s := range [...]string{o.ID, o.Name, o.Short, o.Type, o.First, o.Last} {
		w.text(s)
	}
	w.texts(o.Aliases)
	w.number(len(o.Domains))
	for _, d := range o.Domains {
		w.number(slices.Index(Domains(), d))
	}
	w.number(len(o.Platforms))
	for _, p := range o.Platforms {
		i, _ := slices.BinarySearch(platforms, p)
		w.number(i)
	}
	w.number(len(o.Tactics))
	for _, t := range o.Tactics {
		w.ref(t)
	}
	w.ref(o.Parent)
	w.ref(o.Current)
}

var errDamaged = errors.New("the file of ATT&CK facts is damaged")

// Decode reads what [Facts.Encode] wrote. Damaged data is an error, never a panic.
func Decode(data []byte) (*Facts, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxFacts))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	rest, ok := bytes.CutPrefix(plain, []byte(magic))
	if !ok {
		return nil, errDamaged
	}
	r := reader{b: rest, text: string(rest)}
	f := &Facts{Version: r.string()}
	platforms := r.strings()
	all := make([]Object, r.count())
	for i := range all {
		f.objects = append(f.objects, &all[i])
	}
	for i := range all {
		all[i].index = i
		r.object(&all[i], f.objects, platforms)
	}
	for rel := Uses; rel <= lastEdge; rel++ {
		r.edges(f, rel)
	}
	if r.bad || len(r.b) > 0 {
		return nil, errDamaged
	}
	f.finish()
	return f, nil
}

// reader decodes; once something is wrong, bad is set and everything is zero.
type reader struct {
	b    []byte
	text string // the same bytes, so that all texts share one allocation
	bad  bool
}

func (r *reader) number() int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > maxNumber {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

// count is the length of a list, whose elements take a byte at least.
func (r *reader) count() int {
	n := r.number()
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return 0
	}
	return n
}

func (r *reader) string() string {
	n := r.count()
	at := len(r.text) - len(r.b)
	if r.bad {
		return ""
	}
	r.b = r.b[n:]
	return r.text[at : at+n]
}

func (r *reader) strings() []string {
	n := r.count()
	if n == 0 {
		return nil
	}
	out := make([]string, n)
	for i := range out {
		out[i] = r.string()
	}
	return out
}

func (r *reader) ref(objects []*Object) *Object {
	n := r.number()
	if n > len(objects) {
		r.bad, r.b = true, nil
		return nil
	}
	if n == 0 {
		return nil
	}
	return objects[n-1]
}

// element is an element of list.
func element[T any](r *reader, list []T) (v T) {
	n := r.number()
	if n >= len(list) {
		r.bad, r.b = true, nil
		return v
	}
	return list[n]
}

func (r *reader) object(o *Object, objects []*Object, platforms []string) {
	o.Kind, o.Status, o.order = Kind(r.number()), Status(r.number()), r.number()
	if o.Kind < Technique || o.Kind > DataComponent || o.Status > Revoked {
		r.bad, r.b = true, nil
		return
	}
	for _, s := range [...]*string{&o.ID, &o.Name, &o.Short, &o.Type, &o.First, &o.Last} {
		*s = r.string()
	}
	o.Aliases = r.strings()
	for range r.count() {
		o.Domains = append(o.Domains, element(r, Domains()))
	}
	for range r.count() {
		o.Platforms = append(o.Platforms, element(r, platforms))
	}
	for range r.count() {
		if t := r.ref(objects); t != nil {
			o.Tactics = append(o.Tactics, t)
		}
	}
	o.Parent, o.Current = r.ref(objects), r.ref(objects)
}

func (r *reader) edges(f *Facts, rel Relation) {
	n := r.count()
	f.edges = slices.Grow(f.edges, n)
	last := edge{relation: rel}
	for range n {
		ds, dt := r.number(), r.number()
		if ds > 0 {
			last.target = 0
		}
		last.source, last.target = last.source+ds, last.target+dt
		if r.bad || last.source >= len(f.objects) || last.target >= len(f.objects) {
			r.bad, r.b = true, nil
			return
		}
		f.edges = append(f.edges, last)
	}
}
