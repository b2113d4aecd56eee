package source

import (
	"fmt"
	"strings"
	"testing"
)

const zeekHead = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#open\t2021-03-03-06-00-00\n" +
	"#fields\tts\tuid\tid.orig_h\tquery\tAA\tanswers\tflags\n#types\ttime\tstring\taddr\tstring\tbool\tvector[string]\tset[bool]\n"

func TestZeek(t *testing.T) {
	row1 := "1614754186.123456\tCx1\t192.0.2.1\ta\\x2cb\\\\c\\x00\\xc3\\xa4\tT\tx.example.org,-,a\\x2cb\tT,F\n"
	row2 := "1614754187.000000\tCx2\t192.0.2.1\t(empty)\tF\t(empty)\t-\n"
	other := "#close\t2021-03-03-07-00-00\n#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tid.resp_p\n#types\ttime\tport\n"
	row3 := "1614754188.5\t443\n"
	in := zeekHead + row1 + row2 + other + row3
	w := expect(t, newZeek(), in,
		fmt.Sprintf(`zeek 2021-03-03T06:49:46.123456Z @%d channel=dns {"ts":"1614754186.123456","uid":"Cx1","id.orig_h":"192.0.2.1","query":"a,b\\c\\x00ä","AA":true,"answers":["x.example.org",null,"a,b"],"flags":[true,false]}`, len(zeekHead)),
		fmt.Sprintf(`zeek 2021-03-03T06:49:47Z @%d channel=dns {"ts":"1614754187.000000","uid":"Cx2","id.orig_h":"192.0.2.1","query":"","AA":false,"answers":null,"flags":null}`, len(zeekHead+row1)),
		fmt.Sprintf(`zeek 2021-03-03T06:49:48.5Z @%d channel=conn {"ts":"1614754188.5","id.resp_p":"443"}`, len(zeekHead+row1+row2+other)),
	)
	if len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
}

func TestZeekRagged(t *testing.T) {
	in := "1\t2\n#separator \\x7c\n#path|x\n#fields|a|b\n#types|string|string\n1\n1|2|3\n1|2"
	events, warnings := read(t, newZeek(), in, 0)
	sameForAllBlocks(t, newZeek(), in, events)
	if len(events) != 4 || len(warnings) != 3 {
		t.Fatalf("got %d events, warnings %v", len(events), warnings)
	}
	for i, want := range []string{`{"message":"1\t2"}`, `{"a":"1"}`, `{"a":"1","b":"2"}`, `{"a":"1","b":"2"}`} {
		if !strings.HasSuffix(events[i], want) {
			t.Errorf("event %d is %s, want %s", i, events[i], want)
		}
	}
}

func TestZeekSniff(t *testing.T) {
	for in, want := range map[string]int{
		zeekHead:                        95,
		"#fields\tts\n":                 95,
		"#Fields: date time\n":          0,
		"{\"ts\":1}\n":                  0,
		"# comment\n":                   0,
		"a\n#fields\tts\n":              0,
		"":                              0,
		"#path\tx\n#separator \\x09\nx": 95,
	} {
		if got := newZeek().(Sniffer).Sniff([]byte(in)); got != want {
			t.Errorf("Sniff(%q) = %d, want %d", in, got, want)
		}
	}
}

func TestZeekCorpus(t *testing.T) {
	for _, zip := range []string{"LSASS_campaign_01/metasploit_logonpasswords_lsass_memory_dump", "LSASS_campaign_06/metasploit_outflank-dumpert_lsass_memory_dump"} {
		for name, data := range zipMembers(t, "compound/"+zip+"_zeek_logs.zip") {
			if !strings.HasPrefix(data, "#") {
				continue
			}
			want := 0
			for line := range strings.Lines(data) {
				if line[0] != '#' {
					want++
				}
			}
			events, warnings := read(t, newZeek(), data, 0)
			if len(events) != want || len(warnings) > 0 {
				t.Errorf("%s: %d events of %d, warnings %v", name, len(events), want, warnings)
			}
			for _, e := range events {
				if !strings.HasPrefix(e, "zeek 2023-0") || !strings.Contains(e, "channel="+strings.TrimSuffix(name, ".log")) {
					t.Errorf("%s: %s", name, e)
				}
			}
			sameForAllBlocks(t, newZeek(), data, events)
		}
	}
}

func FuzzZeek(f *testing.F) {
	fuzzFormat(f, newZeek(), zeekHead+"1614754186.1\tC\t192.0.2.1\ta\\x2c\\\\\tT\tx,-\tT,F\n#fields\tts\n1\n",
		"#separator \\x7c\n#set_separator|;\n#unset_field|?\n#empty_field|x\n#fields|a|b\n#types|set[bool]|bool\nT;?;x|F\n",
		"#fields\ta\nx\x00#fields\tb\n1\n\x00#fields\tc\n2\n")
}

func BenchmarkZeek(b *testing.B) {
	benchmarkFormat(b, newZeek(), func(i int) string {
		return fmt.Sprintf("%d.123456\tC%d\t192.0.2.%d\t%d\t198.51.100.%d\t443\ttcp\tssl\t0.123456\t%d\t%d\tSF\tT\tF\t0\tShADadFf\t%d\t%d\t%d\t%d\t-\n", 1614754186+i, i, i%250, 1024+i%60000, i%200, i, i*2, i%9, i, i%7, i)
	}, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\tstring\tcount\tcount\tcount\tcount\tset[string]\n")
}
