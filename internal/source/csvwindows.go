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
// the fields that messages of Sysmon and PowerShell spell out. Those of other logs are worded for people, in the
// language of the system, and stay text.
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
	switch msg := ev.Values[payload].Raw; {
	case ev.Provider == "Microsoft-Windows-Sysmon":
		d.sysmonMessage(msg)
	case ev.EventID == 4104 && ev.Provider == "Microsoft-Windows-PowerShell":
		d.scriptMessage(msg)
	}
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

// sysmonMessage adds the fields of a rendered Sysmon event: after a first line that names the event, one line
// "Name: value" each. Further lines of a value follow it as they are.
func (d *csvDecoder) sysmonMessage(b []byte) {
	_, b, _ = bytes.Cut(b, []byte("\n"))
	last := -1
	var from []byte // rest of the message from the last value on
	for len(b) > 0 && len(d.ev.Values) < maxFields {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		switch {
		case ok && len(name) < 40 && identifier(name) && name[0] >= 'A' && name[0] <= 'Z':
			from = bytes.TrimPrefix(b[len(name)+1:], []byte(" "))
			last = len(d.ev.Values)
			d.ev.Add(d.ev.Names.SlotBytes(name), event.UTF8, bytes.TrimRight(bytes.TrimPrefix(value, []byte(" ")), "\r"))
		case last >= 0:
			v := &d.ev.Values[last]
			v.Raw = bytes.TrimRight(from[:len(from)-len(rest)], "\r\n")
		}
		b = rest
	}
}

func identifier(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	for _, c := range b {
		if !wordByte(c) {
			return false
		}
	}
	return true
}

// scriptMessage adds the fields of a rendered PowerShell script block event.
func (d *csvDecoder) scriptMessage(b []byte) {
	head, b, ok := bytes.Cut(b, []byte("\n"))
	if !ok {
		return
	}
	var number, total []byte
	if i := bytes.LastIndexByte(head, '('); i >= 0 {
		words := bytes.Fields(bytes.TrimRight(head[i+1:], "):\r"))
		if len(words) == 3 {
			number, total = words[0], words[2]
		}
	}
	script, rest := b, []byte(nil)
	if i := bytes.LastIndex(b, []byte("ScriptBlock ID:")); i >= 0 {
		script, rest = b[:i], b[i+len("ScriptBlock ID:"):]
	}
	id, path, _ := bytes.Cut(rest, []byte("Path:"))
	names := d.ev.Names
	if number != nil {
		d.ev.Add(names.Slot("MessageNumber"), event.UTF8, number)
		d.ev.Add(names.Slot("MessageTotal"), event.UTF8, total)
	}
	d.ev.Add(names.Slot("ScriptBlockText"), event.UTF8, bytes.TrimRight(script, "\r\n"))
	d.ev.Add(names.Slot("ScriptBlockId"), event.UTF8, bytes.TrimSpace(id))
	d.ev.Add(names.Slot("Path"), event.UTF8, bytes.TrimSpace(path))
}
