package taxiiclient

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"entente/internal/stix"
)

// Position is how far a walk has come.
type Position struct {
	// AddedAfter goes into the Query of a later walk that reads what was added since; zero where the server does not say
	// when it added its objects.
	AddedAfter time.Time
	Pages      int
	Objects    int64
	// Doubts are sentences about what the server did that may have cost objects. They are few.
	Doubts []string
}

// Visitor is given what a walk reads. Both functions may be nil; an error of theirs ends the walk and is its error.
type Visitor struct {
	// Object is given each object, in the order of the server. Entry.Err says that an object cannot be read: those after
	// it still come.
	Object func(stix.Entry) error
	// Page is called when all objects of a page were given. What came before is complete up to the position.
	Page func(Position) error
}

const (
	// maxEmpty is how many pages in a row may bring nothing new.
	maxEmpty = 50
	// maxPageSize is how far the walk raises the size of a page to get over objects that were added at one instant.
	maxPageSize = 100_000
	// maxPerPage is how many objects a page may have.
	maxPerPage = 1_000_000
	// maxAhead is how far a server's clock may be before ours.
	maxAhead = 24 * time.Hour
	// tick is the smallest step between two times in TAXII.
	tick = time.Microsecond
)

// Objects reads the objects of a collection, page by page.
//
// Pages are walked by `next`; from a server that gives none, or that no longer knows its own, by added_after. There the walk
// overlaps by the last instant and leaves out what it has seen, so that objects that were added at the same instant are not
// lost between two pages.
func (c *Client) Objects(ctx context.Context, col Collection, q Query, v Visitor) (Position, error) {
	return c.walk(ctx, col.URL, []string{"objects"}, q, v)
}

// Object reads the versions of one object; q says which.
func (c *Client) Object(ctx context.Context, col Collection, id string, q Query, v Visitor) (Position, error) {
	return c.walk(ctx, col.URL, []string{"objects", id}, q, v)
}

func (c *Client) walk(ctx context.Context, base string, names []string, q Query, v Visitor) (Position, error) {
	u, err := under(base, names...)
	if err != nil {
		return Position{}, err
	}
	if q.PageSize <= 0 {
		q.PageSize = 1000
	}
	w := walker{c: c, url: u, q: q, v: v, size: q.PageSize, pos: Position{AddedAfter: q.AddedAfter}}
	if len(names) == 1 && names[0] == "objects" {
		if w.collection, err = under(base); err != nil {
			return Position{}, err
		}
	}
	for {
		more, err := w.page(ctx)
		if err != nil || !more {
			return w.pos, err
		}
	}
}

// walker is a walk under way.
type walker struct {
	c   *Client
	url *url.URL
	// collection is the address of the collection whose objects are read, nil for everything else.
	collection *url.URL
	q          Query
	v          Visitor
	pos        Position
	size       int    // objects that are asked for
	next       string // cursor of the server, "" where the walk goes by added_after

	overlaps bool                // the page at hand begins with objects that were seen
	seen     map[[16]byte]bool   // objects of the pages that ended at the instant where the page at hand begins
	onPage   map[[16]byte]bool   // objects of the page at hand
	instant  time.Time           // that instant
	dated    bool                // the server says when it added its objects
	empty    int                 // pages in a row that brought nothing
	nexts    map[string][16]byte // some of the cursors that were given, and the page that each of them came with
}

// envelope is what stands around the objects of a page.
type envelope struct {
	more bool
	next string
}

