package misp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"entente/internal/bounded"
	"entente/internal/stix"
)

// Limits bound what is read. The zero value means the defaults.
type Limits struct {
	Size   int64 // bytes of a stream; default 512 MiB
	Part   int   // bytes of one attribute, object, galaxy or report; default 64 MiB
	Values int   // values within one of them; default 1,000,000
	Parts  int   // attributes, objects' attributes included, in one event; default 200,000
	Events int   // in a stream; default 100,000
}

const (
	maxNested  = 8  // lists and answers around an event
	partDepth  = 24 // nesting within an attribute, object, galaxy or report
	scalarSize = 1 << 20
)

func (l Limits) withDefaults() Limits {
	set := func(p *int, n int) {
		if *p <= 0 {
			*p = n
		}
	}
	if l.Size <= 0 {
		l.Size = 512 << 20
	}
	set(&l.Part, 64<<20)
	set(&l.Values, 1_000_000)
	set(&l.Parts, 200_000)
	set(&l.Events, 100_000)
	return l
}

// ErrNoEvent says that there is JSON, and no event of MISP in it.
var ErrNoEvent = errors.New("there is no event of MISP in it")

// stop ends the reading for an error of the one who uses the events.
type stop struct{ error }

func (s stop) Unwrap() error { return s.error }

// Read reads events, one after another, and gives each to use, whose error ends the reading. It takes an event, {"Event": …},
// {"response": …}, lists of these at any place, and several texts one after the other.
//
// A part of an event that cannot be read stands in its Broken; an event that cannot be read as such goes to lose. The error
// says where the text itself is broken: what came before it was read.
func Read(r io.Reader, lim Limits, use func(*Event) error, lose func(Loss)) error {
	lim = lim.withDefaults()
	b := bufio.NewReaderSize(&bounded.Reader{R: r, N: lim.Size, Err: fmt.Errorf("it is longer than %d bytes: cut it into several files", lim.Size)}, 64<<10)
	if head, err := b.Peek(3); err == nil && string(head) == "\xEF\xBB\xBF" {
		_, _ = b.Discard(3)
	}
	d := &decoder{dec: json.NewDecoder(b), lim: lim, use: use, lose: lose}
	d.dec.UseNumber()
	for {
		err := d.value(0)
		switch s, ours := errors.AsType[stop](err); {
		case err == nil:
			continue
		case ours:
			return s.error
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && d.depth == 0:
			if d.events == 0 && d.lost == 0 {
				return ErrNoEvent
			}
			return nil
		case errors.Is(err, io.EOF):
			err = errors.New("the text ends in the middle")
		}
		return fmt.Errorf("byte %d: %w", d.dec.InputOffset(), err)
	}
}

// decoder walks through a stream.
type decoder struct {
	dec    *json.Decoder
	lim    Limits
	use    func(*Event) error
	lose   func(Loss)
	depth  int // of open lists and objects
	events int
	lost   int
}

func (d *decoder) token() (json.Token, error) {
	t, err := d.dec.Token()
	if delim, ok := t.(json.Delim); ok {
		if delim == '{' || delim == '[' {
			d.depth++
		} else {
			d.depth--
		}
	}
	return t, err
}

// value reads an event or what stands around events.
func (d *decoder) value(nested int) error {
	t, err := d.token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return d.object(nested)
	case json.Delim('['):
		if nested >= maxNested {
			return fmt.Errorf("lists are nested deeper than %d levels", maxNested)
		}
		for d.dec.More() {
			if err := d.value(nested + 1); err != nil {
				return err
			}
		}
		_, err := d.token()
		return err
	}
	d.losing("", "a value that is no event", "an event is an object")
	return nil
}

func (d *decoder) losing(where, what, why string) {
	d.lost++
	if where == "" {
		where = fmt.Sprintf("event %d of the input", d.events+d.lost)
	}
	d.lose(Loss{Where: where, What: what, Why: why})
}

// raw reads a value whole.
func (d *decoder) raw(most int) (raw json.RawMessage, big bool, err error) {
	if err := d.dec.Decode(&raw); err != nil {
		return nil, false, err
	}
	return raw, len(raw) > most, nil
}

