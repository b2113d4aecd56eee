package source

import (
	"bytes"
	"strings"

	"entente/internal/event"
)

// Windows events that were brought to the Elastic Common Schema have lost the names of their data, all or some of them:
// winlogbeat and Elastic Agent move the image of a process to process.executable. What was moved where depends on the event.

// commonRank is the rank of fields of the common schema for the header of an event: those of winlog.* come first.
const commonRank = 5

// markOfCommon are the marks of fields of the common schema.
const markOfCommon = markECS | markECSMore | markECSCode | markECSHost | markECSKind

// commonEvent is a kind of Windows events.
type commonEvent struct {
	provider string
	id       uint32
}

// Data by the fields of the common schema. What stands after a colon is how the value was changed: of user the domain was taken
// off, hash is one of several in a field, logon and direction have become words.
const (
	commonSysmon = `rule.name=RuleName process.entity_id=ProcessGuid process.pid=ProcessId process.executable=Image
		user.name=User:user`
	commonSubject = `user.name=SubjectUserName user.domain=SubjectDomainName user.id=SubjectUserSid winlog.logon.id=SubjectLogonId`
	commonTarget  = `user.name=TargetUserName user.domain=TargetDomainName user.id=TargetUserSid winlog.logon.id=TargetLogonId`
	commonLogon   = `winlog.logon.type=LogonType:logon source.ip=IpAddress source.port=IpPort source.domain=WorkstationName
		process.executable=ProcessName process.pid=ProcessId`
	commonAccount = `user.name=SubjectUserName user.domain=SubjectDomainName user.id=SubjectUserSid winlog.logon.id=SubjectLogonId
		user.target.name=TargetUserName user.target.domain=TargetDomainName user.target.id=TargetSid`
	commonGroup = `user.name=SubjectUserName user.domain=SubjectDomainName user.id=SubjectUserSid winlog.logon.id=SubjectLogonId
		group.name=TargetUserName group.domain=TargetDomainName group.id=TargetSid`
	commonTicket = `user.name=TargetUserName user.domain=TargetDomainName source.ip=IpAddress source.port=IpPort service.name=ServiceName`
	commonImage  = `file.path=ImageLoaded dll.path=ImageLoaded file.hash.*=Hashes:hash dll.hash.*=Hashes:hash process.hash.*=Hashes:hash
		file.pe.imphash=Hashes:hash dll.pe.imphash=Hashes:hash file.code_signature.signed=Signed file.code_signature.subject_name=Signature
		file.code_signature.status=SignatureStatus dll.code_signature.signed=Signed dll.code_signature.subject_name=Signature
		dll.code_signature.status=SignatureStatus file.pe.original_file_name=OriginalFileName dll.pe.original_file_name=OriginalFileName
		file.pe.company=Company file.pe.description=Description file.pe.product=Product file.pe.file_version=FileVersion`
	commonFile = `file.path=TargetFilename file.hash.*=Hashes:hash process.hash.*=Hashes:hash`
	commonDial = `network.transport=Protocol source.ip=SourceIp source.domain=SourceHostname source.port=SourcePort
		destination.ip=DestinationIp destination.domain=DestinationHostname destination.port=DestinationPort
		network.direction=Initiated:direction`
)

