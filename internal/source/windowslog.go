package source

import (
	"bytes"
	"strings"

	"entente/internal/event"
)

// Exports of Windows events often leave out which log an event stands in, or which provider wrote it. Either follows from the
// other as a rule; where both are missing, an event id together with fields that only one log has under it tells both.

// channelOf is the log that the events of a provider stand in as a rule, "" where that is not known.
func channelOf(provider string) string {
	switch provider {
	case securityProvider, "Microsoft-Windows-Eventlog":
		return "Security"
	case servicesProvider, "Microsoft-Windows-Kernel-General", "Microsoft-Windows-Kernel-Power", "EventLog", "Netlogon":
		return "System"
	case "PowerShell":
		return "Windows PowerShell"
	case "Windows Error Reporting", "Application Error", "ESENT", "MsiInstaller":
		return "Application"
	case "MSExchange CmdletLogs":
		return "MSExchange Management"
	case sysmonProvider, "Microsoft-Windows-PowerShell", "Microsoft-Windows-TaskScheduler",
		"Microsoft-Windows-Windows Defender", "Microsoft-Windows-WMI-Activity", "Microsoft-Windows-Bits-Client",
		"Microsoft-Windows-TerminalServices-LocalSessionManager", "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
		"Microsoft-Windows-WinRM", "Microsoft-Windows-CodeIntegrity", "Microsoft-Windows-DNS-Client", "Microsoft-Windows-NTLM":
		return provider + "/Operational"
	default:
		return ""
	}
}

const (
	sysmonProvider   = "Microsoft-Windows-Sysmon"
	securityProvider = "Microsoft-Windows-Security-Auditing"
	servicesProvider = "Service Control Manager"
)

// providerOf is the provider of an event in a log, "" where that is not known.
func providerOf(channel string, id uint32) string {
	switch channel {
	case "Security":
		if id >= 1100 && id <= 1108 {
			return "Microsoft-Windows-Eventlog"
		}
		return securityProvider
	case "System":
		switch {
		case id == 7001, id == 7002: // of Winlogon as well
			return ""
		case id >= 7000 && id <= 7045:
			return servicesProvider
		case id == 104:
			return "Microsoft-Windows-Eventlog"
		}
		return ""
	case "Windows PowerShell":
		return "PowerShell"
	}
	if p, ok := strings.CutSuffix(channel, "/Operational"); ok && channelOf(p) == channel {
		return p
	}
	return ""
}

// knownLog says that a log or a provider can only be one of Windows.
func knownLog(channel, provider string) bool {
	switch channel {
	case "Security", "System", "Application", "Setup", "ForwardedEvents", "Windows PowerShell", "HardwareEvents", "Key Management Service",
		"Directory Service", "DNS Server", "DFS Replication", "MSExchange Management":
		return true
	}
	for _, end := range [...]string{"/Operational", "/Admin", "/Analytic", "/Debug"} {
		if strings.HasSuffix(channel, end) {
			return true
		}
	}
	return strings.HasPrefix(channel, "Microsoft-Windows-") || strings.HasPrefix(provider, "Microsoft-Windows-") || channelOf(provider) != ""
}

// Fields that the events of a log have, none of which says anything without the event's id.
var (
	sysmonFields = namesOf(`UtcTime ProcessGuid ProcessGUID SourceProcessGuid SourceProcessGUID Image ImageLoaded CommandLine ParentImage
		TargetFilename TargetObject QueryName PipeName SourceImage TargetImage DestinationIp Hashes`)
	// onlySysmon are those that nothing else has, sysmonMore others that say something beside one of sysmonFields.
	onlySysmon = namesOf(`UtcTime ProcessGuid ProcessGUID SourceProcessGuid SourceProcessGUID ImageLoaded ParentImage TargetFilename TargetObject
		PipeName`)
	sysmonMore = namesOf(`RuleName ProcessId ParentProcessId ParentProcessGuid ParentCommandLine CurrentDirectory OriginalFileName IntegrityLevel
		LogonGuid LogonId SourceIp SourcePort DestinationPort GrantedAccess CallTrace QueryResults EventType Details SignatureStatus`)
	securityFields = namesOf(`SubjectUserSid SubjectUserName SubjectLogonId TargetUserSid TargetUserName TargetSid TargetLogonId NewProcessName
		LogonType ObjectName MemberName MemberSid WorkstationName TicketEncryptionType ShareName RelativeTargetName ServiceFileName
		PrivilegeList SourceAddress ObjectDN CallerProcessName`)
	powerShellFields = namesOf("ScriptBlockText ScriptBlockId ContextInfo")
	servicesFields   = namesOf("ImagePath")
	commandLine      = namesOf("CommandLine")
)

