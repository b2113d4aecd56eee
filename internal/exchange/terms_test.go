package exchange

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"entente/internal/stix"
	"entente/internal/store"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"CVE-2021-26855, in Exchange's ECP!": "cve|2021|26855|in|exchange|ecp",
		"":                                   "",
		"a":                                  "",
		"Größe überall":                      "größe|überall",
		strings.Repeat("x", 65):              "",
		"ПРИМЕР":                             "пример",
	} {
		if got := strings.Join(Words(text), "|"); got != want {
			t.Errorf("%q: %s, not %s", text, got, want)
		}
	}
}

func TestAttackID(t *testing.T) {
	for text, want := range map[string]string{
		"T1190": "T1190", "t1059.001": "T1059.001", " G0125 ": "G0125", "TA0001": "TA0001", "DS0017": "DS0017", "DET0001": "DET0001",
		"": "", "1190": "", "T119": "", "T1190.1": "", "G0125.001": "", "X1190": "", "T11901": "", "TABC": "", "CVE-2021-26855": "", "T١١٩٠": "",
	} {
		if got, ok := AttackID(text); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
}

// names of kinds in what the tests expect.
var kindNames = map[store.TermKind]string{
	store.TermAttack: "attack", store.TermValue: "value", store.TermName: "name", store.TermWord: "word", store.TermLabel: "label",
}

func extracted(t *testing.T, raw string) (terms, links []string, err error) {
	t.Helper()
	o := object(t, markingNames.Replace(raw))
	m := markings{}.classify(o, store.Clear)
	up, _, err := stix.Upgrade(o)
	if err != nil {
		t.Fatal(err)
	}
	ts, ls, err := new(extraction).extract(&m.parts, up)
	for _, x := range ts {
		terms = append(terms, kindNames[x.Kind]+":"+x.Value+":"+LabelName(x.Label))
	}
	for _, l := range ls {
		links = append(links, l.Property+":"+l.Target+":"+LabelName(l.Label))
	}
	return terms, links, err
}

func TestExtract(t *testing.T) {
	const x, y = "identity--22222222-2222-4222-8222-222222222222", "tool--33333333-3333-4333-8333-333333333333"
	for _, c := range []struct {
		name, raw    string
		terms, links string // separated by blanks, in order; terms that begin with ! must not be there
	}{
		{
			"names, words and labels",
			tool(`,"aliases":["Big Lamp"],"description":"shines on T1190","labels":["Own"],"tool_types":["remote-access"],"created_by_ref":"` + x + `"`),
			`name:lantern:clear word:lantern:clear name:big_lamp:clear word:big:clear word:lamp:clear word:shines:clear word:on:clear word:t1190:clear label:own:clear word:own:clear label:remote-access:clear !attack:T1190:clear`,
			"created_by_ref:" + x + ":clear",
		},
		{
			"ATT&CK",
			tool(`,"external_references":[{"source_name":"mitre-attack","external_id":"S0002"},{"source_name":"other","external_id":"T1190"},{"source_name":"cve","external_id":"CVE-2021-26855"}]`),
			`name:s0002:clear attack:S0002:clear name:t1190:clear !attack:T1190:clear name:cve-2021-26855:clear`, "",
		},
		{
			"a term in two values has the more open label",
			tool(`,"description":"secret lantern","aliases":["secret"],"granular_markings":[{"marking_ref":"$RED","selectors":["description"]},{"marking_ref":"$AMBER","selectors":["aliases"]}]`),
			`word:lantern:clear word:secret:red word:secret:amber name:secret:amber !word:lantern:red !word:secret:clear`, "",
		},
		{
			"elements of lists have labels of their own",
			tool(`,"labels":["one","two"],"granular_markings":[{"marking_ref":"$GREEN","selectors":["labels.[1]"]}]`),
			`label:one:clear label:two:green`, "",
		},
		{
			"pattern",
			`{"type":"indicator","spec_version":"2.1","id":"indicator--11111111-1111-4111-8111-111111111111","created":"2024-01-01T00:00:00.000Z","modified":"2024-01-01T00:00:00.000Z",` +
				`"pattern_type":"stix","valid_from":"2024-01-01T00:00:00Z","indicator_types":["benign"],"pattern":"[ipv4-addr:value = '10.1.2.3' OR domain-name:value IN ('A.example','b.example') OR url:value NOT = 'x://no' OR file:size > 7]"}`,
			`value:10.1.2.3:clear value:a.example:clear value:b.example:clear !value:x://no:clear label:benign:clear`, "",
		},
		{
			"a pattern that is marked",
			`{"type":"relationship","spec_version":"2.1","id":"relationship--11111111-1111-4111-8111-111111111111","created":"2024-01-01T00:00:00.000Z","modified":"2024-01-01T00:00:00.000Z",` +
				`"relationship_type":"uses","source_ref":"` + x + `","target_ref":"` + y + `","created_by_ref":"` + x + `","object_marking_refs":["$CLEAR"],"granular_markings":[{"marking_ref":"$AMBER","selectors":["created_by_ref"]}]}`,
			``, "source_ref:" + x + ":clear target_ref:" + y + ":clear created_by_ref:" + x + ":amber",
		},
		{
			"observable",
			`{"type":"file","spec_version":"2.1","id":"file--11111111-1111-4111-8111-111111111111","name":"N.EXE","hashes":{"MD5":"D41D8CD98F00B204E9800998ECF8427E"},"granular_markings":[{"marking_ref":"$RED","selectors":["name"]}]}`,
			`value:n.exe:red value:d41d8cd98f00b204e9800998ecf8427e:clear name:n.exe:red word:exe:red`, "",
		},
		{
			"a number", `{"type":"autonomous-system","spec_version":"2.1","id":"autonomous-system--11111111-1111-4111-8111-111111111111","number":15139}`,
			`value:as15139:clear`, "",
		},
		{
			"observed data of STIX 2.0",
			`{"type":"observed-data","id":"observed-data--11111111-1111-4111-8111-111111111111","created":"2017-01-01T00:00:00.000Z","modified":"2017-01-01T00:00:00.000Z","first_observed":"2017-01-01T00:00:00Z","last_observed":"2017-01-01T00:00:00Z","number_observed":1,` +
				`"objects":{"0":{"type":"domain-name","value":"c.example","resolves_to_refs":["1"]},"1":{"type":"ipv4-addr","value":"10.9.9.9"}},"created_by_ref":"` + x + `"}`,
			`value:c.example:clear value:10.9.9.9:clear`, "created_by_ref:" + x + ":clear",
		},
		{
			"references at depth, each once",
			tool(`,"x_own":{"deep_refs":["` + x + `","` + y + `","` + x + `"],"no_refs_here":["` + x + `"]},"object_marking_refs":["$CLEAR"]`),
			``, "x_own.deep_refs:" + x + ":clear x_own.deep_refs:" + y + ":clear",
		},
	} {
		terms, links, err := extracted(t, c.raw)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for want := range strings.FieldsSeq(c.terms) {
			want, not := strings.CutPrefix(want, "!")
			if strings.HasPrefix(want, "name:") {
				want = strings.ReplaceAll(want, "_", " ")
			}
			if slices.Contains(terms, want) == not {
				t.Errorf("%s: %q there: %v\n%q", c.name, want, not, terms)
			}
		}
		if got := strings.Join(links, " "); got != c.links {
			t.Errorf("%s: links %q, not %q", c.name, got, c.links)
		}
	}
}

func TestExtractBadPattern(t *testing.T) {
	_, _, err := extracted(t, `{"type":"indicator","spec_version":"2.1","id":"indicator--11111111-1111-4111-8111-111111111111","created":"2024-01-01T00:00:00.000Z","modified":"2024-01-01T00:00:00.000Z",`+
		`"pattern_type":"stix","valid_from":"2024-01-01T00:00:00Z","pattern":"[ipv4-addr:value = "}`)
	if err == nil {
		t.Error("half a pattern is no pattern")
	}
	_, _, err = extracted(t, `{"type":"indicator","spec_version":"2.1","id":"indicator--11111111-1111-4111-8111-111111111111","created":"2024-01-01T00:00:00.000Z","modified":"2024-01-01T00:00:00.000Z",`+
		`"pattern_type":"yara","valid_from":"2024-01-01T00:00:00Z","pattern":"rule a { condition: true }"}`)
	if err != nil {
		t.Error(err)
	}
}

func FuzzExtract(f *testing.F) {
	f.Add([]byte(tool(`,"labels":["a"],"x_ref":"tool--11111111-1111-4111-8111-111111111111","granular_markings":[{"marking_ref":"$RED","selectors":["labels"]}]`)))
	f.Add([]byte(`{"type":"indicator","id":"indicator--11111111-1111-4111-8111-111111111111","pattern":"[a:b = 'c']","pattern_type":"stix"}`))
	f.Add([]byte(`{"type":"observed-data","objects":{"0":{"hashes":{"MD5":"x"},"number":1}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := stix.Parse(raw, stix.Limits{Size: 1 << 16})
		if err != nil {
			return
		}
		up, _, err := stix.Upgrade(o)
		if err != nil {
			return
		}
		m := markings{}.classify(o, store.Clear)
		terms, links, _ := new(extraction).extract(&m.parts, up)
		for _, x := range terms {
			if x.Label < m.Label || x.Value == "" {
				t.Fatalf("%q: %+v below %v", raw, x, m.Label)
			}
		}
		for _, l := range links {
			if l.Label < m.Label || len(l.Property) > maxProperty {
				t.Fatalf("%q: %+v below %v", raw, l, m.Label)
			}
		}
	})
}

// Texts of ASCII letters go another way than others: both give the same words.
func TestWordsOfPlainTextsAreThoseOfAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const letters = "aZ9 -_.\x00\t@`{[/:mQ0"
	for range 2000 {
		text := make([]byte, r.IntN(90))
		for i := range text {
			text[i] = letters[r.IntN(len(letters))]
		}
		if r.IntN(4) == 0 {
			text = append(text, strings.Repeat("k", maxWord-1+r.IntN(3))...)
		}
		want := Words(string(text) + " é1")
		if got := append(Words(string(text)), "é1"); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, with a letter that is not ASCII behind it %q", text, got, want)
		}
	}
}

// What is found in an object does not depend on those before it.
func TestExtractionLeavesNothingBehind(t *testing.T) {
	m := mixer{rand: rand.New(rand.NewPCG(7, 8))}
	var used extraction
	for i := range 500 {
		o := object(t, m.object(t, i))
		p := markings{}.classify(o, store.Clear).parts
		terms, links, err := used.extract(&p, o)
		wantTerms, wantLinks, wantErr := new(extraction).extract(&p, o)
		if !slices.Equal(terms, wantTerms) || !slices.Equal(links, wantLinks) || (err == nil) != (wantErr == nil) || len(terms)+len(links) == 0 {
			t.Fatalf("%s: %v %v, alone %v %v", o.ID, terms, links, wantTerms, wantLinks)
		}
	}
}
