package evtx

// envelopeField is a field of Windows' own outer template.
type envelopeField struct {
	name string
	kind uint8 // stored type
	head head
}

// Windows has two outer templates, and has not changed the substitutions of either since Windows 7. So a record
// whose template definition is gone can still be told by the types of its values. The long form has the channel,
// provider and host in the definition.
var (
	envelopeStart = [...]envelopeField{
		subLevel:      {"Level", typeUint8, headNone},
		subOpcode:     {"Opcode", typeUint8, headNone},
		subTask:       {"Task", typeUint16, headNone},
		subEventID:    {"EventID", typeUint16, headEventID},
		subQualifiers: {"EventID_Qualifiers", typeUint16, headNone},
		subKeywords:   {"Keywords", typeHex64, headNone},
		subTime:       {"TimeCreated", typeFiletime, headTime},
		subActivity:   {"Correlation_ActivityID", typeGUID, headNone},
		subProcess:    {"Execution_ProcessID", typeUint32, headNone},
		subThread:     {"Execution_ThreadID", typeUint32, headNone},
		subRecordID:   {"EventRecordID", typeUint64, headRecordID},
		subVersion:    {"Version", typeUint8, headNone},
		subUser:       {"Security_UserID", typeSID, headNone},
	}
	envelopeShort = [...]envelopeField{ // from subRelated on
		{"Correlation_RelatedActivityID", typeGUID, headNone},
		{"Provider_Name", typeString, headProvider},
		{"Provider_Guid", typeGUID, headNone},
		{"Channel", typeString, headChannel},
	}
	envelopeLong = [...]envelopeField{ // instead of these
		{"Execution_SessionID", typeUint32, headNone},
		{"Execution_ProcessorID", typeUint8, headNone},
		{"Execution_KernelTime", typeUint32, headNone},
		{"Execution_UserTime", typeUint32, headNone},
		{"Execution_ProcessorTime", typeUint64, headNone},
		{"Correlation_RelatedActivityID", typeGUID, headNone},
	}
)

// valuesLong is the number of values of the long form; the short one has 18.
const valuesLong = 20

// salvage appends what the values d.refs[base:base+n] are worth without their definition, or, where p is not nil,
// those that the readable part of it does not use: fields of the envelope where they look like one, else "Data".
func (d *Decoder) salvage(p *program, base, n int, r role, depth int) {
	named := p.uses(n)
	envelope := r == roleTop && d.looksLikeEnvelope(base, n)
	data := d.slot(false, []byte("Data"))
	for i := range n {
		if d.budget--; d.budget < 0 || len(d.ev.Values) > maxValues {
			return
		}
		ref := d.refs[base+i]
		if named != nil && named[i] || valueKinds[ref.kind] == kindNull {
			continue
		}
		if ref.kind == typeBinXML {
			d.fragment(int(ref.off), int(ref.off)+int(ref.size), roleEvent, false, depth+1)
			continue
		}
		if f := envelopeAt(i, n); envelope && f != nil && f.kind == ref.kind {
			d.ev.Values = d.appendValue(d.ev.Values, ref, d.slot(true, []byte(f.name)))
			d.setHead(f.head, &d.ev.Values[len(d.ev.Values)-1])
			continue
		}
		d.ev.Values = d.appendValue(d.ev.Values, ref, data)
	}
}

// envelopeAt is the field of the envelope that value i of n is, or nil.
func envelopeAt(i, n int) *envelopeField {
	rest := i - len(envelopeStart)
	switch {
	case rest < 0:
		return &envelopeStart[i]
	case n == valuesLong && rest < len(envelopeLong):
		return &envelopeLong[rest]
	case n != valuesLong && rest < len(envelopeShort):
		return &envelopeShort[rest]
	}
	return nil
}

// looksLikeEnvelope says that the values have the types of an outer template. Only the event id and the time are
// never null.
func (d *Decoder) looksLikeEnvelope(base, n int) bool {
	if n < len(envelopeStart) || n > valuesLong {
		return false
	}
	for i := range envelopeStart {
		k := d.refs[base+i].kind
		if k != envelopeStart[i].kind && (k != typeNull || i == subEventID || i == subTime) {
			return false
		}
	}
	return true
}

// uses says which of n values the steps of p take; nil where p is.
func (p *program) uses(n int) []bool {
	if p == nil {
		return nil
	}
	used := make([]bool, n)
	for _, o := range p.ops {
		if o.kind == opValue && int(o.arg) < n {
			used[o.arg] = true
		}
	}
	for _, part := range p.parts {
		if part.text == nil && part.char == 0 && int(part.sub) < n {
			used[part.sub] = true
		}
	}
	return used
}
