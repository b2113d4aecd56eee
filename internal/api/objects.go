package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/internal/exchange"
	"entente/internal/store"
)

// Object is an object of STIX, as it was received but for what is withheld from the caller.
type Object json.RawMessage

// MarshalJSON implements json.Marshaler.
func (o Object) MarshalJSON() ([]byte, error) { return json.RawMessage(o).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object) UnmarshalJSON(b []byte) error { return (*json.RawMessage)(o).UnmarshalJSON(b) }

// Schema implements huma.SchemaProvider.
func (Object) Schema(r huma.Registry) *huma.Schema {
	const name = "StixObject"
	if r.Map()[name] == nil {
		r.Map()[name] = &huma.Schema{
			Type: huma.TypeObject, Description: "An object of STIX 2.1 or 2.0, in the bytes that the node has received, but for what is withheld from the caller.",
			Properties: map[string]*huma.Schema{"type": {Type: huma.TypeString}, "id": {Type: huma.TypeString}},
			Required:   []string{"type", "id"}, AdditionalProperties: true,
		}
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

// Item is an object in a collection.
type Item struct {
	Collection string `json:"collection" doc:"Identifier of the collection"`
	DateAdded  string `json:"date_added" format:"date-time"`
	Label      string `json:"label" doc:"TLP 2.0: clear, green, amber, amber+strict, red. That of the object as a whole"`
	Withheld   bool   `json:"withheld" doc:"Whether parts of it are missing; the object says under which labels"`
	// Score is there where it was asked for. Object has to be the last: see append.
	Score  *float64 `json:"score,omitempty" minimum:"0" maximum:"100" doc:"What an indicator is worth now: its confidence, faded with its age. Only with score=true"`
	Object Object   `json:"object"`
}

// Items is a page of them.
type Items struct {
	Items []Item `json:"items"`
	Next  string `json:"next,omitempty" doc:"For the page after this one; absent where there is none"`
}

// appendJSON writes the page with the bytes of its objects as they are.
func (p Items) appendJSON(b *bytes.Buffer) error {
	b.WriteString(`{"items":[`)
	for i, it := range p.Items {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := it.append(b); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	if p.Next != "" {
		b.WriteString(`,"next":"` + p.Next + `"`) // base64url
	}
	b.WriteString("}\n")
	return nil
}

// append writes an item: everything but the object as encoding/json does.
func (it Item) append(b *bytes.Buffer) error {
	object := it.Object
	it.Object = nil
	head, err := json.Marshal(it)
	if err != nil {
		return err
	}
	b.Write(bytes.TrimSuffix(head, []byte(`null}`)))
	b.Write(object)
	b.WriteByte('}')
	return nil
}

// Reference is an item without the bytes of its object.
type Reference struct {
	Collection  string `json:"collection" doc:"Identifier of the collection"`
	DateAdded   string `json:"date_added" format:"date-time"`
	Label       string `json:"label"`
	ID          string `json:"id"`
	Type        string `json:"type"`
	SpecVersion string `json:"spec_version" enum:"2.0,2.1"`
	Version     string `json:"version,omitempty" doc:"modified, else created, as the object has it; absent for objects without versions"`
	Revoked     bool   `json:"revoked"`
}

// References is a page of them.
type References struct {
	Items []Reference `json:"items"`
	Next  string      `json:"next,omitempty" doc:"For the page after this one; absent where there is none"`
}

// Edge is a reference from one object to another.
type Edge struct {
	From     string `json:"from"`
	Property string `json:"property" doc:"The property that refers: source_ref, object_refs, …"`
	To       string `json:"to"`
}

// Graph is a part of the graph of objects.
type Graph struct {
	Nodes []Reference `json:"nodes" doc:"Objects, once for each collection that they are in"`
	Edges []Edge      `json:"edges" doc:"Their ends need not be among the nodes: the node may lack an object, or the caller not see it"`
	Cut   bool        `json:"cut" doc:"Whether there is more than the limit"`
}

// Count is how many items there are.
type Count struct {
	Count int64 `json:"count"`
}

// OfObject is the parameter of what is about one object.
type OfObject struct {
	ID string `path:"id" maxLength:"300" doc:"Identifier of the object"`
}

type searchFor struct {
	Filters
	Paging
	Scoring
}

// Scoring is the parameter of pages of objects.
type Scoring struct {
	Score bool `query:"score" doc:"Whether indicators are to have their score at this moment"`
}

func (s *Server) registerObjects() {
	add(s, operation{
		id: "search", method: http.MethodGet, path: "objects", tag: "objects", summary: "Search",
		notes: "Items in the order in which they were added. Without a parameter: the latest version of everything that the caller may see.",
	}, s.search)
	add(s, operation{
		id: "counts", method: http.MethodGet, path: "counts", tag: "objects", summary: "How many items a search would give on all its pages",
	}, s.count)
	add(s, operation{
		id: "object", method: http.MethodGet, path: "objects/{id}", tag: "objects", summary: "The latest version of an object, in each collection that has it",
	}, s.object)
	add(s, operation{
		id: "versions", method: http.MethodGet, path: "objects/{id}/versions", tag: "objects", summary: "The versions of an object",
	}, s.versions)
	add(s, operation{
		id: "neighbours", method: http.MethodGet, path: "objects/{id}/neighbours", tag: "objects", summary: "What refers to an object and what it refers to",
	}, s.neighbours)
	add(s, operation{
		id: "conflicts", method: http.MethodGet, path: "conflicts", tag: "objects", summary: "Submissions that stand beside another object with the same version",
	}, s.conflicts)
	add(s, operation{
		id: "dismiss", method: http.MethodDelete, path: "conflicts/{number}", tag: "objects", summary: "Remove a conflict; what stands there stays",
	}, s.dismiss)
}

func (s *Server) search(ctx context.Context, p exchange.Principal, in *searchFor) (*body[Items], error) {
	known, err := s.views(ctx, p)
	if err != nil {
		return nil, err
	}
	q, err := in.query(known)
	if err != nil {
		return nil, err
	}
	page, next, err := s.page(ctx, p, q, in.Paging, s.ex.Search)
	if err != nil {
		return nil, err
	}
	out := itemsOf(page.Items, known)
	if in.Score {
		s.score(out)
	}
	return &body[Items]{Items{Items: out, Next: next}}, nil
}

func (s *Server) count(ctx context.Context, p exchange.Principal, in *Filters) (*body[Count], error) {
	known, err := s.views(ctx, p)
	if err != nil {
		return nil, err
	}
	q, err := in.query(known)
	if err != nil {
		return nil, err
	}
	n, err := s.ex.Count(ctx, p, q)
	return &body[Count]{Count{n}}, err
}

func (s *Server) object(ctx context.Context, p exchange.Principal, in *struct {
	OfObject
	Paging
	Scoring
},
) (*body[Items], error) {
	known, err := s.views(ctx, p)
	if err != nil {
		return nil, err
	}
	page, next, err := s.page(ctx, p, store.Query{IDs: []string{in.ID}}, in.Paging, s.ex.Objects)
	if err == nil && len(page.Items) == 0 && in.Next == "" {
		err = exchange.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	out := itemsOf(page.Items, known)
	if in.Score {
		s.score(out)
	}
	return &body[Items]{Items{Items: out, Next: next}}, nil
}

func (s *Server) versions(ctx context.Context, p exchange.Principal, in *struct {
	OfObject
	Paging
},
) (*body[References], error) {
	known, err := s.views(ctx, p)
	if err != nil {
		return nil, err
	}
	q := store.Query{IDs: []string{in.ID}, Versions: store.Versions{All: true}, Specs: allSpecs}
	page, next, err := s.page(ctx, p, q, in.Paging, s.ex.Manifest)
	if err == nil && len(page.Items) == 0 && in.Next == "" {
		err = exchange.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return &body[References]{References{Items: referencesOf(page.Items, known), Next: next}}, nil
}

func (s *Server) neighbours(ctx context.Context, p exchange.Principal, in *struct {
	OfObject
	Depth int `query:"depth" minimum:"1" maximum:"4" default:"1" doc:"How many references far"`
	Limit int `query:"limit" minimum:"1" default:"100" doc:"Most objects; the node has a maximum of its own"`
},
) (*body[Graph], error) {
	known, err := s.views(ctx, p)
	if err != nil {
		return nil, err
	}
	g, err := s.ex.Neighbours(ctx, p, in.ID, in.Depth, min(in.Limit, s.opt.MaxPage))
	if err == nil && len(g.Nodes)+len(g.Edges) == 0 {
		err = exchange.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	out := Graph{Nodes: referencesOf(g.Nodes, known), Edges: make([]Edge, 0, len(g.Edges)), Cut: g.Cut}
	for _, e := range g.Edges {
		out.Edges = append(out.Edges, Edge(e))
	}
	return &body[Graph]{out}, nil
}

// Conflict is a submission that came to no place of its own.
type Conflict struct {
	Number int64 `json:"number" doc:"To go on after it"`
	Item   Item  `json:"item" doc:"date_added is when it came"`
}

// Conflicts is a page of them.
type Conflicts struct {
	Conflicts []Conflict `json:"conflicts"`
}

// appendJSON writes the page with the bytes of its objects as they are.
func (p Conflicts) appendJSON(b *bytes.Buffer) error {
	b.WriteString(`{"conflicts":[`)
	for i, c := range p.Conflicts {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `{"number":%d,"item":`, c.Number)
		if err := c.Item.append(b); err != nil {
			return err
		}
		b.WriteByte('}')
	}
	b.WriteString("]}\n")
	return nil
}

func (s *Server) conflicts(ctx context.Context, p exchange.Principal, in *struct {
	Collection string `query:"collection" maxLength:"100" doc:"Identifier or alias of a collection; all of them without it"`
	After      int64  `query:"after" minimum:"0" doc:"Number of the last one that is known"`
	Limit      int    `query:"limit" minimum:"1" default:"100"`
},
) (*body[Conflicts], error) {
	known, err := s.views(ctx, p)
	if err != nil {
		return nil, err
	}
	collection := int64(0)
	if in.Collection != "" {
		v, ok := known.named(in.Collection)
		if !ok {
			return nil, exchange.ErrNotFound
		}
		collection = v.ID
	}
	list, err := s.ex.Conflicts(ctx, p, collection, in.After, min(in.Limit, s.opt.MaxPage))
	if err != nil {
		return nil, err
	}
	out := Conflicts{Conflicts: []Conflict{}}
	for _, c := range list {
		for _, it := range itemsOf([]store.Item{c.Item}, known) {
			out.Conflicts = append(out.Conflicts, Conflict{c.Number, it})
		}
	}
	return &body[Conflicts]{out}, nil
}

// timestamp writes a time with the six digits that date_added has.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// itemsOf writes items. One whose collection the caller has lost meanwhile is left out.
func itemsOf(items []store.Item, known views) []Item {
	out := make([]Item, 0, len(items))
	for _, it := range items {
		if c, ok := known.byID[it.Collection]; ok {
			out = append(out, Item{
				Collection: c.UID, DateAdded: timestamp(it.Added), Label: exchange.LabelName(it.Class.Label), Withheld: it.Redacted, Object: it.Raw,
			})
		}
	}
	return out
}

// score gives indicators what they are worth now, by what the caller sees of them.
func (s *Server) score(items []Item) {
	now := s.opt.Now()
	for i := range items {
		if score, ok := s.ex.Score(items[i].Object, now); ok {
			items[i].Score = &score
		}
	}
}

func referencesOf(items []store.Item, known views) []Reference {
	out := make([]Reference, 0, len(items))
	for _, it := range items {
		if c, ok := known.byID[it.Collection]; ok {
			out = append(out, Reference{
				Collection: c.UID, DateAdded: timestamp(it.Added), Label: exchange.LabelName(it.Class.Label), ID: it.ID, Type: it.Type,
				SpecVersion: it.Spec, Version: it.VersionText, Revoked: it.Revoked,
			})
		}
	}
	return out
}
