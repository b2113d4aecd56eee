package source

import (
	"bytes"
	"context"
	"io"
	"strconv"

	"entente/internal/event"
)

// webAccessFormat reads the access logs of Apache, nginx and those that write like them (common and combined log
// format, with a virtual host in front or more columns behind), their error logs, and the native access log of Squid.
//
// Fields have the names of W3C logs, which Sigma's taxonomy uses: c-ip, cs-username, cs-method, cs-uri-stem,
// cs-uri-query, cs-version, sc-status, sc-bytes, cs-referer, cs-user-agent, cs-host. cs-uri is the whole target of the
// request.
type webAccessFormat struct{}

func newWebAccess() Format { return webAccessFormat{} }

// Name implements [Format].
func (webAccessFormat) Name() string { return "webaccess" }

// Channels of web logs.
const (
	webChannelAccess = "access"
	webChannelError  = "error"
	webChannelProxy  = "proxy" // Squid
)

// Sniff implements [Sniffer]: most lines are records of one of these.
func (webAccessFormat) Sniff(prefix []byte) int {
	lines, good := 0, 0
	d := newWebAccessDecoder()
	for line := range prefixLines(prefix) {
		d.ev.Reset()
		if lines++; d.known(line) {
			good++
		}
		if lines == 64 {
			break
		}
	}
	switch {
	case good == 0 || good*10 < lines*6:
		return 0
	case good*10 < lines*9:
		return 65
	default:
		return 85
	}
}

// Split implements [Format].
func (webAccessFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	return splitLines(ctx, r, env, emit)
}

// NewDecoder implements [Format].
func (webAccessFormat) NewDecoder() Decoder { return newWebAccessDecoder() }

type webAccessDecoder struct {
	ev      event.Event
	texts   interner
	scratch []byte
	stamp   stamp

	timestamp                                                                                              uint32
	client, ident, user, method, uri, stem, query, version, status, sent, referer, agent, host, port, rest uint32
	message, level, module, pid, server, request, upstream                                                 uint32
	taken, action, hierarchy, peer, mime                                                                   uint32
}

// newWebAccessDecoder returns a decoder. All names are known beforehand: its table never grows.
func newWebAccessDecoder() *webAccessDecoder {
	n := event.NewNames()
	d := &webAccessDecoder{ev: event.Event{Names: n}}
	d.timestamp = n.Slot("timestamp")
	d.client, d.ident, d.user, d.method = n.Slot("c-ip"), n.Slot("ident"), n.Slot("cs-username"), n.Slot("cs-method")
	d.uri, d.stem, d.query = n.Slot("cs-uri"), n.Slot("cs-uri-stem"), n.Slot("cs-uri-query")
	d.version, d.status, d.sent = n.Slot("cs-version"), n.Slot("sc-status"), n.Slot("sc-bytes")
	d.referer, d.agent = n.Slot("cs-referer"), n.Slot("cs-user-agent")
	d.host, d.port, d.rest = n.Slot("cs-host"), n.Slot("s-port"), n.Slot("rest")
	d.message, d.level, d.module, d.pid = n.Slot("message"), n.Slot("level"), n.Slot("module"), n.Slot("pid")
	d.server, d.request, d.upstream = n.Slot("server"), n.Slot("request"), n.Slot("upstream")
	d.taken, d.action, d.hierarchy = n.Slot("time-taken"), n.Slot("s-action"), n.Slot("s-hierarchy")
	d.peer, d.mime = n.Slot("r-ip"), n.Slot("cs-mime-type")
	return d
}

// Decode implements [Decoder].
func (d *webAccessDecoder) Decode(b *Block, env *Env, yield func(*event.Event) bool) {
	lines := lineScanner{data: b.Data, off: b.Offset, env: env}
	for {
		line, off, ok := lines.next()
		if !ok {
			return
		}
		d.ev.Reset()
		d.ev.Source, d.ev.Offset, d.ev.Raw = event.SourceWebAccess, off, line
		if !d.known(line) {
			env.warn(off, "line is no record of a web server's log")
			d.ev.Values = d.ev.Values[:0]
			d.ev.Add(d.message, event.UTF8, line)
		}
		if !yield(&d.ev) {
			return
		}
	}
}

// known fills the event from a line that is a record of one of the logs.
func (d *webAccessDecoder) known(line []byte) bool {
	d.scratch = d.scratch[:0]
	if d.access(line) {
		return true
	}
	d.ev.Values, d.ev.Host, d.ev.HasTime = d.ev.Values[:0], "", false
	return d.apacheError(line) || d.nginxError(line) || d.squid(line)
}

