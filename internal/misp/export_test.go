package misp

import (
	"slices"
	"strings"
	"testing"

	"entente/internal/stix"
)

// objectsOf reads objects.
func objectsOf(t *testing.T, text string) []*stix.Object {
	t.Helper()
	r := stix.NewReader(strings.NewReader(text), stix.Limits{})
	var out []*stix.Object
	for {
		e, err := r.Next()
		if err != nil {
			return out
		}
		if e.Err != nil {
			t.Fatal(e.Err)
		}
		if !e.Bundle {
			out = append(out, e.Object)
		}
	}
}

// foreign is a bundle as others write them.
const foreign = `{"type":"bundle","id":"bundle--5f0c1a2b-0000-4a2b-8c3d-0123456789ab","objects":[
{"type":"identity","spec_version":"2.1","id":"identity--5f0c1a2b-0001-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","name":"Another CERT","identity_class":"organization"},
{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0002-4a2b-8c3d-0123456789ab","created_by_ref":"identity--5f0c1a2b-0001-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","name":"Controller","pattern":"[ipv4-addr:value = '192.0.2.1']","pattern_type":"stix","valid_from":"2021-03-02T10:00:00Z","valid_until":"2022-03-02T10:00:00Z","labels":["own-label"],"object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]},
{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0003-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","pattern":"[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e' OR file:hashes.'SHA-256' = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08']","pattern_type":"stix","valid_from":"2021-03-02T10:00:00Z"},
{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0004-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","pattern":"[process:command_line LIKE '%whoami%'] FOLLOWEDBY [file:name = 'x']","pattern_type":"stix","valid_from":"2021-03-02T10:00:00Z"},
{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0005-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","pattern":"[file:name = 'x.exe' AND file:size = 12 AND file:parent_directory_ref.path = 'C:\\\\x']","pattern_type":"stix","valid_from":"2021-03-02T10:00:00Z"},
{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0006-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","pattern":"title: x","pattern_type":"sigma","valid_from":"2021-03-02T10:00:00Z","confidence":85,"revoked":true},
{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0007-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","pattern":"x.*y","pattern_type":"pcre","valid_from":"2021-03-02T10:00:00Z"},
{"type":"attack-pattern","spec_version":"2.1","id":"attack-pattern--5f0c1a2b-0008-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","name":"Web Shell","description":"They leave a script.","external_references":[{"source_name":"mitre-attack","external_id":"T1505.003"}]},
{"type":"intrusion-set","spec_version":"2.1","id":"intrusion-set--5f0c1a2b-0009-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","name":"QUIET HARBOUR","goals":["money"]},
{"type":"relationship","spec_version":"2.1","id":"relationship--5f0c1a2b-000a-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","relationship_type":"indicates","source_ref":"indicator--5f0c1a2b-0002-4a2b-8c3d-0123456789ab","target_ref":"intrusion-set--5f0c1a2b-0009-4a2b-8c3d-0123456789ab"},
{"type":"relationship","spec_version":"2.1","id":"relationship--5f0c1a2b-000b-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","relationship_type":"uses","source_ref":"intrusion-set--5f0c1a2b-0009-4a2b-8c3d-0123456789ab","target_ref":"attack-pattern--5f0c1a2b-0008-4a2b-8c3d-0123456789ab"},
{"type":"url","spec_version":"2.1","id":"url--13a60f84-09f6-5abf-9a2f-bd9c4eb0b9b0","value":"http://c2.example/"},
{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--5f0c1a2b-000c-4a2b-8c3d-0123456789ab","value":"192.0.2.9"},
{"type":"network-traffic","spec_version":"2.1","id":"network-traffic--5f0c1a2b-000d-4a2b-8c3d-0123456789ab","dst_ref":"ipv4-addr--5f0c1a2b-000c-4a2b-8c3d-0123456789ab","dst_port":443,"protocols":["ipv4","tcp"]},
{"type":"observed-data","spec_version":"2.1","id":"observed-data--5f0c1a2b-000e-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","first_observed":"2021-03-01T00:00:00Z","last_observed":"2021-03-02T00:00:00Z","number_observed":3,"object_refs":["network-traffic--5f0c1a2b-000d-4a2b-8c3d-0123456789ab","ipv4-addr--5f0c1a2b-000c-4a2b-8c3d-0123456789ab"]},
{"type":"observed-data","id":"observed-data--5f0c1a2b-000f-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","first_observed":"2021-03-01T00:00:00Z","last_observed":"2021-03-02T00:00:00Z","number_observed":1,"objects":{"0":{"type":"file","name":"old.exe","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}}}},
{"type":"sighting","spec_version":"2.1","id":"sighting--5f0c1a2b-0010-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","sighting_of_ref":"indicator--5f0c1a2b-0002-4a2b-8c3d-0123456789ab","last_seen":"2021-03-03T00:00:00Z","count":5,"where_sighted_refs":["identity--5f0c1a2b-0001-4a2b-8c3d-0123456789ab"]},
{"type":"note","spec_version":"2.1","id":"note--5f0c1a2b-0011-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.123Z","modified":"2021-03-02T10:00:00.123Z","content":"Seen at members.","object_refs":["indicator--5f0c1a2b-0002-4a2b-8c3d-0123456789ab"],"granular_markings":[{"marking_ref":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","selectors":["content"]}]},
{"type":"opinion","spec_version":"2.1","id":"opinion--5f0c1a2b-0012-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","opinion":"agree","object_refs":["indicator--5f0c1a2b-0002-4a2b-8c3d-0123456789ab"]},
{"type":"vulnerability","spec_version":"2.1","id":"vulnerability--5f0c1a2b-0013-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","name":"ProxyLogon","external_references":[{"source_name":"cve","external_id":"CVE-2021-26855"}]},
{"type":"location","spec_version":"2.1","id":"location--5f0c1a2b-0014-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","country":"XX"},
{"type":"x-lantern","spec_version":"2.1","id":"x-lantern--5f0c1a2b-0015-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","brightness":4,"object_marking_refs":["marking-definition--5f0c1a2b-0016-4a2b-8c3d-0123456789ab"]},
{"type":"report","spec_version":"2.1","id":"report--5f0c1a2b-0017-4a2b-8c3d-0123456789ab","created_by_ref":"identity--5f0c1a2b-0001-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","name":"Second wave","description":"What we have seen.","published":"2021-03-02T12:00:00Z","object_refs":["indicator--5f0c1a2b-0002-4a2b-8c3d-0123456789ab","observed-data--5f0c1a2b-000e-4a2b-8c3d-0123456789ab","malware--5f0c1a2b-0018-4a2b-8c3d-0123456789ab"],"object_marking_refs":["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"],"external_references":[{"source_name":"blog","url":"https://example.org/post"}]}
]}`

