package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"entente/internal/evtx"
	"entente/internal/sign"
)

// TestMain makes the test binary the program itself, for scripts and for tests that need a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"entente": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			env := OSEnv()
			if text := os.Getenv(testClock); text != "" {
				off, err := time.ParseDuration(text)
				if err != nil {
					panic(err)
				}
				env.Now = func() time.Time { return time.Now().Add(off) }
			}
			os.Exit(Run(ctx, os.Args[1:], env))
		},
	})
}

// testClock is the environment variable that says how far the clock of a process of these tests goes ahead, "-3h" for behind. The
// program itself knows no such thing.
const testClock = "ENTENTE_TEST_CLOCK"

// TestScripts runs the command line as a user would. See testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"mkevtx": mkevtx,
			"age":    age,
			"exits":  exits,
			"unhex":  unhex,
			"mkkey":  mkkey,

			"capture":   capture,
			"freeports": freeports,
			"listening": listening,
			"until":     until,
			"brings":    brings,
			"fill":      fillIn,
		},
		RequireExplicitExec: true,
	})
}

// mkevtx writes an event log: mkevtx FILE RECORDS, where RECORDS is a file of JSON lines such as
//
//	{"id":4624,"channel":"Security","computer":"dc1","time":"2021-03-01T10:00:00Z","record":7,"data":["TargetUserName","bob"]}
func mkevtx(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mkevtx FILE RECORDS")
	}
	var out bytes.Buffer
	w := evtx.NewWriter(&out)
	in := bufio.NewScanner(strings.NewReader(ts.ReadFile(args[1])))
	for n := 1; in.Scan(); n++ {
		r, err := recordOfJSON(in.Bytes())
		if err == nil {
			err = w.Write(r)
		}
		if err != nil {
			ts.Fatalf("%s:%d: %v", args[1], n, err)
		}
	}
	ts.Check(w.Close())
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o700))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
}

func recordOfJSON(line []byte) (*evtx.Record, error) {
	var in struct {
		ID       uint16
		Channel  string
		Provider string
		Computer string
		Time     time.Time
		Record   uint64
		UserData string
		Data     []string
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF || len(in.Data)%2 != 0 {
		return nil, fmt.Errorf("not one record with pairs of data: %s", line)
	}
	r := &evtx.Record{
		EventID: in.ID, Channel: in.Channel, Provider: in.Provider, Computer: in.Computer, Time: in.Time, RecordID: in.Record, UserData: in.UserData,
	}
	if r.Provider == "" && r.Channel == "Security" {
		r.Provider = "Microsoft-Windows-Security-Auditing"
	}
	for i := 0; i < len(in.Data); i += 2 {
		r.Data = append(r.Data, evtx.Field{Name: in.Data[i], Value: evtx.Text(in.Data[i+1])})
	}
	return r, nil
}

// age makes files look as if nobody had written to them for an hour.
func age(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: age FILE…")
	}
	old := time.Now().Add(-time.Hour)
	for _, a := range args {
		ts.Check(os.Chtimes(ts.MkAbs(a), old, old))
	}
}

// mkkey makes the keys of a member, sealed with the passphrase of the environment as cheaply as may be: mkkey FILE….
func mkkey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: mkkey FILE…")
	}
	for _, a := range args {
		id, err := sign.NewIdentity(nil)
		ts.Check(err)
		ts.Check(sign.IdentityFile{Path: ts.MkAbs(a), Work: 10}.Create(id, ts.Getenv("ENTENTE_PASSPHRASE")))
		ts.Check(os.WriteFile(ts.MkAbs(strings.TrimSuffix(a, ".key")+".card"), append(id.Card().Bytes(), '\n'), 0o600))
	}
}

// exits runs a command line and compares its exit code: exits CODE entente ARGUMENTS….
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[1] != "entente" {
		ts.Fatalf("usage: exits CODE entente ARGUMENTS…")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ee, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = ee.ExitCode()
	}
	if got := strconv.Itoa(code); got != args[0] {
		ts.Fatalf("%s ends with code %s, not %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// unhex writes the bytes that a file lists in hexadecimal, with blanks between as they please: unhex FROM TO.
func unhex(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unhex FROM TO")
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(ts.ReadFile(args[0])), ""))
	ts.Check(err)
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[1])), 0o700))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
}
