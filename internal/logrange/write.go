package logrange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Summary says what was written.
type Summary struct {
	Files     []string // paths within the range, with slashes, in order; the truth is not among them
	Bytes     int64
	Events    int64
	Malicious int // records of the truth
	Lookalike int
	Plants    int // that left at least one record
	// Unplanted are plants that were asked for and left none: no host of their role, or none of their logs.
	Unplanted []string
	Truth     []Truth // all of them, in order
}

// Progress says how far Write is.
type Progress struct {
	Done, Total int64 // bytes, or records where the plan counts these
	Records     bool
}

// Write writes the logs of a plan into the folder dir, which is made if it is not there; files of the same name are
// replaced. progress may be nil; it is called now and then from one goroutine. On an error, a cancelled context
// included, the files are left as far as they are.
func Write(ctx context.Context, dir string, plan Plan, progress func(Progress)) (Summary, error) {
	var sum Summary
	plan, err := plan.check()
	if err != nil {
		return sum, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return sum, fmt.Errorf("make the range's folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return sum, fmt.Errorf("open the range's folder: %w", err)
	}
	defer root.Close() //nolint:errcheck // only names files
	sum, err = write(ctx, plan, &place{root: root}, progress)
	if err != nil {
		return sum, err
	}
	if plan.Truth != "" {
		return sum, saveTruth(plan.Truth, sum.Truth)
	}
	if len(plan.Plants) > 0 {
		return sum, saveTruth(filepath.Join(dir, "truth.jsonl"), sum.Truth)
	}
	// The truth of an earlier range would be about other logs.
	if err := root.Remove("truth.jsonl"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return sum, fmt.Errorf("remove the truth of an earlier range: %w", err)
	}
	return sum, nil
}

// WriteOne writes the log of one format to one stream: that of the first host of the plan that has such a log. The
// plan's formats are not heeded, and it writes no truth but returns it; File is "stream" there, and the record ids
// of EVTX count from one.
func WriteOne(ctx context.Context, w io.Writer, format Format, plan Plan, progress func(Progress)) (Summary, error) {
	plan.Formats = []Format{format}
	plan, err := plan.check()
	if err != nil {
		return Summary{}, err
	}
	i := slices.IndexFunc(plan.Hosts, func(h Host) bool { return slices.Contains(h.Role.formats(), format) })
	if i < 0 {
		return Summary{}, fmt.Errorf("no host of the plan has a log of format %s", format)
	}
	plan.Hosts = plan.Hosts[i : i+1]
	plan.Plants = slices.DeleteFunc(slices.Clone(plan.Plants), func(p Planting) bool { return p.Host != "" && p.Host != plan.Hosts[0].Name })
	return write(ctx, plan, &place{stream: w}, progress)
}

func saveTruth(path string, list []Truth) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	if err := WriteTruth(f, list); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	return nil
}

func write(ctx context.Context, plan Plan, where *place, progress func(Progress)) (Summary, error) {
	w := newWorld(plan)
	var total atomic.Int64
	var hosts []*host
	var shares int64
	for i, spec := range plan.Hosts {
		h := newHost(w, spec, i, where, &total)
		if h == nil {
			continue
		}
		hosts = append(hosts, h)
		shares += spec.Role.share()
	}
	if len(hosts) == 0 {
		return Summary{}, fmt.Errorf("no host of the plan has a log of format %s", join(plan.Formats))
	}
	whole := Progress{Records: plan.Bytes == 0}
	for _, h := range hosts {
		if whole.Records {
			h.byCount, h.whole = true, uint64(plan.EventsPerHost)
		} else {
			h.whole = uint64(plan.Bytes / shares * h.Role.share())
		}
		whole.Total += int64(h.whole)
	}
	sow(w, hosts)
	stop := watch(&total, whole, progress)
	err := runAll(ctx, hosts)
	stop()
	if err != nil {
		return Summary{}, err
	}
	return summarise(plan, hosts), nil
}

