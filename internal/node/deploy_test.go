package node

import (
	"os"
	"strings"
	"testing"
)

// Webhooks and peers are reached by TLS, of which an image without anything else knows no authority.
func TestTheContainerKnowsAuthorities(t *testing.T) {
	text, err := os.ReadFile("../../deploy/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, image, ok := strings.Cut(string(text), "\nFROM scratch\n")
	if !ok || !strings.Contains(image, "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt\n") {
		t.Error("the image has no certificates of authorities")
	}
}
