package source

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
)

// tailShower is a worker that renders events with their offsets.
type tailShower struct{ list []string }

func (s *tailShower) Begin(*File) { s.list = nil }
func (s *tailShower) Event(e *event.Event) bool {
	s.list = append(s.list, fmt.Sprint(e.Offset, " ", show(e)))
	return true
}
func (s *tailShower) End() any { return s.list }

// readStreams reads streams with a reader that knows nothing yet.
func readStreams(t *testing.T, streams ...Stream) (events []string, warnings []Warning) {
	t.Helper()
	r, err := NewReader(Options{Workers: 2, Warn: func(w Warning) { warnings = append(warnings, w) }}, func(int) Worker { return &tailShower{} })
	if err != nil {
		t.Fatal(err)
	}
	err = r.Read(context.Background(), streams, func(_ *File, result any) error {
		events = append(events, result.([]string)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events, warnings
}

// tailCases are logs as their programs write them, some with what makes a cut dangerous.
var tailCases = []struct{ name, format, text string }{
	{"iis", "iis", "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2021-03-02 00:00:00\r\n#Fields: date time cs-method cs-uri-stem\r\n" +
		strings.Repeat("2021-03-02 10:00:00 GET /a\r\n", 5) + "#Fields: date time cs-uri-stem cs-method c-ip\r\n2021-03-02 10:00:01 /b POST 192.0.2.1\r\n2021-03-02 10:00:02 /c GET 192.0.2.1\r\n"},
	{"zeek", "zeek", "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tts\tuid\tquery\n#types\ttime\tstring\tstring\n" +
		"1614679200.1\tC1\texample.com\n1614679201.1\tC2\t-\n#close\t2021-03-02-11-00-00\n#separator \\x09\n#path\tdns\n#fields\tts\tquery\tuid\n#types\ttime\tstring\tstring\n1614679202.1\texample.org\tC3\n"},
	{"csv", "csv", "name,note,number\r\na,\"with, comma\",1\r\nb,\"with\r\nline \"\"end\"\"\",2\r\nc,,3\r\n"},
	{"csv of Excel", "csv", "sep=;\nname;note\na;1\nb;2\n"},
	{"exchange", "exchange", "DateTime,RequestId,UrlStem\r\n#Software: Microsoft Exchange Server\r\n#Log-type: HttpProxy Logs\r\n#Fields: DateTime,RequestId,UrlStem\r\n" +
		"2021-03-02T10:00:00.000Z,1,\"/owa,\r\n#Fields: x\"\r\n2021-03-02T10:00:01.000Z,2,/ecp\r\n#Fields: DateTime,UrlStem\r\n2021-03-02T10:00:02.000Z,/x\r\n"},
	{"syslog", "syslog", "<34>Mar  2 10:00:00 web1 sshd[7]: one\n<34>Mar  2 10:00:01 web1 sshd[7]: two\n<34>Mar  2 10:00:02 web1 sudo: three\n"},
	{"syslog in frames", "syslog", framesOf("<34>1 2021-03-02T10:00:00Z w p - - - a", "<34>1 2021-03-02T10:00:00Z w p - - -", "<34>1 2021-03-02T10:00:01Z w p - - - c\nd")},
	{"webaccess", "webaccess", strings.Repeat("192.0.2.1 - - [02/Mar/2021:10:00:00 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"x\"\n", 4)},
	{"jsonl", "json", "{\"a\":1}\n{\"a\":\"x\\n\"}\n\n{\"a\":[1,2]}\n"},
	{"text", "text", "one\ntwo\nthree\n"},
	{"xml", "winxml", "<Events>\n" + strings.Repeat("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='P'/><EventID>1</EventID>"+
		"<TimeCreated SystemTime='2021-03-02T10:00:00.000Z'/><Channel>Security</Channel><Computer>c</Computer></System><EventData><Data Name='A'>\n</Data></EventData></Event>\n", 3) + "</Events>\n"},
}

// framesOf counts the octets of messages, as RFC 6587 does.
func framesOf(messages ...string) string {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "%d %s", len(m), m)
	}
	return b.String()
}

// TestTailEqualsWhole reads logs in pieces as they grow, and compares with what one reading of the whole gives.
func TestTailEqualsWhole(t *testing.T) {
	for _, c := range tailCases {
		t.Run(c.name, func(t *testing.T) {
			kind, tail, mark, _ := KindOf([]byte(c.text), map[bool]string{true: c.format}[c.name == "exchange"], true)
			if kind != KindLines || mark != 0 || tail.Format().Name() != c.format {
				t.Fatalf("kind %d, format %v", kind, tail)
			}
			want, _ := readStreams(t, tail.Piece(&File{Name: "x"}, []byte(c.text), 0))
			if len(want) < 2 {
				t.Fatalf("only %d events", len(want))
			}
			rnd := rand.New(rand.NewPCG(3, 4))
			for range 30 {
				_, tail, _, _ := KindOf([]byte(c.text), c.format, true)
				var got []string
				at, size := 0, 0
				for size < len(c.text) {
					size = min(len(c.text), size+1+rnd.IntN(40))
					n := tail.Cut([]byte(c.text[at:size]), false)
					if n == 0 && size == len(c.text) {
						n = tail.Cut([]byte(c.text[at:size]), true)
					}
					if n == 0 {
						continue
					}
					events, _ := readStreams(t, tail.Piece(&File{Name: "x"}, []byte(c.text[at:at+n]), int64(at)))
					got = append(got, events...)
					at += n
					// A restart knows only this much.
					var ok bool
					if tail, ok = ResumeTail(c.format, tail.Before(), []byte(c.text)); !ok {
						t.Fatal("no tail")
					}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("in pieces:\n%s\nas a whole:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}

func TestTailHoldsBack(t *testing.T) {
	one := "type=SYSCALL msg=audit(1614679200.100:7): arch=c000003e syscall=59 success=yes\ntype=EXECVE msg=audit(1614679200.100:7): argc=1 a0=\"id\"\n"
	two := "type=USER_LOGIN msg=audit(1614679201.100:8): pid=1 uid=0 res=success\n"
	eoe := "type=EOE msg=audit(1614679200.100:7): \n"
	other := "Mar  2 10:00:00 web1 cron[1]: hello\n"
	for _, c := range []struct {
		name, format, buf string
		want, idle        int
	}{
		{"text, partial line", "text", "a\nb", 2, 2},
		{"text, only a partial line", "text", "b", 0, 1},
		{"audit event that may go on", "auditd", one, 0, len(one)},
		{"audit event that has ended", "auditd", one + eoe, len(one + eoe), len(one + eoe)},
		{"audit event behind which another begins", "auditd", one + two, len(one), len(one + two)},
		{"audit event, half a line", "auditd", one + two[:20], 0, len(one)},
		{"syslog", "syslog", other + other, 2 * len(other), 2 * len(other)},
		{"csv, open quote", "csv", "a,b\n1,\"x\n", 4, 4},
		{"frame that is cut off", "syslog", framesOf("<34>1 2021-03-02T10:00:00Z w p - - - a") + "37 <34>1 2021", 41, 41},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, tail, _, _ := KindOf([]byte(c.buf), c.format, true)
			if tail == nil {
				t.Fatal("no tail")
			}
			if got := tail.Cut([]byte(c.buf), false); got != c.want {
				t.Errorf("cut at %d, want %d", got, c.want)
			}
			if got := tail.Cut([]byte(c.buf), true); got != c.idle {
				t.Errorf("idle: cut at %d, want %d", got, c.idle)
			}
		})
	}
	// An audit event in a log of much else must not be held back for ever.
	_, tail, _, _ := KindOf([]byte(other), "syslog", true)
	late := "Mar  2 10:00:00 web1 audispd: type=SYSCALL msg=audit(1614679200.100:7): arch=c000003e\n" + strings.Repeat(other, 200)
	if got := tail.Cut([]byte(late), false); got != len(late) {
		t.Errorf("cut at %d of %d", got, len(late))
	}
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		name, head, as string
		whole          bool
		want           Kind
	}{
		{"empty", "", "", true, KindUnknown},
		{"lines", "hello\n", "", true, KindLines},
		{"event log", "ElfFile\x00" + strings.Repeat("\x00", 100), "", true, KindEVTX},
		{"gzip", "\x1f\x8b\x08\x00", "", true, KindPacked},
		{"zip", "PK\x03\x04", "", true, KindWhole},
		{"picture", "\x89PNG\r\n\x1a\n", "", true, KindOther},
		{"document", "[\n {\n  \"a\":1\n },\n {\n  \"a\":2\n }\n]\n", "", true, KindWhole},
		{"UTF-16", "\xff\xfea\x00\n\x00", "", true, KindWhole},
		{"mark", "\xef\xbb\xbfhello\n", "", true, KindLines},
		{"as text", "\x89PNG\r\n\x1a\n", "text", true, KindLines},
	} {
		if k, _, mark, _ := KindOf([]byte(c.head), c.as, c.whole); k != c.want || (mark > 0) != (c.name == "mark") {
			t.Errorf("%s: kind %d, mark %d, want %d", c.name, k, mark, c.want)
		}
	}
}

// TestReaderBlocks decodes blocks as they are given, and more than one batch with the same decoders.
func TestReaderBlocks(t *testing.T) {
	r, err := NewReader(Options{}, func(int) Worker { return &tailShower{} })
	if err != nil {
		t.Fatal(err)
	}
	for batch := range 3 {
		var got []string
		err := r.Read(context.Background(), []Stream{
			{File: &File{Name: "x", Format: newText()}, Blocks: []Block{{Offset: 10, Data: []byte("a\n")}, {Offset: 20, Data: []byte("b\n")}}},
			{File: &File{Name: "y", Format: newText()}, Text: strings.NewReader("c\n"), Base: 100},
		}, func(_ *File, result any) error {
			for _, s := range result.([]string) {
				off, _, _ := strings.Cut(s, " ")
				got = append(got, off)
			}
			return nil
		})
		if err != nil || !slices.Equal(got, []string{"10", "20", "100"}) {
			t.Errorf("batch %d: %v, %v", batch, got, err)
		}
	}
	if _, err := NewReader(Options{As: "nothing"}, nil); err == nil {
		t.Error("a format that does not exist was taken")
	}
}

// TestBOMInFrontOfATable makes sure that a byte order mark shifts offsets and nothing else.
func TestBOMInFrontOfATable(t *testing.T) {
	text := "name,value\n1,2\n"
	plain, _ := readStreams(t, Stream{File: &File{Name: "x", Format: csvFormat{}}, Text: strings.NewReader(text)})
	marked, warnings := readStreams(t, Stream{File: &File{Name: "x", Format: csvFormat{}}, Text: strings.NewReader(text), Base: 3})
	if len(plain) != 1 || len(marked) != 1 || strings.ReplaceAll(plain[0], "11", "14") != marked[0] || len(warnings) != 0 {
		t.Errorf("without mark %q, with mark %q, warnings %v", plain, marked, warnings)
	}
}
