package misp

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"entente/internal/attack"
	"entente/internal/stix"
)

// imported is what became of events.
type imported struct {
	objects map[string]*stix.Object
	order   []*stix.Object
	losses  []Loss
}

// mustImport reads events and makes objects of them; each has to pass the checks.
func mustImport(t *testing.T, text string, o ImportOptions) imported {
	t.Helper()
	var out imported
	out.objects = map[string]*stix.Object{}
	if o.Facts == nil {
		facts, err := attack.Default()
		if err != nil {
			t.Fatal(err)
		}
		o.Facts = facts
	}
	im := NewImporter(o)
	check := stix.Checker{Pattern: func(kind, _, text string) error {
		if kind == "stix" {
			return goodPattern(text)
		}
		return nil
	}}
	err := Read(strings.NewReader(text), Limits{}, func(e *Event) error {
		objects, losses := im.Event(e)
		out.losses = append(out.losses, losses...)
		for _, raw := range objects {
			x, err := stix.Parse(raw, stix.Limits{})
			if err != nil {
				t.Fatalf("%v: %s", err, raw)
			}
			for _, f := range check.Check(x) {
				if f.Severity == stix.Error {
					t.Errorf("%s: %s: %s\n%s", x.ID, f.Pointer, f.Message, raw)
				}
			}
			out.objects[x.ID] = x
			out.order = append(out.order, x)
		}
		return nil
	}, func(l Loss) { out.losses = append(out.losses, l) })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ofType are the objects of a type in their order.
func (i imported) ofType(kind string) (out []*stix.Object) {
	for _, o := range i.order {
		if o.Type == kind {
			out = append(out, o)
		}
	}
	return out
}

// label is the strictest label of an object.
func label(o *stix.Object) string {
	l := ""
	for _, id := range o.ObjectMarkingRefs {
		if x, ok := stix.TLPOfMarking(id); ok {
			l = stix.Stricter(l, x)
		}
	}
	return l
}

// said says whether a loss holds all words.
func said(list []Loss, words ...string) bool {
	return slices.ContainsFunc(list, func(l Loss) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(l.String(), w) })
	})
}

// event wraps members of an event.
func event(members string) string {
	return `{"Event":{"uuid":"5f0c1a2b-1111-4a2b-8c3d-0123456789ab","info":"Quiet Harbour","date":"2023-05-06","timestamp":"1683900000",
"published":true,"publish_timestamp":"1683900100","Orgc":{"name":"Example CERT","uuid":"5f0c1a2b-2222-4a2b-8c3d-0123456789ab"},` + members + `}}`
}

// attr is an attribute with a number for its UUID, and with what MISP writes for every attribute.
func attr(n, kind, value, more string) string {
	v, _ := json.Marshal(value)
	for name, otherwise := range map[string]string{"to_ids": "false", "distribution": `"5"`} {
		if !strings.Contains(more, name) {
			more += `,"` + name + `":` + otherwise
		}
	}
	category, _ := categoryOf(kind, "")
	return `{"uuid":"5f0c1a2b-` + n + `-4a2b-8c3d-0123456789ab","type":"` + kind + `","category":"` + category + `","timestamp":"1683900000","value":` +
		string(v) + "," + strings.TrimPrefix(more, ",") + `}`
}

const ids = `"to_ids":true`

func TestForms(t *testing.T) {
	one := event(`"Attribute":[` + attr("0001", "domain", "c2.example", ids) + `]`)
	bare := strings.TrimSuffix(strings.TrimPrefix(one, `{"Event":`), "}")
	for name, text := range map[string]string{
		"event": one, "bare": bare, "list": "[" + one + "]", "answer": `{"response":[` + one + `]}`, "single answer": `{"response":` + one + `}`,
		"list of bare": "[" + bare + "]", "lines": one + "\n", "BOM": "\xEF\xBB\xBF" + one,
		"PHP": strings.Replace(strings.Replace(one, `"Attribute":[`, `"Attribute":{"3":`, 1), `]}}`, `}}}`, 1),
	} {
		got := mustImport(t, text, ImportOptions{})
		list := got.ofType("indicator")
		if len(list) != 1 || property(list[0], "pattern") != "[domain-name:value = 'c2.example']" || len(got.losses) > 0 {
			t.Errorf("%s: %v %v", name, list, got.losses)
		}
		if len(got.ofType("report")) != 1 || list[0].CreatedByRef != "identity--5f0c1a2b-2222-4a2b-8c3d-0123456789ab" {
			t.Errorf("%s: %v", name, got.order)
		}
	}
	for text, want := range map[string]string{
		`{"response":{"Attribute":[{"type":"domain","value":"c2.example"}]}}`: "without their event", "{}": "no event", "[]": "no event", "": "no event", "42": "no event", "[": "ends in the middle", `{"Event":{"info":"x"`: "ends in the middle", "{]": "byte",
	} {
		lost := ""
		err := Read(strings.NewReader(text), Limits{}, func(*Event) error { return nil }, func(l Loss) { lost += l.String() })
		if (err == nil || !strings.Contains(err.Error(), want)) && !strings.Contains(lost, want) {
			t.Errorf("%s: %v %s", text, err, lost)
		}
	}
	if err := Read(strings.NewReader(one), Limits{}, func(*Event) error { return errNo }, nil); !errors.Is(err, errNo) {
		t.Error(err)
	}
}

