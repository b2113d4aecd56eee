package source

import (
	"slices"
	"strings"
	"unicode"

	"entente/internal/sheet"
)

// A table whose columns are fields of Windows events is read as the same record would be in JSON: each column is a path, and
// what becomes of the path is in jsonwindows.go. Here is which path a column is: exporters of tables spell names in more
// ways than those of JSON do, with blanks, underscores and slashes, and some use words of their own.

// columnUse says what else there is to a column than its path.
type columnUse uint16

const (
	columnEventID columnUse = 1 << iota
	columnNumber            // a whole number, which spreadsheets write as 4,688 and data frames as 4688.0
	columnLog               // the name of a log, perhaps as the path of its file or in short
	columnObject            // may hold an object of JSON: the members of its path
	columnRecord            // may hold a whole record, as JSON or XML
	columnList              // several values with commas between
	columnPairs             // NAME: value ¦ NAME: value
	columnSource            // Splunk's source, which may tell the log
	columnDash              // a dash is a value where it is none in other columns
)

// columnSpec is what a column of a table of Windows events is.
type columnSpec struct {
	path string    // as in JSON; "" where the column is left out
	name *jsonName // what the path means, where that is not for the shape to say
	mark uint64    // what a name says about its record
	use  columnUse
}

// named is the column that is a field of the envelope by a name of the exporter's own.
func named(name string) columnSpec {
	n := system(name)
	s := columnSpec{path: "\x00" + name, name: &n}
	switch name {
	case "Message":
		n = message
	case "EventID":
		s.mark, s.use = markEventID, columnEventID|columnNumber
	case "EventRecordID", "Execution_ProcessID", "Execution_ThreadID", "Version", "Task", "Opcode", "EventID_Qualifiers":
		s.use = columnNumber
	case "Channel":
		s.mark, s.use = markChannel, columnLog
	case "Provider_Name":
		s.mark = markProvider
	}
	return s
}

