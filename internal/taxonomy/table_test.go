package taxonomy

import (
	"os"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
	"entente/internal/sigma"
)

func bindingNames(list []*Binding) string {
	var out []string
	for _, b := range list {
		out = append(out, b.Name)
	}
	return strings.Join(out, " ")
}

func TestFor(t *testing.T) {
	table := loaded(t)
	for _, c := range []struct {
		ls   sigma.LogSource
		want string
	}{
		// A whole product: one binding, under the records' own names.
		{sigma.LogSource{Product: "windows"}, "windows"},
		{sigma.LogSource{Product: "linux"}, "linux"},
		{sigma.LogSource{Product: "zeek"}, "zeek"},
		// A whole channel, not once more for its categories.
		{sigma.LogSource{Product: "windows", Service: "sysmon"}, "windows/sysmon"},
		{sigma.LogSource{Product: "windows", Service: "security"}, "windows/security"},
		{sigma.LogSource{Service: "security"}, "windows/security"},
		{sigma.LogSource{Product: "windows", Service: "powershell"}, "windows/powershell"},
		// A category is served by every log that has it…
		{sigma.LogSource{Product: "windows", Category: "process_creation"}, "windows/defender/process windows/ecs/process windows/ecs/process-action windows/ecs/process-dataset windows/ecs/sysmon-process windows/security/4688 windows/sysmon/1"},
		{sigma.LogSource{Product: "Windows", Category: "Process_Creation"}, "windows/defender/process windows/ecs/process windows/ecs/process-action windows/ecs/process-dataset windows/ecs/sysmon-process windows/security/4688 windows/sysmon/1"},
		{sigma.LogSource{Product: "windows", Category: "registry_set"}, "windows/defender/registry-set windows/ecs/registry-set windows/ecs/sysmon-registry windows/security/4657/set windows/sysmon/13"},
		{
			sigma.LogSource{Product: "windows", Category: "registry_event"},
			"windows/defender/registry-set windows/defender/registry-add windows/defender/registry-delete windows/ecs/registry-set windows/ecs/registry-delete windows/ecs/sysmon-registry windows/security/4657 windows/sysmon/registry",
		},
		// …or only by the one of the service.
		{sigma.LogSource{Product: "windows", Category: "process_creation", Service: "sysmon"}, "windows/sysmon/1"},
		{sigma.LogSource{Product: "windows", Category: "ps_script", Service: "powershell"}, "windows/powershell/4104"},
		// Web servers of any product, and of one.
		{sigma.LogSource{Category: "webserver"}, "exchange/httpproxy exchange/httpproxy/table zeek/http web/iis web/iis/table web/iis/sentinel web/iis/ecs web/access/apache-ecs web/access/nginx-ecs web/access"},
		{sigma.LogSource{Category: "webserver", Product: "windows"}, "exchange/httpproxy exchange/httpproxy/table web/iis web/iis/table web/iis/sentinel web/iis/ecs"},
		{sigma.LogSource{Category: "webserver", Product: "apache"}, "web/access/apache-ecs web/access"},
		{sigma.LogSource{Product: "windows", Service: "iis"}, "web/iis web/iis/table web/iis/sentinel web/iis/ecs"},
		// Unknown parts match nothing.
		{sigma.LogSource{Product: "windows", Category: "process_creation", Service: "nothing"}, ""},
		{sigma.LogSource{Product: "plan9"}, ""},
		{sigma.LogSource{Product: "windows", Category: "no_category"}, ""},
	} {
		if got := bindingNames(table.For(c.ls)); got != c.want {
			t.Errorf("%s: %s, want %s", Describe(c.ls), got, c.want)
		}
		if why := table.Unserved(c.ls); (why == "") != (c.want != "") {
			t.Errorf("%s: unserved because %q", Describe(c.ls), why)
		}
	}
}