func namesOf(list string) map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(list) {
		m[name] = true
	}
	return m
}

// logOf tells log and provider of an event that names neither, from its fields or from its message; "" where they do not tell.
// labels says that it has fields that are called as the labels of messages are.
func logOf(ev *event.Event, message []byte, labels bool) (channel, provider string) {
	says := func(text string) bool { return bytes.Contains(message, []byte(text)) }
	switch id := ev.EventID; {
	case id >= 1 && id <= 29 || id == 255:
		if hasAny(ev, sysmonFields) || says("UtcTime: ") {
			provider = sysmonProvider
		}
	case id == 4103 || id == 4104:
		if hasAny(ev, powerShellFields) || says("ScriptBlock ID:") || says("Host Application = ") {
			provider = "Microsoft-Windows-PowerShell"
		}
	case id == 4688 && hasAny(ev, commandLine):
		return "Security", securityProvider
	case id == 1102, id >= 4608 && id <= 5168, id >= 5376 && id <= 5378, id >= 6272 && id <= 6281, id >= 6416 && id <= 6424:
		if labels || hasAny(ev, securityFields) || says("Security ID:") || says("Account Name:") {
			return "Security", providerOf("Security", id)
		}
	case id == 7045:
		if labels || hasAny(ev, servicesFields) || says("Service File Name:") {
			provider = servicesProvider
		}
	}
	return channelOf(provider), provider
}

// hasAny says that the event has one of the fields, and something in it.
func hasAny(ev *event.Event, names map[string]bool) bool {
	for i := range ev.Values {
		if v := &ev.Values[i]; len(v.Raw) > 0 {
			if n := ev.Names.At(v.Slot); !n.System && names[n.Text] {
				return true
			}
		}
	}
	return false
}

// sysmonRow says that a row of a table which names neither log nor provider is Sysmon's all the same: tables of anything may have
// a number under EventID and something else under Image.
func sysmonRow(ev *event.Event) bool {
	first := ""
	for i := range ev.Values {
		v := &ev.Values[i]
		n := ev.Names.At(v.Slot)
		switch {
		case len(v.Raw) == 0 || n.System || n.Text == first:
		case onlySysmon[n.Text]:
			return true
		case sysmonFields[n.Text] || sysmonMore[n.Text]:
			if first != "" {
				return true
			}
			first = n.Text
		}
	}
	return false
}

// complete adds what an exporter has left out of log and provider.
func (d *jsonDecoder) complete(ev *event.Event) {
	var channel, provider string
	switch {
	case ev.Channel != "":
		provider = providerOf(ev.Channel, ev.EventID)
	case ev.Provider != "":
		channel = channelOf(ev.Provider)
	default:
		var message []byte
		if d.head.text != 0 {
			message = ev.Values[d.head.text-1].Raw
		}
		channel, provider = logOf(ev, message, d.parser.marks&markLabel != 0)
	}
	if ev.Channel == "" && channel != "" {
		ev.Channel = channel
		d.addSystem(ev, "Channel", channel)
	}
	if ev.Provider == "" && provider != "" {
		ev.Provider = provider
		d.addSystem(ev, "Provider_Name", provider)
	}
}

func (d *jsonDecoder) addSystem(ev *event.Event, name, text string) {
	start := len(d.arena)
	d.arena = append(d.arena, text...)
	ev.Add(d.names.SystemSlot(name), event.UTF8, d.arena[start:len(d.arena):len(d.arena)])
}
