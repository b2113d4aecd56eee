package stix

import "slices"

// vocabulary is a list of words that the specification gives (section 10): open, where others are advised against, or an
// enumeration, where they are forbidden.
type vocabulary struct {
	name, section string
	words         []string
}

func (v *vocabulary) has(word []byte) bool {
	return slices.ContainsFunc(v.words, func(w string) bool { return w == string(word) })
}

var (
	accountType = vocabulary{"account-type-ov", "10.1", []string{
		"facebook", "ldap", "nis", "openid", "radius", "skype", "tacacs", "twitter", "unix", "windows-local",
		"windows-domain",
	}}
	attackMotivation = vocabulary{"attack-motivation-ov", "10.2", []string{
		"accidental", "coercion", "dominance", "ideology", "notoriety", "organizational-gain", "personal-gain",
		"personal-satisfaction", "revenge", "unpredictable",
	}}
	attackResourceLevel = vocabulary{"attack-resource-level-ov", "10.3", []string{
		"individual", "club", "contest", "team", "organization", "government",
	}}
	encryptionAlgorithm = vocabulary{"encryption-algorithm-enum", "10.4", []string{
		"AES-256-GCM", "ChaCha20-Poly1305", "mime-type-indicated",
	}}
	extensionType = vocabulary{"extension-type-enum", "10.5", []string{
		"new-sdo", "new-sco", "new-sro", "property-extension", "toplevel-property-extension",
	}}
	groupingContext = vocabulary{"grouping-context-ov", "10.6", []string{
		"suspicious-activity", "malware-analysis", "unspecified",
	}}
	hashAlgorithm = vocabulary{"hash-algorithm-ov", "10.7", []string{
		"MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256", "SHA3-512", "SSDEEP", "TLSH",
	}}
	identityClass = vocabulary{"identity-class-ov", "10.8", []string{
		"individual", "group", "system", "organization", "class", "unknown",
	}}
	implementationLanguage = vocabulary{"implementation-language-ov", "10.9", []string{
		"applescript", "bash", "c", "c++", "c#", "go", "java", "javascript", "lua", "objective-c", "perl", "php",
		"powershell", "python", "ruby", "scala", "swift", "typescript", "visual-basic", "x86-32", "x86-64",
	}}
	indicatorType = vocabulary{"indicator-type-ov", "10.10", []string{
		"anomalous-activity", "anonymization", "benign", "compromised", "malicious-activity", "attribution", "unknown",
	}}
	industrySector = vocabulary{"industry-sector-ov", "10.11", []string{
		"agriculture", "aerospace", "automotive", "chemical", "commercial", "communications", "construction", "defense",
		"education", "energy", "entertainment", "financial-services", "government", "emergency-services",
		"government-national", "government-regional", "government-local", "government-public-services", "healthcare",
		"hospitality-leisure", "infrastructure", "dams", "nuclear", "water", "insurance", "manufacturing", "mining",
		"non-profit", "pharmaceuticals", "retail", "technology", "telecommunications", "transportation", "utilities",
	}}
	infrastructureType = vocabulary{"infrastructure-type-ov", "10.12", []string{
		"amplification", "anonymization", "botnet", "command-and-control", "exfiltration", "hosting-malware",
		"hosting-target-lists", "phishing", "reconnaissance", "staging", "unknown",
	}}
	malwareResult       = vocabulary{"malware-result-ov", "10.13", []string{"malicious", "suspicious", "benign", "unknown"}}
	malwareCapabilities = vocabulary{"malware-capabilities-ov", "10.14", []string{
		"accesses-remote-machines", "anti-debugging", "anti-disassembly", "anti-emulation", "anti-memory-forensics",
		"anti-sandbox", "anti-vm", "captures-input-peripherals", "captures-output-peripherals",
		"captures-system-state-data", "cleans-traces-of-infection", "commits-fraud", "communicates-with-c2",
		"compromises-data-availability", "compromises-data-integrity", "compromises-system-availability",
		"controls-local-machine", "degrades-security-software", "degrades-system-updates", "determines-c2-server",
		"emails-spam", "escalates-privileges", "evades-av", "exfiltrates-data", "fingerprints-host", "hides-artifacts",
		"hides-executing-code", "infects-files", "infects-remote-machines", "installs-other-components",
		"persists-after-system-reboot", "prevents-artifact-access", "prevents-artifact-deletion",
		"probes-network-environment", "self-modifies", "steals-authentication-credentials",
		"violates-system-operational-integrity",
	}}
	malwareType = vocabulary{"malware-type-ov", "10.15", []string{
		"adware", "backdoor", "bot", "bootkit", "ddos", "downloader", "dropper", "exploit-kit", "keylogger",
		"ransomware", "remote-access-trojan", "resource-exploitation", "rogue-security-software", "rootkit",
		"screen-capture", "spyware", "trojan", "unknown", "virus", "webshell", "wiper", "worm",
	}}
	networkSocketAddressFamily = vocabulary{"network-socket-address-family-enum", "10.16", []string{
		"AF_UNSPEC", "AF_INET", "AF_IPX", "AF_APPLETALK", "AF_NETBIOS", "AF_INET6", "AF_IRDA", "AF_BTH",
	}}
	networkSocketType = vocabulary{"network-socket-type-enum", "10.17", []string{
		"SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET",
	}}
	opinion = vocabulary{"opinion-enum", "10.18", []string{
		"strongly-disagree", "disagree", "neutral", "agree", "strongly-agree",
	}}
	patternType           = vocabulary{"pattern-type-ov", "10.19", []string{"stix", "pcre", "sigma", "snort", "suricata", "yara"}}
	processorArchitecture = vocabulary{"processor-architecture-ov", "10.20", []string{
		"alpha", "arm", "ia-64", "mips", "powerpc", "sparc", "x86", "x86-64",
	}}
	region = vocabulary{"region-ov", "10.21", []string{
		"africa", "eastern-africa", "middle-africa", "northern-africa", "southern-africa", "western-africa", "americas",
		"latin-america-caribbean", "south-america", "caribbean", "central-america", "northern-america", "asia",
		"central-asia", "eastern-asia", "southern-asia", "south-eastern-asia", "western-asia", "europe",
		"eastern-europe", "northern-europe", "southern-europe", "western-europe", "oceania", "antarctica",
		"australia-new-zealand", "melanesia", "micronesia", "polynesia",
	}}
	reportType = vocabulary{"report-type-ov", "10.22", []string{
		"attack-pattern", "campaign", "identity", "indicator", "intrusion-set", "malware", "observed-data",
		"threat-actor", "threat-report", "tool", "vulnerability",
	}}
	threatActorType = vocabulary{"threat-actor-type-ov", "10.23", []string{
		"activist", "competitor", "crime-syndicate", "criminal", "hacker", "insider-accidental", "insider-disgruntled",
		"nation-state", "sensationalist", "spy", "terrorist", "unknown",
	}}
	threatActorRole = vocabulary{"threat-actor-role-ov", "10.24", []string{
		"agent", "director", "independent", "infrastructure-architect", "infrastructure-operator", "malware-author",
		"sponsor",
	}}
	threatActorSophistication = vocabulary{"threat-actor-sophistication-ov", "10.25", []string{
		"none", "minimal", "intermediate", "advanced", "expert", "innovator", "strategic",
	}}
	toolType = vocabulary{"tool-type-ov", "10.26", []string{
		"denial-of-service", "exploitation", "information-gathering", "network-capture", "credential-exploitation",
		"remote-access", "vulnerability-scanning", "unknown",
	}}
	windowsIntegrityLevel = vocabulary{"windows-integrity-level-enum", "10.27", []string{
		"low", "medium", "high", "system",
	}}
	windowsPEBinaryType     = vocabulary{"windows-pebinary-type-ov", "10.28", []string{"dll", "exe", "sys"}}
	windowsRegistryDatatype = vocabulary{"windows-registry-datatype-enum", "10.29", []string{
		"REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_DWORD_BIG_ENDIAN",
		"REG_DWORD_LITTLE_ENDIAN", "REG_LINK", "REG_MULTI_SZ", "REG_RESOURCE_LIST", "REG_FULL_RESOURCE_DESCRIPTION",
		"REG_RESOURCE_REQUIREMENTS_LIST", "REG_QWORD", "REG_INVALID_TYPE",
	}}
	windowsServiceStartType = vocabulary{"windows-service-start-type-enum", "10.30", []string{
		"SERVICE_AUTO_START", "SERVICE_BOOT_START", "SERVICE_DEMAND_START", "SERVICE_DISABLED", "SERVICE_SYSTEM_ALERT",
	}}
	windowsServiceType = vocabulary{"windows-service-type-enum", "10.31", []string{
		"SERVICE_KERNEL_DRIVER", "SERVICE_FILE_SYSTEM_DRIVER", "SERVICE_WIN32_OWN_PROCESS",
		"SERVICE_WIN32_SHARE_PROCESS",
	}}
	windowsServiceStatus = vocabulary{"windows-service-status-enum", "10.32", []string{
		"SERVICE_CONTINUE_PENDING", "SERVICE_PAUSE_PENDING", "SERVICE_PAUSED", "SERVICE_RUNNING",
		"SERVICE_START_PENDING", "SERVICE_STOP_PENDING", "SERVICE_STOPPED",
	}}
)