// object reads an event, or an object that holds events.
func (d *decoder) object(nested int) error {
	e := &Event{}
	isEvent, holds := false, false
	bad := ""
	seen := map[string]bool{}
	parts := 0
	for d.dec.More() {
		t, err := d.token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		if seen[key] && bad == "" {
			bad = fmt.Sprintf("the name %q stands in it twice", clip(key, 60))
		}
		if len(seen) < 1000 {
			seen[key] = true
		}
		switch key {
		case "Event", "response":
			if nested >= maxNested {
				return fmt.Errorf("events are nested deeper than %d levels", maxNested)
			}
			holds = true
			if err := d.value(nested + 1); err != nil {
				return err
			}
			continue
		case "Attribute", "Object", "Galaxy", "Tag", "EventTag", "EventReport":
			isEvent = true
			if err := d.parts(e, key, &parts); err != nil {
				return err
			}
			continue
		}
		raw, big, err := d.raw(scalarSize)
		if err != nil {
			return err
		}
		if big && !countedOnly[key] {
			e.Broken = append(e.Broken, Loss{Where: "event", What: key, Why: fmt.Sprintf("it is longer than %d bytes", scalarSize)})
			continue
		}
		isEvent = e.member(key, raw) || isEvent
	}
	if _, err := d.token(); err != nil {
		return err
	}
	switch {
	case bad != "":
		d.losing(e.where(), "the whole event", bad+": two readers would read two events")
		return nil
	case !isEvent && holds:
		return nil
	case isEvent && e.UUID == "" && e.Info == "":
		d.losing("", fmt.Sprintf("%d attributes and %d objects without their event", len(e.Attributes), len(e.Objects)),
			"who may see them stands in the event: ask MISP for events")
		return nil
	case !isEvent:
		d.losing("", "an object that is no event", "it has none of uuid with info, Attribute, Object")
		return nil
	}
	if d.events++; d.events > d.lim.Events {
		return fmt.Errorf("there are more than %d events in it: cut it into several files", d.lim.Events)
	}
	if err := d.use(e); err != nil {
		return stop{err}
	}
	return nil
}

// parts reads a list of attributes, objects and so on, one by one, so that one that is broken costs no other.
func (d *decoder) parts(e *Event, key string, count *int) error {
	t, err := d.token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('['):
	case json.Delim('{'):
		// PHP writes a list that has lost an entry as an object with numbers for names.
		var single []byte // the members of a tag that stands in the place of its list
		for n := 0; d.dec.More(); n++ {
			t, err := d.token()
			if err != nil {
				return err
			}
			if name, _ := t.(string); isTags(key) && !isNumber(name) {
				if single, err = d.joined(single, name); err != nil {
					return err
				}
				continue
			}
			if err := d.part(e, key, n, count); err != nil {
				return err
			}
		}
		if single != nil {
			e.tags(append(single, '}'), d.lim)
		}
		_, err := d.token()
		return err
	default:
		if isTags(key) && t != nil {
			text, _ := json.Marshal(t) // a token of JSON
			e.tags(text, d.lim)
			return nil
		}
		if t != nil {
			e.Broken = append(e.Broken, Loss{Where: e.where(), What: key, Why: "it is no list"})
		}
		return nil
	}
	for n := 0; d.dec.More(); n++ {
		if err := d.part(e, key, n, count); err != nil {
			return err
		}
	}
	_, err = d.token()
	return err
}

// joined reads a member and writes it behind those before it. Of a tag that is too long the rest is left out, which then cannot be read.
func (d *decoder) joined(to []byte, name string) ([]byte, error) {
	raw, _, err := d.raw(scalarSize)
	if err != nil {
		return to, err
	}
	if len(to)+len(raw) > scalarSize {
		return append(to, ','), nil
	}
	key, _ := json.Marshal(name) // a text
	if to == nil {
		to = append(to, '{')
	} else {
		to = append(to, ',')
	}
	to = append(append(to, key...), ':')
	return append(to, raw...), nil
}

var partNames = map[string]string{
	"Attribute": "attribute", "Object": "object", "Galaxy": "galaxy", "Tag": "tag", "EventTag": "tag", "EventReport": "report",
}

func (d *decoder) part(e *Event, key string, n int, count *int) error {
	where := fmt.Sprintf("%s, %s %d", e.where(), partNames[key], n+1)
	raw, big, err := d.raw(d.lim.Part)
	if err != nil {
		return err
	}
	lose := func(why string) {
		if len(e.Broken) < maxLosses {
			e.Broken = append(e.Broken, Loss{Where: where, What: "the whole " + partNames[key], Why: why})
		}
		if isTags(key) && !slices.ContainsFunc(e.Tags, func(t Tag) bool { return t.Unread != "" }) {
			e.Tags = append(e.Tags, Tag{Name: "that was not read", Unread: why})
		}
	}
	if big {
		lose(fmt.Sprintf("it is longer than %d bytes", d.lim.Part))
		return nil
	}
	if *count++; *count > d.lim.Parts {
		if *count == d.lim.Parts+1 {
			lose(fmt.Sprintf("an event has more than %d parts: what follows is left out", d.lim.Parts))
		}
		return nil
	}
	if isTags(key) {
		e.tags(raw, d.lim)
		return nil
	}
	o, err := stix.Parse(raw, stix.Limits{Size: d.lim.Part, Depth: partDepth, Values: d.lim.Values})
	if err != nil {
		lose("it cannot be read: " + err.Error())
		return nil //nolint:nilerr // it costs the part alone
	}
	v := o.Root()
	switch key {
	case "Attribute":
		e.Attributes = append(e.Attributes, attributeOf(v))
	case "Object":
		x := objectOf(v)
		if *count += len(x.Attributes); *count > d.lim.Parts {
			lose(fmt.Sprintf("an event has more than %d parts", d.lim.Parts))
			return nil
		}
		e.Objects = append(e.Objects, x)
	case "Galaxy":
		e.Galaxies = append(e.Galaxies, galaxyOf(v))
	case "EventReport":
		e.Reports = append(e.Reports, reportOf(v))
	}
	return nil
}

