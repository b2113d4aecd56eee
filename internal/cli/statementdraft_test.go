package cli

import (
	"bytes"
	"strings"
	"testing"

	"entente/internal/coalition/carrier"
)

func TestSayByHand(t *testing.T) {
	var b bytes.Buffer
	sayByHand(Env{Stderr: &b}, "small.md", carrier.MaxCarried)
	sayByHand(Env{Stderr: &b}, "large.md", carrier.MaxCarried+1)
	if s := b.String(); strings.Contains(s, "small.md") || !strings.Contains(s, "large.md has 134217729 bytes") {
		t.Error(s)
	}
}
