package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"entente/internal/coalition"
	"entente/internal/coalition/carrier"
)

// CoalitionConfig is a coalition of which the node serves one member. Files are named relative to the folder of the node.
type CoalitionConfig struct {
	// Folder is the member's folder of the coalition, as entente coalition join makes it. Needed.
	Folder string `yaml:"folder"`
	// Collection is where members put packets for one another: PATH-OF-API-ROOT/ALIAS-OR-ID. Default: none; what comes and goes
	// does so by hand (entente coalition import and export).
	Collection string `yaml:"collection"`
	// Account is the service account by which the node reads and writes collections. It needs the role publisher and the
	// rights of its organisation on them.
	Account string `yaml:"account"`
	// IdentityFile has what opens packets: keys of age, which is all that is needed (entente coalition key --node-key), or the
	// member's identity. Nobody but its owner may be able to read it.
	IdentityFile string `yaml:"identity_file"`
	// PassphraseFile has the passphrase of the identity in its first line. Danger: a node with both can sign for the member.
	PassphraseFile string `yaml:"passphrase_file"`
	// LogURL is where the log of the coalition is. What members sign is brought into it; requests to it are signed, which
	// needs the member's identity. Default: members do so themselves (entente log submit).
	LogURL string `yaml:"log_url"`
	// ReleaseDir is a folder that gets a folder for each statement that is released. Default: none is written.
	ReleaseDir string `yaml:"release_dir"`
	// ServeReleases serves the folders of ReleaseDir at /releases/: what is clear to everybody, what is green to those who have
	// an account.
	ServeReleases bool `yaml:"serve_releases"`
	// PublishCollection gets the STIX bundle of each release, MembersCollection that of its annex. Default: none.
	PublishCollection string `yaml:"publish_collection"`
	MembersCollection string `yaml:"members_collection"`
}

// finish says what is wrong with a coalition.
func (c *CoalitionConfig) finish() error {
	switch {
	case c.Folder == "":
		return errors.New("folder is missing: the member's folder of the coalition")
	case c.Account == "" && c.Collection+c.PublishCollection+c.MembersCollection != "":
		return errors.New("account is missing: the service account by which the node reads and writes collections")
	case c.Collection != "" && c.IdentityFile == "":
		return errors.New("identity_file is missing: what comes by the collection could not be read")
	case c.PassphraseFile != "" && c.IdentityFile == "":
		return errors.New("passphrase_file is of no use without identity_file")
	case c.LogURL != "" && c.PassphraseFile == "":
		return errors.New("log_url: requests to the log are signed: identity_file has to be the member's identity, with passphrase_file")
	case c.ServeReleases && c.ReleaseDir == "":
		return errors.New("serve_releases: release_dir is missing")
	}
	for name, path := range map[string]string{"collection": c.Collection, "publish_collection": c.PublishCollection, "members_collection": c.MembersCollection} {
		if path != "" && !strings.Contains(strings.Trim(path, "/"), "/") {
			return fmt.Errorf("%s: %q is no collection: PATH-OF-API-ROOT/ALIAS-OR-ID", name, path)
		}
	}
	if c.PublishCollection != "" && c.PublishCollection == c.MembersCollection {
		return errors.New("publish_collection and members_collection are the same: what is for members alone would stand beside what is for everybody")
	}
	return nil
}

// served is a coalition that the node serves a member of.
type served struct {
	*carrier.Runner
	CoalitionConfig
}

// newCoalitions opens the coalitions of the configuration; it does nothing before it is told to.
func (n *Node) newCoalitions(ctx context.Context, dir string) (err error) {
	defer func() {
		if err != nil {
			n.closeCoalitions()
		}
	}()
	at := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(dir, name)
	}
	for i, c := range n.cfg.Coalitions {
		r, err := n.newCoalition(ctx, c, at)
		if err != nil {
			return fmt.Errorf("coalition %d, %s: %w", i+1, c.Folder, err)
		}
		n.coalitions = append(n.coalitions, served{r, c})
	}
	return nil
}

