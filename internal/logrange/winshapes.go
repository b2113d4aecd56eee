package logrange

// The providers.
var (
	fromSecurity  = &provider{"Microsoft-Windows-Security-Auditing", "54849625-5478-4994-a5ba-3e3b0328c30d", ""}
	fromEventlog  = &provider{"Microsoft-Windows-Eventlog", "fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148", ""}
	fromSysmon    = &provider{"Microsoft-Windows-Sysmon", "5770385f-c22a-43e0-bf4c-06f5698ffbd9", ""}
	fromPS        = &provider{"Microsoft-Windows-PowerShell", "a0c1853b-5c40-4b15-8766-3cf1c58f985a", ""}
	fromPSClassic = &provider{"PowerShell", "", ""}
	fromTasks     = &provider{"Microsoft-Windows-TaskScheduler", "de7b24ea-73c8-4a09-985d-5bdadcfa9017", ""}
	fromDefender  = &provider{"Microsoft-Windows-Windows Defender", "11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78", ""}
	fromServices  = &provider{"Service Control Manager", "555908d1-a6d7-4695-8e1e-26931d2012f4", "Service Control Manager"}
	fromOldLog    = &provider{"EventLog", "", ""}
	fromTime      = &provider{"Microsoft-Windows-Time-Service", "06edcfeb-0fd0-4e53-acca-a6f8bbf81bcb", ""}
	fromUpdates   = &provider{"Microsoft-Windows-WindowsUpdateClient", "945a8954-c147-4acd-923f-40c45405a658", ""}
	fromInstaller = &provider{"MsiInstaller", "", ""}
	fromESENT     = &provider{"ESENT", "", ""}
	fromLicences  = &provider{"Microsoft-Windows-Security-SPP", "e23b33b0-c8c9-472c-a5f9-f2bdfea0f156", "Software Protection Platform Service"}
	fromCmdlets   = &provider{"MSExchange CmdletLogs", "", ""}
	fromUM        = &provider{"MSExchange Unified Messaging", "", ""}
	fromSessions  = &provider{"Microsoft-Windows-TerminalServices-LocalSessionManager", "5d896912-022d-40aa-a3a8-4fa5515c76d7", ""}
	fromRemote    = &provider{"Microsoft-Windows-TerminalServices-RemoteConnectionManager", "c76baa63-ae81-421c-b425-340b4b24157f", ""}
	fromWMI       = &provider{"Microsoft-Windows-WMI-Activity", "1418ef04-b0b4-4623-bf7e-d74ab47bbdaa", ""}
	fromBITS      = &provider{"Microsoft-Windows-Bits-Client", "ef1cc15b-46c1-414e-bb95-e76b077bd51e", ""}
)

const (
	auditSuccess = 0x8020000000000000
	auditFailure = 0x8010000000000000
	classic      = 0x80000000000000
	operational  = 0x8000000000000000
)

func audit(id uint16, version uint8, task uint16, title, fields string) *shape {
	return &shape{
		channel: chSecurity, provider: fromSecurity, id: id, version: version, task: task, keywords: auditSuccess,
		title: title, fields: fieldsOf(fields),
	}
}

func failed(s *shape) *shape {
	f := *s
	f.keywords = auditFailure
	return &f
}

func sysmon(id uint16, version uint8, title, fields string) *shape {
	return &shape{
		channel: chSysmon, provider: fromSysmon, id: id, version: version, level: 4, task: id, keywords: operational,
		title: title, user: true, fields: fieldsOf(fields),
	}
}

func plain(ch channel, from *provider, id uint16, level uint8, title string) *shape {
	return &shape{channel: ch, provider: from, id: id, level: level, task: 0, keywords: classic, title: title}
}

func (s shape) with(change func(*shape)) *shape {
	change(&s)
	return &s
}

const subject = "SubjectUserSid:sid SubjectUserName SubjectDomainName SubjectLogonId:x64 "

