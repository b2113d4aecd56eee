package attribution

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"entente/internal/stix"
)

// Format names the form of the extension.
const Format = "entente-case/1"

var (
	extension       = stix.ID("extension-definition", Format)
	projectIdentity = stix.ID("identity", "Entente")
)

// projectTime is when the extension was defined.
const projectTime = "2026-11-24T00:00:00.000Z"

// Extension identifies the extension definition.
func Extension() string { return extension }

// Types are the types of STIX in which parts come.
var Types = []string{"grouping", "note", "opinion"}

// typeOf is the type of STIX of a kind.
func typeOf(k Kind) string {
	switch k {
	case KindCase:
		return "grouping"
	case KindCell:
		return "opinion"
	default:
		return "note"
	}
}

// ErrForeign says that an object is no part of a case.
var ErrForeign = errors.New("it is no part of a case")

// stamp is a time as STIX writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// object is the part as it stands in STIX.
type object struct {
	Type        string                    `json:"type"`
	SpecVersion string                    `json:"spec_version"`
	ID          string                    `json:"id"`
	CreatedBy   string                    `json:"created_by_ref,omitempty"`
	Created     string                    `json:"created"`
	Modified    string                    `json:"modified,omitempty"`
	Revoked     bool                      `json:"revoked,omitempty"`
	Name        string                    `json:"name,omitempty"`
	Description string                    `json:"description,omitempty"`
	Context     string                    `json:"context,omitempty"`
	Abstract    string                    `json:"abstract,omitempty"`
	Content     string                    `json:"content,omitempty"`
	Opinion     string                    `json:"opinion,omitempty"`
	Explanation string                    `json:"explanation,omitempty"`
	Authors     []string                  `json:"authors,omitempty"`
	Class       string                    `json:"identity_class,omitempty"`
	Schema      string                    `json:"schema,omitempty"`
	Version     string                    `json:"version,omitempty"`
	Extends     []string                  `json:"extension_types,omitempty"`
	ReportTypes []string                  `json:"report_types,omitempty"`
	Published   string                    `json:"published,omitempty"`
	Objects     []string                  `json:"object_refs,omitempty"`
	Markings    []string                  `json:"object_marking_refs,omitempty"`
	Extensions  map[string]map[string]any `json:"extensions,omitempty"`
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// writer is the coder that writes.
type writer struct {
	extra map[string]any
	o     *object
}

func (w *writer) text(name string, p *string) {
	if *p != "" {
		w.extra[name] = *p
	}
}

func (w *writer) list(name string, p *[]string) {
	if len(*p) > 0 {
		w.extra[name] = *p
	}
}

func (w *writer) when(name string, p *time.Time) {
	if !p.IsZero() {
		w.extra[name] = stamp(*p)
	}
}

func (w *writer) prose(p *string) {
	switch w.o.Type {
	case "grouping":
		w.o.Description = *p
	case "opinion":
		w.o.Explanation = *p
	default:
		w.o.Content = *p
	}
}
func (w *writer) title(p *string) { w.o.Name = *p }

// Marshal writes a part as an object of STIX.
func (p *Part) Marshal() ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	kind := p.Body.Kind()
	o := &object{
		Type: typeOf(kind), SpecVersion: "2.1", ID: p.ID, CreatedBy: p.Maker, Created: stamp(p.Created), Modified: stamp(p.Modified), Revoked: p.Withdrawn,
	}
	w := &writer{map[string]any{"extension_type": "property-extension", "kind": kind}, o}
	p.Body.code(w)
	w.text("change_reason", &p.Change)
	o.Extensions = map[string]map[string]any{extension: w.extra}
	switch b := p.Body.(type) {
	case *Head:
		o.Context = "unspecified"
		o.Objects = []string{p.Maker}
		w.text("author", &p.Author)
	case *Cell:
		o.Opinion = b.Rating.opinion()
		o.Objects = []string{b.Case, b.Evidence, b.Hypothesis}
	case *GradeOf:
		o.Objects = []string{b.Case, b.Evidence}
	case *Evidence:
		o.Objects = append([]string{b.Case}, b.About...)
	case *Hypothesis:
		o.Objects = []string{b.Case}
		if b.ActorRef != "" {
			o.Objects = append(o.Objects, b.ActorRef)
		}
	case *Assumption:
		o.Objects = append([]string{b.Case}, b.Bears...)
	case *Gap:
		o.Objects = append([]string{b.Case}, b.Bears...)
	case *Judgement:
		o.Objects = append([]string{b.Case, b.Hypothesis}, b.LeansOn...)
	}
	if o.Type != "grouping" {
		if p.Author != "" {
			o.Authors = []string{p.Author}
		}
		if o.Type == "note" {
			o.Abstract = string(kind)
			if k := p.Key(); k != "" {
				o.Abstract += " " + k
			}
		}
	}
	if p.TLP != "" {
		id, ok := stix.TLPMarking(p.TLP)
		if !ok {
			return nil, fmt.Errorf("%.40q is no label of TLP", p.TLP)
		}
		o.Markings = []string{id}
	}
	return marshal(o)
}

// reader is the coder that reads.
type reader struct {
	o     *stix.Object
	extra stix.Value
	err   error
}

func (r *reader) bad(name, what string) {
	r.err = errors.Join(r.err, fmt.Errorf("%s is no %s", name, what))
}

