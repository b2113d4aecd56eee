package taxiiclient

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Query selects what is read of a collection (section 3.4). The zero value is the latest version of every object.
type Query struct {
	// AddedAfter leaves out what was added to the collection at this time or before.
	AddedAfter time.Time
	IDs        []string
	Types      []string
	Specs      []string // 2.0, 2.1; empty: the latest one that an object is in
	Versions   []string // all, or any of first, last and exact versions; empty: last
	// PageSize is how many objects are asked for at a time; a server may give fewer. Default 1,000.
	PageSize int
}

// timestamp writes a time the way TAXII does (section 2): six digits, rounded down.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func (q Query) values() url.Values {
	v := url.Values{}
	if !q.AddedAfter.IsZero() {
		v.Set("added_after", timestamp(q.AddedAfter))
	}
	if q.PageSize > 0 {
		v.Set("limit", strconv.Itoa(q.PageSize))
	}
	for name, list := range map[string][]string{"id": q.IDs, "type": q.Types, "spec_version": q.Specs, "version": q.Versions} {
		if len(list) > 0 {
			v.Set("match["+name+"]", strings.Join(list, ","))
		}
	}
	return v
}

// parseTimestamp reads the time of a header. ok is false where there is none.
func parseTimestamp(s string) (t time.Time, ok bool) {
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(s))
	return t.UTC(), err == nil
}