func TestForeign(t *testing.T) {
	events, losses := exported(t, objectsOf(t, foreign))
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	if e.Info != "Second wave" || e.UUID != "5f0c1a2b-0017-4a2b-8c3d-0123456789ab" || e.Orgc.Name != "Another CERT" || e.Date != "2021-03-02" || e.Distribution != "0" ||
		e.PublishTimestamp != "1614686400" || len(e.Reports) != 1 || e.Reports[0].Content != "What we have seen." {
		t.Errorf("%+v", *e)
	}
	if !slices.Contains(e.Tags, Tag{Name: "tlp:green"}) || !slices.Contains(e.Tags, Tag{Name: `misp-galaxy:mitre-attack-pattern="Web Shell - T1505.003"`}) {
		t.Error(e.Tags)
	}
	byUUID := map[string]Attribute{}
	var lines []string
	for _, a := range e.Attributes {
		byUUID[a.UUID] = a
		lines = append(lines, a.Type+" "+a.Value)
	}
	for _, want := range []string{
		"ip-dst 192.0.2.1", "md5 d41d8cd98f00b204e9800998ecf8427e", "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"stix2-pattern [process:command_line LIKE '%whoami%'] FOLLOWEDBY [file:name = 'x']", "sigma title: x", "other x.*y", "url http://c2.example/",
		"filename|md5 old.exe|d41d8cd98f00b204e9800998ecf8427e", "vulnerability CVE-2021-26855", "text XX",
		"text x-lantern--5f0c1a2b-0015-4a2b-8c3d-0123456789ab", "link https://example.org/post",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("there is no %s in %q", want, lines)
		}
	}
	a := byUUID["5f0c1a2b-0002-4a2b-8c3d-0123456789ab"]
	if !a.ToIDs || a.Comment != "Controller" || len(a.Sightings) != 2 || a.Sightings[0].Type != "2" || a.Sightings[1].Org.Name != "Another CERT" ||
		!slices.Contains(a.Tags, Tag{Name: "tlp:amber"}) || !slices.Contains(a.Tags, Tag{Name: "own-label"}) || a.Distribution != "0" ||
		!slices.Contains(a.Tags, Tag{Name: `misp-galaxy:stix-2.1-intrusion-set="QUIET HARBOUR"`}) {
		t.Errorf("%+v", a)
	}
	if !byUUID["5f0c1a2b-0006-4a2b-8c3d-0123456789ab"].Deleted {
		t.Error("what is revoked is not deleted")
	}
	if x := byUUID["5f0c1a2b-0015-4a2b-8c3d-0123456789ab"]; !slices.Contains(x.Tags, Tag{Name: "tlp:amber+strict"}) {
		t.Errorf("a marking that nobody knows has opened %+v", x)
	}
	var objects []string
	for _, o := range e.Objects {
		line := o.Name
		for _, a := range o.Attributes {
			line += " " + a.Relation + "=" + a.Value
		}
		objects = append(objects, line)
		if o.Name == "annotation" && (len(o.References) != 1 || o.References[0].ReferencedUUID != "5f0c1a2b-0002-4a2b-8c3d-0123456789ab" ||
			!slices.Contains(o.Attributes[0].Tags, Tag{Name: "tlp:red"}) || o.Distribution != "0") {
			t.Errorf("%+v", o)
		}
	}
	for _, want := range []string{
		`file filename=x.exe size-in-bytes=12 path=C:\x`, "attack-pattern name=Web Shell summary=They leave a script. id=T1505.003", "annotation text=Seen at members.",
		"network-connection ip-dst=192.0.2.9 dst-port=443 layer4-protocol=tcp",
	} {
		if !slices.Contains(objects, want) {
			t.Errorf("there is no %s in %q", want, objects)
		}
	}
	for _, words := range [][]string{
		{"indicator--5f0c1a2b-0003", "2 attributes"},
		{"indicator--5f0c1a2b-0006", "confidence"},
		{"indicator--5f0c1a2b-0007", "pcre"},
		{"intrusion-set--", "goals"},
		{"relationship--5f0c1a2b-000b", "uses"},
		{"observed-data--5f0c1a2b-000e", "number_observed"},
		{"observed-data--5f0c1a2b-000f", "STIX 2.0"},
		{"sighting--", "5 sightings"},
		{"note--", "the marking of a part", "red"},
		{"opinion--", "agree"},
		{"x-lantern--", "brightness"},
		{"marking-definition--5f0c1a2b-0016", "amber+strict"},
		{"malware--5f0c1a2b-0018", "not there"},
		{"fractions of seconds"},
		{"objects were created"},
		{"it is published"},
	} {
		if !said(losses, words...) {
			t.Errorf("nothing is said of %q", words)
			for _, l := range losses {
				t.Log(l)
			}
		}
	}
}

