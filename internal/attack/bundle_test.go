package attack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// small is a bundle of the shape of v18: two tactics, a technique with a sub-technique, one that was revoked, a group
// that uses them, software, a campaign, a mitigation and a detection.
const small = `{"type":"bundle","id":"bundle--1","spec_version":"2.0","objects":[
{"type":"x-mitre-collection","id":"x-mitre-collection--1","x_mitre_version":"18.9","name":"Enterprise"},
{"type":"x-mitre-matrix","id":"x-mitre-matrix--1","name":"M","external_references":[{"source_name":"mitre-attack","external_id":"enterprise-attack"}],"tactic_refs":["x-mitre-tactic--2","x-mitre-tactic--1"]},
{"type":"x-mitre-tactic","id":"x-mitre-tactic--1","name":"Defense Evasion","x_mitre_shortname":"defense-evasion","external_references":[{"source_name":"mitre-attack","external_id":"TA0005"}]},
{"type":"x-mitre-tactic","id":"x-mitre-tactic--2","name":"Execution","x_mitre_shortname":"execution","external_references":[{"source_name":"mitre-attack","external_id":"TA0002"}]},
{"type":"attack-pattern","id":"attack-pattern--1","name":"Impair Defenses","x_mitre_domains":["enterprise-attack"],"x_mitre_platforms":["Windows","Linux"],"kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"defense-evasion"},{"kill_chain_name":"mitre-attack","phase_name":"execution"}],"external_references":[{"source_name":"mitre-attack","external_id":"T1562"}]},
{"type":"attack-pattern","id":"attack-pattern--2","name":"Disable or Modify Tools","kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"defense-evasion"}],"external_references":[{"source_name":"mitre-attack","external_id":"T1562.001"}],"description":"left out"},
{"type":"attack-pattern","id":"attack-pattern--3","revoked":true,"name":"Disabling Security Tools","external_references":[{"source_name":"mitre-attack","external_id":"T1089"}]},
{"type":"intrusion-set","id":"intrusion-set--1","name":"Example Panda","aliases":["Example Panda","APT 99","Sample Typhoon"],"external_references":[{"source_name":"mitre-attack","external_id":"G9001"}]},
{"type":"malware","id":"malware--1","name":"SampleRAT","x_mitre_aliases":["SampleRAT","Sampler"],"external_references":[{"source_name":"mitre-attack","external_id":"S9001"}]},
{"type":"tool","id":"tool--1","name":"Net","external_references":[{"source_name":"mitre-attack","external_id":"S9002"}]},
{"type":"campaign","id":"campaign--1","name":"Operation Sample","first_seen":"2021-03-01T00:00:00Z","last_seen":"soon","external_references":[{"source_name":"mitre-attack","external_id":"C9001"}]},
{"type":"course-of-action","id":"course-of-action--1","name":"Audit","external_references":[{"source_name":"mitre-attack","external_id":"M1047"}]},
{"type":"course-of-action","id":"course-of-action--2","name":"Old Mitigation","external_references":[{"source_name":"mitre-attack","external_id":"T1174"}]},
{"type":"x-mitre-data-component","id":"x-mitre-data-component--1","name":"Process Creation","external_references":[{"source_name":"mitre-attack","external_id":"DC0032"}]},
{"type":"x-mitre-detection-strategy","id":"x-mitre-detection-strategy--1","x_mitre_analytic_refs":["x-mitre-analytic--1"]},
{"type":"x-mitre-analytic","id":"x-mitre-analytic--1","x_mitre_log_source_references":[{"x_mitre_data_component_ref":"x-mitre-data-component--1"}]},
{"type":"relationship","relationship_type":"subtechnique-of","source_ref":"attack-pattern--2","target_ref":"attack-pattern--1"},
{"type":"relationship","relationship_type":"revoked-by","source_ref":"attack-pattern--3","target_ref":"attack-pattern--2"},
{"type":"relationship","relationship_type":"uses","source_ref":"intrusion-set--1","target_ref":"attack-pattern--2"},
{"type":"relationship","relationship_type":"uses","source_ref":"intrusion-set--1","target_ref":"malware--1"},
{"type":"relationship","relationship_type":"uses","source_ref":"malware--1","target_ref":"attack-pattern--1"},
{"type":"relationship","relationship_type":"uses","source_ref":"tool--1","target_ref":"attack-pattern--1","revoked":true},
{"type":"relationship","relationship_type":"uses","source_ref":"campaign--1","target_ref":"attack-pattern--1"},
{"type":"relationship","relationship_type":"attributed-to","source_ref":"campaign--1","target_ref":"intrusion-set--1"},
{"type":"relationship","relationship_type":"mitigates","source_ref":"course-of-action--1","target_ref":"attack-pattern--1"},
{"type":"relationship","relationship_type":"detects","source_ref":"x-mitre-detection-strategy--1","target_ref":"attack-pattern--1"},
{"type":"relationship","relationship_type":"uses","source_ref":"intrusion-set--9","target_ref":"attack-pattern--1"}
]}`

