package misp

import (
	"fmt"
	"strings"
	"testing"
)

func TestHostile(t *testing.T) {
	good := attr("0001", "domain", "c2.example", ids)
	for name, c := range map[string]struct {
		text string
		want []string // of a loss
		left int      // indicators
	}{
		"duplicate key in an attribute": {event(`"Attribute":[{"uuid":"x","type":"domain","type":"url","value":"a"},` + good + `]`), []string{"attribute 1", "cannot be read"}, 1},
		"duplicate key in the event":    {event(`"info":"another","Attribute":[` + good + `]`), []string{"the whole event", `"info" stands in it twice`}, 0},
		"duplicate list":                {event(`"Attribute":[` + good + `],"Attribute":[]`), []string{"the whole event", "twice"}, 0},
		"bad UTF-8":                     {event(`"Attribute":[{"type":"domain","value":"a` + "\xff" + `"},` + good + `]`), []string{"attribute 1", "cannot be read"}, 1},
		"bad UTF-8 in the event":        {event(`"analysis":"` + "\xff" + `","Attribute":[` + good + `]`), []string{"analysis", "UTF-8"}, 1},
		"lone surrogate":                {event(`"Attribute":[{"type":"domain","value":"\ud800"},` + good + `]`), []string{"attribute 1", "cannot be read"}, 1},
		"deep attribute":                {event(`"Attribute":[{"type":"domain","value":"x","Tag":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `},` + good + `]`), []string{"attribute 1", "cannot be read"}, 1},
		"deep member":                   {event(`"RelatedEvent":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `,"Attribute":[` + good + `]`), []string{"1 of RelatedEvent"}, 1},
		"no list":                       {event(`"Attribute":"x","Object":[]`), []string{"Attribute", "no list"}, 0},
		"null list":                     {event(`"Attribute":null,"Object":null`), nil, 0},
		"attachment":                    {event(`"Attribute":[` + good + `,` + attr("0002", "attachment", "x.zip", `"data":"`+strings.Repeat("A", 1<<20)+`"`) + `]`), []string{"the file in data", "1048576 bytes"}, 1},
		"no type":                       {event(`"Attribute":[{"value":"x"},` + good + `]`), []string{"attribute 1", "no type"}, 1},
		"odd time":                      {event(`"Attribute":[` + attr("0002", "domain", "x.example", `"first_seen":"yesterday","last_seen":"9999999999999999999"`) + `,` + good + `]`), nil, 1},
		"UUID twice":                    {event(`"Attribute":[` + good + `,` + strings.Replace(good, "c2.example", "c3.example", 1) + `]`), []string{"two parts of the event have it"}, 2},
		"no UUID":                       {event(`"Attribute":[` + strings.Replace(good, "5f0c1a2b-0001", "x", 1) + `]`), []string{"it is none"}, 1},
		"odd reference":                 {event(`"Attribute":[` + good + `],"Object":[{"uuid":"5f0c1a2b-b001-4a2b-8c3d-0123456789ab","name":"file","Attribute":[` + objectAttr("c001", "filename", "filename", "x", "") + `],"ObjectReference":[{"referenced_uuid":"nowhere","relationship_type":"x"}]}]`), []string{"one of its ends is not there"}, 1},
		"proposals":                     {event(`"Attribute":[` + strings.Replace(good, `"to_ids"`, `"ShadowAttribute":[{},{}],"to_ids"`, 1) + `]`), []string{"2 of ShadowAttribute", "proposals"}, 1},
	} {
		got := mustImport(t, c.text, ImportOptions{})
		if n := len(got.ofType("indicator")); n != c.left {
			t.Errorf("%s: %d indicators, want %d", name, n, c.left)
		}
		if c.want != nil && !said(got.losses, c.want...) || c.want == nil && len(got.losses) > 0 {
			t.Errorf("%s: %v, want %q", name, got.losses, c.want)
		}
		if strings.Contains(name, "attachment") {
			for _, o := range got.order {
				if strings.Contains(string(o.Raw), "AAAAAAAA") {
					t.Error("the content of a file has come along")
				}
			}
		}
	}
}