var errNo = errors.New("no")

// TestHandling: nothing gets wider.
func TestHandling(t *testing.T) {
	for _, c := range []struct {
		event, attribute string
		want             string // of the attribute's object
		loss             string
	}{
		{`"Tag":[]`, ``, "", ""},
		{`"Tag":[{"name":"tlp:white"}]`, ``, "clear", ""},
		{`"Tag":[{"name":"TLP:AMBER+STRICT"}]`, ``, "amber+strict", ""},
		{`"Tag":[{"name":"tlp:green"},{"name":"tlp:red"}]`, ``, "red", ""},
		{`"Tag":[{"name":"tlp:green"}]`, `"Tag":[{"name":"tlp:red"}]`, "red", ""},
		{`"Tag":[{"name":"tlp:amber"}]`, `"Tag":[{"name":"tlp:clear"}]`, "amber", "the label clear"},
		{`"Tag":[{"name":"tlp:ex:chr"}]`, ``, "amber+strict", "nobody knows this label"},
		{`"Tag":"tlp:red"`, ``, "red", ""},
		{`"Tag":["tlp:red"]`, ``, "red", ""},
		{`"Tag":{"name":"tlp:red","colour":"#f00"}`, ``, "red", ""},
		{`"Tag":{"0":{"name":"tlp:green"},"7":"tlp:red"}`, ``, "red", ""},
		{`"Tag":{"name":"tlp:clear","name":"tlp:red"}`, ``, "amber+strict", "may have been a label"},
		{`"Tag":[{"name":"tlp:clear","name":"tlp:red"}]`, ``, "amber+strict", "may have been a label"},
		{`"Tag":[{"name":["tlp:red"]},{"name":"tlp:green"}]`, ``, "amber+strict", "may have been a label"},
		{`"Tag":[{"name":"tlp:red"},7]`, ``, "red", "may have been a label"},
		{`"Tag":7`, ``, "amber+strict", "may have been a label"},
		{`"Tag":{"colour":"#f00"}`, ``, "amber+strict", "may have been a label"},
		{`"Tag":null`, ``, "", ""},
		{`"Tag":{}`, ``, "", ""},
		{`"Tag":[null,""]`, ``, "", ""},
		{`"EventTag":[{"id":"1","Tag":{"name":"tlp:red"}}]`, ``, "red", ""},
		{`"EventTag":{"Tag":{"name":"tlp:red"}}`, ``, "red", ""},
		{`"EventTag":[{"tag_id":"1"}]`, ``, "amber+strict", "may have been a label"},
		{`"Tag":[]`, `"Tag":"tlp:red"`, "red", ""},
		{`"Tag":[]`, `"Tag":{"name":"tlp:red"}`, "red", ""},
		{`"Tag":[]`, `"AttributeTag":[{"Tag":{"name":"tlp:red"}}]`, "red", ""},
		{`"Tag":[]`, `"AttributeTag":[{"tag_id":"1"}]`, "amber+strict", "may have been a label"},
		{`"Tag":[]`, `"Tag":true`, "amber+strict", "may have been a label"},
		{`"distribution":["0"]`, ``, "red", "nobody knows it"},
		{`"distribution":"3"`, `"distribution":{"x":"0"}`, "red", "nobody knows it"},
		{`"distribution":"0"`, ``, "red", "your organisation only"},
		{`"distribution":0,"Tag":[{"name":"tlp:green"}]`, ``, "red", "your organisation only"},
		{`"distribution":"1"`, ``, "amber+strict", "this community only"},
		{`"distribution":"2"`, ``, "amber", "connected communities"},
		{`"distribution":"3"`, ``, "", ""},
		{`"distribution":"4","SharingGroup":{"name":"Four","uuid":"u"}`, ``, "red", "Four"},
		{`"distribution":"9"`, ``, "red", "nobody knows it"},
		{`"distribution":"3","Tag":[{"name":"tlp:green"}]`, `"distribution":"0"`, "red", "your organisation only"},
		{`"distribution":"3","Tag":[{"name":"tlp:green"}]`, `"distribution":"5"`, "green", ""},
	} {
		more := ids
		if c.attribute != "" {
			more += "," + c.attribute
		}
		got := mustImport(t, event(c.event+`,"Attribute":[`+attr("0001", "domain", "c2.example", more)+`]`), ImportOptions{})
		if l := label(got.ofType("indicator")[0]); l != c.want {
			t.Errorf("%s %s: %q, want %q", c.event, c.attribute, l, c.want)
		}
		if c.loss != "" && !said(got.losses, c.loss) || c.loss == "" && len(got.losses) > 0 {
			t.Errorf("%s %s: %v, want %q", c.event, c.attribute, got.losses, c.loss)
		}
	}
	got := mustImport(t, event(`"distribution":"0","Tag":[{"name":"tlp:green"},{"name":"PAP:AMBER"},{"name":"a:b=\"c\""},{"name":"secret","local":true}],"Attribute":[`+
		attr("0001", "domain", "c2.example", ids)+`]`), ImportOptions{TrustTLP: true})
	for _, o := range got.order {
		if o.Type == "marking-definition" || o.Type == "extension-definition" {
			continue
		}
		if label(o) != "green" {
			t.Errorf("%s is %q", o.ID, label(o))
		}
		if strings.Contains(string(o.Raw), "secret") {
			t.Errorf("%s holds a local tag", o.Raw)
		}
		if o.Type == "indicator" && len(o.ObjectMarkingRefs) != 2 {
			t.Errorf("%s has no PAP", o.Raw)
		}
		if o.Type == "report" && !slices.Equal(o.Labels, []string{`a:b="c"`}) {
			t.Errorf("%q", o.Labels)
		}
	}
	if !said(got.losses, "secret", "local") {
		t.Error(got.losses)
	}
}

