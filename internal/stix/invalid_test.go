package stix

import (
	"slices"
	"strings"
	"testing"
)

// Each case breaks one rule of a valid object: a merge patch, and the finding that has to come of it. Every case gives
// exactly that finding, unless it names another one with it.
func TestInvalid(t *testing.T) {
	long := strings.Repeat("a", 251)
	for _, c := range []struct{ kind, patch, want string }{
		// Common properties (3.2), identifiers (2.9), timestamps (2.16).
		{"tool", `{"spec_version":"2.2"}`, "error spec-version /spec_version"},
		{"note", `{"spec_version":null}`, "error required-property /spec_version"}, // 2.0 has no notes
		{"tool", `{"type":"x-thing"}`, "warning custom-object /type; error identifier /id"},
		{"tool", `{"type":"Tool"}`, "error type-name /type; warning custom-object /type; error identifier /id"},
		{"tool", `{"type":"x--tool"}`, "error type-name /type; warning custom-object /type; error identifier /id"},
		{"tool", `{"type":"xx"}`, "error type-name /type; warning custom-object /type; error identifier /id"},
		{"tool", `{"type":null}`, "error required-property /type"},
		{"tool", `{"id":"malware--00000001-0000-4000-8000-000000000000"}`, "error identifier /id"},
		{"tool", `{"id":"tool-00000001-0000-4000-8000-000000000000"}`, "error identifier /id"},
		{"tool", `{"id":"tool--00000001-0000-4000-8000-00000000000"}`, "error identifier /id"},
		{"tool", `{"id":"tool--00000001-0000-4000-8000-00000000000G"}`, "error identifier /id"},
		{"tool", `{"id":"tool--0000000A-0000-4000-8000-000000000000"}`, "error identifier /id"},
		{"tool", `{"id":"tool--00000001-0000-0000-8000-000000000000"}`, "error identifier /id"},
		{"tool", `{"id":"tool--00000001-0000-4000-1000-000000000000"}`, "error identifier /id"},
		{"tool", `{"id":"tool--00000001x0000-4000-8000-000000000000"}`, "error identifier /id"},
		{"tool", `{"id":"tool--00000001-0000-7000-8000-000000000000"}`, "warning identifier /id"},
		{"tool", `{"created":"2021-07-19T12:00:00Z"}`, "error timestamp-precision /created"},
		{"tool", `{"modified":"2021-07-19T12:00:00.000000Z"}`, "warning timestamp-precision /modified"},
		{"tool", `{"created":"2021-07-19 12:00:00.000Z"}`, "error timestamp /created"},
		{"tool", `{"created":"2021-07-19T12:00:00.000+00:00"}`, "error timestamp /created"},
		{"tool", `{"created":"2021-07-19t12:00:00.000z"}`, "error timestamp /created"},
		{"tool", `{"created":"2021-02-29T12:00:00.000Z"}`, "error timestamp /created"},
		{"tool", `{"created":"2021-07-19T24:00:00.000Z"}`, "error timestamp /created"},
		{"tool", `{"created":"2021-07-19T12:00:00.Z"}`, "error timestamp /created"},
		{"tool", `{"created":"2021-07-19T12:00:00.00xZ"}`, "error timestamp /created"},
		{"tool", `{"modified":"2021-07-19T11:59:59.999Z"}`, "error time-order /modified"},
		{"tool", `{"confidence":101}`, "error range /confidence"},
		{"tool", `{"confidence":-1}`, "error range /confidence"},
		{"tool", `{"confidence":50.0}`, ""}, // encoding/json writes 50
		{"tool", `{"confidence":50.5}`, "error integer /confidence"},
		{"tool", `{"lang":"english language"}`, "error language /lang"},
		{"tool", `{"created_by_ref":"` + u("tool", 1) + `"}`, "error reference-type /created_by_ref"},
		{"tool", `{"created_by_ref":"me"}`, "error identifier /created_by_ref"},
		{"tool", `{"object_marking_refs":["` + u("identity", 1) + `"]}`, "error reference-type /object_marking_refs/0"},
		{"marking-definition", `{"object_marking_refs":["` + u("marking-definition", 1) + `"]}`, "error reference /object_marking_refs/0"},
		{"tool", `{"name":5}`, "error type-of-value /name"},
		{"tool", `{"defanged":true}`, "error forbidden-property /defanged"},
		{"url", `{"created":"2021-07-19T12:00:00.000Z"}`, "error forbidden-property /created"},
		{"marking-definition", `{"modified":"2021-07-19T12:00:00.000Z"}`, "error forbidden-property /modified"},
		{"extension-definition", `{"confidence":1}`, "error forbidden-property /confidence"},
		{"language-content", `{"lang":"en"}`, "error forbidden-property /lang"},
		// External references (2.5), kill chains (2.11), hashes (2.7).
		{"tool", `{"external_references":[{"source_name":"x"}]}`, "error at-least-one /external_references/0"},
		{"tool", `{"external_references":[{"url":"https://example.org"}]}`, "error required-property /external_references/0/source_name"},
		{"tool", `{"external_references":[{"source_name":"cve","external_id":"2021-26855"}]}`, "warning spelling /external_references/0/external_id"},
		{"tool", `{"external_references":[{"source_name":"capec","external_id":"163"}]}`, "warning spelling /external_references/0/external_id"},
		{"tool", `{"external_references":[{"source_name":"x","url":"example.org"}]}`, "warning format /external_references/0/url"},
		{"tool", `{"external_references":["x"]}`, "error type-of-value /external_references/0"},
		{"tool", `{"kill_chain_phases":[{"kill_chain_name":"a"}]}`, "error required-property /kill_chain_phases/0/phase_name"},
		{"tool", `{"kill_chain_phases":[{"kill_chain_name":"a","phase_name":"Initial Access"}]}`, "warning spelling /kill_chain_phases/0/phase_name"},
		{"artifact", `{"hashes":{"MD5":"00"}}`, "error hash /hashes/MD5"},
		{"artifact", `{"hashes":{"MD5":7}}`, "error type-of-value /hashes/MD5"},
		{"artifact", `{"hashes":{"SHA256":"x"}}`, "warning vocabulary /hashes/SHA256"},
		{"artifact", `{"hashes":{"a b":"x"}}`, "error dictionary-key /hashes/a b; warning vocabulary /hashes/a b"},
		{"artifact", `{"hashes":{"SSDEEP":"x"}}`, "warning hash /hashes/SSDEEP"},
		{"artifact", `{"hashes":{"TLSH":"x"}}`, "warning hash /hashes/TLSH"},
		{"process", `{"environment_variables":{"` + long + `":"x"}}`, "error dictionary-key /environment_variables/" + long},
		{"process", `{"environment_variables":{"a/b~c":"x"}}`, "error dictionary-key /environment_variables/a~1b~0c"},
		// Granular markings (7.2.3).
		{"tool", `{"granular_markings":[{"selectors":["name"]}]}`, "error at-least-one /granular_markings/0"},
		{"tool", `{"granular_markings":[{"lang":"en","marking_ref":"` + u("marking-definition", 1) + `","selectors":["name"]}]}`, "error not-both /granular_markings/0/marking_ref"},
		{"tool", `{"granular_markings":[{"lang":"en"}]}`, "error required-property /granular_markings/0/selectors"},
		{"tool", `{"granular_markings":[{"lang":"en","selectors":["nonesuch"]}]}`, "error selector /granular_markings/0/selectors/0"},
		{"tool", `{"granular_markings":[{"lang":"en","selectors":["tool_types.[1]"]}]}`, "error selector /granular_markings/0/selectors/0"},
		{"tool", `{"granular_markings":[{"lang":"en","selectors":["tool_types[0]"]}]}`, "error selector /granular_markings/0/selectors/0"},
		{"tool", `{"granular_markings":[{"lang":"en","selectors":["[0]"]}]}`, "error selector /granular_markings/0/selectors/0"},
		{"tool", `{"granular_markings":[{"lang":"en","selectors":["name."]}]}`, "error selector /granular_markings/0/selectors/0"},
		{"tool", `{"granular_markings":[{"lang":"en","selectors":[""]}]}`, "error selector /granular_markings/0/selectors/0"},
		{"tool", `{"granular_markings":[{"lang":"en","selectors":["tool_types.[x]"]}]}`, "error selector /granular_markings/0/selectors/0"},
		// Domain objects (4).
		{"campaign", `{"last_seen":"2020-12-31T23:59:59Z"}`, "error time-order /last_seen"},
		{"infrastructure", `{"last_seen":"2020-12-31T23:59:59Z"}`, "error time-order /last_seen"},
		{"intrusion-set", `{"last_seen":"2020-12-31T23:59:59Z"}`, "error time-order /last_seen"},
		{"malware", `{"last_seen":"2020-12-31T23:59:59Z"}`, "error time-order /last_seen"},
		{"threat-actor", `{"last_seen":"2020-12-31T23:59:59Z"}`, "error time-order /last_seen"},
		{"course-of-action", `{"action":"x"}`, "warning reserved-name /action"},
		{"grouping", `{"context":"party"}`, "warning vocabulary /context"},
		{"grouping", `{"object_refs":["` + u("bundle", 1) + `"]}`, "error reference-type /object_refs/0"},
		{"indicator", `{"valid_until":"2021-01-01T00:00:00Z"}`, "error time-order /valid_until"},
		{"indicator", `{"valid_until":"2020-01-01T00:00:00Z"}`, "error time-order /valid_until"},
		{"indicator", `{"pattern":""}`, "error pattern /pattern"},
		{"location", `{"latitude":null}`, "error dependent-property /latitude; error dependent-property /latitude"},
		{"location", `{"longitude":null}`, "error dependent-property /longitude; error dependent-property /longitude"},
		{"location", `{"latitude":null,"longitude":null}`, "error dependent-property /latitude; error dependent-property /longitude"},
		{"location", `{"latitude":null,"longitude":null,"precision":null,"region":null,"country":null}`, "error at-least-one"},
		{"location", `{"latitude":-90.5}`, "error range /latitude"},
		{"location", `{"precision":-1}`, "error range /precision"},
		{"malware", `{"name":null}`, "error dependent-property /name"},
		{"malware", `{"name":null,"is_family":false}`, ""},
		{"malware", `{"sample_refs":["` + u("url", 1) + `"]}`, "error reference-type /sample_refs/0"},
		{"malware-analysis", `{"result":null,"analysis_sco_refs":null}`, "error at-least-one"},
		{"observed-data", `{"last_observed":"2020-01-01T00:00:00Z"}`, "error time-order /last_observed"},
		{"observed-data", `{"number_observed":0}`, "error range /number_observed"},
		{"observed-data", `{"object_refs":null}`, "error at-least-one"},
		{"observed-data", `{"object_refs":["` + u("tool", 1) + `"]}`, "error reference-type /object_refs/0"},
		{"observed-data", `{"objects":{"0":{"type":"mutex","name":"m"}}}`, "warning deprecated-property /objects; error not-both /object_refs"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"mutex","name":"m"}}}`, "warning deprecated-property /objects"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"mutex"}}}`, "warning deprecated-property /objects; error required-property /objects/0/name"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"tool","name":"m"}}}`, "warning deprecated-property /objects; error type-of-object /objects/0"},
		{"observed-data", `{"object_refs":null,"objects":{"0":7}}`, "warning deprecated-property /objects; error type-of-value /objects/0"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"email-addr","value":"a@b.c","belongs_to_ref":"1"}}}`, "warning deprecated-property /objects; error reference /objects/0/belongs_to_ref"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"email-addr","value":"a@b.c","belongs_to_ref":"1"},"1":{"type":"mutex","name":"m"}}}`, "warning deprecated-property /objects; error reference-type /objects/0/belongs_to_ref"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"email-addr","value":"a@b.c","belongs_to_ref":"1"},"1":{"type":"user-account","user_id":"m"}}}`, "warning deprecated-property /objects"},
		{"opinion", `{"opinion":"meh"}`, "error enumeration /opinion"},
		{"report", `{"object_refs":[]}`, "error empty-list /object_refs"},
		{"identity", `{"sectors":["Defence"]}`, "warning vocabulary /sectors/0"},
		// Relationships (5).
		{"relationship", `{"relationship_type":"Uses"}`, "error relationship-type /relationship_type; warning relationship /relationship_type"},
		{"relationship", `{"relationship_type":"eats"}`, "warning relationship /relationship_type"},
		{"relationship", `{"relationship_type":"related-to"}`, ""},
		{"relationship", `{"relationship_type":"duplicate-of"}`, "warning relationship /relationship_type"},
		{"relationship", `{"relationship_type":"duplicate-of","target_ref":"` + u("malware", 2) + `"}`, ""},
		{"relationship", `{"source_ref":"` + u("infrastructure", 1) + `","relationship_type":"consists-of","target_ref":"` + u("url", 1) + `"}`, ""},
		{"relationship", `{"target_ref":"` + u("x-thing", 1) + `"}`, ""},
		{"relationship", `{"source_ref":"` + u("relationship", 1) + `"}`, "error reference-type /source_ref; warning relationship /relationship_type"},
		{"relationship", `{"target_ref":"` + u("marking-definition", 1) + `"}`, "error reference-type /target_ref; warning relationship /relationship_type"},
		{"relationship", `{"stop_time":"2021-01-01T00:00:00Z"}`, "error time-order /stop_time"},
		{"sighting", `{"sighting_of_ref":"` + u("file", 1) + `"}`, "error reference-type /sighting_of_ref"},
		{"sighting", `{"where_sighted_refs":["` + u("tool", 1) + `"]}`, "error reference-type /where_sighted_refs/0"},
		{"sighting", `{"count":1000000000}`, "error range /count"},
		{"sighting", `{"last_seen":"2020-01-01T00:00:00Z"}`, "error time-order /last_seen"},
		// Observables (6).
		{"artifact", `{"payload_bin":null}`, "error at-least-one"},
		{"artifact", `{"url":"https://example.org"}`, "error not-both /url"},
		{"artifact", `{"payload_bin":null,"hashes":null,"url":"https://example.org"}`, "error dependent-property /hashes"},
		{"artifact", `{"encryption_algorithm":null}`, "error dependent-property /encryption_algorithm"},
		{"artifact", `{"payload_bin":"Q Q="}`, "error binary /payload_bin"},
		{"artifact", `{"mime_type":"text"}`, "warning format /mime_type"},
		{"domain-name", `{"value":"example.org"}`, "warning observable-id /id"},
		{"domain-name", `{"id":"` + u("domain-name", 1) + `","value":"http://example.org/"}`, "warning format /value"},
		{"domain-name", `{"resolves_to_refs":["` + u("ipv4-addr", 1) + `"]}`, "warning deprecated-property /resolves_to_refs"},
		{"ipv4-addr", `{"belongs_to_refs":["` + u("autonomous-system", 1) + `"]}`, "warning deprecated-property /belongs_to_refs"},
		{"email-addr", `{"value":"A <a@example.org>"}`, "warning format /value"},
		{"email-message", `{"body_multipart":null}`, "error dependent-property /body_multipart"},
		{"email-message", `{"body":"b"}`, "error not-both /body"},
		{"email-message", `{"is_multipart":false}`, "error not-both /body_multipart"},
		{"email-message", `{"body_multipart":[{"content_type":"a/b"}]}`, "error at-least-one /body_multipart/0"},
		{"file", `{"name":null,"hashes":null}`, "error at-least-one"},
		{"file", `{"size":-1}`, "error range /size"},
		{"file", `{"extensions":{"archive-ext":{"contains_refs":null,"comment":"c"}}}`, "error required-property /extensions/archive-ext/contains_refs"},
		{"file", `{"extensions":{"ntfs-ext":{"alternate_data_streams":[{"size":1}]}}}`, "error required-property /extensions/ntfs-ext/alternate_data_streams/0/name"},
		{"file", `{"extensions":{"ntfs-ext":{"alternate_data_streams":null,"x_a":1}}}`, "warning custom-property /extensions/ntfs-ext/x_a; error at-least-one /extensions/ntfs-ext"},
		{"file", `{"extensions":{"pdf-ext":{"version":null,"document_info_dict":null,"x_a":1}}}`, "warning custom-property /extensions/pdf-ext/x_a; error at-least-one /extensions/pdf-ext"},
		{"file", `{"extensions":{"raster-image-ext":{"image_height":-1}}}`, "error range /extensions/raster-image-ext/image_height"},
		{"file", `{"extensions":{"windows-pebinary-ext":{"pe_type":null}}}`, "error required-property /extensions/windows-pebinary-ext/pe_type"},
		{"file", `{"extensions":{"windows-pebinary-ext":{"sections":[{"size":1}]}}}`, "error required-property /extensions/windows-pebinary-ext/sections/0/name"},
		{"file", `{"extensions":{"windows-pebinary-ext":{"optional_header":{"magic_hex":null,"size_of_code":null,"x_a":1}}}}`, "warning custom-property /extensions/windows-pebinary-ext/optional_header/x_a; error at-least-one /extensions/windows-pebinary-ext/optional_header"},
		{"file", `{"extensions":{"tcp-ext":{"src_flags_hex":"00"}}}`, "error extension /extensions/tcp-ext"},
		{"ipv4-addr", `{"id":"` + u("ipv4-addr", 1) + `","value":"198.51.100.256"}`, "error format /value"},
		{"ipv4-addr", `{"id":"` + u("ipv4-addr", 1) + `","value":"2001:db8::1"}`, "error format /value"},
		{"ipv4-addr", `{"id":"` + u("ipv4-addr", 1) + `","value":"198.51.100.0/33"}`, "error format /value"},
		{"ipv6-addr", `{"value":"198.51.100.3"}`, "error format /value"},
		{"ipv6-addr", `{"value":"fe80::1%eth0"}`, "error format /value"},
		{"mac-addr", `{"value":"D2-FB-49-24-37-18"}`, "error format /value"},
		{"mac-addr", `{"value":"D2:FB:49:24:37:18"}`, "error format /value"},
		{"network-traffic", `{"src_ref":null,"dst_ref":null}`, "error at-least-one"},
		{"network-traffic", `{"end":"2021-01-01T00:00:00Z"}`, "error time-order /end"},
		{"network-traffic", `{"is_active":true}`, "error not-both /end"},
		{"network-traffic", `{"src_port":65536}`, "error range /src_port"},
		{"network-traffic", `{"src_ref":"` + u("file", 1) + `"}`, "error reference-type /src_ref"},
		{"network-traffic", `{"extensions":{"http-request-ext":{"request_method":null}}}`, "error required-property /extensions/http-request-ext/request_method"},
		{"network-traffic", `{"extensions":{"icmp-ext":{"icmp_code_hex":null}}}`, "error required-property /extensions/icmp-ext/icmp_code_hex"},
		{"network-traffic", `{"extensions":{"socket-ext":{"address_family":null}}}`, "error required-property /extensions/socket-ext/address_family"},
		{"network-traffic", `{"extensions":{"socket-ext":{"address_family":"PF_INET"}}}`, "error enumeration /extensions/socket-ext/address_family"},
		{"network-traffic", `{"extensions":{"socket-ext":{"options":{"KEEPALIVE":1}}}}`, "error dictionary-key /extensions/socket-ext/options/KEEPALIVE"},
		{"network-traffic", `{"extensions":{"socket-ext":{"options":{"SO_LINGER":"1"}}}}`, "error type-of-value /extensions/socket-ext/options/SO_LINGER"},
		{"network-traffic", `{"extensions":{"tcp-ext":{"src_flags_hex":"2"}}}`, "error hex /extensions/tcp-ext/src_flags_hex"},
		{"network-traffic", `{"extensions":{"tcp-ext":{"src_flags_hex":null,"x_a":1}}}`, "warning custom-property /extensions/tcp-ext/x_a; error at-least-one /extensions/tcp-ext"},
		{"process", `{"pid":null,"created_time":null,"environment_variables":null,"image_ref":null,"parent_ref":null,"extensions":null}`, "error at-least-one"},
		{"process", `{"id":"process--00000001-0000-5000-8000-000000000000"}`, "warning observable-id /id"},
		{"process", `{"extensions":{"windows-process-ext":{"integrity_level":"huge"}}}`, "error enumeration /extensions/windows-process-ext/integrity_level"},
		{"process", `{"extensions":{"windows-process-ext":{"aslr_enabled":"yes"}}}`, "error type-of-value /extensions/windows-process-ext/aslr_enabled"},
		{"process", `{"extensions":{"windows-service-ext":{"start_type":"SERVICE_NEVER"}}}`, "error enumeration /extensions/windows-service-ext/start_type"},
		{"process", `{"extensions":{"windows-service-ext":{"service_type":"x"}}}`, "error enumeration /extensions/windows-service-ext/service_type"},
		{"process", `{"extensions":{"windows-service-ext":{"service_status":"x"}}}`, "error enumeration /extensions/windows-service-ext/service_status"},
		{"process", `{"extensions":{"windows-service-ext":{"service_dll_refs":["` + u("url", 1) + `"]}}}`, "error reference-type /extensions/windows-service-ext/service_dll_refs/0"},
		{"software", `{"cpe":"cpe:/a:b"}`, "error format /cpe"},
		{"software", `{"languages":["e_n"]}`, "error language /languages/0"},
		{"url", `{"value":"example.org/x"}`, "warning format /value"},
		{"user-account", `{"user_id":null,"account_type":null,"account_created":null,"extensions":null}`, "error at-least-one"},
		{"user-account", `{"extensions":{"unix-account-ext":{"gid":"0"}}}`, "error type-of-value /extensions/unix-account-ext/gid"},
		{"windows-registry-key", `{"key":null,"values":null,"modified_time":null}`, "error at-least-one"},
		{"windows-registry-key", `{"values":[{"data_type":"REG_X"}]}`, "error enumeration /values/0/data_type"},
		{"windows-registry-key", `{"values":[{"x_a":1}]}`, "warning custom-property /values/0/x_a; error at-least-one /values/0"},
		{"x509-certificate", `{"validity_not_after":"2020-01-01T00:00:00Z"}`, "error time-order /validity_not_after"},
		{"x509-certificate", `{"x509_v3_extensions":{"private_key_usage_period_not_before":"x"}}`, "error timestamp /x509_v3_extensions/private_key_usage_period_not_before"},
		{"x509-certificate", `{"serial_number":null,"is_self_signed":null,"validity_not_before":null,"validity_not_after":null,"x509_v3_extensions":null}`, "error at-least-one"},
		// Meta objects (7), bundles (8).
		{"language-content", `{"contents":{"e_n":{"name":"x"}}}`, "error language /contents/e_n"},
		{"language-content", `{"contents":{"en":"x"}}`, "error type-of-value /contents/en"},
		{"language-content", `{"contents":{"de":null,"zh-Hans":null}}`, "error type-of-value /contents"},
		{"marking-definition", `{"definition":null}`, "error at-least-one; error dependent-property /definition"},
		{"marking-definition", `{"definition_type":null}`, "error dependent-property /definition_type"},
		{"marking-definition", `{"definition":{"statement":7}}`, "error marking /definition"},
		{"marking-definition", `{"definition":"x"}`, "error type-of-value /definition; error marking /definition"},
		{"marking-definition", `{"definition_type":"pap"}`, "warning marking /definition_type"},
		{"marking-definition", `{"definition_type":"tlp","definition":{"statement":null,"tlp":"red"}}`, "error marking"},
		{"marking-definition", `{"id":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","definition":{"statement":null,"tlp":"red"}}`, ""},
		{"marking-definition", `{"id":"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","definition":{"statement":null,"tlp":"white"}}`, ""},
		{"marking-definition", `{"id":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","definition":{"statement":null,"tlp":"green"}}`, "error marking /definition"},
		{"marking-definition", `{"id":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","definition_type":"tlp","definition":{"statement":null,"tlp":"red"}}`, "error marking /definition"},
		{"marking-definition", `{"id":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1","definition_type":null,"definition":null,"extensions":{"` + TLPExtension + `":{"extension_type":"property-extension","tlp_2_0":"red"}}}`, ""},
		{"marking-definition", `{"definition_type":null,"definition":null,"extensions":{"` + TLPExtension + `":{"extension_type":"property-extension","tlp_2_0":"red"}}}`, "error marking /extensions/" + TLPExtension},
		{"marking-definition", `{"definition_type":null,"definition":null,"extensions":{"` + TLPExtension + `":{"extension_type":"property-extension","tlp_2_0":"white"}}}`, "error marking /extensions/" + TLPExtension},
		{"extension-definition", `{"version":"1.0"}`, "error format /version"},
		{"extension-definition", `{"extension_types":["new-thing"],"extension_properties":null}`, "error enumeration /extension_types/0"},
		{"extension-definition", `{"extension_types":["new-sdo"]}`, "error extension-properties /extension_properties"},
		{"extension-definition", `{"extension_properties":null}`, "warning extension-properties"},
		{"extension-definition", `{"extension_properties":["Bad Name"]}`, "error property-name /extension_properties/0"},
		{"bundle", `{"objects":[7]}`, "error type-of-value /objects/0"},
		{"bundle", `{"objects":[]}`, "error empty-list /objects"},
		{"bundle", `{"objects":[{"type":"bundle"}]}`, "error bundle /objects/0"},
		{"bundle", `{"objects":[{"type":"mutex","id":"` + u("mutex", 1) + `"}]}`, "error required-property /objects/0/name"},
		{"bundle", `{"spec_version":"2.1"}`, "warning custom-property /spec_version"},
		// Customizing (7.3, 11).
		{"tool", `{"x_thing":1}`, "warning custom-property /x_thing"},
		{"tool", `{"x_thing":[]}`, "error empty-list /x_thing; warning custom-property /x_thing"},
		{"tool", `{"type":"thing","id":"` + u("thing", 1) + `","x":1,"rest":[]}`, "error empty-list /rest; error property-name /x; warning custom-object /type"},
		{"tool", `{"thing":1}`, "warning custom-property /thing"},
		{"tool", `{"X-Thing":1}`, "error property-name /X-Thing"},
		{"tool", `{"xy":1}`, "error property-name /xy"},
		{"tool", `{"` + long + `":1}`, "error property-name /" + long},
		{"tool", `{"extensions":{}}`, "error type-of-value /extensions"},
		{"tool", `{"extensions":{"x-mine-ext":{"a":1}}}`, "warning custom-extension /extensions/x-mine-ext"},
		{"tool", `{"extensions":{"x-mine-ext":7}}`, "error type-of-value /extensions/x-mine-ext"},
		{"tool", `{"extensions":{"extension-definition--1":{"a":1}}}`, "error identifier /extensions/extension-definition--1"},
		{"tool", `{"extensions":{"` + u("extension-definition", 1) + `":{"a":1}}}`, "warning extension-type /extensions/" + u("extension-definition", 1)},
		{"tool", `{"extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"new"}}}`, "error enumeration /extensions/" + u("extension-definition", 1) + "/extension_type"},
		{"tool", `{"extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"property-extension","a":1}}}`, ""},
		{"tool", `{"thing":1,"extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"toplevel-property-extension"}}}`, ""},
		{"tool", `{"Thing":1,"extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"toplevel-property-extension"}}}`, "error property-name /Thing"},
		{"tool", `{"extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"new-sdo"}}}`, "error extension-type /extensions"},
		{"tool", `{"type":"thing","id":"` + u("thing", 1) + `","extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"new-sdo"}}}`, ""},
		{"tool", `{"type":"thing","id":"` + u("thing", 1) + `","created":null,"extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"new-sdo"}}}`, "error required-property /created"},
		{"mutex", `{"type":"thing","id":"` + u("thing", 1) + `","extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"new-sco"}}}`, ""},
		{"mutex", `{"type":"thing","id":"` + u("thing", 1) + `","lang":"en","extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"new-sco"}}}`, "error forbidden-property /lang"},
		{"relationship", `{"type":"thing","id":"` + u("thing", 1) + `","modified":null,"extensions":{"` + u("extension-definition", 1) + `":{"extension_type":"new-sro"}}}`, "error required-property /modified"},
	} {
		got := findings(parse(t, patched(t, c.kind, c.patch)))
		want := strings.Split(c.want, "; ")
		if c.want == "" {
			want = nil
		}
		for i := range got {
			got[i] = strings.TrimSpace(got[i])
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s %s:\n got %q\nwant %q", c.kind, c.patch, got, want)
		}
	}
}

