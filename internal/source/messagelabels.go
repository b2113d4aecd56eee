package source

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"entente/internal/event"
)

// Splunk takes the fields of a Windows event out of its rendered message, and calls them as the labels there with underscores for
// what is no letter or digit: Account_Name. What a label means follows from securityLabels, and where that depends on the
// section, from the order of the sections in the message: a label that stands in two of them has two values.

// messageLabel is a label as a name.
type messageLabel struct {
	text string // as in the message
	sure bool   // nothing but Windows events has a field of that name
	sole bool   // it means the same in every section
	word bool   // its name has no underscore, and says nothing alone
}

// labels are the labels of messages by the names that Splunk has for them.
var labels = func() map[string]*messageLabel {
	m := map[string]*messageLabel{}
	add := func(key, field string) {
		_, label, inSection := strings.Cut(key, "|")
		if !inSection {
			label = key
		}
		name := labelName(label)
		if name == field {
			return
		}
		if m[name] == nil {
			m[name] = &messageLabel{text: label, word: !strings.Contains(name, "_")}
		}
		m[name].sole = m[name].sole || !inSection
		m[name].sure = m[name].sure || !inSection && surelyWindows[field] && !m[name].word
	}
	for key, field := range securityLabels {
		add(key, field)
	}
	return m
}()

// field is what the label means in every section, "" where that depends on the section.
func (l *messageLabel) field() string {
	if !l.sole {
		return ""
	}
	return securityLabels[l.text]
}

// labelName is the name that Splunk gives to a label.
func labelName(label string) string {
	b := []byte(label)
	for i, c := range b {
		if !wordByte(c) {
			b[i] = '_'
		}
	}
	return string(b)
}

// messageSections are the sections of a message that have labels in common, in their order, by event ids. Of events that are not
// here nothing is known.
var messageSections = func() map[uint32][]string {
	m := map[uint32][]string{}
	for _, row := range [...]struct{ sections, ids string }{
		{"Subject", `1102 4611 4616 4656-4670 4672-4674 4689 4690 4697-4702 4704-4707 4713 4714 4716-4719 4739 4817 4907 4912 5136-5145 4985`},
		{"Subject,New Logon", "4624 4625 4688 4703"},
		{"New Logon", "4634 4647"},
		{"Subject,Credentials", "4648"},
		{"Account", "4768-4771"},
		{"Subject,Account", "4720 4722-4726 4738 4740-4743 4767 4798"},
		{"Subject,Group", "4727 4730 4731 4734 4735 4737 4744 4745 4748-4750 4753-4755 4758-4760 4763 4764 4799"},
		{"Subject,Member,Group", "4728 4729 4732 4733 4746 4747 4751 4752 4756 4757 4761 4762"},
	} {
		for ids := range strings.FieldsSeq(row.ids) {
			from, to, ok := strings.Cut(ids, "-")
			if !ok {
				to = from
			}
			first, _ := strconv.ParseUint(from, 10, 32)
			last, _ := strconv.ParseUint(to, 10, 32)
			for id := first; id <= last; id++ {
				m[uint32(id)] = strings.Split(row.sections, ",")
			}
		}
	}
	return m
}()

// loneSections are sections whose labels no other section of the same message has.
var loneSections = [...]string{"Network Information", "Target Server", "Object", "Attribute"}

