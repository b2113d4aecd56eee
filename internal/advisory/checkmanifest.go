package advisory

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// TLPs lists the labels of TLP 2.0, the most open first.
func TLPs() []string { return []string{"clear", "green", "amber", "amber+strict", "red"} }

var (
	// https://semver.org/spec/v2.0.0.html, without the empty identifiers that the grammar forbids.
	semanticVersion = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)
	attackVersion   = regexp.MustCompile(`^\d{1,3}(\.\d{1,3})?$`)
	spdxID          = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$`)
)

// Valid says that a date is one of the calendar, as YYYY-MM-DD.
func (d Date) Valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// manifest checks pack.yml.
func (c *checker) manifest() {
	m := &c.pack.Manifest
	bad := func(key, format string, args ...any) {
		c.add(Problem{Kind: KindFormat, File: manifestFile, Line: c.pack.at.manifest[key], Reason: fmt.Sprintf(format, args...)})
	}
	if !packID(m.ID) {
		bad("id", "the id %q has to be 2 to 64 lower-case letters, digits and hyphens", m.ID)
	} else if c.pack.folder != "" && c.pack.folder != m.ID {
		bad("id", "the id is %q, and the folder is called %q", m.ID, c.pack.folder)
	}
	if m.Title == "" || strings.Contains(m.Title, "\n") || len(m.Title) > 200 {
		bad("title", "the title has to be one line of at most 200 bytes")
	}
	if m.Summary == "" || strings.Contains(strings.TrimSpace(m.Summary), "\n") {
		bad("summary", "the summary has to be one paragraph")
	}
	if !semanticVersion.MatchString(m.Version) {
		bad("version", "the version %q has to be a semantic one, as 1.0.0", m.Version)
	}
	c.manifestDates(bad)
	if !slices.Contains(TLPs(), m.TLP) {
		bad("tlp", "the marking %q is none of TLP 2.0: %s", m.TLP, strings.Join(TLPs(), ", "))
	}
	if len(m.Issuers) == 0 {
		bad("issuers", "nobody stands behind the pack: name at least one issuer")
	}
	for i, is := range m.Issuers {
		switch {
		case is.Name == "":
			bad("issuers", "issuer %d has no name", i+1)
		case !slices.Contains([]string{"author", "publisher", "source"}, is.Role):
			bad("issuers", "the role %q of %s is none of author, publisher, source", is.Role, is.Name)
		case is.URL != "" && !webAddress(is.URL):
			bad("issuers", "the address %q of %s is no https or http URL", is.URL, is.Name)
		}
	}
	if len(m.References) == 0 {
		bad("references", "there is nothing to read: name at least one reference")
	}
	for _, r := range m.References {
		if r.Title == "" || !webAddress(r.URL) {
			bad("references", "a reference has to have a title and an https or http URL, and one is %q, %q", r.Title, r.URL)
		}
	}
	for _, s := range m.Supersedes {
		id, v, ok := strings.Cut(s, "@")
		if !ok || !packID(id) || !semanticVersion.MatchString(v) {
			bad("supersedes", "%q has to be id@version", s)
			continue
		}
		if id != m.ID || !semanticVersion.MatchString(m.Version) {
			continue // versions of another pack say nothing about this one's
		}
		switch order := compareVersions(v, m.Version); {
		case order == 0:
			bad("supersedes", "the pack supersedes itself: %s", s)
		case order > 0:
			bad("supersedes", "the pack is of version %s, and supersedes the newer %s", m.Version, s)
		}
	}
	if !attackVersion.MatchString(m.Attack.Published) || !attackVersion.MatchString(m.Attack.Today) {
		bad("attack", "attack has to say with which version of ATT&CK the ids were published, and with which they were last checked (published: \"9\", today: \"18.1\")")
	}
	if !spdxID.MatchString(m.License) {
		bad("license", "the license %q has to be an SPDX id, as Apache-2.0", m.License)
	}
	seen := map[string]bool{}
	for _, s := range m.Stages {
		switch {
		case !identifier(s.ID):
			bad("stages", "the id %q of a stage has to be lower-case letters, digits and hyphens", s.ID)
		case seen[s.ID]:
			bad("stages", "the stage %q stands here twice", s.ID)
		case s.Title == "":
			bad("stages", "the stage %q has no title", s.ID)
		case s.Shows != Attempt && s.Shows != Compromise:
			bad("stages", "the stage %q shows %q: it has to be attempt or compromise", s.ID, s.Shows)
		case s.Decisive && s.Shows != Compromise:
			bad("stages", "the stage %q is decisive, and shows an %s: what decides is a compromise", s.ID, s.Shows)
		}
		seen[s.ID] = true
	}
}

func (c *checker) manifestDates(bad func(key, format string, args ...any)) {
	m := &c.pack.Manifest
	for _, d := range []struct {
		key  string
		date Date
		need bool
	}{{"issued", m.Issued, true}, {"modified", m.Modified, false}, {"valid_until", m.ValidUntil, true}} {
		if !d.date.Valid() && (d.need || d.date != "") {
			bad(d.key, "%s is %q: it has to be a date, as 2021-07-19", d.key, d.date)
			return
		}
	}
	tomorrow := Date(c.now.UTC().AddDate(0, 0, 1).Format(time.DateOnly)) // it may be tomorrow already where the pack was written
	switch {                                                             // dates of this form are ordered as texts are
	case m.Issued > tomorrow:
		bad("issued", "the pack was issued on %s, which is in the future", m.Issued)
	case m.Modified > tomorrow:
		bad("modified", "the pack was modified on %s, which is in the future", m.Modified)
	case m.Modified != "" && m.Modified < m.Issued:
		bad("modified", "the pack was modified on %s, before it was issued on %s", m.Modified, m.Issued)
	case m.ValidUntil < max(m.Issued, m.Modified):
		bad("valid_until", "the pack is valid until %s, and was issued or modified after that", m.ValidUntil)
	case string(m.ValidUntil) < c.now.Format(time.DateOnly):
		c.add(Problem{
			Kind: KindFormat, File: manifestFile, Line: c.pack.at.manifest["valid_until"], Warning: true,
			Reason: fmt.Sprintf("the pack is out of date since %s", m.ValidUntil),
		})
	}
}

// webAddress says that s is an https or http URL with a host.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(s, " \t\n\"<>`")
}

// folderName is the name of the folder at a path.
func folderName(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	return filepath.Base(abs)
}