// Security. Task numbers are the audit subcategories.
var (
	logonOK = audit(4624, 2, 12544, "An account was successfully logged on.", subject+
		"TargetUserSid:sid TargetUserName TargetDomainName TargetLogonId:x64 LogonType:u32 LogonProcessName "+
		"AuthenticationPackageName WorkstationName LogonGuid:guid TransmittedServices LmPackageName KeyLength:u32 ProcessId:x64 "+
		"ProcessName IpAddress IpPort ImpersonationLevel RestrictedAdminMode TargetOutboundUserName TargetOutboundDomainName "+
		"VirtualAccount TargetLinkedLogonId:x64 ElevatedToken")
	logonFailed = failed(audit(4625, 0, 12544, "An account failed to log on.", subject+
		"TargetUserSid:sid TargetUserName TargetDomainName Status:x32 FailureReason SubStatus:x32 LogonType:u32 LogonProcessName "+
		"AuthenticationPackageName WorkstationName TransmittedServices LmPackageName KeyLength:u32 ProcessId:x64 ProcessName "+
		"IpAddress IpPort"))
	logoff = audit(4634, 0, 12545, "An account was logged off.",
		"TargetUserSid:sid TargetUserName TargetDomainName TargetLogonId:x64 LogonType:u32")
	logonExplicit = audit(4648, 0, 12544, "A logon was attempted using explicit credentials.", subject+
		"LogonGuid:guid TargetUserName TargetDomainName TargetLogonGuid:guid TargetServerName TargetInfo ProcessId:x64 "+
		"ProcessName IpAddress IpPort")
	privileges = audit(4672, 0, 12548, "Special privileges assigned to new logon.", subject+"PrivilegeList")
	processNew = audit(4688, 2, 13312, "A new process has been created.", subject+
		"NewProcessId:x64 NewProcessName TokenElevationType ProcessId:x64 CommandLine TargetUserSid:sid TargetUserName "+
		"TargetDomainName TargetLogonId:x64 ParentProcessName MandatoryLabel:sid")
	processGone   = audit(4689, 0, 13313, "A process has exited.", subject+"Status:x32 ProcessId:x64 ProcessName")
	serviceNewSec = audit(4697, 1, 12289, "A service was installed in the system.", subject+
		"ServiceName ServiceFileName ServiceType:x32 ServiceStartType:u32 ServiceAccount ClientProcessStartKey:u64 "+
		"ClientProcessId:u32 ParentProcessId:u32")
	taskNew = audit(4698, 1, 12804, "A scheduled task was created.", subject+
		"TaskName TaskContent ClientProcessStartKey:u64 ClientProcessId:u32 ParentProcessId:u32 RpcCallClientLocality:u32 FQDN")
	userNew = audit(4720, 0, 13824, "A user account was created.", "TargetUserName TargetDomainName TargetSid:sid "+subject+
		"PrivilegeList SamAccountName DisplayName UserPrincipalName HomeDirectory HomePath ScriptPath ProfilePath "+
		"UserWorkstations PasswordLastSet AccountExpires PrimaryGroupId AllowedToDelegateTo OldUacValue NewUacValue "+
		"UserAccountControl UserParameters SidHistory LogonHours")
	passwordChange = audit(4723, 0, 13824, "An attempt was made to change an account's password.", "TargetUserName TargetDomainName TargetSid:sid "+subject+"PrivilegeList")
	groupGlobal    = audit(4728, 0, 13826, "A member was added to a security-enabled global group.",
		"MemberName MemberSid:sid TargetUserName TargetDomainName TargetSid:sid "+subject+"PrivilegeList")
	groupLocal = audit(4732, 0, 13826, "A member was added to a security-enabled local group.",
		"MemberName MemberSid:sid TargetUserName TargetDomainName TargetSid:sid "+subject+"PrivilegeList")
	userChanged = audit(4738, 0, 13824, "A user account was changed.", "Dummy TargetUserName TargetDomainName TargetSid:sid "+subject+
		"PrivilegeList SamAccountName DisplayName UserPrincipalName HomeDirectory HomePath ScriptPath ProfilePath "+
		"UserWorkstations PasswordLastSet AccountExpires PrimaryGroupId AllowedToDelegateTo OldUacValue NewUacValue "+
		"UserAccountControl UserParameters SidHistory LogonHours")
	ticketTGT = audit(4768, 0, 14339, "A Kerberos authentication ticket (TGT) was requested.",
		"TargetUserName TargetDomainName TargetSid:sid ServiceName ServiceSid:sid TicketOptions:x32 Status:x32 "+
			"TicketEncryptionType:x32 PreAuthType IpAddress IpPort CertIssuerName CertSerialNumber CertThumbprint")
	ticketService = audit(4769, 0, 14337, "A Kerberos service ticket was requested.",
		"TargetUserName TargetDomainName ServiceName ServiceSid:sid TicketOptions:x32 TicketEncryptionType:x32 IpAddress IpPort "+
			"Status:x32 LogonGuid:guid TransmittedServices")
	preauthFailed = failed(audit(4771, 0, 14339, "Kerberos pre-authentication failed.",
		"TargetUserName TargetSid:sid ServiceName TicketOptions:x32 Status:x32 PreAuthType IpAddress IpPort CertIssuerName "+
			"CertSerialNumber CertThumbprint"))
	ntlm          = audit(4776, 0, 14336, "The computer attempted to validate the credentials for an account.", "PackageName TargetUserName Workstation Status:x32")
	groupsOfUser  = audit(4798, 0, 13824, "A user's local group membership was enumerated.", "TargetUserName TargetDomainName TargetSid:sid "+subject+"CallerProcessId:x64 CallerProcessName")
	membersRead   = audit(4799, 0, 13826, "A security-enabled local group membership was enumerated.", "TargetUserName TargetDomainName TargetSid:sid "+subject+"CallerProcessId:x64 CallerProcessName")
	screenLocked  = audit(4800, 0, 12551, "The workstation was locked.", "TargetUserSid:sid TargetUserName TargetDomainName TargetLogonId:x64 SessionId:u32")
	screenOpen    = audit(4801, 0, 12551, "The workstation was unlocked.", "TargetUserSid:sid TargetUserName TargetDomainName TargetLogonId:x64 SessionId:u32")
	directoryUsed = audit(4662, 0, 14080, "An operation was performed on an object.", subject+
		"ObjectServer ObjectType ObjectName OperationType HandleId:x64 AccessList AccessMask:x32 Properties AdditionalInfo AdditionalInfo2")
	directorySet = audit(5136, 0, 14081, "A directory service object was modified.",
		"OpCorrelationID:guid AppCorrelationID "+subject+"DSName DSType ObjectDN ObjectGUID:guid ObjectClass "+
			"AttributeLDAPDisplayName AttributeSyntaxOID AttributeValue OperationType")
	shareUsed = audit(5140, 1, 12808, "A network share object was accessed.", subject+
		"ObjectType IpAddress IpPort ShareName ShareLocalPath AccessMask:x32 AccessList")
	shareFile = audit(5145, 0, 12811, "A network share object was checked to see whether client can be granted desired access.", subject+
		"ObjectType IpAddress IpPort ShareName ShareLocalPath RelativeTargetName AccessMask:x32 AccessList AccessReason")
	packetAllowed = audit(5156, 1, 12810, "The Windows Filtering Platform has permitted a connection.",
		"ProcessID:u64 Application Direction SourceAddress SourcePort DestAddress DestPort Protocol:u32 FilterRTID:u64 LayerName "+
			"LayerRTID:u64 RemoteUserID:sid RemoteMachineID:sid")
	securityCleared = &shape{
		channel: chSecurity, provider: fromEventlog, id: 1102, level: 4, task: 104, keywords: 0x4020000000000000,
		title: "The audit log was cleared.", userData: "LogFileCleared", userDataNS: "http://manifests.microsoft.com/win/2004/08/windows/eventlog",
		fields: fieldsOf(subject),
	}
)