// after is a bundle of the shape of v19.
const after = `{"type":"bundle","objects":[
{"type":"x-mitre-matrix","external_references":[{"external_id":"enterprise-attack"}],"tactic_refs":["x-mitre-tactic--1","x-mitre-tactic--2"]},
{"type":"x-mitre-tactic","id":"x-mitre-tactic--1","name":"Stealth","x_mitre_shortname":"stealth","x_mitre_domains":["enterprise-attack"],"external_references":[{"source_name":"mitre-attack","external_id":"TA0005"}]},
{"type":"x-mitre-tactic","id":"x-mitre-tactic--2","name":"Defense Impairment","x_mitre_shortname":"defense-impairment","x_mitre_domains":["enterprise-attack"],"external_references":[{"source_name":"mitre-attack","external_id":"TA0112"}]},
{"type":"attack-pattern","id":"attack-pattern--1","name":"Impair Defenses","revoked":true,"external_references":[{"source_name":"mitre-attack","external_id":"T1562"}]},
{"type":"attack-pattern","id":"attack-pattern--2","name":"Disable or Modify Tools","kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"defense-impairment"}],"external_references":[{"source_name":"mitre-attack","external_id":"T1685"}]},
{"type":"relationship","relationship_type":"revoked-by","source_ref":"attack-pattern--1","target_ref":"attack-pattern--2"}
]}`

