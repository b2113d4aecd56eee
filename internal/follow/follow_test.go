package follow

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
	"entente/internal/evtx"
	"entente/internal/source"
)

// bench is a follower over a folder, with a clock of its own and a memory that survives restarts.
type bench struct {
	t     *testing.T
	dir   string
	opts  Options
	clock time.Time
	f     *Follower
	saved []json.RawMessage
	got   []string // messages of events
	told  []string // troubles and warnings
}

// collector is a worker that keeps the messages of events.
type collector struct{ list []string }

func (c *collector) Begin(*source.File) { c.list = nil }
func (c *collector) Event(e *event.Event) bool {
	for _, name := range []string{"message", "Message", "cs-uri-stem", "value", "cmdline"} {
		if s := e.Text(name); s != "" {
			c.list = append(c.list, s)
			return true
		}
	}
	c.list = append(c.list, string(e.AppendJSON(nil)))
	return true
}

func (c *collector) End() any { return c.list }

func newBench(t *testing.T, inputs ...string) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), clock: time.Now()}
	for _, in := range inputs {
		b.opts.Inputs = append(b.opts.Inputs, filepath.Join(b.dir, in))
	}
	if len(inputs) == 0 {
		b.opts.Inputs = []string{b.dir}
	}
	b.opts.Settle = 10 * time.Second
	b.opts.Now = func() time.Time { return b.clock }
	b.opts.Read.Workers = 2
	b.opts.Read.Skip = func(s source.Skipped) { b.told = append(b.told, filepath.Base(s.File)+": "+s.Reason) }
	b.opts.Read.Warn = func(w source.Warning) { b.told = append(b.told, filepath.Base(w.File)+": "+w.Message) }
	b.start()
	return b
}

func (b *bench) start() {
	b.t.Helper()
	var err error
	if b.f, err = New(b.opts, func(int) source.Worker { return &collector{} }); err != nil {
		b.t.Fatal(err)
	}
	for _, s := range b.saved {
		if err := b.f.Restore(s); err != nil {
			b.t.Fatal(err)
		}
	}
	b.t.Cleanup(b.f.Close)
}

// restart goes on with nothing but what was committed.
func (b *bench) restart() {
	b.t.Helper()
	b.f.Close()
	b.start()
}

// asText reads everything as lines of text, so that short ones need not settle first.
func (b *bench) asText() {
	b.t.Helper()
	b.opts.Read.As = "text"
	b.restart()
}

// round moves the clock by two seconds and looks.
func (b *bench) round() Status {
	b.t.Helper()
	b.clock = b.clock.Add(2 * time.Second)
	st, err := b.f.Round(context.Background(), func(_ *source.File, result any) error {
		b.got = append(b.got, result.([]string)...)
		return nil
	}, b.commit)
	if err != nil {
		b.t.Fatal(err)
	}
	return st
}

