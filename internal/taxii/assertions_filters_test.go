package taxii_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

var collectionPages = []string{"collections/" + open + "/objects/", "collections/" + open + "/manifest/"}

// 3.4: malformed parameters are 400, on every endpoint that filters.
func TestAssertion28(t *testing.T) {
	w := shared(t)
	for _, path := range pages {
		for _, query := range []string{
			"limit=abc", "limit=0", "limit=-1", "limit=1.5", "limit=", "added_after=abc", "added_after=", "added_after=2021-05-01",
			"added_after=2021-05-01T00:00:00%2B01:00", "next=abc", "next=", "match[id]=", "match[type]=,", "match[version]=abc",
			"match[version]=", "match[spec_version]=abc", "match[type", "match[]=a", "%zz",
		} {
			w.want(t, http.StatusBadRequest, call{path: path + "?" + query})
		}
	}
}

// 3.4: added_after is after the date added, and not the times of the objects.
func TestAssertion29(t *testing.T) {
	w := shared(t)
	all := []string{malwareID + " " + version2, malwareID + " " + version1, malwareID + " " + version3}
	for after, want := range map[string][]string{
		"2021-05-01T00:00:00.000000Z":    all,
		"2021-05-01T00:00:00.000001Z":    all[1:],
		"2021-05-01T00:00:00.0000011Z":   all[1:],
		"2021-05-01T00:00:00.999999Z":    all[1:],
		"2021-05-01T00:00:01Z":           all[2:],
		"2021-05-01T00:00:02.499999Z":    all[2:],
		"2021-05-01T00:00:02.500000Z":    {},
		"2021-02-15T00:00:00.000000Z":    all, // between the versions, before all dates
		"1900-01-01T00:00:00Z":           all,
		"9999-12-31T23:59:59.999999999Z": {},
	} {
		sameList(t, after, w.objects(t, "collections/"+open+"/objects/?match[version]=all&match[type]=malware&"+escape("added_after", after)), want...)
	}
}

// 3.4: added_after once.
func TestAssertion30(t *testing.T) {
	w := shared(t)
	for _, path := range collectionPages {
		w.want(t, http.StatusBadRequest, call{path: path + "?added_after=2021-01-01T00:00:00Z&added_after=2021-01-01T00:00:00Z"})
		w.want(t, http.StatusBadRequest, call{path: path + "?added_after=2021-01-01T00:00:00Z,2021-01-02T00:00:00Z"})
	}
}

// 3.4: without added_after the oldest come first.
func TestAssertion31(t *testing.T) {
	w := shared(t)
	sameList(t, "first", w.objects(t, "collections/"+many+"/objects/?limit=2"),
		"indicator--22222222-0000-4000-8000-000000000000 2021-04-01T00:00:00.000Z",
		"indicator--22222222-0000-4000-8000-000000000001 2021-04-01T00:00:00.000Z")
}

// 3.4: limit is a whole number above 0.
func TestAssertion32(t *testing.T) {
	w := shared(t)
	for _, limit := range []string{"0", "-1", "1.0", "one", "", "%201", "1%20", "99999999999999999999999", "0x10", "1,2", "1&limit=1"} {
		for _, path := range collectionPages {
			w.want(t, http.StatusBadRequest, call{path: path + "?limit=" + limit})
		}
	}
	w.want(t, http.StatusOK, call{path: collectionPages[0] + "?limit=9007199254740991"})
}

// 3.4: never more than limit, nor than the server wants.
func TestAssertion33(t *testing.T) {
	w := shared(t)
	for limit := 1; limit <= 30; limit += 3 {
		for _, kind := range []string{"objects", "manifest"} {
			n := len(w.get(t, fmt.Sprintf("collections/%s/%s/?limit=%d", many, kind, limit)).envelope(t).Objects)
			if n != min(limit, maxPage) {
				t.Errorf("%s: limit=%d gives %d", kind, limit, n)
			}
		}
	}
	for _, kind := range []string{"objects", "manifest"} {
		if n := len(w.get(t, "collections/"+many+"/"+kind+"/").envelope(t).Objects); n != maxPage {
			t.Errorf("%s without limit gives %d", kind, n)
		}
	}
}