// Columns of exporters that use words of their own, squashed, and the fields of the envelope that they are. Columns with
// nothing are what the tool adds of its own, in other words than the event's.
var (
	evtxECmdColumns = map[string]string{
		"eventrecordid": "EventRecordID", "timecreated": "TimeCreated", "eventid": "EventID", "level": "Level",
		"provider": "Provider_Name", "channel": "Channel", "processid": "Execution_ProcessID",
		"threadid": "Execution_ThreadID", "computer": "Computer", "userid": "Security_UserID", "keywords": "Keywords",
		"recordnumber": "", "chunknumber": "", "mapdescription": "", "username": "", "remotehost": "", "payloaddata1": "",
		"payloaddata2": "", "payloaddata3": "", "payloaddata4": "", "payloaddata5": "", "payloaddata6": "",
		"executableinfo": "", "hiddenrecord": "", "sourcefile": "", "extradataoffset": "",
	}
	winEventColumns = map[string]string{
		"id": "EventID", "version": "Version", "qualifiers": "EventID_Qualifiers", "level": "Level", "task": "Task",
		"opcode": "Opcode", "keywords": "Keywords", "recordid": "EventRecordID", "providername": "Provider_Name",
		"providerid": "Provider_Guid", "logname": "Channel", "processid": "Execution_ProcessID",
		"threadid": "Execution_ThreadID", "machinename": "Computer", "userid": "Security_UserID",
		"timecreated": "TimeCreated", "activityid": "Correlation_ActivityID",
		"relatedactivityid": "Correlation_RelatedActivityID", "leveldisplayname": "LevelDisplayName",
		"opcodedisplayname": "OpcodeDisplayName", "taskdisplayname": "TaskDisplayName",
		"keywordsdisplaynames": "KeywordsDisplayNames", "message": "Message", "description": "Message", "containerlog": "", "matchedqueryids": "",
		"bookmark": "", "properties": "", "pscomputername": "", "runspaceid": "",
	}
	// As Event Viewer saves them, in the languages of which the words are known.
	eventViewerColumns = map[string]string{
		"level": "Level", "dateandtime": "TimeCreated", "source": "Provider_Name", "eventid": "EventID",
		"taskcategory": "TaskDisplayName", "keywords": "KeywordsDisplayNames", "log": "Channel", "computer": "Computer",
		"user": "Security_UserID", "opcode": "OpcodeDisplayName", "description": "Message", "message": "Message", "": "Message",

		"ebene": "Level", "datumunduhrzeit": "TimeCreated", "quelle": "Provider_Name", "ereignisid": "EventID",
		"aufgabenkategorie": "TaskDisplayName", "schlüsselwörter": "KeywordsDisplayNames",

		"niveau": "Level", "dateetheure": "TimeCreated", "iddelévénement": "EventID", "iddel’événement": "EventID",
		"catégoriedelatâche": "TaskDisplayName", "motsclés": "KeywordsDisplayNames",

		"nivel": "Level", "fechayhora": "TimeCreated", "origen": "Provider_Name", "iddelevento": "EventID",
		"categoríadelatarea": "TaskDisplayName", "palabrasclave": "KeywordsDisplayNames",

		"livello": "Level", "dataeora": "TimeCreated", "origine": "Provider_Name", "idevento": "EventID",
		"categoriaattività": "TaskDisplayName", "parolechiave": "KeywordsDisplayNames",
	}
	// Get-EventLog of PowerShell.
	eventLogColumns = map[string]string{
		"eventid": "EventID", "source": "Provider_Name", "machinename": "Computer", "index": "EventRecordID", "message": "Message",
		"timegenerated": "TimeCreated", "username": "Security_UserID", "category": "TaskDisplayName", "categorynumber": "Task",
		"entrytype": "LevelDisplayName", "log": "Channel", "logname": "Channel", "replacementstrings": "", "data": "", "site": "",
		"container": "", "pscomputername": "", "runspaceid": "",
	}
	// FullEventLogView of NirSoft.
	fullEventLogColumns = map[string]string{
		"eventtime": "TimeCreated", "recordid": "EventRecordID", "eventid": "EventID", "level": "Level", "channel": "Channel",
		"provider": "Provider_Name", "description": "Message", "opcode": "Opcode", "task": "Task", "keywords": "Keywords",
		"processid": "Execution_ProcessID", "threadid": "Execution_ThreadID", "computer": "Computer", "user": "Security_UserID",
	}
)

// tableColumns is what the header of a table of events says.
type tableColumns struct {
	specs []columnSpec
	extra *columnSpec // of what stands behind the last column that has a name
	id    bool        // there is an event id
	sure  bool        // rows with an event id are Windows events; else their log must say so
	dash  bool        // a dash is a value that is not there
	own   bool        // from this program: rows say what they are
	ecs   bool        // fields of the Elastic Common Schema
	short bool        // logs have short names
	lacks string      // what is missing for rules to run on any row
}

// columnsOfEvents says what the columns of a table are, nil where its rows can be no Windows events. squashed are the names, see
// [squash].
func columnsOfEvents(columns, squashed []string) *tableColumns {
	t := tableOf(columns, squashed)
	if !t.id && !t.ecs && !t.own && !t.holds() {
		return nil
	}
	return t
}