// commonData says what the fields of the common schema are in Windows events.
var commonData = func() map[commonEvent]map[string]string {
	m := map[commonEvent]map[string]string{}
	for _, row := range [...]struct {
		provider string
		ids      []uint32
		fields   string
	}{
		{sysmonProvider, []uint32{1}, commonSysmon + ` process.command_line=CommandLine process.working_directory=CurrentDirectory
			process.parent.entity_id=ParentProcessGuid process.parent.pid=ParentProcessId process.parent.executable=ParentImage
			process.parent.command_line=ParentCommandLine process.pe.original_file_name=OriginalFileName process.pe.company=Company
			process.pe.description=Description process.pe.file_version=FileVersion process.pe.product=Product
			process.hash.*=Hashes:hash process.pe.imphash=Hashes:hash`},
		{sysmonProvider, []uint32{2, 11, 23, 26, 27, 28, 29}, commonSysmon + " " + commonFile},
		{sysmonProvider, []uint32{3}, commonSysmon + " " + commonDial},
		{sysmonProvider, []uint32{15}, commonSysmon + ` file.path=TargetFilename file.hash.*=Hash:hash`},
		{sysmonProvider, []uint32{5, 24, 25}, commonSysmon},
		{sysmonProvider, []uint32{9}, commonSysmon + ` file.path=Device`},
		{sysmonProvider, []uint32{6, 7}, commonSysmon + " " + commonImage},
		{sysmonProvider, []uint32{8, 10}, `rule.name=RuleName process.entity_id=SourceProcessGuid process.pid=SourceProcessId process.executable=SourceImage
			user.name=SourceUser:user`},
		{sysmonProvider, []uint32{12, 13, 14}, commonSysmon + ` registry.path=TargetObject registry.data.strings=Details`},
		{sysmonProvider, []uint32{17, 18}, commonSysmon + ` file.name=PipeName`},
		{sysmonProvider, []uint32{22}, commonSysmon + ` dns.question.name=QueryName`},
		{securityProvider, []uint32{4688}, commonSubject + ` process.executable=NewProcessName process.command_line=CommandLine
			process.parent.executable=ParentProcessName`},
		{securityProvider, []uint32{4689}, commonSubject + ` process.executable=ProcessName`},
		{securityProvider, []uint32{4624, 4625}, commonTarget + " " + commonLogon},
		{securityProvider, []uint32{4634, 4647}, commonTarget + ` winlog.logon.type=LogonType:logon`},
		{securityProvider, []uint32{4648}, `user.effective.name=TargetUserName user.effective.domain=TargetDomainName source.ip=IpAddress
			source.port=IpPort process.executable=ProcessName`},
		{securityProvider, []uint32{4672, 4697, 4698, 4699, 4700, 4701, 4702, 5140, 5145}, commonSubject +
			` source.ip=IpAddress source.port=IpPort service.name=ServiceName`},
		{"Microsoft-Windows-Eventlog", []uint32{1102}, commonSubject},
		{securityProvider, []uint32{4720, 4722, 4723, 4724, 4725, 4726, 4738, 4740, 4767}, commonAccount},
		{
			securityProvider,
			[]uint32{4727, 4728, 4729, 4730, 4731, 4732, 4733, 4734, 4735, 4737, 4754, 4755, 4756, 4757, 4758, 4764, 4799},
			commonGroup,
		},
		{securityProvider, []uint32{4768, 4769, 4771}, commonTicket},
		{securityProvider, []uint32{4776}, `user.name=TargetUserName`},
		{"Microsoft-Windows-PowerShell", []uint32{4104}, `powershell.file.script_block_text=ScriptBlockText powershell.file.script_block_id=ScriptBlockId
			powershell.sequence=MessageNumber powershell.total=MessageTotal file.path=Path`},
	} {
		fields := map[string]string{}
		for f := range strings.FieldsSeq(row.fields) {
			path, name, _ := strings.Cut(f, "=")
			if dir, ok := strings.CutSuffix(path, "*"); ok {
				for _, kind := range [...]string{"md5", "sha1", "sha256", "imphash"} {
					fields[dir+kind] = name
				}
				continue
			}
			fields[path] = name
		}
		for _, id := range row.ids {
			m[commonEvent{row.provider, id}] = fields
		}
	}
	return m
}()

// commonPaths are all fields of the common schema that are data of some event, and the domain of a user.
var commonPaths = func() map[string]bool {
	m := map[string]bool{"user.domain": true}
	for _, fields := range commonData {
		for path := range fields {
			m[path] = true
		}
	}
	return m
}()

// commonLogs are the logs that Elastic Agent's data sets and winlogbeat's modules are of.
var commonLogs = map[string]string{
	"windows.sysmon_operational": "Microsoft-Windows-Sysmon/Operational", "sysmon": "Microsoft-Windows-Sysmon/Operational",
	"system.security": "Security", "security": "Security", "system.system": "System", "system.application": "Application",
	"windows.powershell": "Windows PowerShell", "windows.powershell_operational": "Microsoft-Windows-PowerShell/Operational",
	"windows.windows_defender": "Microsoft-Windows-Windows Defender/Operational",
}

// commonProof are fields that, beside the program, leave no doubt which event of Windows has a number.
var commonProof = map[uint32][]string{
	1: {"process.command_line", "process.parent.executable"}, 3: {"destination.ip"}, 7: {"dll.path", "file.path"}, 11: {"file.path"},
	12: {"registry.path"}, 13: {"registry.path"}, 14: {"registry.path"}, 22: {"dns.question.name"}, 23: {"file.path"}, 26: {"file.path"},
	4688: {"process.command_line", "process.parent.executable"},
}

