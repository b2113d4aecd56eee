package taxiiclient

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// TLS says whom to trust and who we are.
type TLS struct {
	// CA holds certificates in PEM: of authorities to trust besides those of the system, or of a server that has signed
	// its own.
	CA []byte
	// Cert and Key are our own certificate and its key in PEM, for servers that ask for one.
	Cert, Key []byte
	// Pin is the SHA-256 of the server's certificate in hexadecimal, with or without colons. It takes the place of every
	// other check of the certificate.
	Pin string
}

// errPin is of servers that show another certificate than the one that is pinned.
var errPin = errors.New("the server shows another certificate than the pinned one")

func (t TLS) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(t.CA) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(t.CA) {
			return nil, errors.New("the file of trusted certificates holds none: it is PEM, with lines BEGIN CERTIFICATE")
		}
		c.RootCAs = pool
	}
	if len(t.Cert) > 0 || len(t.Key) > 0 {
		pair, err := tls.X509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("our certificate and its key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if t.Pin != "" {
		want, err := hex.DecodeString(strings.ReplaceAll(t.Pin, ":", ""))
		if err != nil || len(want) != sha256.Size {
			return nil, fmt.Errorf("the pin %q is no SHA-256 in hexadecimal: it has 64 digits", t.Pin)
		}
		c.InsecureSkipVerify = true // VerifyConnection, below, demands one certificate and no other
		c.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errPin
			}
			if got := sha256.Sum256(s.PeerCertificates[0].Raw); string(got[:]) != string(want) {
				return fmt.Errorf("%w: its SHA-256 is %x", errPin, got)
			}
			return nil
		}
	}
	return c, nil
}
