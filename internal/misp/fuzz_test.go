package misp

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"entente/internal/attack"
	"entente/internal/stix"
)

// seeds are texts that a fuzzer begins with.
func seeds() []string {
	return []string{
		event(wholeEvent + `"Attribute":[` + attr("0001", "ip-dst|port", "192.0.2.1|443", ids) + "," + attr("0002", "domain|ip", "c2.example|192.0.2.1", `"Tag":[{"name":"tlp:red"}]`) + "," +
			attr("0003", "regkey|value", "a|b", ids) + "," + attr("0004", "link", "https://example.org/", "") + "," + attr("0005", "sigma", "title: x", ids) + "," +
			attr("0006", "stix2-pattern", "[a:b = 'c']", ids) + "," + attr("0007", "vulnerability", "CVE-2021-26855", `"deleted":true,"data":"AAAA"`) + `]`),
		event(`"distribution":"0","Object":[{"uuid":"5f0c1a2b-b001-4a2b-8c3d-0123456789ab","name":"email","Attribute":[` + objectAttr("c009", "from", "email-src", "a@example.org", "") + "," +
			objectAttr("c00a", "to", "email-dst", "b@example.org", ids) + `],"ObjectReference":[{"referenced_uuid":"5f0c1a2b-c009-4a2b-8c3d-0123456789ab","relationship_type":"x y"}]},
			{"name":"process","Attribute":[` + objectAttr("c00c", "pid", "text", "12", "") + "," + objectAttr("c00d", "parent-image", "filename", "x", "") + `]}]`),
		event(`"Attribute":[` + attr("0001", "domain", "c2.example", ids+`,"Sighting":[{"type":"0","date_sighting":"1683900500"},{"type":"1","date_sighting":"1683900500"},{"type":"2","date_sighting":"1783900500"}]`) + `],
			"EventReport":[{"name":"r","content":"x"}],"Galaxy":[{"type":"threat-actor","GalaxyCluster":[{"value":"APT40"}]},{"type":"country","GalaxyCluster":[{"value":"x","meta":{"ISO":"XX"}}]}]`),
		`{"response":[{"Event":{"info":"x","uuid":"u","Attribute":{"1":{"type":"md5","value":"x"}}}},[{"Event":{"info":""}}]]}`,
		`[{"info":"x","date":"2023-13-45","timestamp":"99999999999999999999","Orgc":{"name":""},"Tag":[{"name":"PAP:RED"},{"name":"tlp:ex:chr"}]}]`,
		`{"type":"bundle","objects":[]}`,
	}
}

func FuzzImport(f *testing.F) {
	facts, err := attack.Default()
	if err != nil {
		f.Fatal(err)
	}
	if len(seeds()) == 0 {
		f.Fatal("there is nothing to begin with")
	}
	for _, s := range seeds() {
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, revoke bool) {
		im := NewImporter(ImportOptions{Facts: facts, RevokeDeleted: revoke})
		var objects []*stix.Object
		_ = Read(bytes.NewReader(data), Limits{Events: 100, Parts: 1000}, func(e *Event) error {
			made, _ := im.Event(e)
			least := least(e)
			for _, raw := range made {
				o, err := stix.Parse(raw, stix.Limits{})
				if err != nil {
					t.Fatalf("%v: %s", err, raw)
				}
				for _, f := range stix.Check(o) {
					if f.Severity == stix.Error {
						t.Fatalf("%s: %s\n%s", f.Pointer, f.Message, raw)
					}
				}
				if o.Type != "marking-definition" && o.Type != "extension-definition" && stix.Stricter(label(o), least) != label(o) {
					t.Fatalf("%s is %q and not %q", o.ID, label(o), least)
				}
				objects = append(objects, o)
			}
			return nil
		}, func(Loss) {})
		there(t, objects)
	})
}

// there makes events of objects and objects of the events.
func there(t *testing.T, objects []*stix.Object) {
	t.Helper()
	events, _ := exported(t, objects)
	for _, e := range events {
		made, _ := NewImporter(ImportOptions{}).Event(e)
		for _, raw := range made {
			if err := valid(raw); err != nil {
				t.Fatalf("%v: %s", err, raw)
			}
		}
	}
}

// least is the label that everything of an event carries at least, by what its tags and distribution say.
func least(e *Event) string {
	l := distributions[e.Distribution]
	if _, known := distributions[e.Distribution]; !known {
		l = "red"
	}
	for _, t := range e.Tags {
		if label, ok := stix.TLPLabel(t.Name); ok && strings.HasPrefix(strings.ToLower(strings.TrimSpace(t.Name)), "tlp:") {
			l = stix.Stricter(l, label)
		}
	}
	return l
}

func FuzzExport(f *testing.F) {
	n := 0
	for _, s := range append(seeds(), foreign) {
		_ = Read(strings.NewReader(s), Limits{}, func(e *Event) error {
			made, _ := NewImporter(ImportOptions{}).Event(e)
			f.Add(bytes.Join(raws(made), []byte("\n")))
			n++
			return nil
		}, func(Loss) {})
	}
	f.Add([]byte(foreign))
	if n == 0 {
		f.Fatal("there is nothing to begin with")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var objects []*stix.Object
		r := stix.NewReader(bytes.NewReader(data), stix.Limits{})
		for {
			e, err := r.Next()
			if err != nil {
				break
			}
			if e.Err == nil && !e.Bundle {
				objects = append(objects, e.Object)
			}
		}
		there(t, objects)
	})
}

func raws(list []json.RawMessage) (out [][]byte) {
	for _, r := range list {
		out = append(out, r)
	}
	return out
}