// meanings are the fields that the values of a label are in events of that id, in their order.
func (l *messageLabel) meanings(id uint32, out []string) []string {
	if l.sole || id == 7045 {
		if name := securityLabel(id, "", []byte(l.text)); name != "" {
			out = append(out, name)
		}
		return out
	}
	for _, list := range [...][]string{messageSections[id], loneSections[:]} {
		for _, section := range list {
			if name := securityLabel(id, section, []byte(l.text)); name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// labelledValue is a value of roleLabel.
type labelledValue struct {
	at    int // index among the values
	label *messageLabel
}

// maxLabelValues bounds how many values of one label are told apart.
const maxLabelValues = 4

// labels gives values their names whose names are labels. What is already there is not added again.
func (d *jsonDecoder) labels(ev *event.Event) {
	if !labelled(ev) || !slices.ContainsFunc(d.head.labels, func(l labelledValue) bool { return !l.label.word }) {
		return
	}
	var (
		names  [maxLabelValues + len(loneSections)]string
		values [maxLabelValues + 1]event.Value
	)
	for _, l := range d.head.labels {
		fields := l.label.meanings(ev.EventID, names[:0])
		v := ev.Values[l.at]
		switch parts := d.parts(v, values[:0], l.label.sole); {
		case len(fields) == 0:
		case l.label.sole:
			d.relabel(ev, l.at, v, fields[0])
		case len(parts) < len(fields) && ev.EventID != 4688, len(parts) == 0, len(parts) > maxLabelValues:
			// Which of them is missing is not known, but in 4688, which had no second section once.
		default:
			for i := range min(len(parts), len(fields)) {
				at := l.at
				if i > 0 {
					at = len(ev.Values)
				}
				d.relabel(ev, at, parts[i], fields[i])
			}
			for i := len(fields); i < len(parts); i++ {
				parts[i].Slot = v.Slot
				ev.Values = append(ev.Values, parts[i])
			}
		}
	}
}

// relabel puts a value at an index under the name of a field, if the event does not have that. The index may be one more than
// there are.
func (d *jsonDecoder) relabel(ev *event.Event, at int, v event.Value, field string) {
	slot := d.names.Slot(field)
	for i := range ev.Values {
		if ev.Values[i].Slot == slot && i != at && !ev.Values[i].IsNull() {
			slot = v.Slot
			break
		}
	}
	v.Slot = slot
	if at == len(ev.Values) {
		ev.Values = append(ev.Values, v)
	} else {
		ev.Values[at] = v
	}
}

// parts are the values in one: the elements of an array, the lines of a text. whole says that they are not asked for.
func (d *jsonDecoder) parts(v event.Value, out []event.Value, whole bool) []event.Value {
	switch {
	case whole:
	case v.IsArray():
		v.Elements(func(e event.Value) bool {
			e.Slot = v.Slot
			out = append(out, e)
			return len(out) <= maxLabelValues
		})
	case v.Type == event.JSONStr && bytes.Contains(v.Raw, []byte(`\n`)):
		v.Raw, v.Type = d.unescape(v.Raw), event.UTF8
		fallthrough
	case v.Type == event.UTF8:
		for line := range bytes.SplitSeq(v.Raw, []byte("\n")) {
			if line = bytes.TrimSuffix(line, []byte("\r")); len(line) > 0 {
				out = append(out, event.Value{Raw: line, Slot: v.Slot, Type: event.UTF8})
			}
			if len(out) > maxLabelValues {
				break
			}
		}
	default:
		out = append(out, v)
	}
	return out
}

// labelledShape is for a record that has names as only messages have, and none of its log: it is a Windows event where it has the
// number of one of those.
func (d *jsonDecoder) labelledShape() {
	p := &d.parser
	if p.marks&markEventID == 0 {
		d.lacks = lacksEventID
		return
	}
	for i := range p.values {
		if v := &p.values[i]; p.tree.nodes[v.Slot].mark&markEventID != 0 {
			if n, ok := number(v); ok && n <= 0xFFFF && (n == 7045 || messageSections[uint32(n)] != nil || n >= 4608 && n <= 5168) {
				d.shape = shapeFlat
			}
			return
		}
	}
}

// splunkLog takes the log of an event from where Splunk says that it comes from: source=WinEventLog:Security.
func (d *jsonDecoder) splunkLog() {
	p := &d.parser
	for i := range p.values {
		v := p.values[i]
		if p.tree.nodes[v.Slot].mark&markSplunk == 0 || v.Type != event.UTF8 && v.Type != event.JSONStr {
			continue
		}
		if log := splunkLog(v.Raw); len(log) > 0 {
			v.Raw, v.Slot = log, d.channelNode().id
			p.values = append(p.values, v)
			p.marks |= markChannel
			d.shape = shapeFlat
			return
		}
	}
}

// splunkLog is the log that a source or a type of source of Splunk is, nil where it is none.
func splunkLog(source []byte) []byte {
	rest, ok := bytes.CutPrefix(bytes.TrimPrefix(source, []byte("Xml")), []byte("WinEventLog:"))
	if !ok {
		return nil
	}
	return rest
}

// channelNode is a name for the log of an event that tells it under another.
func (d *jsonDecoder) channelNode() *jsonNode {
	if d.channel == nil {
		s := named("Channel")
		d.channel = d.column(&s).node
	}
	return d.channel
}
