package misp

import "sync"

// template says what the relations of the attributes of an object are in STIX.
type template struct {
	name  string
	uuid  string
	meta  string   // meta-category
	paths []member // a relation may stand there twice: the first is what a pattern or observation becomes
}

// member is one relation: its path, and the type of attribute that it has.
type member struct{ relation, path, kind string }

// templates are the objects of MISP that are observables of STIX.
var templates = sync.OnceValue(func() map[string]*template {
	hashes := func(object string, more ...member) []member {
		for _, h := range hashNames {
			if object == "file" || h.kind == "md5" || h.kind == "sha1" || h.kind == "sha256" {
				more = append(more, member{h.kind, object + ":hashes." + h.key, h.kind})
			}
		}
		return more
	}
	x509 := []member{
		{"x509-fingerprint-md5", "x509-certificate:hashes.MD5", "x509-fingerprint-md5"},
		{"x509-fingerprint-sha1", "x509-certificate:hashes.SHA-1", "x509-fingerprint-sha1"},
		{"x509-fingerprint-sha256", "x509-certificate:hashes.SHA-256", "x509-fingerprint-sha256"},
		{"serial-number", "x509-certificate:serial_number", "text"},
		{"issuer", "x509-certificate:issuer", "text"},
		{"subject", "x509-certificate:subject", "text"},
		{"version", "x509-certificate:version", "text"},
		{"validity-not-before", "x509-certificate:validity_not_before", "datetime"},
		{"validity-not-after", "x509-certificate:validity_not_after", "datetime"},
		{"pubkey-info-algorithm", "x509-certificate:subject_public_key_algorithm", "text"},
		{"pubkey-info-exponent", "x509-certificate:subject_public_key_exponent", "text"},
		{"pubkey-info-modulus", "x509-certificate:subject_public_key_modulus", "text"},
		{"self_signed", "x509-certificate:is_self_signed", "boolean"},
	}
	list := []template{
		{"file", "688c46fb-5edb-40a3-8273-1af7923e2215", "file", hashes("file",
			member{"filename", "file:name", "filename"},
			member{"size-in-bytes", "file:size", "size-in-bytes"},
			member{"mimetype", "file:mime_type", "mime-type"},
			member{"path", "file:parent_directory_ref.path", "text"},
			member{"file-encoding", "file:name_enc", "text"},
			member{"creation-time", "file:ctime", "datetime"},
			member{"modification-time", "file:mtime", "datetime"},
			member{"access-time", "file:atime", "datetime"})},
		{"domain-ip", "43b3b146-77eb-4931-b4cc-b66c60f28734", "network", []member{
			{"domain", "domain-name:value", "domain"},
			{"hostname", "domain-name:value", "hostname"},
			{"ip", "domain-name:resolves_to_refs[*].value", "ip-dst"},
		}},
		{"network-connection", "af16764b-f8e5-4603-9de1-de34d272f80b", "network", []member{
			{"ip-src", "network-traffic:src_ref.value", "ip-src"},
			{"ip-dst", "network-traffic:dst_ref.value", "ip-dst"},
			{"hostname-src", "network-traffic:src_ref.value", "hostname"},
			{"hostname-dst", "network-traffic:dst_ref.value", "hostname"},
			{"src-port", "network-traffic:src_port", "port"},
			{"dst-port", "network-traffic:dst_port", "port"},
			{"layer3-protocol", "network-traffic:protocols[*]", "text"},
			{"layer4-protocol", "network-traffic:protocols[*]", "text"},
			{"layer7-protocol", "network-traffic:protocols[*]", "text"},
			{"first-packet-seen", "network-traffic:start", "datetime"},
			{"last-packet-seen", "network-traffic:end", "datetime"},
			{"src-bytes-count", "network-traffic:src_byte_count", "size-in-bytes"},
			{"dst-bytes-count", "network-traffic:dst_byte_count", "size-in-bytes"},
			{"src-packets-count", "network-traffic:src_packets", "counter"},
			{"dst-packets-count", "network-traffic:dst_packets", "counter"},
		}},
		{"network-socket", "48bbfd72-ef8e-4649-b14d-41b4b5a0eba2", "network", []member{
			{"ip-src", "network-traffic:src_ref.value", "ip-src"},
			{"ip-dst", "network-traffic:dst_ref.value", "ip-dst"},
			{"hostname-src", "network-traffic:src_ref.value", "hostname"},
			{"hostname-dst", "network-traffic:dst_ref.value", "hostname"},
			{"src-port", "network-traffic:src_port", "port"},
			{"dst-port", "network-traffic:dst_port", "port"},
			{"protocol", "network-traffic:protocols[*]", "text"},
		}},
		{"process", "02aeef94-ac23-455c-addb-731757ceafb5", "misc", []member{
			{"pid", "process:pid", "text"},
			{"name", "process:image_ref.name", "text"},
			{"image", "process:image_ref.name", "filename"},
			{"command-line", "process:command_line", "text"},
			{"current-directory", "process:cwd", "text"},
			{"creation-time", "process:created_time", "datetime"},
			{"hidden", "process:is_hidden", "boolean"},
			{"parent-pid", "process:parent_ref.pid", "text"},
			{"parent-command-line", "process:parent_ref.command_line", "text"},
			{"parent-image", "process:parent_ref.image_ref.name", "filename"},
			{"parent-process-name", "process:parent_ref.image_ref.name", "text"},
			{"user-process", "process:creator_user_ref.account_login", "text"},
		}},
		{"registry-key", "8b3228ad-6d82-4fe6-b2ae-05426308f1d5", "file", []member{
			{"key", "windows-registry-key:key", "regkey"},
			{"name", "windows-registry-key:values[*].name", "text"},
			{"data", "windows-registry-key:values[*].data", "text"},
			{"data-type", "windows-registry-key:values[*].data_type", "text"},
			{"last-modified", "windows-registry-key:modified_time", "datetime"},
		}},
		{"email", "a0c666e0-fc65-4be8-b48f-3423d788b552", "network", []member{
			{"from", "email-message:from_ref.value", "email-src"},
			{"from-display-name", "email-message:from_ref.display_name", "email-src-display-name"},
			{"to", "email-message:to_refs[*].value", "email-dst"},
			{"to-display-name", "email-message:to_refs[*].display_name", "email-dst-display-name"},
			{"cc", "email-message:cc_refs[*].value", "email-dst"},
			{"bcc", "email-message:bcc_refs[*].value", "email-dst"},
			{"subject", "email-message:subject", "email-subject"},
			{"email-body", "email-message:body", "email-body"},
			{"message-id", "email-message:message_id", "email-message-id"},
			{"send-date", "email-message:date", "datetime"},
			{"reply-to", "email-message:additional_header_fields.Reply-To", "email-reply-to"},
			{"x-mailer", "email-message:additional_header_fields.X-Mailer", "email-x-mailer"},
			{"return-path", "email-message:additional_header_fields.Return-Path", "email-src"},
			{"thread-index", "email-message:additional_header_fields.Thread-Index", "email-thread-index"},
			{"attachment", "email-message:body_multipart[*].body_raw_ref.name", "email-attachment"},
		}},
		{"url", "60efb77b-40b5-4c46-871b-ed1ed999fce5", "network", []member{{"url", "url:value", "url"}}},
		{"x509", "d1ab756a-26b5-4349-9f43-765630f0911c", "network", x509},
		{"user-account", "49606b06-22f0-4ac8-8eee-2f12ad46f3d3", "misc", []member{
			{"username", "user-account:account_login", "text"},
			{"user-id", "user-account:user_id", "text"},
			{"account-type", "user-account:account_type", "text"},
			{"display-name", "user-account:display_name", "text"},
			{"disabled", "user-account:is_disabled", "boolean"},
			{"privileged", "user-account:is_privileged", "boolean"},
			{"is_service_account", "user-account:is_service_account", "boolean"},
			{"created", "user-account:account_created", "datetime"},
			{"expires", "user-account:account_expires", "datetime"},
		}},
		{"asn", "4ec55cc6-9e49-4c64-b794-03c25c1a6589", "network", []member{
			{"asn", "autonomous-system:number", "AS"},
			{"description", "autonomous-system:name", "text"},
		}},
		{"mutex", "9f5c1a68-2021-4faa-b409-61c899c86466", "misc", []member{{"name", "mutex:name", "text"}}},
	}
	m := map[string]*template{}
	for i := range list {
		m[list[i].name] = &list[i]
	}
	return m
})

// path is that of a relation, "" without one.
func (t *template) path(relation string) string {
	for _, m := range t.paths {
		if m.relation == relation {
			return m.path
		}
	}
	return ""
}
