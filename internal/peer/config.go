package peer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"entente/internal/stix"
	"entente/internal/taxiiclient"
)

// Config is one peer. Files are named relative to the folder of the file of peers.
type Config struct {
	// Name is what the peer is called here: letters, digits, dash, dot, underscore. The places that were reached are kept
	// under it: a peer that gets another name begins anew.
	Name string `yaml:"name"`
	// URL is the address of its server or API root. https, or http on this machine.
	URL string `yaml:"url"`
	// Account is the service account of the peer's organisation on our node. It needs the role reader for pushes and
	// publisher for pulls, and its organisation the rights on the collections.
	Account string `yaml:"account"`
	// User and PasswordFile, or TokenFile, are what we show there; Cert and Key are files with our certificate and key in PEM.
	// They are read in each round, so that they can be changed.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	TokenFile    string `yaml:"token_file"`
	Cert         string `yaml:"cert"`
	Key          string `yaml:"key"`
	// CA is a file of certificates to trust besides those of the system, Pin the SHA-256 of the one certificate to trust.
	CA  string `yaml:"ca"`
	Pin string `yaml:"pin"`
	// Every is the time between two rounds. Default 1m, at least 1s. After a failure it grows up to an hour.
	Every time.Duration `yaml:"every"`
	// Compare is the time after which all that both have is compared, although nothing says that something is missing: for
	// pulls, and for pushes to collections that cannot be read, which get everything again. Default 168h; negative: never.
	Compare time.Duration `yaml:"compare"`
	// MaxObjects is how many objects a rule moves in one round at most; the next round goes on. Default 1000000.
	MaxObjects int64  `yaml:"max_objects"`
	Pull       []Rule `yaml:"pull"`
	Push       []Rule `yaml:"push"`
}

// Rule says what crosses between two collections.
type Rule struct {
	// Local is our collection: PATH-OF-API-ROOT/ALIAS-OR-ID.
	Local string `yaml:"local"`
	// Remote is the identifier, alias or title of the collection there.
	Remote string `yaml:"remote"`
	// TLP is the strictest label that crosses: clear, green, amber (the default), amber+strict, red. Objects of which a part
	// is marked more strictly do not cross either, unless that part was taken out.
	TLP string `yaml:"tlp"`
	// Types are the types of objects that cross. Default: all. Marking definitions always cross.
	Types []string `yaml:"types"`
	// Label is the label of pulled objects that have none. Default: that of our collection.
	Label string `yaml:"label"`
	// Overlap is how far a pull looks back behind what it has seen, for servers that add objects with a date in the past.
	// Default 0: servers of TAXII do not.
	Overlap time.Duration `yaml:"overlap"`
	// PageSize is how many objects are asked for and sent at a time. Default 1000.
	PageSize int `yaml:"page_size"`
}

const maxFile = 1 << 20

// Load reads a file of peers: a document with one list, peers. A file that is not there is no error.
func Load(name string) ([]Config, error) {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the peers: %w", err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the peers: %w", err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s: a file of peers has less than %d bytes", name, maxFile)
	}
	peers, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return peers, nil
}