// newHost makes a host, or nil where the plan wants none of its logs.
func newHost(w *world, spec Host, index int, where *place, total *atomic.Int64) *host {
	h := &host{
		world: w, Host: spec, name: spec.Name, upper: strings.ToUpper(spec.Name), fqdn: spec.Name + "." + domainDNS, addr: insideAddress(spec.Role, index), place: where,
		has: map[Format]bool{}, rand: derive(w.plan.Seed, spec.Name, "background"), total: total,
		rhythm: newRhythm(ticksOf(w.plan.Start), w.plan.Duration, spec.Role.constant()),
	}
	for _, f := range spec.Role.formats() {
		if slices.Contains(w.plan.Formats, f) {
			h.has[f] = true
		}
	}
	if len(h.has) == 0 {
		return nil
	}
	h.now = h.rhythm.start
	switch spec.Role {
	case DomainController, FileServer, Workstation:
		h.win = newWindows(h)
	case ExchangeServer:
		h.win, h.web = newWindows(h), newWebServer(h)
	case LinuxServer, LinuxWeb:
		h.linux = newLinux(h)
	case CloudTenant:
		h.cloud = newCloud(h)
	}
	return h
}

// index is a number that differs between the hosts of a plan.
func (h *host) index() int {
	return slices.IndexFunc(h.plan.Hosts, func(o Host) bool { return o.Name == h.name })
}

func (h *host) routine() *routine {
	var all []doing
	if h.win != nil {
		all = append(all, windowsRoutine(h.Role)...)
	}
	if h.web != nil {
		all = append(all, webRoutine()...)
	}
	if h.linux != nil {
		all = append(all, linuxRoutine(h.Role)...)
	}
	if h.cloud != nil {
		all = append(all, cloudRoutine()...)
	}
	return newRoutine(h, all)
}

// runAll runs the hosts on all processors, the longest first.
func runAll(ctx context.Context, hosts []*host) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := slices.Clone(hosts)
	slices.SortStableFunc(queue, func(a, b *host) int { return cmp.Compare(b.whole, a.whole) })
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(queue)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(queue) {
					return
				}
				h := queue[i]
				if h.run(ctx, h.routine()) != nil {
					cancel()
				}
			}
		})
	}
	wg.Wait()
	// What went wrong first on one host makes the others stop: their cancellation is not the reason.
	var stopped error
	for _, h := range hosts {
		switch {
		case h.err == nil:
		case errors.Is(h.err, context.Canceled):
			stopped = h.err
		default:
			return h.err
		}
	}
	return stopped
}

// watch reports the progress until it is stopped.
func watch(done *atomic.Int64, whole Progress, report func(Progress)) (stop func()) {
	if report == nil {
		return func() {}
	}
	end := make(chan struct{})
	var wg sync.WaitGroup
	tell := func() {
		p := whole
		p.Done = min(done.Load(), whole.Total)
		report(p)
	}
	wg.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				tell()
			case <-end:
				tell()
				return
			}
		}
	})
	return func() { close(end); wg.Wait() }
}

func summarise(plan Plan, hosts []*host) Summary {
	var sum Summary
	seen := map[string]bool{}
	for _, h := range hosts {
		sum.Files = append(sum.Files, h.files...)
		sum.Bytes += h.bytes
		sum.Events += h.events
		sum.Truth = append(sum.Truth, h.truth...)
	}
	slices.Sort(sum.Files)
	sum.Files = slices.Compact(sum.Files)
	sortTruth(sum.Truth)
	for i := range sum.Truth {
		seen[sum.Truth[i].Plant] = true
		if sum.Truth[i].Label == Malicious {
			sum.Malicious++
		} else {
			sum.Lookalike++
		}
	}
	sum.Plants = len(seen)
	for _, p := range plan.Plants {
		if !seen[p.ID] && !slices.Contains(sum.Unplanted, p.ID) {
			sum.Unplanted = append(sum.Unplanted, p.ID)
		}
	}
	return sum
}
