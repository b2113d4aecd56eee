package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"entente/internal/advisory"
	"entente/internal/coalition"
	"entente/internal/coalition/publish"
)

// draft is statement.yml, as a person writes it. The files lie beside it: those for everybody in public, those for members
// in annex.
type draft struct {
	Statement  string            `yaml:"statement"`
	Revision   int64             `yaml:"revision"`
	Supersedes string            `yaml:"supersedes,omitempty"`
	Title      map[string]string `yaml:"title"`
	TLP        string            `yaml:"tlp"`
	AnnexTLP   string            `yaml:"annex_tlp,omitempty"`
	Claims     []draftClaim      `yaml:"claims"`
}

type draftClaim struct {
	ID   string            `yaml:"id"`
	Text map[string]string `yaml:"text"`
}

const (
	draftFile   = "statement.yml"
	draftPublic = "public"
	draftAnnex  = "annex"
)

func newStatementNewCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "new FOLDER",
		Short: "Make a folder in which a statement is written",
		Long: `Make a folder to write a statement in: statement.yml with its title and claims, public for the files that everybody gets at
the hour (texts, and archives of packs as entente pack build makes them), annex for those that only members get.

Exit codes: 0 made, 1 failed, 2 wrong usage.`,
		Example: `  entente statement new draft`,
		Args:    exactly(1, "the folder to make"),
		RunE: func(_ *cobra.Command, args []string) error {
			id, err := coalition.NewStatement(rand.Reader)
			if err != nil {
				return err
			}
			for _, sub := range []string{"", draftPublic, draftAnnex} {
				if err := os.MkdirAll(filepath.Join(args[0], sub), 0o755); err != nil {
					return err
				}
			}
			text := fmt.Sprintf(`# A statement. Files for everybody lie in %s, files for members alone in %s.
statement: %s
revision: 1
title:
  en: ""
tlp: clear            # of what is released: clear or green
annex_tlp: amber      # of the annex: amber or amber+strict
claims:               # what it says, one by one, so that members can say which they stand for
  - id: intrusion
    text:
      en: ""
`, draftPublic, draftAnnex, id)
			if err := writeNew(env, filepath.Join(args[0], draftFile), []byte(text)); err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "write in %s, then: entente statement propose %s\n", printable(filepath.Join(args[0], draftFile)), printable(args[0]))
			return nil
		},
	}
	return c
}

func newStatementProposeCmd(env Env) *cobra.Command {
	var o coalitionOptions
	var until string
	c := &cobra.Command{
		Use:   "propose FOLDER",
		Short: "Freeze a draft and propose it to the other members",
		Long: `Freeze the content of a draft and propose it. From now on nothing of it can be changed: members sign its digest. A changed
text is another revision (revision and supersedes in statement.yml).

--until is the hour before which nobody is to open it: an embargo that holds when the statement is adopted.

Exit codes: 0 proposed, 1 failed, 2 wrong usage.`,
		Example: `  entente statement propose draft --until 2021-07-19T11:00:00Z --key me.key`,
		Args:    exactly(1, "the folder of the draft"),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := o.actor(c, env)
			if err != nil {
				return err
			}
			var hour coalition.Time
			if until != "" {
				if hour, err = expiry("--until", until, env.now()); err != nil {
					return err
				}
			}
			m, annex, files, err := readDraft(args[0])
			if err != nil {
				return err
			}
			if err := publish.Check(m, files); err != nil {
				return err
			}
			e, err := a.Propose(m, annex, files, hour)
			if err != nil {
				return err
			}
			for _, x := range m.Files {
				sayByHand(env, x.Path, x.Size)
			}
			if annex != nil {
				for _, x := range annex.Files {
					sayByHand(env, x.Path, x.Size)
				}
			}
			fmt.Fprintf(env.Stdout, "%s proposed %s, revision %d\ncontent %s\n%d files for everybody", e.Member, e.Statement, m.Revision, e.Manifest, len(m.Files))
			if annex != nil {
				fmt.Fprintf(env.Stdout, ", %d for members", len(annex.Files))
			}
			fmt.Fprintln(env.Stdout)
			return nil
		},
	}
	o.registerDir(c.Flags())
	o.registerKey(c.Flags())
	c.Flags().StringVar(&until, "until", "", "`HOUR` of the release: 2021-07-19T11:00:00Z, or 36h from now (default none)")
	return c
}

