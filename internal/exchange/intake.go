package exchange

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// intake makes items of the objects of one submission. prepare may be called by many at once; the rest belongs to the one
// who reads the stream.
type intake struct {
	s     *Service
	p     Principal
	c     CollectionView
	group int64
	none  store.Label // label of objects without one
	opt   SubmitOptions
	now   time.Time

	known  markings            // of the stream so far, and of the store
	asked  map[string]struct{} // markings that the store was asked about
	shared bool                // somebody reads known: it is copied before it changes

	news []store.New // room of add
}

// maxMarkings is how many marking definitions of others one submission may bring. More are not learned, so that what is
// marked with them is closed.
const maxMarkings = 10_000

// prepared is what became of an object before it is stored.
type prepared struct {
	entry    stix.Entry
	new      store.New
	note     string // what the submitter has to know, "" without
	failure  string // why it is not stored, "" where it is
	closed   bool
	position int64 // in the stream, from 0
}

func (s *Service) newIntake(ctx context.Context, p Principal, c CollectionView, opt SubmitOptions) (*intake, error) {
	if !c.CanWrite || p.IsAnonymous() {
		return nil, fmt.Errorf("writing to %s: %w", c.UID, ErrForbidden)
	}
	in := &intake{
		s: s, p: p, c: c, group: c.Group, none: c.Label, opt: opt, now: s.opt.Now(),
		known: markings{}, asked: map[string]struct{}{},
	}
	if opt.Label != nil {
		in.none = *opt.Label
	}
	if opt.Group != 0 {
		members, err := s.st.Members(ctx, opt.Group)
		if err != nil {
			return nil, meaning(err)
		}
		if !slices.Contains(members, p.Org) {
			return nil, fmt.Errorf("sharing group: who is no member cannot share with it: %w", ErrForbidden)
		}
		in.group = opt.Group
	}
	return in, nil
}

// learn takes note of what the objects of the stream say about markings. It has to have seen an object before prepare does.
func (in *intake) learn(o *stix.Object) {
	if o == nil || o.Type != "marking-definition" || len(in.known) >= maxMarkings {
		return
	}
	if _, tlp := labelOf(o.ID); tlp {
		return
	}
	in.own()
	in.known.learn(o)
}

// own makes a copy of what prepare may be reading.
func (in *intake) own() {
	if !in.shared {
		return
	}
	fresh := make(markings, len(in.known)+1)
	maps.Copy(fresh, in.known)
	in.known, in.shared = fresh, false
}

// share gives what is known now to those who prepare.
func (in *intake) share() markings {
	in.shared = true
	return in.known
}

// ask looks up in the store what the markings of objects mean that the stream has not defined. Only definitions count that
// the same organisation has submitted: nobody else can say that its markings restrict nothing.
func (in *intake) ask(ctx context.Context, batch []prepared) error {
	var ids []string
	for i := range batch {
		o := batch[i].entry.Object
		if o == nil || len(o.ObjectMarkingRefs)+len(o.GranularMarkings) == 0 {
			continue
		}
		for _, id := range in.known.unknown(o) {
			_, defined := in.known[id]
			_, asked := in.asked[id]
			if defined || asked || len(in.asked) >= maxMarkings || !strings.HasPrefix(id, "marking-definition--") {
				continue
			}
			in.asked[id] = struct{}{}
			ids = append(ids, id)
		}
	}
	const most = 500
	for chunk := range slices.Chunk(ids, most) {
		q := store.Query{
			IDs: chunk, Types: []string{"marking-definition"}, Owners: []int64{in.p.Org}, Versions: store.Versions{All: true},
			Specs: []string{"2.0", "2.1"}, Limit: 10 * most,
		}
		page, err := in.s.st.Items(ctx, in.p.Caller, q)
		if err != nil {
			return meaning(err)
		}
		for _, it := range page.Items {
			if o, err := stix.Parse(it.Raw, stix.Limits{}); err == nil {
				in.learn(o)
			}
		}
	}
	return nil
}