// 3.4: what fits comes whole.
func TestAssertion34(t *testing.T) {
	w := shared(t)
	for query, want := range map[string]int{
		"": 5, "limit=5": 5, "limit=10": 5, "limit=5000": 5, "match[version]=all": 7, "match[version]=all&limit=7": 7,
		"match[version]=all&match[spec_version]=2.0,2.1&limit=8": 8,
	} {
		e := w.get(t, "collections/"+open+"/objects/?"+query).envelope(t)
		if len(e.Objects) != want || e.More || e.Next != "" {
			t.Errorf("%s: %d objects, more %v, want %d", query, len(e.Objects), e.More, want)
		}
	}
}

// 3.4: more is true where more remains.
func TestAssertion35(t *testing.T) {
	w := shared(t)
	for query, want := range map[string]bool{
		"limit=4": true, "limit=5": false, "match[version]=all&limit=6": true, "match[type]=malware&limit=1": false,
		"match[type]=malware&match[version]=all&limit=2": true,
	} {
		for _, path := range collectionPages {
			r := w.get(t, path+"?"+query)
			if e := r.envelope(t); e.More != want || (e.Next != "") != want {
				t.Errorf("%s?%s: more %v, next %q", path, query, e.More, e.Next)
			}
			if _, ok := r.resource(t)["more"]; !want && ok {
				t.Errorf("%s?%s: more is there", path, query)
			}
		}
	}
	for query, want := range map[string]bool{"limit=2": true, "limit=3": false} {
		var v struct {
			More     bool
			Versions []string
		}
		w.get(t, "collections/"+open+"/objects/"+malwareID+"/versions/?"+query).into(t, &v)
		if v.More != want {
			t.Errorf("versions?%s: more %v", query, v.More)
		}
	}
}

// 3.4: a match field once.
func TestAssertion36(t *testing.T) {
	w := shared(t)
	for _, query := range []string{
		"match[id]=" + malwareID + "&match[id]=" + identityID, "match[type]=malware&match[type]=malware", "match[version]=first&match[version]=last",
		"match[spec_version]=2.0&match[spec_version]=2.1", "match[colour]=a&match[colour]=b",
	} {
		for _, path := range collectionPages {
			w.want(t, http.StatusBadRequest, call{path: path + "?" + query})
		}
	}
}

// ids gives the identifiers of a page, without the versions.
func (w *world) ids(t *testing.T, path string) []string {
	t.Helper()
	out := []string{}
	for _, o := range w.want(t, http.StatusOK, call{path: path}).envelope(t).Objects {
		out = append(out, o["id"].(string))
	}
	return out
}

// 3.4: different fields are all demanded.
func TestAssertion37(t *testing.T) {
	w := shared(t)
	for _, path := range collectionPages {
		sameList(t, path, w.ids(t, path+"?match[type]=malware&match[id]="+malwareID), malwareID)
		sameList(t, path, w.ids(t, path+"?match[type]=malware&match[id]="+identityID))
		sameList(t, path, w.ids(t, path+"?match[type]=malware&added_after=2021-05-01T00:00:02.5Z"))
		sameList(t, path, w.ids(t, path+"?match[type]=identity&match[spec_version]=2.1"), identityID)
		sameList(t, path, w.ids(t, path+"?match[type]=malware&match[version]="+version3), malwareID)
		sameList(t, path, w.ids(t, path+"?match[type]=identity&match[version]="+version3))
	}
}

// 3.4: values with commas are alternatives.
func TestAssertion38(t *testing.T) {
	w := shared(t)
	for _, path := range collectionPages {
		sameList(t, path, w.ids(t, path+"?match[type]=ipv4-addr,malware"), malwareID, addressID)
		sameList(t, path, w.ids(t, path+"?"+escape("match[type]", "ipv4-addr,malware")), malwareID, addressID)
		sameList(t, path, w.ids(t, path+"?match[id]="+addressID+","+malwareID+",x--y"), malwareID, addressID)
	}
}