func (b *bench) commit() error {
	changes, ok, err := b.f.Changes()
	if ok {
		b.saved = append(b.saved, changes)
	}
	return err
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// touch gives a file the time of the bench's clock, as if it had been written right now.
func (b *bench) touch(name string) {
	b.t.Helper()
	if err := os.Chtimes(b.path(name), b.clock, b.clock); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.MkdirAll(filepath.Dir(b.path(name)), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(b.path(name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.touch(name)
}

func (b *bench) append(name, text string) {
	b.t.Helper()
	h, err := os.OpenFile(b.path(name), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := h.WriteString(text); err != nil {
		b.t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.touch(name)
}

func (b *bench) rename(from, to string) {
	b.t.Helper()
	if err := os.Rename(b.path(from), b.path(to)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) remove(name string) {
	b.t.Helper()
	if err := os.Remove(b.path(name)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// expect compares what has come in since the last call, in any order of files.
func (b *bench) expect(want ...string) {
	b.t.Helper()
	got := slices.Clone(b.got)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("got %s\nwant %s", short(got), short(want))
	}
	b.got = nil
}

func short(list []string) string {
	n := len(list)
	if n > 6 {
		list = append(slices.Clone(list[:3]), list[n-3:]...)
	}
	return fmt.Sprintf("%d: %.300q", n, list)
}

func lines(name string, from, to int) (text string, list []string) {
	for i := from; i < to; i++ {
		s := fmt.Sprintf("%s line %d %s", name, i, strings.Repeat("x", 60))
		list = append(list, s)
		text += s + "\n"
	}
	return text, list
}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// both runs a test without restarts, and with one before every round.
func both(t *testing.T, inputs []string, test func(b *bench, round func())) {
	t.Helper()
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restart=", restart), func(t *testing.T) {
			b := newBench(t, inputs...)
			test(b, func() {
				if restart {
					b.restart()
				}
				b.round()
			})
			b.restart()
			b.round()
			if len(b.got) != 0 {
				t.Errorf("after a restart: %s", short(b.got))
			}
		})
	}
}

func TestGrowing(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		b.asText()
		b.write("a.log", "one\ntwo\nthr")
		round()
		b.expect("one", "two")
		round()
		b.expect()
		b.append("a.log", "ee\n")
		b.write("sub/b.log", "new\n")
		round()
		b.expect("three", "new")
		b.append("a.log", "four")
		round()
		b.append("a.log", " and five")
		round()
		b.expect()
		for range 8 { // it has settled without the end of its line
			round()
		}
		b.expect("four and five")
		b.append("a.log", "\nsix\n")
		round()
		b.expect("six")
	})
}

func TestRenamed(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		b.asText()
		b.write("app.log", "one\n")
		round()
		b.append("app.log", "two\n")
		b.rename("app.log", "app.log.1")
		b.write("app.log", "three\n")
		round()
		b.expect("one", "two", "three")
		b.append("app.log.1", "late\n") // the program has not noticed yet
		b.append("app.log", "four\n")
		round()
		b.expect("late", "four")
	})
}

// TestRenamedBesideANamedFile follows a file by its name: what it was before lies beside it.
func TestRenamedBesideANamedFile(t *testing.T) {
	both(t, []string{"app.log"}, func(b *bench, round func()) {
		b.asText()
		b.write("other.log", "no\n")
		b.write("app.log", "one\n")
		round()
		b.append("app.log", "two\n")
		b.rename("app.log", "app.log.1")
		b.write("app.log", "three\n")
		b.write("app.log.old", "not asked for\n")
		round()
		b.expect("one", "two", "three")
		b.append("app.log.1", "late\n")
		round()
		b.expect("late")
	})
}

func TestCopiedAndTruncated(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		b.asText()
		text, list := lines("a", 0, 40)
		b.write("app.log", text)
		round()
		b.expect(list...)
		more, rest := lines("a", 40, 43)
		b.append("app.log", more)
		b.write("app.log.1", b.read("app.log"))
		b.write("app.log", "new\n") // shorter
		round()
		b.expect(append(rest, "new")...)
		round()
		b.expect()
	})
}

func TestReplacedByLonger(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		b.asText()
		text, list := lines("a", 0, 10)
		b.write("app.log", text)
		round()
		b.expect(list...)
		text, list = lines("b", 0, 30)
		b.write("app.log", text) // the same file, and more in it than before
		round()
		b.expect(list...)
	})
}

func TestPackedAfterRotation(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		text, list := lines("a", 0, 200)
		b.write("app.log", text)
		round()
		b.expect(list...)
		more, rest := lines("a", 200, 203)
		b.write("app.log.1.gz", gzipped(text+more)) // it was renamed, went on and was packed between two looks
		b.remove("app.log")
		for range 8 {
			round()
		}
		b.expect(rest...)
	})
}

func TestPackedOnItsOwn(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		text, list := lines("a", 0, 2000)
		b.write("app.log.gz", gzipped(text)[:100]) // still being written
		round()
		b.expect()
		b.write("app.log.gz", gzipped(text))
		for range 8 {
			round()
		}
		b.expect(list...)
		b.rename("app.log.gz", "app.log.2.gz")
		for range 8 {
			round()
		}
		b.expect()
	})
}