// No rule of one product may run on records of another one.
func TestProducts(t *testing.T) {
	table := loaded(t)
	windows := []event.Source{event.SourceWindows, event.SourceIIS, event.SourceHTTPProxy, event.SourceECP}
	linux := []event.Source{event.SourceAuditd, event.SourceSysmonLinux, event.SourceSyslog, event.SourceText}
	categories := []string{""}
	for _, b := range table.Bindings() {
		for _, s := range b.Serves {
			categories = append(categories, s.Category)
		}
	}
	for product, sources := range map[string][]event.Source{"windows": windows, "linux": linux, "macos": nil} {
		for _, c := range categories {
			for _, b := range table.For(sigma.LogSource{Product: product, Category: c}) {
				for _, s := range b.Match.Sources {
					if (s == event.SourceJSON || s == event.SourceCSV) && len(b.Match.Where)+len(b.Match.Channels) > 1 {
						continue // a table of the product's: told by its columns
					}
					if !slices.Contains(sources, s) {
						t.Errorf("product %s, category %s: %s runs on %s", product, c, b.Name, s)
					}
				}
			}
		}
	}
	sysmon := record(event.SourceWindows, "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", 1)
	for _, b := range table.For(sigma.LogSource{Product: "linux", Category: "process_creation"}) {
		if b.Match.Selects(sysmon) {
			t.Errorf("%s selects a record of Windows", b.Name)
		}
	}
}

func TestUnserved(t *testing.T) {
	table := loaded(t)
	for _, c := range []struct {
		ls   sigma.LogSource
		want string
	}{
		{sigma.LogSource{Product: "windows", Service: "security"}, ""},
		{sigma.LogSource{Product: "Qualys"}, "Qualys"},
		{sigma.LogSource{Product: "macos", Category: "process_creation"}, "macOS"},
		{sigma.LogSource{Product: "plan9"}, "no reader yields logs for product: plan9"},
		{sigma.LogSource{Product: "windows", Category: "x"}, "no log that is read here is bound to product: windows, category: x"},
		{sigma.LogSource{Category: "x", Service: "y"}, "category: x, service: y"},
	} {
		got := table.Unserved(c.ls)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", Describe(c.ls), got)
		}
	}
}

func TestBuiltInTable(t *testing.T) {
	table := loaded(t)
	sources := []event.Source{
		event.SourceWindows, event.SourceSysmonLinux, event.SourceAuditd, event.SourceSyslog, event.SourceIIS,
		event.SourceHTTPProxy, event.SourceECP, event.SourceWebAccess, event.SourceZeek, event.SourceCloudTrail,
		event.SourceEntra, event.SourceAzure, event.SourceM365, event.SourceOkta, event.SourceKubernetes, event.SourceGCP,
		event.SourceGitHub, event.SourceCSV, event.SourceJSON, event.SourceText,
	}
	used := map[event.Source]bool{}
	for _, b := range table.Bindings() {
		for _, s := range b.Match.Sources {
			used[s] = true
			if !slices.Contains(sources, s) {
				t.Errorf("%s:%d: %s is about source %q, which no reader yields", b.File, b.Line, b.Name, s)
			}
		}
		if b.Closed {
			for name, f := range b.Fields {
				if !slices.ContainsFunc(places(f), func(n string) bool { return b.Known[n] }) && !fromSet(name) {
					t.Errorf("%s:%d: %s maps %s to fields that it does not know", b.File, b.Line, b.Name, name)
				}
			}
		}
		if !strings.HasPrefix(b.File, "tables/") || b.Line == 0 {
			t.Errorf("%s stands in %s:%d", b.Name, b.File, b.Line)
		}
	}
	for _, s := range sources {
		if !used[s] {
			t.Errorf("no binding is about source %s", s)
		}
	}
}

// fromSet says that a field comes with a set that not every user of it can fill: old versions of Sysmon name hashes
// otherwise.
func fromSet(name string) bool {
	return strings.Contains("md5 sha1 sha256 imphash", strings.ToLower(name))
}

// places lists all names of the record that a field may stand under.
func places(f Field) []string {
	out := slices.Clone(f.From)
	for _, a := range f.Also {
		out = append(out, places(a)...)
	}
	return out
}

