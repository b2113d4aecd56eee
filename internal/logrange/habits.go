package logrange

// habit is what a running program does all day.
type habit struct {
	acts    *lottery // of the acts below
	outside bool     // connects to the internet, else to machines inside
	ports   []uint16
	sites   []phrase // names it looks up
	files   []phrase // that it creates
	junk    []phrase // that it deletes
	keys    []setting
}

// setting is a registry value and what stands in it.
type setting struct{ key, details phrase }

type act int

const (
	actConnect act = iota
	actLookUp
	actCreate
	actDelete
	actSet
	actLoad
	actPeek // opens a handle to another process
	actPipe
	actStream // writes the mark of the web
	acts
)

// weights are those of the acts, in their order; what is not given is never done.
func newHabit(h habit, weights ...int) *habit {
	h.acts = newLottery(weights)
	return &h
}

func settings(pairs ...string) []setting {
	var out []setting
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, setting{say(pairs[i]), say(pairs[i+1])})
	}
	return out
}

var (
	siteNames   = said("%{site}", "%{word}.example.com", "%{word}.example.net", "cdn%{n1-9}.%{word}.example.net")
	insideNames = said("%{host}.example.org", "dc01.example.org", "mail.example.org", "fs01.example.org", "_ldap._tcp.dc._msdcs.example.org", "wpad.example.org")
)