// page reads one page and says whether there is more.
func (w *walker) page(ctx context.Context) (bool, error) {
	u := w.address()
	a, err := w.c.do(ctx, request{method: http.MethodGet, url: u, max: w.c.cfg.MaxPage, cursor: w.next != "", again: func(r *request) {
		// Some servers hand out the next page to whoever comes next with their cursor. Whether the page that did not arrive
		// was handed out cannot be known: dates are safe.
		w.leaveCursor()
		u = w.address()
		r.url, r.cursor = u, w.next != "" && w.dated
	}})
	if err != nil {
		if w.lostCursor(err) {
			return true, nil
		}
		if w.nothing(ctx, err) {
			return false, nil
		}
		return false, err
	}
	defer a.body.close()
	fresh, total, env, err := w.read(&a.body)
	if err != nil {
		return false, fmt.Errorf("%s: %w", shownURL(u), err)
	}
	w.pos.Pages++
	last, dated := parseTimestamp(a.header.Get("X-Taxii-Date-Added-Last"))
	w.place(last, dated, total)
	if w.v.Page != nil {
		if err := w.v.Page(w.pos); err != nil {
			return false, err
		}
	}
	if !env.more {
		return false, nil
	}
	return true, w.advance(env.next, fresh, total, last, dated)
}

// address is that of the page at hand.
func (w *walker) address() *url.URL {
	values := w.q.values()
	values.Set("limit", fmt.Sprint(w.size))
	if w.next != "" {
		values.Set("next", w.next)
	} else if w.overlaps {
		values.Set("added_after", timestamp(w.instant.Add(-tick)))
	}
	u := *w.url
	u.RawQuery = values.Encode()
	return &u
}

// leaveCursor goes on by dates, where they are known.
func (w *walker) leaveCursor() bool {
	if w.next == "" || !w.dated {
		return false
	}
	w.next = ""
	w.overlaps, w.instant = true, w.pos.AddedAfter
	return true
}

// place moves the position to the last object of a page.
func (w *walker) place(last time.Time, dated bool, total int) {
	switch {
	case !dated && total > 0:
		w.doubt("the server does not say when it added its objects: a later walk reads them again")
	case dated && last.After(time.Now().Add(maxAhead)):
		w.doubt("the server dates objects into the future: a later walk reads them again")
	case dated && last.After(w.pos.AddedAfter):
		w.pos.AddedAfter, w.dated = last, true
	}
}

// lostCursor says whether the walk goes on by added_after because the server does not know its own cursor any more.
func (w *walker) lostCursor(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity:
		return w.leaveCursor()
	}
	return false
}

// nothing says whether a server says 404 because nothing is there to be read, though the collection is.
func (w *walker) nothing(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Status != http.StatusNotFound || w.pos.Pages > 0 || w.collection == nil {
		return false
	}
	var col Collection
	return w.c.get(ctx, w.collection, &col) == nil && col.ID != ""
}

// advance finds out where the next page begins. The error is that there is no way on.
func (w *walker) advance(next string, fresh, total int, last time.Time, dated bool) error {
	if fresh == 0 {
		if w.empty++; w.empty > maxEmpty {
			return fmt.Errorf("%s: the server says again and again that there is more, and gives nothing: the walk ends", w.url)
		}
	} else {
		w.empty = 0
	}
	if next != "" {
		// A cursor may stay the same: some servers move it on. The same one with the same page is a circle.
		sum := pageSum(w.onPage)
		if old, ok := w.nexts[next]; ok && old == sum {
			return fmt.Errorf("%s: the server gives the same page and cursor again: it would go on for ever", w.url)
		}
		if w.nexts == nil || len(w.nexts) > 10_000 {
			w.nexts = map[string][16]byte{}
		}
		w.nexts[next] = sum
		w.next, w.size = next, w.q.PageSize
		w.overlaps, w.seen = false, w.onPage
		return nil
	}
	if !dated {
		return fmt.Errorf("%s: the server says that there is more, but gives neither a cursor nor the date of the last object: it cannot be read on", w.url)
	}
	w.next = ""
	switch {
	case last.After(w.instant):
		w.instant, w.overlaps = last, true
		w.seen = w.onPage
		w.size = w.q.PageSize
		return nil
	case !w.overlaps:
		return fmt.Errorf("%s: the server gives objects that were added at %s or before, though later ones were asked for", w.url, timestamp(w.instant))
	case w.size < maxPageSize && (fresh > 0 || total >= w.size):
		// More of the same instant: the server may let pages grow.
		w.size = min(maxPageSize, w.size*2)
	default:
		w.doubt(fmt.Sprintf("more than %d objects were added at %s, and the server gives no cursor: some of them may be missing", total, timestamp(w.instant)))
		w.overlaps, w.seen = false, nil
		w.q.AddedAfter = w.instant
		w.size = w.q.PageSize
		return nil
	}
	if len(w.seen)+len(w.onPage) > 2*maxPerPage {
		return fmt.Errorf("%s: over a million objects were added at %s, and the server gives no cursor: it cannot be read on", w.url, timestamp(w.instant))
	}
	maps.Copy(w.seen, w.onPage)
	return nil
}

