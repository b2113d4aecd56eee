package logrange

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Plant describes one planted technique, or one harmless act that looks like one.
type Plant struct {
	ID         string
	Title      string
	Label      Label
	Techniques []string // ATT&CK ids of all its records together
	Roles      []Role   // hosts that it shows on
	Formats    []Format // logs that it shows in, where the host has them

	sow func(s *sowing)
}

// Plants lists all plants, attacks first, in the order of the documentation.
func Plants() []Plant {
	return slices.Concat(exchangePlants(), windowsPlants(), linuxPlants(), cloudPlants(), lookalikes())
}

func hostile(id, title, techniques string, roles []Role, formats []Format, sow func(s *sowing)) Plant {
	return Plant{ID: id, Title: title, Label: Malicious, Techniques: strings.Fields(techniques), Roles: roles, Formats: formats, sow: sow}
}

func harmless(id, title string, roles []Role, formats []Format, sow func(s *sowing)) Plant {
	return Plant{ID: id, Title: title, Label: Lookalike, Roles: roles, Formats: formats, sow: sow}
}

// sowing puts the deeds of one plant on their hosts.
type sowing struct {
	*world
	plant *Plant
	hosts []*host
	named string // host that was asked for
	start ticks
	rand  *random
	count *int
}

// on plans what happens on a host of a role, some time after the plant begins. techniques are of this deed alone;
// lookalikes have none.
func (s *sowing) on(role Role, after time.Duration, techniques, what string, do func(h *host)) {
	s.onAny([]Role{role}, after, techniques, what, do)
}

// onAny is on for the first of several roles that the plan has a host for.
func (s *sowing) onAny(roles []Role, after time.Duration, techniques, what string, do func(h *host)) {
	h := s.hostOf(roles)
	if h == nil {
		return
	}
	*s.count++
	at := min(s.start+ticks(after/100), h.rhythm.end-1)
	h.pending = append(h.pending, deed{
		at: at, order: *s.count, do: do, tag: tag{s.plant.ID, s.plant.Label, strings.Fields(techniques), what},
		rand: derive(s.plan.Seed, "plant", s.plant.ID, h.name, strconv.Itoa(*s.count)),
	})
}

func (s *sowing) hostOf(roles []Role) *host {
	for _, role := range roles {
		for _, h := range s.hosts {
			if h.Role == role && h.name == s.named {
				return h
			}
		}
	}
	for _, role := range roles {
		for _, h := range s.hosts {
			if h.Role == role {
				return h
			}
		}
	}
	return nil
}

// windows is onAny for what can happen on any machine with Windows, rather on those of the roles named.
func (s *sowing) windows(first Role, after time.Duration, techniques, what string, do func(w *windows)) {
	roles := append([]Role{first}, anyWindows...)
	s.onAny(roles, after, techniques, what, func(h *host) { do(h.win) })
}

var (
	anyWindows   = []Role{FileServer, Workstation, DomainController, ExchangeServer}
	anyLinux     = []Role{LinuxWeb, LinuxServer}
	onlyMail     = []Role{ExchangeServer}
	onlyDC       = []Role{DomainController}
	onlyCloud    = []Role{CloudTenant}
	onlyWeb      = []Role{LinuxWeb}
	linuxLogs    = []Format{Auditd, Syslog, Syslog5424}
	mailLogs     = []Format{EVTX, Winlogbeat, WinFlat, IIS, HTTPProxy, ECP}
	mailWebLogs  = []Format{IIS, HTTPProxy}
	webAndEvents = []Format{EVTX, Winlogbeat, WinFlat, IIS, HTTPProxy}
)

// sow puts all plants of the plan on the hosts.
func sow(w *world, hosts []*host) {
	count := 0
	for _, want := range w.plan.Plants {
		for _, p := range Plants() {
			if p.ID != want.ID {
				continue
			}
			r := derive(w.plan.Seed, "when", p.ID)
			span := ticks(w.plan.Duration / 100)
			at := span/20 + ticks(r.next()%uint64(span*8/10))
			if want.At > 0 {
				at = ticks(want.At / 100)
			}
			p.sow(&sowing{world: w, plant: &p, hosts: hosts, named: want.Host, start: ticksOf(w.plan.Start) + at, rand: r, count: &count})
		}
	}
	for _, h := range hosts {
		slices.SortFunc(h.pending, func(a, b deed) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order)) })
	}
}
