package coverage

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// logTitles are what people call logs, by the name of the binding; of others the name of their channel is known.
var logTitles = map[string]string{
	"antivirus":                           "alerts of virus scanners",
	"application/database":                "database logs",
	"application/log":                     "error logs of applications",
	"application/opencanary":              "OpenCanary",
	"application/rpc_firewall":            "RPC Firewall",
	"aws/cloudtrail":                      "AWS CloudTrail",
	"azure":                               "Azure logs",
	"azure/activitylogs":                  "Azure activity log",
	"azure/auditlogs":                     "Entra ID audit log",
	"azure/pim":                           "Entra ID Privileged Identity Management",
	"azure/riskdetection":                 "Entra ID risk detections",
	"azure/signinlogs":                    "Entra ID sign-in logs",
	"bitbucket/audit":                     "Bitbucket audit log",
	"cisco/duo":                           "Duo authentication log",
	"cisco/ios":                           "Cisco IOS syslog",
	"exchange/ecp":                        "Exchange ECP server logs",
	"exchange/httpproxy":                  "Exchange HttpProxy logs",
	"exchange/lines":                      "lines out of Exchange logs",
	"exchange/oab-generator":              "Exchange OABGenerator logs",
	"fortinet/fortigate":                  "FortiGate logs",
	"fortinet/fortios/sslvpnd":            "FortiOS SSL VPN log",
	"gcp":                                 "Google Cloud logs",
	"gcp/audit":                           "Google Cloud audit logs",
	"gcp/google_workspace.admin":          "Google Workspace admin log",
	"gcp/google_workspace.login":          "Google Workspace login log",
	"github/audit":                        "GitHub audit log",
	"huawei/vrp":                          "Huawei VRP syslog",
	"juniper/junos":                       "Junos syslog",
	"kubernetes/audit":                    "Kubernetes audit log",
	"linux":                               "Linux logs",
	"linux/auditbeat/execve":              "Auditbeat program starts",
	"linux/auditd":                        "auditd",
	"linux/auditd/connect":                "auditd connections (connect)",
	"linux/auditd/create":                 "auditd files written (watches)",
	"linux/auditd/delete":                 "auditd files deleted",
	"linux/auditd/execve":                 "auditd program starts (execve)",
	"linux/clamav":                        "ClamAV log",
	"linux/cron":                          "syslog of cron",
	"linux/ecs":                           "Elastic agents (ECS)",
	"windows/ecs":                         "Elastic agents (ECS)",
	"windows/defender":                    "Microsoft Defender for Endpoint",
	"linux/guacamole":                     "Guacamole log",
	"linux/modsecurity":                   "ModSecurity log",
	"linux/sshd":                          "syslog of sshd",
	"linux/sudo":                          "syslog of sudo",
	"linux/syslog":                        "Linux syslog",
	"linux/sysmon":                        "Sysmon for Linux",
	"linux/vsftpd":                        "vsftpd log",
	"m365":                                "Microsoft 365 logs",
	"m365/audit":                          "Microsoft 365 unified audit log",
	"m365/exchange":                       "Exchange Online audit log",
	"m365/threat_detection":               "Microsoft 365 threat detections",
	"m365/threat_management":              "Microsoft 365 Defender alerts",
	"network/dns":                         "DNS logs",
	"network/firewall":                    "firewall logs",
	"network/netflow":                     "NetFlow",
	"okta":                                "Okta System Log",
	"onelogin":                            "OneLogin events",
	"paloalto/globalprotect":              "GlobalProtect logs",
	"web/access":                          "Apache or nginx access logs",
	"web/errors":                          "Apache or nginx error logs",
	"web/iis":                             "IIS logs",
	"web/proxy/squid":                     "Squid access log",
	"web/proxy/table":                     "web proxy logs",
	"web/proxy/w3c":                       "web proxy logs (W3C)",
	"windows":                             "Windows event logs",
	"windows/applocker":                   "AppLocker",
	"windows/dns-client":                  "DNS-Client",
	"windows/dns-server-analytic":         "DNS-Server/Analytical",
	"windows/hyper-v-worker":              "Hyper-V-Worker",
	"windows/iis-configuration":           "IIS-Configuration",
	"windows/kernel-event-tracing":        "Kernel-EventTracing",
	"windows/kernel-file/access":          "Kernel-File traces of files opened",
	"windows/kernel-file/delete":          "Kernel-File traces of files deleted",
	"windows/kernel-file/rename":          "Kernel-File traces of files renamed",
	"windows/kernel-shimengine":           "Kernel-ShimEngine",
	"windows/microsoft-servicebus-client": "Microsoft-ServiceBus-Client",
	"windows/powershell":                  "PowerShell",
	"windows/powershell-classic":          "Windows PowerShell",
	"windows/vhdmp":                       "VHDMP",
	"zeek":                                "Zeek logs",
}

