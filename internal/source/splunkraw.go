package source

import (
	"bytes"

	"entente/internal/event"
)

// Splunk keeps an event of Windows as text where it is not told to keep it as XML: a line with the time, lines NAME=value for
// the envelope, and last the message, which may have many lines. That text is what it exports as _raw.

// maxRawHead is where the second line of such a text must have begun.
const maxRawHead = 64

// rawEvent says that a text looks like one.
func rawEvent(b []byte) bool {
	head := b[:min(len(b), maxRawHead)]
	i := bytes.IndexByte(head, '\n')
	return i >= 0 && bytes.HasPrefix(head[i+1:], []byte("LogName="))
}

// embedLines reads such a text as members of the record. False where it is none.
func (p *jsonParser) embedLines(b []byte) bool {
	if !rawEvent(b) {
		return false
	}
	b = b[lineEnd(b, 0)+1:]
	for len(b) > 0 && len(p.values) < maxFields {
		end := lineEnd(b, 0)
		name, value, ok := bytes.Cut(b[:end], []byte("="))
		if !ok || !identifier(name) {
			break // the message goes on behind its first line only
		}
		last := string(name) == "Message"
		if last {
			value = b[len(name)+1:]
		}
		n := p.tree.child(p.tree.root, name)
		p.marks |= n.mark
		p.values = append(p.values, event.Value{Raw: bytes.TrimRight(value, "\r\n"), Slot: n.id, Type: event.UTF8})
		if last {
			break
		}
		b = b[min(end+1, len(b)):]
	}
	return true
}
