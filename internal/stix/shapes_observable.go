package stix

// observableShapes are the STIX Cyber-observable Objects with their predefined extensions (section 6).
func observableShapes() []*shape {
	value := func(k kind) prop { return p("value", k).must() }
	address := []string{"ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"}
	resolves := "make a relationship of type resolves-to"
	belongs := "make a relationship of type belongs-to"
	times := []prop{p("ctime", timestamp), p("mtime", timestamp), p("atime", timestamp)}
	shapes := []*shape{
		{
			name: "artifact", section: "6.1", contributing: []string{"hashes", "payload_bin"},
			rules: []rule{anyOf("payload_bin", "url"), notBoth("payload_bin", "url"), needs("url", "hashes"), needs("decryption_key", "encryption_algorithm")},
			props: []prop{
				p("mime_type", mime), p("payload_bin", binary), p("url", uri), p("hashes", hashes),
				oneOf("encryption_algorithm", &encryptionAlgorithm), p("decryption_key", text),
			},
		},
		{
			name: "autonomous-system", section: "6.2", contributing: []string{"number"},
			props: []prop{count("number").must(), p("name", text), p("rir", text)},
		},
		{
			name: "directory", section: "6.3", contributing: []string{"path"},
			props: append(times, p("path", text).must(), p("path_enc", text), refs("contains_refs", "file", "directory")),
		},
		{
			name: "domain-name", section: "6.4", contributing: []string{"value"},
			props: []prop{value(domain), refs("resolves_to_refs", "ipv4-addr", "ipv6-addr", "domain-name").instead(resolves)},
		},
		{
			name: "email-addr", section: "6.5", contributing: []string{"value"},
			props: []prop{value(email), p("display_name", text), ref("belongs_to_ref", "user-account")},
		},
		{
			name: "email-message", section: "6.6", contributing: []string{"from_ref", "subject", "body"},
			rules: []rule{
				whenTrue("is_multipart", []string{"body_multipart"}, []string{"body"}),
				whenFalse("is_multipart", nil, []string{"body_multipart"}),
			},
			props: []prop{
				p("is_multipart", boolean).must(), p("date", timestamp), p("content_type", text), ref("from_ref", "email-addr"),
				ref("sender_ref", "email-addr"), refs("to_refs", "email-addr"), refs("cc_refs", "email-addr"),
				refs("bcc_refs", "email-addr"), p("message_id", text), p("subject", text), p("received_lines", text).many(),
				p("additional_header_fields", dictionary), p("body", text), object("body_multipart", mimeComponentShape()).many(),
				ref("raw_email_ref", "artifact"),
			},
		},
		{
			name: "file", section: "6.7", contributing: []string{"hashes", "name", "parent_directory_ref", "extensions"},
			rules: []rule{anyOf("hashes", "name")},
			exts:  fileExtensions(),
			props: append(times,
				p("hashes", hashes), count("size"), p("name", text), p("name_enc", text), p("magic_number_hex", hexadecimal),
				p("mime_type", mime), ref("parent_directory_ref", "directory"), refs("contains_refs", anySCO),
				ref("content_ref", "artifact")),
		},
		{
			name: "ipv4-addr", section: "6.8", contributing: []string{"value"},
			props: []prop{
				value(ipv4), refs("resolves_to_refs", "mac-addr").instead(resolves),
				refs("belongs_to_refs", "autonomous-system").instead(belongs),
			},
		},
		{
			name: "ipv6-addr", section: "6.9", contributing: []string{"value"},
			props: []prop{
				value(ipv6), refs("resolves_to_refs", "mac-addr").instead(resolves),
				refs("belongs_to_refs", "autonomous-system").instead(belongs),
			},
		},
		{name: "mac-addr", section: "6.10", contributing: []string{"value"}, props: []prop{value(mac)}},
		{name: "mutex", section: "6.11", contributing: []string{"name"}, props: []prop{p("name", text).must()}},
		{
			name: "network-traffic", section: "6.12",
			contributing: []string{"start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"},
			rules: []rule{
				anyOf("src_ref", "dst_ref"), later("start", "end"), whenTrue("is_active", nil, []string{"end"}),
			},
			exts: trafficExtensions(),
			props: []prop{
				p("start", timestamp), p("end", timestamp), p("is_active", boolean), ref("src_ref", address...),
				ref("dst_ref", address...), p("src_port", integer).between(0, 65535), p("dst_port", integer).between(0, 65535),
				p("protocols", text).many().must(), count("src_byte_count"), count("dst_byte_count"), count("src_packets"),
				count("dst_packets"), p("ipfix", dictionary), ref("src_payload_ref", "artifact"), ref("dst_payload_ref", "artifact"),
				refs("encapsulates_refs", "network-traffic"), ref("encapsulated_by_ref", "network-traffic"),
			},
		},
		{
			name: "process", section: "6.13", rules: []rule{anyOf()},
			exts: processExtensions(),
			props: []prop{
				p("is_hidden", boolean), p("pid", integer), p("created_time", timestamp), p("cwd", text), p("command_line", text),
				p("environment_variables", dictionary), refs("opened_connection_refs", "network-traffic"),
				ref("creator_user_ref", "user-account"), ref("image_ref", "file"), ref("parent_ref", "process"),
				refs("child_refs", "process"),
			},
		},
		{
			name: "software", section: "6.14", contributing: []string{"name", "cpe", "swid", "vendor", "version"},
			props: []prop{
				p("name", text).must(), p("cpe", cpe), p("swid", text), p("languages", language).many(), p("vendor", text),
				p("version", text),
			},
		},
		{name: "url", section: "6.15", contributing: []string{"value"}, props: []prop{value(uri)}},
		{
			name: "user-account", section: "6.16", contributing: []string{"account_type", "user_id", "account_login"},
			rules: []rule{anyOf()},
			exts:  []*shape{unixAccountShape()},
			props: []prop{
				p("user_id", text), p("credential", text), p("account_login", text), words("account_type", &accountType),
				p("display_name", text), p("is_service_account", boolean), p("is_privileged", boolean), p("can_escalate_privs", boolean),
				p("is_disabled", boolean), p("account_created", timestamp), p("account_expires", timestamp),
				p("credential_last_changed", timestamp), p("account_first_login", timestamp), p("account_last_login", timestamp),
			},
		},
		{
			name: "windows-registry-key", section: "6.17", contributing: []string{"key", "values"},
			rules: []rule{anyOf()},
			props: []prop{
				p("key", text), object("values", registryValueShape()).many(), p("modified_time", timestamp),
				ref("creator_user_ref", "user-account"), count("number_of_subkeys"),
			},
		},
		{
			name: "x509-certificate", section: "6.18", contributing: []string{"hashes", "serial_number"},
			rules: []rule{anyOf(), notBefore("validity_not_before", "validity_not_after")},
			props: []prop{
				p("is_self_signed", boolean), p("hashes", hashes), p("version", text), p("serial_number", text),
				p("signature_algorithm", text), p("issuer", text), p("validity_not_before", timestamp), p("validity_not_after", timestamp),
				p("subject", text), p("subject_public_key_algorithm", text), p("subject_public_key_modulus", text),
				p("subject_public_key_exponent", integer), object("x509_v3_extensions", x509ExtensionsShape()),
			},
		},
	}
	for _, s := range shapes {
		s.class = classSCO
	}
	return shapes
}

