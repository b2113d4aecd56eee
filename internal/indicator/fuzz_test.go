package indicator_test

import (
	"strings"
	"testing"

	"entente/internal/hunt"
	"entente/internal/indicator"
	"entente/internal/sigma"
	"entente/internal/stixpattern"
	"entente/internal/taxonomy"
)

var fuzzPatterns = []string{
	"[file:hashes.'SHA-256' = '00' OR file:name LIKE '%a_.exe']", "[process:command_line MATCHES '^a.*b$' AND process:pid > 4]",
	"([ipv4-addr:value ISSUBSET '10.0.0.0/8'] AND [domain-name:value IN ('a', 'b')]) WITHIN 5 SECONDS",
	"[url:value = 'http://a@b:1/c?d#e'] FOLLOWEDBY [url:value LIKE '%/x%'] REPEATS 3 TIMES",
	"[user-account:user_id = 'S-1-5'] START t'2021-01-01T00:00:00Z' STOP t'2022-01-01T00:00:00Z'",
	`[windows-registry-key:key = 'HKCU\\a' AND windows-registry-key:values[0].data = 1]`,
	"[network-traffic:dst_ref.value = '::1' AND network-traffic:dst_port NOT IN (1, 2)] OR [email-addr:value = 'a@b']",
	"[ipv6-addr:value = '2001:db8::/33' AND ipv6-addr:value != '::ffff:1.2.3.4']", "[x509-certificate:serial_number = '01']",
	"[process:opened_connection_refs[*].dst_ref.value = 'h' OR NOT EXISTS process:cwd]", "[a:b = 1]",
}

// Whatever a bundle holds: nothing breaks, and each indicator is hunted, or counted or named as one that is not.
func FuzzCompile(f *testing.F) {
	if len(fuzzPatterns) == 0 {
		f.Fatal("no seeds")
	}
	for i, p := range fuzzPatterns {
		f.Add(bundleOf(indicatorJSON(i, p), indicatorJSON(i+1, p, `"valid_until":"2022-01-01T00:00:00Z"`)))
	}
	f.Add(bundleOf(strings.Replace(indicatorJSON(1, "title: x\nlogsource: {product: windows}\ndetection: {s: [a], condition: s}\n"), `"stix"`, `"sigma"`, 1)))
	f.Add(`{"type":"indicator","id":"indicator--x","labels":["benign"],"pattern":"[file:name = 'a']"}`)
	table, err := taxonomy.Load()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b := indicator.NewBundle()
		if b.Add("f", strings.NewReader(text)) != nil {
			t.Fatal("a text cannot fail to be read")
		}
		checkSet(t, b.Compile(), table)
	})
}

// FuzzPattern is the same for one pattern, so that more of what is tried gets through to the translation.
func FuzzPattern(f *testing.F) {
	for _, p := range fuzzPatterns {
		f.Add(p)
	}
	table, err := taxonomy.Load()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		set := compile(t, bundleOf(indicatorJSON(1, pattern)))
		if set.Indicators != 1 {
			t.Fatalf("%d indicators", set.Indicators)
		}
		checkSet(t, set, table)
		p, err := stixpattern.Parse(pattern)
		if err == nil && set.Hunted == 1 && len(set.Rules) == 0 && len(set.Correlations) == 0 {
			t.Fatalf("%s is hunted by nothing", p)
		}
	})
}

func checkSet(t *testing.T, set *indicator.Set, table *taxonomy.Table) {
	t.Helper()
	named := map[string]bool{}
	for _, p := range set.Problems {
		if p.Reason == "" || p.File == "" {
			t.Fatalf("%+v", p)
		}
		if !p.Warning {
			named[p.Rule] = true
		}
	}
	if rest := set.Indicators - set.Hunted - set.Revoked - set.Benign; rest < 0 || rest > 0 && len(named) == 0 {
		t.Fatalf("%d indicators are neither hunted nor named: %+v", rest, set)
	}
	for _, r := range set.Rules {
		if r.Condition == nil || r.Indicator == nil {
			t.Fatalf("%+v", r)
		}
		for _, s := range r.Also {
			if s.Condition == nil {
				t.Fatalf("%+v", r)
			}
		}
	}
	plan := hunt.NewPlan(&sigma.Collection{Rules: set.Rules, Correlations: set.Correlations}, table, hunt.PlanOptions{})
	if len(set.Rules) > 0 && len(set.Rules) < 4 {
		plan.Explain(set.Rules[0].ID) // compiles it for every log
	}
}
