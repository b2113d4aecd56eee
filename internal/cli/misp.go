package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"entente/internal/attack"
	"entente/internal/misp"
	"entente/internal/stix"
)

func newMISPCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "misp",
		Short: "Turn events of MISP into STIX 2.1, and back",
		Long: `MISP is where many defenders keep what they know. These verbs turn its events (JSON, as it exports them, answers with them,
and puts them into feeds) into bundles of STIX 2.1, and objects of STIX into events.

What one side has no place for is lost: each loss is said with where, what and why, the first 20 on the standard error and
all of them with --losses (docs/formats/misp.md).`,
		Example: `  entente misp import event.json | entente import --node /srv/entente --collection shared --as alice -
  entente taxii pull -c indicators https://taxii.example.org | entente misp export -o event.json -`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newMISPImportCmd(env), newMISPExportCmd(env))
	return c
}

type mispImportOptions struct {
	output, losses string
	trustTLP       bool
	revoke         bool
}

func newMISPImportCmd(env Env) *cobra.Command {
	var o mispImportOptions
	c := &cobra.Command{
		Use:   "import [flags] FILE…",
		Short: "Make a bundle of STIX 2.1 of events of MISP",
		Long: `Make a bundle of STIX 2.1 of events of MISP: one event, lists, answers of a search, or the folder of a feed, of which the
files *.json are read. - is the standard input.

Nothing gets wider: each object carries the strictest label of its attribute and its event, and a distribution narrower than
all communities becomes a label that is at least as narrow (your organisation only and sharing groups: red). An event without
any gets no marking, so that the label of the collection that it goes to counts.

The same event gives the same objects, so that an import can be repeated.

Exit codes: 0 done, whatever the losses, 1 failed, or an event or a part of one cannot be read, 2 wrong usage, 130 interrupted.`,
		Example: `  entente misp import event.json -o bundle.json
  entente misp import --losses losses.txt feed/ | entente stix check -`,
		Args: atLeastOne("what to import: files, or - for standard input"),
		RunE: func(c *cobra.Command, args []string) error { return runMISPImport(c.Context(), env, o, args) },
	}
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "-", "`FILE` to write; - is the standard output")
	f.StringVar(&o.losses, "losses", "", "list all that is lost in a `FILE`, one line each: where, what and why with tabs between; - is the standard output, or the standard error where the result goes there")
	f.BoolVar(&o.trustTLP, "trust-tlp", false, "let a TLP tag count where the distribution is narrower")
	f.BoolVar(&o.revoke, "revoke-deleted", false, "make revoked objects of deleted attributes, with what they say; they are left out otherwise")
	return c
}

func runMISPImport(ctx context.Context, env Env, o mispImportOptions, args []string) error {
	facts, err := attack.Default()
	if err != nil {
		return err
	}
	files, err := mispFiles(args)
	if err != nil {
		return err
	}
	return withMISPOutput(env, o.output, o.losses, func(w io.Writer, l *mispLosses) error {
		im := misp.NewImporter(misp.ImportOptions{Facts: facts, Pattern: checkPattern, TrustTLP: o.trustTLP, RevokeDeleted: o.revoke})
		var out *misp.BundleWriter
		events, broken := 0, 0
		for _, name := range files {
			in, err := openInput(env, name)
			if err != nil {
				return err
			}
			err = misp.Read(in, misp.Limits{}, func(e *misp.Event) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				if out == nil {
					out = misp.NewBundleWriter(w, stix.ID("bundle", "misp", e.UUID, e.Timestamp, e.Info))
				}
				events++
				broken += len(e.Broken)
				objects, lost := im.Event(e)
				l.add(lost...)
				return out.Write(objects...)
			}, func(x misp.Loss) {
				broken++
				l.add(x)
			})
			_ = in.Close() // it was read only
			if err != nil {
				return fmt.Errorf("%s: %w", printable(name), err)
			}
		}
		if out == nil {
			return errors.New("there is no event in here")
		}
		if err := out.Close(); err != nil {
			return err
		}
		l.close(many(int64(events), "event"))
		if broken > 0 {
			return exit(ExitFailure, fmt.Errorf("%s could not be read and were left out", many(int64(broken), "part")))
		}
		return nil
	})
}