// System.
var (
	serviceState = &shape{
		channel: chSystem, provider: fromServices, id: 7036, qualifiers: 16384, level: 4, keywords: 0x8080000000000000,
		title: "A service entered a state.", fields: fieldsOf("param1 param2"),
	}
	serviceNew = &shape{
		channel: chSystem, provider: fromServices, id: 7045, qualifiers: 16384, level: 4, keywords: 0x8080000000000000, user: true,
		title: "A service was installed in the system.", fields: fieldsOf("ServiceName ImagePath ServiceType StartType AccountName"),
	}
	serviceStart = &shape{
		channel: chSystem, provider: fromServices, id: 7040, qualifiers: 16384, level: 4, keywords: 0x8080000000000000, user: true,
		title: "The start type of a service was changed.", fields: fieldsOf("param1 param2 param3 param4"),
	}
	logCleared = &shape{
		channel: chSystem, provider: fromEventlog, id: 104, level: 4, task: 104, keywords: 0x8000000000000000, user: true,
		title: "A log file was cleared.", userData: "LogFileCleared", userDataNS: "http://manifests.microsoft.com/win/2004/08/windows/eventlog",
		fields: fieldsOf("SubjectUserName SubjectDomainName Channel BackupPath"),
	}
	uptime    = plain(chSystem, fromOldLog, 6013, 4, "The system uptime.").with(func(s *shape) { s.qualifiers = 32768; s.keywords = classic })
	timeFound = &shape{channel: chSystem, provider: fromTime, id: 37, level: 4, keywords: operational, user: true, title: "The time provider is currently receiving valid time data.", fields: fieldsOf("TimeSource")}
	updated   = &shape{channel: chSystem, provider: fromUpdates, id: 19, version: 1, level: 4, task: 1, opcode: 13, keywords: 0x8000000000000018, user: true, title: "Installation successful.", fields: fieldsOf("updateTitle updateGuid:guid updateRevisionNumber:u32 serviceGuid:guid")}
	loading   = &shape{channel: chSystem, provider: fromUpdates, id: 44, version: 1, level: 4, task: 1, opcode: 12, keywords: 0x8000000000002004, user: true, title: "Windows Update started downloading an update.", fields: fieldsOf("updateTitle updateGuid:guid updateRevisionNumber:u32")}
)

