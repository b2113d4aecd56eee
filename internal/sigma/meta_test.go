package sigma

import (
	"reflect"
	"strings"
	"testing"
)

func TestMeta(t *testing.T) {
	c := parse(t, Options{}, `
# A comment before it.
title: The title
id: 5638F7C0-ac70-491d-8465-2a65075e0d86
name: a_name
related:
    - id: 0E95725D-7320-415d-80f7-004da920fc11
      type: Similar
taxonomy: sigma
status: Test
description: |
    Two
    lines.
license: MIT
references:
    - https://example.org/a
    - https://example.org/b
author: Somebody, Somebody Else
date: 2024-01-31
modified: 2024/02/01
tags:
    - attack.Execution
    - attack.t1059.001
logsource:
    product: Windows
    category: process_creation
    service: ' Sysmon '
    definition: Switch it on.
fields: [A, B]
falsepositives: Unlikely
level: High
detection:
    sel: {F: x}
    condition: sel
custom: {a: [1]}
`)
	if len(c.Rules) != 1 || problems(c) != "" {
		t.Fatal(problems(c))
	}
	r := c.Rules[0]
	want := Meta{
		File: "test.yml", Line: 3,
		ID: "5638f7c0-ac70-491d-8465-2a65075e0d86", Name: "a_name", Title: "The title", Status: "test", Level: "high",
		Description: "Two\nlines.", Author: "Somebody, Somebody Else", Date: "2024-01-31", Modified: "2024/02/01", License: "MIT",
		References: []string{"https://example.org/a", "https://example.org/b"},
		Tags:       []string{"attack.execution", "attack.t1059.001"},
		FalsePos:   []string{"Unlikely"}, Fields: []string{"A", "B"},
		Related: []Related{{"0e95725d-7320-415d-80f7-004da920fc11", "similar"}},
	}
	if !reflect.DeepEqual(r.Meta, want) {
		t.Errorf("got  %+v\nwant %+v", r.Meta, want)
	}
	if r.LogSource != (LogSource{"windows", "process_creation", "sysmon"}) || r.Definition != "Switch it on." {
		t.Errorf("logsource is %+v, %q", r.LogSource, r.Definition)
	}
}

func TestMetaWarnings(t *testing.T) {
	rest := "logsource: {product: x}\ndetection: {sel: {F: x}, condition: sel}\n"
	for head, want := range map[string]string{
		"":                                              "warning line 1: the document has no title",
		"title: a\nid: 1-2\n":                           `warning line 2: the id "1-2" is not a UUID`,
		"title: a\nstatus: good\n":                      `warning line 2: the status "good" is none of`,
		"title: a\nlevel: extreme\n":                    `warning line 2: the level "extreme" is none of`,
		"title: a\ntaxonomy: ecs\n":                     `warning line 2: the taxonomy "ecs" is not the one of Sigma`,
		"title: a\ntags: {a: b}\n":                      `tags has to be a list of texts, and is a map`,
		"title: a\ntags: [[b]]\n":                       `tags has to be a list of texts, and holds a list`,
		"title: a\nauthor: {a: b}\n":                    `author has to be a text, and is a map`,
		"title: a\nauthor: [a, b]\n":                    ``,
		"title: a\nrelated: x\n":                        `related has to be a list`,
		"title: a\nrelated: [{id: x}]\n":                `has to have an id and a type`,
		"title: a\nrelated: [x]\n":                      `has to have an id and a type`,
		"title: a\nrelated:\n- {id: 1, type: friend}\n": `the type "friend" of a related rule is none of`,
		"title: a\ntags: [null, a.b]\nid:\n":            ``,
	} {
		c := parse(t, Options{}, head+rest)
		if got := problems(c); len(c.Rules) != 1 || !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q: %d rules, problems are %q and should say %q", head, len(c.Rules), got, want)
		}
	}
	if r := parse(t, Options{}, "title: a\nlevel: extreme\n"+rest).Rules[0]; r.Level != "" {
		t.Errorf("the level is %q", r.Level)
	}
}

func TestLogSource(t *testing.T) {
	for src, want := range map[string]string{
		"":                           "there is no logsource",
		"logsource:":                 "there is no logsource",
		"logsource: {}":              "logsource is empty",
		"logsource: {definition: x}": "logsource is empty",
		"logsource: windows":         "logsource has to be a map",
		"logsource: {product: [a]}":  "the product of logsource has to be a text, and is a list",
		"logsource: {category: {}}":  "the category of logsource has to be a text",
		"logsource: {service: [a]}":  "the service of logsource has to be a text",
		"logsource: {product: null}": "logsource is empty",
		"logsource: {custom: 1}":     "logsource is empty",
	} {
		c := parse(t, Options{}, "title: a\n"+src+"\ndetection: {sel: {F: x}, condition: sel}\n")
		if got := problems(c); len(c.Rules) != 0 || !strings.Contains(got, want) {
			t.Errorf("%q: %d rules, problems are %q and should say %q", src, len(c.Rules), got, want)
		}
	}
}

func TestDetectionMissing(t *testing.T) {
	for det, want := range map[string]string{
		"":               "it has no detection",
		"detection:":     "there is no detection",
		"detection: x":   "detection has to be a map",
		"detection: [a]": "detection has to be a map",
	} {
		src := "title: a\nlogsource: {product: x}\n"
		if det == "" {
			src = "title: a\n"
		}
		c := parse(t, Options{}, src+det+"\n")
		if got := problems(c); len(c.Rules) != 0 || !strings.Contains(got, want) {
			t.Errorf("%q: problems are %q and should say %q", det, got, want)
		}
	}
}
