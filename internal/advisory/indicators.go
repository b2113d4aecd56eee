package advisory

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // UUID version 5 is made of it (RFC 9562, section 5.5)
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"entente/internal/sigma"
)

// Types of indicators.
const (
	TypeSHA256      = "sha256"
	TypeSHA1        = "sha1"
	TypeMD5         = "md5"
	TypeDomain      = "domain"
	TypeURL         = "url"
	TypeIP          = "ip"
	TypePath        = "path"
	TypeFileName    = "file-name"
	TypeUserAgent   = "user-agent"
	TypeNamedPipe   = "named-pipe"
	TypeRegistryKey = "registry-key"
)

// IndicatorTypes lists them in the order of the documentation.
func IndicatorTypes() []string {
	return []string{
		TypeSHA256, TypeSHA1, TypeMD5, TypeDomain, TypeURL, TypeIP, TypePath, TypeFileName, TypeUserAgent, TypeNamedPipe,
		TypeRegistryKey,
	}
}

// IndicatorTitle is what the titles of rules begin with that indicators were turned into.
const IndicatorTitle = "Indicator: "

// defaultIndicatorLevel is the level of what an indicator finds that names none.
const defaultIndicatorLevel = "medium"

// sight is one way in which an indicator shows in one kind of log.
type sight struct {
	name  string // of the kind of log: part of the rule's id and title
	log   sigma.LogSource
	tests []fieldTest // one of them has to hold
	all   []fieldTest // and all of these
	none  []fieldTest // and none of these
	path  string      // field with the path of the file that it is about; "" where the log has none
}

// fieldTest is a line of a selection: a field with modifiers, and values as they are, without wildcards.
type fieldTest struct {
	field  string
	values []string
}

