package source

import (
	"bytes"

	"entente/internal/event"
)

// securityLabels are the fields of events of the security log by what the English message calls them: SECTION|LABEL, or LABEL
// where it means the same in all sections.
var securityLabels = map[string]string{
	"Subject|Security ID": "SubjectUserSid", "Subject|Account Name": "SubjectUserName", "Subject|Account Domain": "SubjectDomainName",
	"Subject|Logon ID": "SubjectLogonId", "Subject|Logon GUID": "LogonGuid",

	"New Logon|Security ID": "TargetUserSid", "New Logon|Account Name": "TargetUserName", "New Logon|Account Domain": "TargetDomainName",
	"New Logon|Logon ID": "TargetLogonId", "New Logon|Linked Logon ID": "TargetLinkedLogonId", "New Logon|Logon GUID": "LogonGuid",
	"New Logon|Network Account Name": "TargetOutboundUserName", "New Logon|Network Account Domain": "TargetOutboundDomainName",
	"Account|Security ID": "TargetSid", "Account|Account Name": "TargetUserName", "Account|Account Domain": "TargetDomainName",
	"Account|Supplied Realm Name": "TargetDomainName", "Account|User ID": "TargetSid", "Account|Logon GUID": "LogonGuid",
	"Group|Security ID": "TargetSid", "Group|Group Name": "TargetUserName", "Group|Group Domain": "TargetDomainName",
	"Member|Security ID": "MemberSid", "Member|Account Name": "MemberName",
	"Credentials|Account Name": "TargetUserName", "Credentials|Account Domain": "TargetDomainName",
	"Credentials|Logon GUID": "TargetLogonGuid", "Target Server Name": "TargetServerName",
	"Target Server|Additional Information": "TargetInfo",

	"Logon Type": "LogonType", "Impersonation Level": "ImpersonationLevel", "Restricted Admin Mode": "RestrictedAdminMode",
	"Virtual Account": "VirtualAccount", "Elevated Token": "ElevatedToken", "Logon Process": "LogonProcessName",
	"Logon Process Name": "LogonProcessName", "Authentication Package": "AuthenticationPackageName",
	"Authentication Package Name": "AuthenticationPackageName", "Transited Services": "TransmittedServices",
	"Package Name (NTLM only)": "LmPackageName", "Key Length": "KeyLength", "Failure Reason": "FailureReason", "Status": "Status",
	"Sub Status": "SubStatus", "Failure Code": "Status", "Result Code": "Status", "Error Code": "Status",
	"Workstation Name": "WorkstationName", "Source Workstation": "Workstation", "Logon Account": "TargetUserName",
	"Source Network Address": "IpAddress", "Client Address": "IpAddress", "Network Address": "IpAddress", "Client Port": "IpPort",
	"Network Information|Source Port": "IpPort", "Network Information|Port": "IpPort", "Caller Computer Name": "TargetDomainName",

	"Service Name": "ServiceName", "Service ID": "ServiceSid", "Service File Name": "ServiceFileName", "Service Type": "ServiceType",
	"Service Start Type": "ServiceStartType", "Service Account": "ServiceAccount", "Ticket Options": "TicketOptions",
	"Ticket Encryption Type": "TicketEncryptionType", "Pre-Authentication Type": "PreAuthType",
	"Certificate Issuer Name": "CertIssuerName", "Certificate Serial Number": "CertSerialNumber", "Certificate Thumbprint": "CertThumbprint",

	"New Process ID": "NewProcessId", "New Process Name": "NewProcessName", "Token Elevation Type": "TokenElevationType",
	"Mandatory Label": "MandatoryLabel", "Creator Process ID": "ProcessId", "Creator Process Name": "ParentProcessName",
	"Process Command Line": "CommandLine", "Process ID": "ProcessId", "Process Name": "ProcessName", "Exit Status": "Status",
	"Caller Process ID": "ProcessId", "Caller Process Name": "ProcessName",

	"Object Server": "ObjectServer", "Object Type": "ObjectType", "Object Name": "ObjectName", "Object Value Name": "ObjectValueName",
	"Handle ID": "HandleId", "Resource Attributes": "ResourceAttributes", "Accesses": "AccessList", "Access Mask": "AccessMask",
	"Access Reasons": "AccessReason", "Access Check Results": "AccessReason", "Transaction ID": "TransactionId",
	"Privileges": "PrivilegeList", "Privileges Used for Access Check": "PrivilegeList", "Operation Type": "OperationType",
	"Old Value Type": "OldValueType", "Old Value": "OldValue", "New Value Type": "NewValueType", "New Value": "NewValue",
	"Properties": "Properties", "Share Name": "ShareName", "Share Path": "ShareLocalPath", "Relative Target Name": "RelativeTargetName",
	"Network Information|Source Address": "IpAddress",

	"Application Name": "Application", "Direction": "Direction", "Destination Address": "DestAddress", "Destination Port": "DestPort",
	"Protocol": "Protocol",

	"Task Name": "TaskName", "Task Content": "TaskContent", "Task New Content": "TaskContentNew",
	"SAM Account Name": "SamAccountName", "Display Name": "DisplayName", "User Principal Name": "UserPrincipalName",
	"Home Directory": "HomeDirectory", "Script Path": "ScriptPath", "Profile Path": "ProfilePath",
	"User Account Control": "UserAccountControl", "Allowed To Delegate To": "AllowedToDelegateTo", "SID History": "SidHistory",
	"Object|DN": "ObjectDN", "Object|GUID": "ObjectGUID", "Object|Class": "ObjectClass", "LDAP Display Name": "AttributeLDAPDisplayName",
	"Attribute|Value": "AttributeValue", "Operation|Type": "OperationType",
}

