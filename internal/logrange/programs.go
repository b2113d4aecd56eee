package logrange

import "strings"

// program is an executable as the logs describe it. Its hashes are made up.
type program struct {
	image   string
	name    string // chrome.exe
	desc    string
	product string
	company string
	orig    string
	version string
	hashes  string
	habit   *habit
}

const windowsProduct = "Microsoft® Windows® Operating System"

func newProgram(image, desc, product, company, orig, version string, does *habit) *program {
	name := afterLast(image, `\`)
	r := derive(0, image)
	// Like the digests of real files these differ from each other in every place.
	hashes := "SHA1=" + string(appendHex(nil, r.next(), 40, upperHex)) + ",MD5=" + string(appendHex(nil, r.next(), 32, upperHex)) +
		",SHA256=" + string(appendHex(nil, r.next(), 64, upperHex)) + ",IMPHASH=" + string(appendHex(nil, r.next(), 32, upperHex))
	return &program{image, name, desc, product, company, orig, version, hashes, does}
}

func afterLast(s, sep string) string { return s[strings.LastIndex(s, sep)+1:] }

// ofWindows is a program of Windows itself.
func ofWindows(image, desc, orig string, does *habit) *program {
	return newProgram(image, desc, windowsProduct, "Microsoft Corporation", orig, "10.0.17763.1 (WinBuild.160101.0800)", does)
}

const (
	sys32    = `C:\Windows\System32\`
	exchange = `C:\Program Files\Microsoft\Exchange Server\V15\`
	aspTemp  = `C:\Windows\Microsoft.NET\Framework64\v4.0.30319\Temporary ASP.NET Files\`
	dotNet   = `C:\Windows\Microsoft.NET\Framework64\v4.0.30319\`
)

// Programs of Windows.
var (
	pSystem     = ofWindows("System", "", "", doKernel)
	pWinlogon   = ofWindows(sys32+"winlogon.exe", "Windows Logon Application", "WINLOGON.EXE", doNothing)
	pServices   = ofWindows(sys32+"services.exe", "Services and Controller app", "services.exe", doServices)
	pLsass      = ofWindows(sys32+"lsass.exe", "Local Security Authority Process", "lsass.exe", doLsass)
	pSvchost    = ofWindows(sys32+"svchost.exe", "Host Process for Windows Services", "svchost.exe", doService)
	pSpool      = ofWindows(sys32+"spoolsv.exe", "Spooler SubSystem App", "spoolsv.exe", doSpool)
	pExplorer   = ofWindows(`C:\Windows\explorer.exe`, "Windows Explorer", "EXPLORER.EXE", doExplorer)
	pUserinit   = ofWindows(sys32+"userinit.exe", "Userinit Logon Application", "USERINIT.EXE", doNothing)
	pCtfmon     = ofWindows(sys32+"ctfmon.exe", "CTF Loader", "CTFMON.EXE", doNothing)
	pTaskhost   = ofWindows(sys32+"taskhostw.exe", "Host Process for Windows Tasks", "taskhostw.exe", doTask)
	pDllhost    = ofWindows(sys32+"dllhost.exe", "COM Surrogate", "dllhost.exe", doTask)
	pBroker     = ofWindows(sys32+"RuntimeBroker.exe", "Runtime Broker", "RuntimeBroker.exe", doApp)
	pBackground = ofWindows(sys32+"backgroundTaskHost.exe", "Background Task Host", "backgroundTaskHost.exe", doApp)
	pConhost    = ofWindows(sys32+"conhost.exe", "Console Window Host", "CONHOST.EXE", doNothing)
	pCmd        = ofWindows(sys32+"cmd.exe", "Windows Command Processor", "Cmd.Exe", doNothing)
	pWmiPrvSE   = ofWindows(sys32+`wbem\WmiPrvSE.exe`, "WMI Provider Host", "Wmiprvse.exe", doTask)
	pUso        = ofWindows(sys32+"UsoClient.exe", "UsoClient", "UsoClient", doNothing)
	pWsqmcons   = ofWindows(sys32+"wsqmcons.exe", "Windows SQM Consolidator", "wsqmcons.exe", doNothing)
	pCompat     = ofWindows(sys32+"CompatTelRunner.exe", "Microsoft Compatibility Telemetry", "CompatTelRunner.exe", doTask)
	pDefrag     = ofWindows(sys32+"Defrag.exe", "Disk Defragmenter Module", "Defrag.EXE", doNothing)
	pSppsvc     = ofWindows(sys32+"sppsvc.exe", "Microsoft Software Protection Platform Service", "sppsvc.exe", doTask)
	pWuauclt    = ofWindows(sys32+"wuauclt.exe", "Windows Update", "wuauclt.exe", doNothing)
	pTiWorker   = ofWindows(`C:\Windows\WinSxS\amd64_microsoft-windows-servicingstack_31bf3856ad364e35_10.0.17763.1790_none_7e1c6f7a3d1b2a55\TiWorker.exe`, "Windows Modules Installer Worker", "TiWorker.exe", doUpdate)
	pTrusted    = ofWindows(`C:\Windows\servicing\TrustedInstaller.exe`, "Windows Modules Installer", "TrustedInstaller.exe", doUpdate)
	pMsiexec    = ofWindows(sys32+"msiexec.exe", "Windows® installer", "msiexec.exe", doInstall)
	pSearch     = ofWindows(sys32+"SearchIndexer.exe", "Microsoft Windows Search Indexer", "SearchIndexer.exe", doSearch)
	pSearchProt = ofWindows(sys32+"SearchProtocolHost.exe", "Microsoft Windows Search Protocol Host", "SearchProtocolHost.exe", doNothing)
	pSmart      = ofWindows(sys32+"smartscreen.exe", "Windows Defender SmartScreen", "smartscreen.exe", doApp)
	pAudiodg    = ofWindows(sys32+"audiodg.exe", "Windows Audio Device Graph Isolation", "audiodg.exe", doNothing)
	pNotepad    = ofWindows(sys32+"notepad.exe", "Notepad", "NOTEPAD.EXE", doNotepad)
	pCalc       = ofWindows(sys32+"win32calc.exe", "Windows Calculator", "WIN32CALC.EXE", doNothing)
	pSplwow     = ofWindows(`C:\Windows\splwow64.exe`, "Print driver host for applications", "splwow64.exe", doNothing)
	pMMC        = ofWindows(sys32+"mmc.exe", "Microsoft Management Console", "mmc.exe", doTask)
	pRdpclip    = ofWindows(sys32+"rdpclip.exe", "RDP Clipboard Monitor", "rdpclip.exe", doNothing)
	pPowerShell = ofWindows(sys32+`WindowsPowerShell\v1.0\powershell.exe`, "Windows PowerShell", "PowerShell.EXE", doScript)
	pNetsh      = ofWindows(sys32+"netsh.exe", "Network Command Shell", "netsh.exe", doNothing)
	pNet        = ofWindows(sys32+"net.exe", "Net Command", "net.exe", doNothing)
	pNet1       = ofWindows(sys32+"net1.exe", "Net Command", "net1.exe", doNothing)
	pWhoami     = ofWindows(sys32+"whoami.exe", "whoami - displays logged on user information", "whoami.exe", doNothing)
	pIpconfig   = ofWindows(sys32+"ipconfig.exe", "IP Configuration Utility", "ipconfig.exe", doNothing)
	pTasklist   = ofWindows(sys32+"tasklist.exe", "Lists the current running tasks", "tasklist.exe", doNothing)
	pQuser      = ofWindows(sys32+"quser.exe", "Query User Utility", "quser.exe", doNothing)
	pNltest     = ofWindows(sys32+"nltest.exe", "Microsoft® Logon Server Test Utility", "nltestrk.exe", doNothing)
	pSysteminfo = ofWindows(sys32+"systeminfo.exe", "Displays system information", "sysinfo.exe", doNothing)
	pPing       = ofWindows(sys32+"PING.EXE", "TCP/IP Ping Command", "ping.exe", doNothing)
	pRundll     = ofWindows(sys32+"rundll32.exe", "Windows host process (Rundll32)", "RUNDLL32.EXE", doNothing)
	pRegsvr     = ofWindows(sys32+"regsvr32.exe", "Microsoft(C) Register Server", "REGSVR32.EXE", doNothing)
	pMshta      = ofWindows(sys32+"mshta.exe", "Microsoft (R) HTML Application host", "MSHTA.EXE", doNothing)
	pReg        = ofWindows(sys32+"reg.exe", "Registry Console Tool", "reg.exe", doNothing)
	pSchtasks   = ofWindows(sys32+"schtasks.exe", "Task Scheduler Configuration Tool", "schtasks.exe", doNothing)
	pWevtutil   = ofWindows(sys32+"wevtutil.exe", "Eventing Command Line Utility", "wevtutil.exe", doNothing)
	pNtdsutil   = ofWindows(sys32+"ntdsutil.exe", "NT5DS", "ntdsutil.exe", doNothing)
	pCertutil   = ofWindows(sys32+"certutil.exe", "CertUtil.exe", "CertUtil.exe", doNothing)
	pBitsadmin  = ofWindows(sys32+"bitsadmin.exe", "BITS administration utility", "bitsadmin.exe", doNothing)
	pAttrib     = ofWindows(sys32+"attrib.exe", "Attribute Utility", "ATTRIB.EXE", doNothing)
	pW3wp       = ofWindows(sys32+`inetsrv\w3wp.exe`, "IIS Worker Process", "w3wp.exe", doPool)
	pCsc        = newProgram(dotNet+"csc.exe", "Visual C# Command Line Compiler", "Microsoft® .NET Framework", "Microsoft Corporation", "csc.exe", "4.7.3190.0 built by: NET472REL1LAST_C", doNothing)
	pCvtres     = newProgram(dotNet+"cvtres.exe", "Microsoft® Resource File To COFF Object Conversion Utility", "Microsoft® .NET Framework", "Microsoft Corporation", "CVTRES.EXE", "14.00.50727.1", doNothing)
	pNgen       = newProgram(dotNet+"ngen.exe", "Microsoft Common Language Runtime native compiler", "Microsoft® .NET Framework", "Microsoft Corporation", "ngen.exe", "4.7.3190.0 built by: NET472REL1LAST_C", doNothing)
	pDNS        = ofWindows(sys32+"dns.exe", "Domain Name System (DNS) Server", "dns.exe", doDNSServer)
	pDFSR       = ofWindows(sys32+"dfsrs.exe", "Distributed File System Replication", "dfsrs.exe", doService)
	pVssvc      = ofWindows(sys32+"VSSVC.exe", "Microsoft® Volume Shadow Copy Service", "VSSVC.EXE", doNothing)
	pMsMpEng    = newProgram(`C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.2101.9-0\MsMpEng.exe`, "Antimalware Service Executable", windowsProduct, "Microsoft Corporation", "MsMpEng.exe", "4.18.2101.9 (GitEnlistment(winpbld).210106-1534)", doAntivirus)
	pMpCmdRun   = newProgram(`C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.2101.9-0\MpCmdRun.exe`, "Microsoft Malware Protection Command Line Utility", windowsProduct, "Microsoft Corporation", "MpCmdRun.exe", "4.18.2101.9 (GitEnlistment(winpbld).210106-1534)", doNothing)
	pSysmon     = newProgram(`C:\Windows\Sysmon64.exe`, "System activity monitor", "Sysinternals Sysmon", "Sysinternals - www.sysinternals.com", "-", "13.02", doNothing)
)

// Programs that people and administrators installed.
var (
	pChrome   = newProgram(`C:\Program Files\Google\Chrome\Application\chrome.exe`, "Google Chrome", "Google Chrome", "Google LLC", "chrome.exe", "88.0.4324.190", doBrowse)
	pFirefox  = newProgram(`C:\Program Files\Mozilla Firefox\firefox.exe`, "Firefox", "Firefox", "Mozilla Corporation", "firefox.exe", "86.0", doBrowse)
	pEdge     = newProgram(`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`, "Microsoft Edge", "Microsoft Edge", "Microsoft Corporation", "msedge.exe", "88.0.705.81", doBrowse)
	pGUpdate  = newProgram(`C:\Program Files (x86)\Google\Update\GoogleUpdate.exe`, "Google Installer", "Google Update", "Google LLC", "GoogleUpdate.exe", "1.3.36.72", doFetch)
	pOutlook  = office("OUTLOOK.EXE", "Microsoft Outlook", doMail)
	pWord     = office("WINWORD.EXE", "Microsoft Word", doOffice)
	pExcel    = office("EXCEL.EXE", "Microsoft Excel", doOffice)
	pPoint    = office("POWERPNT.EXE", "Microsoft PowerPoint", doOffice)
	pC2R      = newProgram(`C:\Program Files\Common Files\Microsoft Shared\ClickToRun\OfficeC2RClient.exe`, "Microsoft Office Click-to-Run Client", "Microsoft Office", "Microsoft Corporation", "OfficeC2RClient.exe", "16.0.13628.20274", doFetch)
	pTeams    = newProgram(`C:\Program Files (x86)\Microsoft\Teams\current\Teams.exe`, "Microsoft Teams", "Microsoft Teams", "Microsoft Corporation", "Teams.exe", "1.4.00.4167", doBrowse)
	pOneDrive = newProgram(`C:\Program Files\Microsoft OneDrive\OneDrive.exe`, "Microsoft OneDrive", "Microsoft OneDrive", "Microsoft Corporation", "OneDrive.exe", "21.016.0124.0003", doSync)
	pReader   = newProgram(`C:\Program Files (x86)\Adobe\Acrobat Reader DC\Reader\AcroRd32.exe`, "Adobe Acrobat Reader DC", "Adobe Acrobat Reader DC", "Adobe Systems Incorporated", "AcroRd32.exe", "21.1.20138.422357", doRead)
	pARM      = newProgram(`C:\Program Files (x86)\Common Files\Adobe\ARM\1.0\AdobeARM.exe`, "Adobe Reader and Acrobat Manager", "Adobe Reader and Acrobat Manager", "Adobe Inc.", "AdobeARM.exe", "1.824.42.4990", doFetch)
	pZipper   = newProgram(`C:\Program Files\7-Zip\7zFM.exe`, "7-Zip File Manager", "7-Zip", "Igor Pavlov", "7zFM.exe", "19.00", doNotepad)
	pAgent    = newProgram(`C:\Program Files\Example Inventory\agent.exe`, "Example Inventory Agent", "Example Inventory", "Example Software", "agent.exe", "5.2.1.0", doAgent)
	pBackup   = newProgram(`C:\Program Files\Example Backup\backupd.exe`, "Example Backup Engine", "Example Backup", "Example Software", "backupd.exe", "11.4.0.220", doBackup)
)

func office(name, desc string, does *habit) *program {
	return newProgram(`C:\Program Files\Microsoft Office\root\Office16\`+name, desc, "Microsoft Office", "Microsoft Corporation", name, "16.0.13628.20274", does)
}

func ofExchange(path, desc string, does *habit) *program {
	name := afterLast(path, `\`)
	return newProgram(exchange+path, desc, "Microsoft® Exchange", "Microsoft Corporation", name, "15.01.2106.002", does)
}

// Programs of Exchange.
var (
	pHMHost   = ofExchange(`Bin\MSExchangeHMHost.exe`, "Microsoft Exchange Health Manager", doNothing)
	pHMWorker = ofExchange(`Bin\MSExchangeHMWorker.exe`, "Microsoft Exchange Health Manager Worker", doProbe)
	pStore    = ofExchange(`Bin\Microsoft.Exchange.Store.Worker.exe`, "Microsoft Exchange Information Store Worker", doStore)
	pEdgeTr   = ofExchange(`Bin\EdgeTransport.exe`, "Microsoft Exchange Transport Worker", doTransport)
	pVoice    = ofExchange(`Bin\UMWorkerProcess.exe`, "Microsoft Exchange Unified Messaging Worker Process", doNothing)
	pReplica  = ofExchange(`Bin\MSExchangeMailboxReplication.exe`, "Microsoft Exchange Mailbox Replication Service", doNothing)
	pNode     = ofExchange(`Bin\Search\Ceres\Runtime\1.0\noderunner.exe`, "Search Host Controller Node Runner", doStore)
)

// Programs of intruders. What a tool calls itself stays with it when it is renamed.
var (
	pProcdump = newProgram(`C:\Windows\Temp\procdump.exe`, "Sysinternals process dump utility", "ProcDump", "Sysinternals - www.sysinternals.com", "procdump", "10.0", doNothing)
	pDump64   = newProgram(`C:\Windows\Temp\procdump64.exe`, "Sysinternals process dump utility", "ProcDump", "Sysinternals - www.sysinternals.com", "procdump", "10.0", doNothing)
	pPsExec   = newProgram(`C:\Windows\PSEXESVC.exe`, "PsExec Service", "Sysinternals PsExec", "Sysinternals", "psexesvc.exe", "2.2", doNothing)
)

// library is a DLL of Windows.
type library struct{ file, desc, orig, hashes string }

func newLibrary(file, desc string) *library {
	p := ofWindows(sys32+file, desc, file, nil)
	return &library{p.image, desc, file, p.hashes}
}

var libraries = []*library{
	newLibrary("ntdll.dll", "NT Layer DLL"), newLibrary("kernel32.dll", "Windows NT BASE API Client DLL"),
	newLibrary("KernelBase.dll", "Windows NT BASE API Client DLL"), newLibrary("msvcrt.dll", "Windows NT CRT DLL"),
	newLibrary("sechost.dll", "Host for SCM/SDDL/LSA Lookup APIs"), newLibrary("rpcrt4.dll", "Remote Procedure Call Runtime"),
	newLibrary("user32.dll", "Multi-User Windows USER API Client DLL"), newLibrary("gdi32.dll", "GDI Client DLL"),
	newLibrary("win32u.dll", "Win32u"), newLibrary("combase.dll", "Microsoft COM for Windows"),
	newLibrary("ole32.dll", "Microsoft OLE for Windows"), newLibrary("oleaut32.dll", "OLEAUT32.DLL"),
	newLibrary("shlwapi.dll", "Shell Light-weight Utility Library"), newLibrary("shell32.dll", "Windows Shell Common Dll"),
	newLibrary("SHCore.dll", "SHCORE"), newLibrary("advapi32.dll", "Advanced Windows 32 Base API"),
	newLibrary("imm32.dll", "Multi-User Windows IMM32 API Client DLL"), newLibrary("uxtheme.dll", "Microsoft UxTheme Library"),
	newLibrary("ws2_32.dll", "Windows Socket 2.0 32-Bit DLL"), newLibrary("crypt32.dll", "Crypto API32"),
	newLibrary("bcrypt.dll", "Windows Cryptographic Primitives Library"), newLibrary("dnsapi.dll", "DNS Client API DLL"),
	newLibrary("IPHLPAPI.DLL", "IP Helper API"), newLibrary("winhttp.dll", "Windows HTTP Services"),
}
