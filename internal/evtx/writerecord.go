package evtx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Substitutions of the outer template, in the order that Windows uses.
const (
	subLevel = iota
	subOpcode
	subTask
	subEventID
	subQualifiers
	subKeywords
	subTime
	subActivity
	subProcess
	subThread
	subRecordID
	subVersion
	subUser
	subRelated
	subProvider
	subProviderGUID
	subChannel
	subBody
	subEventSource
	outerSubs
)

// record appends r at the end of the chunk, whatever the length.
func (w *Writer) record(r *Record, id uint64) error {
	if err := checkNames(r); err != nil {
		return err
	}
	start := len(w.buf)
	b := binary.LittleEndian.AppendUint32(w.buf, recordMagic)
	b = binary.LittleEndian.AppendUint32(b, 0) // size, see below
	b = binary.LittleEndian.AppendUint64(b, id)
	b = binary.LittleEndian.AppendUint64(b, filetime(r.Time))
	w.buf = append(b, tokFragment, 1, 1, 0)
	if err := w.outer(r, id); err != nil {
		return err
	}
	b = append(w.buf, tokEOF)
	for (len(b)+recordTrailer-start)%8 != 0 {
		b = append(b, 0)
	}
	size := uint32(len(b) + recordTrailer - start)
	b = binary.LittleEndian.AppendUint32(b, size)
	binary.LittleEndian.PutUint32(b[start+4:], size)
	w.buf = b
	return nil
}

// checkNames refuses what the structures cannot hold.
func checkNames(r *Record) error {
	for _, s := range [...]string{r.Provider, r.Channel, r.EventSourceName, r.Computer, r.UserData, r.UserDataNS} {
		if len(s) > math.MaxInt16 {
			return ErrTooLarge
		}
	}
	for i := range r.Data {
		n := r.Data[i].Name
		if len(n) > math.MaxInt16 {
			return ErrTooLarge
		}
		if n == "" && r.UserData != "" {
			return fmt.Errorf("evtx: field %d of %s: give it a name, which UserData needs for its element", i, r.UserData)
		}
	}
	if r.UserData != "" && r.Binary != nil {
		return fmt.Errorf("evtx: %s: binary data stands in EventData only: leave out Binary or UserData", r.UserData)
	}
	return nil
}

// outer appends the envelope's template instance.
func (w *Writer) outer(r *Record, id uint64) error {
	w.instance(w.outerTemplate(r))
	n := outerSubs
	if r.EventSourceName == "" {
		n--
	}
	t := w.table(n)
	le := binary.LittleEndian
	b := w.buf
	b = t.put(b, subLevel, typeUint8, append(b, r.Level))
	b = t.put(b, subOpcode, typeUint8, append(b, r.Opcode))
	b = t.put(b, subTask, typeUint16, le.AppendUint16(b, r.Task))
	b = t.put(b, subEventID, typeUint16, le.AppendUint16(b, r.EventID))
	if r.Qualifiers != 0 {
		b = t.put(b, subQualifiers, typeUint16, le.AppendUint16(b, r.Qualifiers))
	}
	b = t.put(b, subKeywords, typeHex64, le.AppendUint64(b, r.Keywords))
	b = t.put(b, subTime, typeFiletime, le.AppendUint64(b, filetime(r.Time)))
	if !r.ActivityID.IsZero() {
		b = t.put(b, subActivity, typeGUID, append(b, r.ActivityID[:]...))
	}
	b = t.put(b, subProcess, typeUint32, le.AppendUint32(b, r.ProcessID))
	b = t.put(b, subThread, typeUint32, le.AppendUint32(b, r.ThreadID))
	b = t.put(b, subRecordID, typeUint64, le.AppendUint64(b, id))
	b = t.put(b, subVersion, typeUint8, append(b, r.Version))
	if r.UserID != "" {
		sid, err := appendSID(b, r.UserID)
		if err != nil {
			return fmt.Errorf("evtx: user id: %w", err)
		}
		b = t.put(b, subUser, typeSID, sid)
	}
	if !r.RelatedActivity.IsZero() {
		b = t.put(b, subRelated, typeGUID, append(b, r.RelatedActivity[:]...))
	}
	b = t.put(b, subProvider, typeString, appendUTF16(b, r.Provider))
	if !r.ProviderGUID.IsZero() {
		b = t.put(b, subProviderGUID, typeGUID, append(b, r.ProviderGUID[:]...))
	}
	w.buf = t.put(b, subChannel, typeString, appendUTF16(b, r.Channel))
	if len(r.Data) > 0 || r.Binary != nil || r.UserData != "" {
		at := len(w.buf)
		w.buf = append(w.buf, tokFragment, 1, 1, 0)
		if err := w.inner(r); err != nil {
			return err
		}
		w.buf = append(w.buf, tokEOF)
		if len(w.buf)-at > math.MaxUint16 {
			return ErrTooLarge
		}
		t.put(w.buf[:at], subBody, typeBinXML, w.buf)
	}
	if r.EventSourceName != "" {
		w.buf = t.put(w.buf, subEventSource, typeString, appendUTF16(w.buf, r.EventSourceName))
	}
	return nil
}

