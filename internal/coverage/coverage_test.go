package coverage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/advisory"
	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/source"
	"entente/internal/taxonomy"
)

func smallPack(t *testing.T) *advisory.Pack {
	t.Helper()
	p, err := advisory.Open(filepath.Join("testdata", "small"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// site is a folder of logs of invented hosts.
type site struct {
	t     *testing.T
	dir   string
	lines map[string][]string
}

func newSite(t *testing.T) *site {
	t.Helper()
	return &site{t: t, dir: t.TempDir(), lines: map[string][]string{}}
}

// windows adds a record of a Windows log at a minute of the day; fields are name, value, …
func (s *site) windows(host, channel string, id, minute int, fields ...string) {
	provider := map[string]string{"Security": "Microsoft-Windows-Security-Auditing", sysmon: "Microsoft-Windows-Sysmon"}[channel]
	line := fmt.Sprintf(`{"@timestamp":"2021-03-03T%02d:%02d:00Z","Channel":%q,"Provider_Name":%q,"EventID":%d,"Computer":%q`, minute/60, minute%60, channel, provider, id, host)
	for i := 0; i < len(fields); i += 2 {
		line += fmt.Sprintf(",%q:%q", fields[i], fields[i+1])
	}
	name := "windows-" + strings.ReplaceAll(host, ".", "-") + ".jsonl"
	s.lines[name] = append(s.lines[name], line+"}")
}

const sysmon = "Microsoft-Windows-Sysmon/Operational"

const lsassDump = `rundll32 comsvcs.dll MiniDump 600 lsass.dmp`

func (s *site) started(host string, minute int, parent, image, command string) {
	s.windows(host, sysmon, 1, minute, "ParentImage", `C:\x\`+parent, "Image", `C:\x\`+image, "CommandLine", command)
}

func (s *site) lsassRead(host string, minute int) {
	s.windows(host, sysmon, 10, minute, "SourceImage", `C:\x\a.exe`, "TargetImage", `C:\Windows\System32\lsass.exe`, "GrantedAccess", "0x1010")
}

// audited adds a log-on: with program starts it makes half of what the small pack can look for on Windows.
func (s *site) audited(host string) {
	s.windows(host, "Security", 4624, 0, "TargetUserName", "x")
}

// web adds a request to a web server's log at a path under the site.
func (s *site) web(path, ip string, minute int, method, stem string) {
	if len(s.lines[path]) == 0 {
		s.lines[path] = []string{
			"#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0",
			"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status",
		}
	}
	s.lines[path] = append(s.lines[path], fmt.Sprintf("2021-03-03 %02d:%02d:00 %s %s %s - 443 - 198.51.100.7 x 200", minute/60, minute%60, ip, method, stem))
}

func (s *site) hunt(packs []*advisory.Pack, workers int) *coverage.Report {
	s.t.Helper()
	c, sum := s.collect(packs, workers, nil)
	return c.Report(sum)
}

// collect hunts with the rules that keep wants; nil wants all.
func (s *site) collect(packs []*advisory.Pack, workers int, keep func(*sigma.Meta) bool) (*coverage.Collector, *hunt.Summary) {
	s.t.Helper()
	for name, lines := range s.lines {
		path := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	table, err := taxonomy.Load()
	if err != nil {
		s.t.Fatal(err)
	}
	c := coverage.New(packs, coverage.Options{Table: table, Keep: keep, Describe: func(f *hunt.Finding) string { return fmt.Sprint(f.Matched) }})
	sum, err := hunt.Run(s.t.Context(), hunt.NewPlan(coverage.Rules(packs), table, hunt.PlanOptions{Keep: keep}), hunt.Options{
		Inputs: []string{s.dir}, Read: source.Options{Workers: workers}, Logs: true, Finding: func(f *hunt.Finding) error { c.Add(f); return nil },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c, sum
}

func (s *site) report() *coverage.Report {
	s.t.Helper()
	return s.hunt([]*advisory.Pack{smallPack(s.t)}, 0)
}

// verdicts are the hosts of a report: name=verdict(stages).
func verdicts(r *coverage.Report) string {
	var out []string
	for i := range r.Hosts {
		h := &r.Hosts[i]
		text := h.Name + "=" + string(h.Verdict)
		if h.Blind {
			text += "?"
		}
		var stages []string
		for _, st := range h.Stages {
			stages = append(stages, st.ID)
		}
		if len(stages) > 0 {
			text += "(" + strings.Join(stages, ",") + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// states are the TTPs of a report: id=state, with ~ where only some detections could look.
func states(r *coverage.Report) string {
	var out []string
	for i := range r.Packs[0].TTPs {
		t := &r.Packs[0].TTPs[i]
		text := t.ID + "=" + string(t.State)
		if t.Partly {
			text += "~"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*site)
		want string
	}{
		{"nothing found where a rule could look", func(s *site) {
			s.started("ws1.a.example", 1, "explorer.exe", "winword.exe", "winword")
			s.audited("ws1.a.example")
		}, "ws1.a.example=not-seen"},
		{"no log that could show it", func(s *site) { s.windows("ws1", "System", 7036, 1, "param1", "x") }, "ws1=cannot-tell?"},
		{"a high finding of a decisive stage", func(s *site) { s.started("ex1", 1, "w3wp.exe", "cmd.exe", "cmd /c dir") }, "ex1=compromised(shell)"},
		{"a lone medium one", func(s *site) {
			s.started("ex1", 1, "cmd.exe", "rundll32.exe", lsassDump)
			s.audited("ex1")
		}, "ex1=attempted(creds)"},
		{"two medium ones of one stage", func(s *site) {
			s.started("ex1", 1, "cmd.exe", "rundll32.exe", lsassDump)
			s.windows("ex1", "Security", 4769, 2, "TicketEncryptionType", "0x17")
		}, "ex1=attempted(creds)"},
		{"two medium ones of two stages", func(s *site) {
			s.started("ex1", 1, "cmd.exe", "rundll32.exe", lsassDump)
			s.windows("ex1", sysmon, 11, 2, "Image", `C:\x\w3wp.exe`, "TargetFilename", `C:\inetpub\a.aspx`)
		}, "ex1=attempted?(shell,creds)"},
		{"a lone high one of a stage that is not decisive", func(s *site) {
			s.lsassRead("ex1", 1)
		}, "ex1=attempted?(creds)"},
		{"two high ones of one such stage", func(s *site) {
			s.lsassRead("ex1", 1)
			s.lsassRead("ex1", 9)
		}, "ex1=attempted?(creds)"},
		{"a high and a medium one of two such stages", func(s *site) {
			s.lsassRead("ex1", 1)
			s.windows("ex1", sysmon, 11, 2, "Image", `C:\x\w3wp.exe`, "TargetFilename", `C:\inetpub\a.aspx`)
		}, "ex1=attempted?(shell,creds)"},
		{"two medium ones on two hosts", func(s *site) {
			s.started("ex1", 1, "cmd.exe", "rundll32.exe", lsassDump)
			s.windows("ex2", sysmon, 11, 2, "Image", `C:\x\w3wp.exe`, "TargetFilename", `C:\inetpub\a.aspx`)
		}, "ex1=attempted?(creds) ex2=attempted?(shell)"},
		{"an attempt, and no log that could show more", func(s *site) { s.web("u_ex.log", "192.0.2.10", 1, "POST", "/ecp/y.js") }, "192.0.2.10=attempted?(tried)"},
		{"a low finding of an attempt is none", func(s *site) { s.web("u_ex.log", "192.0.2.10", 1, "GET", "/probe.js") }, "192.0.2.10=cannot-tell?"},
		{"findings without a stage prove nothing", func(s *site) {
			s.started("ws1", 1, "cmd.exe", "whoami.exe", "whoami")
			s.audited("ws1")
		}, "ws1=not-seen"},
		{"a low finding of a stage that shows a compromise proves nothing, and begins nothing", func(s *site) {
			s.started("ex1", 1, "cmd.exe", "cmdkey.exe", "cmdkey /list")
			s.audited("ex1")
			s.started("ex2", 1, "cmd.exe", "cmdkey.exe", "cmdkey /list")
			s.started("ex2", 5, "w3wp.exe", "cmd.exe", "cmd")
		}, "ex2=compromised(shell) ex1=not-seen"},
		{"the worst comes first, then the earliest", func(s *site) {
			s.started("c", 1, "explorer.exe", "winword.exe", "winword")
			s.audited("c")
			s.audited("d")
			s.started("b", 5, "w3wp.exe", "cmd.exe", "cmd")
			s.started("a", 9, "w3wp.exe", "cmd.exe", "cmd")
			s.started("d", 2, "cmd.exe", "rundll32.exe", lsassDump)
		}, "b=compromised(shell) a=compromised(shell) d=attempted(creds) c=not-seen"},
		{"a correlation counts for the host that it groups by", func(s *site) {
			for i := range 4 {
				s.windows("dc1.a.example", "Security", 4625, i, "TargetUserName", fmt.Sprint("user", i))
			}
		}, "dc1.a.example=attempted?(tried)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			c.make(s)
			if got := verdicts(s.report()); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// TestOneHostUnderSeveralNames: the web server's log has its address, Sysmon its full and the Security log its short name.
func TestOneHostUnderSeveralNames(t *testing.T) {
	for _, c := range []struct{ name, path, want string }{
		{"folder", "cases/EX1/iis/u_ex.log", "ex1.a.example=compromised(tried,shell) ws9=not-seen"},
		{"folder of another host", "cases/ws9/iis/u_ex.log", "ex1.a.example=compromised(shell) ws9=attempted(tried)"},
		{"no folder, and the other one runs no web server", "iis/u_ex.log", "ex1.a.example=compromised(tried,shell) ws9=not-seen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.web(c.path, "192.0.2.10", 1, "POST", "/ecp/y.js")
			s.web(c.path, "127.0.0.1", 3, "POST", "/ecp/y.js")
			s.started("ex1.a.example", 5, "w3wp.exe", "cmd.exe", "cmd")
			s.windows("EX1", "Security", 4624, 6, "TargetUserName", "x")
			s.started("ws9", 7, "explorer.exe", "winword.exe", "winword")
			s.audited("ws9")
			r := s.report()
			if got := verdicts(r); got != c.want {
				t.Fatalf("%s\nwant %s", got, c.want)
			}
			if c.name != "folder" {
				return
			}
			h := r.Hosts[0]
			if !slices.Equal(h.Also, []string{"127.0.0.1", "192.0.2.10", "EX1"}) || len(h.JoinedBy) == 0 || h.Records != 4 {
				t.Errorf("also %v (%s), %d records", h.Also, h.JoinedBy, h.Records)
			}
			var chain []string
			for _, st := range h.Chain {
				chain = append(chain, fmt.Sprintf("%s %s ×%d", st.Time.Format("15:04"), st.Title, st.Findings))
			}
			if want := []string{"00:01 The flaw is tried ×2", "00:05 Program started by the web server ×1"}; !slices.Equal(chain, want) {
				t.Errorf("chain %q, want %q", chain, want)
			}
			day := time.Date(2021, 3, 3, 0, 0, 0, 0, time.UTC)
			if !h.First.Equal(day.Add(time.Minute)) || !h.Last.Equal(day.Add(5*time.Minute)) || !h.LogsLast.Equal(day.Add(6*time.Minute)) {
				t.Errorf("%v to %v, logs to %v", h.First, h.Last, h.LogsLast)
			}
		})
	}
}

// TestCorrelationOverNamesOfOneHost: it counts once for a host whose records have several of its names, and once for
// each of several hosts.
func TestCorrelationOverNamesOfOneHost(t *testing.T) {
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := smallPack(t)
	c := coverage.New([]*advisory.Pack{p}, coverage.Options{Table: table})
	match := func(host, file string) hunt.CorrelationMatch { return hunt.CorrelationMatch{Host: host, File: file} }
	c.Add(&hunt.Finding{Rule: &p.Rules.Correlations[0].Meta, Correlation: &hunt.CorrelationHit{
		Group:   []hunt.FieldValue{{Name: "HostLabel", Value: "ex1"}},
		Matches: []hunt.CorrelationMatch{match("EX1", "a"), match("ex1.a.example", "b"), match("ex1.a.example", "b"), match("", "c"), match("ws1", "c")},
	}})
	r := c.Report(nil)
	var got []string
	for _, h := range r.Hosts {
		got = append(got, fmt.Sprintf("%s=%s×%d", h.Name, h.Verdict, h.Chain[0].Findings))
	}
	if want := "[ex1.a.example=attempted×1 ws1=attempted×1]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	if ttp := r.Packs[0].TTPs[5]; ttp.Findings != 1 || len(ttp.Hosts) != 2 {
		t.Errorf("TTP %s: %d findings on %v", ttp.ID, ttp.Findings, ttp.Hosts)
	}
}

// TestTheOnlyMailServer: where only one host writes Exchange's own logs, the web server's log is its, too.
// TestSitesOfOneServer: a front end has an address of its own, a back end one that every machine has.
func TestSitesOfOneServer(t *testing.T) {
	for _, c := range []struct{ name, front, back, want string }{
		{"folders side by side", "x/W3SVC1/u_ex.log", "x/W3SVC2/u_ex.log", "192.0.2.10=attempted?(tried)"},
		{"one folder", "front.log", "back.log", "192.0.2.10=attempted?(tried)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.web(c.front, "192.0.2.10", 1, "POST", "/ecp/y.js")
			s.web(c.back, "fe80::1%5", 2, "POST", "/ecp/y.js")
			if got := verdicts(s.report()); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
	s := newSite(t)
	s.web("a/W3SVC1/u_ex.log", "192.0.2.10", 1, "POST", "/ecp/y.js")
	s.web("b/W3SVC1/u_ex.log", "192.0.2.11", 1, "POST", "/ecp/y.js")
	s.web("back.log", "::1", 2, "POST", "/ecp/y.js")
	if got, want := verdicts(s.report()), "192.0.2.10=attempted?(tried) 192.0.2.11=attempted?(tried) ::1=attempted?(tried)"; got != want {
		t.Errorf("two servers: %s\nwant %s", got, want)
	}
}

func TestTheOnlyMailServer(t *testing.T) {
	s := newSite(t)
	s.web("iis/u_ex.log", "192.0.2.10", 1, "POST", "/ecp/y.js")
	s.windows("ex1.a.example", "MSExchange Management", 1, 2)
	s.started("ws9", 7, "explorer.exe", "winword.exe", "winword")
	s.audited("ws9")
	if got, want := verdicts(s.report()), "ex1.a.example=attempted?(tried) ws9=not-seen"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	s.windows("ex2.a.example", "MSExchange Management", 1, 2)
	if got := verdicts(s.report()); !strings.Contains(got, "192.0.2.10=attempted") {
		t.Errorf("with two mail servers: %s", got)
	}
}

func TestStates(t *testing.T) {
	const none = "T1595.002=could-not-look T1190=could-not-look T1505.003=could-not-look T1003.001=could-not-look T1558.003=could-not-look " +
		"T1110.003=could-not-look T1583.003=no-log"
	with := func(changes ...string) string {
		out := none
		for i := 0; i < len(changes); i += 2 {
			out = strings.Replace(out, changes[i]+"=could-not-look", changes[i]+"="+changes[i+1], 1)
		}
		return out
	}
	for _, c := range []struct {
		name string
		make func(*site)
		want string
	}{
		{"no log of use", func(s *site) { s.windows("h", "System", 7036, 1) }, none},
		{"programs in the Security log", func(s *site) {
			s.windows("h", "Security", 4688, 1, "NewProcessName", `C:\a.exe`, "ParentProcessName", `C:\b.exe`, "CommandLine", "")
		}, with("T1505.003", "not-found~", "T1110.003", "not-found")},
		{"programs in the Security log with their command lines", func(s *site) {
			s.windows("h", "Security", 4688, 1, "NewProcessName", `C:\a.exe`, "ParentProcessName", `C:\b.exe`, "CommandLine", "")
			s.windows("h", "Security", 4688, 2, "NewProcessName", `C:\a.exe`, "ParentProcessName", `C:\b.exe`, "CommandLine", "a")
		}, with("T1505.003", "not-found~", "T1003.001", "not-found~", "T1110.003", "not-found")},
		{"programs in the Security log of a Windows that does not tell what started them", func(s *site) {
			s.windows("h", "Security", 4688, 1, "NewProcessName", `C:\a.exe`, "CommandLine", "a")
		}, with("T1003.001", "not-found~", "T1110.003", "not-found")},
		{"programs in Sysmon whose data the export has left out", func(s *site) {
			s.windows("h", sysmon, 1, 1)
		}, none},
		{"programs in Sysmon", func(s *site) { s.started("h", 1, "a.exe", "b.exe", "b") }, with("T1505.003", "not-found~", "T1003.001", "not-found~")},
		{"and files", func(s *site) {
			s.started("h", 1, "a.exe", "b.exe", "b")
			s.windows("h", sysmon, 11, 1, "TargetFilename", `C:\a.txt`, "Image", `C:\a.exe`)
		}, with("T1505.003", "not-found", "T1003.001", "not-found~")},
		// 4625 is written by default, so any Security log will do; tickets are written on domain controllers only.
		{"a Security log without tickets", func(s *site) { s.windows("h", "Security", 4672, 1) }, with("T1110.003", "not-found")},
		{"a Security log with renewed tickets", func(s *site) { s.windows("h", "Security", 4770, 1) }, with("T1110.003", "not-found", "T1558.003", "not-found")},
		{"a Security log with strong tickets", func(s *site) { s.windows("h", "Security", 4769, 1, "TicketEncryptionType", "0x12") }, with("T1110.003", "not-found", "T1558.003", "not-found")},
		{"a web server's log", func(s *site) { s.web("u_ex.log", "192.0.2.1", 1, "GET", "/") }, with("T1595.002", "not-found", "T1190", "not-found")},
		{"something found", func(s *site) { s.started("h", 1, "w3wp.exe", "cmd.exe", "b") }, with("T1505.003", "found~", "T1003.001", "not-found~")},
		{"something counted", func(s *site) {
			for i := range 3 {
				s.windows("h", "Security", 4625, i, "TargetUserName", fmt.Sprint(i))
			}
		}, with("T1110.003", "found")},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			c.make(s)
			r := s.report()
			if got := states(r); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			counts := map[coverage.State]int{}
			for i := range r.Packs[0].TTPs {
				counts[r.Packs[0].TTPs[i].State]++
			}
			if !reflect.DeepEqual(counts, r.Packs[0].Counts) {
				t.Errorf("counts %v, TTPs have %v", r.Packs[0].Counts, counts)
			}
		})
	}
}

// TestRulesThatAreLeftOut: a hunt for rules of level high says nothing of what only others find.
func TestRulesThatAreLeftOut(t *testing.T) {
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.started("ex1", 1, "explorer.exe", "winword.exe", "lsass")
	s.hunt([]*advisory.Pack{smallPack(t)}, 1) // writes the logs
	p := []*advisory.Pack{smallPack(t)}
	keep := func(m *sigma.Meta) bool { return m.Level == "high" }
	c := coverage.New(p, coverage.Options{Table: table, Keep: keep})
	sum, err := hunt.Run(t.Context(), hunt.NewPlan(coverage.Rules(p), table, hunt.PlanOptions{Keep: keep}), hunt.Options{
		Inputs: []string{s.dir}, Logs: true, Finding: func(f *hunt.Finding) error { c.Add(f); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	r := c.Report(sum)
	if got, want := states(r), "T1595.002=could-not-look T1190=could-not-look T1505.003=not-found~ T1003.001=could-not-look T1558.003=could-not-look "+
		"T1110.003=could-not-look T1583.003=no-log"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for _, ttp := range r.Packs[0].TTPs {
		for _, x := range ttp.Rules {
			if x.LeftOut != (x.Level != "high") || x.LeftOut && (x.Looked || x.Missing >= 0) {
				t.Errorf("%s: %+v", ttp.ID, x)
			}
		}
	}
}

func TestMissingLogs(t *testing.T) {
	s := newSite(t)
	s.windows("h", "System", 7036, 1)
	r := s.report()
	byName := map[string]coverage.Log{}
	for _, l := range r.Missing {
		byName[l.Name] = l
	}
	if l := byName["Security 4769"]; l.TTPs != 1 || l.Rules != 1 || !strings.Contains(strings.Join(l.Enable, " "), `auditpol /set /subcategory:"Kerberos Service Ticket Operations"`) {
		t.Errorf("tickets: %+v", l)
	}
	// Of programs started either log will do.
	processes := coverage.Log{}
	for name, l := range byName {
		if strings.Contains(name, " or ") && strings.Contains(name, "4688") && strings.Contains(name, "Sysmon 1") {
			processes = l
		}
	}
	if processes.TTPs != 2 || processes.Rules != 2 || processes.Helps != 0 || !strings.Contains(strings.Join(processes.Enable, " "), "Process Creation") {
		t.Errorf("programs: %+v of %v", processes, r.Missing)
	}
	if !slices.IsSortedFunc(r.Missing, func(a, b coverage.Log) int { return b.TTPs - a.TTPs }) {
		t.Error("what opens most does not come first")
	}
	for _, ttp := range r.Packs[0].TTPs {
		if (ttp.State == coverage.Blind) != (len(ttp.Missing) > 0) {
			t.Errorf("%s is %s and waits for %v", ttp.ID, ttp.State, ttp.Missing)
		}
	}
	// With programs in Sysmon, opened processes would only show more.
	more := newSite(t)
	more.started("h", 1, "a.exe", "b.exe", "b")
	for _, l := range more.report().Missing {
		if strings.Contains(l.Name, "Sysmon 10") && (l.TTPs != 0 || l.Helps != 1) {
			t.Errorf("opened processes: %+v", l)
		}
	}
	if h := r.Hosts[0]; h.Verdict != coverage.CannotTell || len(h.Missing) == 0 {
		t.Errorf("host %+v", h)
	}
}

func TestSameReportByAnyNumberOfWorkers(t *testing.T) {
	s := newSite(t)
	for i := range 400 {
		host := fmt.Sprintf("h%d.a.example", i%23)
		switch i % 5 {
		case 0:
			s.started(host, i, "w3wp.exe", "cmd.exe", fmt.Sprint("cmd ", i))
		case 1:
			s.windows(strings.ToUpper(fmt.Sprintf("h%d", i%23)), "Security", 4625, i, "TargetUserName", fmt.Sprint(i%7))
		case 2:
			s.web(fmt.Sprintf("h%d/u_ex.log", i%23), fmt.Sprintf("192.0.2.%d", i%23), i, "POST", "/ecp/y.js")
		default:
			s.windows(host, sysmon, 10, i, "TargetImage", `C:\x\lsass.exe`)
		}
	}
	var first *coverage.Report
	for _, n := range []int{1, 2, 5} {
		r := s.hunt([]*advisory.Pack{smallPack(t)}, n)
		for i := range r.Packs {
			r.Packs[i].Pack = nil // read anew each time
			for k := range r.Packs[i].TTPs {
				r.Packs[i].TTPs[k].TTP = nil
			}
		}
		if first == nil {
			first = r
			continue
		}
		if !reflect.DeepEqual(first, r) {
			t.Errorf("%d workers: another report", n)
		}
	}
	if len(first.Hosts) != 23 {
		t.Errorf("%d hosts", len(first.Hosts))
	}
}

func TestReportWithoutSummary(t *testing.T) {
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := smallPack(t)
	c := coverage.New([]*advisory.Pack{p}, coverage.Options{Table: table})
	for _, r := range p.Rules.Rules {
		if r.Title == "Memory of LSASS read" {
			c.Add(&hunt.Finding{Rule: &r.Meta, Host: "h", Count: 3})
		}
	}
	r := c.Report(nil)
	if got := verdicts(r); got != "h=attempted?(creds)" {
		t.Error(got)
	}
	if h := r.Hosts[0]; !h.First.IsZero() || h.Chain[0].Findings != 3 {
		t.Errorf("%+v", h)
	}
}

func TestAdvise(t *testing.T) {
	s := newSite(t)
	s.started("ex1", 1, "w3wp.exe", "cmd.exe", "cmd")
	s.windows("ex1", sysmon, 10, 2, "TargetImage", `C:\x\lsass.exe`)
	r := s.report()
	text := func(list []coverage.Advice) string {
		var out []string
		for _, a := range list {
			var ids []string
			for _, ttp := range a.Stops {
				ids = append(ids, ttp.ID)
			}
			out = append(out, fmt.Sprintf("%s:%s+%d", a.ID, strings.Join(ids, ","), a.Others))
		}
		return strings.Join(out, " ")
	}
	if got, want := text(r.Advise(false)), "segment:T1505.003,T1003.001+1 lsa:T1003.001+0"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got, want := text(r.Advise(true)), "unused:T1558.003,T1110.003,T1583.003+0 segment:T1190,T1505.003,T1003.001+0 patch:T1595.002,T1190+0 lsa:T1003.001+0"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestAdviseFixesFirst: what mends a flaw that was tried comes before what stops more.
func TestAdviseFixesFirst(t *testing.T) {
	s := newSite(t)
	s.web("h/u_ex.log", "192.0.2.10", 1, "POST", "/ecp/y.js")
	s.started("ex1", 1, "w3wp.exe", "cmd.exe", "cmd")
	var ids []string
	for _, a := range s.report().Advise(false) {
		ids = append(ids, fmt.Sprintf("%s:%d", a.ID, len(a.Stops)))
	}
	if got := strings.Join(ids, " "); got != "patch:1 segment:2" {
		t.Error(got)
	}
}

// TestChainAgreesWithFindings: the chain is in order of time, and its times and those of the host are those of findings,
// for correlations as well.
func TestChainAgreesWithFindings(t *testing.T) {
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	for i := range 6 {
		s.windows("h", "Security", 4625, 10+i, "TargetUserName", fmt.Sprint("user", i))
	}
	s.started("h", 11, "w3wp.exe", "cmd.exe", "cmd")
	s.started("h", 30, "w3wp.exe", "cmd.exe", "cmd")
	packs := []*advisory.Pack{smallPack(t)}
	s.hunt(packs, 1) // writes the logs
	c := coverage.New(packs, coverage.Options{Table: table})
	times := map[string][2]time.Time{} // by rule
	spray := false
	sum, err := hunt.Run(t.Context(), hunt.NewPlan(coverage.Rules(packs), table, hunt.PlanOptions{}), hunt.Options{
		Inputs: []string{s.dir}, Logs: true, Finding: func(f *hunt.Finding) error {
			c.Add(f)
			spray = spray || f.Correlation != nil && f.Correlation.First.Before(f.Time)
			x := times[f.Rule.ID]
			if x[0].IsZero() || f.Time.Before(x[0]) {
				x[0] = f.Time
			}
			if f.Last.After(x[1]) {
				x[1] = f.Last
			}
			times[f.Rule.ID] = x
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h := c.Report(sum).Hosts[0]
	if len(h.Chain) != 2 || !spray {
		t.Fatalf("chain %+v", h.Chain)
	}
	first, last, since := h.Chain[0].Time, h.Chain[0].Last, false
	for i, st := range h.Chain {
		if i > 0 && st.Time.Before(h.Chain[i-1].Time) {
			t.Errorf("%s comes after what came later", st.Title)
		}
		if x := times[st.Rule]; !st.Time.Equal(x[0]) || !st.Last.Equal(x[1]) {
			t.Errorf("%s: %v to %v, findings %v", st.Title, st.Time, st.Last, x)
		}
		if st.Time.Before(first) {
			first = st.Time
		}
		if !st.Since.IsZero() && st.Since.Before(first) {
			first = st.Since
		}
		if st.Last.After(last) {
			last = st.Last
		}
		since = since || !st.Since.IsZero() && st.Since.Before(st.Time)
	}
	if !h.First.Equal(first) || !h.Last.Equal(last) || !since {
		t.Errorf("%v to %v, chain %v to %v, since %t", h.First, h.Last, first, last, since)
	}
}