// Two bindings that serve one logsource must not select the same record, or a rule would report it twice.
func TestBindingsAreDisjoint(t *testing.T) {
	table := loaded(t)
	var all []sigma.LogSource
	for _, b := range table.Bindings() {
		for _, s := range b.Serves {
			all = append(all, s, sigma.LogSource{Product: s.Product}, sigma.LogSource{Product: s.Product, Category: s.Category},
				sigma.LogSource{Product: s.Product, Service: s.Service})
			if s.Category != "application" { // says nothing without a product
				all = append(all, sigma.LogSource{Category: s.Category})
			}
		}
	}
	for _, ls := range all {
		list := table.For(ls)
		for i, a := range list {
			for _, b := range list[i+1:] {
				if overlap(&a.Match, &b.Match) && !apart(a, b) && !apart(b, a) {
					t.Errorf("%s: %s and %s may select the same record", Describe(ls), a.Name, b.Name)
				}
			}
		}
	}
}

// tableOf tells apart by their columns what programs write requests as tables or JSON.
func tableOf(b *Binding) string {
	for _, column := range []string{"cs-method", "csMethod", "url.path", "AnchorMailbox", "UrlStem"} {
		if b.Match.Where[column] != nil {
			return column
		}
	}
	return ""
}

// apart says that a is about records that b cannot be about, although nothing that both ask for shows it: another
// trace provider than the one that writes b's channel, or the shape of a program that writes no raw audit records.
func apart(a, b *Binding) bool {
	switch {
	case slices.Equal(a.Match.Providers, []string{"Microsoft-Windows-Kernel-File"}):
		return slices.Equal(b.Match.Channels, []string{"Microsoft-Windows-Sysmon/Operational"})
	case a.Match.Where["process.title"] != nil:
		return slices.Equal(b.Match.Where["type"], []string{"EXECVE"})
	case slices.Equal(a.Match.Where["s-port"], []string{Any}):
		return slices.Equal(b.Match.Where["s-port"], []string{Absent}) // which a port of no characters would be as well
	case tableOf(a) != "" && tableOf(b) != "":
		return tableOf(a) != tableOf(b)
	case slices.Equal(a.Match.Where["destination.ip"], []string{Any}):
		return slices.Equal(b.Match.Where["destination.ip"], []string{Absent})
	}
	return false
}

// overlap says that two matches are not obviously disjoint.
func overlap(m, n *Match) bool {
	common := func(a, b []string) bool {
		return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(s string) bool { return s == Any || holdsFold(b, s) }) ||
			slices.Contains(b, Any)
	}
	for name, values := range m.Where {
		if other, ok := n.Where[name]; ok && !common(values, other) {
			return false
		}
	}
	return slices.ContainsFunc(m.Sources, func(s event.Source) bool { return slices.Contains(n.Sources, s) }) && common(m.Channels, n.Channels) && common(m.Providers, n.Providers) &&
		(len(m.EventIDs) == 0 || len(n.EventIDs) == 0 ||
			slices.ContainsFunc(m.EventIDs, func(id uint32) bool { return slices.Contains(n.EventIDs, id) }))
}

// Every logsource of the public rules is served, or is among the few that knowingly are not.
func TestLogsourcesOfPublicRules(t *testing.T) {
	const dir = "../../../shared/corpora/sigma"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the public rules are not here (%v); their logsources are not checked", err)
	}
	c, err := sigma.Load(sigma.Options{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Rules) < 3000 {
		t.Errorf("only %d rules were loaded", len(c.Rules))
	}
	table := loaded(t)
	seen := map[sigma.LogSource]bool{}
	for _, r := range c.Rules {
		ls := r.LogSource
		if seen[ls] {
			continue
		}
		seen[ls] = true
		why := table.Unserved(ls)
		if (why == "") != (len(table.For(ls)) > 0) {
			t.Errorf("%s: For and Unserved disagree", Describe(ls))
		}
		if why != "" && !slices.ContainsFunc(table.unserved, func(u unserved) bool { return u.reason == why }) {
			t.Errorf("%s, %s: %s", r.File, Describe(ls), why)
		}
	}
	t.Logf("%d logsources", len(seen))
}

func BenchmarkFor(b *testing.B) {
	table, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	ls := sigma.LogSource{Product: "windows", Category: "process_creation"}
	b.ReportAllocs()
	for b.Loop() {
		table.For(ls)
	}
}