// mispFiles are the files of arguments; of folders, those of a feed.
func mispFiles(args []string) (files []string, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case arg == "-":
			files = append(files, arg)
			continue
		case err != nil:
			return nil, fmt.Errorf("%w\nhint: - is the standard input", err)
		case !info.IsDir():
			files = append(files, arg)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			// The manifest of a feed lists its events; hashes.csv and its like are no JSON.
			if d.Type().IsRegular() && strings.EqualFold(filepath.Ext(path), ".json") && d.Name() != "manifest.json" {
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, fmt.Errorf("%s: no file *.json is in this folder", printable(arg))
		}
	}
	return files, nil
}

// openInput opens a file, or the standard input.
func openInput(env Env, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(env.Stdin), nil
	}
	return os.Open(name)
}

// mispLosses writes and counts what is lost.
type mispLosses struct {
	list *bufio.Writer // all of them; nil: the first go to to
	to   io.Writer     // nil: they are counted
	err  error
	n    atomic.Int64 // an import counts while others look
}

// mispShown is how many losses are shown where nobody asks for a list.
const mispShown = 20

func (l *mispLosses) add(list ...misp.Loss) {
	for _, x := range list {
		n := l.n.Add(1)
		switch {
		case l.list != nil && l.err == nil:
			_, l.err = l.list.WriteString(x.String() + "\n")
		case l.list == nil && l.to != nil && n <= mispShown:
			fmt.Fprintln(l.to, printable(strings.ReplaceAll(x.String(), "\t", ": ")))
		}
	}
}

// close says how much was done and lost.
func (l *mispLosses) close(done string) {
	n := l.n.Load()
	if l.list == nil && n > mispShown {
		fmt.Fprintf(l.to, "… and %s more: --losses FILE lists them\n", thousands(n-mispShown))
	}
	fmt.Fprintf(l.to, "%s, %s\n", done, manyLosses(n))
}

func manyLosses(n int64) string {
	if n == 1 {
		return "1 loss"
	}
	return thousands(n) + " losses"
}

// withMISPOutput runs work with an output and a list of losses, and puts files in place when it has succeeded.
func withMISPOutput(env Env, output, lossFile string, work func(io.Writer, *mispLosses) error) error {
	l := &mispLosses{to: env.Stderr}
	var open []*outFile
	fail := func(err error) error {
		(&outputs{files: open}).discard()
		return err
	}
	create := func(name string, std io.Writer) (*bufio.Writer, error) {
		if name == "-" {
			return bufio.NewWriterSize(std, 64<<10), nil
		}
		f, err := createOutput(name)
		if err != nil {
			return nil, err
		}
		open = append(open, f)
		return f.w, nil
	}
	w, err := create(output, env.Stdout)
	if err != nil {
		return fail(err)
	}
	if lossFile != "" {
		std := env.Stdout
		if output == "-" {
			std = env.Stderr
		}
		if l.list, err = create(lossFile, std); err != nil {
			return fail(err)
		}
	}
	err = work(w, l)
	partial := false
	if ee, ok := errors.AsType[*exitError](err); ok && ee.code == ExitFailure {
		partial = true // what could be read is written
	}
	if l.list != nil {
		if ferr := errors.Join(l.err, l.list.Flush()); err == nil {
			err = ferr
		}
	}
	if err != nil && !partial {
		_ = w.Flush()
		return fail(err)
	}
	if ferr := w.Flush(); ferr != nil {
		return fail(ferr)
	}
	for _, f := range open {
		if ferr := f.finish(); ferr != nil {
			return fail(ferr)
		}
	}
	return err
}

type mispExportOptions struct {
	output, losses, title string
}