func (w *walker) doubt(sentence string) {
	if len(w.pos.Doubts) < 20 && !slices.Contains(w.pos.Doubts, sentence) {
		w.pos.Doubts = append(w.pos.Doubts, sentence)
	}
}

// read hands on the objects of a page. fresh is how many were new, total how many there were.
func (w *walker) read(body *spool) (fresh, total int, env envelope, err error) {
	from, err := body.reader()
	if err != nil {
		return 0, 0, env, err
	}
	if body.size == 0 {
		return 0, 0, env, nil // 200 without a body: nothing there
	}
	in := stix.NewReader(from, w.c.cfg.Limits)
	w.onPage = map[[16]byte]bool{}
	whole := false
	for {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fresh, total, env, err
		}
		if whole {
			return fresh, total, env, errors.New("there is something after the envelope")
		}
		if e.Pointer == "" {
			if e.Err != nil {
				return fresh, total, env, e.Err
			}
			whole = true
			if env, err = parseEnvelope(e.Object); err != nil {
				return fresh, total, env, err
			}
			continue
		}
		total++
		if total > maxPerPage {
			return fresh, total, env, fmt.Errorf("over %d objects are in one page", maxPerPage)
		}
		key := keyOf([]byte(fmt.Sprint(e.Err)))
		if e.Object != nil {
			key = keyOf(e.Object.Raw)
		} else if s, ok := errors.AsType[*stix.SyntaxError](e.Err); ok {
			key = keyOf([]byte(s.Reason)) // where it stands in the page says nothing
		}
		w.onPage[key] = true
		if w.overlaps && w.seen[key] {
			continue
		}
		fresh++
		w.pos.Objects++
		if w.v.Object != nil {
			if err := w.v.Object(e); err != nil {
				return fresh, total, env, err
			}
		}
	}
	if !whole {
		return fresh, total, env, errors.New("the answer holds no envelope")
	}
	return fresh, total, env, nil
}

// keyOf tells objects apart by their bytes.
func keyOf(raw []byte) (k [16]byte) {
	sum := sha256.Sum256(raw)
	copy(k[:], sum[:])
	return k
}

// pageSum tells pages apart by their objects.
func pageSum(page map[[16]byte]bool) (sum [16]byte) {
	for k := range page {
		for i := range sum {
			sum[i] ^= k[i]
		}
	}
	return sum
}

func parseEnvelope(o *stix.Object) (envelope, error) {
	var env envelope
	if o.Type == "bundle" {
		return env, nil // TAXII 2.0's way, which some servers of 2.1 have kept
	}
	switch more := string(o.Property("more")); more {
	case "true":
		env.more = true
	case "", "false", "null":
	default:
		return env, fmt.Errorf("more is neither true nor false: %.40q", more)
	}
	if raw := o.Property("next"); raw != nil && string(raw) != "null" {
		next, err := text(raw)
		if err != nil {
			return env, fmt.Errorf("next: %w", err)
		}
		if len(next) > 8<<10 {
			return env, fmt.Errorf("next has %d bytes: that is too long for an address", len(next))
		}
		env.next = next
	}
	return env, nil
}
