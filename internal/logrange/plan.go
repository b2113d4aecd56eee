package logrange

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Format is a kind of log that can be written.
type Format string

// The formats.
const (
	EVTX       Format = "evtx"       // Windows event logs, one file a channel
	Winlogbeat Format = "winlogbeat" // Windows events as JSON lines, the shape of Winlogbeat 7
	WinFlat    Format = "winflat"    // Windows events as flat JSON lines: EventID, Channel, Hostname and the data
	IIS        Format = "iis"        // IIS W3C, front end and back end of Exchange
	HTTPProxy  Format = "httpproxy"  // Exchange HttpProxy CSV, a folder for each protocol
	ECP        Format = "ecp"        // Exchange ECP Server CSV
	Auditd     Format = "auditd"     // Linux audit log
	Syslog     Format = "syslog"     // auth.log and syslog, RFC 3164
	Syslog5424 Format = "syslog5424" // the same, RFC 5424
	WebAccess  Format = "webaccess"  // access log of a Linux web server, combined format
	CloudTrail Format = "cloudtrail" // AWS CloudTrail as JSON lines
	Entra      Format = "entra"      // Entra ID sign-ins and audit as JSON lines
)

// Formats lists all of them, in the order of the documentation.
func Formats() []Format {
	return []Format{
		EVTX, Winlogbeat, WinFlat, IIS, HTTPProxy, ECP, Auditd, Syslog, Syslog5424, WebAccess, CloudTrail, Entra,
	}
}

// ParseFormats reads a comma-separated list; "all" is every one, "json" is winlogbeat.
func ParseFormats(list string) ([]Format, error) {
	var out []Format
	for name := range strings.SplitSeq(list, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case "":
			continue
		case "all":
			return Formats(), nil
		case "json":
			name = string(Winlogbeat)
		}
		f := Format(name)
		if !slices.Contains(Formats(), f) {
			return nil, fmt.Errorf("unknown format %q: use all or some of %s", name, join(Formats()))
		}
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no format given")
	}
	return out, nil
}

// Role is what a host is for; it decides which logs it has and who works there.
type Role string

// The roles.
const (
	DomainController Role = "dc"
	ExchangeServer   Role = "exchange"
	FileServer       Role = "fileserver"
	Workstation      Role = "workstation"
	LinuxWeb         Role = "linuxweb"
	LinuxServer      Role = "linux"
	CloudTenant      Role = "cloud"
)

// formats says which logs a host of this role can have.
func (r Role) formats() []Format {
	switch r {
	case DomainController, FileServer, Workstation:
		return []Format{EVTX, Winlogbeat, WinFlat}
	case ExchangeServer:
		return []Format{EVTX, Winlogbeat, WinFlat, IIS, HTTPProxy, ECP}
	case LinuxWeb:
		return []Format{Auditd, Syslog, Syslog5424, WebAccess}
	case LinuxServer:
		return []Format{Auditd, Syslog, Syslog5424}
	case CloudTenant:
		return []Format{CloudTrail, Entra}
	}
	return nil
}

// share is a host's part of the whole size, relative to the others.
func (r Role) share() int64 {
	switch r {
	case ExchangeServer:
		return 30
	case DomainController:
		return 25
	case FileServer:
		return 15
	case Workstation:
		return 12
	case LinuxWeb:
		return 12
	case LinuxServer:
		return 8
	case CloudTenant:
		return 6
	}
	return 1
}

// constant is the load that does not depend on office hours, in thousandths of a busy hour.
func (r Role) constant() uint64 {
	switch r {
	case Workstation:
		return 40
	case DomainController, FileServer:
		return 220
	case ExchangeServer:
		return 300
	case LinuxWeb, LinuxServer:
		return 400
	case CloudTenant:
		return 150
	}
	return 100
}

// Host is one machine, or the cloud tenant.
type Host struct {
	Name string // lower case letters, digits and hyphens, at most 15; the name of its folder
	Role Role
}

// DefaultHosts is a small organisation of n hosts, at least one, and its cloud tenant, which does not count.
func DefaultHosts(n int) []Host {
	first := []Host{
		{"dc01", DomainController}, {"ex01", ExchangeServer}, {"ws01", Workstation}, {"web01", LinuxWeb}, {"fs01", FileServer},
	}
	out := slices.Clone(first[:min(max(n, 1), len(first))])
	// Beyond the first: mostly workstations, and now and then a server.
	for i := len(out); i < n; i++ {
		switch {
		case i%25 == 24:
			out = append(out, Host{fmt.Sprintf("fs%02d", i/25+2), FileServer})
		case i%10 == 9:
			out = append(out, Host{fmt.Sprintf("lnx%02d", i/10+1), LinuxServer})
		default:
			out = append(out, Host{fmt.Sprintf("ws%02d", i-3), Workstation})
		}
	}
	return append(out, Host{"cloud", CloudTenant})
}

