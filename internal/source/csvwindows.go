package source

import (
	"bytes"

	"entente/internal/event"
)

// A table of Windows events or of Microsoft 365 audit records has what hunters look for in one column: as JSON, or as
// the rendered message. These are taken apart here.

// evtxECmd makes the event of a row of EvtxECmd. The columns at hand are the envelope; payload is the JSON of EventData
// or UserData. What our own reader of such JSON makes of both is the event.
func (d *csvDecoder) evtxECmd(payload int) *event.Event {
	if payload < 0 {
		return nil
	}
	inner := bytes.TrimSpace(d.ev.Values[payload].Raw)
	if len(inner) < 2 || inner[0] != '{' || inner[len(inner)-1] != '}' {
		return nil
	}
	b := append(d.whole[:0], `{"Event":{"System":{`...)
	first := true
	for i := range d.ev.Values {
		v := &d.ev.Values[i]
		if i == payload || v.IsNull() {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = event.AppendJSONString(b, d.ev.Names.At(v.Slot).Text)
		b = v.AppendJSON(append(b, ':'))
	}
	b = append(b, '}')
	if inner = bytes.TrimSpace(inner[1 : len(inner)-1]); len(inner) > 0 {
		b = append(append(b, ','), inner...)
	}
	d.whole = append(b, "}}"...)
	return d.fromJSON(d.whole)
}

// fromJSON is the event that our JSON reader makes of an object, nil where it is damaged.
func (d *csvDecoder) fromJSON(object []byte) *event.Event {
	if d.json == nil {
		d.json, _ = newJSON().NewDecoder().(*jsonDecoder)
	}
	j := d.json
	if j.parser.tree.full() || j.names.Full() {
		j.fresh()
	}
	i := spaceEnd(object, 0)
	if i >= len(object) || object[i] != '{' {
		return nil
	}
	if _, err := j.parser.parse(object, i); err != nil || len(j.parser.values) == 0 {
		return nil
	}
	j.assemble(object, 0)
	return &j.ev
}

// rendered completes an event of which there is the rendered message: the channel, which Event Viewer leaves out, and
// the fields that messages of Sysmon, of PowerShell and of the security log spell out. Those of other logs are worded for
// people and stay text.
func (d *csvDecoder) rendered(payload int) {
	ev := &d.ev
	if ev.Channel == "" {
		if c := channelOf(ev.Provider); c != "" {
			ev.Channel = c
			ev.Add(ev.Names.SystemSlot("Channel"), event.UTF8, []byte(c))
		}
	}
	if payload < 0 {
		return
	}
	addMessage(ev, ev.Values[payload].Raw)
}

// channelOf is the log that the events of a provider stand in as a rule, "" where that is not known.
func channelOf(provider string) string {
	switch provider {
	case "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Eventlog":
		return "Security"
	case "Service Control Manager", "Microsoft-Windows-Kernel-General", "Microsoft-Windows-Kernel-Power", "EventLog", "Netlogon":
		return "System"
	case "PowerShell":
		return "Windows PowerShell"
	case "Windows Error Reporting", "Application Error", "ESENT", "MsiInstaller":
		return "Application"
	case "MSExchange CmdletLogs":
		return "MSExchange Management"
	case "Microsoft-Windows-Sysmon", "Microsoft-Windows-PowerShell", "Microsoft-Windows-TaskScheduler",
		"Microsoft-Windows-Windows Defender", "Microsoft-Windows-WMI-Activity", "Microsoft-Windows-Bits-Client",
		"Microsoft-Windows-TerminalServices-LocalSessionManager", "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
		"Microsoft-Windows-WinRM", "Microsoft-Windows-CodeIntegrity", "Microsoft-Windows-DNS-Client", "Microsoft-Windows-NTLM":
		return provider + "/Operational"
	default:
		return ""
	}
}