// add adds a value; what is empty or - is null.
func (d *webAccessDecoder) add(slot uint32, b []byte) {
	if len(b) == 0 || len(b) == 1 && b[0] == '-' {
		d.ev.Add(slot, event.Null, nil)
		return
	}
	d.ev.Add(slot, event.UTF8, b)
}

// access reads a record of the common or combined log format:
//
//	[host[:port] ]client ident user [02/Jan/2006:15:04:05 -0700] "request" status bytes[ "referer" "agent"[ more]]
func (d *webAccessDecoder) access(line []byte) bool {
	var (
		head, rest []byte
		ns         int64
	)
	for from := 0; ; {
		i := bytes.Index(line[from:], []byte(" ["))
		if i < 0 {
			return false
		}
		i += from
		end := bytes.IndexByte(line[i:min(len(line), i+48)], ']')
		var ok bool
		if end > 0 {
			ns, ok = clfTime(line[i+2 : i+end])
		}
		if ok {
			head, rest = line[:i], line[i+end+1:]
			break
		}
		from = i + 2 // a user's name with a bracket
	}
	if len(rest) < 3 || rest[0] != ' ' || rest[1] != '"' {
		return false
	}
	d.ev.Time, d.ev.HasTime = ns, true
	d.stamp.add(&d.ev, d.timestamp)
	client, ok := d.before(head)
	if !ok {
		return false
	}
	d.ev.Channel, d.ev.Provider = webChannelAccess, ""
	d.add(d.client, client)
	request, rest := requestColumn(rest[1:])
	d.requestLine(request)
	rest = trimBlank(rest)
	var col []byte
	col, rest = column(rest)
	d.add(d.status, col)
	col, rest = column(rest)
	d.add(d.sent, col)
	if len(rest) == 0 || rest[0] != '"' {
		d.more(rest)
		return true
	}
	col, rest = quotedColumn(rest)
	d.add(d.referer, d.unescape(col))
	rest = trimBlank(rest)
	if len(rest) > 0 && rest[0] == '"' {
		col, rest = quotedColumn(rest)
		d.add(d.agent, d.unescape(col))
		rest = trimBlank(rest)
	}
	d.more(rest)
	return true
}

// more adds what a log has behind the columns that are known.
func (d *webAccessDecoder) more(rest []byte) {
	if len(rest) > 0 {
		d.ev.Add(d.rest, event.UTF8, rest)
	}
}

// before reads what stands before the time, of which the client is returned. A user's name may hold blanks. Further
// addresses before the last, with commas behind, are those that proxies passed on; the first is the client.
func (d *webAccessDecoder) before(head []byte) (client []byte, ok bool) {
	first, rest := column(head)
	if len(first) == 0 || len(rest) == 0 {
		return nil, false
	}
	if next, more := column(rest); !address(bytes.TrimSuffix(first, []byte(","))) && address(bytes.TrimSuffix(next, []byte(","))) && len(more) > 0 {
		// vhost_combined
		host, port := first, []byte(nil)
		if i := bytes.LastIndexByte(first, ':'); i >= 0 && decimal(first[i+1:]) {
			host, port = first[:i], first[i+1:]
		}
		d.ev.Host = d.texts.of(host)
		d.add(d.host, host)
		if port != nil {
			d.add(d.port, port)
		}
		first, rest = next, more
	}
	client = bytes.TrimSuffix(first, []byte(","))
	for len(first) > 0 && first[len(first)-1] == ',' && len(rest) > 0 {
		first, rest = column(rest)
	}
	if len(client) == 0 || len(client) > 255 {
		return nil, false
	}
	ident, user := column(rest)
	if len(ident) == 0 || len(user) == 0 {
		return nil, false
	}
	if len(ident) > 1 || ident[0] != '-' {
		d.add(d.ident, ident)
	}
	d.add(d.user, user)
	return client, true
}

// address says that b looks like an IP address.
func address(b []byte) bool {
	dots, colons, letters := 0, 0, 0
	for _, c := range b {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			letters++
		default:
			return false
		}
	}
	return dots == 3 && colons+letters == 0 || colons >= 2
}

// requestLine adds METHOD TARGET VERSION. What is none is the field request.
func (d *webAccessDecoder) requestLine(b []byte) {
	method, rest, ok := bytes.Cut(b, []byte(" "))
	if !ok || !token(method) || len(rest) == 0 {
		d.add(d.request, d.unescape(b))
		return
	}
	target, version := rest, []byte(nil)
	if i := bytes.LastIndexByte(rest, ' '); i >= 0 && bytes.HasPrefix(rest[i+1:], []byte("HTTP/")) {
		target, version = rest[:i], rest[i+1:]
	}
	d.ev.Add(d.method, event.UTF8, method)
	target = d.unescape(target)
	d.target(target)
	if version != nil {
		d.add(d.version, version)
	}
}

