package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/stix"
	"entente/internal/taxiiclient"
)

type taxiiPushOptions struct {
	collection string
	format     string
	tlp        string
	batch      int
}

func newTAXIIPushCmd(env Env, t *taxiiOptions) *cobra.Command {
	var o taxiiPushOptions
	c := &cobra.Command{
		Use:   "push [flags] URL FILE…",
		Short: "Send objects to a collection",
		Long: `Send the objects of bundles, envelopes or JSON Lines to a collection, in requests that the server can take, and say what
became of each. - is the standard input. Where a server refuses a whole request for one bad object, the object is searched
for and the rest is sent.

What is marked more strictly than --tlp stays here: objects, and objects with a part that is. amber+strict and red have to be
asked for.

Exit codes: 0 the server has taken everything, 1 failed, or it has not taken all or has not said so, or objects stayed here,
2 wrong usage, 130 interrupted.`,
		Example: `  entente taxii push --token-file token -c indicators https://taxii.example.org bundle.json
  entente hunt --format stix logs/ | entente taxii push --user ali https://taxii.example.org/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/ -`,
		Args: func(c *cobra.Command, args []string) error {
			return exactly(2, "which server, by its URL, and what to send: files, or - for standard input")(c, args[:min(len(args), 2)])
		},
		RunE: func(c *cobra.Command, args []string) error {
			return runTAXIIPush(c.Context(), env, t, o, args[0], args[1:])
		},
	}
	f := c.Flags()
	f.StringVarP(&o.collection, "collection", "c", "", "identifier, alias or title of the `COLLECTION`, where the URL names none and there are several")
	f.StringVar(&o.tlp, "tlp", "amber", "the strictest `LABEL` that may leave: clear, green, amber, amber+strict or red")
	f.IntVar(&o.batch, "batch", 1000, "how many objects one request has at most")
	f.StringVar(&o.format, "format", "text", "text or json: a line for each object")
	return c
}

// pushLine is what push prints of an object in JSON.
type pushLine struct {
	ID      string `json:"id"`
	Version string `json:"version,omitempty"`
	Outcome string `json:"outcome"` // accepted, refused, unknown, kept
	Message string `json:"message,omitempty"`
}

var pushOutcomes = map[taxiiclient.PushOutcome]string{
	taxiiclient.Accepted: "accepted", taxiiclient.Refused: "refused", taxiiclient.Unknown: "unknown",
}

func runTAXIIPush(ctx context.Context, env Env, t *taxiiOptions, o taxiiPushOptions, url string, files []string) error {
	if err := textOrJSON(o.format); err != nil {
		return err
	}
	top, ok := stix.TLPLabel(o.tlp)
	if !ok {
		return usagef("there is no label %q\nhint: clear, green, amber, amber+strict or red", o.tlp)
	}
	if o.batch < 1 {
		return usagef("--batch is at least 1")
	}
	for _, name := range files {
		if name == "-" {
			continue
		}
		if info, err := os.Stat(name); err != nil {
			return err
		} else if info.IsDir() {
			return usagef("%s is a folder: name the files", name)
		}
	}
	c, err := t.client(env, url)
	if err != nil {
		return err
	}
	defer c.Close()
	root, col, err := c.Find(ctx, o.collection, true)
	if err != nil {
		return taxiiError(err)
	}
	p := push{env: env, t: t, o: o, top: top}
	p.to = c.NewPusher(root, col, taxiiclient.PushOptions{MaxObjects: o.batch, Result: p.result})
	for _, name := range files {
		if err = p.file(ctx, name); err != nil {
			break
		}
	}
	if err == nil {
		err = p.to.Flush(ctx)
	}
	p.close()
	if err != nil {
		return taxiiError(err)
	}
	if r := p.to.Report(); r.Refused+r.Unknown+p.kept+p.broken > 0 {
		return exit(ExitFailure, nil)
	}
	return nil
}

// push is a push under way.
type push struct {
	env    Env
	t      *taxiiOptions
	o      taxiiPushOptions
	top    string
	to     *taxiiclient.Pusher
	kept   int64 // objects that stayed here
	broken int64
	shown  int
}

func (p *push) file(ctx context.Context, name string) error {
	in := p.env.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	r := stix.NewReader(in, stix.Limits{})
	for n := 0; ; n++ {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			if n == 0 {
				return fmt.Errorf("%s: there is no object in here", printable(name))
			}
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", printable(name), err)
		case e.Err != nil:
			p.broken++
			fmt.Fprintf(p.env.Stderr, "%s %s: %s\n", printable(name), printable(e.Pointer), printable(e.Err.Error()))
			continue
		case e.Bundle || e.Object.Type == "bundle" || e.Pointer == "" && e.Object.Type == "" && e.Object.ID == "":
			continue // what stands around the objects
		}
		if label := e.Object.TLP(); stix.Stricter(label, p.top) != p.top {
			p.kept++
			p.line(pushLine{ID: e.Object.ID, Version: e.Object.Version().Text, Outcome: "kept", Message: "it is marked " + label})
			continue
		}
		if err := p.to.Add(ctx, e.Object); err != nil {
			return err
		}
	}
}

func (p *push) result(r taxiiclient.PushResult) error {
	p.line(pushLine{ID: r.ID, Version: r.Version, Outcome: pushOutcomes[r.Outcome], Message: r.Message})
	return nil
}

// line prints what became of an object: for people, of those that were not taken.
func (p *push) line(l pushLine) {
	if p.o.format == "json" {
		if b, err := json.Marshal(l); err == nil {
			_, _ = p.env.Stdout.Write(append(b, '\n'))
		}
		return
	}
	if l.Outcome == "accepted" {
		return
	}
	if p.shown++; p.shown <= 100 {
		fmt.Fprintf(p.env.Stdout, "%s: %s: %s\n", l.Outcome, printable(l.ID), printable(l.Message))
	}
}

func (p *push) close() {
	if p.shown > 100 {
		fmt.Fprintf(p.env.Stdout, "… and %s more: --format json lists them\n", thousands(int64(p.shown-100)))
	}
	if p.t.quiet {
		return
	}
	r := p.to.Report()
	parts := []string{many(r.Accepted, "object") + " taken"}
	for _, c := range []struct {
		n    int64
		what string
	}{{r.Refused, "refused"}, {r.Unknown, "of which the server has not said what became"}, {p.kept, "kept here for their marking"}, {p.broken, "that cannot be read"}} {
		if c.n > 0 {
			parts = append(parts, thousands(c.n)+" "+c.what)
		}
	}
	fmt.Fprintln(p.env.Stderr, strings.Join(parts, ", "))
}