func TestCopyBesideItsLog(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		text, list := lines("a", 0, 200)
		b.write("a.log", text)
		round()
		b.expect(list...)
		b.write("copy.log", text)
		b.write("earlier.log", text[:len(text)/2])
		b.write("packed.gz", gzipped(text))
		for range 8 {
			round()
		}
		b.expect()
		more, rest := lines("a", 200, 210)
		b.append("a.log", more)
		round()
		b.expect(rest...)
	})
}

// TestAlikeBeginnings makes sure that logs which only begin alike are told apart.
func TestAlikeBeginnings(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		same, list := lines("same", 0, 200)
		b.write("a.log", same+"a\n")
		round()
		b.write("b.log", same+"b\n")
		round()
		b.expect(append(append(slices.Clone(list), list...), "a", "b")...)
		b.write("c.csv", "name,value\nx,1\n")
		round()
		b.write("d.csv", "name,value\nx,1\n")
		round()
		b.expect("1", "1")            // too short to be taken for a copy
		b.rename("c.csv", "../c.csv") // its number must not be taken again
		round()
		b.write("e.csv", "name,value\nx,1\n")
		round()
		b.expect("1")
	})
}

func TestHeaderIsRemembered(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		b.write("u.log", "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time cs-method cs-uri-stem\n2021-03-02 10:00:00 GET /a\n")
		b.write("t.csv", "name,value\nx,1\n")
		round()
		b.expect("/a", "1")
		b.append("u.log", "2021-03-02 10:00:01 GET /b\n#Fields: date time cs-uri-stem\n2021-03-02 10:00:02 /c\n")
		b.append("t.csv", "y,2\n")
		round()
		b.expect("/b", "/c", "2")
		b.append("u.log", "2021-03-02 10:00:03 /d\n")
		b.append("t.csv", "z,\"3\n4\"\n")
		round()
		b.expect("/d", "3\n4")
	})
}

func TestHeaderFirst(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		b.write("t.csv", "name,val") // not even the header is whole
		round()
		b.append("t.csv", "ue\n")
		round()
		b.append("t.csv", "x,1\ny,2\n")
		round()
		b.expect("1", "2")
	})
}

// A writer that keeps its place in a log that was emptied leaves zero bytes before what it writes.
func TestBehindZeroBytes(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		b.write("u_ex.log", strings.Repeat("\x00", 100_000)+"#Fields: date time cs-uri-stem sc-status\n2021-03-03 05:00:00 /a 200\n2021-03-03 05:00:01 /b 200\n")
		round()
		b.append("u_ex.log", "2021-03-03 05:00:02 /c 200\n")
		round()
		b.expect("/a", "/b", "/c")
	})
}

func TestAuditEventWaitsForItsLines(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		b.write("audit.log", "type=SYSCALL msg=audit(1614679200.100:7): arch=c000003e syscall=59 success=yes\n")
		round()
		b.append("audit.log", "type=EXECVE msg=audit(1614679200.100:7): argc=2 a0=\"id\" a1=\"-u\"\n")
		round()
		b.expect()
		b.append("audit.log", "type=EXECVE msg=audit(1614679201.100:8): argc=1 a0=\"ls\"\n")
		round()
		b.expect("id -u")
		for range 8 {
			round()
		}
		b.expect("ls")
	})
}

