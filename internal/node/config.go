package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"entente/internal/taxii"
)

// Config is the configuration of a node: the file entente.yml in its folder. Every field may be missing. A variable of the
// environment overrides it, named ENTENTE_ and the name of the field in capitals: ENTENTE_LISTEN, ENTENTE_TLS_CERT. Lists are
// separated by commas there. Coalitions stand in the file alone.
type Config struct {
	// Listen is the address and port to serve at. Port 0 takes a free one. Default 127.0.0.1:8443: this machine alone.
	Listen string `yaml:"listen"`

	// Database is the URL of a PostgreSQL database (postgres://user:password@host/database). Default: SQLite in the folder of
	// the node. Several nodes may share one database; they are then one node.
	Database string `yaml:"database"`

	// TLSCert and TLSKey are files with the certificate (and those between it and the root) and its key, in PEM. Both or
	// neither. They are read again when they change. Default: tls-cert.pem and tls-key.pem in the folder of the node, made on
	// the first start for TLSNames and signed by themselves.
	TLSCert string `yaml:"tls_cert"`
	TLSKey  string `yaml:"tls_key"`
	// TLSNames are the names and addresses that a certificate signed by itself is for. Default: localhost, 127.0.0.1, ::1 and
	// the host of Listen.
	TLSNames []string `yaml:"tls_names"`
	// PlainHTTP serves without TLS, for a proxy on this machine that has it: Listen has to be a loopback address then.
	PlainHTTP bool `yaml:"plain_http"`

	// Title, Description and Contact are what discovery of TAXII says of the server. Default of Title: Entente.
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	Contact     string `yaml:"contact"`
	// DefaultRoot is the path of the API root that discovery names as the default. Default: the first.
	DefaultRoot string `yaml:"default_root"`
	// MaxPage is the most objects in one answer, whatever limit asks for, and what an answer has without limit. Default 1000.
	MaxPage int `yaml:"max_page"`

	// NoBasic refuses names and passwords: tokens and certificates alone count. Public clients of TAXII often know nothing else.
	NoBasic bool `yaml:"no_basic"`
	// Rate is how many requests a second a token (or, without one, a user or, for anonymous callers, an address) may make in
	// the long run; Burst is how many at once. -1 is no limit. Default 500 and 2000.
	Rate  float64 `yaml:"rate"`
	Burst int     `yaml:"burst"`
	// FailureRate and FailureBurst are the same for wrong credentials from one address. Default 2 and 200.
	FailureRate  float64 `yaml:"failure_rate"`
	FailureBurst int     `yaml:"failure_burst"`
	// Connections is how many there may be at once, ConnectionsPerAddress from one address. Default 4096 and 512.
	Connections           int `yaml:"connections"`
	ConnectionsPerAddress int `yaml:"connections_per_address"`
	// Requests is how many may be worked at once; others wait for up to ten seconds and are then told to come again. Default 64.
	Requests int `yaml:"requests"`
	// Streams is how many streams of events of the JSON API may be open at once, StreamsPerCaller of one token or user. Default
	// 256 and 8.
	Streams          int `yaml:"streams"`
	StreamsPerCaller int `yaml:"streams_per_caller"`
	// Proxies are networks (10.0.0.0/8) whose X-Forwarded-For is believed. Default: none. Danger: whoever can connect from
	// them can write any address into the audit log.
	Proxies []string `yaml:"proxies"`

	// WebhookNetworks are networks (10.0.0.0/8) to which webhooks may go beside public addresses, also without TLS. Default: none.
	// Danger: whoever may add a webhook can make the node send requests there.
	WebhookNetworks []string `yaml:"webhook_networks"`

	// Keep is how long objects are kept after they were added, KeepIndicators how long indicators after their valid_until
	// (720h is 30 days). Both hold for what comes in from then on. Default 0: for ever.
	Keep           time.Duration `yaml:"keep"`
	KeepIndicators time.Duration `yaml:"keep_indicators"`

	// Coalitions are those of which the node serves a member.
	Coalitions []CoalitionConfig `yaml:"coalitions"`

	// Grace is how long requests may go on after the node was told to stop. Default 20s.
	Grace time.Duration `yaml:"grace"`

	// LogLevel is debug, info, warn or error. Default info: one line for each request.
	LogLevel string `yaml:"log_level"`
	// LogFormat is text or json. Default text.
	LogFormat string `yaml:"log_format"`
}

// FileName is that of the configuration in the folder of a node.
const FileName = "entente.yml"

const maxConfigFile = 1 << 20

