package taxii

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

const (
	maxInteger = 1<<53 - 1 // section 2
	maxValues  = 500       // of one match parameter; a query has to stay small
	maxValue   = 512       // bytes of one of them
)

// filters are the parameters of section 3.4. The zero value is a request without any.
type filters struct {
	after     time.Time
	limit     int64 // 0 without
	next      string
	ids       []string
	types     []string
	specs     []string
	versions  store.Versions
	versioned bool // match[version] is there
	unknown   []string
}

// parseFilters reads the query of a URL. Every malformed or repeated parameter is an error; match fields that the standard
// does not know are listed and have no effect, as has every other parameter.
func parseFilters(rawQuery string) (filters, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return filters{}, errors.New("the query is not well-formed: escape its characters with %")
	}
	var f filters
	for name, given := range values {
		read := reader(name)
		if read == nil {
			if strings.HasPrefix(name, "match") {
				if err := matchField(name); err != nil {
					return filters{}, err
				}
				f.unknown = append(f.unknown, name)
				if len(given) > 1 {
					return filters{}, fmt.Errorf("%s is there %d times: give it once", shown(name), len(given))
				}
			}
			continue
		}
		if len(given) > 1 {
			advice := "give it once"
			if strings.HasPrefix(name, "match") {
				advice += ", several values with commas between them"
			}
			return filters{}, fmt.Errorf("%s is there %d times: %s", name, len(given), advice)
		}
		if err := read(&f, given[0]); err != nil {
			return filters{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	slices.Sort(f.unknown)
	return f, nil
}

func reader(name string) func(*filters, string) error {
	switch name {
	case "added_after":
		return (*filters).readAfter
	case "limit":
		return (*filters).readLimit
	case "next":
		return (*filters).readNext
	case "match[id]":
		return (*filters).readIDs
	case "match[type]":
		return (*filters).readTypes
	case "match[spec_version]":
		return (*filters).readSpecs
	case "match[version]":
		return (*filters).readVersions
	}
	return nil
}

// matchField says what is wrong with the name of a match parameter.
func matchField(name string) error {
	field, ok := strings.CutPrefix(name, "match[")
	if ok {
		field, ok = strings.CutSuffix(field, "]")
	}
	if !ok || field == "" || strings.ContainsAny(field, "[]") {
		return fmt.Errorf("%s is no parameter: write match[FIELD]", shown(name))
	}
	return nil
}

func (f *filters) readAfter(s string) (err error) {
	f.after, err = timestamp(s)
	return err
}

func (f *filters) readLimit(s string) error {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || n == 0 {
		return fmt.Errorf("%s is no whole number above 0", shown(s))
	}
	f.limit = int64(min(n, maxInteger)) // clients write the largest number that they know for all
	return nil
}

func (f *filters) readNext(s string) error {
	if s == "" || len(s) > 2*maxValue {
		return errors.New("give the value of next of the last answer")
	}
	f.next = s
	return nil
}

func (f *filters) readIDs(s string) (err error) {
	f.ids, err = list(s, func(id string) error {
		kind, rest, ok := strings.Cut(id, "--")
		if !ok || !isWord(kind) || rest == "" || !printable(rest) {
			return fmt.Errorf("%s is no identifier: it is TYPE--UUID", shown(id))
		}
		return nil
	})
	return err
}

func (f *filters) readTypes(s string) (err error) {
	f.types, err = list(s, func(kind string) error {
		if !isWord(kind) {
			return fmt.Errorf("%s is no type", shown(kind))
		}
		return nil
	})
	return err
}

func (f *filters) readSpecs(s string) (err error) {
	f.specs, err = list(s, func(v string) error {
		major, minor, ok := strings.Cut(v, ".")
		if !ok || !digits(major) || !digits(minor) {
			return fmt.Errorf("%s is no version of STIX, such as 2.1", shown(v))
		}
		return nil
	})
	return err
}

func (f *filters) readVersions(s string) error {
	f.versioned = true
	v := &f.versions
	words, err := list(s, func(word string) error {
		set := map[string]*bool{"all": &v.All, "first": &v.First, "last": &v.Last}[word]
		if set != nil {
			if *set {
				return fmt.Errorf("%s is there twice", word)
			}
			*set = true
			return nil
		}
		t, err := timestamp(word)
		if err != nil {
			return fmt.Errorf("%w, and none of first, last, all", err)
		}
		if slices.ContainsFunc(v.Exact, t.Equal) {
			return fmt.Errorf("%s is there twice", shown(word))
		}
		v.Exact = append(v.Exact, t)
		return nil
	})
	if err == nil && v.All && len(words) > 1 {
		return errors.New("all goes with no other value")
	}
	return err
}

// list splits values at commas and checks each. The same value twice is no error: it says the same.
func list(s string, check func(string) error) ([]string, error) {
	out := strings.Split(s, ",")
	if len(out) > maxValues {
		return nil, fmt.Errorf("%d values are too many: at most %d", len(out), maxValues)
	}
	for _, v := range out {
		switch {
		case v == "":
			return nil, errors.New("a value is empty")
		case len(v) > maxValue:
			return nil, fmt.Errorf("a value has %d bytes: at most %d", len(v), maxValue)
		}
		if err := check(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// timestamp reads a timestamp of TAXII or STIX: RFC 3339 in UTC with Z. TAXII wants six digits behind the point; clients that
// leave out zeros are understood. More digits are cut off: what is after the time is after the time without them, and
// versions are kept in microseconds.
func timestamp(s string) (time.Time, error) {
	t, err := stix.ParseTimestamp(s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is no timestamp, such as 2021-07-19T12:00:00.000000Z", shown(s))
	}
	return t.Time.UTC().Truncate(time.Microsecond), nil
}

// query is what the filters ask of a collection. The number of items is between 1 and most.
func (f *filters) query(collection int64, most int) store.Query {
	q := store.Query{
		Collections: []int64{collection}, After: f.after, IDs: f.ids, Types: f.types, Specs: f.specs,
		Versions: f.versions, Limit: most,
	}
	if f.limit > 0 {
		q.Limit = int(min(f.limit, int64(most)))
	}
	return q
}

// canonical is the same string for filters that ask for the same, whatever the limit: next is signed for it.
func (f *filters) canonical(collection, object string) string {
	var b strings.Builder
	field := func(name string, values ...string) {
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			fmt.Fprintf(&b, "%s=%d:%s;", name, len(v), v)
		}
	}
	field("collection", collection)
	field("object", object)
	if !f.after.IsZero() {
		field("after", Timestamp(f.after))
	}
	field("id", slices.Clone(f.ids)...)
	field("type", slices.Clone(f.types)...)
	field("spec", slices.Clone(f.specs)...)
	field("version", f.versionWords()...)
	return b.String()
}

func (f *filters) versionWords() []string {
	var out []string
	for word, on := range map[string]bool{"all": f.versions.All, "first": f.versions.First, "last": f.versions.Last} {
		if on {
			out = append(out, word)
		}
	}
	for _, t := range f.versions.Exact {
		out = append(out, Timestamp(t))
	}
	return out
}

// Timestamp writes a timestamp of TAXII (section 2): six digits behind the point, in UTC.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && r != '_' && !alphanumeric(r) })
}

func alphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func digits(s string) bool {
	return s != "" && len(s) < 10 && strings.Trim(s, "0123456789") == ""
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\ufffd' })
}

// shown is a value of the request as an error message shows it.
func shown(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strconv.Quote(strings.ToValidUTF8(s, "\ufffd"))
}