func TestLimits(t *testing.T) {
	many := make([]string, 50)
	for i := range many {
		many[i] = attr(fmt.Sprintf("%04x", i), "domain", fmt.Sprintf("c%d.example", i), ids)
	}
	text := event(`"Attribute":[` + strings.Join(many, ",") + `]`)
	count := func(text string, lim Limits) (events, attributes int, losses []Loss, err error) {
		err = Read(strings.NewReader(text), lim, func(e *Event) error {
			events++
			attributes += len(e.Attributes)
			losses = append(losses, e.Broken...)
			return nil
		}, func(l Loss) { losses = append(losses, l) })
		return events, attributes, losses, err
	}
	if events, n, losses, err := count(text, Limits{Parts: 20}); events != 1 || n != 20 || err != nil || !said(losses, "more than 20 parts") {
		t.Error(events, n, losses, err)
	}
	if events, n, losses, err := count(text, Limits{Part: 100}); events != 1 || n != 0 || err != nil || len(losses) != 50 || !said(losses, "longer than 100 bytes") {
		t.Error(events, n, losses, err)
	}
	if _, _, _, err := count(text, Limits{Size: 1000}); err == nil || !strings.Contains(err.Error(), "longer than 1000 bytes") {
		t.Error(err)
	}
	if events, _, _, err := count(strings.Repeat(text, 5), Limits{Events: 3}); events != 3 || err == nil || !strings.Contains(err.Error(), "more than 3 events") {
		t.Error(events, err)
	}
	if _, _, _, err := count(strings.Repeat(`{"response":[`, 100), Limits{}); err == nil || !strings.Contains(err.Error(), "deeper") {
		t.Error(err)
	}
	if _, _, _, err := count(strings.Repeat("[", 1_000_000), Limits{}); err == nil || !strings.Contains(err.Error(), "deeper") {
		t.Error(err)
	}
	if _, _, _, err := count(text[:len(text)-3], Limits{}); err == nil || !strings.Contains(err.Error(), "byte") {
		t.Error(err)
	}
}

// TestCrowd: what an event has many of takes time in proportion. It fails by running for hours.
func TestCrowd(t *testing.T) {
	n := 3_000
	var attributes, tags, refs, recipients, clusters []string
	for i := range n {
		attributes = append(attributes, fmt.Sprintf(`{"type":"domain","to_ids":%t,"value":"c%d.example","uuid":"%08x-0000-4000-8000-000000000000"}`, i%2 == 0, i, i))
		tags = append(tags, fmt.Sprintf(`{"name":"a:b=\"%d\""}`, i))
		refs = append(refs, fmt.Sprintf(`{"referenced_uuid":"%08x-0000-4000-8000-000000000000","relationship_type":"x"}`, i))
		recipients = append(recipients, fmt.Sprintf(`{"type":"email-dst","object_relation":"to","value":"a%d@example.org"}`, i))
		clusters = append(clusters, fmt.Sprintf(`{"value":"c%d","type":"threat-actor"}`, i))
	}
	got := mustImport(t, event(`"Attribute":[`+strings.Join(attributes, ",")+`],"Tag":[`+strings.Join(tags, ",")+`],"Galaxy":[{"type":"threat-actor","GalaxyCluster":[`+strings.Join(clusters, ",")+`]}],
		"Object":[{"uuid":"5f0c1a2b-b001-4a2b-8c3d-0123456789ab","name":"email","Attribute":[`+strings.Join(recipients, ",")+`],"ObjectReference":[`+strings.Join(refs, ",")+`]}]`), ImportOptions{})
	if len(got.ofType("indicator")) != n/2 || len(got.ofType("observed-data")) != n/2 || len(got.ofType("relationship")) != n || len(got.ofType("threat-actor")) != n {
		t.Error(len(got.order))
	}
	events, _ := exported(t, got.order)
	if len(events) != 1 || len(events[0].Attributes) != n || len(events[0].Objects[0].References) != n {
		t.Error(len(events), len(events[0].Attributes))
	}
}