// TestRoundTripSTIX: what an event made of objects of others makes again.
func TestRoundTripSTIX(t *testing.T) {
	first := objectsOf(t, foreign)
	events, _ := exported(t, first)
	var text strings.Builder
	if err := Write(&text, events); err != nil {
		t.Fatal(err)
	}
	got := mustImport(t, text.String(), ImportOptions{})
	for _, o := range first {
		again := got.objects[o.ID]
		switch o.Type {
		case "relationship", "opinion", "sighting", "note", "location", "x-lantern", "url", "ipv4-addr", "network-traffic", "intrusion-set":
			continue // said above, or below
		}
		switch {
		case o.Revoked:
			if again != nil {
				t.Errorf("%s is there again", o.ID)
			}
			continue
		case o.ID == "indicator--5f0c1a2b-0007-4a2b-8c3d-0123456789ab" && got.objects["indicator--5f0c1a2b-0007-4a2b-8c3d-0123456789ab"] != nil:
			continue
		case again == nil:
			t.Errorf("%s has not come back", o.ID)
			continue
		}
		if l := label(o); stix.Stricter(l, label(again)) != label(again) {
			t.Errorf("%s was %s and is %s", o.ID, l, label(again))
		}
		if o.Type == "indicator" && property(o, "pattern_type") == "stix" && o.ID != "indicator--5f0c1a2b-0003-4a2b-8c3d-0123456789ab" {
			a, b := property(o, "pattern"), property(again, "pattern")
			a = strings.Replace(a, "ipv4-addr:value", "network-traffic:dst_ref.value", 1)
			if a != b {
				t.Errorf("%s became %s", a, b)
			}
		}
	}
	for _, kind := range []string{"url", "ipv4-addr", "network-traffic", "sighting", "threat-actor", "file"} {
		if kind == "threat-actor" {
			continue // the tag of an intrusion set without an id of ATT&CK names no galaxy of MISP
		}
		if len(got.ofType(kind)) == 0 {
			t.Errorf("there is no %s", kind)
		}
	}
}

