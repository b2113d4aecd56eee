package stix

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// u makes an identifier out of a type and a digit.
func u(kind string, n int) string {
	return fmt.Sprintf("%s--%08d-0000-4000-8000-000000000000", kind, n)
}

// dated is what every object with versions has.
const dated = `"spec_version":"2.1","created":"2021-07-19T12:00:00.000Z","modified":"2021-07-19T12:00:00.000Z",`

// valid is one object of each type, with as many of its properties as can stand together. None has a finding.
var valid = map[string]string{
	"attack-pattern": `{"type":"attack-pattern",` + dated + `"id":"` + u("attack-pattern", 1) + `","name":"Web shell","aliases":["a"],
		"kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"persistence"}],
		"created_by_ref":"` + u("identity", 1) + `","labels":["x"],"confidence":70,"lang":"en","revoked":false,
		"external_references":[{"source_name":"cve","external_id":"CVE-2021-26855"},{"source_name":"capec","external_id":"CAPEC-1"},
		{"source_name":"blog","url":"https://example.org/","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}}],
		"object_marking_refs":["` + u("marking-definition", 1) + `"],
		"granular_markings":[{"lang":"de","selectors":["name","labels.[0]"]},{"marking_ref":"` + u("marking-definition", 2) + `","selectors":["external_references.[0].source_name","id"]}]}`,
	"campaign":         `{"type":"campaign",` + dated + `"id":"` + u("campaign", 1) + `","name":"c","aliases":["d"],"first_seen":"2021-01-01T00:00:00Z","last_seen":"2021-01-01T00:00:00Z","objective":"o"}`,
	"course-of-action": `{"type":"course-of-action",` + dated + `"id":"` + u("course-of-action", 1) + `","name":"c","description":"d"}`,
	"grouping":         `{"type":"grouping",` + dated + `"id":"` + u("grouping", 1) + `","context":"unspecified","object_refs":["` + u("indicator", 1) + `","` + u("marking-definition", 1) + `","` + u("x-custom", 1) + `"]}`,
	"identity":         `{"type":"identity",` + dated + `"id":"` + u("identity", 1) + `","name":"i","identity_class":"organization","sectors":["energy"],"roles":["r"],"contact_information":"c"}`,
	"incident":         `{"type":"incident",` + dated + `"id":"` + u("incident", 1) + `","name":"i","description":"d"}`,
	"indicator": `{"type":"indicator",` + dated + `"id":"` + u("indicator", 1) + `","name":"i","indicator_types":["malicious-activity"],"pattern":"[file:name='a']",
		"pattern_type":"stix","pattern_version":"2.1","valid_from":"2021-01-01T00:00:00Z","valid_until":"2021-01-01T00:00:00.001Z"}`,
	"infrastructure": `{"type":"infrastructure",` + dated + `"id":"` + u("infrastructure", 1) + `","name":"i","infrastructure_types":["staging"],"first_seen":"2021-01-01T00:00:00Z"}`,
	"intrusion-set": `{"type":"intrusion-set",` + dated + `"id":"` + u("intrusion-set", 1) + `","name":"i","goals":["g"],"resource_level":"government",
		"primary_motivation":"dominance","secondary_motivations":["revenge"],"first_seen":"2021-01-01T00:00:00Z","last_seen":"2021-01-02T00:00:00Z"}`,
	"location": `{"type":"location",` + dated + `"id":"` + u("location", 1) + `","latitude":-90,"longitude":180.0,"precision":1.5,"region":"europe","country":"at"}`,
	"malware": `{"type":"malware",` + dated + `"id":"` + u("malware", 1) + `","name":"m","is_family":true,"malware_types":["webshell"],"operating_system_refs":["` + u("software", 1) + `"],
		"architecture_execution_envs":["x86-64"],"implementation_languages":["c#"],"capabilities":["anti-vm"],"sample_refs":["` + u("file", 1) + `"],"first_seen":"2021-01-01T00:00:00Z","last_seen":"2021-01-02T00:00:00Z"}`,
	"malware-analysis": `{"type":"malware-analysis",` + dated + `"id":"` + u("malware-analysis", 1) + `","product":"p","result":"benign","analysis_sco_refs":["` + u("url", 1) + `"],
		"host_vm_ref":"` + u("software", 1) + `","installed_software_refs":["` + u("software", 1) + `"],"submitted":"2021-01-01T00:00:00Z","sample_ref":"` + u("file", 1) + `"}`,
	"note": `{"type":"note",` + dated + `"id":"` + u("note", 1) + `","content":"c","authors":["a"],"object_refs":["` + u("sighting", 1) + `"]}`,
	"observed-data": `{"type":"observed-data",` + dated + `"id":"` + u("observed-data", 1) + `","first_observed":"2021-01-01T00:00:00Z","last_observed":"2021-01-01T00:00:00Z",
		"number_observed":1,"object_refs":["` + u("file", 1) + `","` + u("relationship", 1) + `"]}`,
	"opinion":           `{"type":"opinion",` + dated + `"id":"` + u("opinion", 1) + `","opinion":"agree","object_refs":["` + u("note", 1) + `"]}`,
	"report":            `{"type":"report",` + dated + `"id":"` + u("report", 1) + `","name":"r","report_types":["campaign"],"published":"2021-07-19T12:00:00Z","object_refs":["` + u("url", 1) + `"]}`,
	"threat-actor":      `{"type":"threat-actor",` + dated + `"id":"` + u("threat-actor", 1) + `","name":"t","threat_actor_types":["spy"],"roles":["agent"],"sophistication":"expert","personal_motivations":["revenge"],"first_seen":"2021-01-01T00:00:00Z","last_seen":"2021-01-02T00:00:00Z"}`,
	"tool":              `{"type":"tool",` + dated + `"id":"` + u("tool", 1) + `","name":"t","tool_types":["exploitation"],"tool_version":"1"}`,
	"vulnerability":     `{"type":"vulnerability",` + dated + `"id":"` + u("vulnerability", 1) + `","name":"v"}`,
	"relationship":      `{"type":"relationship",` + dated + `"id":"` + u("relationship", 1) + `","relationship_type":"uses","source_ref":"` + u("malware", 1) + `","target_ref":"` + u("tool", 1) + `","start_time":"2021-01-01T00:00:00Z","stop_time":"2021-01-01T00:00:01Z"}`,
	"sighting":          `{"type":"sighting",` + dated + `"id":"` + u("sighting", 1) + `","count":0,"sighting_of_ref":"` + u("indicator", 1) + `","observed_data_refs":["` + u("observed-data", 1) + `"],"where_sighted_refs":["` + u("identity", 1) + `"],"summary":true,"first_seen":"2021-01-01T00:00:00Z","last_seen":"2021-01-01T00:00:00Z"}`,
	"artifact":          `{"type":"artifact","id":"` + u("artifact", 1) + `","mime_type":"text/plain","payload_bin":"QQ==","hashes":{"MD5":"7fc56270e7a70fa81a5935b72eacbe29"},"encryption_algorithm":"mime-type-indicated","decryption_key":"k"}`,
	"autonomous-system": `{"type":"autonomous-system","id":"` + u("autonomous-system", 1) + `","number":64500,"name":"n","rir":"r"}`,
	"directory":         `{"type":"directory","id":"` + u("directory", 1) + `","path":"/tmp","ctime":"2021-01-01T00:00:00Z","contains_refs":["` + u("file", 1) + `"]}`,
	"domain-name":       `{"type":"domain-name","id":"domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7","value":"example.com","defanged":false,"spec_version":"2.1"}`,
	"email-addr":        `{"type":"email-addr","id":"` + u("email-addr", 1) + `","value":"a@example.com","display_name":"A","belongs_to_ref":"` + u("user-account", 1) + `"}`,
	"email-message":     `{"type":"email-message","id":"` + u("email-message", 1) + `","is_multipart":true,"body_multipart":[{"body":"b","content_type":"text/plain"}],"from_ref":"` + u("email-addr", 1) + `","to_refs":["` + u("email-addr", 2) + `"],"additional_header_fields":{"Reply-To":["x"]},"date":"2021-01-01T00:00:00Z","raw_email_ref":"` + u("artifact", 1) + `"}`,
	"file": `{"type":"file","id":"` + u("file", 1) + `","name":"n","size":0,"magic_number_hex":"ffd8","mime_type":"image/jpeg","hashes":{"SHA-256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"parent_directory_ref":"` + u("directory", 1) + `","content_ref":"` + u("artifact", 1) + `",
		"extensions":{"archive-ext":{"contains_refs":["` + u("file", 2) + `"]},"ntfs-ext":{"alternate_data_streams":[{"name":"s","size":1}]},"pdf-ext":{"version":"1.7","document_info_dict":{"Title":"t"}},
		"raster-image-ext":{"image_height":1,"exif_tags":{"Make":"m"}},"windows-pebinary-ext":{"pe_type":"exe","machine_hex":"014c","number_of_sections":1,"time_date_stamp":"2021-01-01T00:00:00Z",
		"optional_header":{"magic_hex":"010b","size_of_code":1},"sections":[{"name":"CODE","entropy":0.5}]}}}`,
	"ipv4-addr": `{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"}`,
	"ipv6-addr": `{"type":"ipv6-addr","id":"` + u("ipv6-addr", 1) + `","value":"2001:db8::/96"}`,
	"mac-addr":  `{"type":"mac-addr","id":"` + u("mac-addr", 1) + `","value":"d2:fb:49:24:37:18"}`,
	"mutex":     `{"type":"mutex","id":"` + u("mutex", 1) + `","name":"m"}`,
	"network-traffic": `{"type":"network-traffic","id":"` + u("network-traffic", 1) + `","src_ref":"` + u("ipv4-addr", 1) + `","dst_ref":"` + u("domain-name", 1) + `","src_port":0,"dst_port":65535,"protocols":["tcp","http"],"start":"2021-01-01T00:00:00Z","end":"2021-01-01T00:00:01Z","is_active":false,"ipfix":{"minimumIpTotalLength":32},
		"extensions":{"http-request-ext":{"request_method":"get","request_value":"/","request_header":{"Host":["h"]}},"icmp-ext":{"icmp_type_hex":"08","icmp_code_hex":"00"},"socket-ext":{"address_family":"AF_INET","socket_type":"SOCK_STREAM","options":{"SO_KEEPALIVE":1,"TCP_NODELAY":1}},"tcp-ext":{"src_flags_hex":"02"}}}`,
	"process": `{"type":"process","id":"` + u("process", 1) + `","pid":4,"created_time":"2021-01-01T00:00:00Z","environment_variables":{"PATH":"/"},"image_ref":"` + u("file", 1) + `","parent_ref":"` + u("process", 2) + `",
		"extensions":{"windows-process-ext":{"aslr_enabled":true,"integrity_level":"high","startup_info":{"a":"b"}},"windows-service-ext":{"service_name":"s","start_type":"SERVICE_AUTO_START","service_type":"SERVICE_KERNEL_DRIVER","service_status":"SERVICE_RUNNING"}}}`,
	"software":             `{"type":"software","id":"` + u("software", 1) + `","name":"s","cpe":"cpe:2.3:a:b:c:1:*:*:*:*:*:*:*","languages":["en"]}`,
	"url":                  `{"type":"url","id":"` + u("url", 1) + `","value":"https://example.com/x"}`,
	"user-account":         `{"type":"user-account","id":"` + u("user-account", 1) + `","user_id":"1001","account_type":"unix","account_created":"2021-01-01T00:00:00Z","extensions":{"unix-account-ext":{"gid":1001,"groups":["wheel"]}}}`,
	"windows-registry-key": `{"type":"windows-registry-key","id":"` + u("windows-registry-key", 1) + `","key":"HKLM\\x","values":[{"name":"n","data":"d","data_type":"REG_SZ"}],"modified_time":"2021-01-01T00:00:00Z"}`,
	"x509-certificate":     `{"type":"x509-certificate","id":"` + u("x509-certificate", 1) + `","serial_number":"1","is_self_signed":true,"validity_not_before":"2021-01-01T00:00:00Z","validity_not_after":"2022-01-01T00:00:00Z","x509_v3_extensions":{"basic_constraints":"critical"}}`,
	"language-content":     `{"type":"language-content",` + dated + `"id":"` + u("language-content", 1) + `","object_ref":"` + u("campaign", 1) + `","object_modified":"2021-07-19T12:00:00.000Z","contents":{"de":{"name":"n"},"zh-Hans":{"name":"m"}}}`,
	"marking-definition":   `{"type":"marking-definition","spec_version":"2.1","id":"` + u("marking-definition", 1) + `","created":"2021-07-19T12:00:00.000Z","definition_type":"statement","definition":{"statement":"© us"}}`,
	"extension-definition": `{"type":"extension-definition",` + dated + `"id":"` + u("extension-definition", 1) + `","created_by_ref":"` + u("identity", 1) + `","name":"n","schema":"https://example.org/s.json","version":"1.2.3","extension_types":["property-extension","toplevel-property-extension"],"extension_properties":["x_thing"]}`,
	"bundle":               `{"type":"bundle","id":"` + u("bundle", 1) + `","objects":[{"type":"mutex","id":"` + u("mutex", 1) + `","name":"m"}]}`,
}

