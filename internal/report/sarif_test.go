package report

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Results []sarifResult `json:"results"`
	Tool    struct {
		Driver struct {
			Name    string           `json:"name"`
			Version string           `json:"version"`
			Rules   []sarifRuleEntry `json:"rules"`
		} `json:"driver"`
	} `json:"tool"`
	Taxonomies []struct {
		Name string `json:"name"`
		Taxa []struct {
			ID string `json:"id"`
		} `json:"taxa"`
	} `json:"taxonomies"`
	Invocations []struct {
		ExecutionSuccessful bool   `json:"executionSuccessful"`
		StartTimeUTC        string `json:"startTimeUtc"`
		EndTimeUTC          string `json:"endTimeUtc"`
		Notifications       []struct {
			Level   string     `json:"level"`
			Message sarifWords `json:"message"`
		} `json:"toolExecutionNotifications"`
	} `json:"invocations"`
}

type sarifWords struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string     `json:"ruleId"`
	RuleIndex *int       `json:"ruleIndex"`
	Level     string     `json:"level"`
	Message   sarifWords `json:"message"`
	Locations []struct {
		PhysicalLocation struct {
			ArtifactLocation struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region *struct {
				ByteOffset int64 `json:"byteOffset"`
			} `json:"region"`
		} `json:"physicalLocation"`
		LogicalLocations []struct {
			Name string `json:"name"`
		} `json:"logicalLocations"`
	} `json:"locations"`
	RelatedLocations []struct {
		ID int `json:"id"`
	} `json:"relatedLocations"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	OccurrenceCount     int               `json:"occurrenceCount"`
	Rank                float64           `json:"rank"`
	Taxa                []sarifTaxon      `json:"taxa"`
}

type sarifRuleEntry struct {
	ID               string     `json:"id"`
	GUID             string     `json:"guid"`
	HelpURI          string     `json:"helpUri"`
	ShortDescription sarifWords `json:"shortDescription"`
	Relationships    []struct {
		Target sarifTaxon `json:"target"`
	} `json:"relationships"`
}

type sarifTaxon struct {
	ID            string `json:"id"`
	Index         int    `json:"index"`
	ToolComponent struct {
		Name  string `json:"name"`
		Index int    `json:"index"`
	} `json:"toolComponent"`
}

// parseSARIF checks the rules of the format that a schema states, and those between its parts.
func parseSARIF(t *testing.T, text string) *sarifLog {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.Contains(log.Schema, "sarif") || len(log.Runs) != 1 {
		t.Fatalf("version %q, schema %q, %d runs", log.Version, log.Schema, len(log.Runs))
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name == "" {
		t.Error("the driver has no name")
	}
	taxon := func(x sarifTaxon) {
		if x.ToolComponent.Index != 0 || len(run.Taxonomies) != 1 || x.ToolComponent.Name != run.Taxonomies[0].Name || x.Index >= len(run.Taxonomies[0].Taxa) || run.Taxonomies[0].Taxa[x.Index].ID != x.ID {
			t.Errorf("taxon %+v leads nowhere", x)
		}
	}
	ids := map[string]bool{}
	for _, r := range run.Tool.Driver.Rules {
		if r.ID == "" || ids[r.ID] || r.ShortDescription.Text == "" {
			t.Errorf("rule %+v has no id of its own or no description", r)
		}
		ids[r.ID] = true
		if r.GUID != "" && !uuidPattern.MatchString(r.GUID) {
			t.Errorf("guid %q", r.GUID)
		}
		for _, rel := range r.Relationships {
			taxon(rel.Target)
		}
	}
	for i, r := range run.Results {
		if r.RuleIndex == nil || *r.RuleIndex < 0 || *r.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[*r.RuleIndex].ID != r.RuleID {
			t.Errorf("result %d: rule %q at %v", i, r.RuleID, r.RuleIndex)
		}
		if r.Level != "error" && r.Level != "warning" && r.Level != "note" {
			t.Errorf("result %d: level %q", i, r.Level)
		}
		if r.Message.Text == "" || r.OccurrenceCount < 1 || r.Rank < 0 || r.Rank > 100 || len(r.Locations) != 1 {
			t.Errorf("result %d: %+v", i, r)
		}
		for _, l := range r.Locations {
			u, err := url.Parse(l.PhysicalLocation.ArtifactLocation.URI)
			if err != nil {
				t.Errorf("result %d: %v", i, err)
			} else if u.Scheme != "" && u.Scheme != "file" {
				t.Errorf("result %d: a path became an address of scheme %q", i, u.Scheme)
			}
			if l.PhysicalLocation.Region != nil && l.PhysicalLocation.Region.ByteOffset < 0 {
				t.Errorf("result %d: byte offset %d", i, l.PhysicalLocation.Region.ByteOffset)
			}
		}
		for _, x := range r.Taxa {
			taxon(x)
		}
	}
	return &log
}

func TestSARIF(t *testing.T) {
	f := newFake(2)
	var list []*hunt.Finding
	for i := range 500 {
		list = append(list, f.finding(i, 500))
	}
	log := parseSARIF(t, render(t, "sarif", Options{}, f.summary(500), list...))
	run := log.Runs[0]
	if len(run.Results) != 500 {
		t.Errorf("%d results", len(run.Results))
	}
	prints := map[string]bool{}
	for i, r := range run.Results {
		prints[r.PartialFingerprints["recordLocation/v1"]] = true
		want := map[string]string{"critical": "error", "high": "error", "medium": "warning", "low": "note", "informational": "note"}[list[i].Rule.Level]
		if r.Level != want || r.Locations[0].PhysicalLocation.Region.ByteOffset != list[i].Offset {
			t.Errorf("result %d: level %q at %d", i, r.Level, r.Locations[0].PhysicalLocation.Region.ByteOffset)
		}
		if c := list[i].Correlation; c != nil && len(r.RelatedLocations) != len(c.Matches) {
			t.Errorf("result %d: %d related locations", i, len(r.RelatedLocations))
		}
	}
	if len(prints) != 500 {
		t.Errorf("%d fingerprints for 500 records", len(prints))
	}
	if n := run.Invocations[0].Notifications; len(n) != 3 || n[0].Level != "warning" {
		t.Errorf("notifications %+v", n)
	}
	if run.Invocations[0].StartTimeUTC != "2024-05-28T07:30:00.000Z" || run.Invocations[0].EndTimeUTC != "2024-05-28T07:30:04.321Z" {
		t.Errorf("invocation %+v", run.Invocations[0])
	}
}

func TestSARIFHostile(t *testing.T) {
	log := parseSARIF(t, render(t, "sarif", Options{}, hostileSummary(), hostile()...))
	for _, r := range log.Runs[0].Results {
		if strings.Contains(r.Message.Text, "](") {
			t.Errorf("a message has an embedded link: %q", r.Message.Text)
		}
	}
	for _, r := range log.Runs[0].Tool.Driver.Rules {
		if r.HelpURI != "" && r.HelpURI != "https://example.org/ok" {
			t.Errorf("helpUri %q", r.HelpURI)
		}
	}
}

func TestFileURI(t *testing.T) {
	for in, want := range map[string]string{
		"/var/log/a b.log": "file:///var/log/a%20b.log", `C:\logs\ä.evtx`: "file:///C:/logs/%C3%A4.evtx", "logs/x.zip!in/side.log": "logs/x.zip%21in/side.log",
		"a:b": "./a:b", "javascript:alert(1)": "./javascript:alert%281%29", "//server/share": "file:////server/share", "a#b?c%d": "a%23b%3Fc%25d",
	} {
		got := fileURI(in)
		if u, err := url.Parse(got); err != nil || (u.Scheme != "" && u.Scheme != "file") || u.Host != "" {
			t.Errorf("fileURI(%q) = %q: %v", in, got, err)
		}
		if strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(got, "%21", "!"), "%28", "("), "%29", ")") != strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(want, "%21", "!"), "%28", "("), "%29", ")") {
			t.Errorf("fileURI(%q) = %q, wanted %q", in, got, want)
		}
	}
}

func TestWebURL(t *testing.T) {
	for in, ok := range map[string]bool{"https://a.example/x": true, " http://a.example ": true, "javascript:alert(1)": false, "//a.example": false, "ftp://a": false, "https:///x": false, "data:text/html,x": false, "HTTPS://a.example": true, "%": false} {
		if _, got := webURL(in); got != ok {
			t.Errorf("webURL(%q) = %v", in, got)
		}
	}
}

func TestRuleIDsOfRulesWithoutOne(t *testing.T) {
	a, b := sarifRuleID(&sigma.Meta{Title: "Some Rule!", File: "a.yml"}), sarifRuleID(&sigma.Meta{Title: "Some Rule!", File: "b.yml"})
	if a == b || !strings.HasPrefix(a, "some-rule-") {
		t.Errorf("%q and %q", a, b)
	}
	if got := sarifRuleID(&sigma.Meta{}); got == "" {
		t.Error("an empty rule has no id")
	}
}