func TestUnreadableForNow(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root can read everything")
	}
	b := newBench(t)
	b.asText()
	b.write("a.log", "one\n")
	if err := os.Chmod(b.path("a.log"), 0); err != nil {
		t.Fatal(err)
	}
	b.round()
	b.round()
	b.expect()
	if len(b.told) != 1 || !strings.Contains(b.told[0], "tried again") {
		t.Errorf("told %q", b.told)
	}
	if err := os.Chmod(b.path("a.log"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.round()
	b.expect("one")
}

func TestNotThereYet(t *testing.T) {
	b := newBench(t, "later.log")
	b.asText()
	b.round()
	b.round()
	if len(b.told) != 1 {
		t.Errorf("told %q", b.told)
	}
	b.write("later.log", "one\n")
	b.round()
	b.expect("one")
	b.remove("later.log")
	b.round()
	if len(b.told) != 2 {
		t.Errorf("told %q", b.told)
	}
}

func TestWholeFiles(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		doc := "[\n {\n  \"message\": \"one\"\n },\n {\n  \"message\": \"two\"\n }\n]\n"
		b.write("d.json", doc[:30])
		round()
		b.write("d.json", doc)
		round()
		b.expect()
		for range 8 {
			round()
		}
		b.expect("one", "two")
		b.write("copy.json", doc)
		for range 8 {
			round()
		}
		b.expect()
		b.append("d.json", "{\n \"message\": \"three\"\n}\n")
		for range 8 {
			round()
		}
		b.expect("three")
		b.write("d.json", strings.Replace(doc, "one", "ONE", 1))
		for range 8 {
			round()
		}
		b.expect("ONE", "two")
	})
}

func TestFromEnd(t *testing.T) {
	b := newBench(t)
	b.opts.FromEnd = true
	b.start()
	b.write("t.csv", "name,value\nx,1\n")
	b.write("a.log", "one\ntw")
	b.write("d.json", "[\n {\n  \"message\": \"one\"\n }\n]\n")
	old := b.clock.Add(-time.Hour)
	if err := os.Chtimes(b.path("d.json"), old, old); err != nil {
		t.Fatal(err)
	}
	b.write("x.evtx", evtxOf(t, 1, 2))
	b.write("h.csv", "name,value\n")
	b.round()
	b.expect()
	b.restart()
	b.append("t.csv", "y,2\n")
	b.append("a.log", "o\n")
	b.write("new.log", "new\n")
	b.write("h.csv", "name,value\nx,3\n")
	b.write("x.evtx", evtxOf(t, 1, 3))
	for range 8 {
		b.round()
	}
	b.expect("2", "3", "two", "new", "record 3")
}