func (r *reader) text(name string, p *string) {
	if v, ok := r.extra.Child(name); ok {
		if !v.IsString() {
			r.bad(name, "text")
		}
		*p = v.Text()
	}
}

func (r *reader) list(name string, p *[]string) {
	v, ok := r.extra.Child(name)
	if !ok {
		return
	}
	if !v.IsList() || v.Len() > maxRefs {
		r.bad(name, "list of texts")
		return
	}
	for e := range v.Children() {
		if !e.IsString() {
			r.bad(name, "list of texts")
		}
		*p = append(*p, e.Text())
	}
}

func (r *reader) when(name string, p *time.Time) {
	v, ok := r.extra.Child(name)
	if !ok {
		return
	}
	t, err := stix.ParseTimestamp(v.Text())
	if err != nil {
		r.bad(name, "time")
		return
	}
	*p = t.Time.UTC().Truncate(time.Millisecond)
}

func (r *reader) top(name string) string {
	v, _ := r.o.Root().Child(name)
	return v.Text()
}

func (r *reader) prose(p *string) {
	*p = r.top(map[string]string{"grouping": "description", "opinion": "explanation", "note": "content"}[r.o.Type])
}
func (r *reader) title(p *string) { *p = r.top("name") }

// Read reads a part. The error is [ErrForeign] for an object that is none.
func Read(raw []byte) (*Part, error) {
	o, err := stix.Parse(raw, stix.Limits{})
	if err != nil {
		return nil, err
	}
	return ReadObject(o)
}

// ReadObject reads a part of an object.
func ReadObject(o *stix.Object) (*Part, error) {
	exts, _ := o.Root().Child("extensions")
	extra, ok := exts.Child(extension)
	if !ok || !slices.Contains(Types, o.Type) {
		return nil, ErrForeign
	}
	kind, _ := extra.Child("kind")
	b := bodyOf(Kind(kind.Text()))
	if b == nil || typeOf(b.Kind()) != o.Type {
		return nil, fmt.Errorf("%.60s: %.40q is no kind of part that a %s can be", o.ID, kind.Text(), o.Type)
	}
	if _, _, err := stix.SplitID(o.ID); err != nil {
		return nil, err
	}
	if o.Created.Time.IsZero() || o.Modified.Time.IsZero() {
		return nil, fmt.Errorf("%s: created or modified is no time", o.ID)
	}
	p := &Part{
		ID: o.ID, Created: o.Created.Time.UTC(), Modified: o.Modified.Time.UTC(), Maker: o.CreatedByRef, Withdrawn: o.Revoked, Body: b, raw: string(o.Raw),
	}
	for _, m := range o.ObjectMarkingRefs {
		if label, ok := stix.TLPOfMarking(m); ok {
			p.TLP = stix.Stricter(p.TLP, label)
		}
	}
	r := &reader{o: o, extra: extra}
	b.code(r)
	r.text("change_reason", &p.Change)
	if b.Kind() == KindCase {
		r.text("author", &p.Author)
	} else if list, ok := o.Root().Child("authors"); ok {
		for a := range list.Children() {
			p.Author = a.Text()
			break
		}
	}
	if err := errors.Join(r.err, p.Check()); err != nil {
		return nil, fmt.Errorf("%s: %w", o.ID, err)
	}
	return p, nil
}

// NewID makes a random identifier for a part.
func NewID(kind Kind, random io.Reader) (string, error) {
	if random == nil {
		random = rand.Reader
	}
	var u [16]byte
	if _, err := io.ReadFull(random, u[:]); err != nil {
		return "", err
	}
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("%s--%x-%x-%x-%x-%x", typeOf(kind), u[:4], u[4:6], u[6:8], u[8:10], u[10:]), nil
}

// GradeID is the identifier of what an organisation thinks of an item: there is one.
func GradeID(maker, evidence string) string { return stix.ID("note", Format, "grade", maker, evidence) }

// CellID is that of a cell of an organisation.
func CellID(maker, evidence, hypothesis string) string {
	return stix.ID("opinion", Format, "cell", maker, evidence, hypothesis)
}

// JudgementID is that of a judgement that an organisation has recorded, of its own or of a member.
func JudgementID(maker, member, hypothesis string) string {
	return stix.ID("note", Format, "judgement", maker, member, hypothesis)
}

// Definitions are the objects of STIX that explain the extension: an identity and the extension definition.
func Definitions() [][]byte {
	var out [][]byte
	for _, o := range []*object{
		{Type: "identity", ID: projectIdentity, Created: "2026-11-23T00:00:00.000Z", Modified: "2026-11-23T00:00:00.000Z", Name: "Entente", Class: "organization"},
		{
			Type: "extension-definition", ID: extension, CreatedBy: projectIdentity, Created: projectTime, Modified: projectTime,
			Name: "Entente case", Description: "What an attribution consists of, and STIX has no property for.",
			Schema: "docs/formats/attribution.md of Entente", Version: "1.0.0", Extends: []string{"property-extension"},
		},
	} {
		o.SpecVersion = "2.1"
		raw, err := marshal(o)
		if err != nil {
			panic(err) // of two constants
		}
		out = append(out, raw)
	}
	return out
}

// Identity is an organisation as an object of STIX.
func Identity(id, name string, at time.Time) ([]byte, error) {
	return marshal(&object{Type: "identity", SpecVersion: "2.1", ID: id, Created: stamp(at), Modified: stamp(at), Name: name, Class: "organization"})
}