// inner appends the template instance with the record's own fields.
func (w *Writer) inner(r *Record) error {
	w.instance(w.innerTemplate(r))
	n := len(r.Data)
	if r.Binary != nil {
		n++
	}
	t := w.table(n)
	b := w.buf
	for i := range r.Data {
		v := &r.Data[i].Value
		if len(v.text) > math.MaxUint16 || len(v.raw) > math.MaxUint16 {
			return ErrTooLarge
		}
		next, err := v.appendStored(b)
		if err != nil {
			return fmt.Errorf("evtx: field %s: %w", r.Data[i].Name, err)
		}
		if len(next)-len(b) > math.MaxUint16 || len(next) > 4*chunkSize {
			return ErrTooLarge
		}
		b = t.put(b, i, v.kind, next)
	}
	if r.Binary != nil {
		if len(r.Binary) > math.MaxUint16 {
			return ErrTooLarge
		}
		b = t.put(b, n-1, typeBinary, append(b, r.Binary...))
	}
	w.buf = b
	return nil
}

// valueTable is the offset of the descriptors of a template instance's values.
type valueTable int

// table appends the number of values and their descriptors, all null yet.
func (w *Writer) table(n int) valueTable {
	w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(n))
	at := len(w.buf)
	w.buf = slices.Grow(w.buf, 4*n)[:at+4*n]
	clear(w.buf[at:])
	return valueTable(at)
}

// put fills the descriptor of value i: after is before with the value appended, and the result.
func (t valueTable) put(before []byte, i int, kind uint8, after []byte) []byte {
	size := len(after) - len(before)
	d := after[int(t)+4*i:]
	d[0], d[1], d[2] = byte(size), byte(size>>8), kind
	return after
}

// instance appends a template instance up to its values, with the definition where the chunk has none yet.
func (w *Writer) instance(t *template) {
	le := binary.LittleEndian
	w.buf = append(w.buf, tokTemplate, 1, t.guid[0], t.guid[1], t.guid[2], t.guid[3])
	if t.chunk == w.serial {
		w.buf = le.AppendUint32(w.buf, t.off)
		return
	}
	at := len(w.buf) + 4
	w.buf = le.AppendUint32(w.buf, uint32(at))
	if at <= chunkSize {
		t.chunk, t.off = w.serial, uint32(at)
		w.newTemplates = append(w.newTemplates, t)
	}
	next := w.link(templateTable+4*int(nameHash(t.guid[:])%templateBuckets), at)
	w.buf = le.AppendUint32(w.buf, next)
	w.buf = append(w.buf, t.guid[:]...)
	w.buf = append(w.buf, 0, 0, 0, 0)
	body := len(w.buf)
	w.buf = append(w.buf, tokFragment, 1, 1, 0)
	t.writeTo(w)
	w.buf = append(w.buf, tokEOF)
	le.PutUint32(w.buf[body-4:], uint32(len(w.buf)-body))
}
