package evtx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"entente/internal/event"
)

// memFile is a file in memory.
type memFile struct {
	b   []byte
	pos int64
}

func (m *memFile) Write(p []byte) (int, error) {
	if need := m.pos + int64(len(p)); need > int64(len(m.b)) {
		m.b = append(m.b, make([]byte, need-int64(len(m.b)))...)
	}
	m.pos += int64(copy(m.b[m.pos:], p))
	return len(p), nil
}

func (m *memFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += m.pos
	case io.SeekEnd:
		offset += int64(len(m.b))
	}
	if offset < 0 {
		return 0, errors.New("before the beginning")
	}
	m.pos = offset
	return offset, nil
}

// logOf writes records to a file in memory.
func logOf(tb testing.TB, records ...*Record) []byte {
	tb.Helper()
	m := &memFile{}
	w := NewWriter(m)
	for i, r := range records {
		if err := w.Write(r); err != nil {
			tb.Fatalf("record %d: %v", i, err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return m.b
}

var sampleTime = time.Date(2024, 3, 1, 12, 30, 15, 123456700, time.UTC)

// logonRecord, processRecord, … are like what Windows writes most.
func logonRecord(i int) *Record {
	return &Record{
		Provider:     "Microsoft-Windows-Security-Auditing",
		ProviderGUID: MustGUID("54849625-5478-4994-a5ba-3e3b0328c30d"),
		EventID:      4624, Version: 2, Task: 12544, Keywords: 0x8020000000000000,
		Time: sampleTime.Add(time.Duration(i) * time.Millisecond), ProcessID: 700, ThreadID: uint32(700 + i%9),
		Channel: "Security", Computer: "ws07.corp.example",
		Data: []Field{
			{"SubjectUserSid", SID("S-1-5-18")},
			{"SubjectUserName", Text("WS07$")},
			{"SubjectDomainName", Text("CORP")},
			{"SubjectLogonId", Hex64(0x3e7)},
			{"TargetUserSid", SID(fmt.Sprintf("S-1-5-21-1111111111-222222222-333333333-%d", 1000+i%50))},
			{"TargetUserName", Text(fmt.Sprintf("user%02d", i%50))},
			{"TargetDomainName", Text("CORP")},
			{"TargetLogonId", Hex64(uint64(0x10000 + i))},
			{"LogonType", Uint32(3)},
			{"LogonProcessName", Text("Kerberos")},
			{"AuthenticationPackageName", Text("Kerberos")},
			{"WorkstationName", Text("-")},
			{"LogonGuid", MustGUID("{01020304-0506-0708-090a-0b0c0d0e0f10}").Value()},
			{"TransmittedServices", Text("-")},
			{"LmPackageName", Text("-")},
			{"KeyLength", Uint32(0)},
			{"ProcessId", Pointer(0)},
			{"ProcessName", Text("-")},
			{"IpAddress", Text(fmt.Sprintf("10.1.2.%d", i%250))},
			{"IpPort", Text("49712")},
		},
	}
}

func processRecord(i int) *Record {
	return &Record{
		Provider:     "Microsoft-Windows-Sysmon",
		ProviderGUID: MustGUID("{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"),
		EventID:      1, Version: 5, Level: 4, Task: 1, Keywords: 0x8000000000000000,
		Time: sampleTime.Add(time.Duration(i) * time.Millisecond), ProcessID: 3220, ThreadID: 4580, UserID: "S-1-5-18",
		Channel: "Microsoft-Windows-Sysmon/Operational", Computer: "ws07.corp.example",
		Data: []Field{
			{"RuleName", Text("-")},
			{"UtcTime", Text("2024-03-01 12:30:15.123")},
			{"ProcessGuid", MustGUID("{a1b2c3d4-0001-0002-0003-000000000001}").Value()},
			{"ProcessId", Uint32(uint32(1000 + i))},
			{"Image", Text(`C:\Windows\System32\cmd.exe`)},
			{"CommandLine", Text(fmt.Sprintf(`"C:\Windows\system32\cmd.exe" /c "echo %d & whoami /all"`, i))},
			{"CurrentDirectory", Text(`C:\Users\user01\`)},
			{"User", Text(`CORP\user01`)},
			{"LogonGuid", MustGUID("{a1b2c3d4-0001-0002-0003-000000000002}").Value()},
			{"LogonId", Hex64(0x3e7ab)},
			{"TerminalSessionId", Uint32(1)},
			{"IntegrityLevel", Text("High")},
			{"Hashes", Text("SHA256=0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF")},
			{"ParentProcessGuid", MustGUID("{a1b2c3d4-0001-0002-0003-000000000003}").Value()},
			{"ParentProcessId", Uint32(4711)},
			{"ParentImage", Text(`C:\Windows\explorer.exe`)},
			{"ParentCommandLine", Text(`C:\Windows\Explorer.EXE`)},
		},
	}
}

func clearedRecord() *Record {
	return &Record{
		Provider:     "Microsoft-Windows-Eventlog",
		ProviderGUID: MustGUID("{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}"),
		EventID:      1102, Level: 4, Task: 104, Keywords: 0x4020000000000000, Time: sampleTime,
		ProcessID: 1100, ThreadID: 1600, Channel: "Security", Computer: "ws07.corp.example",
		UserData: "LogFileCleared", UserDataNS: "http://manifests.microsoft.com/win/2004/08/windows/eventlog",
		Data: []Field{{"SubjectUserSid", SID("S-1-5-21-1-2-3-500")}, {"SubjectUserName", Text("admin")}},
	}
}

func classicRecord() *Record {
	return &Record{
		Provider: "Service Control Manager", EventSourceName: "Service Control Manager",
		ProviderGUID: MustGUID("{555908d1-a6d7-4695-8e1e-26931d2012f4}"),
		EventID:      7045, Qualifiers: 16384, Level: 4, Keywords: 0x8080000000000000, Time: sampleTime,
		ProcessID: 620, ThreadID: 5000, Channel: "System", Computer: "ws07.corp.example", UserID: "S-1-5-18",
		Data: []Field{{"", Texts("a service", `C:\svc.exe`, "")}, {"", Text("demand start")}}, Binary: []byte{0xde, 0xad},
	}
}

// sampleLog is a log of n records of several kinds.
func sampleLog(tb testing.TB, n int) []byte {
	tb.Helper()
	records := make([]*Record, n)
	for i := range records {
		switch {
		case i%40 == 7:
			records[i] = clearedRecord()
		case i%20 == 9:
			records[i] = classicRecord()
		case i%2 == 0:
			records[i] = logonRecord(i)
		default:
			records[i] = processRecord(i)
		}
	}
	return logOf(tb, records...)
}

// splitAll returns the chunks of a log, copied, by offset, and the warnings.
func splitAll(tb testing.TB, log io.Reader) (chunks [][]byte, offsets []int64, warnings []warning) {
	tb.Helper()
	err := Split(context.Background(), log,
		func(o int64, m string) { warnings = append(warnings, warning{o, m}) },
		func(o int64, c []byte) error {
			chunks, offsets = append(chunks, c), append(offsets, o)
			return nil
		},
		func() []byte { return make([]byte, 0, ChunkSize) })
	if err != nil {
		tb.Fatalf("split: %v", err)
	}
	return chunks, offsets, warnings
}

// decoded is an event that was copied.
type decoded struct {
	event.Event
	fields []string // "name=text" or "name:null", envelope fields with an @ ahead
}

func keep(e *event.Event) decoded {
	x := decoded{Event: *e}
	x.Values = nil
	for i := range e.Values {
		v := &e.Values[i]
		n := e.Names.At(v.Slot)
		s := n.Text
		if n.System {
			s = "@" + s
		}
		if v.IsNull() {
			s += ":null"
		} else {
			s += "=" + string(v.AppendText(nil))
		}
		x.fields = append(x.fields, s)
	}
	return x
}

// data are the fields that are not the envelope's.
func (x *decoded) data() (f []string) {
	for _, s := range x.fields {
		if s[0] != '@' {
			f = append(f, s)
		}
	}
	return f
}

// decodeChunks decodes chunks with one decoder.
func decodeChunks(d *Decoder, carve bool, chunks [][]byte, offsets []int64) (events []decoded, warnings []warning) {
	opts := Options{Carve: carve, Warn: func(o int64, m string) { warnings = append(warnings, warning{o, m}) }}
	for i, c := range chunks {
		d.Decode(offsets[i], c, opts, func(e *event.Event) bool {
			events = append(events, keep(e))
			return true
		})
	}
	return events, warnings
}
