package stixpattern

// furtherViews list where else objects show, for whoever can look in many logs with one rule ([LogTranslator]): of documents
// of Sigma they would make too many.
func furtherViews() []view {
	out := []view{
		{name: "request", kind: "url", category: "proxy", fields: map[string]target{"value": {as: formURL, fields: []string{"c-uri", "cs-host"}}}},
		{name: "web", kind: "url", category: "webserver", fields: map[string]target{"value": {as: formURL, fields: []string{"cs-uri", "cs-host"}}}},
		{name: "transfer", kind: "file", product: "zeek", service: "files", fields: map[string]target{"name": text("filename"), "size": number("total_bytes")}},
		{name: "share", kind: "file", product: "zeek", service: "smb_files", fields: map[string]target{"name": name("name"), "size": number("size")}},
		{name: "audit", kind: "user-account", product: "linux", service: "auditd", fields: map[string]target{"account_login": text("acct"), "user_id": text("acct")}},
		{
			name: "certificate", kind: "x509-certificate", product: "zeek", service: "x509",
			fields: map[string]target{
				"hashes.SHA-256": plainHash("fingerprint"), "serial_number": text("certificate.serial"), "issuer": text("certificate.issuer"),
				"subject": text("certificate.subject"),
			},
		},
		{name: "lease", kind: "mac-addr", product: "zeek", service: "dhcp", fields: map[string]target{"value": text("mac")}},
	}
	for _, kind := range [...]string{"ipv4-addr", "ipv6-addr"} {
		at := func(name, product, category, service string, fields ...string) {
			out = append(out, view{
				name: name, kind: kind, product: product, category: category, service: service,
				fields: map[string]target{"value": {as: formAddress, fields: fields}},
			})
		}
		at("audit", "linux", "", "auditd", "addr")
		at("sign-in", "azure", "", "signinlogs", "ipAddress", "properties.ipAddress")
		at("audit", "m365", "", "audit", "ClientIP", "ClientIPAddress", "ActorIpAddress")
		at("audit", "gcp", "", "gcp.audit", "protoPayload.requestMetadata.callerIp")
		at("system", "okta", "", "okta", "client.ipAddress")
		at("audit", "kubernetes", "application", "audit", "sourceIPs")
		out = append(out, view{
			name: "ssh", kind: kind, product: "linux", service: "sshd",
			fields: map[string]target{"value": {as: formWord, fields: []string{"message"}}},
		})
	}
	return out
}