func tableOf(columns, squashed []string) *tableColumns {
	t := &tableColumns{specs: make([]columnSpec, len(columns))}
	var words map[string]string
	switch {
	case hasColumns(squashed, ownColumns[:]...):
		return t.ours(columns, squashed)
	case hasColumns(squashed, "eventrecordid", "eventid", "timecreated", "provider", "channel", "payload"):
		return t.evtxECmd(columns, squashed)
	case columnOf(squashed, "eventid") < 0 && columnOf(squashed, "id") >= 0 &&
		columnOf(squashed, "timecreated", "recordid", "eventrecordid", "providername", "machinename") >= 0 &&
		columnOf(squashed, "providername", "logname", "message", "leveldisplayname") >= 0,
		len(squashed) < 8 && hasColumns(squashed, "id", "source") && columnOf(squashed, "description", "message") >= 0:
		words = winEventColumns
		t.sure = hasColumns(squashed, "providername", "logname") || hasColumns(squashed, "providername", "timecreated", "message")
	case hasColumns(squashed, "dateandtime", "source", "eventid"), hasColumns(squashed, "datumunduhrzeit", "quelle", "ereignisid"),
		hasColumns(squashed, "dateetheure", "source") && columnOf(squashed, "iddelévénement", "iddel’événement") >= 0,
		hasColumns(squashed, "fechayhora", "origen", "iddelevento"), hasColumns(squashed, "dataeora", "origine", "idevento"):
		words = eventViewerColumns
		t.sure = true
		if columnOf(squashed, "", "description", "message") < 0 {
			s := named("Message")
			t.extra = &s
		}
	case hasColumns(squashed, "eventid", "source", "machinename", "timegenerated") && columnOf(squashed, "entrytype", "instanceid") >= 0:
		words = eventLogColumns
		t.sure = true
	case hasColumns(squashed, "eventtime", "recordid", "eventid", "channel", "provider", "description"):
		words = fullEventLogColumns
		t.sure = true
	}
	c := columnNamer{squashed: squashed, words: words}
	c.look(columns)
	if words == nil && c.hayabusa {
		t.short = true
	}
	t.dash = c.beat || c.common
	for i := range columns {
		t.specs[i] = c.spec(columns[i], i)
	}
	t.judge(squashed)
	return t
}

// ownColumns are how tables begin that entente events prints.
var ownColumns = [...]string{"time", "host", "source", "channel", "provider", "eventid", "recordid", "file", "offset"}

// ours are the columns of what entente events has printed: a record in the last, or some of its fields.
func (t *tableColumns) ours(columns, squashed []string) *tableColumns {
	t.own = true
	whole := len(columns) == len(ownColumns)+1 && squashed[len(ownColumns)] == "event"
	if whole {
		t.specs[len(ownColumns)] = recordColumn("event")
		return t
	}
	t.id, t.sure = true, true
	c := columnNamer{}
	for i := range columns {
		switch {
		case i >= len(ownColumns):
			path := string(sheet.Unescape([]byte(columns[i])))
			t.specs[i] = columnSpec{path: path, use: c.use(path) &^ columnNumber}
		case squashed[i] == "channel":
			t.specs[i] = named("Channel")
		case squashed[i] == "provider":
			t.specs[i] = named("Provider_Name")
		case squashed[i] == "eventid":
			t.specs[i] = named("EventID")
		case squashed[i] == "recordid":
			t.specs[i] = named("EventRecordID")
		case squashed[i] == "host":
			t.specs[i] = named("Computer")
		case squashed[i] == "time":
			t.specs[i] = named("TimeCreated")
		case squashed[i] == "source":
			t.specs[i] = columnSpec{use: columnSource}
		}
	}
	return t
}

// evtxECmd are the columns of EvtxECmd, which has the data of the event as JSON in the column Payload.
func (t *tableColumns) evtxECmd(columns, squashed []string) *tableColumns {
	t.id, t.sure = true, true
	for i, c := range columns {
		switch name, ok := evtxECmdColumns[squashed[i]]; {
		case squashed[i] == "payload":
			t.specs[i] = columnSpec{path: "Event", name: &jsonName{name: c}, use: columnObject}
		case ok && name == "":
		case ok:
			t.specs[i] = columnSpec{path: "Event.System." + name, use: named(name).use}
		default:
			t.specs[i] = columnSpec{path: c}
		}
	}
	return t
}

