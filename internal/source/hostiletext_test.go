package source

import (
	"fmt"
	"strings"
	"testing"

	"entente/internal/event"
)

// Lines made to cost much cost little more than their length: what is quadratic in any of these would take hours. The
// record behind them is read all the same.
func TestHostileText(t *testing.T) {
	const size = 4 << 20
	many := func(s string) string { return strings.Repeat(s, size/len(s)) }
	alternate := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	const (
		iis  = "#Fields: cs-a cs-b\n"
		ecp  = "#Log-type: ECP Server Log\n#Fields: TimeStamp,ServerName,EventId,EventData\nx,y,z,"
		zeek = "#separator \\x09\n#fields\ta\tb\n#types\tset[string]\tvector[bool]\n"
		exec = "type=EXECVE msg=audit(1.1:1): "
		xml  = "<Event><System><EventID>1</EventID></System><EventData>"
	)
	tests := []struct {
		format Format
		bad    []string
		good   string // its event ends in the word "last"
	}{
		{newIIS(), []string{
			alternate("#Fields: cs-a%d cs-b\n1 2\n"), iis + many("#\n"), iis + many(`"a `), iis + many(" "), iis + many("\""), "#Fields: " + many("a "),
			"#" + many("a"), many("#Fields: a b\n#Fields: c d\n"),
		}, "#Fields: cs-x\nlast\n"},
		{newCSV(), []string{
			"a,b\n" + many(`"a"b,`), "a,b\n" + many("x,\"y\n"), "a,b\n" + many(`""b,`), "a,b\n\"" + many("\n") + "\n", "a,b\n" + many(`"`), "a,b\n" + many(","),
			"a,b\n\"" + many("x"), many("a,"),
		}, "\nx,last\n"},
		{newExchange(), []string{
			ecp + many("S:CMD=A.B='"), ecp + many(";S:A"), ecp + many(".A='"), ecp + "S:CMD=A" + many(".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
			ecp + many(";A:B="), ecp + many("='"), alternate("#Fields: a%d,b\n1,2\n"), many("#\n"),
			alternate("#Fields: a%d" + strings.Repeat(",a", 3000) + "\n1,2\n"),
		}, "\n#Fields: a,b\nx,last\n"},
		{newZeek(), []string{zeek + many("a,"), zeek + many(`\`), zeek + many("\t"), alternate("#fields\ta%d\n1\n")}, "\n#separator \\x09\n#fields\tx\nlast\n"},
		{newAuditd(), []string{
			exec + many("a0[0]=61 "), exec + many("a1=61 "), exec + many("("), exec + many("op=a "), exec + "op=" + many("a "), exec + many(`a="`),
			exec + many("{ "), "type=AVC msg=audit(1.1:1): " + many("{ "), exec + many("msg='"), exec + "proctitle=" + many("61"), alternate("type=A msg=audit(1.1:%d): a=b\n"),
			many("type=A msg=audit(1.1:1): a=b\n"), exec + many("key=0161 "), many("type=A msg=audit("),
		}, "\ntype=Z msg=audit(2.2:2): z=last\n"},
		{newSyslog(), []string{
			"<1>1 - - - - - " + many(`[a b="c"]`), "<1>1 - - - - - " + many("[a "), "<1>CEF:0|1|2|3|4|5|6|" + many("a=b "), "<1>CEF:" + many(`\`),
			"<1>CEF:0|1|2|3|4|5|6|" + many("=="), "<1>LEEF:2|a|b|c|d|^|" + many("a=b^"), "<1>" + many("%A-1"), many("10 <1>aaaaaaa"), "<1>" + many("a=\"\\"),
			"<1>Mar  3 06:49:46 h sudo: a : COMMAND=" + many(" ; a=b"), "<1>Mar  3 06:49:46 h audit: " + many("audit("), many("<1>audit(\n"),
		}, "\n<13>Mar  3 06:49:46 h p: last\n"},
		{newWebAccess(), []string{
			many("a - - ["), `1 - - [03/Mar/2021:06:49:46 +0000] "` + many(`" `), "[Wed Mar 03 06:49:46 2021] " + many("[a:error] "), many(`"`),
			"2021/03/03 06:49:46 [error] 1#0: " + many(", client: "), many("1, "),
		}, "\n[Wed Mar 03 06:49:46 2021] [error] last\n"},
		{newWinXML(), []string{
			xml + many(`<Data Name="a">b`), xml + many("<"), many("<Event>"), many(xml), xml + many("<!--"), xml + many("<![CDATA["), many("<Event "),
			xml + many("<Data>&") + "</Event>", xml + "<Data>" + many("a<!---->") + "</Data></EventData></Event>", xml + "<Data " + many("a='b' "),
		}, "<Event><System><EventID>1</EventID></System><EventData><Data>last</Data></EventData></Event>"},
	}
	for _, tt := range tests {
		for _, bad := range tt.bad {
			last, events := "", 0
			env := &Env{Warn: func(int64, string) {}, buffers: &buffers{}}
			err := readBlocks(tt.format, []byte(bad+tt.good), 0, env, func(e *event.Event) bool {
				events++
				if n := len(e.Values); n > 2*maxFields {
					t.Errorf("%s: an event with %d values", tt.format.Name(), n)
				}
				last = ""
				if len(e.Values) > 0 {
					last = string(e.Values[len(e.Values)-1].AppendText(nil))
				}
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(last, "last") {
				t.Errorf("%s: %.60q… costs the record behind it: the last of %d ends in %.60q", tt.format.Name(), bad, events, last)
			}
		}
	}
}