// where names the event in messages.
func (e *Event) where() string {
	if e.UUID != "" {
		return "event " + clip(e.UUID, 60)
	}
	if e.Info != "" {
		return "event " + clip(oneLine(e.Info), 60)
	}
	return "event"
}

// countedOnly are members whose entries are counted and said to be left out.
var countedOnly = map[string]bool{
	"RelatedEvent": true, "ShadowAttribute": true, "CryptographicKey": true, "Feed": true, "Server": true, "Sighting": true,
	"EventGraph": true, "EventDelegation": true, "Note": true, "Opinion": true, "Relationship": true,
}

// member takes in a member of an event that is no list of parts. It says whether it is one that only events have.
func (e *Event) member(key string, raw json.RawMessage) bool {
	set := func(p *string) {
		s, ok := scalar(raw)
		if !ok {
			e.Broken = append(e.Broken, Loss{Where: e.where(), What: key, Why: "it is no text in UTF-8"})
		}
		*p = s
	}
	switch key {
	case "uuid":
		set(&e.UUID)
	case "info":
		set(&e.Info)
		return true
	case "date":
		set(&e.Date)
	case "timestamp":
		set(&e.Timestamp)
	case "publish_timestamp":
		set(&e.PublishTimestamp)
	case "published":
		s, _ := scalar(raw)
		e.Published = truth(s)
	case "threat_level_id":
		set(&e.ThreatLevel)
		return true
	case "analysis":
		set(&e.Analysis)
	case "distribution":
		if set(&e.Distribution); bytes.ContainsAny(raw[:1], "{[") {
			e.Distribution = clip(oneLine(string(raw)), 60) // which nobody knows
		}
	case "extends_uuid":
		set(&e.ExtendsUUID)
	case "Org", "Orgc", "SharingGroup":
		if string(raw) == "null" || string(raw) == "[]" {
			return false
		}
		o, err := stix.Parse(raw, stix.Limits{Size: scalarSize, Depth: partDepth})
		if err != nil {
			e.Broken = append(e.Broken, Loss{Where: e.where(), What: key, Why: "it cannot be read: " + err.Error()})
			return false
		}
		org := orgOf(o.Root())
		switch key {
		case "Org":
			e.Org = org
		case "Orgc":
			e.Orgc = org
			return true
		default:
			e.SharingGroup = SharingGroup(org)
		}
	default:
		if countedOnly[key] {
			e.Left = counted(e.Left, key, entries(raw))
		}
	}
	return false
}

// entries is how many entries a list has.
func entries(raw json.RawMessage) int {
	switch raw = bytes.TrimSpace(raw); {
	case bytes.HasPrefix(raw, []byte("[")):
		var list []json.RawMessage
		_ = json.Unmarshal(raw, &list) // it has been read once
		return len(list)
	case bytes.HasPrefix(raw, []byte("{")) && string(raw) != "{}":
		return 1
	}
	return 0
}

func counted(m map[string]int, key string, n int) map[string]int {
	if n == 0 {
		return m
	}
	if m == nil {
		m = map[string]int{}
	}
	m[key] += n
	return m
}

// scalar is a text; numbers and truths are as they are written. ok is false where it is text that is not UTF-8.
func scalar(raw json.RawMessage) (s string, ok bool) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || string(raw) == "null":
		return "", true
	case raw[0] != '"':
		return string(raw), true
	}
	o, err := stix.Parse(append(append([]byte(`{"v":`), raw...), '}'), stix.Limits{})
	if err != nil {
		return "", false
	}
	v, _ := o.Root().Child("v")
	return v.Text(), true
}

// truth reads a truth that may come as a number or a text.
func truth(s string) bool { return s == "1" || strings.EqualFold(s, "true") }