func TestObjects(t *testing.T) {
	got := mustImport(t, event(`"Attribute":[
`+attr("0001", "domain", "gone.example", ids+`,"deleted":true`)+`,`+attr("0002", "vulnerability", "CVE-2021-26855", `"comment":"server side request forgery"`)+`,`+
		attr("0003", "domain", "sighted.example", ids+`,"Sighting":[{"type":"2","date_sighting":"1690000000"},{"type":"0","date_sighting":"1690000001","Organisation":{"name":"Member","uuid":"5f0c1a2b-7777-4a2b-8c3d-0123456789ab"}},{"type":"1","date_sighting":"1690000002","source":"analyst"},{"type":"7","date_sighting":"1690000002"}]`)+`],
"Object":[{"uuid":"5f0c1a2b-b001-4a2b-8c3d-0123456789ab","name":"file","meta-category":"file","timestamp":"1683900000","Attribute":[`+
		objectAttr("c001", "filename", "filename", "x.exe", ids)+","+objectAttr("c002", "md5", "md5", "d41d8cd98f00b204e9800998ecf8427e", ids)+","+
		objectAttr("c003", "sha256", "sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", ids+`,"Tag":[{"name":"tlp:red"}]`)+`]}],
"Galaxy":[{"type":"mitre-intrusion-set","GalaxyCluster":[{"value":"Leviathan - G0065"}]},{"type":"mitre-malware","GalaxyCluster":[{"value":"China Chopper - S0020"}]},
{"type":"sector","GalaxyCluster":[{"value":"Health"}]},{"type":"country","GalaxyCluster":[{"value":"austria","meta":{"ISO":["AT"]}}]},{"type":"region","GalaxyCluster":[{"value":"155 - Western Europe"}]},
{"type":"no-such-galaxy","GalaxyCluster":[{"value":"x"}]}]`), ImportOptions{})
	find := func(kind string) *stix.Object {
		t.Helper()
		list := got.ofType(kind)
		if len(list) == 0 {
			t.Fatalf("there is no %s", kind)
		}
		return list[0]
	}
	for kind, want := range map[string]string{
		"intrusion-set": `"external_id":"G0065"`, "malware": `"external_id":"S0020"`, "vulnerability": `"external_id":"CVE-2021-26855"`,
		"location": `"country":"AT"`, "sighting": `"where_sighted_refs":["identity--5f0c1a2b-7777-4a2b-8c3d-0123456789ab"]`,
		"opinion": `"explanation":"False positive, says analyst."`,
	} {
		if o := find(kind); !strings.Contains(string(o.Raw), want) {
			t.Errorf("there is no %s in %s", want, o.Raw)
		}
	}
	if got.objects["indicator--5f0c1a2b-0001-4a2b-8c3d-0123456789ab"] != nil || !said(got.losses, "0001", "deleted") {
		t.Error("what was deleted is there", got.losses)
	}
	if o := got.objects["indicator--5f0c1a2b-0003-4a2b-8c3d-0123456789ab"]; property(o, "valid_until") != "2023-07-22T04:26:40.000Z" {
		t.Errorf("%s", o.Raw)
	}
	file := got.objects["indicator--5f0c1a2b-b001-4a2b-8c3d-0123456789ab"]
	if want := "[file:name = 'x.exe' AND (file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e' OR file:hashes.'SHA-256' = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08')]"; property(file, "pattern") != want {
		t.Errorf("%s, want %s", property(file, "pattern"), want)
	}
	if label(file) != "red" || !said(got.losses, "the whole object carries it") {
		t.Error(label(file), got.losses)
	}
	if !said(got.losses, "no-such-galaxy") || !said(got.losses, "sighting of type 7") {
		t.Error(got.losses)
	}
	revoked := mustImport(t, event(`"Attribute":[`+attr("0001", "domain", "gone.example", ids+`,"deleted":true`)+`]`), ImportOptions{RevokeDeleted: true})
	if o := revoked.ofType("indicator"); len(o) != 1 || !o[0].Revoked {
		t.Error(revoked.order)
	}
	unpublished := strings.Replace(event(`"Attribute":[]`), `"published":true,"publish_timestamp":"1683900100",`, "", 1)
	if g := mustImport(t, unpublished, ImportOptions{}).ofType("grouping"); len(g) != 1 || g[0].ID != "grouping--5f0c1a2b-1111-4a2b-8c3d-0123456789ab" {
		t.Error(g)
	}
}

