package hunt

import (
	"testing"

	"entente/internal/event"
)

func TestUserOf(t *testing.T) {
	a := newAccounts()
	for _, tt := range []struct {
		source event.Source
		id     uint32
		fields []string
		want   string
	}{
		{event.SourceWindows, 1, []string{"User", `D\bob`}, `D\bob`},
		{event.SourceWindows, 4688, []string{"SubjectUserName", "bob", "SubjectDomainName", "D", "TargetUserName", "-"}, `D\bob`},
		{event.SourceWindows, 4624, []string{"SubjectUserName", "WS1$", "SubjectDomainName", "D", "TargetUserName", "bob", "TargetDomainName", "D"}, `D\bob`},
		{event.SourceWindows, 4624, []string{"SubjectUserName", "WS1$", "TargetUserName", "-", "TargetDomainName", "-"}, "WS1$"},
		{event.SourceWindows, 4776, []string{"TargetUserName", "bob"}, "bob"},
		{event.SourceWindows, 4769, []string{"TargetUserName", "bob@d.example", "TargetDomainName", "d.example"}, "bob@d.example"},
		{event.SourceWindows, 4688, []string{"SubjectUserName", "bob", "SubjectDomainName", "-"}, "bob"},
		{event.SourceAuditd, 0, []string{"auid", "4294967295", "acct", "eve"}, "eve"},
		{event.SourceAuditd, 0, []string{"AUID", "unset", "auid", "4294967295", "uid", "0"}, "0"},
		{event.SourceAuditd, 0, []string{"auid", "4294967295"}, ""},
		{event.SourceAuditd, 0, []string{"auid", "4294967295", "uid", "33", "AUID", "unset", "UID", "www-data"}, "www-data"},
		{event.SourceSyslog, 0, []string{"user", "4294967295"}, "4294967295"},
	} {
		names := event.NewNames()
		ev := event.Event{Names: names, Source: tt.source, EventID: tt.id}
		for i := 0; i < len(tt.fields); i += 2 {
			ev.Add(names.Slot(tt.fields[i]), event.UTF8, []byte(tt.fields[i+1]))
		}
		if got := string(a.of(&ev)); got != tt.want {
			t.Errorf("%s %d %q: %q, want %q", tt.source, tt.id, tt.fields, got, tt.want)
		}
	}
}