// target adds what a request asks for.
func (d *webAccessDecoder) target(target []byte) {
	d.add(d.uri, target)
	stem, query, ok := bytes.Cut(target, []byte("?"))
	d.add(d.stem, stem)
	if ok {
		d.add(d.query, query)
	} else {
		d.ev.Add(d.query, event.Null, nil)
	}
}

// token says that b may be the method of a request.
func token(b []byte) bool {
	if len(b) == 0 || len(b) > 32 {
		return false
	}
	for _, c := range b {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// unescape undoes the escapes of Apache (\" \\ \xhh) and nginx (\xHH) for printable characters; control characters and
// broken text stay escaped.
func (d *webAccessDecoder) unescape(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	from := len(d.scratch)
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			switch next := b[i+1]; {
			case next == '"' || next == '\\':
				i++
			case next == 'x' && i+3 < len(b):
				v, err := strconv.ParseUint(string(b[i+2:i+4]), 16, 8)
				if err == nil && v >= ' ' && v != 0x7F {
					d.scratch = append(d.scratch, byte(v))
					i += 3
					continue
				}
			}
		}
		d.scratch = append(d.scratch, b[i])
	}
	return d.scratch[from:len(d.scratch):len(d.scratch)]
}

// column cuts a column and the blanks behind it off b.
func column(b []byte) (col, rest []byte) {
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		return b, nil
	}
	return b[:i], trimBlank(b[i:])
}

func trimBlank(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	return b
}

// quotedColumn reads the column in quotes at the start of b. A quote ends it that no backslash stands before and that a
// blank or nothing follows: some servers do not escape. Where there is none, it reaches to the end.
func quotedColumn(b []byte) (col, rest []byte) {
	for i := 1; i < len(b); i++ {
		n := bytes.IndexAny(b[i:], "\"\\")
		if n < 0 {
			break
		}
		i += n
		if b[i] == '\\' {
			i++
			continue
		}
		if i+1 == len(b) || b[i+1] == ' ' {
			return b[1:i], b[i+1:]
		}
	}
	return b[1:], nil
}

// requestColumn is [quotedColumn] for the request, which a status follows: that tells where it ends even where a server
// does not escape quotes.
func requestColumn(b []byte) (col, rest []byte) {
	for i := 1; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			break
		}
		i += n
		if after := b[i+1:]; len(after) >= 4 && after[0] == ' ' && decimal(after[1:4]) && (len(after) == 4 || after[4] == ' ') {
			return b[1:i], after
		}
	}
	return quotedColumn(b)
}

// apacheError reads [Wed Mar 03 06:49:46.123456 2021] [core:error] [pid 1:tid 2] [client 192.0.2.1:5] message.
func (d *webAccessDecoder) apacheError(line []byte) bool {
	if len(line) < 28 || line[0] != '[' {
		return false
	}
	end := bytes.IndexByte(line[:min(len(line), 40)], ']')
	if end < 0 {
		return false
	}
	ns, ok := ctime(line[1:end])
	if !ok {
		return false
	}
	d.ev.Time, d.ev.HasTime = ns, true
	d.stamp.add(&d.ev, d.timestamp)
	d.ev.Channel = webChannelError
	rest := trimBlank(line[end+1:])
	for len(rest) > 0 && rest[0] == '[' && len(d.ev.Values) < maxFields {
		end := bytes.IndexByte(rest, ']')
		if end < 0 {
			break
		}
		word := rest[1:end]
		switch {
		case bytes.HasPrefix(word, []byte("pid ")):
			pid, _, _ := bytes.Cut(word[4:], []byte(":"))
			d.add(d.pid, pid)
		case bytes.HasPrefix(word, []byte("client ")):
			client := word[7:]
			if i := bytes.LastIndexByte(client, ':'); i >= 0 && bytes.IndexByte(client, '.') >= 0 {
				client = client[:i]
			}
			d.add(d.client, client)
		case bytes.HasPrefix(word, []byte("remote ")):
		default:
			module, level, ok := bytes.Cut(word, []byte(":"))
			if !ok {
				module, level = nil, word
			}
			if !apacheLevel(level) {
				d.ev.Add(d.message, event.UTF8, rest)
				return true
			}
			if len(module) > 0 {
				d.add(d.module, module)
			}
			d.add(d.level, level)
		}
		rest = trimBlank(rest[end+1:])
	}
	d.ev.Add(d.message, event.UTF8, rest)
	return true
}

func apacheLevel(b []byte) bool {
	return levelWord(b) || bytes.HasPrefix(b, []byte("trace")) && len(b) == 6
}