func parse(b []byte) ([]Config, error) {
	var doc struct {
		Peers []Config `yaml:"peers"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	names := map[string]bool{}
	for i := range doc.Peers {
		p := &doc.Peers[i]
		if err := p.finish(); err != nil {
			return nil, fmt.Errorf("peer %d %q: %w", i+1, p.Name, err)
		}
		if names[p.Name] {
			return nil, fmt.Errorf("two peers are called %q", p.Name)
		}
		names[p.Name] = true
	}
	return doc.Peers, nil
}

// finish fills in the defaults and says what is wrong with the rest.
func (c *Config) finish() error {
	if c.Name == "" || len(c.Name) > 64 || strings.ContainsFunc(c.Name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._", r)
	}) {
		return errors.New("name: 1 to 64 letters, digits, -, . and _")
	}
	if _, err := taxiiclient.New(taxiiclient.Config{URL: c.URL, TLS: taxiiclient.TLS{Pin: c.Pin}}); err != nil {
		return fmt.Errorf("url: %w", err)
	}
	switch {
	case c.Account == "":
		return errors.New("account is missing: the service account of the peer's organisation on this node")
	case c.User != "" && c.TokenFile != "":
		return errors.New("user and token_file: one of them")
	case (c.User == "") != (c.PasswordFile == ""):
		return errors.New("user and password_file go together")
	case (c.Cert == "") != (c.Key == ""):
		return errors.New("cert and key go together")
	case c.Every < 0 || c.Every > 0 && c.Every < time.Second:
		return errors.New("every: at least 1s")
	case c.MaxObjects < 0:
		return errors.New("max_objects: at least 1")
	case len(c.Pull)+len(c.Push) == 0:
		return errors.New("without a rule under pull or push nothing crosses")
	}
	if c.Every == 0 {
		c.Every = time.Minute
	}
	if c.Compare == 0 {
		c.Compare = 7 * 24 * time.Hour
	}
	if c.MaxObjects == 0 {
		c.MaxObjects = 1_000_000
	}
	for _, list := range []struct {
		name  string
		rules []Rule
	}{{"pull", c.Pull}, {"push", c.Push}} {
		met := map[string]bool{}
		for i := range list.rules {
			r := &list.rules[i]
			if err := r.finish(list.name == "pull"); err != nil {
				return fmt.Errorf("%s, rule %d: %w", list.name, i+1, err)
			}
			if met[r.key()] {
				return fmt.Errorf("%s: two rules go between %s and %s", list.name, r.Local, r.Remote)
			}
			met[r.key()] = true
		}
	}
	return nil
}

func (r *Rule) finish(pull bool) error {
	if _, _, ok := r.local(); !ok {
		return errors.New("local: the path of an API root, a slash, and the alias or id of a collection")
	}
	if r.Remote == "" {
		return errors.New("remote is missing: id, alias or title of the collection there")
	}
	if r.TLP == "" {
		r.TLP = "amber"
	}
	label, ok := stix.TLPLabel(r.TLP)
	if !ok {
		return fmt.Errorf("tlp: there is no label %q", r.TLP)
	}
	r.TLP = label
	if r.Label != "" {
		if !pull {
			return errors.New("label is for pulls")
		}
		label, ok := stix.TLPLabel(r.Label)
		if !ok {
			return fmt.Errorf("label: there is no label %q", r.Label)
		}
		r.Label = label
	}
	if r.Overlap < 0 || r.Overlap > 0 && !pull {
		return errors.New("overlap is for pulls, and not negative")
	}
	if r.PageSize < 0 {
		return errors.New("page_size: at least 1")
	}
	if r.PageSize == 0 {
		r.PageSize = 1000
	}
	r.PageSize = min(r.PageSize, 10_000)
	return nil
}

// local splits the name of our collection into the path of its API root and its alias or identifier.
func (r *Rule) local() (root, collection string, ok bool) {
	i := strings.LastIndexByte(strings.Trim(r.Local, "/"), '/')
	if i < 0 {
		return "", "", false
	}
	s := strings.Trim(r.Local, "/")
	return s[:i], s[i+1:], true
}

// key is what the place that a rule has reached is kept under.
func (r *Rule) key() string { return strings.Trim(r.Local, "/") + "|" + r.Remote }

// kinds are the types that cross, none for all of them.
func (r *Rule) kinds() []string {
	if len(r.Types) == 0 {
		return nil
	}
	return append(slices.Clone(r.Types), "marking-definition")
}

// passes says whether an object of a type may cross.
func (r *Rule) passes(kind string) bool {
	return len(r.Types) == 0 || kind == "marking-definition" || slices.Contains(r.Types, kind)
}

// tooStrict says whether a label is stricter than those that cross. "" is no label.
func (r *Rule) tooStrict(label string) bool { return stix.Stricter(r.TLP, label) != r.TLP }
