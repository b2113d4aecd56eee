package advisory

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckRuleText(t *testing.T) {
	for name, x := range map[string]struct {
		text string
		line int
		want string
	}{
		"plain":                    {"title: a & b\ndetection: {a: ['*x', \"&y\", 'a<b'], b: x*y}\n", 0, ""},
		"marks in texts":           {"title: 'a *b'\ndescription: |\n  &a *b !c << d\ncondition: 1 of a* # *b\n", 0, ""},
		"anchor":                   {"title: a\nlevel: &l high\n", 2, "anchors"},
		"anchor on a line":         {"detection:\n  a:\n    &x\n    A: 1\n", 3, "anchors"},
		"alias":                    {"detection:\n  a: &x {A: 1}\n  b: *x\n", 2, "anchors"},
		"in brackets":              {"a: [b,&c d]\n", 1, "anchors"},
		"behind a quoted key":      {"a: {\"b\":&c d}\n", 1, "anchors"},
		"at the beginning":         {"\uFEFF&a title: b\n", 1, "anchors"},
		"after carriage return":    {"a:\r\n  &x b\r\n", 2, "anchors"},
		"tag":                      {"title: !!str 1\n", 1, "tag"},
		"merge key":                {"a: {<<: {b: c}}\n", 1, "merge keys"},
		"second document":          {"title: a\n---\ntitle: b\nlevel: &l high\n", 4, "anchors"},
		"behind a broken document": {"title: [\n---\ntitle: b\nlevel: &l high\n", 4, "anchors"},
		"behind an ended document": {"title: a\n...\ntitle: b\nlevel: &l high\n", 4, "anchors"},
		"on the line of the mark":  {"title: a\n--- &x\ntitle: b\n", 2, "anchors"},
		"a key twice, and a mark":  {"a: 1\nb: 'x' # *\na: 2\nc: [x, '*']\n", 0, ""}, // costs the rule alone
		"too large to be read":     {"a: &b c\n" + strings.Repeat("- \n", maxYAMLMarks+1), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckRuleText([]byte(x.text))
			if x.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			ye, ok := errors.AsType[*yamlError](err)
			if !ok {
				t.Fatal(err)
			}
			if ye.line != x.line || !strings.Contains(ye.reason, x.want) {
				t.Errorf("line %d: %v", ye.line, err)
			}
		})
	}
}

// TestMarkedRulesAreRefused: a pack whose rules hold anchors is not opened, wherever it is used.
func TestMarkedRulesAreRefused(t *testing.T) {
	files := scaffoldFiles(t)
	const rule = "rules/web_server_starts_shell.yml"
	files[rule] = strings.Replace(files[rule], "level: high", "level: &l high", 1)
	_, err := Open(writeFolder(t, files))
	if err == nil || !strings.Contains(err.Error(), rule+":25: anchors") {
		t.Errorf("%v", err)
	}
	// Also where a check is of other rules by their names: it is said once.
	for _, opts := range []CheckOptions{{}, {Rules: []string{"command shell"}}} {
		opts.skipBenign = true
		n := 0
		for _, p := range check(t, files, opts).Problems {
			if p.File == rule && strings.Contains(p.Reason, "anchors") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%v: it is said %d times", opts.Rules, n)
		}
	}
}

func FuzzCheckRuleText(f *testing.F) {
	for _, s := range []string{"a: &b c\n--- *b\n", "[&a b, *a]", "a: !!x {<<: b}\n...\n", "a:\u2028&b c", "\"a\":*b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := CheckRuleText(data)
		if err == nil && len(data) < 1000 {
			// What passes has no mark in the eyes of the library either.
			if n, perr := parseYAML(data); n == nil && perr != nil && (strings.Contains(perr.Error(), "anchors and aliases") || strings.Contains(perr.Error(), "the tag ")) {
				t.Errorf("%q: %v", data, perr)
			}
		}
	})
}