// prepare makes an item of one entry of the stream. terms is for nobody else meanwhile.
func (in *intake) prepare(known markings, terms *extraction, x *prepared) {
	o := x.entry.Object
	if o == nil {
		x.failure = fmt.Sprintf("cannot be read: %v", x.entry.Err)
		return
	}
	if o.Type == "bundle" {
		x.failure = "a bundle within the objects: send its objects"
		return
	}
	findings := stix.Check(o)
	if stix.HasErrors(findings) && !in.opt.Lenient {
		x.failure = explain(findings)
		return
	}
	if o.ID == "" || o.Type == "" || o.Spec() != "2.0" && o.Spec() != "2.1" {
		x.failure = "an object has a type, an id and a spec_version of 2.0 or 2.1"
		return
	}
	c := known.classify(o, in.none)
	up, _, err := stix.Upgrade(o)
	if err != nil {
		up = o
	}
	found, links, err := terms.extract(&c.parts, up)
	if err != nil && !in.opt.Lenient {
		x.failure = fmt.Sprintf("/pattern: %v", err)
		return
	}
	x.new = derived(o, &c)
	x.new.Collection, x.new.Class.Owner, x.new.Class.Submitter, x.new.Class.Group = in.c.ID, in.p.Org, in.p.User, in.group
	x.new.Expires, x.new.Terms, x.new.Links, x.new.Came = in.s.opt.Retention.expires(o, in.now), found, links, in.now
	x.new.Completes = completes
	if in.opt.Lenient {
		x.new.Created, x.new.Creator, x.new.CreatorPart = time.Time{}, "", false
	}
	if in.opt.Added != nil {
		x.new.Added = in.opt.Added(x.position)
	}
	switch {
	case len(c.Unknown) > 0:
		x.closed = true
		x.note = fmt.Sprintf("stored as %s: this node does not know the marking %s", LabelName(c.Label), c.Unknown[0])
	case c.Lifted:
		x.note = fmt.Sprintf("stored as %s: a part that is marked so cannot be taken out of the object", LabelName(c.Label))
	}
}

// explain writes the first errors of an object.
func explain(findings []stix.Finding) string {
	const most = 3
	var b strings.Builder
	n := 0
	for _, f := range findings {
		if f.Severity != stix.Error {
			continue
		}
		if n++; n > most {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		if f.Pointer != "" {
			b.WriteString(f.Pointer + ": ")
		}
		b.WriteString(f.Message)
	}
	if n > most {
		fmt.Fprintf(&b, "; and %d more", n-most)
	}
	return b.String()
}

// add stores those of a batch that are fit for it, and says of each what became of it, by position in the batch.
func (in *intake) add(ctx context.Context, batch []prepared) ([]store.Outcome, error) {
	news := slices.Grow(in.news[:0], len(batch))
	for i := range batch {
		if batch[i].failure == "" {
			news = append(news, batch[i].new)
		}
	}
	if len(news) == 0 {
		return make([]store.Outcome, len(batch)), nil
	}
	stored, err := in.s.st.Add(ctx, news)
	clear(news)
	in.news = news
	if err != nil {
		return nil, meaning(err)
	}
	out := make([]store.Outcome, len(batch))
	for i := range batch {
		if batch[i].failure == "" {
			out[i], stored = stored[0], stored[1:]
		}
	}
	return out, nil
}

// refusal says why an object that is fit to be stored was not, "" where it was.
func refusal(x *prepared, r store.Result) string {
	switch r {
	case store.Conflict:
		return "another object stands here with the same version: yours is kept as a conflict; give it a new version"
	case store.Altered:
		return "the versions that stand here have another created or created_by_ref, in which all versions of an object agree: " +
			"make a new object, or, where it is yours, keep to them"
	case store.NotTheirs:
		return "only the maker of " + x.new.ID + ", which has submitted it here itself, makes versions of it: say what you think in a note or an opinion"
	default:
		return ""
	}
}

// streamError says what is wrong with a stream: what is no STIX cannot be processed, everything else is as it is.
func streamError(err error) error {
	if _, ok := errors.AsType[*stix.SyntaxError](err); ok {
		return fmt.Errorf("%w (%w)", ErrUnprocessable, err)
	}
	return err
}
