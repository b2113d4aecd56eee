package rank

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// object writes an object of a bundle; more is what stands behind its id and name.
func object(kind, id, attackID, name, more string) string {
	return fmt.Sprintf(`{"type":%q,"id":%q,"name":%q,"external_references":[{"source_name":"mitre-attack","external_id":%q}]%s}`, kind, id, name, attackID, more)
}

func uses(id, source, target, more string) string {
	return fmt.Sprintf(`{"type":"relationship","id":%q,"relationship_type":"uses","source_ref":%q,"target_ref":%q%s}`, id, source, target, more)
}

func bundle(objects ...string) string {
	return `{"type":"bundle","id":"bundle--1","objects":[` + strings.Join(objects, ",\n") + `]}`
}

// small is a bundle of three groups in force.
func small() string {
	const revoked, deprecated = `,"revoked":true`, `,"x_mitre_deprecated":true`
	return bundle(
		`{"type":"x-mitre-collection","id":"c","x_mitre_version":"0.1"}`,
		object("intrusion-set", "g1", "G0001", "Alder", `,"aliases":["Alder","Beech"]`),
		object("intrusion-set", "g2", "G0002", "Birch", ""),
		object("intrusion-set", "g3", "G0003", "Cedar", ""),
		object("intrusion-set", "g4", "G0004", "Gone", revoked),
		object("attack-pattern", "t1", "T1001", "First", ""),
		object("attack-pattern", "t2", "T1001.001", "Below", ""),
		object("attack-pattern", "t3", "T1002", "Second", ""),
		object("attack-pattern", "t4", "T1003", "Old", deprecated),
		object("attack-pattern", "t5", "T1004", "Nobody's", ""),
		object("malware", "s1", "S0001", "Wood\u202eworm", ""),
		object("tool", "s2", "S0002", "Axe", ""),
		uses("r1", "g1", "t1", ""), uses("r2", "g1", "s1", ""), uses("r3", "g1", "t3", ""),
		uses("r4", "g2", "t1", ""), uses("r5", "g2", "t2", ""), uses("r6", "g2", "s2", ""),
		uses("r7", "g3", "t1", ""), uses("r8", "g3", "t3", ""),
		uses("r9", "g3", "s1", deprecated), uses("r10", "g3", "t4", ""), uses("r11", "g4", "t2", ""),
		uses("r12", "s1", "t2", ""), uses("r13", "g3", "missing", ""), `{"type":17}`,
	)
}

func readSmall(t *testing.T) *Corpus {
	t.Helper()
	c, err := ReadBundle(strings.NewReader(small()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pairs(c *Corpus) (out []string) {
	for _, r := range c.Rows {
		out = append(out, c.Groups[r.Group].ID+" "+c.Features[r.Feature].ID)
	}
	slices.Sort(out)
	return out
}

func TestReadBundle(t *testing.T) {
	c := readSmall(t)
	want := []string{"G0001 S0001", "G0001 T1001", "G0001 T1002", "G0002 S0002", "G0002 T1001", "G0002 T1001.001", "G0003 T1001", "G0003 T1002"}
	if got := pairs(c); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	if c.Version != "0.1" || !slices.Equal(c.Groups[0].Aliases, []string{"Beech"}) {
		t.Errorf("version %q, group %+v", c.Version, c.Groups[0])
	}
	if f, ok := c.Feature("T1001.001"); !ok || f.Name != "First: Below" {
		t.Errorf("a sub-technique is called %q", f.Name)
	}
	if f, _ := c.Feature("S0001"); f.Name != "Woodworm" {
		t.Errorf("a name has control characters: %q", f.Name)
	}
}

func TestReadBundleRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "this is no STIX bundle"},
		{"[]", "this is no STIX bundle"},
		{`{"objects":3}`, "this is no STIX bundle"},
		{bundle(object("attack-pattern", "t1", "T1001", "First", "")), "no group in it uses anything"},
		{small()[:900], "unexpected EOF"},
		{`{"objects":[{"type":}]}`, "object 1, from byte"},
	} {
		if _, err := ReadBundle(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.30q: %v, want %q", c.text, err, c.want)
		}
	}
}

func FuzzReadBundle(f *testing.F) {
	f.Add(small())
	f.Add(`{"objects":[{"type":"intrusion-set","id":"x","external_references":[{"source_name":"mitre-attack","external_id":"g0001"}]}]}`)
	f.Add(`{"objects":[null,[],{"type":"relationship","relationship_type":"uses"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadBundle(strings.NewReader(text))
		if err != nil {
			return
		}
		p, err := c.Profiles(Reduction{})
		if err != nil {
			t.Fatal(err)
		}
		checkRanking(t, p.Rank([]string{"T1001", c.Features[0].ID}))
	})
}
