package taxii

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"entente/internal/store"
)

func TestParseFilters(t *testing.T) {
	at := time.Date(2021, 7, 19, 12, 0, 0, 123456000, time.UTC)
	const id = "indicator--7a3f1c52-0f4e-4a0c-8b65-2f1d6f0d9e11"
	for _, c := range []struct {
		query string
		want  filters
	}{
		{"", filters{}},
		{"unknown=1&unknown=2", filters{}},
		{"added_after=2021-07-19T12:00:00.123456Z", filters{after: at}},
		{"added_after=2021-07-19T12:00:00.1234569Z", filters{after: at}},
		{"added_after=2021-07-19T12:00:00Z", filters{after: at.Truncate(time.Second)}},
		{"limit=1", filters{limit: 1}},
		{"limit=9007199254740991", filters{limit: maxInteger}},
		{"limit=9223372036854775807", filters{limit: maxInteger}},
		{"next=abc", filters{next: "abc"}},
		{"match[id]=" + id, filters{ids: []string{id}}},
		{"match%5Bid%5D=" + id + "%2C" + id, filters{ids: []string{id, id}}},
		{"match[type]=indicator,x-our-own,Malware", filters{types: []string{"indicator", "x-our-own", "Malware"}}},
		{"match[spec_version]=2.0,2.1", filters{specs: []string{"2.0", "2.1"}}},
		{"match[version]=all", filters{versioned: true, versions: store.Versions{All: true}}},
		{"match[version]=first,2021-07-19T12:00:00.123456Z,last", filters{
			versioned: true,
			versions:  store.Versions{First: true, Last: true, Exact: []time.Time{at}},
		}},
		{"match[colour]=red&match[a]=1", filters{unknown: []string{"match[a]", "match[colour]"}}},
	} {
		got, err := parseFilters(c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
		} else if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.query, got, c.want)
		}
	}
}

// badQueries are malformed, each for one reason.
var badQueries = []string{
	"limit=0", "limit=-1", "limit=1.5", "limit=ten", "limit=", "limit=%2B5", "limit=+5", "limit=5+", "limit=0x5", "limit=1e3",
	"limit=99999999999999999999", "limit=9223372036854775808", "limit=-99999999999999999999", "limit=1&limit=1", "limit=1,2",
	"added_after=", "added_after=yesterday", "added_after=2021-07-19", "added_after=2021-07-19T12:00:00",
	"added_after=2021-07-19T12:00:00%2B02:00", "added_after=2021-07-19t12:00:00z", "added_after=2021-13-19T12:00:00Z",
	"added_after=2021-02-29T12:00:00Z", "added_after=2021-07-19T25:00:00Z", "added_after=2021-07-19T12:00:00.Z",
	"added_after=2021-07-19T12:00:00Z,2021-07-19T12:00:00Z",
	"added_after=2021-07-19T12:00:00Z&added_after=2021-07-20T12:00:00Z",
	"next=", "next=a&next=b",
	"match[id]=", "match[id]=abc", "match[id]=a--b,", "match[id]=,a--b", "match[id]=a--b&match[id]=c--d", "match[id]=a--b, a--c",
	"match[type]=", "match[type]=a,,b", "match[type]=a&match[type]=b", "match[type]=in%20dicator", "match[type]=a;b",
	"match[type]=%ff", "match[type]=%00",
	"match[spec_version]=", "match[spec_version]=two", "match[spec_version]=2", "match[spec_version]=2.1.0", "match[spec_version]=2.",
	"match[spec_version]=2.1&match[spec_version]=2.0",
	"match[version]=", "match[version]=newest", "match[version]=ALL", "match[version]=all,last", "match[version]=last,all",
	"match[version]=all,all", "match[version]=last,last", "match[version]=first,first",
	"match[version]=2021-07-19T12:00:00Z,2021-07-19T12:00:00.000Z", "match[version]=last&match[version]=first",
	"match[version]=all,2021-07-19T12:00:00Z",
	"match[]=a", "match[id=a--b", "matchid]=a", "match=a", "match[[id]]=a", "match[colour]=a&match[colour]=b",
	"%zz=1", "limit=%", "a=1;limit=2",
}