// TestChanged: an object that somebody has changed since the import is taken as it is.
func TestChanged(t *testing.T) {
	got := mustImport(t, event(`"Attribute":[`+attr("0001", "domain", "c2.example", ids)+","+attr("0002", "domain", "seen.example", "")+`],"Object":[{"uuid":"5f0c1a2b-b001-4a2b-8c3d-0123456789ab","name":"file","meta-category":"file","timestamp":"1683900000","Attribute":[`+
		objectAttr("c001", "filename", "filename", "lantern.exe", ids)+`]}]`), ImportOptions{})
	var changed strings.Builder
	for _, o := range got.order {
		s := strings.ReplaceAll(string(o.Raw), "lantern.exe'", "other.exe'")
		s = strings.Replace(s, `"first_observed"`, `"confidence":50,"first_observed"`, 1)
		changed.WriteString(strings.ReplaceAll(s, "= 'c2.example'", "= 'moved.example'") + "\n")
	}
	events, losses := exported(t, objectsOf(t, changed.String()))
	var values []string
	for _, a := range events[0].Attributes {
		values = append(values, a.Value)
	}
	slices.Sort(values)
	if !slices.Equal(values, []string{"moved.example", "other.exe", "seen.example"}) {
		t.Error(values, events[0].Objects)
	}
	if !said(losses, "indicator--5f0c1a2b-b001", "changed since") || !said(losses, "observed-data--5f0c1a2b-0002", "confidence") {
		t.Error(losses)
	}
}

// TestObjectParts: what the extension says of the parts of an object counts where an import may have written it; each part has a type and
// a relation.
func TestObjectParts(t *testing.T) {
	const changed = "changed since"
	for _, c := range []struct {
		parts, want string // parts beside the first; attributes and objects of the event
		loss        string
	}{
		{``, "email-dst to", ""},
		{`,{"type":"text","object_relation":"greeting","value":"x"}`, "email-dst to, text greeting", ""},
		{`,{"type":"text","value":"x"}`, "email-dst to, text text", ""},
		{`,{"type":"text","object_relation":"0","value":"x"}`, "email-dst to, text text", "the relation 0"},
		{`,{"type":"lantern","value":"x"}`, "email-dst to, other lantern", "the type lantern"},
		{`,{"type":"0","value":"x"}`, "email-dst to, other other", "the type 0"},
		{`,{"value":"x"}`, "email-dst", changed},
		{`,{"object_relation":"greeting","value":"x"}`, "email-dst", changed},
		{`,{"type":"text","object_relation":"greeting","value":" "}`, "email-dst", changed},
		{`,{"type":"text","object_relation":"greeting"}`, "email-dst", changed},
	} {
		events, losses := exported(t, objectsOf(t, `{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0001-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z",`+
			`"pattern":"[email-message:to_refs[*].value = 'b@example.org']","pattern_type":"stix","valid_from":"2021-03-02T10:00:00Z","extensions":{"`+extension+`":{"object":{"name":"email","attributes":[`+
			`{"type":"email-dst","object_relation":"to","to_ids":true,"value":"b@example.org"}`+c.parts+`]}}}}`))
		var got []string
		for _, a := range events[0].Attributes {
			got = append(got, a.Type)
		}
		for _, o := range events[0].Objects {
			for _, a := range o.Attributes {
				got = append(got, a.Type+" "+a.Relation)
			}
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %s, want %s", c.parts, s, c.want)
		}
		if c.loss != "" && !said(losses, c.loss) || said(losses, changed) != (c.loss == changed) {
			t.Errorf("%s: %v", c.parts, losses)
		}
	}
}