// evtxOf makes an event log with records from one number to another.
func evtxOf(t *testing.T, from, to int, more ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := evtx.NewWriter(&b)
	for i := from; i <= to; i++ {
		r := evtx.Record{
			Provider: "P", EventID: 1, Channel: "C", Computer: "c", RecordID: uint64(i), Time: time.Unix(1614679200+int64(i), 0),
			Data: []evtx.Field{{Name: "Message", Value: evtx.Text(fmt.Sprint("record ", i, strings.Join(more, "")))}},
		}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// extractOf makes an event log of chosen records.
func extractOf(t *testing.T, pad string, ids ...int) string {
	t.Helper()
	var b bytes.Buffer
	w := evtx.NewWriter(&b)
	for _, i := range ids {
		r := evtx.Record{
			Provider: "P", EventID: 1, Channel: "C", Computer: "c", RecordID: uint64(i), Time: time.Unix(1614679200+int64(i), 0),
			Data: []evtx.Field{{Name: "Message", Value: evtx.Text(fmt.Sprint("record ", i, pad))}},
		}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func records(from, to int, more ...string) (list []string) {
	for i := from; i <= to; i++ {
		list = append(list, fmt.Sprint("record ", i, strings.Join(more, "")))
	}
	return list
}

func TestEventLogGrows(t *testing.T) {
	pad := strings.Repeat("y", 300)
	both(t, nil, func(b *bench, round func()) {
		b.write("x.evtx", evtxOf(t, 1, 3, pad))
		round()
		b.expect(records(1, 3, pad)...)
		b.write("x.evtx", evtxOf(t, 1, 100, pad))
		round()
		b.expect(records(4, 100, pad)...)
		b.write("x.evtx", evtxOf(t, 1, 1000, pad))
		round()
		b.expect(records(101, 1000, pad)...)
		b.write("copy/y.evtx", evtxOf(t, 1, 1000, pad))
		b.write("copy/earlier.evtx", evtxOf(t, 1, 60, pad))
		round()
		b.expect()
		// An extract that only begins like the log.
		b.write("extract.evtx", extractOf(t, pad, 1, 5, 6, 300))
		round()
		b.expect("record 1"+pad, "record 5"+pad, "record 6"+pad, "record 300"+pad)
	})
}

// TestEventLogIsWrittenRightNow cuts a log off inside a record, with a header that knows nothing of it.
func TestEventLogIsWrittenRightNow(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		three, four := evtxOf(t, 1, 3), evtxOf(t, 1, 4)
		b.write("x.evtx", three)
		round()
		b.expect(records(1, 3)...)
		// The chunk's header and records as of three, the fourth record in parts.
		first := logHeaderLen + chunkHeaderLen
		end3, end4 := logHeaderLen+recordsEnd([]byte(three[logHeaderLen:logHeaderLen+chunkLen]), chunkHeaderLen), logHeaderLen+recordsEnd([]byte(four[logHeaderLen:logHeaderLen+chunkLen]), chunkHeaderLen)
		if four[first:end3] != three[first:end3] || end4 <= end3 {
			t.Fatal("the logs differ from what this test thinks")
		}
		for _, part := range []int{8, 40, end4 - end3 - 4} {
			b.write("x.evtx", three[:end3]+four[end3:end3+part]+strings.Repeat("\x00", len(three)-end3-part))
			round()
			b.expect()
		}
		b.write("x.evtx", three[:end3]+four[end3:]) // the record is whole, the header late
		round()
		b.expect("record 4")
		b.write("x.evtx", four)
		round()
		b.expect()
		if len(b.told) != 0 {
			t.Errorf("told %q", b.told)
		}
	})
}

func TestEventLogWrapsAround(t *testing.T) {
	pad := strings.Repeat("y", 300)
	both(t, nil, func(b *bench, round func()) {
		old, next := evtxOf(t, 1, 400, pad), evtxOf(t, 1001, 1030, pad)
		b.write("x.evtx", old)
		round()
		b.expect(records(1, 400, pad)...)
		// The first chunk is written over; what is left of it stands behind the new records.
		end := logHeaderLen + recordsEnd([]byte(next[logHeaderLen:logHeaderLen+chunkLen]), chunkHeaderLen)
		b.write("x.evtx", next[:end]+old[end:])
		round()
		b.expect(records(1001, 1030, pad)...)
	})
}

func TestEventLogCleared(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		b.write("x.evtx", evtxOf(t, 1, 50))
		round()
		b.expect(records(1, 50)...)
		b.write("x.evtx", evtxOf(t, 51, 52))
		round()
		b.expect(records(51, 52)...)
	})
}

// TestDamagedEventLog reads what cannot be followed as a whole.
func TestDamagedEventLog(t *testing.T) {
	both(t, nil, func(b *bench, round func()) {
		log := evtxOf(t, 1, 20)
		b.write("x.evtx", "something"+log[9:logHeaderLen]+log[logHeaderLen:])
		for range 8 {
			round()
		}
		b.expect(records(1, 20)...)
	})
}

func TestDeletedWhileOpen(t *testing.T) {
	if !holdOpen {
		t.Skip("this system does not let go of the names of open files")
	}
	b := newBench(t)
	b.asText()
	b.write("a.log", "one\n")
	b.round()
	h, err := os.OpenFile(b.path("a.log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.WriteString("two\n"); err != nil {
		t.Fatal(err)
	}
	b.remove("a.log")
	b.round()
	b.expect("one", "two")
	if _, err := h.WriteString("three\nfour"); err != nil {
		t.Fatal(err)
	}
	b.round()
	b.expect("three")
	for range 8 {
		b.round()
	}
	b.expect("four")
	for _, e := range b.f.entries {
		if e.open != nil {
			t.Errorf("%s is still open", e.Path)
		}
	}
}

func TestManyPieces(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 50 MB")
	}
	b := newBench(t)
	text, _ := lines("long", 0, 100)
	var all strings.Builder
	for all.Len() < pieceLen+batchLen+12345 {
		all.WriteString(text)
	}
	n := strings.Count(all.String(), "\n")
	b.write("a.log", all.String())
	commits := 0
	b.clock = b.clock.Add(2 * time.Second)
	_, err := b.f.Round(context.Background(), func(_ *source.File, result any) error {
		n -= len(result.([]string))
		return nil
	}, func() error { commits++; return b.commit() })
	if err != nil || n != 0 || commits < 2 {
		t.Errorf("%d lines are missing, %d commits, %v", n, commits, err)
	}
	b.restart()
	b.round()
	b.expect()
}

