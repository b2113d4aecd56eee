package logrange

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/attack"
	"entente/internal/event"
	"entente/internal/evtx"
)

// allPlants asks for every plant there is.
func allPlants() []Planting {
	var out []Planting
	for _, p := range Plants() {
		out = append(out, Planting{ID: p.ID})
	}
	return out
}

func writeRange(t *testing.T, plan Plan) (string, Summary) {
	t.Helper()
	dir := t.TempDir()
	sum, err := Write(t.Context(), dir, plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir, sum
}

// smallPlan has everything in it.
func smallPlan(seed uint64) Plan {
	return Plan{
		Seed: seed, EventsPerHost: 2500, Plants: allPlants(),
		Hosts: append(DefaultHosts(5), Host{"lnx01", LinuxServer}),
	}
}

func digests(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		name, _ := filepath.Rel(dir, p)
		out[filepath.ToSlash(name)] = fmt.Sprintf("%x", sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSameSeedSameBytes(t *testing.T) {
	dir, _ := writeRange(t, smallPlan(3))
	first := digests(t, dir)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	dir, _ = writeRange(t, smallPlan(3))
	second := digests(t, dir)
	for name, d := range first {
		if second[name] != d {
			t.Errorf("%s differs between two runs", name)
		}
	}
	if len(first) != len(second) {
		t.Errorf("%d files, then %d", len(first), len(second))
	}
	dir, _ = writeRange(t, smallPlan(4))
	other := digests(t, dir)
	for name, d := range first {
		if other[name] == d {
			t.Errorf("%s is the same for another seed", name)
		}
	}
}

// TestKnownDigest notices when a change alters what a seed gives. That is allowed, and worth a line in the changelog:
// then take over the new digest.
func TestKnownDigest(t *testing.T) {
	h := sha256.New()
	plan := Plan{Seed: 7, EventsPerHost: 2000, Hosts: []Host{{"ex01", ExchangeServer}}, Plants: allPlants()}
	if _, err := WriteOne(t.Context(), h, WinFlat, plan, nil); err != nil {
		t.Fatal(err)
	}
	const want = "d6d836740d452812"
	if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestEveryPlantLeavesTruth(t *testing.T) {
	dir, sum := writeRange(t, smallPlan(5))
	if len(sum.Unplanted) > 0 {
		t.Errorf("left no record: %v", sum.Unplanted)
	}
	f, err := os.Open(filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := ReadTruth(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != len(sum.Truth) || len(list) != sum.Malicious+sum.Lookalike {
		t.Errorf("%d records of truth in the file, %d in the summary, %d + %d counted", len(list), len(sum.Truth), sum.Malicious, sum.Lookalike)
	}
	formats := map[string]map[Format]bool{}
	for _, r := range list {
		if formats[r.Plant] == nil {
			formats[r.Plant] = map[Format]bool{}
		}
		formats[r.Plant][r.Format] = true
	}
	facts, err := attack.Default()
	if err != nil {
		t.Fatal(err)
	}
	techniques := map[string][]string{}
	for _, r := range list {
		if r.Description == "" || r.Host == "" || (r.Label == Malicious) != (len(r.Techniques) > 0) {
			t.Fatalf("record of truth %+v", r)
		}
		techniques[r.Plant] = append(techniques[r.Plant], r.Techniques...)
	}
	for _, p := range Plants() {
		for _, f := range p.Formats {
			if !formats[p.ID][f] {
				t.Errorf("%s left no record in %s", p.ID, f)
			}
			delete(formats[p.ID], f)
		}
		for f := range formats[p.ID] {
			t.Errorf("%s does not say that it shows in %s", p.ID, f)
		}
		if (p.Label == Malicious) != (len(p.Techniques) > 0) {
			t.Errorf("%s is %s and has techniques %v", p.ID, p.Label, p.Techniques)
		}
		for _, id := range p.Techniques {
			if o, ok := facts.Lookup(id); !ok || o.ID != id || o.Status == attack.Revoked || o.Status == attack.Deprecated {
				t.Errorf("%s: %q is no technique in force", p.ID, id)
			}
		}
		got, want := techniques[p.ID], slices.Clone(p.Techniques)
		slices.Sort(got)
		slices.Sort(want)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s says techniques %v, its records have %v", p.ID, want, got)
		}
	}
	if !slices.IsSortedFunc(list, func(a, b Truth) int { return a.Time.Compare(b.Time) }) {
		t.Error("the truth is not in order of time")
	}
}

// TestTruthPointsToItsRecord reads every planted record back from where the truth says it is.
func TestTruthPointsToItsRecord(t *testing.T) {
	dir, sum := writeRange(t, smallPlan(6))
	texts := map[string][]byte{}
	events := map[string]map[uint64]windowsRecord{}
	for _, r := range sum.Truth {
		path := filepath.Join(dir, filepath.FromSlash(r.File))
		if r.Format == EVTX {
			if events[r.File] == nil {
				events[r.File] = readEVTX(t, path)
			}
			got, ok := events[r.File][r.Windows.Record]
			if !ok || got.id != r.Windows.EventID || got.channel != r.Windows.Channel || !got.time.Equal(r.Time) || got.offset != r.Offset || got.host != r.Host+".example.org" {
				t.Fatalf("%s: record %d of %s is %+v, want %+v", r.Plant, r.Windows.Record, r.File, got, r)
			}
			continue
		}
		if texts[r.File] == nil {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[r.File] = b
		}
		b := texts[r.File]
		if r.Offset >= int64(len(b)) || (r.Offset > 0 && b[r.Offset-1] != '\n') {
			t.Fatalf("%s: offset %d of %s is no beginning of a line", r.Plant, r.Offset, r.File)
		}
		if n := bytes.Count(b[:r.Offset], []byte{'\n'}); int64(n)+1 != r.Line {
			t.Fatalf("%s: offset %d of %s is in line %d, not %d", r.Plant, r.Offset, r.File, n+1, r.Line)
		}
		line, _, _ := bytes.Cut(b[r.Offset:], []byte{'\n'})
		if want := timeIn(r); !bytes.Contains(line, []byte(want)) {
			t.Fatalf("%s: %s is not in line %d of %s:\n%s", r.Plant, want, r.Line, r.File, line)
		}
	}
	if len(events) == 0 || len(texts) == 0 {
		t.Fatal("nothing was read back")
	}
}

// timeIn is the record's time in the way of its log.
func timeIn(r Truth) string {
	switch r.Format {
	case IIS:
		return r.Time.Format("2006-01-02 15:04:05 ")
	case Syslog:
		return r.Time.Format("Jan _2 15:04:05 ")
	case Auditd:
		return fmt.Sprintf("audit(%d.%03d:", r.Time.Unix(), r.Time.Nanosecond()/1e6)
	case WebAccess:
		return r.Time.Format("[02/Jan/2006:15:04:05 +0000]")
	case Winlogbeat, WinFlat, HTTPProxy, ECP, Syslog5424:
		return r.Time.Format("2006-01-02T15:04:05.") + fmt.Sprintf("%03dZ", r.Time.Nanosecond()/1e6)
	case EVTX, CloudTrail, Entra:
	}
	return r.Time.Format("2006-01-02T15:04:05")
}

type windowsRecord struct {
	id      int
	channel string
	host    string
	time    time.Time
	offset  int64
}

func readEVTX(t *testing.T, path string) map[uint64]windowsRecord {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[uint64]windowsRecord{}
	last := time.Time{}
	dec := evtx.NewDecoder()
	warn := func(offset int64, msg string) { t.Errorf("%s at %d: %s", path, offset, msg) }
	err = evtx.Split(t.Context(), f, warn, func(offset int64, chunk []byte) error {
		dec.Decode(offset, chunk, evtx.Options{Warn: warn}, func(e *event.Event) bool {
			out[e.RecordID] = windowsRecord{int(e.EventID), e.Channel, e.Host, e.When(), e.Offset}
			if e.When().Before(last) {
				t.Errorf("%s: record %d is of %v, after one of %v", path, e.RecordID, e.When(), last)
			}
			last = e.When()
			return true
		})
		return nil
	}, func() []byte { return make([]byte, evtx.ChunkSize) })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFilesAreDatedByTheirLastRecord(t *testing.T) {
	dir, sum := writeRange(t, Plan{Seed: 1, EventsPerHost: 400, Duration: 24 * time.Hour})
	begin := time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, f := range sum.Files {
		st, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f)))
		if err != nil {
			t.Fatal(err)
		}
		if m := st.ModTime(); m.Before(begin) || m.After(begin.Add(24*time.Hour)) {
			t.Errorf("%s is of %v", f, m)
		}
	}
}

func TestSizeIsMet(t *testing.T) {
	for _, test := range []struct {
		formats []Format
		size    int64
	}{
		{[]Format{IIS}, 4 << 20},
		{[]Format{IIS, HTTPProxy}, 8 << 20},
		{[]Format{ECP}, 4 << 20},
		{[]Format{WinFlat}, 6 << 20},
		{[]Format{Winlogbeat}, 6 << 20},
		{[]Format{Auditd, Syslog, Syslog5424, WebAccess}, 4 << 20},
		{[]Format{CloudTrail, Entra}, 4 << 20},
		{[]Format{EVTX}, 24 << 20},
		{Formats(), 40 << 20},
	} {
		t.Run(join(test.formats), func(t *testing.T) {
			dir, sum := writeRange(t, Plan{Seed: 9, Bytes: test.size, Formats: test.formats})
			var got int64
			for _, f := range sum.Files {
				st, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f)))
				if err != nil {
					t.Fatal(err)
				}
				got += st.Size()
			}
			if got < test.size*95/100 || got > test.size*105/100 {
				t.Errorf("%d bytes for %d, which is %.1f %%", got, test.size, 100*float64(got)/float64(test.size))
			}
			if got != sum.Bytes {
				t.Errorf("the summary says %d bytes, the files have %d", sum.Bytes, got)
			}
		})
	}
}