// ctime reads Wed Mar 03 06:49:46.123456 2021, which must be all of b.
func ctime(b []byte) (ns int64, ok bool) {
	if len(b) < 24 || b[3] != ' ' || b[7] != ' ' || b[10] != ' ' {
		return 0, false
	}
	c, n, ok := clock(b[11:])
	if !ok {
		return 0, false
	}
	rest := b[11+n:]
	if len(rest) != 5 || rest[0] != ' ' || two(rest[1:]) > 99 || two(rest[3:]) > 99 {
		return 0, false
	}
	d, ok := dayNanos(two(rest[1:])*100+two(rest[3:]), monthOf(b[4:]), dayOf(b[8:]))
	return d + c, ok
}

// nginxError reads 2021/03/03 06:49:46 [error] 12#0: *1 message, client: 192.0.2.1, server: …, request: "…", host: "…".
func (d *webAccessDecoder) nginxError(line []byte) bool {
	if len(line) < 24 || line[4] != '/' || line[19] != ' ' || line[20] != '[' {
		return false
	}
	ns, n, ok := isoTime(line)
	end := bytes.IndexByte(line[20:min(len(line), 40)], ']')
	if !ok || n != 19 || end < 0 || !levelWord(line[21:20+end]) {
		return false
	}
	d.ev.Time, d.ev.HasTime = ns, true
	d.stamp.add(&d.ev, d.timestamp)
	d.ev.Channel = webChannelError
	d.add(d.level, line[21:20+end])
	rest := trimBlank(line[20+end+1:])
	if i := bytes.IndexByte(rest, '#'); i > 0 && decimal(rest[:i]) {
		d.add(d.pid, rest[:i])
	}
	d.ev.Add(d.message, event.UTF8, rest)
	for _, f := range [...]struct {
		key  string
		slot uint32
	}{{", client: ", d.client}, {", server: ", d.server}, {", request: ", d.request}, {", upstream: ", d.upstream}, {", host: ", d.host}, {", referrer: ", d.referer}} {
		i := bytes.LastIndex(rest, []byte(f.key))
		if i < 0 {
			continue
		}
		value := rest[i+len(f.key):]
		if len(value) > 0 && value[0] == '"' {
			value = value[1:]
			if j := bytes.IndexByte(value, '"'); j >= 0 {
				value = value[:j]
			}
			if f.slot == d.request {
				d.requestLine(value)
				continue
			}
		} else if j := bytes.IndexByte(value, ','); j >= 0 {
			value = value[:j]
		}
		d.add(f.slot, value)
	}
	return true
}

// squid reads 1614754186.123 200 192.0.2.1 TCP_MISS/200 1234 GET http://example.org/ alice DIRECT/198.51.100.1 text/html.
func (d *webAccessDecoder) squid(line []byte) bool {
	if len(line) < 30 || line[0] < '0' || line[0] > '9' {
		return false
	}
	var col [10][]byte
	rest := line
	for i := range col {
		col[i], rest = column(rest)
	}
	ns, ok := epochTime(col[0])
	action, status, ok2 := bytes.Cut(col[3], []byte("/"))
	if !ok || !ok2 || bytes.IndexByte(col[0], '.') < 0 || !decimal(status) || !decimal(col[1]) || len(col[8]) == 0 || bytes.IndexByte(action, '_') < 0 && string(action) != "NONE" {
		return false
	}
	d.ev.Time, d.ev.HasTime = ns, true
	d.stamp.add(&d.ev, d.timestamp)
	d.ev.Channel = webChannelProxy
	d.add(d.taken, col[1])
	d.add(d.client, col[2])
	d.add(d.action, action)
	d.add(d.status, status)
	d.add(d.sent, col[4])
	d.add(d.method, col[5])
	d.proxied(col[6], string(col[5]) == "CONNECT")
	d.add(d.user, col[7])
	hierarchy, peer, _ := bytes.Cut(col[8], []byte("/"))
	d.add(d.hierarchy, hierarchy)
	d.add(d.peer, peer)
	d.add(d.mime, col[9])
	d.more(rest)
	return true
}

// proxied adds the URL of a request to a proxy, or the host and port that it asks for a tunnel to.
func (d *webAccessDecoder) proxied(url []byte, connect bool) {
	rest := url
	if !connect {
		var ok bool
		if _, rest, ok = bytes.Cut(url, []byte("://")); !ok {
			d.target(url)
			return
		}
	}
	host, path := rest, []byte(nil)
	if i := bytes.IndexAny(rest, "/?"); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	if i := bytes.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && decimal(host[i+1:]) {
		d.add(d.port, host[i+1:])
		host = host[:i]
	}
	d.add(d.host, host)
	d.add(d.uri, url)
	stem, query, ok := bytes.Cut(path, []byte("?"))
	d.add(d.stem, stem)
	if ok {
		d.add(d.query, query)
	} else {
		d.ev.Add(d.query, event.Null, nil)
	}
}