// Application.
var (
	installed    = plain(chApplication, fromInstaller, 1033, 4, "Windows Installer installed the product.").with(func(s *shape) { s.user = true })
	databaseOpen = plain(chApplication, fromESENT, 326, 4, "The database engine attached a database.").with(func(s *shape) { s.task = 1 })
	databaseNew  = plain(chApplication, fromESENT, 325, 4, "The database engine created a new database.").with(func(s *shape) { s.task = 1 })
	databaseShut = plain(chApplication, fromESENT, 327, 4, "The database engine detached a database.").with(func(s *shape) { s.task = 1 })
	databaseMove = plain(chApplication, fromESENT, 216, 4, "A database location change was detected.").with(func(s *shape) { s.task = 3 })
	engineNews   = plain(chApplication, fromESENT, 916, 4, "The beta feature is enabled.").with(func(s *shape) { s.task = 1 })
	licence      = plain(chApplication, fromLicences, 16384, 4, "Successfully scheduled Software Protection service for re-start.").with(func(s *shape) { s.qualifiers = 16384 })
	voiceError   = plain(chApplication, fromUM, 1423, 2, "The Unified Messaging server encountered an error.").with(func(s *shape) { s.task = 1 })
)

// Sysmon, as of version 13.
var (
	smProcess = sysmon(1, 5, "Process Create", "RuleName UtcTime ProcessGuid:guid ProcessId:u32 Image FileVersion Description Product "+
		"Company OriginalFileName CommandLine CurrentDirectory User LogonGuid:guid LogonId:x64 TerminalSessionId:u32 IntegrityLevel "+
		"Hashes ParentProcessGuid:guid ParentProcessId:u32 ParentImage ParentCommandLine ParentUser")
	smTimes = sysmon(2, 5, "File creation time changed",
		"RuleName UtcTime ProcessGuid:guid ProcessId:u32 Image TargetFilename CreationUtcTime PreviousCreationUtcTime User")
	smNetwork = sysmon(3, 5, "Network connection detected", "RuleName UtcTime ProcessGuid:guid ProcessId:u32 Image User Protocol "+
		"Initiated:bool SourceIsIpv6:bool SourceIp SourceHostname SourcePort:u16 SourcePortName DestinationIsIpv6:bool DestinationIp "+
		"DestinationHostname DestinationPort:u16 DestinationPortName")
	smExit = sysmon(5, 3, "Process terminated", "RuleName UtcTime ProcessGuid:guid ProcessId:u32 Image User")
	smLoad = sysmon(7, 3, "Image loaded", "RuleName UtcTime ProcessGuid:guid ProcessId:u32 Image ImageLoaded FileVersion Description "+
		"Product Company OriginalFileName Hashes Signed Signature SignatureStatus User")
	smThread = sysmon(8, 2, "CreateRemoteThread detected", "RuleName UtcTime SourceProcessGuid:guid SourceProcessId:u32 SourceImage "+
		"TargetProcessGuid:guid TargetProcessId:u32 TargetImage NewThreadId:u32 StartAddress StartModule StartFunction SourceUser TargetUser")
	smAccess = sysmon(10, 3, "Process accessed", "RuleName UtcTime SourceProcessGUID:guid SourceProcessId:u32 SourceThreadId:u32 "+
		"SourceImage TargetProcessGUID:guid TargetProcessId:u32 TargetImage GrantedAccess:x32 CallTrace SourceUser TargetUser")
	smFile = sysmon(11, 2, "File created", "RuleName UtcTime ProcessGuid:guid ProcessId:u32 Image TargetFilename CreationUtcTime User")
	smKey  = sysmon(12, 2, "Registry object added or deleted", "RuleName EventType UtcTime ProcessGuid:guid ProcessId:u32 Image TargetObject User")
	smSet  = sysmon(13, 2, "Registry value set", "RuleName EventType UtcTime ProcessGuid:guid ProcessId:u32 Image TargetObject Details User")
	smFlow = sysmon(15, 2, "File stream created", "RuleName UtcTime ProcessGuid:guid ProcessId:u32 Image TargetFilename CreationUtcTime Hash Contents User")
	smPipe = sysmon(17, 1, "Pipe Created", "RuleName EventType UtcTime ProcessGuid:guid ProcessId:u32 PipeName Image User")
	smJoin = sysmon(18, 1, "Pipe Connected", "RuleName EventType UtcTime ProcessGuid:guid ProcessId:u32 PipeName Image User")
	smDNS  = sysmon(22, 5, "Dns query", "RuleName UtcTime ProcessGuid:guid ProcessId:u32 QueryName QueryStatus QueryResults Image User")
	smGone = sysmon(26, 5, "File Delete logged", "RuleName UtcTime ProcessGuid:guid ProcessId:u32 User Image TargetFilename Hashes IsExecutable:bool")
)