func TestCountIsMet(t *testing.T) {
	_, sum := writeRange(t, Plan{Seed: 9, EventsPerHost: 1000, Hosts: DefaultHosts(5)})
	if sum.Events < 6000 || sum.Events > 6300 {
		t.Errorf("%d events on six hosts of 1000", sum.Events)
	}
}

// TestTextLogsAreWellFormed reads every line of every log of text.
func TestTextLogsAreWellFormed(t *testing.T) {
	dir, sum := writeRange(t, smallPlan(11))
	stamps := map[Format]*regexp.Regexp{
		IIS:        regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) `),
		HTTPProxy:  regexp.MustCompile(`^([0-9T:.-]+Z),`),
		ECP:        regexp.MustCompile(`^([0-9T:.-]+Z),`),
		Auditd:     regexp.MustCompile(` msg=audit\((\d+\.\d+):\d+\): `),
		Syslog:     regexp.MustCompile(`^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) `),
		Syslog5424: regexp.MustCompile(`^<\d+>1 ([0-9T:.-]+Z) `),
		WebAccess:  regexp.MustCompile(`\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d) \+0000\]`),
		Winlogbeat: regexp.MustCompile(`^{"@timestamp":"([^"]+)"`),
		WinFlat:    regexp.MustCompile(`^{"@timestamp":"([^"]+)"`),
		CloudTrail: regexp.MustCompile(`"eventTime":"([^"]+)"`),
		Entra:      regexp.MustCompile(`"(?:created|activity)DateTime":"([^"]+)"`),
	}
	for _, name := range sum.Files {
		if strings.HasSuffix(name, ".evtx") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if m := unfilled.Find(b); m != nil {
			t.Errorf("%s holds a gap that was not filled: %s", name, m)
		}
		format := formatOf(name)
		last := ""
		for n, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
			line = strings.TrimSuffix(line, "\r")
			if strings.HasPrefix(line, "#") {
				continue
			}
			if err := wellFormed(format, line); err != nil {
				t.Fatalf("%s, line %d: %v\n%s", name, n+1, err, line)
			}
			m := stamps[format].FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("%s, line %d has no time:\n%s", name, n+1, line)
			}
			if m[1] < last {
				t.Fatalf("%s, line %d is of %s, after one of %s", name, n+1, m[1], last)
			}
			last = m[1]
		}
		if last == "" && format != ECP {
			t.Errorf("%s is empty", name)
		}
	}
}