// readDraft reads a folder that a statement is written in.
func readDraft(dir string) (*coalition.Manifest, *coalition.Annex, map[coalition.Digest][]byte, error) {
	b, err := os.ReadFile(filepath.Join(dir, draftFile))
	if err != nil {
		return nil, nil, nil, err
	}
	var d draft
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, draftFile), err)
	}
	if what := d.blank(); what != "" {
		return nil, nil, nil, fmt.Errorf("%s: %s has no text yet", filepath.Join(dir, draftFile), what)
	}
	m := &coalition.Manifest{
		Statement: d.Statement, Revision: d.Revision, Supersedes: coalition.Digest(d.Supersedes), Title: wordingsOf(d.Title), TLP: d.TLP,
		Claims: []coalition.Claim{}, Files: []coalition.File{},
	}
	for _, c := range d.Claims {
		m.Claims = append(m.Claims, coalition.Claim{ID: c.ID, Text: wordingsOf(c.Text)})
	}
	slices.SortFunc(m.Claims, func(a, b coalition.Claim) int { return strings.Compare(a.ID, b.ID) })
	files := map[coalition.Digest][]byte{}
	if m.Files, err = draftFiles(filepath.Join(dir, draftPublic), files); err != nil {
		return nil, nil, nil, err
	}
	secret, err := draftFiles(filepath.Join(dir, draftAnnex), files)
	if err != nil || len(secret) == 0 {
		return m, nil, files, err
	}
	return m, &coalition.Annex{TLP: d.AnnexTLP, Files: secret}, files, nil
}

// blank is what is still to be written, "" where nothing is.
func (d *draft) blank() string {
	of := func(what string, m map[string]string) string {
		for _, language := range slices.Sorted(maps.Keys(m)) {
			if strings.TrimSpace(m[language]) == "" {
				return fmt.Sprintf("%s, in %q,", what, language)
			}
		}
		if len(m) == 0 {
			return what
		}
		return ""
	}
	if what := of("the title", d.Title); what != "" {
		return what
	}
	for _, c := range d.Claims {
		if what := of(fmt.Sprintf("claim %q", c.ID), c.Text); what != "" {
			return what
		}
	}
	return ""
}

func wordingsOf(m map[string]string) []coalition.Wording {
	var out []coalition.Wording
	for language, text := range m {
		out = append(out, coalition.Wording{Language: language, Text: strings.TrimSpace(text)})
	}
	slices.SortFunc(out, func(a, b coalition.Wording) int { return strings.Compare(a.Language, b.Language) })
	return out
}

// draftFiles reads the files of a folder into files, and lists them.
func draftFiles(dir string, files map[coalition.Digest][]byte) ([]coalition.File, error) {
	list := []coalition.File{}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return list, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") {
			return nil // of an editor, or the system
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() || info.Size() > coalition.MaxFileSize {
			return fmt.Errorf("%s: it is no file, or has more than %d bytes", filepath.Join(dir, path), int64(coalition.MaxFileSize))
		}
		b, err := root.ReadFile(path)
		if err != nil {
			return err
		}
		role := coalition.FileText
		switch {
		case strings.HasSuffix(path, advisory.ArchiveExt):
			role = coalition.FilePack
			if _, _, err := advisory.ReadArchive(b, path); err != nil {
				return err
			}
		case !strings.HasSuffix(path, ".md") && !strings.HasSuffix(path, ".txt") && !strings.HasSuffix(path, ".html"):
			role = coalition.FileAnnex
		}
		f := coalition.File{Path: path, Digest: coalition.DigestOf(b), Size: int64(len(b)), Role: role}
		files[f.Digest], list = b, append(list, f)
		return nil
	})
	slices.SortFunc(list, func(a, b coalition.File) int { return strings.Compare(a.Path, b.Path) })
	return list, err
}
