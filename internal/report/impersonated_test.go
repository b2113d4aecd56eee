package report

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"entente/internal/hunt"
)

// TestImpersonated: whoever reads of a request of ProxyShell sees at once in whose name it was sent.
func TestImpersonated(t *testing.T) {
	token := base64.StdEncoding.EncodeToString([]byte("V\x01\x00T\x07WindowsC\x00A\x08KerberosL\x11admin@example.orgU\x12S-1-5-21-1-2-3-500"))
	f := plainFinding()
	query := "@evil.example/powershell/?X-Rps-CAT=" + token + "&Email=a"
	f.Event = json.RawMessage(`{"cs-uri-query":"` + strings.ReplaceAll(query, "&", `\u0026`) + `"}`)
	f.Matched = []hunt.FieldValue{{Name: "cs-uri-query", Value: query}}
	if got := Headline(f); !strings.HasPrefix(got, "in the name of admin@example.org (S-1-5-21-1-2-3-500) · cs-uri-query: @evil") {
		t.Error(got)
	}
	out := render(t, "jsonl", Options{}, plainSummary(), f)
	if !strings.Contains(out, `"impersonated":{"name":"admin@example.org","sid":"S-1-5-21-1-2-3-500","logon":"Kerberos"}}`) {
		t.Error(out)
	}
	f.Event = json.RawMessage(`{"cs-uri-query":"X-Rps-CAT=VgEA"}`)
	if out := render(t, "jsonl", Options{}, plainSummary(), f); strings.Contains(out, "impersonated") || strings.Contains(Headline(f), "in the name") {
		t.Error(out)
	}
}