// judge says how sure the names of the columns make that rows with an event id are Windows events.
func (t *tableColumns) judge(squashed []string) {
	var (
		channel, provider, nested bool
		hints, data               int
		all, beat                 uint64
		seen                      = map[string]bool{}
	)
	for i := range t.specs {
		s := &t.specs[i]
		m := s.mark | markOf(s.path)
		all |= m
		t.id = t.id || s.use&columnEventID != 0
		nested = nested || m&(markEventSystem|markSystem|markWazuh|markWinlog) != 0
		beat |= m & (markBeatID | markBeatData)
		channel = channel || m&markChannel != 0
		provider = provider || m&markProvider != 0
		name := s.path
		if s.name != nil && s.name.label != nil {
			name = s.name.label.field()
		}
		switch {
		case seen[squashed[i]]:
		case surelyWindows[name]:
			data++
		case windowsHints[name], s.name != nil && windowsHints[s.name.name]:
			hints++
		}
		seen[squashed[i]] = true
	}
	t.ecs = all&markECS != 0 && all&markECSMore != 0
	nested = nested || beat == markBeatID|markBeatData
	t.id = t.id || nested
	t.sure = t.sure || nested || t.id && (channel && provider || (channel || provider) && hints+data > 1 || data > 1)
	switch {
	case t.id, t.ecs, all&markDefenderAction != 0, slices.ContainsFunc(t.specs, func(s columnSpec) bool { return s.use&columnRecord != 0 && !strings.EqualFold(s.path, "message") }):
	case data > 1:
		t.lacks = lacksEventID
	default:
		t.lacks = commonLacks(all)
	}
}

// lacksEventID is said of records that have data of Windows events and do not tell which event they are.
const lacksEventID = "there are fields of Windows events, but not the number of the event (EventID, EventCode): rules for Windows do not run on these records"

// holds says that a column may hold a record.
func (t *tableColumns) holds() bool {
	for i := range t.specs {
		if t.specs[i].use&(columnRecord|columnObject) != 0 {
			return true
		}
	}
	return false
}

var (
	// surelyWindows are names of data that nothing else has.
	surelyWindows = namesOf(`CommandLine ParentImage ParentCommandLine ProcessGuid ParentProcessGuid TargetUserName TargetUserSid SubjectUserName
		SubjectUserSid SubjectLogonId TargetFilename TargetObject ImageLoaded ScriptBlockText NewProcessName ParentProcessName LogonType
		UtcTime IntegrityLevel TargetImage SourceImage GrantedAccess QueryName PipeName OriginalFileName ServiceFileName RelativeTargetName
		TicketEncryptionType PrivilegeList WorkstationName`)
	// windowsHints are names of the envelope that few other tables have.
	windowsHints = namesOf(`Computer ComputerName MachineName EventRecordID RecordNumber RecordId EventRecordId RecordID TimeCreated SystemTime
		TimeGenerated Opcode Keywords ProviderGuid Provider_Guid EventData UserData Execution_ProcessID Execution_ThreadID Security_UserID
		Correlation_ActivityID EventID_Qualifiers EventReceivedTime`)
)

// columnNamer finds the paths of the columns of a table.
type columnNamer struct {
	squashed []string
	words    map[string]string // of the exporter's own
	common   bool              // fields of the Elastic Common Schema
	beat     bool              // winlogbeat or Elastic Agent: names in small letters with dots
	splunk   bool
	id       bool // there is a column that can only be the event id
	hayabusa bool
	provider bool // there is a column that can only be the provider
	data     bool // there is data of the event in columns of its own
}

// look notes what of the header has a say in what single columns are.
func (c *columnNamer) look(columns []string) {
	for _, name := range columns {
		n := trimmedColumn(name)
		c.common = c.common || markOf(n)&markOfCommon != 0
		if strings.HasPrefix(n, "winlog.") || strings.HasPrefix(n, "event_data.") || strings.HasPrefix(n, "winlogbeat_") || strings.HasPrefix(n, "winlog_") {
			c.beat = true
		}
		switch n := squash(n); {
		case n == "sourcetype", name == "_time":
			c.splunk = true
		case n == "eventid", n == "eventcode":
			c.id = true
		case n == "sourcename", n == "provider", n == "eventsource", n == "eventprovider", n == "eventsourcename":
			c.provider = true
		case tellingFields[n]:
			c.data = true
		}
	}
	c.hayabusa = hasColumns(c.squashed, "ruletitle", "computer", "channel", "eventid") || columnOf(c.squashed, "allfieldinfo") >= 0
}

