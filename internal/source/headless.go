package source

import (
	"bytes"
	"strings"
)

// Excerpts and the rests of rotated logs have lost the #Fields line that names their columns. The columns of three logs
// can be told without it, line by line, for the values are of kinds that nothing else puts in this order: those that IIS
// writes by default, with the referrer or (before IIS 8.5) without, ECP's, and the first of HttpProxy's, which all
// versions since Exchange 2013 have in common. A line with one value out of place has no columns and is plain text.
const (
	w3cDefault = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) " +
		"sc-status sc-substatus sc-win32-status time-taken"
	w3cNoReferer = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) " +
		"sc-status sc-substatus sc-win32-status time-taken"
	w3cSoftware = "Microsoft Internet Information Services"

	ecpColumns       = "TimeStamp,ServerName,EventId,EventData"
	httpProxyColumns = "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem," +
		"ProtocolAction,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress," +
		"ServerHostName,HttpStatus,BackEndStatus,ErrorCode,Method,ProxyAction,TargetServer,TargetServerVersion,RoutingType,RoutingHint," +
		"BackEndCookie"
	exchangeSoftware = "Microsoft Exchange"
)

// headlessW3C are the columns of a line of IIS that has none but the default ones, as directives; nil for any other line.
func headlessW3C(line []byte) *directives {
	if len(line) < 20 || line[10] != ' ' || line[19] != ' ' {
		return nil
	}
	const most = 15
	var cols [most][]byte
	n := 0
	for rest := line; ; n++ {
		if n == most {
			return nil
		}
		i := bytes.IndexByte(rest, ' ')
		if i < 0 {
			cols[n] = rest
			n++
			break
		}
		cols[n], rest = rest[:i], rest[i+1:]
	}
	fields, status := w3cDefault, 11
	switch n {
	case most:
	case most - 1:
		fields, status = w3cNoReferer, 10
	default:
		return nil
	}
	if _, ok := isoDate(cols[0]); !ok {
		return nil
	}
	if _, n, ok := clock(cols[1]); !ok || n != 8 {
		return nil
	}
	if !looksLikeAddress(cols[2]) || !upperWord(cols[3]) || cols[4] == nil || !digits(cols[6]) || !looksLikeAddress(cols[8]) {
		return nil
	}
	for _, c := range cols[status:n] {
		if !digits(c) {
			return nil
		}
	}
	return &directives{fields: fields, software: w3cSoftware}
}

// headlessExchange are the columns of a record of ECP or HttpProxy, as directives; nil for any other. fields are the
// record's.
func headlessExchange(rec []byte, fields []csvField) *directives {
	var scratch []byte
	at := func(i int) []byte { return fields[i].text(rec, &scratch) }
	if len(fields) < 4 || len(fields) > 256 {
		return nil
	}
	stamp := at(0)
	if _, n, ok := isoTime(stamp); !ok || n != len(stamp) || stamp[10] != 'T' {
		return nil
	}
	if len(fields) == 4 {
		if bytes.HasPrefix(at(2), []byte("ECP.")) && len(at(1)) > 0 {
			if _, eq := ecpKey(at(3)); eq > 0 {
				return &directives{fields: ecpColumns, software: exchangeSoftware, logType: "ECP Server Log"}
			}
		}
		return nil
	}
	names := strings.Split(httpProxyColumns, ",")
	if len(fields) < len(names) || !isGUID(at(1)) || !digitsOrNone(at(19)) || !upperWord(at(22)) {
		return nil
	}
	for i := 2; i < 6; i++ {
		if !digits(at(i)) {
			return nil
		}
	}
	switch string(bytes.ToLower(at(12))) {
	case "", "true", "false":
	default:
		return nil
	}
	if a := at(17); len(a) > 0 && !looksLikeAddress(a) {
		return nil
	}
	query := false
	for i := len(names); i < len(fields); i++ {
		name := columnName(i)
		if v := at(i); !query && len(v) > 0 && v[0] == '?' { // where the versions have it differs
			name, query = "UrlQuery", true
		}
		names = append(names, name)
	}
	return &directives{fields: strings.Join(names, ","), software: exchangeSoftware, logType: "HttpProxy Logs"}
}

// sniffHeadless says how many of the first lines of a stream have columns that a function can tell.
func sniffHeadless(prefix []byte, columns func(line []byte) *directives) int {
	lines, told := 0, 0
	for line := range prefixLines(prefix) {
		if line[0] == '#' {
			continue
		}
		if lines++; columns(line) != nil {
			told++
		}
		if lines == 16 {
			break
		}
	}
	if told == 0 || told*4 < lines*3 {
		return 0
	}
	return 85
}

// headlessCSV is headlessExchange for a line of which the fields are not known.
func headlessCSV(line []byte) *directives {
	fields, n, _ := csvRecord(line, ',', true, nil)
	return headlessExchange(line[:n], fields)
}

// headlessReason says of a stream whose columns are told by their values that they are; "" for any other.
func headlessReason(format string, head []byte) string {
	d, late := sniffDirectives(head)
	var some func(columns func([]byte) *directives) bool
	no := "no #Fields line says what its columns are: they are taken for "
	switch {
	case late:
		no = "the #Fields line comes after its first lines: their columns are taken for "
		some = func(columns func([]byte) *directives) bool { return anyTold(head[:beforeFields(head)], columns) }
	case d.fields != "":
		return ""
	default:
		some = func(columns func([]byte) *directives) bool { return sniffHeadless(head, columns) > 0 }
	}
	switch {
	case format == w3cFormat{}.Name() && some(headlessW3C):
		return no + "those that IIS writes by default"
	case format == exchangeFormat{}.Name() && some(headlessCSV):
		return no + "those of Exchange"
	}
	return ""
}

// anyTold says that some line has columns that a function can tell.
func anyTold(head []byte, columns func(line []byte) *directives) bool {
	for line := range prefixLines(head) {
		if line[0] != '#' && columns(line) != nil {
			return true
		}
	}
	return false
}

// beforeFields is the length of what stands before the first #Fields line.
func beforeFields(head []byte) int {
	at := 0
	for line := range bytes.Lines(head) {
		if len(line) > 8 && bytes.EqualFold(line[:8], []byte("#Fields:")) {
			break
		}
		at += len(line)
	}
	return at
}

func looksLikeAddress(b []byte) bool {
	if len(b) < 2 || len(b) > 64 {
		return false
	}
	dots, colons := 0, 0
	for i, c := range b {
		switch {
		case c == '%' && colons > 0: // the zone of a link-local address
			return i > 1
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return dots == 3 || colons >= 2
}

// upperWord says that b is one word in capitals, as the methods of HTTP are.
func upperWord(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return len(b) > 1 && len(b) <= 32 && b[0] >= 'A'
}

func digits(b []byte) bool { return len(b) > 0 && digitsOrNone(b) }

func digitsOrNone(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) <= 19
}

// isGUID says that b is a number such as 5c5cd2bc-0000-4000-8000-000000000001, with or without braces.
func isGUID(b []byte) bool {
	b = bytes.TrimSuffix(bytes.TrimPrefix(b, []byte("{")), []byte("}"))
	if len(b) != 36 {
		return false
	}
	for i, c := range b {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
		}
	}
	return true
}
