package node

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// The files of a certificate that is signed by itself, in the folder of the node.
const (
	certFile = "tls-cert.pem"
	keyFile  = "tls-key.pem"
)

// selfSignedLife is how long a certificate signed by itself is good. Its fingerprint is what clients pin.
const selfSignedLife = 5 * 365 * 24 * time.Hour

// suites are those of TLS 1.2: with forward secrecy and authenticated encryption, which are the ones that RFC 7540 Appendix A
// does not forbid. Those of TLS 1.3 cannot be chosen and are all good.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// serverTLS is the TLS of a node: 1.2 and 1.3, without early data (crypto/tls has none for servers). A client may show a
// certificate; whose it is, is told by its key, whoever has signed it.
func serverTLS(certs *certificates) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		CipherSuites:   suites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certs.current() },
		ClientAuth:     tls.RequestClientCert,
		NextProtos:     []string{"h2", "http/1.1"},
	}
}

// certificates gives the certificate in two files, and reads them again when they have changed.
type certificates struct {
	cert, key string

	mu      sync.Mutex // guards what follows
	loaded  *tls.Certificate
	stamp   [2]time.Time
	checked time.Time
}

// loadCertificates reads the certificate that the configuration names, or the one in dir, which is made where it is missing.
func loadCertificates(c *Config, dir string, now time.Time) (*certificates, error) {
	certs := &certificates{cert: c.TLSCert, key: c.TLSKey}
	if certs.cert == "" {
		certs.cert, certs.key = filepath.Join(dir, certFile), filepath.Join(dir, keyFile)
		if _, err := os.Stat(certs.cert); errors.Is(err, fs.ErrNotExist) {
			if err := selfSign(certs.cert, certs.key, names(c), now); err != nil {
				return nil, fmt.Errorf("make a certificate: %w", err)
			}
		}
	}
	if err := certs.read(); err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return certs, nil
}

// current is the certificate, looked for anew at most every ten seconds. One that cannot be read leaves the old one.
func (c *certificates) current() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) > 10*time.Second {
		c.checked = now
		if stamp, err := c.stamps(); err == nil && stamp != c.stamp {
			if fresh, err := tls.LoadX509KeyPair(c.cert, c.key); err == nil {
				c.loaded, c.stamp = &fresh, stamp
			}
		}
	}
	return c.loaded, nil
}

func (c *certificates) read() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamp, err := c.stamps()
	if err != nil {
		return err
	}
	cert, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.loaded, c.stamp, c.checked = &cert, stamp, time.Now()
	return nil
}

func (c *certificates) stamps() (out [2]time.Time, err error) {
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return out, err
		}
		out[i] = info.ModTime()
	}
	return out, nil
}

// fingerprint is the SHA-256 of the certificate in hex, and expires when it ends.
func (c *certificates) fingerprint() (sum string, expires time.Time) {
	cert, err := c.current()
	if err != nil || len(cert.Certificate) == 0 {
		return "", time.Time{}
	}
	digest := sha256.Sum256(cert.Certificate[0])
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		return hex.EncodeToString(digest[:]), time.Time{}
	}
	return hex.EncodeToString(digest[:]), leaf.NotAfter
}

// names are those that a certificate signed by itself is for.
func names(c *Config) []string {
	out := slices.Clone(c.TLSNames)
	if len(out) == 0 {
		out = []string{"localhost", "127.0.0.1", "::1"}
		host, _, err := net.SplitHostPort(c.Listen)
		if err == nil && host != "" && !net.ParseIP(host).IsUnspecified() && !slices.Contains(out, host) {
			out = append(out, host)
		}
	}
	return out
}

// selfSign makes a key and a certificate for names, the key first: where both are there, they belong together.
func selfSign(certPath, keyPath string, names []string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: names[0], Organization: []string{"Entente"}},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(selfSignedLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(keyPath, "PRIVATE KEY", secret, 0o600); err != nil {
		return err
	}
	return writePEM(certPath, "CERTIFICATE", der, 0o644)
}

// writePEM writes a file whole or not at all.
func writePEM(path, kind string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".pem-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // nothing is left where it was renamed
	err = errors.Join(
		f.Chmod(mode),
		pem.Encode(f, &pem.Block{Type: kind, Bytes: data}),
		f.Sync(),
		f.Close(),
	)
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