// spec says what a column is.
func (c *columnNamer) spec(name string, i int) columnSpec {
	sq := c.squashed[i]
	if sys, ok := c.words[sq]; ok && (sq != "processid" || !c.data) {
		if sys == "" {
			return columnSpec{}
		}
		return named(sys)
	}
	switch sq {
	case "":
		return columnSpec{path: columnName(i)}
	case "providername":
		if !c.provider && !c.beat {
			return named("Provider_Name")
		}
	case "source":
		switch {
		case c.splunk:
			return columnSpec{path: name, use: columnSource}
		case !c.provider && !c.beat:
			return named("Provider_Name")
		}
	case "sourcetype":
		return columnSpec{path: name, use: columnSource}
	case "id":
		if c.id { // of something that the event tells of
			return columnSpec{path: "\x00" + name, name: &jsonName{name: name}}
		}
	case "allfieldinfo", "extrafieldinfo":
		return columnSpec{path: name, use: columnPairs}
	}
	path, utc := c.path(name)
	if l := c.label(name); l != nil {
		n := flatName(path)
		n.role, n.label = roleLabel, l
		s := columnSpec{path: labelName(l.text), name: &n, use: c.use(path)}
		if field := l.field(); field != "" {
			s.use |= c.use(field)
		}
		return s
	}
	s := columnSpec{path: path, use: c.use(path)}
	if !c.beat {
		switch flatName(path).role {
		case roleEventID:
			s.mark = markEventID
		case roleChannel:
			s.mark = markChannel
		case roleProvider:
			s.mark = markProvider
		default:
		}
	}
	switch {
	case xmlColumns[sq]:
		return recordColumn(name)
	case utc:
		n := flatName(path)
		n.utc = true
		if n.role == roleTime {
			s.path, s.name = "\x00"+path, &n
		}
	case recordColumns[sq] && markOf(path)&markText == 0:
		return recordColumn(name)
	case recordColumns[sq]:
		s.use |= columnRecord
	}
	return s
}

// label is the label of messages that a column is called as, nil where it is none: New_Process_Name, or with blanks.
func (c *columnNamer) label(name string) *messageLabel {
	n := trimmedColumn(name)
	if c.beat || envelopeWords[squash(n)] != "" {
		return nil
	}
	return labels[labelName(n)]
}

// recordColumn is a column that may hold a record and is a field of its own name where it does not.
func recordColumn(name string) columnSpec {
	return columnSpec{path: "\x00" + name, name: &jsonName{name: name, role: roleXML}, mark: markText, use: columnRecord}
}

// trimmedColumn takes from a name what exporters put around it: where in a document the field stood, its index, its zone.
func trimmedColumn(name string) string {
	name = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(name), "_source."), ".keyword")
	if i := strings.LastIndex(name, " ["); i > 0 && strings.HasSuffix(name, "]") {
		name = name[:i]
	}
	return name
}

// path is the path that a column is, and whether its name says that it is a time in UTC.
func (c *columnNamer) path(name string) (path string, utc bool) {
	n := trimmedColumn(name)
	utc = strings.HasSuffix(name, " [UTC]")
	if c.known(n) {
		return n, utc
	}
	for i := range pathSeparators {
		if d := pathSeparators[i].dotted(n); d != n && c.known(d) {
			return d, utc
		}
	}
	if c.beat {
		if p, ok := beatByWord[strings.TrimPrefix(n, "winlogbeat_")]; ok {
			return p, utc
		}
		return n, utc
	}
	if strings.Contains(n, ".") {
		return n, utc // a path of something else
	}
	sq := squash(n)
	if p, ok := envelopeWords[sq]; ok {
		return p, utc || strings.HasSuffix(sq, "utc")
	}
	if p, ok := spelling[sq]; ok && !ownSpelling(n) {
		return p, utc
	}
	return n, utc
}