// TestSame: the same event gives the same bytes, and what is changed a newer version of the same object.
func TestSame(t *testing.T) {
	text := event(wholeEvent + `"Attribute":[` + attr("0001", "domain|ip", "c2.example|192.0.2.1", "") + "," + attr("0002", "domain", "c3.example", ids) + `]`)
	a, b := mustImport(t, text, ImportOptions{}), mustImport(t, text, ImportOptions{})
	for i := range a.order {
		if string(a.order[i].Raw) != string(b.order[i].Raw) {
			t.Errorf("%s\n%s", a.order[i].Raw, b.order[i].Raw)
		}
	}
	later := mustImport(t, strings.ReplaceAll(text, "1683900000", "1693900000"), ImportOptions{})
	for _, o := range a.order {
		n := later.objects[o.ID]
		if n == nil {
			t.Errorf("%s is gone", o.ID)
			continue
		}
		for _, f := range stix.CheckVersions(o, n) {
			if f.Severity == stix.Error {
				t.Errorf("%s: %s", o.ID, f.Message)
			}
		}
	}
}

// TestStricter: what is stricter than its event is not named by the report, and comes back all the same.
func TestStricter(t *testing.T) {
	text := event(`"Tag":[{"name":"tlp:amber"}],"Attribute":[` + attr("0001", "ip-dst", "192.0.2.1", "") + "," + attr("0002", "ip-dst", "192.0.2.66", `"Tag":[{"name":"tlp:red"}],"Sighting":[
		{"type":"0","date_sighting":"1683900500","Organisation":{"name":"Secret member","uuid":"5f0c1a2b-7777-4a2b-8c3d-0123456789ab"}}]`) + `]`)
	got := mustImport(t, text, ImportOptions{})
	report := got.ofType("report")[0]
	for id := range report.Refs() {
		if o := got.objects[id.ID]; o != nil && label(o) == "red" {
			t.Errorf("the report names %s, which is red", id.ID)
		}
	}
	for _, o := range got.order {
		raw := string(o.Raw)
		if (strings.Contains(raw, "192.0.2.66") || strings.Contains(raw, "Secret member")) && label(o) != "red" {
			t.Errorf("%s is %q", raw, label(o))
		}
	}
	events, _ := exported(t, got.order)
	if len(events) != 1 || len(events[0].Attributes) != 2 {
		t.Errorf("%+v", events)
	}
	two := mustImport(t, "["+text+","+strings.NewReplacer("5f0c1a2b-1", "5f0c1a2c-1", "5f0c1a2b-0", "5f0c1a2c-0").Replace(text)+"]", ImportOptions{})
	if events, _ := exported(t, two.order); len(events) != 2 || len(events[0].Attributes) != 2 || len(events[1].Attributes) != 2 {
		t.Errorf("%+v", events)
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct{ kind, value, want string }{
		{"ip-src", "192.0.2.1", "[network-traffic:src_ref.value = '192.0.2.1']"},
		{"ip-dst", "2001:db8::/32", "[network-traffic:dst_ref.value ISSUBSET '2001:db8::/32']"},
		{"ip-dst", "no address", "[network-traffic:dst_ref.value = 'no address']"},
		{"domain|ip", "c2.example|192.0.2.1", "[domain-name:value = 'c2.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']"},
		{"filename", `C:\Temp\x.aspx`, `[file:name = 'x.aspx' AND file:parent_directory_ref.path = 'C:\\Temp']`},
		{"filename|md5", `/tmp/x|d41d8cd98f00b204e9800998ecf8427e`, `[file:name = 'x' AND file:parent_directory_ref.path = '/tmp' AND file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']`},
		{"named pipe", `\\.\pipe\lantern`, `[file:name = 'lantern' AND file:parent_directory_ref.path = '\\\\.\\pipe']`},
		{"sha512/256", "00", "[file:hashes.'SHA-512-256' = '00']"},
		{"imphash", "00", "[file:extensions.'windows-pebinary-ext'.imphash = '00']"},
		{"user-agent", "it's", `[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'it\'s']`},
		{"AS", "AS64500", "[autonomous-system:number = 64500]"},
		{"mac-address", "D2-FB-49-24-37-18", "[mac-addr:value = 'd2:fb:49:24:37:18']"},
		{"regkey|value", `HKLM\x|y|z`, `[windows-registry-key:key = 'HKLM\\x' AND windows-registry-key:values[*].data = 'y|z']`},
		{"email-attachment", "x", "[email-message:body_multipart[*].body_raw_ref.name = 'x']"},
		{"x509-fingerprint-sha256", "00", "[x509-certificate:hashes.'SHA-256' = '00']"},
		{"twitter-id", "x", "[user-account:account_login = 'x' AND user-account:account_type = 'twitter']"},
		{"btc", "x", "[x-misp-attribute:type = 'btc' AND x-misp-attribute:value = 'x']"},
		{"ip-dst|port", "192.0.2.1", "[x-misp-attribute:type = 'ip-dst|port' AND x-misp-attribute:value = '192.0.2.1']"},
		{"AS", "many", "[x-misp-attribute:type = 'AS' AND x-misp-attribute:value = 'many']"},
	} {
		got := mustImport(t, event(`"Attribute":[`+attr("0001", c.kind, c.value, ids)+`]`), ImportOptions{})
		list := got.ofType("indicator")
		if len(list) != 1 || property(list[0], "pattern") != c.want {
			t.Errorf("%s %s: %v, want %s", c.kind, c.value, got.order[len(got.order)-2], c.want)
			continue
		}
		back, _ := exported(t, got.order)
		if a := back[0].Attributes[0]; acceptable(c.kind, c.value) && (a.Type != c.kind || a.Value != c.value) {
			t.Errorf("%s %s came back as %s %s", c.kind, c.value, a.Type, a.Value)
		}
	}
	// An attribute that does not say what it is meant for is meant for what MISP proposes.
	for kind, want := range map[string]int{"domain": 1, "md5": 1, "text": 0, "vulnerability": 0, "btc": 1, "target-user": 0, "no-such-type": 0} {
		text := strings.Replace(attr("0001", kind, "00", ""), `"to_ids":false,`, "", 1)
		text = strings.Replace(text, `,"to_ids":false`, "", 1)
		if got := mustImport(t, event(`"Attribute":[`+text+`]`), ImportOptions{}); len(got.ofType("indicator")) != want {
			t.Errorf("%s: %s", kind, text)
		}
	}
}