// 3.4: a field that the standard does not know has no effect, and is no failure of ours.
func TestAssertion39(t *testing.T) {
	w := shared(t)
	for _, path := range pages {
		for _, query := range []string{"match[colour]=red", "match[name]=a,b", "match[x-y]=%25", "colour=red&colour=blue"} {
			a, b := w.get(t, path), w.want(t, http.StatusOK, call{path: path + "?" + query})
			if string(a.body) != string(b.body) {
				t.Errorf("%s?%s changes the answer", path, query)
			}
		}
	}
}

// 3.4.1: id and type.
func TestAssertion40(t *testing.T) {
	w := shared(t)
	for _, path := range collectionPages {
		sameList(t, path, w.ids(t, path+"?match[id]="+malwareID), malwareID)
		sameList(t, path, w.ids(t, path+"?match[id]="+malwareID+","+identityID), malwareID, identityID)
		sameList(t, path, w.ids(t, path+"?match[id]=malware--99999999-0000-4000-8000-000000000001"))
		sameList(t, path, w.ids(t, path+"?match[type]=identity"), identityID, lonelyID)
		sameList(t, path, w.ids(t, path+"?match[type]=malware,marking-definition"), malwareID, markingID)
	}
}

// 3.4.1: no type of STIX 2.1 is an error.
func TestAssertion41(t *testing.T) {
	w := shared(t)
	for _, kind := range []string{
		"attack-pattern", "campaign", "course-of-action", "grouping", "identity", "incident", "indicator", "infrastructure",
		"intrusion-set", "location", "malware", "malware-analysis", "note", "observed-data", "opinion", "report", "threat-actor", "tool",
		"vulnerability", "relationship", "sighting", "artifact", "autonomous-system", "directory", "domain-name", "email-addr",
		"email-message", "file", "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url",
		"user-account", "windows-registry-key", "x509-certificate", "language-content", "marking-definition", "extension-definition",
		"bundle", "x-example-org-thing",
	} {
		for _, path := range collectionPages {
			w.want(t, http.StatusOK, call{path: path + "?match[type]=" + kind})
		}
	}
}

// 3.4.1: only the versions of STIX that were asked for.
func TestAssertion42(t *testing.T) {
	w := shared(t)
	for _, path := range collectionPages {
		sameList(t, path, w.ids(t, path+"?match[spec_version]=2.0"), identityID, lonelyID)
		sameList(t, path, w.ids(t, path+"?match[type]=identity&match[spec_version]=2.1"), identityID)
		sameList(t, path, w.ids(t, path+"?match[type]=identity&match[version]=all&match[spec_version]=2.0,2.1"), identityID, identityID, lonelyID)
		sameList(t, path, w.ids(t, path+"?match[spec_version]=3.0"))
	}
	for _, o := range w.get(t, collectionPages[0]+"?match[spec_version]=2.0").envelope(t).Objects {
		if v, ok := o["spec_version"]; ok {
			t.Errorf("spec_version %v", v)
		}
	}
}

// 3.4.1: without spec_version, of each object the latest version of STIX that there is.
func TestAssertion43(t *testing.T) {
	w := shared(t)
	e := w.get(t, collectionPages[0]+"?match[type]=identity").envelope(t)
	if len(e.Objects) != 2 || e.Objects[0]["spec_version"] != "2.1" || e.Objects[1]["id"] != lonelyID {
		t.Errorf("%v", e.Objects)
	}
	m := w.get(t, collectionPages[1]+"?match[type]=identity").envelope(t)
	if len(m.Objects) != 2 || m.Objects[0]["media_type"] != "application/stix+json;version=2.1" || m.Objects[1]["media_type"] != "application/stix+json;version=2.0" {
		t.Errorf("%v", m.Objects)
	}
}

// 3.4.1: without version, of each object the latest.
func TestAssertion44(t *testing.T) {
	w := shared(t)
	sameList(t, "objects", w.objects(t, collectionPages[0]+"?match[type]=malware"), malwareID+" "+version3)
	sameList(t, "object", w.objects(t, "collections/"+open+"/objects/"+malwareID+"/"), malwareID+" "+version3)
	sameList(t, "manifest", w.records(t, collectionPages[1]+"?match[type]=malware"), malwareID+" "+version3)
}