// ownSpelling says that a name that resembles one of the data may be another: processId of BITS, ProcessID of the firewall's events.
func ownSpelling(name string) bool {
	if strings.ContainsAny(name, " _-") || name == strings.ToLower(name) {
		return false
	}
	return name == "ProcessID" || name == "LogonID" || name[0] >= 'a' && name[0] <= 'z'
}

// known says that the reader of JSON knows a path.
func (c *columnNamer) known(path string) bool {
	if c.beat {
		if _, ok := beatFields[path]; ok {
			return true
		}
	} else if _, ok := flatFields[path]; ok {
		return true
	}
	for _, p := range pathPrefixes {
		if rest, ok := strings.CutPrefix(path, p); ok && rest != "" {
			return true
		}
	}
	return path == "EventData_Name" || spelling[strings.ToLower(path)] == path || markOf(path)&(markECS|markECSMore) != 0
}

// pathPrefixes are where the fields of an event stand in records.
var pathPrefixes = [...]string{
	"Event.System.", "Event.EventData.", "Event.UserData.", "System.", "EventData.", "UserData.", "winlog.", "event_data.", "user_data.",
	"data.win.",
}

// pathSeparator is what may stand in the place of the dots of a path.
type pathSeparator struct {
	sep      string
	beat     string
	prefixes [len(pathPrefixes)]string // written with it
}

var pathSeparators = func() (all [4]pathSeparator) {
	for i, sep := range [len(all)]string{"/", "_", ":", "->"} {
		all[i] = pathSeparator{sep: sep, beat: "winlogbeat" + sep}
		for k, p := range pathPrefixes {
			all[i].prefixes[k] = strings.ReplaceAll(p, ".", sep)
		}
	}
	return all
}()

// dotted puts the dots of a path in the place of the separator, where one of pathPrefixes is written with it.
func (s *pathSeparator) dotted(name string) string {
	if !strings.Contains(name, s.sep) {
		return name
	}
	sep := s.sep
	name = strings.TrimPrefix(name, s.beat)
	for i, p := range pathPrefixes {
		rest, ok := strings.CutPrefix(name, s.prefixes[i])
		if !ok || rest == "" {
			continue
		}
		if p == "winlog." {
			for _, more := range [...]string{"event_data", "user_data"} {
				if rest, ok := strings.CutPrefix(rest, more+sep); ok {
					return p + more + "." + rest
				}
			}
			if known, ok := beatByWord["winlog_"+rest]; ok {
				return known
			}
		}
		if sep != "_" || strings.HasPrefix(p, "Event.System") || p == "System." {
			rest = strings.ReplaceAll(rest, sep, ".")
		}
		return p + rest
	}
	return name
}

// beatByWord are the paths of winlogbeat by what they are with underscores, as Graylog has them.
var beatByWord = func() map[string]string {
	m := map[string]string{}
	for path := range beatFields {
		m[strings.ReplaceAll(path, ".", "_")] = path
	}
	return m
}()

// envelopeWords are fields of the envelope by their squashed names: those that JSON has as well, and some more.
var envelopeWords = func() map[string]string {
	m := map[string]string{
		"eid": "EventID", "windowseventid": "EventID", "logfile": "LogName", "eventlogname": "LogName", "eventchannel": "Channel", "logchannel": "Channel",
		"eventsource": "SourceName", "eventprovider": "Provider", "providerguid": "ProviderGuid", "eventrecordnumber": "RecordNumber",
		"recordnum": "RecordNumber", "eventmessage": "Message", "renderedmessage": "Message", "eventdescription": "Message",
		"timecreatedutc": "TimeCreated", "timegeneratedutc": "TimeGenerated", "eventcreatedtime": "TimeCreated", "systemcomputer": "Computer",
		"data": "Data", "properties": "Properties", "path": "Path",
	}
	for _, name := range [...]string{
		"EventID", "EventCode", "Channel", "LogName", "EventLog", "SourceName", "ProviderName", "Provider", "Computer", "ComputerName", "MachineName",
		"Hostname", "EventRecordID", "RecordNumber", "RecordId", "Keywords", "Opcode", "Task", "Version", "Level", "Qualifiers", "Message",
		"RenderedDescription", "FormattedMessage", "TimeCreated", "EventTime", "TimeGenerated", "SystemTime", "EventReceivedTime", "UtcTime",
		"EventData", "UserData", "System", "ParameterXml", "RawEventData", "ThreadID", "ActivityID", "RelatedActivityID", "UserID", "ExecutionProcessID",
		"ExecutionThreadID", "Security_UserID", "Correlation_ActivityID", "Correlation_RelatedActivityID", "EventID_Qualifiers", "Provider_EventSourceName",
	} {
		m[squash(name)] = name
	}
	return m
}()