// TestSeenBefore: what was last seen before it was first seen has no last time, for MISP refuses it.
func TestSeenBefore(t *testing.T) {
	const first, last = "2021-03-02T00:00:00Z", "2021-03-01T00:00:00Z"
	observed := func(object string) string {
		return `{"type":"observed-data","spec_version":"2.1","id":"observed-data--5f0c1a2b-0001-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z",` +
			`"first_observed":"` + first + `","last_observed":"` + last + `","number_observed":1,"objects":{"0":` + object + `}}`
	}
	seen := `"first_seen":"` + first + `","last_seen":"` + last + `"`
	again := `{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0001-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","pattern":"[file:name = 'x']",` +
		`"pattern_type":"stix","valid_from":"2021-03-02T10:00:00Z","extensions":{"` + extension + `":{"object":{"name":"file",` + seen + `,"attributes":[{"type":"filename","object_relation":"filename","to_ids":true,"value":"x",` + seen + `}]}}}}`
	for what, text := range map[string]string{
		"an attribute":              observed(`{"type":"domain-name","value":"c2.example"}`),
		"an object":                 observed(`{"type":"file","name":"x","size":12}`),
		"an object that came again": again,
	} {
		events, losses := exported(t, objectsOf(t, text))
		e := events[0]
		n := 0
		for _, o := range e.Objects {
			n += strings.Count(o.FirstSeen, first)
		}
		for _, a := range e.Attributes {
			n += strings.Count(a.FirstSeen, first)
		}
		if n != 1 || !said(losses, "last seen") {
			t.Errorf("%s: %+v %v", what, *e, losses)
		}
	}
}

// TestUnlabelled: what has no label is not opened by an event that has one.
func TestUnlabelled(t *testing.T) {
	const open, closed = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
	indicator := func(n, marking string) string {
		if marking != "" {
			marking = `,"object_marking_refs":["` + marking + `"]`
		}
		return `{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-000` + n + `-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","pattern":"[url:value = 'http://c` +
			n + `.example/']","pattern_type":"stix","valid_from":"2021-03-02T10:00:00Z"` + marking + `}`
	}
	report := `{"type":"report","spec_version":"2.1","id":"report--5f0c1a2b-0009-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z","name":"r","published":"2021-03-02T10:00:00Z","object_refs":["indicator--5f0c1a2b-0001-4a2b-8c3d-0123456789ab"],"object_marking_refs":["` + open + `"]}`
	for _, c := range []struct {
		objects      []string
		distribution string
		want         []string // tags of the event; then of each attribute, and its distribution
	}{
		{[]string{indicator("1", open)}, "3", []string{"tlp:clear", " 5"}},
		{[]string{indicator("1", "")}, "0", []string{"", " 5"}},
		{[]string{indicator("1", open), indicator("2", "")}, "0", []string{"tlp:amber", "tlp:clear 5", " 5"}},
		{[]string{indicator("1", open), indicator("2", closed)}, "0", []string{"tlp:red", "tlp:clear 5", " 5"}},
		{[]string{report, indicator("1", ""), indicator("2", open)}, "3", []string{"tlp:clear", "tlp:amber 0", " 5"}},
	} {
		events, _ := exported(t, objectsOf(t, strings.Join(c.objects, "\n")))
		names := func(tags []Tag) string {
			var out []string
			for _, t := range tags {
				out = append(out, t.Name)
			}
			return strings.Join(out, ",")
		}
		got := []string{names(events[0].Tags)}
		for _, a := range events[0].Attributes {
			got = append(got, names(a.Tags)+" "+a.Distribution)
		}
		if !slices.Equal(got, c.want) || events[0].Distribution != c.distribution {
			t.Errorf("%q %s, want %q %s", got, events[0].Distribution, c.want, c.distribution)
		}
	}
}
