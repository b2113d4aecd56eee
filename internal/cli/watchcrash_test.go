package cli

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente/internal/evtx"
)

const needleRules = `title: Needle in text
id: 0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c2001
level: high
status: test
logsource: {product: linux, service: syslog}
detection:
  keywords: [needle]
  condition: keywords
---
title: Needle in an event log
id: 0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c2002
level: high
status: test
logsource: {product: windows, service: application}
detection:
  keywords: [needle]
  condition: keywords
`

// crashLog is a folder with logs that grow, are rotated and packed, and count their records.
type crashLog struct {
	t       *testing.T
	dir     string
	text    int // records written
	rotated int
	event   int
	events  []byte // the event log as it will be
	ends    []int  // of its records
}

func newCrashLog(t *testing.T, records int) *crashLog {
	t.Helper()
	l := &crashLog{t: t, dir: t.TempDir()}
	var b bytes.Buffer
	w := evtx.NewWriter(&b)
	for i := range records {
		r := evtx.Record{
			Provider: "App", EventID: 1, Channel: "Application", Computer: "c", RecordID: uint64(i + 1), Time: time.Unix(1614679200+int64(i), 0),
			Data: []evtx.Field{{Name: "Message", Value: evtx.Text(fmt.Sprintf("needle e%d %s", i, strings.Repeat("x", i%200)))}},
		}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l.events = b.Bytes()
	// Records begin with a magic number, aligned to eight bytes, and their size.
	for at := 0; at+8 <= len(l.events); at += 8 {
		if bytes.HasPrefix(l.events[at:], []byte{0x2a, 0x2a, 0, 0}) {
			size := int(l.events[at+4]) | int(l.events[at+5])<<8
			l.ends = append(l.ends, at+size)
		}
	}
	if len(l.ends) != records {
		t.Fatalf("%d records in the event log, want %d", len(l.ends), records)
	}
	return l
}

func (l *crashLog) path(name string) string { return filepath.Join(l.dir, name) }

func (l *crashLog) check(err error) {
	if err != nil {
		l.t.Error(err)
	}
}

// step writes a little, in pieces that end anywhere, and now and then rotates.
func (l *crashLog) step(rnd *rand.Rand) {
	var text strings.Builder
	for range 1 + rnd.IntN(30) {
		fmt.Fprintf(&text, "2021-03-02T10:00:00Z web1 app[7]: needle t%d %s\n", l.text, strings.Repeat("y", rnd.IntN(150)))
		l.text++
	}
	h, err := os.OpenFile(l.path("app.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		l.t.Error(err)
		return
	}
	for rest := text.String(); rest != ""; {
		n := min(len(rest), 1+rnd.IntN(1500))
		_, err := h.WriteString(rest[:n])
		l.check(err)
		rest = rest[n:]
	}
	l.check(h.Close())
	switch rnd.IntN(12) {
	case 0: // as logrotate does
		l.rotated++
		l.check(os.Rename(l.path("app.log"), l.path(fmt.Sprintf("app.log.%d", l.rotated))))
	case 1: // and packs the one before
		old := l.path(fmt.Sprintf("app.log.%d", l.rotated))
		if content, err := os.ReadFile(old); err == nil {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, err := z.Write(content)
			l.check(errors.Join(err, z.Close()))
			l.check(os.WriteFile(old+".part", b.Bytes(), 0o600))
			l.check(os.Rename(old+".part", old+".gz"))
			l.check(os.Remove(old))
		}
	}
	l.grow(rnd)
}

// grow appends records to the event log, in place, the last of them perhaps in two steps.
func (l *crashLog) grow(rnd *rand.Rand) {
	if l.event == len(l.ends) {
		return
	}
	h, err := os.OpenFile(l.path("app.evtx"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		l.t.Error(err)
		return
	}
	from := 0
	if l.event > 0 {
		from = l.ends[l.event-1]
	}
	l.event = min(len(l.ends), l.event+1+rnd.IntN(40))
	to := l.ends[l.event-1]
	if rnd.IntN(2) == 0 {
		half := from + (to-from)/2
		_, err = h.WriteAt(l.events[from:half], int64(from))
		l.check(err)
	}
	_, err = h.WriteAt(l.events[from:to], int64(from))
	l.check(errors.Join(err, h.Close()))
}

// finish writes what is left.
func (l *crashLog) finish() {
	if err := os.WriteFile(l.path("app.evtx"), l.events, 0o600); err != nil {
		l.t.Fatal(err)
	}
	l.event = len(l.ends)
}

// needles counts the findings of a file by record.
func needles(t *testing.T, path string) (map[string]int, int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, broken := map[string]int{}, 0
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var v struct {
			Event struct {
				Text  string `json:"message"`
				Event string `json:"Message"`
			}
		}
		// Names are compared without case by encoding/json: take whichever is there.
		if err := json.Unmarshal(in.Bytes(), &v); err != nil {
			broken++ // written in part when the process was killed
			continue
		}
		for _, s := range []string{v.Event.Text, v.Event.Event} {
			if words := strings.Fields(s); len(words) >= 2 && words[0] == "needle" {
				out[words[1]]++
				break
			}
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return out, broken
}

// TestWatchKilled kills a watch at any moment while logs grow, and starts it again: in the file every record is found
// exactly once, on standard output at least once, and only what was being written when the process died comes again.
func TestWatchKilled(t *testing.T) {
	kills := 30
	if testing.Short() {
		kills = 8
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	rules := filepath.Join(work, "rules.yml")
	if err := os.WriteFile(rules, []byte(needleRules), 0o600); err != nil {
		t.Fatal(err)
	}
	out, stdout := filepath.Join(work, "out.jsonl"), filepath.Join(work, "stdout.jsonl")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	logs := newCrashLog(t, 3000)
	logs.step(rnd)

	run := func(life time.Duration, args ...string) (killed bool) {
		h, err := os.OpenFile(stdout, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		var complaints bytes.Buffer
		args = append([]string{"watch", "-q", "-r", rules, "--state", filepath.Join(work, "state"), "-o", out, "-f", "jsonl", "--settle", "50ms"}, args...)
		c := exec.Command(exe, append(args, logs.dir)...)
		c.Args[0] = "entente" // the test binary is the program under this name
		c.Stdout, c.Stderr = h, &complaints
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		var late atomic.Bool
		timer := time.AfterFunc(life, func() { late.Store(true); _ = c.Process.Kill() })
		err = c.Wait()
		timer.Stop()
		var ee *exec.ExitError
		if err != nil && (!errors.As(err, &ee) || !late.Load() && ee.ExitCode() != ExitFindings) {
			t.Fatalf("%v\n%s", err, complaints.String())
		}
		if complaints.Len() > 0 {
			t.Errorf("said %s", complaints.String())
		}
		return late.Load()
	}

	done := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(done)
		pen := rand.New(rand.NewPCG(seed, 2))
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(pen.IntN(15)) * time.Millisecond):
				logs.step(pen)
			}
		}
	}()
	killed := 0
	for range kills {
		if run(time.Duration(20+rnd.IntN(250))*time.Millisecond, "--interval", "10ms") {
			killed++
		}
	}
	close(stop)
	<-done
	logs.finish()
	if killed < kills {
		t.Errorf("%d of %d were killed", killed, kills)
	}
	time.Sleep(100 * time.Millisecond) // let the last files settle
	for range 2 {
		run(time.Minute, "--once")
	}

	want := map[string]bool{}
	for i := range logs.text {
		want["t"+strconv.Itoa(i)] = true
	}
	for i := range logs.event {
		want["e"+strconv.Itoa(i)] = true
	}
	t.Logf("%d records of text in %d files, %d of an event log, %d kills", logs.text, logs.rotated+1, logs.event, killed)
	got, broken := needles(t, out)
	if broken > 0 {
		t.Errorf("%d broken lines in the file", broken)
	}
	wrong := 0
	for k := range want {
		if got[k] != 1 {
			if wrong++; wrong <= 10 {
				t.Errorf("%s is in the file %d times", k, got[k])
			}
		}
	}
	for k := range got {
		if !want[k] {
			t.Errorf("%s was never written", k)
		}
	}
	shown, broken := needles(t, stdout)
	missing, again := 0, 0
	for k := range want {
		switch {
		case shown[k] == 0:
			missing++
		case shown[k] > 1:
			again += shown[k] - 1
		}
	}
	if missing > broken || again > killed {
		t.Errorf("on standard output %d are missing, %d came again, %d lines are broken, of %d; %d kills", missing, again, broken, len(want), killed)
	}
	t.Logf("on standard output: %d came again, %d lines are broken", again, broken)
}