// serviceLabels are the same for a new service in the system's log.
var serviceLabels = map[string]string{
	"Service Name": "ServiceName", "Service File Name": "ImagePath", "Service Type": "ServiceType", "Service Start Type": "StartType",
	"Service Account": "AccountName",
}

// securitySections are other names of the sections in securityLabels.
var securitySections = map[string]string{
	"Account Whose Credentials Were Used": "Credentials", "Creator Subject": "Subject", "Target Subject": "New Logon", "Account For Which Logon Failed": "New Logon",
	"New Account": "Account", "Target Account": "Account", "Account Information": "Account", "New Group": "Group",
	"Deleted Group": "Group", "User": "Account", "Account That Was Locked Out": "Account", "New Computer Account": "Account",
	"Computer Account That Was Changed": "Account",
}

// addSecurityMessage adds the fields of a rendered event of the security log in English: after a sentence, sections of
// lines "Label:<tabs>value". What does not look like that, such as the explanations at the end, is passed over.
func addSecurityMessage(ev *event.Event, msg []byte) {
	section, last, start := "", -1, 0 // last is the value that a further line may belong to, and start its place in msg
	for at := 0; at < len(msg) && len(ev.Values) < maxFields; {
		line := msg[at:lineEnd(msg, at)]
		begin := at
		at += len(line) + 1
		label, value, ok := bytes.Cut(bytes.Trim(line, " \t\r"), []byte(":"))
		inner := len(line) > 0 && (line[0] == '\t' || line[0] == ' ')
		if !ok || len(label) > 40 {
			if last >= 0 && inner && len(label) > 0 {
				ev.Values[last].Raw = bytes.TrimRight(msg[start:begin+len(line)], " \t\r")
			} else {
				last = -1
			}
			continue
		}
		value = bytes.TrimLeft(value, " \t")
		if !inner && len(value) == 0 {
			section = string(label)
			if s, ok := securitySections[section]; ok {
				section = s
			}
		}
		name := securityLabel(ev.EventID, section, bytes.TrimSpace(label))
		if last = -1; name == "" {
			continue
		}
		last, start = len(ev.Values), begin+len(bytes.TrimRight(line, " \t\r"))-len(value)
		if bytes.HasPrefix(value, []byte("<")) { // a task, of many lines
			if n := bytes.Index(msg[start:], []byte("</Task>")); n >= 0 {
				value = msg[start : start+n+len("</Task>")]
				at = max(at, start+len(value))
			}
		}
		ev.Add(ev.Names.Slot(name), event.UTF8, value)
	}
}

// securityLabel is the field that a label stands for, "" where that is not known.
func securityLabel(id uint32, section string, label []byte) string {
	switch {
	case id == 7045: // of the system's log
		return serviceLabels[string(label)]
	case (id == 4634 || id == 4647) && section == "Subject", id == 4703 && section == "Account": // called as in a logon
		section = "New Logon"
	}
	name := securityLabels[string(label)]
	if n, ok := securityLabels[section+"|"+string(label)]; ok {
		name = n
	}
	if id >= 5150 && id <= 5159 || id == 5031 { // the addresses are two ends of a connection, not where somebody came from
		switch string(label) {
		case "Source Address":
			name = "SourceAddress"
		case "Source Port":
			name = "SourcePort"
		case "Process ID":
			name = "ProcessID"
		}
	}
	return name
}