func mimeComponentShape() *shape {
	return &shape{
		name: "email-mime-part-type", section: "6.6.2",
		rules: []rule{anyOf("body", "body_raw_ref")},
		props: []prop{p("body", text), ref("body_raw_ref", "artifact", "file"), p("content_type", text), p("content_disposition", text)},
	}
}

func fileExtensions() []*shape {
	stream := &shape{
		name: "alternate-data-stream-type", section: "6.7.3.1",
		props: []prop{p("name", text).must(), p("hashes", hashes), count("size")},
	}
	section := &shape{
		name: "windows-pe-section-type", section: "6.7.6.3",
		props: []prop{p("name", text).must(), count("size"), p("entropy", float), p("hashes", hashes)},
	}
	header := &shape{name: "windows-pe-optional-header-type", section: "6.7.6.2", rules: []rule{anyOf()}}
	for _, name := range []string{
		"magic_hex", "win32_version_value_hex", "checksum_hex", "subsystem_hex", "dll_characteristics_hex", "loader_flags_hex",
	} {
		header.props = append(header.props, p(name, hexadecimal))
	}
	for _, name := range []string{
		"size_of_code", "size_of_initialized_data", "size_of_uninitialized_data", "size_of_image", "size_of_headers",
		"size_of_stack_reserve", "size_of_stack_commit", "size_of_heap_reserve", "size_of_heap_commit",
	} {
		header.props = append(header.props, count(name))
	}
	for _, name := range []string{
		"major_linker_version", "minor_linker_version", "address_of_entry_point", "base_of_code", "base_of_data", "image_base",
		"section_alignment", "file_alignment", "major_os_version", "minor_os_version", "major_image_version", "minor_image_version",
		"major_subsystem_version", "minor_subsystem_version", "number_of_rva_and_sizes",
	} {
		header.props = append(header.props, p(name, integer))
	}
	header.props = append(header.props, p("hashes", hashes))
	return []*shape{
		{
			name: "archive-ext", section: "6.7.2",
			props: []prop{refs("contains_refs", "file", "directory").must(), p("comment", text)},
		},
		{
			name: "ntfs-ext", section: "6.7.3", rules: []rule{anyOf()},
			props: []prop{p("sid", text), object("alternate_data_streams", stream).many()},
		},
		{
			name: "pdf-ext", section: "6.7.4", rules: []rule{anyOf()},
			props: []prop{
				p("version", text), p("is_optimized", boolean), p("document_info_dict", dictionary), p("pdfid0", text), p("pdfid1", text),
			},
		},
		{
			name: "raster-image-ext", section: "6.7.5", rules: []rule{anyOf()},
			props: []prop{count("image_height"), count("image_width"), count("bits_per_pixel"), p("exif_tags", dictionary)},
		},
		{
			name: "windows-pebinary-ext", section: "6.7.6",
			props: []prop{
				words("pe_type", &windowsPEBinaryType).must(), p("imphash", text), p("machine_hex", hexadecimal),
				count("number_of_sections"), p("time_date_stamp", timestamp), p("pointer_to_symbol_table_hex", hexadecimal),
				count("number_of_symbols"), count("size_of_optional_header"), p("characteristics_hex", hexadecimal),
				p("file_header_hashes", hashes), object("optional_header", header), object("sections", section).many(),
			},
		},
	}
}

