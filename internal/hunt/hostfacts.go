package hunt

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"entente/internal/event"
)

// HostFacts is what records tell of a machine by which logs that do not name it can be known as its own.
type HostFacts struct {
	Host string // as the records have it; of Kerberos' records the machine account's name without $
	// Addresses are its own, in order: ends of connections that Sysmon saw it open or take (3), and where its account's
	// requests came from that a domain controller granted (Security 4768, 4769).
	Addresses []string
	Web       bool // IIS's worker process runs there
	Mail      bool // and for a pool of Exchange
}

// Limits of what is known of machines.
const (
	maxFactHosts     = 1 << 14
	maxFactAddresses = 64
)

// factKind says which records tell something of a machine.
type factKind uint8

const (
	noFact factKind = iota
	factProgram
	factConnection
	factTicket
)

// fact is the kind of fact that records with this header tell.
func (h *header) fact() factKind {
	if h.source != event.SourceWindows {
		return noFact
	}
	switch sysmon := strings.EqualFold(h.channel, "Microsoft-Windows-Sysmon/Operational"); {
	case sysmon && h.eventID == 1:
		return factProgram
	case sysmon && h.eventID == 3:
		return factConnection
	case sysmon || !strings.EqualFold(h.channel, "Security"):
		return noFact
	}
	switch h.eventID {
	case 4688:
		return factProgram
	case 4768, 4769:
		return factTicket
	}
	return noFact
}

// factField numbers the fields that facts stand in.
type factField uint8

const (
	otherField factField = iota
	imageField
	parentField
	commandField
	parentCommandField
	sourceField
	destinationField
	initiatedField
	accountField
	addressField
	statusField
	factFields
)

var factFieldNames = map[string]factField{
	"Image": imageField, "NewProcessName": imageField, "ParentImage": parentField, "ParentProcessName": parentField,
	"CommandLine": commandField, "ParentCommandLine": parentCommandField,
	"SourceIp": sourceField, "DestinationIp": destinationField, "Initiated": initiatedField,
	"TargetUserName": accountField, "IpAddress": addressField, "Status": statusField,
}

// hostFacts collects the facts of the block at hand.
type hostFacts struct {
	names  *event.Names
	fields []factField // by slot of names
	values [factFields][]byte
	facts  map[hostFact]bool
	counts map[string]int64 // records by host, of those that are looked at in part
}

// hostFact is one fact: an address, or "w3wp", or "exchange".
type hostFact struct{ host, what string }

const (
	whatWeb  = "w3wp"
	whatMail = "exchange"
)

// look takes what a record tells. Of connections the first of each host are looked at, and then some.
func (v *hostFacts) look(kind factKind, ev *event.Event) {
	switch kind {
	case noFact:
		return
	case factConnection:
		if v.counts == nil {
			v.counts = map[string]int64{}
		}
		host, n := ev.Host, v.counts[ev.Host]+1
		if n == 1 {
			host = strings.Clone(host)
		}
		if v.counts[host] = n; !asked(n) {
			return
		}
	case factProgram, factTicket:
	}
	if v.names != ev.Names {
		v.names, v.fields = ev.Names, v.fields[:0]
	}
	for i := len(v.fields); i < ev.Names.Len(); i++ {
		v.fields = append(v.fields, factFieldNames[ev.Names.At(uint32(i)).Text])
	}
	if kind == factProgram {
		v.program(ev)
		return
	}
	for i := range v.values {
		v.values[i] = v.values[i][:0]
	}
	for i := range ev.Values {
		x := &ev.Values[i]
		if f := v.fields[x.Slot]; f != otherField && len(v.values[f]) == 0 {
			v.values[f] = x.AppendText(v.values[f])
		}
	}
	switch kind {
	case factConnection:
		own := v.values[destinationField]
		if initiated := v.values[initiatedField]; bytes.EqualFold(initiated, []byte("true")) {
			own = v.values[sourceField]
		} else if !bytes.EqualFold(initiated, []byte("false")) {
			return
		}
		v.address(ev.Host, own)
	case factTicket:
		account, _, _ := strings.Cut(string(v.values[accountField]), "@")
		if host, ok := strings.CutSuffix(account, "$"); ok && string(v.values[statusField]) == "0x0" {
			v.address(host, v.values[addressField])
		}
	case noFact, factProgram:
	}
}

// workerName is the program that runs the sites of IIS.
const workerName = `\w3wp.exe`

func (v *hostFacts) program(ev *event.Event) {
	for i := range ev.Values {
		x := &ev.Values[i]
		f := v.fields[x.Slot]
		if f != imageField && f != parentField || !v.worker(x) {
			continue
		}
		v.add(ev.Host, whatWeb)
		command := commandField
		if f == parentField {
			command = parentCommandField
		}
		for k := range ev.Values {
			x := &ev.Values[k]
			if v.fields[x.Slot] == command && strings.Contains(strings.ToLower(string(x.AppendText(nil))), "msexchange") {
				v.add(ev.Host, whatMail)
			}
		}
	}
}

// worker says that a value is the path of IIS's worker process.
func (v *hostFacts) worker(x *event.Value) bool {
	const digit = len("3wp.exe") // few names of programs have it there: others need not become text
	switch n := len(x.Raw); x.Type {
	case event.UTF8, event.JSONStr, event.ANSI:
		if n < digit || x.Raw[n-digit] != '3' {
			return false
		}
	case event.UTF16:
		if n < 2*digit || x.Raw[n-2*digit] != '3' {
			return false
		}
	default:
	}
	image := x.AppendText(v.values[imageField][:0])
	v.values[imageField] = image
	return len(image) > len(workerName) && bytes.EqualFold(image[len(image)-len(workerName):], []byte(workerName))
}

func (v *hostFacts) address(host string, text []byte) {
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		return
	}
	a = a.Unmap()
	if a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return
	}
	v.add(host, a.String())
}

func (v *hostFacts) add(host, what string) {
	if host == "" || v.facts[hostFact{host, what}] {
		return
	}
	if v.facts == nil {
		v.facts = map[hostFact]bool{}
	}
	v.facts[hostFact{strings.Clone(host), what}] = true
}

// take returns the facts in order, and begins anew.
func (v *hostFacts) take() []hostFact {
	clear(v.counts)
	if len(v.facts) == 0 {
		return nil
	}
	out := make([]hostFact, 0, len(v.facts))
	for f := range v.facts {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b hostFact) int {
		return cmp.Or(strings.Compare(a.host, b.host), strings.Compare(a.what, b.what))
	})
	clear(v.facts)
	return out
}

// factTally puts the facts of all blocks together.
type factTally map[string]*HostFacts

func (t *factTally) add(facts []hostFact) {
	for _, f := range facts {
		h := (*t)[f.host]
		if h == nil {
			if len(*t) >= maxFactHosts {
				continue
			}
			if *t == nil {
				*t = factTally{}
			}
			h = &HostFacts{Host: f.host}
			(*t)[f.host] = h
		}
		switch f.what {
		case whatWeb:
			h.Web = true
		case whatMail:
			h.Mail = true
		default:
			if len(h.Addresses) < maxFactAddresses && !slices.Contains(h.Addresses, f.what) {
				h.Addresses = append(h.Addresses, f.what)
			}
		}
	}
}

// list returns the facts in order of host.
func (t factTally) list() []HostFacts {
	out := make([]HostFacts, 0, len(t))
	for _, h := range t {
		slices.Sort(h.Addresses)
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b HostFacts) int { return strings.Compare(a.Host, b.Host) })
	return out
}