func load(t *testing.T, bundles ...string) *Facts {
	t.Helper()
	f, err := loadStrings(bundles...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func loadStrings(bundles ...string) (*Facts, error) {
	f := make([]*strings.Reader, len(bundles))
	for i, b := range bundles {
		f[i] = strings.NewReader(b)
	}
	return LoadBundle(readers(f)...)
}

func ids(list []*Object) string {
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = o.ID
	}
	return strings.Join(out, " ")
}

func TestLoadBundle(t *testing.T) {
	f := load(t, small)
	if f.Version != "18.9" {
		t.Errorf("version %q", f.Version)
	}
	technique, ok := f.Technique("t1562")
	if !ok || technique.Name != "Impair Defenses" || !technique.In(Enterprise) || technique.Status != Active {
		t.Fatalf("T1562 = %+v, %v", technique, ok)
	}
	if got := ids(technique.Tactics); got != "TA0002 TA0005" {
		t.Errorf("tactics %s: the order of the matrix is wanted", got)
	}
	if got := strings.Join(technique.Platforms, ","); got != "Windows,Linux" {
		t.Errorf("platforms %s", got)
	}
	sub, _ := f.Technique("T1562/001")
	if sub == nil || sub.Parent != technique || sub.FullName() != "Impair Defenses: Disable or Modify Tools" {
		t.Fatalf("sub-technique %+v", sub)
	}
	if sub.URL() != "https://attack.mitre.org/techniques/T1562/001" {
		t.Errorf("URL %s", sub.URL())
	}
	if got := ids(f.Subtechniques(technique)); got != "T1562.001" {
		t.Errorf("sub-techniques %s", got)
	}
	old, _ := f.Technique("T1089")
	if old.Status != Revoked || old.Latest() != sub {
		t.Errorf("T1089 leads to %+v", old.Latest())
	}
	if _, ok := f.Lookup("T1174"); ok {
		t.Error("a mitigation with the id of a technique was taken in")
	}
	for _, name := range []string{"G9001", "example panda", "APT99", "apt-99", "SampleTyphoon"} {
		if g, ok := f.Group(name); !ok || g.ID != "G9001" {
			t.Errorf("Group(%q) = %v, %v", name, g, ok)
		}
	}
	if _, ok := f.Group("SampleRAT"); ok {
		t.Error("software was found as a group")
	}
	if s, ok := f.Software("sampler"); !ok || s.Type != "malware" {
		t.Errorf("Software(sampler) = %+v", s)
	}
	campaign, _ := f.Lookup("C9001")
	if campaign.First != "2021-03-01" || campaign.Last != "" {
		t.Errorf("campaign from %q to %q", campaign.First, campaign.Last)
	}
}

func TestRelations(t *testing.T) {
	f := load(t, small)
	get := func(id string) *Object {
		o, ok := f.Lookup(id)
		if !ok {
			t.Fatalf("%s is missing", id)
		}
		return o
	}
	for _, c := range []struct{ name, got, want string }{
		{"group uses", ids(f.Targets(Uses, get("G9001"))), "T1562.001 S9001"},
		{"who uses, without revoked relations", ids(f.Sources(Uses, get("T1562"))), "S9001 C9001"},
		{"who uses software", ids(f.Sources(Uses, get("S9001"))), "G9001"},
		{"mitigations", ids(f.Sources(Mitigates, get("T1562"))), "M1047"},
		{"mitigates", ids(f.Targets(Mitigates, get("M1047"))), "T1562"},
		{"campaigns of a group", ids(f.Sources(AttributedTo, get("G9001"))), "C9001"},
		{"data components", ids(f.Sources(Detects, get("T1562"))), "DC0032"},
		{"of a revoked technique", ids(f.Sources(Uses, get("T1089"))), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestVersion19(t *testing.T) {
	f := load(t, small)
	n, ok := f.Technique("T1685")
	if !ok || n.Status != Newer || ids(n.Formerly) != "T1562 T1562.001" {
		t.Fatalf("T1685 in facts of v18 = %+v, %v", n, ok)
	}
	if got := ids(f.Sources(Uses, n)); got != "G9001 S9001 C9001" {
		t.Errorf("T1685 is used by %s", got)
	}
	if s, _ := f.Technique("T1685.001"); s == nil || s.Parent != n || s.Tactics[0].Short != "defense-impairment" {
		t.Errorf("T1685.001 = %+v", s)
	}
	if s, ok := f.Tactic("stealth"); !ok || s.ID != "TA0005" || s.Status != Newer || s.Formerly[0].Short != "defense-evasion" {
		t.Errorf("stealth = %+v", s)
	}
	if o, _ := f.Lookup("TA0005"); o.Short != "defense-evasion" {
		t.Errorf("TA0005 in facts of v18 is %s", o.Short)
	}
	if _, ok := f.Technique("T1999"); ok {
		t.Error("an unknown id was found")
	}
	for _, c := range f.Matrix(Enterprise) {
		if c.Tactic.Status == Newer || slices.ContainsFunc(c.Techniques, func(o *Object) bool { return o.Status == Newer }) {
			t.Errorf("the matrix of v18 holds %s of v19", c.Tactic.Name)
		}
	}

	f = load(t, after)
	if o, ok := f.Tactic("defense_evasion"); !ok || o.Latest().Short != "stealth" {
		t.Errorf("defense-evasion in facts of v19 = %+v", o)
	}
	if o, ok := f.Technique("T1562"); !ok || o.Latest().ID != "T1685" {
		t.Errorf("T1562 in facts of v19 = %+v", o)
	}
	if o, _ := f.Technique("T1685"); o.Status != Active {
		t.Errorf("T1685 in facts of v19 is %s", o.Status)
	}
}

func TestBundlesMerge(t *testing.T) {
	ics := strings.NewReplacer(`"mitre-attack","phase_name":"execution"`, `"mitre-ics-attack","phase_name":"execution"`,
		`"enterprise-attack"`, `"ics-attack"`, "x-mitre-tactic--2", "x-mitre-tactic--7", "TA0002", "TA0104").Replace(small)
	f := load(t, small, ics)
	o, _ := f.Technique("T1562")
	if !o.In(Enterprise) || !o.In(ICS) {
		t.Errorf("domains %v", o.Domains)
	}
	if got := ids(o.Tactics); got != "TA0002 TA0005 TA0104" {
		t.Errorf("tactics %s", got)
	}
	if e, _ := f.Tactic("execution"); e.ID != "TA0002" {
		t.Errorf("Tactic(execution) is %s: Enterprise comes first", e.ID)
	}
	if e, _ := f.TacticIn(ICS, "execution"); e == nil || e.ID != "TA0104" {
		t.Errorf("TacticIn(ics, execution) is %v", e)
	}
}

func TestHostileBundles(t *testing.T) {
	long := strings.Repeat("x", 5000)
	object := `{"type":"attack-pattern","id":"a","name":"N","external_references":[{"source_name":"mitre-attack","external_id":"T1001"}]}`
	for _, c := range []struct {
		name, in string
		err      string // part of the error; "" wants success
	}{
		{"empty", ``, "no STIX bundle"},
		{"no JSON", `<html>`, "no STIX bundle"},
		{"a list", `[1,2]`, "no STIX bundle"},
		{"no objects", `{"type":"bundle"}`, "no STIX bundle"},
		{"objects is no list", `{"objects":{}}`, "no STIX bundle"},
		{"no technique", `{"objects":[]}`, "no technique"},
		{"cut off", `{"objects":[` + object + `,{"type":"malw`, "object 2, from byte"},
		{"cut off after an object", `{"objects":[` + object, "unexpected EOF"},
		{"damaged", `{"objects":[` + object + `,{]}`, "object 2, from byte"},
		{"nested without end", `{"objects":[` + strings.Repeat("[", 20000), "object 1"},
		{"keys before", `{"x":{"objects":[1]},"objects":[` + object + `]}`, ""},
		{"elements of other shapes", `{"objects":[1,"a",null,[],{"type":7},{"name":{}},` + object + `]}`, ""},
		{"what follows", `{"objects":[` + object + `],"y":1}` + long, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := loadStrings(c.in)
			switch {
			case c.err == "" && err != nil:
				t.Errorf("error %v", err)
			case c.err == "":
				if _, ok := f.Technique("T1001"); !ok {
					t.Error("the good technique is missing")
				}
			case err == nil || !strings.Contains(err.Error(), c.err):
				t.Errorf("error %v, want %q in it", err, c.err)
			}
		})
	}
}

func TestHostileObjects(t *testing.T) {
	technique := func(id, name, rest string) string {
		text, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`{"type":"attack-pattern","id":"a-%s-%d","name":%s,"external_references":[{"source_name":"mitre-attack","external_id":%q}]%s}`,
			id, len(name), text, id, rest)
	}
	many := strings.Repeat(`"n",`, 2000) + `"last"`
	f := load(t, `{"objects":[`+strings.Join([]string{
		technique("T1001", "Red\x1b[31m\u202eName\nwith\tlines", ""),
		technique("T1002", strings.Repeat("é", 5000), ""),
		technique("T1003/../../x", "Path", ""),
		technique("T10033", "Too long", ""),
		technique("T1004", "", ""),
		technique("T1005", "Older", `,"revoked":true,"modified":"2030"`),
		technique("T1005", "Newest", `,"modified":"2020"`),
		technique("T1006", "Many", `,"x_mitre_platforms":[`+many+`]`),
		`{"type":"relationship","relationship_type":"revoked-by","source_ref":"a-T1001-24","target_ref":"a-T1001-24"}`,
		`{"type":"relationship","relationship_type":"subtechnique-of","source_ref":"a-T1002-10000","target_ref":"nobody"}`,
	}, ",")+`]}`)
	if o, _ := f.Technique("T1001"); o.Name != "Red[31mName with lines" {
		t.Errorf("name %q", o.Name)
	}
	if o, _ := f.Technique("T1002"); len([]rune(o.Name)) != maxText {
		t.Errorf("name of %d characters", len([]rune(o.Name)))
	}
	for _, id := range []string{"T1003/../../x", "T10033", "T1004"} {
		if _, ok := f.Technique(id); ok {
			t.Errorf("%s was taken in", id)
		}
	}
	if o, _ := f.Technique("T1005"); o.Name != "Newest" {
		t.Errorf("of two objects with one id, %q was kept", o.Name)
	}
	if o, _ := f.Technique("T1006"); len(o.Platforms) > maxList {
		t.Errorf("%d platforms", len(o.Platforms))
	}
}

func TestRevokedInACircle(t *testing.T) {
	a, b := &Object{ID: "T1", Status: Revoked}, &Object{ID: "T2", Status: Revoked}
	a.Current, b.Current = b, a
	if a.Latest() == nil {
		t.Error("nil")
	}
}

func TestObjectLimit(t *testing.T) {
	_, err := LoadBundle(&endless{prefix: `{"objects":[{"type":"attack-pattern","name":"`})
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("an object without end: %v", err)
	}
}

func FuzzLoadBundle(f *testing.F) {
	seeds := []string{small, after, `{"objects":[{"type":"attack-pattern"}]}`, `{"objects":[null,{}]}`}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		facts, err := LoadBundle(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		exercise(t, facts)
		b, err := facts.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(b)
		if err != nil {
			t.Fatalf("what was encoded does not decode: %v", err)
		}
		if b2, err := again.Encode(); err != nil || string(b2) != string(b) {
			t.Fatalf("encoding is not stable: %v", err)
		}
	})
}

// exercise calls everything that walks facts.
func exercise(t *testing.T, f *Facts) {
	t.Helper()
	for _, d := range Domains() {
		f.Matrix(d)
	}
	for k := Technique; k <= DataComponent; k++ {
		for _, o := range f.Objects(k) {
			o.Latest()
			f.Subtechniques(o)
			for r := Uses; r <= Detects; r++ {
				f.Targets(r, o)
				f.Sources(r, o)
			}
			if u := o.URL(); strings.Contains(u, "..") || strings.ContainsAny(u, " \n\"<>?#") {
				t.Fatalf("URL %q", u)
			}
		}
	}
	f.Search("a")
	f.Resolve([]string{"attack.t1562", "attack.stealth", "attack.execution"})
}