// PowerShell.
var (
	psModule = &shape{
		channel: chPowerShell, provider: fromPS, id: 4103, version: 1, level: 4, task: 106, opcode: 20, keywords: 0x0, user: true,
		title: "CommandInvocation", fields: fieldsOf("ContextInfo UserData Payload"),
	}
	psScript = &shape{
		channel: chPowerShell, provider: fromPS, id: 4104, version: 1, level: 5, task: 2, opcode: 15, keywords: 0x0, user: true,
		title: "Creating Scriptblock text", fields: fieldsOf("MessageNumber:i32 MessageTotal:i32 ScriptBlockText ScriptBlockId Path"),
	}
	psStarted = plain(chPowerShellClassic, fromPSClassic, 400, 4, "Engine state is changed from None to Available.").with(func(s *shape) { s.task = 4 })
	psStopped = plain(chPowerShellClassic, fromPSClassic, 403, 4, "Engine state is changed from Available to Stopped.").with(func(s *shape) { s.task = 4 })
	psRead    = plain(chPowerShellClassic, fromPSClassic, 600, 4, "Provider is Started.").with(func(s *shape) { s.task = 6 })
	psCommand = plain(chPowerShellClassic, fromPSClassic, 800, 4, "Pipeline execution details.").with(func(s *shape) { s.task = 8 })
)

