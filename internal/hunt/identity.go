package hunt

import (
	"strings"

	"entente/internal/event"
)

// userFields are where records keep the account that acted, the most telling first.
var userFields = map[event.Source][]string{
	event.SourceWindows:     {"User", "SubjectUserName", "TargetUserName", "AccountName", "SourceUser", "UserName", "Security_UserID"},
	event.SourceSysmonLinux: {"User"},
	event.SourceAuditd:      {"AUID", "auid", "acct", "UID", "uid"},
	event.SourceSyslog:      {"user"},
	event.SourceIIS:         {"cs-username"},
	event.SourceHTTPProxy:   {"AuthenticatedUser"},
	event.SourceECP:         {"SID", "User"},
	event.SourceWebAccess:   {"cs-username"},
	event.SourceCloudTrail:  {"userIdentity.arn", "userIdentity.userName", "userIdentity.type"},
	event.SourceEntra: {
		"properties.userPrincipalName", "userPrincipalName", "initiatedBy.user.userPrincipalName",
		"properties.initiatedBy.user.userPrincipalName", "initiatedBy.app.displayName", "identity",
	},
	event.SourceAzure:      {"caller", "identity.claims.name"},
	event.SourceM365:       {"UserId"},
	event.SourceOkta:       {"actor.alternateId", "actor.displayName"},
	event.SourceKubernetes: {"user.username"},
	event.SourceGCP:        {"protoPayload.authenticationInfo.principalEmail"},
	event.SourceGitHub:     {"actor"},
	event.SourceZeek:       {"username", "user"},
	event.SourceCSV:        {"User", "user", "username", "UserName"},
	event.SourceJSON:       {"User", "user", "username", "user.name", "UserName"},
}

// logonEvents are the events of the Security log in which the target is the account that matters, because the
// subject is the machine that checked it.
var logonEvents = map[uint32]bool{4624: true, 4625: true, 4768: true, 4769: true, 4771: true, 4776: true, 4778: true, 4779: true}

// domainFields are where records of Windows keep the domain of an account that stands alone.
var domainFields = map[string]string{"SubjectUserName": "SubjectDomainName", "TargetUserName": "TargetDomainName"}

// userOf names the account that a record is about, "" where it names none. An account of a domain is DOMAIN\NAME, whether the
// record has it in one field or in two.
func userOf(ev *event.Event) string {
	if ev.Source == event.SourceWindows && logonEvents[ev.EventID] {
		if u := userIn(ev, "TargetUserName"); u != "" {
			return u
		}
	}
	for _, f := range userFields[ev.Source] {
		if u := userIn(ev, f); u != "" {
			return u
		}
	}
	return ""
}

// userIn is the account in one field.
func userIn(ev *event.Event, field string) string {
	u := ev.Text(field)
	switch u {
	case "-":
		return ""
	case "4294967295", "-1", "unset": // of a process that nobody logged on for (auditd)
		if ev.Source == event.SourceAuditd {
			return ""
		}
	}
	if d, ok := domainFields[field]; ok && u != "" && ev.Source == event.SourceWindows && !strings.ContainsAny(u, `\@`) {
		if domain := ev.Text(d); domain != "" && domain != "-" {
			return domain + `\` + u
		}
	}
	return u
}