func trafficExtensions() []*shape {
	return []*shape{
		{
			name: "http-request-ext", section: "6.12.2",
			props: []prop{
				p("request_method", text).must(), p("request_value", text).must(), p("request_version", text),
				p("request_header", dictionary), count("message_body_length"), ref("message_body_data_ref", "artifact"),
			},
		},
		{
			name: "icmp-ext", section: "6.12.3",
			props: []prop{p("icmp_type_hex", hexadecimal).must(), p("icmp_code_hex", hexadecimal).must()},
		},
		{
			name: "socket-ext", section: "6.12.4",
			props: []prop{
				oneOf("address_family", &networkSocketAddressFamily).must(), p("is_blocking", boolean), p("is_listening", boolean),
				p("options", socketOptions), oneOf("socket_type", &networkSocketType), count("socket_descriptor"), p("socket_handle", integer),
			},
		},
		{
			name: "tcp-ext", section: "6.12.5", rules: []rule{anyOf()},
			props: []prop{p("src_flags_hex", hexadecimal), p("dst_flags_hex", hexadecimal)},
		},
	}
}

func processExtensions() []*shape {
	return []*shape{
		{
			name: "windows-process-ext", section: "6.13.2", rules: []rule{anyOf()},
			props: []prop{
				p("aslr_enabled", boolean), p("dep_enabled", boolean), p("priority", text), p("owner_sid", text), p("window_title", text),
				p("startup_info", dictionary), oneOf("integrity_level", &windowsIntegrityLevel),
			},
		},
		{
			name: "windows-service-ext", section: "6.13.3", rules: []rule{anyOf()},
			props: []prop{
				p("service_name", text), p("descriptions", text).many(), p("display_name", text), p("group_name", text),
				oneOf("start_type", &windowsServiceStartType), refs("service_dll_refs", "file"), oneOf("service_type", &windowsServiceType),
				oneOf("service_status", &windowsServiceStatus),
			},
		},
	}
}

func unixAccountShape() *shape {
	return &shape{
		name: "unix-account-ext", section: "6.16.2", rules: []rule{anyOf()},
		props: []prop{p("gid", integer), p("groups", text).many(), p("home_dir", text), p("shell", text)},
	}
}

func registryValueShape() *shape {
	return &shape{
		name: "windows-registry-value-type", section: "6.17.2", rules: []rule{anyOf()},
		props: []prop{p("name", text), p("data", text), oneOf("data_type", &windowsRegistryDatatype)},
	}
}

func x509ExtensionsShape() *shape {
	s := &shape{
		name: "x509-v3-extensions-type", section: "6.18.2",
		rules: []rule{anyOf(), notBefore("private_key_usage_period_not_before", "private_key_usage_period_not_after")},
		props: []prop{p("private_key_usage_period_not_before", timestamp), p("private_key_usage_period_not_after", timestamp)},
	}
	for _, name := range []string{
		"basic_constraints", "name_constraints", "policy_constraints", "key_usage", "extended_key_usage", "subject_key_identifier",
		"authority_key_identifier", "subject_alternative_name", "issuer_alternative_name", "subject_directory_attributes",
		"crl_distribution_points", "inhibit_any_policy", "certificate_policies", "policy_mappings",
	} {
		s.props = append(s.props, p(name, text))
	}
	return s
}