var (
	doNothing = newHabit(habit{}, 0, 0, 0, 0, 0, 1)
	doKernel  = newHabit(habit{ports: []uint16{445, 139}, files: said(`C:\Windows\System32\LogFiles\HTTPERR\httperr%{n1-9}.log`)}, 8, 0, 1)

	doServices = newHabit(habit{keys: settings(
		`HKLM\System\CurrentControlSet\Services\BITS\Start`, "DWORD (0x00000003)",
		`HKLM\System\CurrentControlSet\Services\TrustedInstaller\Start`, "DWORD (0x00000003)",
		`HKLM\System\CurrentControlSet\Services\W32Time\TimeProviders\NtpClient\SpecialPollTimeRemaining`, "Binary Data",
	)}, 0, 0, 0, 0, 6, 1)
	doLsass = newHabit(habit{ports: []uint16{389, 88, 135}, sites: insideNames, keys: settings(
		`HKLM\SECURITY\Policy\Secrets\$MACHINE.ACC\CupdTime`, "Binary Data",
	)}, 6, 1, 0, 0, 1, 2)
	doService = newHabit(habit{
		ports: []uint16{53, 123, 135, 389, 443, 80}, sites: append(said("%{site}"), insideNames...),
		files: said(`C:\Windows\ServiceState\EventLog\Data\lastalive%{n0-1}.dat`, `C:\Windows\Prefetch\%{word}.EXE-%{X8}.pf`,
			`C:\Windows\System32\sru\SRU%{X5}.log`, `C:\ProgramData\Microsoft\Windows\WER\Temp\WER%{X4}.tmp.xml`),
		junk: said(`C:\Windows\ServiceState\EventLog\Data\lastalive%{n0-1}.dat`, `C:\Windows\Temp\%{x8}.tmp`),
		keys: settings(
			`HKLM\System\CurrentControlSet\Services\bam\State\UserSettings\S-1-5-18\SequenceNumber`, "DWORD (0x%{x8})",
			`HKLM\System\CurrentControlSet\Services\W32Time\Config\LastKnownGoodTime`, "QWORD (0x01d70%{x3}-0x%{x8})",
			`HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Services\Pending\%{GUID}\ClientApplicationID`, "UpdateOrchestrator",
			`HKLM\System\CurrentControlSet\Services\Tcpip\Parameters\Interfaces\{%{guid}}\LeaseObtainedTime`, "DWORD (0x60%{x6})",
			`HKLM\System\CurrentControlSet\Services\Dhcp\Parameters\DhcpLastUpdate`, "DWORD (0x60%{x6})",
		),
	}, 22, 14, 10, 5, 24, 14, 8, 3)
	doSpool = newHabit(habit{
		ports: []uint16{9100, 161},
		files: said(`C:\Windows\System32\spool\PRINTERS\%{d5}.SPL`, `C:\Windows\System32\spool\PRINTERS\%{d5}.SHD`),
		junk:  said(`C:\Windows\System32\spool\PRINTERS\%{d5}.SPL`),
	}, 3, 0, 5, 5, 0, 2)
	doExplorer = newHabit(habit{
		outside: true, ports: []uint16{443}, sites: siteNames,
		files: said(`C:\Users\%{user}\AppData\Roaming\Microsoft\Windows\Recent\%{doc}.lnk`, `C:\Users\%{user}\AppData\Local\Microsoft\Windows\Explorer\thumbcache_%{n16-256}.db`,
			`C:\Users\%{user}\Documents\%{doc}.docx`, `C:\Users\%{user}\Desktop\%{doc}.pdf`),
		junk: said(`C:\Users\%{user}\Documents\~$%{doc}.docx`),
		keys: settings(
			`HKU\%{sid}\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\UserAssist\{CEBFF5CD-ACE2-4F4F-9178-9926F41749EA}\Count\%{X16}`, "Binary Data",
			`HKU\%{sid}\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\RecentDocs\%{n1-150}`, "Binary Data",
			`HKU\%{sid}\SOFTWARE\Microsoft\Windows\Shell\BagMRU\NodeSlots`, "Binary Data",
		),
	}, 3, 3, 12, 3, 30, 14, 6)
	doApp = newHabit(habit{
		outside: true, ports: []uint16{443}, sites: said("%{site}"),
		files: said(`C:\Users\%{user}\AppData\Local\Packages\Example.App_%{x13}\LocalState\%{word}.json`),
	}, 4, 4, 4, 0, 0, 20, 6)
	doTask = newHabit(habit{
		files: said(`C:\Windows\Temp\%{x8}.tmp`, `C:\ProgramData\Microsoft\Diagnosis\%{x8}.rbs`),
		keys: settings(
			`HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Diagnostics\DiagTrack\SevilleEventlogManager\MaxSize`, "DWORD (0x00001000)",
		),
	}, 0, 0, 5, 2, 10, 20, 6)
	doUpdate = newHabit(habit{
		files: said(`C:\Windows\SoftwareDistribution\Download\%{x32}\package_%{n1-400}_for_kb%{d7}.cat`, `C:\Windows\CbsTemp\%{d8}_%{d10}\cbshandler.state`),
		junk:  said(`C:\Windows\CbsTemp\%{d8}_%{d10}\cbshandler.state`),
		keys: settings(
			`HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\SessionIdHigh`, "DWORD (0x01d7%{x4})",
			`HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\SessionIdLow`, "DWORD (0x%{x8})",
		),
	}, 0, 0, 12, 6, 12, 6)
	doInstall = newHabit(habit{
		files: said(`C:\Windows\Installer\MSI%{X4}.tmp`, `C:\Program Files\Example Inventory\modules\%{word}.dat`, `C:\Config.Msi\%{x6}.rbf`),
		junk:  said(`C:\Windows\Installer\MSI%{X4}.tmp`, `C:\Config.Msi\%{x6}.rbf`),
		keys: settings(`HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData\S-1-5-18\Components\%{X32}\%{X32}`,
			`C:\Program Files\Example Inventory\modules\%{word}.dat`),
	}, 0, 0, 8, 6, 10, 8)
	doSearch = newHabit(habit{
		files: said(`C:\ProgramData\Microsoft\Search\Data\Applications\Windows\edb%{X5}.jtx`, `C:\ProgramData\Microsoft\Search\Data\Applications\Windows\GatherLogs\SystemIndex\SystemIndex.%{n1-90}.gthr`),
		junk:  said(`C:\ProgramData\Microsoft\Search\Data\Applications\Windows\edb%{X5}.jtx`),
		keys:  settings(`HKLM\SOFTWARE\Microsoft\Windows Search\Gather\Windows\SystemIndex\Sites\LocalHost\Paths\LastCrawl`, "DWORD (0x%{x8})"),
	}, 0, 0, 8, 4, 6, 3)
	doNotepad = newHabit(habit{
		files: said(`C:\Users\%{user}\Documents\%{doc}.txt`, `C:\Users\%{user}\Documents\%{word} notes.txt`),
	}, 0, 0, 3, 0, 0, 6)
	doScript = newHabit(habit{
		ports: []uint16{443}, sites: insideNames,
		files: said(`C:\ProgramData\Example Inventory\reports\%{host}-%{day}.csv`),
	}, 2, 1, 3, 0, 0, 6)
	doPool = newHabit(habit{
		ports: []uint16{444, 389, 3268, 81}, sites: insideNames,
		files: said(exchange+`Logging\HttpProxy\Owa\HttpProxy_%{day}%{n10-23}-1.LOG`, aspTemp+`owa\8e05b027\e164d61b\App_Web_%{x8}.dll`,
			exchange+`Logging\Ews\Ews_%{day}%{n10-23}-1.LOG`, `C:\inetpub\temp\IIS Temporary Compressed Files\Default Web Site\$^_gzip_%{word}.JS`),
	}, 30, 6, 6, 0, 0, 4)
	doDNSServer = newHabit(habit{ports: []uint16{53}, outside: true, files: said(`C:\Windows\System32\dns\backup\example.org.dns`)}, 40, 0, 1)
	doAntivirus = newHabit(habit{
		outside: true, ports: []uint16{443}, sites: said("updates.example.com", "telemetry.example.net"),
		files: said(`C:\ProgramData\Microsoft\Windows Defender\Scans\History\CacheManager\%{GUID}-0.bin`, `C:\Windows\Temp\%{x8}-%{x4}-sigs\mpasdlta.vdm`),
		junk:  said(`C:\Windows\Temp\%{x8}-%{x4}-sigs\mpasdlta.vdm`),
		keys:  settings(`HKLM\SOFTWARE\Microsoft\Windows Defender\Scan\LastScanRun`, "Binary Data"),
	}, 3, 2, 8, 3, 4, 3, 20)

	doBrowse = newHabit(habit{
		outside: true, ports: []uint16{443, 443, 443, 80}, sites: siteNames,
		files: said(`C:\Users\%{user}\AppData\Local\Google\Chrome\User Data\Default\Cache\f_%{x6}`, `C:\Users\%{user}\AppData\Local\Temp\%{guid}.tmp`,
			`C:\Users\%{user}\Downloads\%{doc}.pdf`, `C:\Users\%{user}\AppData\Local\Google\Chrome\User Data\Default\Code Cache\js\%{x16}_0`),
		junk: said(`C:\Users\%{user}\AppData\Local\Temp\%{guid}.tmp`),
		keys: settings(`HKU\%{sid}\SOFTWARE\Google\Chrome\BLBeacon\failed_count`, "DWORD (0x00000000)",
			`HKU\%{sid}\SOFTWARE\Google\Chrome\StabilityMetrics\user_experience_metrics.stability.exited_cleanly`, "DWORD (0x00000000)"),
	}, 34, 30, 22, 8, 4, 8, 4, 2, 1)
	doMail = newHabit(habit{
		ports: []uint16{443}, sites: said("mail.example.org", "autodiscover.example.org"),
		files: said(`C:\Users\%{user}\AppData\Local\Microsoft\Outlook\%{upn}.ost.tmp`, `C:\Users\%{user}\AppData\Local\Microsoft\Outlook\RoamCache\Stream_Calendar_2_%{X32}.dat`,
			`C:\Users\%{user}\AppData\Local\Microsoft\Windows\INetCache\Content.Outlook\%{X8}\%{doc}.pdf`),
		keys: settings(`HKU\%{sid}\SOFTWARE\Microsoft\Office\16.0\Outlook\Preferences\LastCleanup`, "Binary Data"),
	}, 14, 8, 10, 0, 6, 8)
	doOffice = newHabit(habit{
		sites: said("docs.example.net", "templates.example.com"),
		files: said(`C:\Users\%{user}\Documents\~$%{doc}.docx`, `C:\Users\%{user}\Documents\%{doc}.docx`, `C:\Users\%{user}\AppData\Roaming\Microsoft\Office\Recent\%{doc}.LNK`,
			`C:\Users\%{user}\AppData\Local\Microsoft\Office\16.0\Floodgate\Excel.CampaignStates.json`),
		junk: said(`C:\Users\%{user}\Documents\~$%{doc}.docx`),
		keys: settings(`HKU\%{sid}\SOFTWARE\Microsoft\Office\16.0\Common\ReviewCycle\ReviewToken`, "{%{GUID}}",
			`HKU\%{sid}\SOFTWARE\Microsoft\Office\16.0\Word\Reading Locations\Document %{n0-40}\Datetime`, "%{day}T%{clock}"),
	}, 0, 3, 16, 6, 10, 14)
	doSync = newHabit(habit{
		outside: true, ports: []uint16{443}, sites: said("files.example.net", "login.example.net"),
		files: said(`C:\Users\%{user}\OneDrive\%{doc}.docx`, `C:\Users\%{user}\AppData\Local\Microsoft\OneDrive\logs\Business1\SyncEngine-%{day}.%{d4}.odl`),
		junk:  said(`C:\Users\%{user}\AppData\Local\Microsoft\OneDrive\logs\Business1\SyncEngine-%{day}.%{d4}.odl`),
	}, 14, 8, 14, 8, 0, 4)
	doRead = newHabit(habit{
		files: said(`C:\Users\%{user}\AppData\LocalLow\Adobe\Acrobat\DC\ReaderMessages`, `C:\Users\%{user}\AppData\Local\Temp\acrord32_sbx\A9R%{x8}.tmp`),
		junk:  said(`C:\Users\%{user}\AppData\Local\Temp\acrord32_sbx\A9R%{x8}.tmp`),
	}, 0, 0, 4, 3, 0, 6)
	doFetch = newHabit(habit{
		outside: true, ports: []uint16{443, 80}, sites: said("updates.example.com", "cdn.example.net"),
		files: said(`C:\Program Files (x86)\Google\Update\Install\{%{GUID}}\%{d2}.0.4324.%{d3}_chrome_updater.dat`),
	}, 10, 8, 2, 0, 0, 4)
	doAgent = newHabit(habit{
		ports: []uint16{8443, 389}, sites: insideNames,
		files: said(`C:\ProgramData\Example Inventory\queue\%{x12}.json`), junk: said(`C:\ProgramData\Example Inventory\queue\%{x12}.json`),
		keys: settings(`HKLM\SOFTWARE\Example Inventory\LastContact`, "QWORD (0x00000000-0x60%{x6})"),
	}, 14, 6, 12, 12, 6, 3, 6)
	doBackup = newHabit(habit{
		ports: []uint16{445, 9102}, sites: insideNames,
		files: said(`D:\Backup\Catalog\%{host}-%{day}-%{d6}.cat`, `D:\Backup\Volumes\vol%{d6}.bkp`), junk: said(`D:\Backup\Volumes\vol%{d6}.bkp`),
	}, 8, 2, 20, 6)
	doProbe = newHabit(habit{
		ports: []uint16{443, 444, 25, 143, 995}, sites: said("ex01.example.org", "mail.example.org"),
		files: said(exchange + `Logging\Monitoring\Monitoring\MSExchangeHMWorker\ActiveMonitoringTraceLogs\Monitoring_%{day}-%{n1-20}.LOG`),
	}, 40, 4, 10)
	doStore = newHabit(habit{
		ports: []uint16{389, 3268, 3867},
		files: said(exchange+`Mailbox\Mailbox Database 01\E00%{X8}.log`, exchange+`Bin\Search\Ceres\HostController\Data\Events\%{x8}.bin`),
		junk:  said(exchange + `Mailbox\Mailbox Database 01\E00%{X8}.log`),
	}, 10, 0, 20, 8)
	doTransport = newHabit(habit{
		outside: true, ports: []uint16{25}, sites: said("mx.%{word}.example.net", "mx1.%{word}.example.com"),
		files: said(exchange+`TransportRoles\data\Queue\tran%{X8}.jrs`, exchange+`TransportRoles\Logs\MessageTracking\MSGTRKMS%{day}%{n10-23}-1.LOG`),
	}, 20, 10, 8)
)