func TestLongRecord(t *testing.T) {
	b := newBench(t)
	b.write("a.log", "one\n"+strings.Repeat("x", 2*maxRecordLen+5)+"\ntwo\n")
	b.round()
	if len(b.got) < 3 || b.got[0] != "one" || b.got[len(b.got)-1] != "two" || len(b.told) == 0 {
		t.Errorf("%d events, told %q", len(b.got), b.told)
	}
	for _, s := range b.got {
		if len(s) > maxRecordLen+pieceLen {
			t.Errorf("a record of %d bytes", len(s))
		}
	}
}

func TestCanceledBetweenBatches(t *testing.T) {
	b := newBench(t)
	b.asText()
	b.write("a.log", "one\n")
	ctx, cancel := context.WithCancel(context.Background())
	_, err := b.f.Round(ctx, func(_ *source.File, result any) error {
		cancel() // in the midst of a batch
		b.got = append(b.got, result.([]string)...)
		return nil
	}, b.commit)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	b.expect("one")
	b.restart()
	b.round()
	b.expect()
}

// TestFailedBatchIsReadAgain makes sure that nothing counts as read that was not consumed and committed.
func TestFailedBatchIsReadAgain(t *testing.T) {
	for _, what := range []string{"consume", "commit"} {
		b := newBench(t)
		b.write("a.log", "one\n")
		b.write("x.evtx", evtxOf(t, 1, 2))
		fail := fmt.Errorf("the disk is full")
		_, err := b.f.Round(context.Background(), func(*source.File, any) error {
			if what == "consume" {
				return fail
			}
			return nil
		}, func() error { return fail })
		if !errors.Is(err, fail) {
			t.Errorf("%s: %v", what, err)
		}
		b.restart()
		for range 8 {
			b.round()
		}
		b.expect("one", "record 1", "record 2")
	}
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte(`{"next":3,"files":[{"n":1,"path":"a","id":{"dev":1,"ino":2},"how":"lines","format":"text","pos":{"offset":4,"head":"00112233445566778899aabbccddeeff","head_len":4,"tail":"00112233445566778899aabbccddeeff"},"seen":5},{"n":2,"path":"x","how":"evtx","chunks":[{"at":4096,"key":7,"done":600,"sum":9}],"seen":5}],"gone":[9]}`))
	f.Add([]byte(`{"next":1,"files":[{"n":1,"path":"w","how":"whole","size":5,"mod":6,"sum":"00112233445566778899aabbccddeeff","events":2,"seen":5}]}`))
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("one\ntwo\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, state []byte) {
		fl, err := New(Options{Inputs: []string{dir}}, func(int) source.Worker { return &collector{} })
		if err != nil {
			t.Fatal(err)
		}
		defer fl.Close()
		if fl.Restore(state) != nil {
			return
		}
		all, err := fl.All()
		if err != nil {
			t.Fatal(err)
		}
		again, err := New(Options{Inputs: []string{dir}}, func(int) source.Worker { return &collector{} })
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if err := again.Restore(all); err != nil {
			t.Fatalf("%s: %v", all, err)
		}
		second, err := again.All()
		if err != nil || !bytes.Equal(all, second) {
			t.Fatalf("%s\n%s\n%v", all, second, err)
		}
		if _, err := fl.Round(context.Background(), func(*source.File, any) error { return nil }, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
}
