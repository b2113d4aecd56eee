package logrange

import (
	"sync/atomic"
)

// host is one machine while its logs are written. It belongs to one goroutine.
type host struct {
	*world
	Host
	name  string
	upper string // EX01
	fqdn  string // ex01.example.org
	addr  string
	place *place
	has   map[Format]bool // the logs it writes

	rand    *random // of the background; plants have their own for as long as they act
	rhythm  *rhythm
	clock   timeText
	now     ticks
	done    uint64 // bytes or records of the background and the plants so far
	whole   uint64 // what done grows to
	byCount bool   // done counts records
	events  int64
	bytes   int64
	total   *atomic.Int64 // of all hosts: what done counts
	report  uint64        // done at the last addition to total

	tag     *tag // what is being planted, nil in the background
	truth   []Truth
	pending []deed // plants to come, in order of time
	files   []string
	err     error // the first one; nothing is written after it

	win   *windows
	web   *webServer
	linux *linux
	cloud *cloud
}

// tag is what the truth says of the records being written.
type tag struct {
	plant      string
	label      Label
	techniques []string
	what       string
}

func (h *host) fail(err error) {
	if h.err == nil {
		h.err = err
	}
}

// wrote counts what a log has taken.
func (h *host) wrote(bytes, records int) {
	h.bytes += int64(bytes)
	h.events += int64(records)
	n := bytes
	if h.byCount {
		n = records
		if h.tag != nil {
			n = 0
		}
	}
	h.done += uint64(n)
}

// reserve takes bytes off the size that the host may fill, for what files hold beside records. It does not count as
// done, so that the clock does not jump when a file is opened.
func (h *host) reserve(bytes int) {
	h.bytes += int64(bytes)
	if !h.byCount {
		n := min(uint64(bytes), (h.whole-h.done)/2)
		h.whole -= n
		h.total.Add(int64(n))
	}
}

// note adds a record of what is being planted to the truth and returns its place in there.
func (h *host) note(t Truth) int {
	t.Plant, t.Label, t.Techniques, t.Description = h.tag.plant, h.tag.label, h.tag.techniques, h.tag.what
	t.Time, t.Host = h.now.time(), h.name
	t.order = len(h.truth)
	h.truth = append(h.truth, t)
	return t.order
}

// step lets d pass within an act. Where the acts come faster than that, it passes a tick: the order stays, and the
// clock does not run away from the size that has been written.
func (h *host) step(d ticks) {
	if d > 1 && h.now+d > h.rhythm.at(h.done, h.whole)+2*second && h.tag == nil {
		d = 1
	}
	h.now += d
}

// pause is step by a random time.
func (h *host) pause(lo, hi ticks) {
	h.step(lo + ticks(h.rand.below(int(hi-lo+1))))
}