// objectPaths are what may stand in a cell as an object of JSON, recordColumns (squashed) what may hold a whole record, and
// xmlColumns what does so and is no field else.
var (
	objectPaths = namesOf(`Event System EventData UserData winlog winlog.event_data winlog.user_data event_data user_data _source data.win
		Event.System Event.EventData Event.UserData Data Event.EventData.Data EventData.Data winlog.event_data.Data`)
	recordColumns = namesOf("message raw rawdata eventoriginal msg rawevent originalevent rawlog syslogmessage")
	xmlColumns    = namesOf("eventxml xml rawxml xmlevent raweventxml eventasxml xmldata xmlstring record json rawjson eventjson")
)

// wholeNumbers are fields of the data that are numbers in all events, beside those of the envelope.
var wholeNumbers = namesOf(`ProcessId ParentProcessId SourceProcessId TargetProcessId SourceThreadId NewThreadId LogonType KeyLength IpPort SourcePort
	DestinationPort DestPort process.pid process.parent.pid source.port destination.port TerminalSessionId EventID EventRecordID Version Level Task Opcode Execution_ProcessID Execution_ThreadID`)

// dashes are fields in which Windows writes a dash, and rules look for one.
var dashes = namesOf("IpAddress IpPort WorkstationName Workstation")

// use says what else there is to a column with a path.
func (c *columnNamer) use(path string) columnUse {
	var n jsonName
	switch m := markOf(path); {
	case m&(markEventSystem|markWazuh) != 0, strings.Count(path, ".") > 1 && strings.HasPrefix(path, "System."):
		n = nestedName(path)
	case c.beat:
		n = beatName(path)
	default:
		n = flatName(path)
	}
	var u columnUse
	switch {
	case n.role == roleEventID:
		u = columnEventID | columnNumber
	case n.role == roleChannel:
		u = columnLog
	case wholeNumbers[n.name] || n.role == roleRecordID:
		u = columnNumber
	case path == "event.category", path == "event.type", path == "event.action":
		u = columnList
	case path == "event.code":
		u = columnEventID | columnNumber
	}
	if dashes[n.name] {
		u |= columnDash
	}
	if objectPaths[path] {
		u |= columnObject
	}
	return u
}

// shortLogs are logs by the names that Hayabusa has for them.
var shortLogs = map[string]string{
	"Sec": "Security", "Sys": "System", "App": "Application", "Sysmon": "Microsoft-Windows-Sysmon/Operational",
	"PwSh": "Microsoft-Windows-PowerShell/Operational", "PwShClassic": "Windows PowerShell",
	"Defender": "Microsoft-Windows-Windows Defender/Operational", "TaskSch": "Microsoft-Windows-TaskScheduler/Operational",
	"WinRM": "Microsoft-Windows-WinRM/Operational", "WMI": "Microsoft-Windows-WMI-Activity/Operational",
	"NTLM": "Microsoft-Windows-NTLM/Operational", "BitsCli": "Microsoft-Windows-Bits-Client/Operational",
	"CodeInteg": "Microsoft-Windows-CodeIntegrity/Operational",
	"Firewall":  "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
}

// pairName says that a text may be the name of a field.
func pairName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if r != '_' && r != ' ' && r != '-' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}
