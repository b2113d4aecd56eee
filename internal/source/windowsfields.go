package source

import (
	"strings"

	"entente/internal/event"
)

// windowsFields are names of data in events of Sysmon, of the security log, of PowerShell and of services, as Windows spells
// them. Names that other events spell in small letters (name, type, url…) are not among them.
const windowsFields = `SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId TargetUserSid TargetUserName
	TargetDomainName TargetLogonId LogonType LogonProcessName AuthenticationPackageName WorkstationName LogonGuid
	TransmittedServices LmPackageName KeyLength ProcessId ProcessName IpAddress IpPort ImpersonationLevel RestrictedAdminMode
	TargetOutboundUserName TargetOutboundDomainName VirtualAccount TargetLinkedLogonId ElevatedToken Status FailureReason
	SubStatus TargetLogonGuid TargetServerName TargetInfo ObjectServer ObjectType ObjectName ObjectValueName HandleId
	TransactionId AccessList AccessReason AccessMask PrivilegeList RestrictedSidCount ResourceAttributes OperationType
	OldValueType OldValue NewValueType NewValue AdditionalInfo AdditionalInfo2 NewProcessId NewProcessName TokenElevationType
	CommandLine ParentProcessName MandatoryLabel ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount
	ClientProcessStartKey ClientProcessId ParentProcessId TaskName TaskContent RpcCallClientLocality FQDN TaskContentNew
	TargetSid SamAccountName DisplayName UserPrincipalName HomeDirectory HomePath ScriptPath ProfilePath UserWorkstations
	PasswordLastSet AccountExpires PrimaryGroupId AllowedToDelegateTo OldUacValue NewUacValue UserAccountControl
	UserParameters SidHistory LogonHours MemberName MemberSid ServiceSid TicketOptions TicketEncryptionType PreAuthType
	CertIssuerName CertSerialNumber CertThumbprint PackageName Workstation CallerProcessId CallerProcessName
	OpCorrelationID AppCorrelationID DSName DSType ObjectDN ObjectGUID ObjectClass AttributeLDAPDisplayName
	AttributeSyntaxOID AttributeValue ShareName ShareLocalPath RelativeTargetName Application Direction SourceAddress
	DestAddress DestPort Protocol FilterRTID LayerName LayerRTID RemoteUserID RemoteMachineID ImagePath StartType AccountName
	RuleName UtcTime ProcessGuid Image FileVersion Description Product Company OriginalFileName CurrentDirectory User LogonId
	TerminalSessionId IntegrityLevel Hashes ParentProcessGuid ParentImage ParentCommandLine ParentUser TargetFilename
	CreationUtcTime PreviousCreationUtcTime Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName
	DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName ImageLoaded Signed Signature
	SignatureStatus SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid TargetProcessId TargetImage NewThreadId
	StartAddress StartModule StartFunction SourceUser TargetUser SourceProcessGUID SourceThreadId TargetProcessGUID
	GrantedAccess CallTrace EventType TargetObject Details NewName Contents PipeName Operation Destination QueryName
	QueryStatus QueryResults IsExecutable Archived ContextInfo Payload MessageNumber MessageTotal ScriptBlockText
	ScriptBlockId FileNameBuffer ProcessNameBuffer ModifyingApplication RequestedPolicy ApplicationPath TargetName RemoteName
	LocalName SearchFilter PackageSourceUri PackageFullName PackagePath TemplateContent NewTemplateContent CategoryId SubcategoryId
	SubcategoryGuid AuditPolicyChanges ServicePrincipalNames IsatapRouter TargetParentProcessId SigningUsed SidList
	SecurityLayer ProviderContextName PossibleCause NewTargetUserName OldTargetUserName InitialProgram HiveName
	HasFullTrust FilterOrigin CallingProcess AuditSourceName ClientAddress ClientName ExceptionCode`

// spelling maps such a name in small letters to the name.
var spelling = func() map[string]string {
	m := map[string]string{}
	for name := range strings.FieldsSeq(windowsFields) {
		if lower := strings.ToLower(name); m[lower] == "" {
			m[lower] = name
		}
	}
	return m
}()

// spelled returns the name of a field as Windows spells it, where an exporter has made all of its letters small or large.
func spelled(name string) string {
	lower := strings.ToLower(name)
	if name != lower && name != strings.ToUpper(name) {
		return name
	}
	if known, ok := spelling[lower]; ok {
		return known
	}
	return name
}

// tellingFields are names in small letters of which every event has one whose data is there: of Sysmon, of the security log
// but for some of its own events, and of PowerShell's scripts.
var tellingFields = map[string]bool{
	"utctime": true, "processguid": true, "sourceprocessguid": true, "rulename": true, "image": true, "sourceimage": true,
	"targetfilename": true, "targetobject": true, "commandline": true, "subjectusersid": true, "subjectusername": true,
	"targetusername": true, "targetusersid": true, "targetsid": true, "newprocessname": true, "processname": true, "application": true,
	"servicename": true, "objectname": true, "scriptblocktext": true, "contextinfo": true, "ipaddress": true, "sourceaddress": true,
}

// tells says that a path ends in the name of such a field.
func tells(path string) bool {
	return tellingFields[strings.ToLower(path[strings.LastIndexByte(path, '.')+1:])]
}

// addMessage adds to an event the data that its rendered message spells out. It is for events that lack their data. names
// are those of the event.
func addMessage(ev *event.Event, msg []byte) {
	switch {
	case ev.Provider == sysmonProvider, ev.Provider == "Linux-Sysmon":
		addSysmonMessage(ev, msg)
	case ev.EventID == 4104 && ev.Provider == "Microsoft-Windows-PowerShell":
		addScriptMessage(ev, msg)
	case labelled(ev):
		addSecurityMessage(ev, msg)
	}
}

// labelled says that an event is one whose message names its data by the labels of [securityLabel].
func labelled(ev *event.Event) bool {
	return ev.Provider == securityProvider || ev.Channel == "Security" && ev.Provider == "Microsoft Windows security auditing." || // Splunk's word
		ev.EventID == 7045 && ev.Provider == servicesProvider
}
