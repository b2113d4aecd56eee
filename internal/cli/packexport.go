package cli

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/advisory"
	"entente/internal/advisory/packexport"
)

type packExportOptions struct {
	format string
	out    string
	today  bool
	quiet  bool
}

func newPackExportCmd(env Env) *cobra.Command {
	var o packExportOptions
	c := &cobra.Command{
		Use:   "export [flags] PACK",
		Short: "Write a pack as STIX, CSAF, Navigator layer, Markdown, HTML or CSV",
		Long: `Write a pack for other tools and for people. The same pack gives the same bytes.

  stix       STIX 2.1 bundle: report, attack patterns, courses of action, indicators with Sigma rules as patterns
  csaf       CSAF 2.0 document
  navigator  layer of the ATT&CK Navigator, format 4.5
  markdown   the advisory as text
  html       the advisory as one page that needs no script, no network and no other file
  csv        a row for each TTP

Without --format it is told from the name of --out (.html, .md, .csv). What a format has no place for is said on standard
error, a line each.

Exit codes: 0 written, 1 failed, 2 wrong usage.`,
		Example: `  entente pack export --format html -o aa21-200b.html aa21-200b
  entente pack export --format stix aa21-200b | jq .objects[0]`,
		Args:              exactly(1, "which pack to export: a folder, an archive, or the name of one that comes with the program"),
		ValidArgsFunction: completePacks(1),
		RunE:              func(_ *cobra.Command, args []string) error { return runPackExport(env, o, args[0]) },
	}
	f := c.Flags()
	f.StringVarP(&o.format, "format", "f", "", "stix, csaf, navigator, markdown, html or csv")
	f.StringVarP(&o.out, "out", "o", "-", "`FILE` to write, - for standard output")
	f.BoolVar(&o.today, "today", false, "ATT&CK ids as they are today, not as they were published")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not say what the format has no place for")
	return c
}

func runPackExport(env Env, o packExportOptions, arg string) error {
	format, err := o.exportFormat()
	if err != nil {
		return err
	}
	p, err := openPack(arg)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	remarks, err := packexport.Write(&b, format, p, packexport.Options{Today: o.today})
	if err != nil {
		return err
	}
	if !o.quiet {
		printRemarks(env, remarks)
	}
	if o.out == "-" {
		_, err := env.Stdout.Write(b.Bytes())
		return err
	}
	if err := writeOutput(o.out, b.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s: %s\n", printable(o.out), size(int64(b.Len())))
	return nil
}

// exportFormat is the format that was asked for, or the one of the file's name.
func (o *packExportOptions) exportFormat() (packexport.Format, error) {
	if o.format != "" {
		f, err := packexport.ParseFormat(o.format)
		if err != nil {
			return "", usagef("%w", err)
		}
		return f, nil
	}
	switch strings.ToLower(filepath.Ext(o.out)) {
	case ".html", ".htm":
		return packexport.HTML, nil
	case ".md", ".markdown":
		return packexport.Markdown, nil
	case ".csv":
		return packexport.CSV, nil
	}
	return "", usagef("say which format: --format stix, csaf, navigator, markdown, html or csv")
}

// printRemarks says on standard error what an import or export could not carry over.
func printRemarks(env Env, remarks []advisory.Remark) {
	for _, r := range remarks {
		fmt.Fprintln(env.Stderr, "note:", printable(r.String()))
	}
}
