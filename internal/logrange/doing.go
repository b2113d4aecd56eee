package logrange

import (
	"context"
	"slices"
)

// doing is one thing that happens on a host again and again, and how often by day and by night, relative to the
// others.
type doing struct {
	day, night int
	needs      []Format // one of them must be written
	do         func(h *host)
}

// routine is what a host does.
type routine struct {
	day, night *lottery
	list       []doing
}

// newRoutine keeps those doings that some log shows.
func newRoutine(h *host, all []doing) *routine {
	r := &routine{}
	var day, night []int
	for _, d := range all {
		if !slices.ContainsFunc(d.needs, func(f Format) bool { return h.has[f] }) {
			continue
		}
		r.list = append(r.list, d)
		day = append(day, d.day)
		night = append(night, d.night)
	}
	r.day, r.night = newLottery(day), newLottery(night)
	return r
}

// deed is a piece of a plant that happens at once on one host.
type deed struct {
	at    ticks
	order int // among the deeds of the plan
	tag   tag
	do    func(h *host)
	rand  *random
}

// checkEvery is how many doings pass between two looks at the context.
const checkEvery = 256

// run writes the host's logs: the background until the size is reached, and every deed when its time has come.
func (h *host) run(ctx context.Context, r *routine) error {
	h.now = h.rhythm.start
	work := false
	until := ticks(0)
	for n := 0; h.done < h.whole && h.err == nil; n++ {
		if n%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				h.fail(err)
				break
			}
			h.tell()
		}
		due := h.rhythm.at(h.done, h.whole)
		for len(h.pending) > 0 && h.pending[0].at <= due {
			h.act()
		}
		h.now = max(h.now, due)
		if h.now >= until {
			work, until = working(h.now), h.now+5*minute
		}
		if len(r.list) == 0 {
			break
		}
		l := r.night
		if work {
			l = r.day
		}
		r.list[l.draw(h.rand)].do(h)
	}
	for len(h.pending) > 0 && h.err == nil {
		h.act()
	}
	h.close()
	h.tell()
	return h.err
}

// act does the next deed.
func (h *host) act() {
	d := &h.pending[0]
	h.pending = h.pending[1:]
	h.now = max(h.now, d.at)
	own := h.rand
	h.rand, h.tag = d.rand, &d.tag
	d.do(h)
	h.rand, h.tag = own, nil
}

// tell adds what has been done to the total of all hosts.
func (h *host) tell() {
	h.total.Add(int64(h.done - h.report))
	h.report = h.done
}

func (h *host) close() {
	if h.win != nil {
		for _, s := range h.win.sinks {
			s.close()
		}
	}
	if h.web != nil {
		h.web.close()
	}
	if h.linux != nil {
		h.linux.close()
	}
	if h.cloud != nil {
		h.cloud.close()
	}
}
