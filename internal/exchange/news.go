package exchange

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"entente/internal/store"
)

// DeedStream is the deed of who hears what is new.
const DeedStream = "stream"

// Places say how far somebody has come in each collection, by its number: the date_added of the last item. date_added goes up
// in the order of commits within a collection, and within it alone, so that one place for all of them would miss items.
type Places map[int64]time.Time

// Event says that something was added, and nothing of what it says.
type Event struct {
	ID         string // of the object
	Type       string
	Collection string // UID
	Added      time.Time
	Places     Places // after it; not to be changed
}

// News selects events.
type News struct {
	From        Places
	Ends        Places  // what [Service.Ends] said; what was added later is for the next time
	Collections []int64 // empty: every collection that the caller may read
	Types       []string
	Limit       int // events; 0: 100
}

// Ends are the places at which there is nothing new yet.
func (s *Service) Ends(ctx context.Context) (Places, error) {
	ends, err := s.st.Ends(ctx)
	return ends, meaning(err)
}

// Here are the places at which the caller hears of nothing but what is still to come: the ends of the collections that it may
// read now.
func (s *Service) Here(ctx context.Context, p Principal) (Places, error) {
	ends, err := s.Ends(ctx) // first: what is added meanwhile is news
	if err != nil {
		return nil, err
	}
	views, err := s.Collections(ctx, p, store.Root{})
	if err != nil {
		return nil, err
	}
	at := Places{}
	for _, v := range views {
		if v.CanRead {
			at[v.ID] = ends[v.ID]
		}
	}
	return at, nil
}

// News is what was added between two places, as far as the caller may see it: the items that a search for all versions
// finds, collection by collection. Where it ends at its limit, more is true, and to is the place to go on from. What the
// caller has come to see since, although it was added before its place, is no news; a collection in which it has no place is
// told from its beginning.
func (s *Service) News(ctx context.Context, p Principal, q News) (events []Event, to Places, more bool, err error) {
	if !p.May(Read) {
		return nil, nil, false, fmt.Errorf("reading needs a role and a scope for it: %w", ErrForbidden)
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	views, err := s.Collections(ctx, p, store.Root{})
	if err != nil {
		return nil, nil, false, err
	}
	to = maps.Clone(q.From)
	if to == nil {
		to = Places{}
	}
	for _, v := range views {
		end := q.Ends[v.ID]
		if !v.CanRead || len(q.Collections) > 0 && !slices.Contains(q.Collections, v.ID) || !end.After(to[v.ID]) {
			continue
		}
		page, err := s.st.Items(ctx, p.Caller, store.Query{
			Collections: []int64{v.ID}, After: to[v.ID], Types: q.Types, Versions: store.Versions{All: true}, Specs: []string{"2.0", "2.1"},
			NoBytes: true, Limit: q.Limit - len(events),
		})
		if err != nil {
			return nil, nil, false, meaning(err)
		}
		for _, it := range page.Items {
			to = maps.Clone(to)
			to[v.ID] = it.Added
			events = append(events, Event{ID: it.ID, Type: it.Type, Collection: v.UID, Added: it.Added, Places: to})
		}
		if len(page.Items) > 0 {
			s.note(ctx, p, DeedStream, collectionList([]int64{v.ID}), len(page.Items))
		}
		if page.More || len(events) >= q.Limit {
			return events, to, true, nil
		}
		if end.After(to[v.ID]) {
			to = maps.Clone(to)
			to[v.ID] = end
		}
	}
	return events, to, false, nil
}

// placesFormat begins the cursor of places. The rest of it is as in a cursor of a page; sealed are pairs of collection and
// date_added in microseconds as varints, each less the one before.
const placesFormat = 2

// SignPlaces writes places as the cursor of an event: good for this caller alone, and readable to nobody.
func (s *Service) SignPlaces(ctx context.Context, p Principal, at Places) (string, error) {
	seal, err := s.cursorSeal(ctx)
	if err != nil {
		return "", err
	}
	var b []byte
	collection, added := int64(0), int64(0)
	for _, id := range slices.Sorted(maps.Keys(at)) {
		if at[id].IsZero() {
			continue
		}
		b = binary.AppendUvarint(b, uint64(id-collection))
		b = binary.AppendVarint(b, at[id].UnixMicro()-added)
		collection, added = id, at[id].UnixMicro()
	}
	out := make([]byte, 1+cursorNonce)
	out[0] = placesFormat
	rand.Read(out[1:]) // never fails
	out = seal.Seal(out, out[1:1+cursorNonce], b, cursorScope(p, "places"))
	return base64.RawURLEncoding.EncodeToString(out), nil
}

// OpenPlaces reads what [Service.SignPlaces] wrote. The error is [ErrBadRequest] for anything else.
func (s *Service) OpenPlaces(ctx context.Context, p Principal, text string) (Places, error) {
	seal, err := s.cursorSeal(ctx)
	if err != nil {
		return nil, err
	}
	refused := fmt.Errorf("this is the cursor of no event of yours: %w", ErrBadRequest)
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < 1+cursorNonce+cursorTag || b[0] != placesFormat {
		return nil, refused
	}
	b, err = seal.Open(nil, b[1:1+cursorNonce], b[1+cursorNonce:], cursorScope(p, "places"))
	if err != nil {
		return nil, refused
	}
	at := Places{}
	collection, added := int64(0), int64(0)
	for len(b) > 0 {
		id, n := binary.Uvarint(b)
		micro, m := binary.Varint(b[max(n, 0):])
		if n <= 0 || m <= 0 {
			return nil, refused
		}
		collection, added, b = collection+int64(id), added+micro, b[n+m:]
		at[collection] = time.UnixMicro(added).UTC()
	}
	return at, nil
}

// Renew is a caller as it is now: roles, scopes and organisation are looked up again. The error is [ErrUnauthenticated] where
// the token is revoked or over, or the account or its organisation is disabled or gone. Credentials are not looked at.
func (s *Service) Renew(ctx context.Context, p Principal) (Principal, error) {
	gone := fmt.Errorf("account: %w", ErrUnauthenticated)
	if p.IsAnonymous() {
		return p, nil
	}
	user, err := s.st.User(ctx, p.User)
	if errors.Is(err, store.ErrNotFound) {
		return Principal{}, gone
	}
	if err != nil {
		return Principal{}, meaning(err)
	}
	now, err := s.signedIn(ctx, user)
	if err != nil {
		return Principal{}, err
	}
	now.Remote, now.Token = p.Remote, p.Token
	if p.Token == 0 {
		return now, nil
	}
	tokens, err := s.st.Tokens(ctx, p.User)
	if err != nil {
		return Principal{}, meaning(err)
	}
	i := slices.IndexFunc(tokens, func(k store.Token) bool { return k.ID == p.Token })
	if i < 0 || tokens[i].Revoked || !tokens[i].Expires.IsZero() && !s.opt.Now().Before(tokens[i].Expires) {
		return Principal{}, gone
	}
	now.Scopes = tokens[i].Scopes
	return now, nil
}
