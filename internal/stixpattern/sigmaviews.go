package stixpattern

import "maps"

// view is a kind of log in which objects of a type show, and where their properties stand in it. Logsources and fields are
// those of Sigma's taxonomy, which docs/formats/taxonomy.md lists.
type view struct {
	name                       string
	kind                       string // type of object
	product, category, service string
	eventID                    string            // the log's records that are meant, "" for all
	only                       string            // the view is used only where a path begins so
	fields                     map[string]target // by path without its type, any index as [*]
}

// target is where a property stands.
type target struct {
	as     form
	fields []string
	algo   string // formHash
}

// form is how a value stands in its field.
type form uint8

const (
	formText     form = iota // as it is
	formPart                 // somewhere in the text
	formName                 // as the last part of a path
	formFolder               // as the folder of a path
	formBelow                // as a folder above a path
	formHash                 // as ALGORITHM=value among others; by itself where the target names no algorithm
	formNumber               // as a number
	formAddress              // as an address, in any of the fields
	formEndpoint             // as an address in the first field, or as a name in the second
	formAccount              // as DOMAIN\name or the name alone
	formLogin                // as a name, or in the second half of the fields as a SID
	formKey                  // as a key of the registry, with or without a value below
	formValue                // as the name of a value of the registry, at the end
	formData                 // as data of the registry
	formURL                  // as path and query in the first field, and host in the second
	formWord                 // as a word of a text
)

func text(fields ...string) target  { return target{as: formText, fields: fields} }
func part(fields ...string) target  { return target{as: formPart, fields: fields} }
func name(field string) target      { return target{as: formName, fields: []string{field}} }
func folder(field string) target    { return target{as: formFolder, fields: []string{field}} }
func number(field string) target    { return target{as: formNumber, fields: []string{field}} }
func endpoint(f ...string) target   { return target{as: formEndpoint, fields: f} }
func hash(algo string) target       { return target{as: formHash, fields: []string{"Hashes"}, algo: algo} }
func plainHash(field string) target { return target{as: formHash, fields: []string{field}} }

func merged(m ...map[string]target) map[string]target {
	out := map[string]target{}
	for _, fields := range m {
		maps.Copy(out, fields)
	}
	return out
}

// under puts a prefix before each path.
func under(prefix string, m map[string]target) map[string]target {
	out := map[string]target{}
	for k, v := range m {
		out[prefix+k] = v
	}
	return out
}

// hashes are those that Sysmon writes.
func hashes() map[string]target {
	return map[string]target{
		"hashes.MD5": hash("MD5"), "hashes.SHA-1": hash("SHA1"), "hashes.SHA-256": hash("SHA256"),
		"hashes.SHA1": hash("SHA1"), "hashes.SHA256": hash("SHA256"), "hashes.IMPHASH": hash("IMPHASH"),
		"extensions.windows-pebinary-ext.imphash": hash("IMPHASH"),
	}
}

func zeekHashes() map[string]target {
	return map[string]target{
		"hashes.MD5": plainHash("md5"), "hashes.SHA-1": plainHash("sha1"), "hashes.SHA-256": plainHash("sha256"),
		"hashes.SHA1": plainHash("sha1"), "hashes.SHA256": plainHash("sha256"),
		"mime_type": text("mime_type"),
	}
}

// program is the file of a process, whose path stands in a field.
func program(field string) map[string]target {
	file := path(field)
	return merged(map[string]target{"name": name(field)}, under("image_ref.", file), under("binary_ref.", file))
}

// path is a file or folder.
func path(field string) map[string]target {
	return map[string]target{"name": name(field), "parent_directory_ref.path": folder(field)}
}

func user(prefix string) map[string]target {
	to := target{as: formAccount, fields: []string{"User"}}
	return under(prefix, map[string]target{"account_login": to, "user_id": to, "display_name": to})
}