// What JSON itself forbids (RFC 8259, RFC 7493).
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "ends where a value"},
		{"no object", `[1]`, "an object is needed, not a list"},
		{"twice", `{"a":1,"a":1}`, `"a" stands twice`},
		{"twice, deep", `{"x":[{"a":1,"b":2,"a":3}]}`, `"a" stands twice`},
		{"twice, by escape", `{"a":1,"\u0061":1}`, `"a" stands twice`},
		{"twice among many", `{` + manyKeys(100) + `,"k7":1}`, `"k7" stands twice`},
		{"no UTF-8", "{\"a\":\"\xff\"}", "UTF-8"},
		{"lone surrogate", `{"a":"\ud800"}`, "surrogate"},
		{"lone surrogate in a name", `{"\ud800x":1}`, "surrogate"},
		{"unknown escape", `{"a":"\x"}`, "escape"},
		{"control", "{\"a\":\"\n\"}", "control"},
		{"number too big", `{"a":1e999}`, "double"},
		{"long number", `{"a":` + strings.Repeat("9", 400) + `}`, "double"},
		{"leading zero", `{"a":01}`, "goes on"},
		{"half a number", `{"a":1.}`, "digit"},
		{"half an exponent", `{"a":1e}`, "digit"},
		{"minus", `{"a":-}`, "digit"},
		{"more after", `{} {}`, "more after"},
		{"comma", `{"a":1,}`, "name of a property"},
		{"list comma", `{"a":[1,]}`, "value is needed"},
		{"open", `{"a":{"b":1}`, "goes on"},
		{"open list", `{"a":[1`, "goes on"},
		{"open string", `{"a":"b`, "within a string"},
		{"no colon", `{"a" 1}`, "`:`"},
		{"bare word", `{"a":nul}`, "value is needed"},
		{"deep", `{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "deeper"},
	} {
		_, err := Parse([]byte(c.in), Limits{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
	for _, c := range []struct {
		in   string
		lim  Limits
		want string
	}{
		{`{"a":"bcdefg"}`, Limits{Size: 10}, "larger than 10"},
		{`{"a":[[1]]}`, Limits{Depth: 2}, "deeper than 2"},
		{`{"a":[1,2,3]}`, Limits{Values: 4}, "more than 4"},
	} {
		if _, err := Parse([]byte(c.in), c.lim); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.in, err, c.want)
		}
	}
	if _, err := Parse([]byte(`{"a":[[1]]}`), Limits{Depth: 3, Values: 4, Size: 11}); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func manyKeys(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, `"k`+string(rune('0'+i%10))+strings.Repeat("x", i/10)+`":1`)
	}
	return strings.Join(parts, ",")
}
