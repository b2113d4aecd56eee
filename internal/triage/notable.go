package triage

import (
	"strings"
	"time"

	"entente/internal/event"
)

// securityNotables are records of the Security log, and of the event log service in it, about logging itself.
var securityNotables = map[uint32]string{
	1100: "event logging stopped",
	1101: "events were lost",
	1102: "audit log cleared",
	1104: "security log full",
	4616: "system time changed",
	4719: "audit policy changed",
	4906: "crash on audit failure changed",
	4912: "audit policy per user changed",
}

// notable says whether a record tells of the logs themselves: that one was cleared, that the clock was set, that less is
// recorded from now on.
func notable(ev *event.Event) (Notable, bool) {
	what := ""
	switch ev.Source {
	case event.SourceWindows:
		what = windowsNotable(ev)
	case event.SourceSysmonLinux:
		if ev.EventID == 16 {
			what = "Sysmon configuration changed"
		}
	case event.SourceAuditd:
		what = auditNotable(ev)
	default:
	}
	if what == "" {
		return Notable{}, false
	}
	n := Notable{
		Time: ev.When(), Host: strings.Clone(ev.Host), Channel: strings.Clone(ev.Channel), EventID: ev.EventID, What: what,
		Offset: ev.Offset, RecordID: ev.RecordID,
	}
	for _, f := range []string{"SubjectUserName", "User", "acct", "AUID", "auid"} {
		if n.User = ev.Text(f); n.User != "" {
			break
		}
	}
	return n, true
}

func windowsNotable(ev *event.Event) string {
	switch ev.EventID {
	case 1100, 1101, 1102, 1104, 4616, 4719, 4906, 4912:
		if strings.EqualFold(ev.Channel, "Security") && (ev.EventID != 4616 || clockSet(ev, "PreviousTime", "NewTime")) {
			return securityNotables[ev.EventID]
		}
	case 104:
		if strings.EqualFold(ev.Provider, "Microsoft-Windows-Eventlog") || strings.EqualFold(ev.Channel, "System") {
			if name := ev.Text("Channel"); name != "" && !strings.EqualFold(name, "System") {
				return "log cleared: " + name
			}
			return "log cleared"
		}
	case 1:
		if strings.EqualFold(ev.Provider, "Microsoft-Windows-Kernel-General") && clockSet(ev, "OldTime", "NewTime") {
			return "system time changed"
		}
	case 16:
		if strings.EqualFold(ev.Provider, "Microsoft-Windows-Sysmon") {
			return "Sysmon configuration changed"
		}
	case 6008:
		if strings.EqualFold(ev.Channel, "System") {
			return "unexpected shutdown"
		}
	}
	return ""
}

func auditNotable(ev *event.Event) string {
	switch ev.Channel {
	case "DAEMON_END":
		return "audit daemon stopped"
	case "DAEMON_ABORT":
		return "audit daemon aborted"
	case "CONFIG_CHANGE":
		if ev.Text("audit_enabled") == "0" {
			return "auditing switched off"
		}
		if op := ev.Text("op"); op == "remove_rule" || op == "remove rule" {
			return "audit rule removed"
		}
	}
	return ""
}

// clockSet leaves out the small corrections that time servers cause every day.
func clockSet(ev *event.Event, before, after string) bool {
	a, ok1 := event.ParseTime(ev.Text(before))
	b, ok2 := event.ParseTime(ev.Text(after))
	return !ok1 || !ok2 || a.Sub(b).Abs() >= time.Minute
}