// Planting asks for one plant.
type Planting struct {
	ID   string        // see Plants
	At   time.Duration // after the plan's start; 0 lets the seed choose
	Host string        // "": the first host of each fitting role
}

// ParsePlants reads "all" (at times of the seed's choice), "none" or a comma-separated list of plant ids. A trailing * stands for all ids that begin
// so.
func ParsePlants(list string) ([]Planting, error) {
	var out []Planting
	seen := map[string]bool{}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		switch name {
		case "", "none":
			continue
		case "all":
			name = "*"
		}
		prefix, wild := strings.CutSuffix(name, "*")
		found := false
		for _, p := range Plants() {
			if p.ID != name && (!wild || !strings.HasPrefix(p.ID, prefix)) {
				continue
			}
			found = true
			if !seen[p.ID] {
				seen[p.ID] = true
				out = append(out, Planting{ID: p.ID})
			}
		}
		if !found {
			return nil, fmt.Errorf("unknown plant %q: see `entente range --list`", name)
		}
	}
	return out, nil
}

// Plan says what to write.
type Plan struct {
	Seed     uint64
	Hosts    []Host        // none: DefaultHosts(5)
	Start    time.Time     // zero: Monday 1 March 2021, 00:00 UTC
	Duration time.Duration // zero: three days; at most ten years
	// Bytes is the size of all logs together, met within five percent where it is at least 4 MiB, and 1 MiB more for
	// each Windows host with EVTX, whose files cannot be smaller. Zero: EventsPerHost counts instead.
	Bytes int64
	// EventsPerHost is the number of records of each host, plants not counted; an event that goes to several logs
	// counts for each. Zero with Bytes zero: 10,000.
	EventsPerHost int
	Formats       []Format // none: all
	Plants        []Planting
	// Truth is the path of the ground truth; "": truth.jsonl in the range's folder, where something is planted.
	Truth string
}

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$`)

const maxHosts = 1000

// check fills in the defaults and refuses what cannot be done.
func (p Plan) check() (Plan, error) {
	if len(p.Hosts) == 0 {
		p.Hosts = DefaultHosts(5)
	}
	if len(p.Hosts) > maxHosts {
		return p, fmt.Errorf("%d hosts: use at most %d", len(p.Hosts), maxHosts)
	}
	seen := map[string]bool{}
	for _, h := range p.Hosts {
		if !hostName.MatchString(h.Name) {
			return p, fmt.Errorf("host name %q: use up to 15 lower-case letters, digits and hyphens", h.Name)
		}
		if seen[h.Name] {
			return p, fmt.Errorf("host name %q stands twice", h.Name)
		}
		seen[h.Name] = true
		if h.Role.formats() == nil {
			return p, fmt.Errorf("host %s: unknown role %q", h.Name, h.Role)
		}
	}
	if p.Start.IsZero() {
		p.Start = time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC)
	}
	p.Start = p.Start.UTC().Truncate(time.Second)
	if y := p.Start.Year(); y < 1990 || y > 2100 {
		return p, fmt.Errorf("start in the year %d: use 1990 to 2100", y)
	}
	if p.Duration == 0 {
		p.Duration = 3 * 24 * time.Hour
	}
	if p.Duration < time.Hour || p.Duration > 3653*24*time.Hour {
		return p, fmt.Errorf("duration %v: use one hour to ten years", p.Duration)
	}
	if p.Bytes < 0 || p.EventsPerHost < 0 {
		return p, errors.New("sizes must not be negative")
	}
	if p.Bytes == 0 && p.EventsPerHost == 0 {
		p.EventsPerHost = 10_000
	}
	if len(p.Formats) == 0 {
		p.Formats = Formats()
	}
	for _, f := range p.Formats {
		if !slices.Contains(Formats(), f) {
			return p, fmt.Errorf("unknown format %q", f)
		}
	}
	known := map[string]bool{}
	for _, pl := range Plants() {
		known[pl.ID] = true
	}
	for _, pl := range p.Plants {
		if !known[pl.ID] {
			return p, fmt.Errorf("unknown plant %q", pl.ID)
		}
		if pl.Host != "" && !seen[pl.Host] {
			return p, fmt.Errorf("plant %s: there is no host %q", pl.ID, pl.Host)
		}
		if pl.At < 0 || pl.At >= p.Duration {
			return p, fmt.Errorf("plant %s at %v is outside of the %v of the range", pl.ID, pl.At, p.Duration)
		}
	}
	return p, nil
}

func join(list []Format) string {
	names := make([]string, len(list))
	for i, f := range list {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}