// standing are channels that are on unless somebody turned them off.
var standing = map[string]bool{
	"Application": true, "System": true, "Windows PowerShell": true, "DNS Server": true, "AD FS/Admin": true,
	"Microsoft-Windows-Bits-Client/Operational":                              true,
	"Microsoft-Windows-CodeIntegrity/Operational":                            true,
	"Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational":          true,
	"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational":     true,
	"Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational": true,
	"Microsoft-Windows-Windows Defender/Operational":                         true,
	"Microsoft-Windows-Windows Firewall With Advanced Security/Firewall":     true,
	"Microsoft-Windows-WinRM/Operational":                                    true,
	"Microsoft-Windows-WMI-Activity/Operational":                             true,
}

// collect says how to get at a channel for which the taxonomy has no better advice.
func collect(channel string) string {
	if standing[channel] {
		return "It is on by default: collect the channel " + channel + "."
	}
	return fmt.Sprintf("`wevtutil sl \"%s\" /e:true` turns the channel on; collect it.", channel)
}

// agents says that a binding is about what agents tell of a system besides its own logs: nobody is told to install them.
func agents(b *taxonomy.Binding) bool {
	return strings.HasPrefix(b.Name, "windows/defender/") || slices.Contains(b.Match.Channels, "ecs")
}

// kindName is what people call a kind of log.
func kindName(b *taxonomy.Binding, ids []uint32) string {
	at := strings.LastIndexByte(b.Name, '/')
	above, last := b.Name[:max(at, 0)], b.Name[at+1:]
	name := logTitles[b.Name]
	switch {
	case len(b.Match.Channels) == 1 && windowsBinding(b):
		name = channelName(b.Match.Channels[0])
	case name != "":
	case above == "zeek":
		return "Zeek " + last + ".log"
	case logTitles[above] != "" && strings.Trim(last, "0123456789") == "":
		return logTitles[above] + " " + last // Sysmon for Linux 1, PowerShell 4104
	case logTitles[above] != "":
		name = logTitles[above]
	default:
		name = strings.ReplaceAll(b.Name, "/", " ") // of a user's own table
	}
	if len(ids) > 0 && len(b.Match.Channels) > 0 && windowsBinding(b) {
		name += " " + numbers(ids)
	}
	return name
}

func windowsBinding(b *taxonomy.Binding) bool {
	return slices.ContainsFunc(b.Serves, func(s sigma.LogSource) bool { return s.Product == "windows" }) && slices.Contains(b.Match.Sources, event.SourceWindows)
}

// channelName is a channel without what all of them have in their names.
func channelName(channel string) string {
	const vendor, usual = "Microsoft-Windows-", "/Operational"
	if len(channel) > len(vendor) && strings.EqualFold(channel[:len(vendor)], vendor) {
		channel = channel[len(vendor):]
	}
	if n := len(channel) - len(usual); n > 0 && strings.EqualFold(channel[n:], usual) {
		channel = channel[:n]
	}
	return channel
}

// spelled is a channel as Windows spells it, where that is known: rules have it folded.
func spelled(table *taxonomy.Table, channel string) string {
	for known := range standing {
		if strings.EqualFold(known, channel) {
			return known
		}
	}
	for _, b := range table.Bindings() {
		for _, known := range b.Match.Channels {
			if strings.EqualFold(known, channel) {
				return known
			}
		}
	}
	return channel
}

// byChannel are the channels that a rule asks for of a binding that reads any, each as a binding of its own.
func byChannel(table *taxonomy.Table, b *taxonomy.Binding, r *sigma.Rule) []*taxonomy.Binding {
	if len(b.Match.Channels) > 0 || !windowsBinding(b) || len(b.Match.Sources) != 1 {
		return []*taxonomy.Binding{b}
	}
	var out []*taxonomy.Binding
	sigma.Walk(r.Condition, func(a *sigma.Atom) {
		if a.Field != "Channel" || a.Op != sigma.OpMatch || len(a.Pattern) != 1 || a.Pattern[0].Kind != sigma.Literal {
			return
		}
		one := *b
		channel := spelled(table, a.Pattern[0].Text)
		one.Match.Channels = []string{channel}
		if !slices.ContainsFunc(out, func(o *taxonomy.Binding) bool { return o.Match.Channels[0] == channel }) {
			out = append(out, &one)
		}
	})
	if len(out) == 0 {
		return []*taxonomy.Binding{b}
	}
	return out
}