// Check says what is wrong with an indicator's type and value, or nil.
func (in *Indicator) Check() error {
	if !slices.Contains(IndicatorTypes(), in.Type) {
		return fmt.Errorf("there is no type of indicator %q: the types are %s", in.Type, strings.Join(IndicatorTypes(), ", "))
	}
	if in.Value == "" {
		return errors.New("the value is missing")
	}
	if in.Value != strings.TrimSpace(in.Value) || strings.IndexFunc(in.Value, unicode.IsControl) >= 0 {
		return errors.New("the value has blanks around it, or control characters in it")
	}
	if strings.Contains(in.Value, "[.]") || strings.HasPrefix(strings.ToLower(in.Value), "hxxp") {
		return errors.New("the value is made harmless ([.], hxxp): write it as it is")
	}
	if (len(in.OnlyUnder) > 0 || len(in.NotUnder) > 0) && !in.ofFile() {
		return fmt.Errorf("only_under and not_under are for files, and this is of type %s", in.Type)
	}
	for _, f := range slices.Concat(in.OnlyUnder, in.NotUnder) {
		if strings.Trim(f, `/\`) == "" || strings.ContainsAny(f, "*?") {
			return fmt.Errorf("%q is no folder: write it out, without wildcards", f)
		}
	}
	return in.checkValue()
}

func (in *Indicator) ofFile() bool {
	switch in.Type {
	case TypeSHA256, TypeSHA1, TypeMD5, TypePath, TypeFileName:
		return true
	}
	return false
}

func (in *Indicator) checkValue() error {
	switch in.Type {
	case TypeSHA256, TypeSHA1, TypeMD5:
		want := map[string]int{TypeSHA256: 64, TypeSHA1: 40, TypeMD5: 32}[in.Type]
		if _, err := hex.DecodeString(in.Value); err != nil || len(in.Value) != want {
			return fmt.Errorf("the value is no %s: it has %d digits, 0 to 9 and a to f", in.Type, want)
		}
	case TypeDomain:
		if !domainName(in.Value) {
			return errors.New("the value is no name of a domain: letters, digits and hyphens, with dots between")
		}
	case TypeURL:
		u, err := url.Parse(in.Value)
		if err != nil || u.Host == "" || u.Scheme == "" {
			return errors.New("the value is no URL: it has a scheme and a host, as https://example.org/x")
		}
	case TypeIP:
		if _, err := netip.ParseAddr(in.Value); err == nil {
			return nil
		}
		p, err := netip.ParsePrefix(in.Value)
		if err != nil || p != p.Masked() {
			return errors.New("the value is neither an address nor a network, as 192.0.2.1 or 192.0.2.0/24")
		}
	case TypePath:
		if !strings.ContainsAny(in.Value, `/\`) {
			return errors.New("the value is no path: it has no folder; a name alone is of type file-name")
		}
	case TypeFileName:
		if strings.ContainsAny(in.Value, `/\`) {
			return errors.New("the value is a path: that is another type")
		}
	case TypeNamedPipe:
		if strings.Trim(pipeName(in.Value), `\`) == "" {
			return errors.New("the value is no name of a pipe")
		}
	case TypeRegistryKey:
		if !strings.Contains(in.Value, `\`) {
			return errors.New(`the value is no key of the registry, as HKLM\Software\Example`)
		}
	}
	return nil
}

func domainName(s string) bool {
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
	}
	return true
}

func pipeName(s string) string {
	s = strings.TrimPrefix(s, `\\.\pipe\`)
	return strings.TrimLeft(s, `\`)
}

// sights lists where an indicator shows.
func (in *Indicator) sights() []sight {
	v := in.Value
	switch in.Type {
	case TypeSHA256, TypeSHA1, TypeMD5:
		return hashSights(in.Type, strings.ToLower(v))
	case TypeDomain:
		return domainSights(v)
	case TypeURL:
		return urlSights(v)
	case TypeIP:
		return addressSights(v)
	case TypePath:
		return pathSights(v)
	case TypeFileName:
		windows, unix := []string{`\` + v}, []string{"/" + v}
		both := slices.Concat(windows, unix)
		return append(fileSights(both), pageSight(unix))
	case TypeUserAgent:
		return []sight{
			{name: "web", log: sigma.LogSource{Category: "webserver"}, tests: []fieldTest{{"cs-user-agent", []string{v}}}},
			{name: "proxy", log: sigma.LogSource{Category: "proxy"}, tests: []fieldTest{{"c-useragent", []string{v}}}},
			{name: "cloudtrail", log: sigma.LogSource{Product: "aws", Service: "cloudtrail"}, tests: []fieldTest{{"userAgent", []string{v}}}},
			{name: "sign-in", log: sigma.LogSource{Product: "azure", Service: "signinlogs"}, tests: []fieldTest{{"userAgent", []string{v}}}},
		}
	case TypeNamedPipe:
		name := pipeName(v)
		return []sight{
			{name: "pipe", log: sigma.LogSource{Product: "windows", Category: "pipe_created"}, tests: []fieldTest{{"PipeName", []string{`\` + name, name}}}},
			{
				name: "share", log: sigma.LogSource{Product: "windows", Service: "security"},
				tests: []fieldTest{{"RelativeTargetName", []string{name, `\` + name}}},
				all:   []fieldTest{{"EventID", []string{"5145"}}, {"ShareName|endswith", []string{"IPC$"}}},
			},
		}
	case TypeRegistryKey:
		key := registryTail(v)
		return []sight{{
			name: "registry", log: sigma.LogSource{Product: "windows", Category: "registry_event"},
			tests: []fieldTest{{"TargetObject|endswith", []string{key}}, {"TargetObject|contains", []string{key + `\`}}},
		}}
	}
	return nil
}

func hashSights(kind, v string) []sight {
	field := []fieldTest{{"Hashes|contains", []string{strings.ToUpper(kind) + "=" + v}}}
	windows := func(category string) sigma.LogSource { return sigma.LogSource{Product: "windows", Category: category} }
	return []sight{
		{name: "process", log: sigma.LogSource{Category: "process_creation"}, tests: field, path: "Image"},
		{name: "library", log: windows("image_load"), tests: field, path: "ImageLoaded"},
		{name: "driver", log: windows("driver_load"), tests: field, path: "ImageLoaded"},
		{name: "stream", log: windows("create_stream_hash"), tests: field, path: "TargetFilename"},
		{name: "deleted", log: sigma.LogSource{Category: "file_delete"}, tests: field, path: "TargetFilename"},
		{name: "written", log: windows("file_executable_detected"), tests: field, path: "TargetFilename"},
		{name: "network", log: sigma.LogSource{Product: "zeek", Service: "files"}, tests: []fieldTest{{kind, []string{v}}}},
	}
}

// domainTests are for a domain and all below it.
func domainTests(field, v string) []fieldTest {
	return []fieldTest{{field, []string{v, v + "."}}, {field + "|endswith", []string{"." + v, "." + v + "."}}}
}

func domainSights(v string) []sight {
	return []sight{
		{name: "dns", log: sigma.LogSource{Category: "dns"}, tests: domainTests("query", v)},
		{name: "proxy", log: sigma.LogSource{Category: "proxy"}, tests: domainTests("cs-host", v)},
		{name: "connection", log: sigma.LogSource{Category: "network_connection"}, tests: domainTests("DestinationHostname", v)},
		{name: "tls", log: sigma.LogSource{Product: "zeek", Service: "ssl"}, tests: domainTests("server_name", v)},
	}
}

func urlSights(v string) []sight {
	u, err := url.Parse(v)
	if err != nil {
		return nil
	}
	_, bare, _ := strings.Cut(v, "://")
	out := []sight{
		{name: "proxy", log: sigma.LogSource{Category: "proxy"}, tests: []fieldTest{{"c-uri|contains", []string{bare}}}},
		{name: "command", log: sigma.LogSource{Category: "process_creation"}, tests: []fieldTest{{"CommandLine|contains", []string{bare}}}},
		{name: "script", log: sigma.LogSource{Product: "windows", Category: "ps_script"}, tests: []fieldTest{{"ScriptBlockText|contains", []string{bare}}}},
	}
	if rest := u.RequestURI(); rest != "/" {
		out = append(out, sight{
			name: "proxy-parts", log: sigma.LogSource{Category: "proxy"}, tests: []fieldTest{{"c-uri|startswith", []string{rest}}},
			all: []fieldTest{{"cs-host", []string{u.Hostname(), u.Host}}},
		})
	}
	return out
}

func addressSights(v string) []sight {
	net := strings.Contains(v, "/")
	tests := func(fields ...string) []fieldTest {
		var out []fieldTest
		for _, f := range fields {
			switch {
			case net:
				out = append(out, fieldTest{f + "|cidr", []string{v}})
			case strings.Contains(v, "."):
				out = append(out, fieldTest{f, []string{v, "::ffff:" + v}})
			default:
				out = append(out, fieldTest{f, []string{v}})
			}
		}
		return out
	}
	out := []sight{
		{name: "connection", log: sigma.LogSource{Category: "network_connection", Service: "sysmon"}, tests: tests("DestinationIp", "SourceIp")},
		{name: "audited", log: sigma.LogSource{Product: "linux", Category: "network_connection", Service: "auditd"}, tests: tests("DestinationIp")},
		{name: "firewall", log: sigma.LogSource{Category: "firewall"}, tests: tests("dst_ip", "src_ip")},
		{name: "web", log: sigma.LogSource{Category: "webserver"}, tests: tests("c-ip")},
		{name: "proxy", log: sigma.LogSource{Category: "proxy"}, tests: tests("dst_ip", "cs-host")},
		{name: "logon", log: sigma.LogSource{Product: "windows", Service: "security"}, tests: tests("IpAddress")},
		{name: "cloudtrail", log: sigma.LogSource{Product: "aws", Service: "cloudtrail"}, tests: tests("sourceIPAddress")},
		{name: "sign-in", log: sigma.LogSource{Product: "azure", Service: "signinlogs"}, tests: tests("callerIpAddress")},
	}
	if !net {
		out = append(out, sight{
			name: "ssh", log: sigma.LogSource{Product: "linux", Service: "sshd"},
			tests: []fieldTest{{"|contains", []string{" " + v + " port ", "rhost=" + v + " "}}},
		})
	}
	return out
}

// fileSights are where a file shows whose path ends with one of the values.
func fileSights(ends []string) []sight {
	at := func(name, category, field string) sight {
		return sight{name: name, log: sigma.LogSource{Category: category}, tests: []fieldTest{{field + "|endswith", ends}}, path: field}
	}
	return []sight{
		at("written", "file_event", "TargetFilename"), at("process", "process_creation", "Image"), at("library", "image_load", "ImageLoaded"),
	}
}

func pathSights(v string) []sight {
	if strings.Contains(v, `\`) {
		if len(v) < 2 || v[1] != ':' {
			v = `\` + strings.TrimLeft(v, `\`)
		}
		return fileSights([]string{v})
	}
	v = "/" + strings.TrimLeft(v, "/")
	return append(fileSights([]string{v}), pageSight([]string{v}))
}

// pageSight is a file that a web server was asked for, and had: who asks for one that is not there is guessing.
func pageSight(paths []string) sight {
	return sight{
		name: "web", log: sigma.LogSource{Category: "webserver"}, tests: []fieldTest{{"cs-uri-stem|endswith", paths}},
		none: []fieldTest{{"sc-status", []string{"404", "410"}}},
	}
}

// registryTail is a key without its hive, which logs name in several ways.
func registryTail(v string) string {
	hive, rest, ok := strings.Cut(strings.Trim(v, `\`), `\`)
	switch strings.ToUpper(hive) {
	case "HKLM", "HKEY_LOCAL_MACHINE", "HKCU", "HKEY_CURRENT_USER", "HKU", "HKEY_USERS", "HKCR", "HKEY_CLASSES_ROOT":
		if ok {
			return `\` + rest
		}
	}
	return `\` + strings.Trim(v, `\`)
}

// IndicatorRules writes an indicator as Sigma rules, one document for each kind of log that shows it. Nothing is written
// for an indicator that is not in order ([Indicator.Check]).
func IndicatorRules(m *Manifest, in *Indicator) []string {
	if in.Check() != nil {
		return nil
	}
	var out []string
	for _, s := range in.sights() {
		if s.path == "" && (len(in.OnlyUnder) > 0 || len(in.NotUnder) > 0) {
			continue // the log does not say where the file is
		}
		out = append(out, in.rule(m, &s))
	}
	return out
}

func (in *Indicator) rule(m *Manifest, s *sight) string {
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s: %s\n", key, quoteYAML(value)) }
	list := func(indent, key string, values []string) {
		fmt.Fprintf(&b, "%s%s:\n", indent, key)
		for _, v := range values {
			fmt.Fprintf(&b, "%s  - %s\n", indent, quoteYAML(v))
		}
	}
	line("title", shorten(IndicatorTitle+in.Type+" "+in.Value, 90-len(s.name)-3)+" ("+s.name+")")
	line("id", indicatorID(m.ID, in.Type, in.Value, s.name))
	line("status", "stable")
	line("description", cmp.Or(in.Context, "A value that the pack "+m.ID+" names."))
	if d := cmp.Or(m.Modified, m.Issued); d != "" {
		line("date", string(d))
	}
	if len(m.Issuers) > 0 {
		line("author", m.Issuers[0].Name)
	}
	if len(m.References) > 0 {
		list("", "references", []string{m.References[0].URL})
	}
	var tags []string
	for _, t := range in.TTPs {
		tags = append(tags, "attack."+strings.ToLower(t))
	}
	if in.Stage != "" {
		tags = append(tags, StageTag+in.Stage)
	}
	if len(tags) > 0 {
		list("", "tags", tags)
	}
	b.WriteString("logsource:\n")
	for _, p := range [][2]string{{"product", s.log.Product}, {"category", s.log.Category}, {"service", s.log.Service}} {
		if p[1] != "" {
			fmt.Fprintf(&b, "  %s: %s\n", p[0], p[1])
		}
	}
	b.WriteString("detection:\n")
	for i, t := range s.tests {
		fmt.Fprintf(&b, "  value_%d:\n", i+1)
		list("    ", quoteYAML(t.field), escapeAll(t))
	}
	condition := "1 of value_*"
	if len(s.all) > 0 {
		b.WriteString("  where:\n")
		for _, t := range s.all {
			list("    ", quoteYAML(t.field), escapeAll(t))
		}
		condition += " and where"
	}
	if len(s.none) > 0 {
		b.WriteString("  nothing:\n")
		for _, t := range s.none {
			list("    ", quoteYAML(t.field), escapeAll(t))
		}
		condition += " and not nothing"
	}
	if len(in.OnlyUnder) > 0 {
		b.WriteString("  place:\n")
		list("    ", s.path+"|startswith", folders(in.OnlyUnder))
		condition += " and place"
	}
	if len(in.NotUnder) > 0 {
		b.WriteString("  home:\n")
		list("    ", s.path+"|startswith", folders(in.NotUnder))
		condition += " and not home"
	}
	line("  condition", condition)
	falsePositive := "Anything else of that " + in.Type + "; the context says when it means something."
	list("", "falsepositives", []string{falsePositive})
	line("level", cmp.Or(in.Level, defaultIndicatorLevel))
	return b.String()
}

// folders are texts with which a path under them begins.
func folders(list []string) []string {
	out := make([]string, len(list))
	for i, f := range list {
		sep := `\`
		if !strings.Contains(f, `\`) && strings.Contains(f, "/") {
			sep = "/"
		}
		out[i] = escapeSigma(strings.TrimRight(f, `/\`) + sep)
	}
	return out
}

func escapeAll(t fieldTest) []string {
	if strings.HasSuffix(t.field, "|cidr") {
		return t.values
	}
	out := make([]string, len(t.values))
	for i, v := range t.values {
		out[i] = escapeSigma(v)
	}
	return out
}

// escapeSigma writes a text so that Sigma takes it as it is.
func escapeSigma(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(s)
}

// quoteYAML writes a text as a single-quoted scalar. Line breaks become blanks.
func quoteYAML(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\uFEFF' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// indicatorNamespace is the namespace of the ids of rules that are made of indicators.
const indicatorNamespace = "ba9b1ac2-4fd5-4f52-b1c4-4d1d35a6f7be"

// indicatorID is a UUID version 5 (RFC 9562, section 5.5) of what tells the rule from all others.
func indicatorID(parts ...string) string {
	ns, err := hex.DecodeString(strings.ReplaceAll(indicatorNamespace, "-", ""))
	if err != nil { // a constant
		return ""
	}
	h := sha1.New() //nolint:gosec // not for security
	h.Write(ns)
	h.Write([]byte(strings.Join(parts, "\n")))
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
