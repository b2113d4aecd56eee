package cli

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"entente/internal/advisory"
)

type packBuildOptions struct{ out string }

func newPackBuildCmd(env Env) *cobra.Command {
	var o packBuildOptions
	c := &cobra.Command{
		Use:   "build [flags] PACK",
		Short: "Make one file of a pack, the same bytes each time",
		Long: `Write a pack as an archive, ID-VERSION.entente.zip, in the current folder. The same files give the same bytes, so that
two who build a pack can compare what they have. Prints the archive's name and SHA-256.

The pack has to be readable; run ` + "`entente pack check`" + ` before you hand it on.

Exit codes: 0 written, 1 failed, 2 wrong usage.`,
		Example: `  entente pack build packs/mail-2024
  entente pack build -o - packs/mail-2024 | sha256sum`,
		Args:              exactly(1, "which pack to build: its folder"),
		ValidArgsFunction: completePacks(1),
		RunE:              func(_ *cobra.Command, args []string) error { return runPackBuild(env, o, args[0]) },
	}
	c.Flags().StringVarP(&o.out, "out", "o", "", "`FILE` to write, - for standard output")
	return c
}

func runPackBuild(env Env, o packBuildOptions, arg string) error {
	p, err := openPack(arg)
	if err != nil {
		return err
	}
	for _, x := range p.Rules.Problems {
		if !x.Warning {
			return usagef("a rule does not load: %s\nhint: `entente pack check` says all that is wrong", describeProblem(x))
		}
	}
	var b bytes.Buffer
	if err := advisory.WriteArchive(&b, p); err != nil {
		return err
	}
	// What is handed on can be read by those who get it.
	if _, ps, err := advisory.ReadArchive(b.Bytes(), p.Manifest.ArchiveName()); err != nil {
		return fmt.Errorf("the archive could not be read back: %w", err)
	} else if err := ps.Err(); err != nil {
		return fmt.Errorf("the archive could not be read back: %w", err)
	}
	if o.out == "-" {
		_, err := env.Stdout.Write(b.Bytes())
		return err
	}
	name := o.out
	if name == "" {
		name = p.Manifest.ArchiveName()
	}
	if err := writeOutput(name, b.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s\n%s, %s, SHA-256 %x\n", printable(name), plural(len(p.Files()), "file"), size(int64(b.Len())), sha256.Sum256(b.Bytes()))
	return nil
}

// writeOutput writes a file that is whole or not there. The error names it.
func writeOutput(name string, b []byte) error {
	f, err := createOutput(name)
	if err != nil {
		return err
	}
	if _, err = f.w.Write(b); err == nil {
		err = f.finish()
	}
	if err != nil {
		(&outputs{files: []*outFile{f}}).discard()
	}
	return err
}

// finish writes what is left and gives the file its name, by which an error calls it.
func (f *outFile) finish() error {
	if err := f.w.Flush(); err != nil {
		return err // it names the file; see placeWriter
	}
	if f.f == nil {
		return nil
	}
	if err := f.f.Close(); err != nil {
		return cannotWrite(cmp.Or(f.path, f.f.Name()), err)
	}
	if f.path == "" {
		return nil
	}
	if err := os.Rename(f.f.Name(), f.path); err != nil {
		return cannotWrite(f.path, err)
	}
	return nil
}
