package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	file := "listen: 0.0.0.0:443\nmax_page: 5\ntls_names: [a.example, 192.0.2.1]\ngrace: 3s\nrate: -1\n"
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"ENTENTE_MAX_PAGE": "7", "ENTENTE_TITLE": "Ours", "ENTENTE_PROXIES": "10.0.0.0/8, ::1/128", "ENTENTE_NO_BASIC": "true", "ENTENTE_FAILURE_RATE": "0.5"}
	c, err := Load(dir, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "0.0.0.0:443" || c.MaxPage != 7 || len(c.TLSNames) != 2 || c.Grace != 3*time.Second || c.Title != "Ours" || !c.NoBasic ||
		len(c.Proxies) != 2 || c.FailureRate != 0.5 || c.Rate != -1 || c.Burst != 2000 || c.LogLevel != "info" {
		t.Errorf("%+v", c)
	}
	if c, err := Load(t.TempDir(), nil); err != nil || c.Listen != "127.0.0.1:8443" || c.MaxPage != 1000 {
		t.Errorf("without a file: %+v, %v", c, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	for file, word := range map[string]string{
		"listne: x":                                  "listne",
		"listen: nowhere":                            "listen",
		"listen: '127.0.0.1:99999'":                  "listen",
		"plain_http: true\nlisten: 0.0.0.0:80":       "plain_http",
		"plain_http: true\nlisten: ':80'":            "plain_http",
		"plain_http: true\nlisten: example.org:80":   "plain_http",
		"tls_cert: a.pem":                            "tls_cert",
		"max_page: -1":                               "max_page",
		"max_page: 1000000":                          "max_page",
		"connections: -5":                            "connections",
		"grace: soon":                                "soon",
		"grace: -1s":                                 "grace",
		"proxies: [everybody]":                       "proxies",
		"log_level: loud":                            "log_level",
		"log_format: xml":                            "log_format",
		"- a list":                                   "",
		strings.Repeat("#", maxConfigFile+1):         "more than",
		"listen: a\nlisten: b":                       "listen",
		"max_page: &a [*a]":                          "",
		"title: {a: b}":                              "",
		"database: [1]":                              "",
		"burst: 99999999999999999999999999999999999": "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Load(dir, nil); err == nil {
			t.Errorf("%.60s: taken as %+v", file, c)
		} else if !strings.Contains(err.Error(), word) {
			t.Errorf("%.60s: the error does not speak of %s: %v", file, word, err)
		}
	}
	for name, value := range map[string]string{
		"ENTENTE_MAX_PAGE": "many", "ENTENTE_PLAIN_HTTP": "perhaps", "ENTENTE_RATE": "fast", "ENTENTE_GRACE": "5", "ENTENTE_LISTEN": "x",
	} {
		_, err := Load(t.TempDir(), func(n string) string { return map[string]string{name: value}[n] })
		if err == nil || name != "ENTENTE_LISTEN" && !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

// Every field can be set from the environment, but for coalitions, of which it is said that they cannot.
func TestEnvironmentKnowsAllFields(t *testing.T) {
	asked := map[string]bool{}
	var c Config
	if err := c.override(func(name string) string {
		asked[name] = true
		return ""
	}); err != nil {
		t.Fatal(err)
	}
	if len(asked) < 20 || asked["ENTENTE_"] {
		t.Errorf("%v", asked)
	}
	for name := range asked {
		value := "1"
		if strings.HasSuffix(name, "GRACE") || strings.Contains(name, "KEEP") {
			value = "1s"
		}
		err := c.override(func(n string) string {
			if n == name {
				return value
			}
			return ""
		})
		if refused := errors.Is(err, errFileAlone); refused != (name == "ENTENTE_COALITIONS") || err != nil && !refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}