// Load reads the configuration in a folder, if there is one, and the environment, and fills in the defaults.
func Load(dir string, getenv func(string) string) (Config, error) {
	var c Config
	path := filepath.Join(dir, FileName)
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return c, fmt.Errorf("read the configuration: %w", err)
	default:
		defer func() { _ = f.Close() }() // it was read only
		if c, err = read(f); err != nil {
			return c, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := c.override(getenv); err != nil {
		return c, err
	}
	return c, c.Finish()
}

func read(r io.Reader) (c Config, err error) {
	data, err := io.ReadAll(io.LimitReader(r, maxConfigFile+1))
	if err != nil {
		return c, err
	}
	if len(data) > maxConfigFile {
		return c, fmt.Errorf("a configuration of more than %d bytes is none", maxConfigFile)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, err
	}
	return c, nil
}

// override sets fields from the environment.
func (c *Config) override(getenv func(string) string) error {
	if getenv == nil {
		return nil
	}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		name := "ENTENTE_" + strings.ToUpper(v.Type().Field(i).Tag.Get("yaml"))
		text := getenv(name)
		if text == "" {
			continue
		}
		if err := set(v.Field(i), text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

var errFileAlone = errors.New("this is set in " + FileName + " alone, not in the environment")

func set(field reflect.Value, text string) error {
	switch to := field.Addr().Interface().(type) {
	case *string:
		*to = text
	case *[]string:
		*to = nil
		for part := range strings.SplitSeq(text, ",") {
			*to = append(*to, strings.TrimSpace(part))
		}
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		*to = b
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is no whole number", text)
		}
		*to = n
	case *float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is no number", text)
		}
		*to = n
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is no duration, such as 20s", text)
		}
		*to = d
	default:
		return errFileAlone
	}
	return nil
}

// Finish fills in the defaults and says what is wrong with the rest.
func (c *Config) Finish() error {
	def(&c.Listen, "127.0.0.1:8443")
	def(&c.Title, "Entente")
	def(&c.MaxPage, taxii.DefaultMaxPage)
	def(&c.Rate, 500)
	def(&c.Burst, 2000)
	def(&c.FailureRate, 2)
	def(&c.FailureBurst, 200)
	def(&c.Connections, 4096)
	def(&c.ConnectionsPerAddress, 512)
	def(&c.Requests, 64)
	def(&c.Streams, 256)
	def(&c.StreamsPerCaller, 8)
	def(&c.Grace, 20*time.Second)
	def(&c.LogLevel, "info")
	def(&c.LogFormat, "text")

	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q is no address and port, such as 127.0.0.1:8443", c.Listen)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("listen: %q is no port", port)
	} else if c.Listen == host && n == 0 {
		return errors.New("listen: a host is missing")
	}
	if c.PlainHTTP && !loopback(host) {
		return fmt.Errorf("plain_http: passwords and tokens would cross the network in the clear: listen on a loopback address, not on %q", host)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls_cert and tls_key go together: set both or neither")
	}
	if c.MaxPage < 1 || c.MaxPage > maxMaxPage {
		return fmt.Errorf("max_page: %d is not between 1 and %d", c.MaxPage, maxMaxPage)
	}
	for name, n := range map[string]int{
		"burst": c.Burst, "failure_burst": c.FailureBurst, "connections": c.Connections,
		"connections_per_address": c.ConnectionsPerAddress, "requests": c.Requests,
		"streams": c.Streams, "streams_per_caller": c.StreamsPerCaller,
	} {
		if n < 1 {
			return fmt.Errorf("%s: %d is not above 0", name, n)
		}
	}
	for name, d := range map[string]time.Duration{"grace": c.Grace, "keep": c.Keep, "keep_indicators": c.KeepIndicators} {
		if d < 0 {
			return fmt.Errorf("%s: %v is below 0", name, d)
		}
	}
	for i := range c.Coalitions {
		if err := c.Coalitions[i].finish(); err != nil {
			return fmt.Errorf("coalitions, %d: %w", i+1, err)
		}
	}
	if _, err := prefixes("webhook_networks", c.WebhookNetworks); err != nil {
		return err
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	if _, err := c.level(); err != nil {
		return err
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return fmt.Errorf("log_format: %q is neither text nor json", c.LogFormat)
	}
	return nil
}

// maxMaxPage bounds the memory of a page.
const maxMaxPage = 50_000

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (c *Config) proxies() ([]netip.Prefix, error) { return prefixes("proxies", c.Proxies) }

func (c *Config) level() (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return 0, fmt.Errorf("log_level: %q is none of debug, info, warn, error", c.LogLevel)
	}
	return l, nil
}

// Logger makes the logger that the configuration asks for.
func (c *Config) Logger(w io.Writer) *slog.Logger {
	level, err := c.level()
	if err != nil {
		level = slog.LevelInfo
	}
	opt := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}