func formatOf(name string) Format {
	for part, f := range map[string]Format{
		"/iis/": IIS, "/HttpProxy/": HTTPProxy, "/ECP/": ECP, "/audit/": Auditd, "/syslog/": Syslog, "/syslog5424/": Syslog5424, "/apache2/": WebAccess,
		"winlogbeat.ndjson": Winlogbeat, "windows.ndjson": WinFlat, "cloudtrail": CloudTrail, "entra-": Entra,
	} {
		if strings.Contains(name, part) {
			return f
		}
	}
	return ""
}

// unfilled is a gap of a phrase; %{19195a5b-…} is how Windows writes classes of objects.
var unfilled = regexp.MustCompile(`%\{[a-zA-Z]+\d*(-\d+)?\}`)

var auditRecord = regexp.MustCompile(`^type=[A-Z_]+ msg=audit\(\d+\.\d{3}:\d+\): .*=`)

func wellFormed(f Format, line string) error {
	columns := 0
	switch f {
	case IIS:
		if n := len(strings.Split(line, " ")); n != len(strings.Fields(iisFields)) {
			return fmt.Errorf("%d columns", n)
		}
		return nil
	case HTTPProxy:
		columns = strings.Count(proxyFields, ",") + 1
	case ECP:
		columns = 4
	case Auditd:
		if !auditRecord.MatchString(line) {
			return errors.New("no audit record")
		}
		return nil
	case Winlogbeat, WinFlat, CloudTrail, Entra:
		var v map[string]any
		return json.Unmarshal([]byte(line), &v)
	case Syslog, Syslog5424, WebAccess, EVTX:
		return nil
	}
	row, err := csv.NewReader(strings.NewReader(line)).Read()
	if err == nil && len(row) != columns {
		err = fmt.Errorf("%d columns, want %d", len(row), columns)
	}
	return err
}