func parse(tb testing.TB, raw string) *Object {
	tb.Helper()
	o, err := Parse([]byte(raw), Limits{})
	if err != nil {
		tb.Fatalf("%s: %v", raw, err)
	}
	return o
}

func TestValid(t *testing.T) {
	for name := range shapes().types {
		if valid[name] == "" {
			t.Errorf("no example of %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(valid)) {
		for _, f := range Check(parse(t, valid[name])) {
			t.Errorf("%s: %v %s %s: %s", name, f.Severity, f.Rule, f.Pointer, f.Message)
		}
	}
}

// patched is a valid object with a merge patch (RFC 7396): null takes a property away.
func patched(tb testing.TB, kind, patch string) string {
	tb.Helper()
	var doc, p any
	if err := json.Unmarshal([]byte(valid[kind]), &doc); err != nil {
		tb.Fatalf("%s: %v", kind, err)
	}
	if err := json.Unmarshal([]byte(patch), &p); err != nil {
		tb.Fatalf("%s: %v", patch, err)
	}
	b, err := json.Marshal(merge(doc, p))
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func merge(doc, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	d, ok := doc.(map[string]any)
	if !ok {
		d = map[string]any{}
	}
	for k, v := range p {
		if v == nil {
			delete(d, k)
		} else {
			d[k] = merge(d[k], v)
		}
	}
	return d
}

func findings(o *Object) (list []string) {
	for _, f := range Check(o) {
		list = append(list, fmt.Sprintf("%s %s %s", f.Severity, f.Rule, f.Pointer))
		if f.Section == "" || strings.TrimSpace(f.Message) == "" {
			list = append(list, "a finding without section or message")
		}
	}
	return list
}

// Every property of every type: what is required is missed, what is forbidden is seen, and a value of another JSON type,
// an empty list, a word out of an enumeration, a reference to another type are found where they stand.
func TestEveryPropertyOfEveryType(t *testing.T) {
	cases := 0
	for _, name := range slices.Sorted(maps.Keys(shapes().types)) {
		s := shapes().types[name]
		if len(s.all) > maxProps {
			t.Fatalf("%s has %d properties: raise maxProps", name, len(s.all))
		}
		for _, q := range s.all {
			try := func(what, value, want string) {
				cases++
				at := "/" + q.name
				if q.list && strings.HasPrefix(value, "[") && value != "[]" {
					at += "/0"
				}
				if strings.HasPrefix(want, "warning deprecated") || strings.Contains(want, "forbidden") || strings.Contains(want, "required") {
					at = "/" + q.name
				}
				got := findings(parse(t, patched(t, name, `{"`+q.name+`":`+value+`}`)))
				if !slices.Contains(got, want+" "+at) {
					t.Errorf("%s.%s %s (%s): %q, want %s %s", name, q.name, what, value, got, want, at)
				}
			}
			if q.required && q.name != "spec_version" && q.name != "type" {
				try("missing", "null", "error required-property")
			}
			if q.forbidden {
				try("forbidden", `"x"`, "error forbidden-property")
				continue
			}
			if q.kind == anything || q.name == "type" || q.name == "id" || q.name == "spec_version" {
				continue
			}
			wrong, bad := `7`, ""
			switch q.kind {
			case timestamp, millis:
				bad = `"2021-02-29T00:00:00.000Z" error timestamp`
			case reference:
				bad = `"bundle--00000001-0000-4000-8000-000000000000" error reference-type`
			case hexadecimal:
				bad = `"abc" error hex`
			case binary:
				bad = `"QQ" error binary`
			case enum:
				bad = `"nonesuch" error enumeration`
			case openVocabulary:
				bad = `"nonesuch" warning vocabulary`
			case language:
				bad = `"e_n" error language`
			case integer, float:
				wrong = `"7"`
				if q.bounded && q.max < 1e18 {
					bad = fmt.Sprintf("%d error range", int64(q.max)+1)
					if q.max == maxInteger {
						bad = "9007199254740993 error integer"
					}
				}
			case dictionary, hashes:
				bad = `{} error empty-dictionary`
				if q.kind == hashes && strings.Contains(valid[name], `"hashes":{`) {
					bad = "" // the patch would merge
				}
				if strings.Contains(valid[name], `"`+q.name+`":{`) {
					bad = ""
				}
			case boolean, text, embedded, extensions, observables, contents, pattern, markingObject:
			default:
			}
			if q.list {
				try("not in a list", `"x"`, "error type-of-value")
				try("empty list", `[]`, "error empty-list")
				try("wrong type", "["+wrong+"]", "error type-of-value")
			} else {
				try("wrong type", wrong, "error type-of-value")
			}
			if bad == "" {
				continue
			}
			value, want, _ := strings.Cut(bad, " ")
			if q.list {
				value = "[" + value + "]"
			}
			try("bad value", value, want)
		}
	}
	if cases < 1000 {
		t.Errorf("only %d cases", cases)
	}
}