// commonLogonWords are types of logons as winlogbeat words them, without blanks.
var commonLogonWords = map[string]string{
	"System": "0", "Interactive": "2", "Network": "3", "Batch": "4", "Service": "5", "Unlock": "7", "NetworkCleartext": "8", "NewCredentials": "9",
	"RemoteInteractive": "10", "CachedInteractive": "11", "CachedRemoteInteractive": "12", "CachedUnlock": "13",
}

// commonSlot is a field of the common schema that is data of an event.
type commonSlot struct {
	from, to uint32
	as       string // how it was changed
	hash     string // what its hash is called in front of it
}

// commonSlots are those of the events of one kind, nil where there are none.
func (d *jsonDecoder) commonSlots(kind commonEvent) []commonSlot {
	slots, ok := d.commons[kind]
	if ok || len(d.commons) >= maxLayouts {
		return slots
	}
	for path, field := range commonData[kind] {
		name, as, _ := strings.Cut(field, ":")
		s := commonSlot{from: d.names.Slot(path), to: d.names.Slot(name), as: as}
		if as == "hash" {
			s.hash = strings.ToUpper(path[strings.LastIndexByte(path, '.')+1:]) + "="
		}
		slots = append(slots, s)
	}
	d.commons[kind] = slots
	return slots
}

// common adds to an event what has been moved from it to fields of the common schema. What the event has is not added again.
func (d *jsonDecoder) common(ev *event.Event) {
	h := &d.head
	if h.rank[roleEventID] == commonRank+1 && ev.EventID != 0 {
		ev.Add(d.names.SystemSlot("EventID"), h.value[roleEventID].Type, h.value[roleEventID].Raw)
	}
	if h.rank[roleProvider] == commonRank+1 {
		ev.Add(d.names.SystemSlot("Provider_Name"), h.value[roleProvider].Type, h.value[roleProvider].Raw)
	}
	// winlogbeat 6 knew no schema: its user.name is of who wrote the log.
	if len(h.common) == 0 || d.parser.marks&(markWinlog|markECSCode) == 0 {
		return
	}
	slots := d.commonSlots(commonEvent{ev.Provider, ev.EventID})
	hashes, from := uint32(0), len(d.arena)
	for _, at := range h.common {
		v := ev.Values[at]
		for i := range slots {
			s := &slots[i]
			if s.from != v.Slot || s.to != hashes && hasSlot(ev, s.to) {
				continue
			}
			if s.as == "hash" {
				if hashes = s.to; len(d.arena) > from {
					d.arena = append(d.arena, ',')
				}
				d.arena = v.AppendText(append(d.arena, s.hash...))
			}
		}
	}
	if hashes != 0 {
		ev.Add(hashes, event.UTF8, d.arena[from:len(d.arena):len(d.arena)])
	}
	for _, at := range h.common {
		v := ev.Values[at]
		for i := range slots {
			s := &slots[i]
			if s.from != v.Slot || s.as == "hash" || hasSlot(ev, s.to) {
				continue
			}
			v := v
			if s.as == "" || d.restore(ev, &v, s.as) {
				v.Slot = s.to
				ev.Values = append(ev.Values, v)
			}
			break
		}
	}
}

// hasSlot says that the event has a value under a slot.
func hasSlot(ev *event.Event, slot uint32) bool {
	for i := range ev.Values {
		if v := &ev.Values[i]; v.Slot == slot && v.Type != event.Null && (len(v.Raw) > 0 || v.Type != event.UTF8) {
			return true
		}
	}
	return false
}

// restore undoes what was done to a value. False where it cannot be undone.
func (d *jsonDecoder) restore(ev *event.Event, v *event.Value, as string) bool {
	if v.IsArray() {
		return false
	}
	var buf [32]byte
	switch text := v.AppendText(buf[:0]); as {
	case "user":
		for _, at := range d.head.common {
			domain := &ev.Values[at]
			if ev.Names.At(domain.Slot).Text != "user.domain" || domain.IsArray() {
				continue
			}
			start := len(d.arena)
			d.arena = append(append(domain.AppendText(d.arena), '\\'), text...)
			v.Raw, v.Type = d.arena[start:len(d.arena):len(d.arena)], event.UTF8
			break
		}
	case "logon":
		if !decimal(text) {
			n, ok := commonLogonWords[string(bytes.ReplaceAll(text, []byte(" "), nil))]
			if !ok {
				return false
			}
			v.Raw, v.Type = []byte(n), event.UTF8
		}
	case "direction":
		switch string(text) {
		case "egress", "outbound":
			v.Raw = []byte("true")
		case "ingress", "inbound":
			v.Raw = []byte("false")
		default:
			return false
		}
		v.Type = event.UTF8
	}
	return true
}
