package hunt

import (
	"slices"
	"testing"
)

const agentRules = `
title: process
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f3e01
level: low
logsource: {product: windows, category: process_creation}
detection: {s: {Image|endswith: '\cmd.exe', CommandLine|contains: whoami, ParentImage|endswith: '\w3wp.exe'}, condition: s}
---
title: file
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f3e02
level: low
logsource: {product: windows, category: file_event}
detection: {s: {TargetFilename|endswith: .aspx}, condition: s}
---
title: value
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f3e03
level: low
logsource: {product: windows, category: registry_set}
detection: {s: {TargetObject: 'HKLM\System\CurrentControlSet\Control\X', Details: 'DWORD (0x00000001)'}, condition: s}
---
title: connection
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f3e04
level: low
logsource: {product: windows, category: network_connection}
detection: {s: {DestinationIp: 192.0.2.7, DestinationPort: 443}, condition: s}
---
title: request
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f3e05
level: low
logsource: {category: webserver, product: windows, service: iis}
detection: {s: {cs-method: POST, cs-uri-query|contains: /ecp/, sc-status: 200, c-ip: 192.0.2.9}, condition: s}
---
title: linux process
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f3e06
level: low
logsource: {product: linux, category: process_creation}
detection: {s: {CommandLine|contains: whoami}, condition: s}
`

// Records of agents that do not keep the events of Windows serve the same rules.
func TestRecordsOfAgents(t *testing.T) {
	tests := []struct{ name, file, text, want string }{
		{"Defender, process", "a.json", `{"Timestamp":"2021-03-03T00:00:10Z","DeviceName":"h","ActionType":"ProcessCreated","FolderPath":"C:\\Windows\\cmd.exe","ProcessCommandLine":"cmd /c whoami","InitiatingProcessFolderPath":"c:\\windows\\w3wp.exe"}`, "process"},
		{"Defender, table", "a.csv", "Timestamp,DeviceName,ActionType,FolderPath,ProcessCommandLine,InitiatingProcessFolderPath\n2021-03-03T00:00:10Z,h,ProcessCreated,C:\\Windows\\cmd.exe,cmd /c whoami,c:\\windows\\w3wp.exe\n", "process"},
		{"Defender, file", "a.json", `{"DeviceName":"h","ActionType":"FileCreated","FolderPath":"C:\\inetpub\\x.aspx","InitiatingProcessFileName":"a"}`, "file"},
		{"Defender, file deleted", "a.json", `{"DeviceName":"h","ActionType":"FileDeleted","FolderPath":"C:\\inetpub\\x.aspx","InitiatingProcessFileName":"a"}`, ""},
		{"Defender, registry", "a.json", `{"DeviceName":"h","ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control","RegistryValueName":"X","RegistryValueType":"Dword","RegistryValueData":"1","InitiatingProcessFileName":"a"}`, "value"},
		{"Defender, network", "a.json", `{"DeviceName":"h","ActionType":"ConnectionSuccess","RemoteIP":"192.0.2.7","RemotePort":443,"InitiatingProcessFileName":"a"}`, "connection"},
		{"ECS, process", "a.json", `{"@timestamp":"2021-03-03T00:00:10Z","event":{"category":["process"],"type":["start"]},"host":{"name":"h","os":{"type":"windows"}},"process":{"executable":"C:\\cmd.exe","command_line":"cmd /c whoami","parent":{"executable":"C:\\w3wp.exe"}}}`, "process"},
		{"ECS, process of Sysmon", "a.json", `{"event":{"module":"sysmon","code":"1"},"process":{"executable":"C:\\cmd.exe","command_line":"cmd /c whoami","parent":{"executable":"C:\\w3wp.exe"}}}`, "process"},
		{"ECS, process of Linux", "a.json", `{"event":{"category":["process"],"type":["start"]},"host":{"os":{"type":"linux"}},"process":{"executable":"/bin/cmd.exe","command_line":"whoami","parent":{"executable":"\\w3wp.exe"}}}`, "linux process"},
		{"ECS, end of a process", "a.json", `{"event":{"category":["process"],"type":["end"]},"process":{"executable":"C:\\cmd.exe","command_line":"cmd /c whoami","parent":{"executable":"C:\\w3wp.exe"}}}`, ""},
		{"ECS, file", "a.json", `{"event":{"category":["file"],"type":["creation"]},"file":{"path":"C:\\x.aspx"}}`, "file"},
		{"ECS, network", "a.json", `{"event":{"category":["network"],"type":["start"]},"process":{"executable":"C:\\x.exe"},"destination":{"ip":"192.0.2.7","port":443}}`, "connection"},
		{"ECS, IIS", "a.json", `{"event":{"module":"iis","dataset":"iis.access"},"http":{"request":{"method":"POST"},"response":{"status_code":200}},"url":{"path":"/ecp/y.js","query":"a=b"},"source":{"ip":"192.0.2.9"}}`, "request"},
		{"Sentinel, IIS", "a.json", `{"TimeGenerated":"2021-03-03T00:00:10Z","Computer":"h","csMethod":"POST","csUriStem":"/ecp/y.js","csUriQuery":"a=b","sPort":"443","cIP":"192.0.2.9","scStatus":"200","Type":"W3CIISLog"}`, "request"},
		{"something else", "a.json", `{"ActionType":"ProcessCreated","FolderPath":"C:\\Windows\\cmd.exe","ProcessCommandLine":"cmd /c whoami"}`, ""},
	}
	plan := planOf(t, PlanOptions{}, agentRules)
	for _, tt := range tests {
		found, _ := runHunt(t, plan, Options{Inputs: []string{textLog(t, tt.file, tt.text+"\n")}})
		var got []string
		for _, f := range found {
			got = append(got, f.Rule.Title)
		}
		want := []string{tt.want}
		if tt.want == "" {
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: found %q, want %q", tt.name, got, want)
		}
	}
}
