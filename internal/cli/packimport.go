package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"entente/internal/advisory/packimport"
	"entente/internal/stix"
)

type packImportOptions struct {
	format string
	id     string
	tlp    string
	out    string
	quiet  bool
}

func newPackImportCmd(env Env) *cobra.Command {
	var o packImportOptions
	c := &cobra.Command{
		Use:   "import [flags] FILE|DIR",
		Short: "Make a pack of STIX, a Navigator layer, CSAF, Sigma rules or a MISP event",
		Long: `Make the folder of a pack of what somebody else published:

  stix       STIX 2.1 bundle: attack patterns, courses of action, indicators with Sigma rules or patterns
  navigator  layer of the ATT&CK Navigator
  csaf       CSAF 2.0 document: its notes and references, mitigations of its remediations
  sigma      folder of Sigma rules, or a file of them: TTPs of their tags
  misp       MISP event in JSON: indicators of its attributes, TTPs of its galaxies

The pack loads and can be hunted with. What could not be carried over, and what had to be supplied, is said on standard
error, a line each. Nobody else's rules have tests: ` + "`entente pack check`" + ` says what is missing.

Exit codes: 0 written, 1 failed, 2 wrong usage.`,
		Example: `  entente pack import bundle.json
  entente pack import --id our-rules -o packs/our-rules sigma/rules/windows`,
		Args: exactly(1, "what to make a pack of: a file, or a folder of Sigma rules"),
		RunE: func(_ *cobra.Command, args []string) error { return runPackImport(env, o, args[0]) },
	}
	f := c.Flags()
	f.StringVarP(&o.format, "format", "f", "", "stix, navigator, csaf, sigma or misp; told from the content if it is not named")
	f.StringVar(&o.id, "id", "", "the pack's id; made of the title if it is not named")
	f.StringVar(&o.tlp, "tlp", "", "handling, where it is stricter than what the source says: clear, green, amber, amber+strict or red")
	f.StringVarP(&o.out, "out", "o", "", "`DIR` to write, new or empty; the pack's id if it is not named")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not say what was not carried over")
	return c
}

func runPackImport(env Env, o packImportOptions, arg string) error {
	opts := packimport.Options{ID: o.id, TLP: o.tlp}
	if o.format != "" {
		f, err := packimport.ParseFormat(o.format)
		if err != nil {
			return usagef("%w", err)
		}
		opts.Format = f
	}
	if _, ok := stix.TLPLabel(o.tlp); o.tlp != "" && !ok {
		return usagef("there is no label %q: use clear, green, amber, amber+strict or red", o.tlp)
	}
	r, err := packimport.Read(arg, opts)
	if err != nil {
		return err
	}
	dir := o.out
	if dir == "" {
		dir = r.ID
	}
	if list, err := os.ReadDir(dir); !errors.Is(err, fs.ErrNotExist) && (err != nil || len(list) > 0) {
		return usagef("%s is there already, and is no empty folder\nhint: name another one with --out", printable(dir))
	}
	if err := r.Write(dir); err != nil {
		return err
	}
	if !o.quiet {
		printRemarks(env, r.Remarks)
	}
	fmt.Fprintf(env.Stdout, "%s: %s, %s, %s, %s, of a source of format %s\n", printable(dir), plural(r.TTPs, "TTP"), plural(r.Rules, "rule file"),
		plural(r.Mitigations, "mitigation"), plural(r.Indicators, "indicator"), r.Format)
	return nil
}
