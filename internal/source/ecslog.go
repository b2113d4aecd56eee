package source

import (
	"bytes"

	"entente/internal/event"
)

// What log a record in the Elastic Common Schema is of stands in some of many fields, all of which other systems have as well.
// A record becomes a Windows event only where they leave no doubt, and what is missing for that is said.

// commonHints is what a record tells of its log.
type commonHints struct {
	id                uint32 // 0 where it has no number
	channel, provider string
	set               string // log of its data set or module
	windows           bool   // it is of a machine with Windows
	other             bool   // it is of another system, or of a product
}

// commonShape is the shape of a record in the common schema: that of winlogbeat where it is certain that it is an event of
// Windows with a number, else generic where it has enough of the schema. s is what its names alone look like.
func (d *jsonDecoder) commonShape(s shape) shape {
	p := &d.parser
	whole := p.marks&markECS != 0 && p.marks&markECSMore != 0
	if s == shapeGeneric && p.marks&markECSCode == 0 {
		d.lacks = commonLacks(p.marks)
		return s
	}
	h := d.hints()
	switch {
	case h.id == 0 && whole:
		d.lacks = commonLacks(p.marks)
		return shapeGeneric
	case h.id == 0 || s == shapeBeat && (h.channel != "" || h.provider != ""):
		return s
	case knownLog(h.channel, h.provider):
		return shapeBeat
	case h.channel != "" || h.provider != "" || h.other && h.set == "":
		return s
	case h.set == "" && h.windows:
		h.set = d.proof(h.id)
	}
	if h.set == "" {
		if p.marks&markECSHost != 0 && p.marks&(markECS|markECSKind) != markECS|markECSKind || h.id >= 4608 && h.id <= 5168 {
			d.lacks = "there is event.code, but nothing that says which log it is of (winlog.channel, event.provider or event.dataset): rules for Windows do not run on these records"
		}
		return s
	}
	p.values = append(p.values, event.Value{Raw: []byte(h.set), Slot: d.channelNode().id, Type: event.UTF8})
	return shapeBeat
}

// commonLacks says what records in the common schema lack that have no number of an event, "" where rules can tell what they are.
// marks are those of their names.
func commonLacks(marks uint64) string {
	switch {
	case marks&markECSHost == 0:
		return ""
	case marks&markECS == 0:
		return "there are fields of the Elastic Common Schema, but none that says what happened (event.code with winlog.channel or event.provider, or event.category with event.type): rules do not run on these records"
	case marks&markECSKind == 0:
		return "there are fields of the Elastic Common Schema, but none that says what was done (event.type, event.action or event.code): most rules do not run on these records"
	}
	return ""
}

// hints looks for what a record tells of its log.
func (d *jsonDecoder) hints() (h commonHints) {
	p := &d.parser
	for i := range p.values {
		v := &p.values[i]
		if v.Type != event.UTF8 && v.Type != event.JSONStr && v.Type != event.JSONNum {
			continue
		}
		switch p.tree.nodes[v.Slot].path {
		case "event.code", "winlog.event_id", "event_id":
			if n, ok := number(v); ok && n > 0 && n <= 0xFFFFFFFF {
				h.id = uint32(n & 0xFFFF)
			}
		case "winlog.channel", "log_name":
			h.channel = d.hint(v)
		case "winlog.provider_name", "source_name", "event.provider":
			if h.provider == "" {
				h.provider = d.hint(v)
			}
		case "event.dataset", "data_stream.dataset", "event.module":
			name := d.hint(v)
			if log := commonLogs[name]; log != "" {
				h.set = log
			} else if !commonCollectors[name] {
				h.other = true
			}
		case "host.os.type", "host.os.family", "host.os.platform":
			if name := d.hint(v); name == "windows" {
				h.windows = true
			} else if name != "" {
				h.other = true
			}
		case "process.executable":
			h.windows = h.windows || windowsPath(v.Raw)
		}
	}
	return h
}

// hint is the text of a value.
func (d *jsonDecoder) hint(v *event.Value) string {
	var buf [64]byte
	return d.kinds.of(v.AppendText(buf[:0]))
}

// commonCollectors are modules and data sets that have events of several logs.
var commonCollectors = namesOf("windows system winlog winlog.winlog windows.forwarded winlogbeat system.auth")

// windowsPath says that a text is the path of a file on Windows.
func windowsPath(b []byte) bool {
	return len(b) > 3 && b[1] == ':' && b[2] == '\\' && b[0]|0x20 >= 'a' && b[0]|0x20 <= 'z' || bytes.HasPrefix(b, []byte(`\\`))
}

// proof is the log of an event with that id that its fields leave no doubt of, "" where they do.
func (d *jsonDecoder) proof(id uint32) string {
	program, more := false, false
	fields := commonProof[id]
	for i := range d.parser.values {
		v := &d.parser.values[i]
		if len(v.Raw) == 0 {
			continue
		}
		path := d.parser.tree.nodes[v.Slot].path
		program = program || path == "process.executable"
		for _, f := range fields {
			more = more || path == f
		}
	}
	switch {
	case !program || !more:
		return ""
	case id == 4688:
		return "Security"
	}
	return channelOf(sysmonProvider)
}

// warnLacks reports, once a file, what records lack.
func (d *jsonDecoder) warnLacks(off int64, env *Env) {
	if d.lacks != "" && d.lacks != d.lacked {
		d.lacked = d.lacks
		env.warn(off, d.lacks)
	}
}
