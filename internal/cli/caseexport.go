package cli

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"entente/internal/attribution"
	"entente/internal/attribution/page"
	"entente/internal/coalition"
	"entente/internal/coalition/publish"
	"entente/internal/stix"
	"entente/internal/store"
)

// refers are the objects that a case is about, as far as the account sees them, the latest version of each.
func (d *desk) refers(k *attribution.Case, most string) (out [][]byte, err error) {
	for ids := range slices.Chunk(k.Refers(most), 500) {
		err = d.each(store.Query{IDs: ids, Limit: casePage}, func(item *store.Item) {
			o, err := stix.Parse(item.Raw, stix.Limits{})
			if err != nil {
				return // it was parsed when it came
			}
			label := ""
			for _, m := range o.ObjectMarkingRefs {
				if l, ok := stix.TLPOfMarking(m); ok {
					label = stix.Stricter(label, l)
				}
			}
			if most == "" || stix.Stricter(label, most) == most {
				out = append(out, item.Raw)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func newCaseExportCmd(env Env) *cobra.Command {
	var o caseOptions
	var out, html, graph, tlp string
	c := &cobra.Command{
		Use:   "export CASE",
		Short: "Write a case as a bundle of STIX, or as a page to be read",
		Long: `Write a case as a bundle of STIX 2.1: every version of every part as it was stored, the objects that it is about, the definitions that
explain them, and a report that holds them together. docs/formats/attribution.md says what stands where.

--html writes a dossier as well, or alone: one page that needs nothing else, for who decides and for who checks. It has what members judge, the
text of the assessment, the matrix, the evidence, and how the case changed.

With --tlp what is labelled more strictly is left out. entente import takes the bundle into another node.

Exit codes: 0 written, 1 failed, 2 wrong usage.`,
		Example: `  entente case export exchange-2021 -o case.json
  entente case export exchange-2021 --html dossier.html
  entente case export exchange-2021 --tlp green | entente stix check -`,
		Args: exactly(1, "the case"),
		RunE: func(c *cobra.Command, args []string) error {
			label, err := caseLabel(tlp)
			if err != nil {
				return err
			}
			return o.work(c, env, func(d *desk) error {
				k, err := d.find(args[0])
				if err != nil {
					return err
				}
				if out == "" && html == "" {
					out = "-"
				}
				if html != "" {
					x, err := k.Dossier(label, d.org, nil)
					if err != nil {
						return err
					}
					opt := page.Options{Label: cmp.Or(label, k.Strictest())}
					if graph != "" {
						if opt.Graph, err = os.ReadFile(graph); err != nil {
							return err
						}
					}
					b, err := page.Write(x, opt)
					if err != nil {
						return err
					}
					if err := writeNew(env, html, b); err != nil || out == "" {
						return err
					}
				}
				others, err := d.refers(k, label)
				if err != nil {
					return err
				}
				b, err := k.Bundle(label, d.p.OrgUID, others)
				if err != nil {
					return err
				}
				return writeNew(env, out, b)
			})
		},
	}
	o.register(c.Flags())
	c.Flags().StringVarP(&out, "output", "o", "", "`FILE` to write the bundle to, - for standard output (default, unless --html is given)")
	c.Flags().StringVar(&graph, "graph", "", "picture for the dossier, `FILE` in SVG as entente actor graph writes it")
	c.Flags().StringVar(&html, "html", "", "`FILE` to write the dossier to")
	c.Flags().StringVar(&tlp, "tlp", "", "strictest `LABEL` of what is written (default no bound)")
	return c
}

func newCaseStatementCmd(env Env) *cobra.Command {
	var o caseOptions
	var tlp, annex, language string
	var claims []string
	c := &cobra.Command{
		Use:   "statement CASE FOLDER",
		Short: "Make a draft of a statement of a case",
		Long: `Make the folder of a statement's draft, as entente statement propose takes it: a claim for each hypothesis, and one for its degree of
state responsibility, the assessment as a text for everybody, and the case as an annex for members.

Without --claim the claims are the hypotheses that the organisation which keeps the case judges to be more probable than not. How
likely a claim is stands in no claim: each member says that in its position, on its own scale.

Nothing labelled more strictly than --tlp comes into what everybody gets. What is to be said has to be labelled for it first:
entente case hypothesis CASE --change h1 --tlp clear --because '…'. The annex leaves out what is labelled more strictly than --annex-tlp.

Exit codes: 0 made, 1 failed, 2 wrong usage.`,
		Example: `  entente case statement exchange-2021 draft --tlp clear --claim h1
  entente statement propose draft --until 2021-07-19T11:00:00Z --key me.key`,
		Args: exactly(2, "the case, and the folder to make"),
		RunE: func(c *cobra.Command, args []string) error {
			if tlp != "clear" && tlp != "green" {
				return usagef("--tlp %q: what is released is clear or green", printable(tlp))
			}
			if annex != "amber" && annex != "amber+strict" && annex != "none" {
				return usagef("--annex-tlp %q: an annex is amber, amber+strict, or none", printable(annex))
			}
			return o.work(c, env, func(d *desk) error {
				k, err := d.find(args[0])
				if err != nil {
					return err
				}
				s, err := k.StatementDraft(tlp, splitList(claims), d.org)
				if err != nil {
					return fmt.Errorf("%w\nhint: see entente case statement --help", err)
				}
				var secret []byte
				if annex != "none" {
					others, err := d.refers(k, annex)
					if err != nil {
						return err
					}
					if secret, err = k.Bundle(annex, d.p.OrgUID, others); err != nil {
						return err
					}
				}
				return writeCaseDraft(env, args[1], s, tlp, annex, language, secret)
			})
		},
	}
	o.register(c.Flags())
	f := c.Flags()
	f.StringVar(&tlp, "tlp", "clear", "`LABEL` of what is released: clear or green")
	f.StringVar(&annex, "annex-tlp", "amber", "`LABEL` of the annex: amber or amber+strict; none leaves it out")
	f.StringVar(&language, "language", "en", "`LANGUAGE` in which the hypotheses are written")
	f.StringSliceVar(&claims, "claim", nil, "`HYPOTHESES` that it claims")
	return c
}

// writeCaseDraft writes the folder of a draft, and makes sure that it can be proposed.
func writeCaseDraft(env Env, dir string, s *attribution.StatementDraft, tlp, annexTLP, language string, annex []byte) error {
	id, err := coalition.NewStatement(rand.Reader)
	if err != nil {
		return err
	}
	x := draft{Statement: id, Revision: 1, Title: map[string]string{language: s.Title}, TLP: tlp}
	for _, c := range s.Claims {
		x.Claims = append(x.Claims, draftClaim{c.ID, map[string]string{language: c.Text}})
	}
	files := map[string][]byte{filepath.Join(draftPublic, "assessment.en.md"): []byte(s.Text)}
	if annex != nil {
		x.AnnexTLP, files[filepath.Join(draftAnnex, "case.json")] = annexTLP, annex
	}
	yml, err := yaml.Marshal(x)
	if err != nil {
		return err
	}
	for _, sub := range []string{"", draftPublic, draftAnnex} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	if err := writeNew(env, filepath.Join(dir, draftFile), yml); err != nil {
		return err
	}
	for name, b := range files {
		if err := writeNew(env, filepath.Join(dir, name), b); err != nil {
			return err
		}
	}
	m, _, content, err := readDraft(dir)
	if err == nil {
		err = publish.Check(m, content)
	}
	if err != nil {
		return fmt.Errorf("the draft cannot be proposed as it is: %w", err)
	}
	ids := make([]string, len(s.Claims))
	for n, c := range s.Claims {
		ids[n] = c.ID
	}
	fmt.Fprintf(env.Stdout, "claims %s\nread %s, then: entente statement propose %s\n", strings.Join(ids, ", "), printable(filepath.Join(dir, draftPublic, "assessment.en.md")), printable(dir))
	return nil
}