var (
	addressLike = regexp.MustCompile(`\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b`)
	siteLike    = regexp.MustCompile(`(?:%40|\b)([a-z0-9-]+\.(?:com|net|org|io|de|info|biz|cn|ru|cloud))\b`)
)

// TestNamesAndAddressesAreNobodys: private or for documentation.
func TestNamesAndAddressesAreNobodys(t *testing.T) {
	// What has four numbers and is none: versions of programs and protocols.
	versions := []string{"5.2.1.0", "1.3.36.72", "2.5.5.12"}
	// What formats themselves name: schemas, services of the clouds.
	sites := []string{
		"example.com", "example.net", "example.org", "microsoft.com", "amazonaws.com", "amazon.com", "sysinternals.com",
	}
	allowed := []netip.Prefix{
		netip.MustParsePrefix("10.20.0.0/16"), netip.MustParsePrefix("10.30.0.0/16"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("0.0.0.0/32"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	}
	dir, sum := writeRange(t, smallPlan(12))
	for _, name := range sum.Files {
		if strings.HasSuffix(name, ".evtx") || strings.Contains(name, "winlogbeat") {
			continue // the same events as windows.ndjson
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range addressLike.FindAllString(string(b), -1) {
			a, err := netip.ParseAddr(m)
			if err != nil || slices.Contains(versions, m) {
				continue
			}
			if !slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(a) }) {
				t.Fatalf("%s holds the address %s", name, m)
			}
		}
		for _, m := range siteLike.FindAllStringSubmatch(string(b), -1) {
			if !slices.Contains(sites, m[1]) {
				t.Fatalf("%s holds the name %s", name, m[1])
			}
		}
	}
}

func TestEventsHaveTheirShape(t *testing.T) {
	plan, err := smallPlan(13).check()
	if err != nil {
		t.Fatal(err)
	}
	plan.Formats = []Format{WinFlat}
	for i, spec := range plan.Hosts {
		h := newHostForTest(plan, spec, i)
		if h == nil {
			continue
		}
		sow(h.world, []*host{h})
		if err := h.run(t.Context(), h.routine()); err != nil {
			t.Fatal(err)
		}
		if h.win.misshapen > 0 {
			t.Errorf("%s: %d events have not the values of their shape", spec.Name, h.win.misshapen)
		}
	}
}

func TestWriteOne(t *testing.T) {
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			var b bytes.Buffer
			sum, err := WriteOne(t.Context(), &b, f, Plan{Seed: 2, Bytes: 2 << 20, Plants: allPlants()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := b.Len(); n < 2<<20*95/100 || n > 2<<20*105/100 || int64(n) != sum.Bytes {
				t.Errorf("%d bytes, the summary says %d", n, sum.Bytes)
			}
			if sum.Events == 0 || len(sum.Truth) == 0 {
				t.Errorf("%d events, %d records of truth", sum.Events, len(sum.Truth))
			}
		})
	}
	plan := Plan{Hosts: []Host{{"web01", LinuxWeb}}}
	if _, err := WriteOne(t.Context(), io.Discard, EVTX, plan, nil); err == nil {
		t.Error("an event log of a host without one was written")
	}
}