func newMISPExportCmd(env Env) *cobra.Command {
	var o mispExportOptions
	c := &cobra.Command{
		Use:   "export [flags] FILE…",
		Short: "Make events of MISP of objects of STIX",
		Long: `Make events of MISP (JSON) of objects of STIX: bundles, TAXII envelopes, or one object after the other; - is the standard
input. Each report and each grouping becomes an event with what it names; what none names goes to an event of its own, or to
that of the only report.

Nothing gets wider: an event that is not TLP:CLEAR is for the organisation that takes it in alone (distribution 0), unless it
came from MISP with another distribution that its label bears, and no event is published. Labels become tags.

Exit codes: 0 done, whatever the losses, 1 failed, or objects cannot be read, 2 wrong usage, 130 interrupted.`,
		Example: `  entente misp export --losses - bundle.json -o event.json
  entente pack export --format stix aa21-200b | entente misp export -`,
		Args: atLeastOne("what to export: files, or - for standard input"),
		RunE: func(c *cobra.Command, args []string) error { return runMISPExport(c.Context(), env, o, args) },
	}
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "-", "`FILE` to write; - is the standard output")
	f.StringVar(&o.losses, "losses", "", "list all that is lost in a `FILE`, one line each: where, what and why with tabs between; - is the standard output, or the standard error where the result goes there")
	f.StringVar(&o.title, "title", "", "what the event is called that takes objects which no report names")
	return c
}

// mispMostObjects is how many objects an export holds in memory.
const mispMostObjects = 1_000_000

func runMISPExport(ctx context.Context, env Env, o mispExportOptions, args []string) error {
	return withMISPOutput(env, o.output, o.losses, func(w io.Writer, l *mispLosses) error {
		var objects []*stix.Object
		broken := 0
		for _, name := range args {
			in, err := openInput(env, name)
			if err != nil {
				return err
			}
			objects, err = readObjects(ctx, in, objects, func(pointer string, err error) {
				broken++
				fmt.Fprintf(env.Stderr, "%s %s: %s\n", printable(name), printable(pointer), printable(err.Error()))
			})
			_ = in.Close() // it was read only
			if err != nil {
				return fmt.Errorf("%s: %w", printable(name), err)
			}
		}
		if len(objects) == 0 {
			return errors.New("there is no object of STIX in here\nhint: `entente misp import` takes events")
		}
		events, lost := misp.Export(objects, misp.ExportOptions{Title: o.title})
		l.add(lost...)
		if err := misp.Write(w, events); err != nil {
			return err
		}
		l.close(many(int64(len(events)), "event"))
		if broken > 0 {
			return exit(ExitFailure, fmt.Errorf("%s could not be read and were left out", many(int64(broken), "object")))
		}
		return nil
	})
}

// mispBegins is how a text begins that holds events of MISP, and no object of STIX.
var mispBegins = regexp.MustCompile(`^(?:\xEF\xBB\xBF)?[\s\[]*\{\s*"(?:Event|response)"\s*:`)

// mispObjects makes objects of the events of a stream, as they are read. It counts the losses, and ends when ctx does.
func mispObjects(ctx context.Context, in io.Reader, l *mispLosses) (*io.PipeReader, error) {
	facts, err := attack.Default()
	if err != nil {
		return nil, err
	}
	im := misp.NewImporter(misp.ImportOptions{Facts: facts, Pattern: checkPattern})
	r, w := io.Pipe()
	go func() {
		err := misp.Read(in, misp.Limits{}, func(e *misp.Event) error {
			objects, lost := im.Event(e)
			l.add(lost...)
			for _, o := range objects {
				if _, err := w.Write(append(o, '\n')); err != nil {
					return err
				}
			}
			return ctx.Err()
		}, func(x misp.Loss) { l.add(x) })
		_ = w.CloseWithError(err) // it never fails
	}()
	return r, nil
}

// readObjects reads the objects of a stream.
func readObjects(ctx context.Context, in io.Reader, objects []*stix.Object, bad func(pointer string, err error)) ([]*stix.Object, error) {
	r := stix.NewReader(in, stix.Limits{})
	for {
		if err := ctx.Err(); err != nil {
			return objects, err
		}
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return objects, err
		case e.Err != nil:
			bad(e.Pointer, e.Err)
		case e.Bundle || e.Object.Type == "bundle" || e.Object.Type == "" && e.Object.ID == "":
		case len(objects) >= mispMostObjects:
			return objects, fmt.Errorf("there are more than %s objects: export them in parts", thousands(mispMostObjects))
		default:
			objects = append(objects, e.Object)
		}
	}
}
