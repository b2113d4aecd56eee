package misp

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"entente/internal/stix"
)

// readOne reads one event.
func readOne(t *testing.T, text string) *Event {
	t.Helper()
	var out *Event
	err := Read(strings.NewReader(text), Limits{}, func(e *Event) error { out = e; return nil }, func(l Loss) { t.Error(l) })
	if err != nil || out == nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

// exported makes events of objects, checks what MISP asks of them, and reads them back.
func exported(t *testing.T, objects []*stix.Object) ([]*Event, []Loss) {
	t.Helper()
	events, losses := Export(objects, ExportOptions{})
	var b bytes.Buffer
	if err := Write(&b, events); err != nil {
		t.Fatal(err)
	}
	var out []*Event
	err := Read(&b, Limits{}, func(e *Event) error { out = append(out, e); return nil }, func(l Loss) { t.Error(l) })
	if err != nil && len(events) > 0 {
		t.Fatal(err)
	}
	for _, e := range out {
		for _, b := range e.Broken {
			t.Error(b)
		}
		accepted(t, e)
	}
	return out, losses
}

// accepted checks what MISP asks of an event: members that have to be there, and pairs of category and type.
func accepted(t *testing.T, e *Event) {
	t.Helper()
	uuids := map[string]bool{}
	unique := func(uuid string) {
		t.Helper()
		if uuids[uuid] || len(uuid) != 36 {
			t.Errorf("the UUID %q is there twice, or is none", uuid)
		}
		uuids[uuid] = true
	}
	unique(e.UUID)
	if e.Info == "" || len(e.Date) != 10 || e.Timestamp == "" || e.Orgc.Name == "" || e.Published ||
		!strings.Contains("1234", e.ThreatLevel) || !strings.Contains("012", e.Analysis) || !strings.Contains("0123", e.Distribution) {
		t.Errorf("MISP would not take the event %+v", *e)
	}
	ordered := func(first, last string) {
		t.Helper()
		a, begins := parseTime(first)
		if b, ends := parseTime(last); !begins && first != "" || !ends && last != "" || begins && ends && b.Before(a) {
			t.Errorf("MISP would not take that something was seen from %q to %q", first, last)
		}
	}
	check := func(a Attribute) {
		t.Helper()
		unique(a.UUID)
		ordered(a.FirstSeen, a.LastSeen)
		if c, ok := categoryOf(a.Type, a.Category); !ok || c != a.Category || !acceptable(a.Type, a.Value) || a.Timestamp == "" || !strings.Contains("01235", a.Distribution) {
			t.Errorf("MISP would not take the attribute %+v", a)
		}
	}
	for _, a := range e.Attributes {
		check(a)
	}
	for _, o := range e.Objects {
		unique(o.UUID)
		ordered(o.FirstSeen, o.LastSeen)
		if o.Name == "" || o.MetaCategory == "" || len(o.Attributes) == 0 || o.Timestamp == "" {
			t.Errorf("MISP would not take the object %+v", o)
		}
		for _, a := range o.Attributes {
			check(a)
			if a.Relation == "" || a.Relation == "0" { // which is empty in PHP
				t.Errorf("MISP would not take the attribute %+v of an object", a)
			}
		}
	}
}

const wholeEvent = `"threat_level_id":"1","analysis":"2","distribution":"1","extends_uuid":"5f0c1a2b-3333-4a2b-8c3d-0123456789ab",
"Org":{"name":"Holder","uuid":"5f0c1a2b-4444-4a2b-8c3d-0123456789ab"},
"Tag":[{"name":"tlp:amber+strict"},{"name":"PAP:AMBER"},{"name":"misp-galaxy:mitre-attack-pattern=\"Web Shell - T1505.003\""},{"name":"workflow:state=\"complete\""}],
"Galaxy":[{"uuid":"5f0c1a2b-5555-4a2b-8c3d-0123456789ab","name":"Attack Pattern","type":"mitre-attack-pattern","GalaxyCluster":[
 {"uuid":"5f0c1a2b-6666-4a2b-8c3d-0123456789ab","type":"mitre-attack-pattern","value":"Web Shell - T1505.003","tag_name":"misp-galaxy:mitre-attack-pattern=\"Web Shell - T1505.003\"","description":"A script on a server.","meta":{"external_id":["T1505.003"],"kill_chain":["mitre-attack:persistence"],"refs":["https://example.org/t"]}}]}],`

// TestRoundTripMISP: an event comes back as it was.
func TestRoundTripMISP(t *testing.T) {
	text := event(wholeEvent + `"Attribute":[` + strings.Join([]string{
		attr("0001", "ip-dst", "192.0.2.1", `"to_ids":true,"comment":"a comment","first_seen":"2023-05-01T10:00:00.123456+00:00","last_seen":"2023-05-02T10:00:00.000000+00:00"`),
		attr("0002", "ip-src|port", "192.0.2.1|443", ids),
		attr("0003", "ip-dst", "2001:db8::1", ""),
		attr("0004", "ip-dst", "192.0.2.0/24", ids),
		attr("0005", "domain|ip", "c2.example|192.0.2.4", ""),
		attr("0006", "hostname|port", "c2.example|8443", ids),
		attr("0007", "url", "hxxp://c2[.]example/'\\", ids),
		attr("0008", "uri", "/owa/auth/x.aspx", ids),
		attr("0009", "md5", "d41d8cd98f00b204e9800998ecf8427e", ids),
		attr("000a", "filename|sha256", "a b.exe|9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", ""),
		attr("000b", "imphash", "d41d8cd98f00b204e9800998ecf8427e", ids),
		attr("000c", "filename|imphash", "x.exe|d41d8cd98f00b204e9800998ecf8427e", ""),
		attr("000d", "ssdeep", "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C", ids),
		attr("000e", "email-src", "a@example.org", ids),
		attr("000f", "email-dst", "b@example.org", ""),
		attr("0010", "email-subject", "Quarterly figures", ids),
		attr("0011", "email-attachment", "figures.xlsm", ids),
		attr("0012", "email-x-mailer", "Lantern 1", ""),
		attr("0013", "regkey", `HKLM\Software\Lantern`, ids),
		attr("0014", "regkey|value", `HKLM\Software\Lantern|run me`, ""),
		attr("0015", "mutex", `Global\x`, ids),
		attr("0016", "named pipe", `lantern`, ids),
		attr("0017", "user-agent", "Lantern/1.0", ids),
		attr("0018", "AS", "AS64500", ""),
		attr("0019", "AS", "64500", ids),
		attr("001a", "mac-address", "D2-FB-49-24-37-18", ""),
		attr("001b", "x509-fingerprint-sha1", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", ids),
		attr("001c", "vulnerability", "CVE-2021-26855", ""),
		attr("001d", "link", "https://example.org/post", `"comment":"A post"`),
		attr("001e", "text", "two\nlines", ""),
		attr("001f", "comment", " blanks around ", ""),
		attr("0020", "yara", "rule x { condition: false }", ids),
		attr("0021", "snort", "alert tcp any any -> any any (sid:1;)", ids),
		attr("0022", "sigma", "title: x", ""),
		attr("0023", "stix2-pattern", "[process:command_line LIKE '%whoami%']", ids),
		attr("0024", "btc", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", ids),
		attr("0025", "cpe", "cpe:2.3:a:lantern:lantern:1.0:*:*:*:*:*:*:*", ""),
		attr("0026", "ja3-fingerprint-md5", "d41d8cd98f00b204e9800998ecf8427e", ids),
		attr("0027", "threat-actor", "QUIET HARBOUR", ""),
		attr("0028", "campaign-name", "Second wave", ""),
		attr("0029", "malware-sample", "x.exe|d41d8cd98f00b204e9800998ecf8427e", ids),
		attr("002a", "port", "443", ids),
		attr("002b", "windows-service-name", "lanternsvc", ""),
		attr("002c", "mime-type", "application/x-lantern", ""),
		attr("002d", "size-in-bytes", "1234", ids),
		attr("002e", "iban", "XX00 0000", `"disable_correlation":true`),
		attr("002f", "domain", "red.example", ids+`,"distribution":"0","Tag":[{"name":"tlp:red"},{"name":"own:tag"}]`),
		attr("0030", "domain", "sighted.example", ids+`,"Sighting":[
		 {"uuid":"5f0c1a2b-a001-4a2b-8c3d-0123456789ab","type":"0","date_sighting":"1683900500","source":"sensor","Organisation":{"name":"Member","uuid":"5f0c1a2b-7777-4a2b-8c3d-0123456789ab"}},
		 {"uuid":"5f0c1a2b-a002-4a2b-8c3d-0123456789ab","type":"1","date_sighting":"1683900600","source":"","Organisation":{"name":"Member","uuid":"5f0c1a2b-7777-4a2b-8c3d-0123456789ab"}}]`),
		attr("0031", "domain", "tagged.example", ids+`,"Tag":[{"name":"misp-galaxy:threat-actor=\"QUIET HARBOUR\""}]`),
		attr("0032", "target-user", "alice", ""),
		attr("0033", "github-username", "alice", ids),
		attr("0034", "email-body", "Dear all", ""),
		attr("0035", "filename", `C:\Temp\x.aspx`, ids),
	}, ",") + `],"Object":[` + strings.Join([]string{
		`{"uuid":"5f0c1a2b-b001-4a2b-8c3d-0123456789ab","name":"file","meta-category":"file","description":"File object","template_uuid":"688c46fb-5edb-40a3-8273-1af7923e2215","template_version":"24","comment":"the tool","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c001", "filename", "filename", "lantern.exe", ids) + "," + objectAttr("c002", "sha256", "sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", ids) + "," +
			objectAttr("c003", "size-in-bytes", "size-in-bytes", "12", "") + "," + objectAttr("c004", "entropy", "float", "7.1", "") +
			`],"ObjectReference":[{"uuid":"5f0c1a2b-d001-4a2b-8c3d-0123456789ab","referenced_uuid":"5f0c1a2b-b002-4a2b-8c3d-0123456789ab","relationship_type":"connected-to","comment":"at once","timestamp":"1683900000"},
			 {"uuid":"5f0c1a2b-d002-4a2b-8c3d-0123456789ab","referenced_uuid":"5f0c1a2b-0001-4a2b-8c3d-0123456789ab","relationship_type":"Talks to!","comment":"","timestamp":"1683900000"}]}`,
		`{"uuid":"5f0c1a2b-b002-4a2b-8c3d-0123456789ab","name":"network-connection","meta-category":"network","template_uuid":"af16764b-f8e5-4603-9de1-de34d272f80b","template_version":"2","comment":"","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c005", "ip-dst", "ip-dst", "192.0.2.9", "") + "," + objectAttr("c006", "dst-port", "port", "443", "") + "," + objectAttr("c007", "layer4-protocol", "text", "TCP", "") + "," +
			objectAttr("c008", "first-packet-seen", "datetime", "2023-05-01T10:00:00.000000+0000", "") + `]}`,
		`{"uuid":"5f0c1a2b-b003-4a2b-8c3d-0123456789ab","name":"email","meta-category":"network","comment":"","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c009", "from", "email-src", "a@example.org", "") + "," + objectAttr("c00a", "to", "email-dst", "b@example.org", "") + "," +
			objectAttr("c00b", "to", "email-dst", "c@example.org", "") + "," + objectAttr("c00c", "subject", "email-subject", "Figures", "") + "," +
			objectAttr("c00d", "attachment", "email-attachment", "figures.xlsm", "") + "," + objectAttr("c00e", "email-body", "email-body", "Dear all", "") + `]}`,
		`{"uuid":"5f0c1a2b-b004-4a2b-8c3d-0123456789ab","name":"vulnerability","meta-category":"vulnerability","comment":"","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c00f", "id", "vulnerability", "CVE-2021-27065", "") + "," + objectAttr("c010", "summary", "text", "Writes files.", "") + `]}`,
		`{"uuid":"5f0c1a2b-b005-4a2b-8c3d-0123456789ab","name":"lantern-report","meta-category":"misc","comment":"","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c011", "where", "text", "somewhere", "") + `]}`,
		`{"uuid":"5f0c1a2b-b006-4a2b-8c3d-0123456789ab","name":"process","meta-category":"misc","comment":"","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c012", "command-line", "text", "whoami /all", "") + "," + objectAttr("c013", "pid", "text", "12", "") + "," + objectAttr("c014", "image", "filename", "whoami.exe", "") + "," +
			objectAttr("c015", "parent-image", "filename", "w3wp.exe", "") + `]}`,
		`{"uuid":"5f0c1a2b-b007-4a2b-8c3d-0123456789ab","name":"yara","meta-category":"misc","comment":"","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c016", "yara", "yara", "rule y { condition: false }", ids) + "," + objectAttr("c017", "yara-rule-name", "text", "y", "") + `]}`,
		`{"uuid":"5f0c1a2b-b008-4a2b-8c3d-0123456789ab","name":"registry-key","meta-category":"file","comment":"","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c018", "key", "regkey", `HKLM\Software\L`, ids) + "," + objectAttr("c019", "data", "text", "x", ids) + `]}`,
		`{"uuid":"5f0c1a2b-b009-4a2b-8c3d-0123456789ab","name":"x509","meta-category":"network","comment":"","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c01a", "serial-number", "text", "01:02", "") + "," + objectAttr("c01b", "self_signed", "boolean", "1", "") + "," + objectAttr("c01c", "validity-not-after", "datetime", "2023-05-01", "") + `]}`,
		`{"uuid":"5f0c1a2b-b00a-4a2b-8c3d-0123456789ab","name":"domain-ip","meta-category":"network","comment":"","timestamp":"1683900000","distribution":"5","Attribute":[` +
			objectAttr("c01d", "domain", "domain", "c2.example", ids) + "," + objectAttr("c01e", "ip", "ip-dst", "192.0.2.7", ids) + "," + objectAttr("c01f", "ip", "ip-dst", "192.0.2.8", ids) + `]}`,
	}, ",") + `],"EventReport":[{"uuid":"5f0c1a2b-e001-4a2b-8c3d-0123456789ab","name":"The report","content":"# Quiet Harbour\n\ntext","timestamp":"1683900000","distribution":"5"}]`)
	want := readOne(t, text)
	got := mustImport(t, text, ImportOptions{})
	back, losses := exported(t, got.order)
	if len(back) != 1 {
		t.Fatalf("%d events", len(back))
	}
	have := back[0]
	if !said(losses, "that it is published") {
		t.Error(losses)
	}
	want.Published = false // said
	same(t, "attribute", want.Attributes, have.Attributes, func(a Attribute) string { return a.UUID })
	same(t, "object", want.Objects, have.Objects, func(o Object) string { return o.UUID })
	want.Attributes, have.Attributes, want.Objects, have.Objects = nil, nil, nil, nil
	for _, e := range []*Event{want, have} {
		slices.SortFunc(e.Tags, func(a, b Tag) int { return strings.Compare(a.Name, b.Name) })
	}
	if !reflect.DeepEqual(want, have) {
		t.Errorf("the event\n%+v\n%+v", want, have)
	}
	// What is lost is no more than this, and it is said.
	for _, l := range got.losses {
		if !slices.Contains([]string{"btc", "ja3-fingerprint-md5", "mime-type", "iban", "2 attributes that are not for detection", "where (text)", "the object lantern-report"}, l.What) {
			t.Error(l)
		}
	}
	if len(losses) != 1 || len(got.losses) != 7 {
		t.Errorf("%v\n%v", got.losses, losses)
	}
}

func objectAttr(n, relation, kind, value, more string) string {
	if more != "" {
		more = "," + more
	}
	return attr(n, kind, value, `"object_relation":"`+relation+`"`+more)
}

// same compares lists by keys.
func same[T any](t *testing.T, what string, want, have []T, key func(T) string) {
	t.Helper()
	byKey := map[string]T{}
	for _, h := range have {
		byKey[key(h)] = h
	}
	for _, w := range want {
		h, ok := byKey[key(w)]
		if !ok || !reflect.DeepEqual(w, h) {
			t.Errorf("%s\nwant %+v\nhave %+v", what, w, h)
		}
	}
	if len(have) != len(want) {
		t.Errorf("%d of %s, want %d", len(have), what, len(want))
	}
}

// A time later than MISP can say leaves what MISP asks for in place.
func TestExportLateTimes(t *testing.T) {
	const late = `{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0001-4a2b-8c3d-0123456789ab","created":"2023-05-06T00:00:00.000Z",` +
		`"modified":"9012-05-12T14:00:00.000Z","name":"x","pattern":"[domain-name:value = 'c2.example']","pattern_type":"stix","valid_from":"2023-05-12T14:00:00.000Z"}`
	const address = `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--8dded90c-40c0-545a-8027-5b212bb37e8e","value":"192.0.2.1"}`
	var objects []*stix.Object
	for _, text := range []string{late, address} {
		o, err := stix.Parse([]byte(text), stix.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
	events, losses := exported(t, objects)
	if len(events) != 1 || len(events[0].Attributes) != 2 || len(losses) == 0 {
		t.Errorf("%+v, losses %v", events, losses)
	}
}
