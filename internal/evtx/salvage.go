package evtx

// envelopeFields are the fields of Windows' own outer template, by substitution. It has been the same since
// Windows 7, so that a record whose template definition is gone can still be told apart.
var envelopeFields = [...]struct {
	name string
	kind uint8 // stored type
	head head
}{
	subLevel:        {"Level", typeUint8, headNone},
	subOpcode:       {"Opcode", typeUint8, headNone},
	subTask:         {"Task", typeUint16, headNone},
	subEventID:      {"EventID", typeUint16, headEventID},
	subQualifiers:   {"EventID_Qualifiers", typeUint16, headNone},
	subKeywords:     {"Keywords", typeHex64, headNone},
	subTime:         {"TimeCreated", typeFiletime, headTime},
	subActivity:     {"Correlation_ActivityID", typeGUID, headNone},
	subProcess:      {"Execution_ProcessID", typeUint32, headNone},
	subThread:       {"Execution_ThreadID", typeUint32, headNone},
	subRecordID:     {"EventRecordID", typeUint64, headNone},
	subVersion:      {"Version", typeUint8, headNone},
	subUser:         {"Security_UserID", typeSID, headNone},
	subRelated:      {"Correlation_RelatedActivityID", typeGUID, headNone},
	subProvider:     {"Provider_Name", typeString, headProvider},
	subProviderGUID: {"Provider_Guid", typeGUID, headNone},
	subChannel:      {"Channel", typeString, headChannel},
}

// salvage appends the values d.refs[base:base+n] of an instance whose definition is gone: as the envelope where
// they look like one, else under the name "Data".
func (d *Decoder) salvage(base, n int, r role, depth int) {
	known := 0
	if r == roleTop && d.looksLikeEnvelope(base, n) {
		known = len(envelopeFields)
	}
	data := d.slot(false, []byte("Data"))
	for i := range n {
		if d.budget--; d.budget < 0 || len(d.ev.Values) > maxValues {
			return
		}
		ref := d.refs[base+i]
		switch {
		case ref.kind == typeNull || ref.kind != typeString && ref.size == 0:
		case ref.kind == typeBinXML:
			d.fragment(int(ref.off), int(ref.off)+int(ref.size), roleEvent, false, depth+1)
		case i < known && ref.kind == envelopeFields[i].kind:
			d.ev.Values = d.appendValue(d.ev.Values, ref, d.slot(true, []byte(envelopeFields[i].name)))
			if h := envelopeFields[i].head; h != headNone {
				d.setHead(h, &d.ev.Values[len(d.ev.Values)-1])
			}
		default:
			d.ev.Values = d.appendValue(d.ev.Values, ref, data)
		}
	}
}

// looksLikeEnvelope says that the values have the types of the outer template.
func (d *Decoder) looksLikeEnvelope(base, n int) bool {
	if n <= subVersion {
		return false
	}
	for i := range min(n, len(envelopeFields)) {
		k := d.refs[base+i].kind
		if k == envelopeFields[i].kind || k == typeNull && i != subEventID && i != subTime {
			continue
		}
		if i >= subUser { // older versions have the names in the definition and other values here
			continue
		}
		return false
	}
	return true
}

// leftovers appends under the name "Data" the values that a definition with a broken end does not name.
func (d *Decoder) leftovers(p *program, base, n int) {
	named := make([]bool, n)
	mark := func(sub uint16) {
		if int(sub) < n {
			named[sub] = true
		}
	}
	for _, o := range p.ops {
		if o.kind == opValue {
			mark(o.arg)
		}
	}
	for _, p := range p.parts {
		if p.text == nil && p.char == 0 {
			mark(p.sub)
		}
	}
	data := d.slot(false, []byte("Data"))
	for i, done := range named {
		if ref := d.refs[base+i]; !done && valueKinds[ref.kind] != kindNull && valueKinds[ref.kind] != kindNested && len(d.ev.Values) < maxValues {
			d.ev.Values = d.appendValue(d.ev.Values, ref, data)
		}
	}
}