// The rest.
var (
	taskRegistered = tasks(106, 0, 100, "Task registered", "TaskName UserContext")
	taskStarted    = tasks(100, 0, 100, "Task Started", "TaskName UserContext InstanceId:guid")
	taskAction     = tasks(200, 1, 200, "Action started", "TaskName ActionName TaskInstanceId:guid EnginePID:u32")
	taskDone       = tasks(201, 2, 201, "Action completed", "TaskName TaskInstanceId:guid ActionName ResultCode:u32 EnginePID:u32")
	taskEnded      = tasks(102, 0, 102, "Task completed", "TaskName UserContext InstanceId:guid")

	defHealth = defender(1151, "Endpoint Protection client health report", "Product_Name Platform_version Unused Engine_version "+
		"NRI_engine_version Unused2 AV_security_intelligence_version AS_security_intelligence_version RTP_state OA_state IOAV_state BM_state")
	defUpdated = defender(2000, "Security intelligence version updated", "Product_Name Product_Version Current_security_intelligence_Version "+
		"Previous_security_intelligence_Version Security_intelligence_Type Update_Source User")
	defScan = defender(1001, "Scan finished", "Product_Name Product_Version Scan_ID Scan_Type_Index Scan_Type Scan_Parameters Domain User SID")

	cmdletOK     = plain(chExchange, fromCmdlets, 1, 4, "Cmdlet suceeded.").with(func(s *shape) { s.task = 1; s.qualifiers = 16388 }) //nolint:misspell // Exchange spells it so
	cmdletFailed = plain(chExchange, fromCmdlets, 6, 2, "Cmdlet failed.").with(func(s *shape) { s.task = 1; s.qualifiers = 49156 })

	sessionOn   = session(21, "Session logon succeeded", "User SessionID:u32 Address")
	sessionOff  = session(23, "Session logoff succeeded", "User SessionID:u32")
	remoteLogon = &shape{
		channel: chRemoteLogons, provider: fromRemote, id: 1149, level: 4, keywords: 0x1000000000000000, user: true,
		title: "User authentication succeeded", userData: "EventXML", userDataNS: "Event_NS", fields: fieldsOf("Param1 Param2 Param3"),
	}
	wmiProvider = &shape{
		channel: chWMI, provider: fromWMI, id: 5857, keywords: 0x4000000000000000, user: true, title: "A WMI provider started.",
		userData: "Operation_StartedOperational", userDataNS: "http://manifests.microsoft.com/win/2006/windows/WMI",
		fields: fieldsOf("ProviderName Code:x32 HostProcess ProcessID:u32 ProviderPath"),
	}
	bitsStart = &shape{
		channel: chBITS, provider: fromBITS, id: 59, version: 1, level: 4, opcode: 1, keywords: 0x4000000000000000, user: true,
		title:  "BITS started a transfer job.",
		fields: fieldsOf("transferId:guid name Id:guid url peer fileTime:time fileLength:u64 bytesTotal:u64 bytesTransferred:u64 bytesTransferredFromPeer:u64"),
	}
	bitsDone = bitsStart.with(func(s *shape) {
		s.id, s.opcode, s.title = 60, 2, "BITS stopped a transfer job."
		s.fields = fieldsOf("transferId:guid name Id:guid url peer hr:u32 fileTime:time fileLength:u64 bytesTotal:u64 bytesTransferred:u64 proxy " +
			"peerProtocolFlags:u64 bytesTransferredFromPeer:u64 AdditionalInfoHr:u32 PeerContextInfo:u32 bandwidthLimit:u64 ignoreBandwidthLimitsOnLan:bool")
	})
)

func tasks(id uint16, version uint8, task uint16, title, fields string) *shape {
	return &shape{
		channel: chTasks, provider: fromTasks, id: id, version: version, level: 4, task: task, keywords: operational, user: true,
		title: title, fields: fieldsOf(fields),
	}
}

// defender writes the names with blanks, which the spec cannot hold: underscores stand for them.
func defender(id uint16, title, fields string) *shape {
	s := &shape{
		channel: chDefender, provider: fromDefender, id: id, level: 4, keywords: operational, user: true, title: title,
		fields: fieldsOf(fields),
	}
	for i := range s.fields {
		s.fields[i].name = blanks(s.fields[i].name)
	}
	return s
}

func session(id uint16, title, fields string) *shape {
	return &shape{
		channel: chSessions, provider: fromSessions, id: id, level: 4, keywords: 0x1000000000000000, user: true, title: title,
		userData: "EventXML", userDataNS: "Event_NS", fields: fieldsOf(fields),
	}
}