func (n *Node) newCoalition(ctx context.Context, c CoalitionConfig, at func(string) string) (*carrier.Runner, error) {
	if err := c.finish(); err != nil {
		return nil, err
	}
	f, err := coalition.OpenFolder(at(c.Folder), func(name string, err error) {
		n.log.WarnContext(ctx, "a file of a coalition is passed over", slog.String("folder", c.Folder), slog.String("name", name), slog.Any("error", err))
	})
	if err != nil {
		return nil, err
	}
	o := carrier.Options{Folder: f, LogURL: c.LogURL, ReleaseDir: at(c.ReleaseDir), Now: n.now, Log: n.log}
	if c.IdentityFile != "" {
		if o.Identities, o.Signer, err = carrier.OpenKeys(at(c.IdentityFile), at(c.PassphraseFile)); err != nil {
			return nil, err
		}
		if o.Signer != nil && f.Book().KeyOf(o.Signer.Public().ID()) == "" {
			n.log.WarnContext(ctx, "the identity is that of no member of the coalition", slog.String("folder", c.Folder))
		}
	}
	collection := func(path string) *carrier.ExchangeCollection {
		return &carrier.ExchangeCollection{Exchange: n.ex, Account: c.Account, Path: path}
	}
	if c.Collection != "" {
		col := collection(c.Collection)
		if o.Author, err = col.Author(ctx); err != nil {
			return nil, err
		}
		o.Collection = col
	}
	if c.PublishCollection != "" {
		o.Public = collection(c.PublishCollection)
	}
	if c.MembersCollection != "" {
		o.Members = collection(c.MembersCollection)
	}
	return carrier.New(o)
}

// closeCoalitions closes what newCoalitions has opened.
func (n *Node) closeCoalitions() {
	for _, c := range n.coalitions {
		if err := c.Close(); err != nil {
			n.log.Error("coalition", slog.String("folder", c.Folder), slog.Any("error", err))
		}
	}
	n.coalitions = nil
}

// writeCoalitions writes how the coalitions fare, in the text format of Prometheus.
func (n *Node) writeCoalitions(w io.Writer) {
	if len(n.coalitions) == 0 {
		return
	}
	type status = carrier.Status
	seconds := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return float64(t.Unix())
	}
	for _, f := range []struct {
		name, kind, help string
		value            func(status) float64
	}{
		{"rounds_total", "counter", "Looks at the folder of the coalition, twice a second.", func(s status) float64 { return float64(s.Rounds) }},
		{"round_seconds", "gauge", "End of the last one, since 1970; 0 before the first.", func(s status) float64 { return seconds(s.Round) }},
		{"failures_total", "counter", "Looks in which something failed.", func(s status) float64 { return float64(s.Failures) }},
		{"failures_in_a_row", "gauge", "Of them, since the last that went well.", func(s status) float64 { return float64(s.InARow) }},
		{"good_seconds", "gauge", "End of the last exchange with the collection that went well, since 1970; 0 before the first.", func(s status) float64 { return seconds(s.Good) }},
		{"sent_total", "counter", "Files sent to other members.", func(s status) float64 { return float64(s.Sent) }},
		{"unsent", "gauge", "Files that wait to be sent.", func(s status) float64 { return float64(s.Unsent) }},
		{"taken_total", "counter", "Files of other members that were new.", func(s status) float64 { return float64(s.Taken) }},
		{"foreign_total", "counter", "Packets that only others can open.", func(s status) float64 { return float64(s.NotForUs) }},
		{"bad_total", "counter", "Objects and files that were passed over.", func(s status) float64 { return float64(s.Bad) }},
		{"logged_total", "counter", "Events that were brought into the log.", func(s status) float64 { return float64(s.Logged) }},
		{"unlogged", "gauge", "Events of which the log shows nothing yet.", func(s status) float64 { return float64(s.Unlogged) }},
		{"shares_given_total", "counter", "Shares of keys that were given away.", func(s status) float64 { return float64(s.Given) }},
		{"released_total", "counter", "Releases that were written.", func(s status) float64 { return float64(s.Released) }},
		{"releases_owed", "gauge", "Releases that are not wholly written or published.", func(s status) float64 { return float64(s.Owed) }},
		{"hour_seconds", "gauge", "The next hour of a statement, since 1970; 0 for none.", func(s status) float64 { return seconds(s.Hour) }},
	} {
		family(w, "entente_coalition_"+f.name, f.kind, f.help)
		for _, c := range n.coalitions {
			fmt.Fprintf(w, "entente_coalition_%s{folder=%q} %s\n", f.name, c.Folder, strconv.FormatFloat(f.value(c.Status()), 'f', -1, 64))
		}
	}
	family(w, "entente_coalition_statements", "gauge", "Statements that are proposed, adopted or sealed, and not released.")
	for _, c := range n.coalitions {
		s := c.Status()
		for _, phase := range []coalition.Phase{coalition.Proposed, coalition.Adopted, coalition.Sealed} {
			fmt.Fprintf(w, "entente_coalition_statements{folder=%q,phase=%q} %d\n", c.Folder, phase, s.Waiting[phase])
		}
	}
}