func TestPlansAreChecked(t *testing.T) {
	for name, plan := range map[string]Plan{
		"path as host":      {Hosts: []Host{{"../up", Workstation}}},
		"empty host":        {Hosts: []Host{{"", Workstation}}},
		"two of a name":     {Hosts: []Host{{"a", Workstation}, {"a", ExchangeServer}}},
		"unknown role":      {Hosts: []Host{{"a", "mainframe"}}},
		"negative size":     {Bytes: -1},
		"too short":         {Duration: time.Second},
		"too long":          {Duration: 100 * 366 * 24 * time.Hour},
		"too early":         {Start: time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)},
		"unknown format":    {Formats: []Format{"papyrus"}},
		"unknown plant":     {Plants: []Planting{{ID: "carrot"}}},
		"plant of no host":  {Plants: []Planting{{ID: "proxylogon", Host: "nowhere"}}},
		"plant out of time": {Plants: []Planting{{ID: "proxylogon", At: 100 * 24 * time.Hour}}},
		"no such log":       {Hosts: []Host{{"a", CloudTenant}}, Formats: []Format{EVTX}},
	} {
		if _, err := Write(t.Context(), t.TempDir(), plan, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Write(t.Context(), filepath.Join(t.TempDir(), "a\x00b"), Plan{}, nil); err == nil {
		t.Error("a folder that cannot be: no error")
	}
}

func TestParseLists(t *testing.T) {
	if f, err := ParseFormats("evtx, json,evtx"); err != nil || !slices.Equal(f, []Format{EVTX, Winlogbeat}) {
		t.Errorf("formats %v, %v", f, err)
	}
	if f, err := ParseFormats("iis,all"); err != nil || !slices.Equal(f, Formats()) {
		t.Errorf("formats %v, %v", f, err)
	}
	for _, bad := range []string{"", ",", "papyrus"} {
		if _, err := ParseFormats(bad); err == nil {
			t.Errorf("formats %q: no error", bad)
		}
	}
	if p, err := ParsePlants("all"); err != nil || len(p) != len(Plants()) {
		t.Errorf("%d plants, %v", len(p), err)
	}
	if p, err := ParsePlants("none"); err != nil || len(p) != 0 {
		t.Errorf("%d plants, %v", len(p), err)
	}
	if p, err := ParsePlants("lsass-*, dcsync ,dcsync"); err != nil || len(p) != 3 {
		t.Errorf("plants %v, %v", p, err)
	}
	for _, bad := range []string{"carrot", "carrot*"} {
		if _, err := ParsePlants(bad); err == nil {
			t.Errorf("plants %q: no error", bad)
		}
	}
}

func TestPlantingAtAGivenTimeAndHost(t *testing.T) {
	at := 5 * time.Hour
	_, sum := writeRange(t, Plan{
		Seed: 1, EventsPerHost: 500, Hosts: []Host{{"ws01", Workstation}, {"ws02", Workstation}, {"dc01", DomainController}}, Formats: []Format{WinFlat},
		Plants: []Planting{{ID: "run-key", At: at, Host: "ws02"}, {ID: "rdp-lateral", At: at}},
	})
	start := time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range sum.Truth {
		if d := r.Time.Sub(start.Add(at)); d < 0 || d > time.Minute {
			t.Errorf("%s at %v", r.Plant, r.Time)
		}
		if want := map[string]string{"run-key": "ws02", "rdp-lateral": "dc01"}[r.Plant]; r.Host != want {
			t.Errorf("%s on %s", r.Plant, r.Host)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	_, err := Write(ctx, t.TempDir(), Plan{Bytes: 1 << 40, Formats: []Format{IIS, CloudTrail}}, func(p Progress) {
		if seen++; p.Total < 1<<39 || p.Done > p.Total {
			t.Errorf("progress %+v", p)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) || seen == 0 {
		t.Errorf("error %v after %d reports", err, seen)
	}
}

type failingWriter struct{ left int }

var errDisk = errors.New("the disk is full")

func (w *failingWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errDisk
	}
	return len(b), nil
}

func TestOutputFails(t *testing.T) {
	for _, f := range []Format{IIS, EVTX, Winlogbeat} {
		if _, err := WriteOne(t.Context(), &failingWriter{left: 1 << 20}, f, Plan{Bytes: 1 << 30}, nil); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// TestMemoryStaysFlat writes ten times as much and looks whether more memory is held.
func TestMemoryStaysFlat(t *testing.T) {
	for _, f := range []Format{IIS, EVTX, WinFlat, Auditd} {
		held := func(size int64) uint64 {
			h := hostOfSize(t, f, size)
			if err := h.run(t.Context(), h.routine()); err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			runtime.KeepAlive(h)
			return m.HeapAlloc
		}
		small, large := held(4<<20), held(40<<20)
		if large > small+2<<20 {
			t.Errorf("%s: %d bytes are held after 4 MiB, %d after 40 MiB", f, small, large)
		}
	}
}

func TestNoPlantsNoTruth(t *testing.T) {
	dir := t.TempDir()
	plan := Plan{EventsPerHost: 50, Formats: []Format{IIS}, Plants: []Planting{{ID: "ok-owa-logon"}}}
	for range 2 {
		if _, err := Write(t.Context(), dir, plan, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "truth.jsonl")); (err == nil) != (len(plan.Plants) > 0) {
			t.Errorf("%d plants, truth.jsonl: %v", len(plan.Plants), err)
		}
		plan.Plants = nil
	}
	plan.Truth = filepath.Join(dir, "asked.jsonl")
	if _, err := Write(t.Context(), dir, plan, nil); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(plan.Truth); err != nil || st.Size() != 0 {
		t.Errorf("a truth that was asked for: %v, %v", st, err)
	}
}

func TestReadTruthRefuses(t *testing.T) {
	for _, bad := range []string{"{", "[]", `{"plant":1}`} {
		if _, err := ReadTruth(strings.NewReader(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
	if l, err := ReadTruth(bufio.NewReader(strings.NewReader(""))); err != nil || l != nil {
		t.Errorf("nothing gives %v, %v", l, err)
	}
}

func FuzzReadTruth(f *testing.F) {
	for _, s := range []string{"", "{}", `{"plant":"a","time":"2021-03-03T07:30:09Z","windows":{"record":1}}` + "\n", `{"offset":-1}`, "[", "nul"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ReadTruth(strings.NewReader(s))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := WriteTruth(&b, list); err != nil {
			return // a time beyond the year 9999
		}
		again, err := ReadTruth(&b)
		if err != nil || len(again) != len(list) {
			t.Errorf("%d records are written as %d, %v", len(list), len(again), err)
		}
	})
}
