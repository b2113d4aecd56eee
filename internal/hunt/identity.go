package hunt

import (
	"bytes"

	"entente/internal/event"
)

// userFields are where records keep the account that acted, the most telling first.
var userFields = map[event.Source][]string{
	event.SourceWindows:     {"User", "SubjectUserName", "TargetUserName", "AccountName", "SourceUser", "UserName", "Security_UserID"},
	event.SourceSysmonLinux: {"User"},
	event.SourceAuditd:      {"AUID", "auid", "acct", "UID", "uid"},
	event.SourceSyslog:      {"user"},
	event.SourceIIS:         {"cs-username"},
	event.SourceHTTPProxy:   {"AuthenticatedUser"},
	event.SourceECP:         {"SID", "User"},
	event.SourceWebAccess:   {"cs-username"},
	event.SourceCloudTrail:  {"userIdentity.arn", "userIdentity.userName", "userIdentity.type"},
	event.SourceEntra: {
		"properties.userPrincipalName", "userPrincipalName", "initiatedBy.user.userPrincipalName",
		"properties.initiatedBy.user.userPrincipalName", "initiatedBy.app.displayName", "identity",
	},
	event.SourceAzure:      {"caller", "identity.claims.name"},
	event.SourceM365:       {"UserId"},
	event.SourceOkta:       {"actor.alternateId", "actor.displayName"},
	event.SourceKubernetes: {"user.username"},
	event.SourceGCP:        {"protoPayload.authenticationInfo.principalEmail"},
	event.SourceGitHub:     {"actor"},
	event.SourceZeek:       {"username", "user"},
	event.SourceCSV:        {"User", "user", "username", "UserName"},
	event.SourceJSON:       {"User", "user", "username", "user.name", "UserName"},
}

// logonEvents are the events of the Security log in which the target is the account that matters, because the
// subject is the machine that checked it.
var logonEvents = map[uint32]bool{4624: true, 4625: true, 4768: true, 4769: true, 4771: true, 4776: true, 4778: true, 4779: true}

// domainFields are where records of Windows keep the domain of an account that stands alone.
var domainFields = map[string]string{"SubjectUserName": "SubjectDomainName", "TargetUserName": "TargetDomainName"}

// accounts finds the accounts that records are about. It remembers which of a reader's names are those of fields above; one
// goroutine uses it.
type accounts struct {
	number  map[string]uint8 // of those fields, from 1
	order   map[event.Source][]uint8
	domains []uint8 // by number: that of the field of the domain, 0 for others
	names   *event.Names
	slots   []uint8 // by slot of names: number, 0 of other fields
	values  []int   // by number, of the record at hand: index of the first value, and one; negative where it is the envelope's
	name    []byte
	full    []byte
}

func newAccounts() *accounts {
	a := &accounts{number: map[string]uint8{}, order: map[event.Source][]uint8{}}
	for source, fields := range userFields {
		for _, f := range fields {
			a.order[source] = append(a.order[source], a.numbered(f))
		}
	}
	for name, domain := range domainFields {
		n, d := a.numbered(name), a.numbered(domain)
		a.domains = append(a.domains, make([]uint8, max(0, int(n)+1-len(a.domains)))...)
		a.domains[n] = d
	}
	a.values = make([]int, len(a.number)+1)
	a.domains = append(a.domains, make([]uint8, len(a.values)-len(a.domains))...)
	return a
}

func (a *accounts) numbered(field string) uint8 {
	n, ok := a.number[field]
	if !ok {
		n = uint8(len(a.number)) + 1
		a.number[field] = n
	}
	return n
}

// of names the account that a record is about, nil where it names none. An account of a domain is DOMAIN\NAME, whether the
// record has it in one field or in two. The text is valid until the next call.
func (a *accounts) of(ev *event.Event) []byte {
	a.look(ev)
	if ev.Source == event.SourceWindows && logonEvents[ev.EventID] {
		if u := a.in(ev, a.number["TargetUserName"]); len(u) > 0 {
			return u
		}
	}
	for _, n := range a.order[ev.Source] {
		if u := a.in(ev, n); len(u) > 0 {
			return u
		}
	}
	return nil
}

// look finds the fields of a record: in its data, or else in its envelope.
func (a *accounts) look(ev *event.Event) {
	if a.names != ev.Names {
		a.names, a.slots = ev.Names, a.slots[:0]
	}
	for i := len(a.slots); i < ev.Names.Len(); i++ {
		a.slots = append(a.slots, a.number[ev.Names.At(uint32(i)).Text])
	}
	clear(a.values)
	for i := range ev.Values {
		slot := ev.Values[i].Slot
		switch n := a.slots[slot]; {
		case n == 0 || a.values[n] > 0:
		case !ev.Names.At(slot).System:
			a.values[n] = i + 1
		case a.values[n] == 0:
			a.values[n] = -i - 1
		}
	}
}

// text is that of a field, "" where it is missing or null.
func (a *accounts) text(dst []byte, ev *event.Event, n uint8) []byte {
	switch i := a.values[n]; {
	case i > 0:
		return ev.Values[i-1].AppendText(dst)
	case i < 0:
		return ev.Values[-i-1].AppendText(dst)
	}
	return dst
}

// in is the account in one field.
func (a *accounts) in(ev *event.Event, n uint8) []byte {
	a.name = a.text(a.name[:0], ev, n)
	switch string(a.name) {
	case "", "-":
		return nil
	case "4294967295", "-1", "unset": // of a process that nobody logged on for (auditd)
		if ev.Source == event.SourceAuditd {
			return nil
		}
	}
	if d := a.domains[n]; d != 0 && ev.Source == event.SourceWindows && !bytes.ContainsAny(a.name, `\@`) {
		a.full = a.text(a.full[:0], ev, d)
		if len(a.full) > 0 && string(a.full) != "-" {
			a.full = append(append(a.full, '\\'), a.name...)
			return a.full
		}
	}
	return a.name
}
