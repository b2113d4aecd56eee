package taxonomy

import "strings"

// channels are where providers that rules are written for put their events. It is used only for records that have lost
// their channel on the way; each of these providers writes to one channel.
var channels = map[string]string{
	"microsoft-windows-sysmon":                               "Microsoft-Windows-Sysmon/Operational",
	"microsoft-windows-security-auditing":                    "Security",
	"service control manager":                                "System",
	"microsoft-windows-powershell":                           "Microsoft-Windows-PowerShell/Operational",
	"powershellcore":                                         "PowerShellCore/Operational",
	"powershell":                                             "Windows PowerShell",
	"microsoft-windows-windows defender":                     "Microsoft-Windows-Windows Defender/Operational",
	"microsoft-windows-taskscheduler":                        "Microsoft-Windows-TaskScheduler/Operational",
	"microsoft-windows-wmi-activity":                         "Microsoft-Windows-WMI-Activity/Operational",
	"microsoft-windows-bits-client":                          "Microsoft-Windows-Bits-Client/Operational",
	"microsoft-windows-dns-client":                           "Microsoft-Windows-DNS-Client/Operational",
	"microsoft-windows-ntlm":                                 "Microsoft-Windows-NTLM/Operational",
	"microsoft-windows-codeintegrity":                        "Microsoft-Windows-CodeIntegrity/Operational",
	"msexchange cmdletlogs":                                  "MSExchange Management",
	"microsoft-windows-terminalservices-localsessionmanager": "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
}

// ChannelOf returns the channel that a provider of Windows events writes to, "" where that is not known for sure.
func ChannelOf(provider string) string { return channels[strings.ToLower(provider)] }
