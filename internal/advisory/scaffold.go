package advisory

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// Scaffold returns the files of a new pack, by name. It passes [Check], so that a writer begins with a pack in order and
// replaces what is in it piece by piece. Its single rule has a random id.
func Scaffold(id string, today time.Time) (map[string]string, error) {
	if !packID(id) {
		return nil, fmt.Errorf("the id %q has to be 2 to 64 lower-case letters, digits and hyphens", id)
	}
	r := strings.NewReplacer(
		"{{id}}", id, "{{rule}}", randomUUID(), "{{today}}", today.Format(time.DateOnly),
		"{{until}}", today.AddDate(2, 0, 0).Format(time.DateOnly),
	)
	out := map[string]string{}
	for name, text := range scaffold {
		out[name] = r.Replace(text)
	}
	return out, nil
}

// randomUUID is a UUID version 4 (RFC 9562, section 5.4).
func randomUUID() string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

var scaffold = map[string]string{
	manifestFile: `format: entente-pack/1
id: {{id}}
title: What the advisory is about, in one line
summary: >-
  Who does what to whom, and what the pack finds of it: one paragraph.
description: |
  Markdown, as long as it has to be. It may go.
version: 0.1.0
issued: {{today}}
valid_until: {{until}}
tlp: amber # clear, green, amber, amber+strict or red
issuers:
  - name: Your organisation
    role: author
references:
  - title: Where the facts come from
    url: https://example.org/advisory
attack:
  published: "18.1" # the version of ATT&CK that the ids below are of
  today: "18.1" # the one that they were last checked with
license: Apache-2.0
stages: # the course of an intrusion, in order
  - {id: attempt, title: Somebody tried to get in, shows: attempt}
  - {id: foothold, title: Somebody is in, shows: compromise}
`,
	ttpsDir + "01-initial-access.yml": `# One entry for each ATT&CK id. A file for each tactic reads best.
- id: T1190
  tactics: [initial-access]
  procedure: How the actor does it, in your words.
  platforms: [Windows]
  logs: ["Sysmon 1, Security 4688: process creation"]
  detections: [{{rule}}]
  confidence: medium
  questions: # what a person can do besides
    - ask: Which of our servers does the internet reach?
      look_for: Systems that nobody remembers to have published.
      where: The firewall's rules, and a scan from outside.
  mitigations: [patch-first]
`,
	mitigationsFile: `- id: patch-first
  title: Patch what the internet reaches within days
  text: >-
    What to do, for somebody who has to do it.
  attack: [M1051]
  d3fend: [D3-SU]
  effort: medium # low, medium or high
`,
	indicatorsFile: `# Values to look for, each with the context in which it means something. An example:
#
# - type: file-name
#   value: procdump64.exe
#   context: A tool of Microsoft's that dumps the memory of processes; nobody keeps it there.
#   only_under: ['C:\ProgramData']
#   ttps: [T1190]
#   confidence: medium
`,
	rulesDir + "web_server_starts_shell.yml": `title: Web server's worker process starts a command shell
id: {{rule}}
status: test
description: The process that serves web pages has no reason to start a command shell. A web shell has.
references:
  - https://attack.mitre.org/techniques/T1190/
author: Your organisation
date: {{today}}
tags:
  - attack.initial-access
  - attack.t1190
  - stage.foothold
logsource:
  category: process_creation
  product: windows
detection:
  shell:
    ParentImage|endswith: '\w3wp.exe'
    Image|endswith: '\cmd.exe'
  ours:
    CommandLine|contains: ' /c ver'
  condition: shell and not ours
falsepositives:
  - Applications that call programs; name them in a filter as the one here.
level: high
`,
	testsDir + "web_server_starts_shell.yml": `rule: {{rule}}
base:
  Channel: Microsoft-Windows-Sysmon/Operational
  Provider_Name: Microsoft-Windows-Sysmon
  EventID: 1
  Computer: web01.example.org
  TimeCreated: "2021-03-03T07:00:00Z"
  Image: 'C:\Windows\System32\cmd.exe'
  ParentImage: 'C:\Windows\System32\inetsrv\w3wp.exe'
positive:
  - name: a command of a web shell
    events:
      - {CommandLine: 'cmd.exe /c whoami'}
  - name: a shell without a command
    events:
      - {CommandLine: 'cmd.exe'}
negative:
  - name: another program of the worker process
    events:
      - {Image: 'C:\Windows\Microsoft.NET\Framework64\v4.0.30319\csc.exe', CommandLine: 'csc.exe /noconfig'}
  - name: a shell of a user
    events:
      - {ParentImage: 'C:\Windows\explorer.exe', CommandLine: 'cmd.exe'}
  - name: the application that we know
    events:
      - {CommandLine: 'cmd.exe /c ver'}
`,
}