// views lists where objects show.
func views() []view {
	process := merged(program("Image"), under("parent_ref.", program("ParentImage")), user("creator_user_ref."),
		under("image_ref.", hashes()), under("binary_ref.", hashes()),
		map[string]target{
			"command_line": text("CommandLine"), "arguments[*]": part("CommandLine"), "cwd": text("CurrentDirectory"), "pid": number("ProcessId"),
			"parent_ref.command_line": text("ParentCommandLine"), "parent_ref.pid": number("ParentProcessId"),
			"extensions.windows-process-ext.integrity_level": text("IntegrityLevel"),
		})
	connection := map[string]target{
		"dst_ref.value": endpoint("DestinationIp", "DestinationHostname"), "src_ref.value": endpoint("SourceIp", "SourceHostname"),
		"dst_port": number("DestinationPort"), "src_port": number("SourcePort"), "protocols[*]": text("Protocol"),
	}
	request := func(agent, uri string) map[string]target {
		ext := map[string]target{
			"request_method": text("cs-method"), "request_value": text(uri),
			"request_header.User-Agent": text(agent), "request_header.Host": text("cs-host"),
			"request_header.Referer": text("cs-referer"), "request_header.Cookie": text("cs-cookie"),
		}
		return under("extensions.http-request-ext.", ext)
	}
	smtp := map[string]target{
		"from_ref.value": part("from"), "sender_ref.value": part("mailfrom"), "to_refs[*].value": part("to", "rcptto"),
		"cc_refs[*].value": part("cc"), "subject": text("subject"), "message_id": text("msg_id"),
	}
	login := target{as: formLogin, fields: []string{"TargetUserName", "SubjectUserName", "TargetUserSid", "SubjectUserSid"}}
	service := under("extensions.windows-service-ext.", map[string]target{
		"service_name": text("ServiceName"), "display_name": text("ServiceName"), "start_type": text("StartType"),
	})

	out := []view{
		{name: "process", kind: "process", category: "process_creation", fields: process},
		{
			name: "connection", kind: "process", category: "network_connection", only: "opened_connection_refs",
			fields: merged(program("Image"), user("creator_user_ref."), map[string]target{"pid": number("ProcessId")},
				under("opened_connection_refs[*].", connection)),
		},
		{
			name: "service", kind: "process", product: "windows", service: "system", eventID: "7045", only: "extensions.windows-service-ext",
			fields: merged(service, map[string]target{"command_line": text("ImagePath")}, program("ImagePath")),
		},
		{name: "written", kind: "file", category: "file_event", fields: path("TargetFilename")},
		{name: "process", kind: "file", category: "process_creation", fields: merged(path("Image"), hashes())},
		{name: "library", kind: "file", product: "windows", category: "image_load", fields: merged(path("ImageLoaded"), hashes())},
		{name: "driver", kind: "file", product: "windows", category: "driver_load", only: "hashes.", fields: merged(path("ImageLoaded"), hashes())},
		{name: "stream", kind: "file", product: "windows", category: "create_stream_hash", only: "hashes.", fields: merged(path("TargetFilename"), hashes())},
		{name: "deleted", kind: "file", category: "file_delete", only: "hashes.", fields: merged(path("TargetFilename"), hashes())},
		{
			name: "executable", kind: "file", product: "windows", category: "file_executable_detected", only: "hashes.",
			fields: merged(path("TargetFilename"), hashes()),
		},
		{
			name: "network", kind: "file", product: "zeek", service: "files", only: "hashes.",
			fields: merged(zeekHashes(), map[string]target{"name": text("filename"), "size": number("total_bytes")}),
		},
		{name: "process", kind: "artifact", category: "process_creation", only: "hashes.", fields: hashes()},
		{name: "library", kind: "artifact", product: "windows", category: "image_load", only: "hashes.", fields: hashes()},
		{name: "network", kind: "artifact", product: "zeek", service: "files", only: "hashes.", fields: zeekHashes()},
		{
			name: "written", kind: "directory", category: "file_event",
			fields: map[string]target{"path": {as: formBelow, fields: []string{"TargetFilename"}}},
		},
		{name: "connection", kind: "network-traffic", category: "network_connection", fields: connection},
		{
			name: "firewall", kind: "network-traffic", category: "firewall",
			fields: map[string]target{
				"dst_ref.value": endpoint("dst_ip"), "src_ref.value": endpoint("src_ip"),
				"dst_port": number("dst_port"), "src_port": number("src_port"),
			},
		},
		{
			name: "proxy", kind: "network-traffic", category: "proxy",
			fields: merged(request("c-useragent", "c-uri"), map[string]target{
				"dst_ref.value": endpoint("dst_ip", "cs-host"), "src_ref.value": endpoint("src_ip"), "dst_port": number("dst_port"),
			}),
		},
		{
			name: "web", kind: "network-traffic", category: "webserver", only: "extensions.http-request-ext",
			fields: merged(request("cs-user-agent", "cs-uri"), map[string]target{"src_ref.value": endpoint("c-ip")}),
		},
		{name: "dns", kind: "domain-name", category: "dns", fields: map[string]target{"value": text("query"), "resolves_to_refs[*].value": part("answer")}},
		{name: "proxy", kind: "domain-name", category: "proxy", fields: map[string]target{"value": text("cs-host")}},
		{name: "connection", kind: "domain-name", category: "network_connection", fields: map[string]target{"value": text("DestinationHostname")}},
		{name: "tls", kind: "domain-name", product: "zeek", service: "ssl", fields: map[string]target{"value": text("server_name")}},
		{name: "proxy", kind: "url", category: "proxy", fields: map[string]target{"value": text("c-uri")}},
		{name: "mail", kind: "email-message", product: "zeek", service: "smtp", fields: smtp},
		{name: "mail", kind: "email-addr", product: "zeek", service: "smtp", fields: map[string]target{"value": part("from", "mailfrom", "to", "rcptto")}},
		{
			name: "logon", kind: "user-account", product: "windows", service: "security",
			fields: map[string]target{"user_id": login, "account_login": login, "display_name": login},
		},
		{name: "process", kind: "user-account", category: "process_creation", fields: user("")},
		{
			name: "registry", kind: "windows-registry-key", product: "windows", category: "registry_event",
			fields: merged(user("creator_user_ref."), map[string]target{
				"key":            {as: formKey, fields: []string{"TargetObject"}},
				"values[*].name": {as: formValue, fields: []string{"TargetObject"}},
				"values[*].data": {as: formData, fields: []string{"Details"}},
			}),
		},
	}
	for _, kind := range [...]string{"ipv4-addr", "ipv6-addr"} {
		at := func(name, product, category, service string, fields ...string) view {
			return view{
				name: name, kind: kind, product: product, category: category, service: service,
				fields: map[string]target{"value": {as: formAddress, fields: fields}},
			}
		}
		out = append(out,
			at("connection", "", "network_connection", "", "DestinationIp", "SourceIp"),
			at("firewall", "", "firewall", "", "dst_ip", "src_ip"),
			at("web", "", "webserver", "", "c-ip"),
			at("proxy", "", "proxy", "", "dst_ip", "cs-host"),
			at("logon", "windows", "", "security", "IpAddress"),
			at("cloudtrail", "aws", "", "cloudtrail", "sourceIPAddress"),
			at("sign-in", "azure", "", "signinlogs", "callerIpAddress"))
	}
	return out
}

// implied are properties that say no more than the others of the same object do where these name a value: a pattern keeps
// its use without them.
var implied = map[string]bool{
	"dst_ref.type": true, "src_ref.type": true, "type": true, "protocols[*]": true, "account_type": true,
	"values[*].data_type": true, "is_active": true, "spec_version": true,
}

// impliedByHash are those that follow from a hash.
var impliedByHash = map[string]bool{"size": true, "mime_type": true, "magic_number_hex": true}
