package source

import (
	"bytes"

	"entente/internal/event"
)

// addSysmonMessage adds the fields of a rendered Sysmon event: after a first line that names the event, one line
// "Name: value" each. Further lines of a value follow it as they are.
func addSysmonMessage(ev *event.Event, b []byte) {
	_, b, _ = bytes.Cut(b, []byte("\n"))
	last := -1
	var from []byte // rest of the message from the last value on
	for len(b) > 0 && len(ev.Values) < maxFields {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		switch {
		case ok && len(name) < 40 && identifier(name) && name[0] >= 'A' && name[0] <= 'Z':
			from = bytes.TrimPrefix(b[len(name)+1:], []byte(" "))
			last = len(ev.Values)
			ev.Add(ev.Names.SlotBytes(name), event.UTF8, bytes.TrimRight(bytes.TrimPrefix(value, []byte(" ")), "\r"))
		case last >= 0:
			v := &ev.Values[last]
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

// addScriptMessage adds the fields of a rendered PowerShell script block event.
func addScriptMessage(ev *event.Event, b []byte) {
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
	names := ev.Names
	if number != nil {
		ev.Add(names.Slot("MessageNumber"), event.UTF8, number)
		ev.Add(names.Slot("MessageTotal"), event.UTF8, total)
	}
	ev.Add(names.Slot("ScriptBlockText"), event.UTF8, bytes.TrimRight(script, "\r\n"))
	ev.Add(names.Slot("ScriptBlockId"), event.UTF8, bytes.TrimSpace(id))
	ev.Add(names.Slot("Path"), event.UTF8, bytes.TrimSpace(path))
}