func TestParseFiltersRefuses(t *testing.T) {
	for _, q := range badQueries {
		if f, err := parseFilters(q); err == nil {
			t.Errorf("%s is taken as %+v", q, f)
		} else if s := err.Error(); len(s) > 300 || strings.ContainsAny(s, "\x00\n") {
			t.Errorf("%s: the error is %q", q, s)
		}
	}
	for query, advice := range map[string]bool{"limit=1&limit=2": false, "match[id]=a--b&match[id]=c--d": true} {
		if _, err := parseFilters(query); err == nil || strings.Contains(err.Error(), "commas") != advice {
			t.Errorf("%s: %v", query, err)
		}
	}
	many := "match[type]=" + strings.Repeat("a,", maxValues) + "a"
	if _, err := parseFilters(many); err == nil {
		t.Error("too many values are taken")
	}
	if _, err := parseFilters("match[type]=" + strings.Repeat("a", maxValue+1)); err == nil {
		t.Error("a value that is too long is taken")
	}
}

func TestCanonical(t *testing.T) {
	text := func(query string) string {
		t.Helper()
		f, err := parseFilters(query)
		if err != nil {
			t.Fatal(err)
		}
		return f.canonical("c", "")
	}
	for _, same := range [][2]string{
		{"match[type]=a,b", "match[type]=b,a"},
		{"match[type]=a,b", "match[type]=b,a,b&limit=5"},
		{"match[version]=first,last", "match[version]=last,first&next=x"},
		{"added_after=2021-07-19T12:00:00Z", "added_after=2021-07-19T12:00:00.000000Z"},
	} {
		if a, b := text(same[0]), text(same[1]); a != b {
			t.Errorf("%s and %s ask for the same, but are %q and %q", same[0], same[1], a, b)
		}
	}
	seen := map[string]string{}
	for _, q := range []string{
		"", "match[type]=a", "match[type]=a,b", "match[id]=a--b", "match[spec_version]=2.1", "match[spec_version]=2.0", "match[version]=all",
		"match[version]=first", "match[version]=last", "match[version]=first,last", "match[version]=2021-07-19T12:00:00Z",
		"added_after=2021-07-19T12:00:00Z",
	} {
		c := text(q)
		if other, ok := seen[c]; ok {
			t.Errorf("%q and %q differ, but both are %q", q, other, c)
		}
		seen[c] = q
	}
	f := filters{}
	if f.canonical("c", "") == f.canonical("d", "") || f.canonical("c", "o") == f.canonical("c", "") {
		t.Error("collection and object do not count")
	}
}

func FuzzQuery(f *testing.F) {
	for _, q := range badQueries {
		f.Add(q)
	}
	f.Add("added_after=2021-07-19T12:00:00.123456Z&limit=5&match[version]=first,last&match[id]=a--b,c--d")
	if len(badQueries) == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, query string) {
		got, err := parseFilters(query)
		if err != nil {
			return
		}
		q := got.query(1, DefaultMaxPage)
		if q.Limit < 1 || q.Limit > DefaultMaxPage {
			t.Fatalf("%q: limit %d", query, q.Limit)
		}
		// What was taken is taken again when it is written by the book, and asks for the same.
		v := url.Values{}
		set := func(name string, values []string) {
			if len(values) > 0 {
				v.Set(name, strings.Join(values, ","))
			}
		}
		set("match[id]", got.ids)
		set("match[type]", got.types)
		set("match[spec_version]", got.specs)
		set("match[version]", got.versionWords())
		if !got.after.IsZero() {
			v.Set("added_after", Timestamp(got.after))
		}
		again, err := parseFilters(v.Encode())
		if err != nil {
			t.Fatalf("%q written again as %q: %v", query, v.Encode(), err)
		}
		if a, b := got.canonical("c", "o"), again.canonical("c", "o"); a != b {
			t.Fatalf("%q: %q, written again %q", query, a, b)
		}
	})
}