// records gives identifier and version of the records of a manifest.
func (w *world) records(t *testing.T, path string) []string {
	t.Helper()
	out := []string{}
	for _, o := range w.want(t, http.StatusOK, call{path: path}).envelope(t).Objects {
		out = append(out, fmt.Sprint(o["id"], " ", o["version"]))
	}
	return out
}

// versionQueries are values of match[version], and what of the malware they ask for, in the order of dates added.
var versionQueries = map[string][]string{
	"last": {version3}, "first": {version1}, "all": {version2, version1, version3}, "first,last": {version1, version3},
	"last,first": {version1, version3}, version2: {version2}, "2021-02-01T00:00:00.1234560Z": {version2},
	"2021-01-01T00:00:00Z": {version1}, version1 + "," + version2: {version2, version1}, "first," + version2: {version2, version1},
	"last," + version3: {version3}, "2021-02-01T00:00:00.123Z": {}, "2020-01-01T00:00:00Z": {}, "first," + version2 + ",last": {version2, version1, version3},
}

// 3.4.1: last, first, all, times, and mixtures.
func TestAssertion45(t *testing.T) {
	w := shared(t)
	for value, want := range versionQueries {
		var full []string
		for _, v := range want {
			full = append(full, malwareID+" "+v)
		}
		sameList(t, value, w.objects(t, collectionPages[0]+"?match[type]=malware&"+escape("match[version]", value)), full...)
		path := "collections/" + open + "/objects/" + malwareID + "/?" + escape("match[version]", value)
		if len(want) == 0 {
			w.want(t, http.StatusNotFound, call{path: path})
		} else {
			sameList(t, value+" of the object", w.objects(t, path), full...)
		}
	}
}

// 3.4.1: all goes with nothing else, nothing goes twice.
func TestAssertion46(t *testing.T) {
	w := shared(t)
	for _, value := range []string{
		"all,last", "first,all", "all," + version1, "all,all", "last,last", "first,first", version1 + "," + version1,
		"2021-01-01T00:00:00Z,2021-01-01T00:00:00.000Z",
	} {
		for _, path := range pages[:3] {
			w.want(t, http.StatusBadRequest, call{path: path + "?" + escape("match[version]", value)})
		}
	}
}

// 3.4.1: the version of an object without modified is created; of one without either, a value that we keep to: date added.
func TestAssertion47(t *testing.T) {
	w := shared(t)
	const dateAdded = "2021-05-01T00:00:05.000000Z"
	for id, version := range map[string]string{markingID: "2021-01-05T00:00:00.000Z", addressID: dateAdded} {
		sameList(t, "manifest", w.records(t, collectionPages[1]+"?match[id]="+id), id+" "+version)
		for _, v := range []string{version, "first", "last", "all", "first,last"} {
			for _, path := range collectionPages {
				sameList(t, v, w.ids(t, path+"?match[id]="+id+"&"+escape("match[version]", v)), id)
			}
			sameList(t, v, w.ids(t, "collections/"+open+"/objects/"+id+"/?"+escape("match[version]", v)), id)
		}
		sameList(t, "another version", w.ids(t, collectionPages[0]+"?match[id]="+id+"&match[version]=2020-01-01T00:00:00Z"))
		var v struct{ Versions []string }
		w.get(t, "collections/"+open+"/objects/"+id+"/versions/").into(t, &v)
		sameList(t, "versions", v.Versions, version)
	}
}

// 3.4.1: versions select alike in objects and in manifests.
func TestAssertion48(t *testing.T) {
	w := shared(t)
	for value := range versionQueries {
		query := "?match[type]=malware&" + escape("match[version]", value)
		a, b := w.objects(t, collectionPages[0]+query), w.records(t, collectionPages[1]+query)
		if !slices.Equal(a, b) {
			t.Errorf("%s: objects %q, manifest %q", value, a, b)
		}
	}
}
