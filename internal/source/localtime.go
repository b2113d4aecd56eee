package source

import (
	"bytes"
	"fmt"
	"time"

	"entente/internal/event"
)

// Exports of Windows events often have times of day as the exporter's machine showed them: without a zone, or with a Z that
// is not true. Records of Sysmon tell, for they have the time in UTC besides. What the first of them show holds for the file.

const (
	// timeLook is how much of a stream is looked at for records that have both times.
	timeLook = 1 << 20
	// timeVotes is how many such records are looked at, timeSure how many that agree are enough.
	timeVotes = 64
	timeSure  = 8
	// timeStep is what zones differ by, timeSlack how far a record's two times may be from a multiple of it.
	timeStep  = int64(15 * time.Minute)
	timeSlack = int64(time.Minute)
	// timeMost is the largest difference: the farthest zones are 14 hours from UTC, and clocks that have lost whether it is
	// morning or afternoon are wrong by 12 hours more.
	timeMost = int64(26 * time.Hour)
)

// timeKind tells apart the times that records may have: by the field, and by whether it says that it is UTC.
type timeKind uint8

const maxTimeKinds = 32

func timeKindOf(rank uint8, zoned bool) timeKind {
	k := rank << 1
	if zoned {
		k |= 1
	}
	return timeKind(k % maxTimeKinds)
}

func (k timeKind) zoned() bool { return k&1 != 0 }

// timeShift says how far times of a stream are from UTC. It is not changed once it is made.
type timeShift struct {
	add  [maxTimeKinds]int64 // nanoseconds
	told []string            // what to say about it, once for each file
}

// timeBallot counts what the differences between the times of a record are.
type timeBallot struct {
	votes [maxTimeKinds]map[int64]int
	n     int
}

// vote counts a record whose time of a kind is ns and which was made at utc.
func (b *timeBallot) vote(k timeKind, ns, utc int64) {
	diff := utc - ns
	b.n++
	step := (diff + timeStep/2) / timeStep
	if diff < -timeStep/2 {
		step = -((-diff + timeStep/2) / timeStep)
	}
	if off := diff - step*timeStep; off > timeSlack || off < -timeSlack || diff > timeMost+timeSlack || diff < -timeMost-timeSlack {
		return // times of different things
	}
	if b.votes[k] == nil {
		b.votes[k] = map[int64]int{}
	}
	b.votes[k][step*timeStep]++
}

// done says that more records would hardly change the result.
func (b *timeBallot) done() bool {
	if b.n >= timeVotes {
		return true
	}
	for _, v := range b.votes {
		for _, n := range v {
			if n >= timeSure && n == b.n {
				return true
			}
		}
	}
	return false
}

// result is what the votes say; nil where nothing is to be done. A time without a zone is moved by what most records say. One
// that says that it is UTC is moved only where at least three records, and nine of ten, say the same.
func (b *timeBallot) result() *timeShift {
	var s *timeShift
	for i, v := range b.votes {
		k, total, best := timeKind(i), 0, int64(0)
		for diff, n := range v {
			total += n
			if n > v[best] || n == v[best] && diff < best {
				best = diff
			}
		}
		n := v[best]
		if best == 0 || 2*n <= total || k.zoned() && (n < 3 || 10*n < 9*total) {
			continue
		}
		if s == nil {
			s = &timeShift{}
		}
		s.add[k] = best
		what := "times without a zone"
		if k.zoned() {
			what = "times that are marked as UTC"
		}
		s.told = append(s.told, fmt.Sprintf("%s were moved by %s: in %d of %d records UtcTime is that far from them", what, signed(best), n, total))
	}
	return s
}

// signed words a difference: +05:00.
func signed(ns int64) string {
	sign := '+'
	if ns < 0 {
		sign, ns = '-', -ns
	}
	m := ns / int64(time.Minute)
	return fmt.Sprintf("%c%02d:%02d", sign, m/60, m%60)
}

// tell says once what was found.
func (s *timeShift) tell(env *Env) {
	if s == nil {
		return
	}
	for _, t := range s.told {
		env.warn(-1, t)
	}
}

// tailTimes finds out how far times of a log are from UTC that is read piece by piece: from the first piece that shows it, or
// from the log's beginning.
type tailTimes struct {
	shift *timeShift
	known bool
	table bool // it is a table, not lines of JSON
}

// look finds out what a piece shows. before is what has to stand before it.
func (t *tailTimes) look(before, piece []byte) {
	switch {
	case t.known:
	case !t.table:
		t.shift, t.known = shiftOf(piece, true, false)
	case bytes.Contains(piece[:min(len(piece), timeLook)], []byte("UtcTime")):
		t.shift, t.known = tableShift(append(bytes.Clone(before), piece...), false)
	}
}

// next is what holds for the next piece. What there is to say is said with the first.
func (t *tailTimes) next() *timeShift {
	out := t.shift
	if out == nil {
		out = &timeShift{}
	}
	t.shift = &timeShift{add: out.add}
	return out
}

// shiftOf finds out what the records at the beginning of a stream of JSON show. lines says that each stands on a line of its
// own, whole that head is all of the stream. known is false where they show nothing.
func shiftOf(head []byte, lines, whole bool) (s *timeShift, known bool) {
	head = head[:min(len(head), timeLook)]
	if !bytes.Contains(head, []byte("UtcTime")) && !bytes.Contains(head, []byte("utctime")) {
		return nil, false
	}
	d := newBallot()
	b := Block{Data: head}
	switch {
	case !lines:
		b.Context = jsonValues{first: true, last: whole}
	case !whole:
		b.Data = head[:lastLine(head)]
	}
	d.Decode(&b, &Env{}, func(*event.Event) bool { return !d.ballot.done() })
	return d.ballot.result(), d.ballot.n > 0
}

// newBallot is a decoder that compares the times of the records it reads.
func newBallot() *jsonDecoder {
	d := &jsonDecoder{ballot: &timeBallot{}}
	d.fresh()
	return d
}

// tableShift is [shiftOf] for a table.
func tableShift(head []byte, whole bool) (s *timeShift, known bool) {
	head = head[:min(len(head), timeLook)]
	if !bytes.Contains(head, []byte("UtcTime")) {
		return nil, false
	}
	h, _ := findCSVHeader(head, true)
	if h == nil {
		return nil, false
	}
	rows := head[h.end:]
	if !whole {
		rows = rows[:csvCutter(h.delim, false)(rows)]
	}
	d := newTableDecoder()
	d.json = newBallot()
	if d.table(csvKey{row: h.row, delim: h.delim}).events == nil {
		return nil, false
	}
	b := Block{Data: rows, Context: h}
	d.Decode(&b, &Env{}, func(*event.Event) bool { return !d.json.ballot.done() })
	return d.json.ballot.result(), d.json.ballot.n > 0
}
