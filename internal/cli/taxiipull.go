package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/stix"
	"entente/internal/taxiiclient"
)

type taxiiPullOptions struct {
	collection string
	out        string
	format     string
	state      string
	addedAfter string
	types      []string
	ids        []string
	specs      []string
	versions   []string
	pageSize   int
	most       int64
}

func newTAXIIPullCmd(env Env, t *taxiiOptions) *cobra.Command {
	var o taxiiPullOptions
	c := &cobra.Command{
		Use:   "pull [flags] URL",
		Short: "Read the objects of a collection",
		Long: `Read the objects of a collection, as a bundle of STIX or one object per line. The bytes of each object are those that the
server sent. Pages are followed to the end, and are asked for again where the network or the server fails.

With --state, the place that was reached is kept in a file, after each page: the next pull with that file brings what was
added since, and appends it to -o. Objects may come twice after a crash; none is left out.

Exit codes: 0 done, 1 failed, or objects could not be read or may be missing (what could be read is written), 2 wrong usage,
130 interrupted.`,
		Example: `  entente taxii pull --collection indicators https://taxii.example.org | entente stix check -
  entente taxii pull --state taxii.state -o indicators.jsonl https://taxii.example.org/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/
  entente taxii pull --type indicator,malware --added-after 2021-07-19T00:00:00Z https://taxii.example.org`,
		Args: exactly(1, "which server: its URL"),
		RunE: func(c *cobra.Command, args []string) error { return runTAXIIPull(c.Context(), env, t, o, args[0]) },
	}
	f := c.Flags()
	f.StringVarP(&o.collection, "collection", "c", "", "identifier, alias or title of the `COLLECTION`, where the URL names none and there are several")
	f.StringVarP(&o.out, "out", "o", "-", "`FILE` to write, - for standard output")
	f.StringVar(&o.format, "format", "", "bundle, or jsonl: one object per line (default from the name of --out, else bundle)")
	f.StringVar(&o.state, "state", "", "`FILE` that keeps how far pulls have come; the format is jsonl then")
	f.StringVar(&o.addedAfter, "added-after", "", "only what was added to the collection after this `TIME`, such as 2021-07-19T00:00:00Z")
	f.StringSliceVar(&o.types, "type", nil, "only objects of these `TYPES`")
	f.StringSliceVar(&o.ids, "id", nil, "only the objects with these `IDS`")
	f.StringSliceVar(&o.specs, "spec", nil, "only objects of these versions of STIX: 2.0, 2.1 (default: the latest that an object is in)")
	f.StringSliceVar(&o.versions, "version", nil, "versions of objects: all, first, last, or when they were modified (default last)")
	f.IntVar(&o.pageSize, "page-size", 1000, "how many objects to ask for at a time")
	f.Int64Var(&o.most, "max", 0, "stop after so many objects; 0 is without end")
	return c
}

// errEnough ends a pull that has as many objects as were asked for.
var errEnough = errors.New("enough")

func runTAXIIPull(ctx context.Context, env Env, t *taxiiOptions, o taxiiPullOptions, url string) error {
	q, err := o.query()
	if err != nil {
		return err
	}
	c, err := t.client(env, url)
	if err != nil {
		return err
	}
	defer c.Close()
	_, col, err := c.Find(ctx, o.collection, false)
	if err != nil {
		return taxiiError(err)
	}
	var state pullState
	if o.state != "" {
		if state, err = readPullState(o.state, col.URL); err != nil {
			return err
		}
		if state.AddedAfter.After(q.AddedAfter) {
			q.AddedAfter = state.AddedAfter
		}
	}
	out, err := o.open(env)
	if err != nil {
		return err
	}
	p := pull{env: env, t: t, o: o, out: out, state: state}
	p.state.Collection = col.URL
	pos, err := c.Objects(ctx, col, q, taxiiclient.Visitor{Object: p.object, Page: p.page})
	p.wipe()
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err != nil {
		if o.state != "" { // what came before is kept, and the state says how far it is complete
			return errors.Join(taxiiError(err), out.finish())
		}
		out.discard()
		return taxiiError(err)
	}
	if err := out.finish(); err != nil {
		return err
	}
	return p.close(pos)
}

func (o *taxiiPullOptions) query() (taxiiclient.Query, error) {
	q := taxiiclient.Query{IDs: o.ids, Types: o.types, Specs: o.specs, Versions: o.versions, PageSize: o.pageSize}
	if o.addedAfter != "" {
		at, err := time.Parse(time.RFC3339Nano, o.addedAfter)
		if err != nil {
			return q, usagef("--added-after %q is no time\nhint: such as 2021-07-19T00:00:00Z", o.addedAfter)
		}
		q.AddedAfter = at
	}
	if o.pageSize < 1 || o.most < 0 {
		return q, usagef("--page-size is at least 1, and --max at least 0")
	}
	if o.format == "" {
		o.format = "bundle"
		if ext := strings.ToLower(filepath.Ext(o.out)); ext == ".jsonl" || ext == ".ndjson" || o.state != "" {
			o.format = "jsonl"
		}
	}
	switch {
	case o.format != "bundle" && o.format != "jsonl":
		return q, usagef("there is no format %q\nhint: bundle or jsonl", o.format)
	case o.state != "" && o.format != "jsonl":
		return q, usagef("--state goes with --format jsonl: a bundle cannot be appended to")
	case o.state != "" && filepath.Clean(o.state) == filepath.Clean(o.out):
		return q, usagef("--state and --out are one file")
	case o.state != "" && o.most > 0:
		return q, usagef("--state and --max do not go together: a page would be left in the middle")
	}
	return q, nil
}

// pullOut is where objects are written.
type pullOut struct {
	file   *outFile // nil: appended to, or standard output
	append *os.File
	w      *bufio.Writer
	bundle bool
	n      int64
}

func (o *taxiiPullOptions) open(env Env) (*pullOut, error) {
	p := &pullOut{bundle: o.format == "bundle"}
	switch {
	case o.out == "-":
		p.w = bufio.NewWriterSize(env.Stdout, 64<<10)
	case o.state != "":
		f, err := openAppend(o.out)
		if err != nil {
			return nil, err
		}
		p.append, p.w = f, bufio.NewWriterSize(&placeWriter{o.out, f}, 64<<10)
	default:
		f, err := createOutput(o.out)
		if err != nil {
			return nil, err
		}
		p.file, p.w = f, f.w
	}
	return p, nil
}

// openAppend opens a file of lines to append to. A line that a crash has cut short goes.
func openAppend(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil { // a pipe: there is nothing to repair
		return f, nil //nolint:nilerr // as it should be
	}
	whole := end
	for buf := make([]byte, 64<<10); whole > 0; {
		n := min(whole, int64(len(buf)))
		if _, err := f.ReadAt(buf[:n], whole-n); err != nil {
			_ = f.Close()
			return nil, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			whole += int64(i) + 1 - n
			break
		}
		whole -= n
	}
	if whole < end {
		if err := f.Truncate(whole); err != nil {
			_ = f.Close()
			return nil, err
		}
	}
	if _, err := f.Seek(whole, io.SeekStart); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func (p *pullOut) object(raw []byte) error {
	switch {
	case !p.bundle:
		if bytes.ContainsAny(raw, "\n\r") { // white space alone: in strings it is written as \n
			var line bytes.Buffer
			if err := json.Compact(&line, raw); err != nil {
				return err
			}
			raw = line.Bytes()
		}
	case p.n == 0:
		if _, err := fmt.Fprintf(p.w, "{\"type\":\"bundle\",\"id\":\"bundle--%s\",\"objects\":[\n", randomUUID()); err != nil {
			return err
		}
	default:
		if _, err := p.w.WriteString(",\n"); err != nil {
			return err
		}
	}
	p.n++
	if _, err := p.w.Write(raw); err != nil {
		return err
	}
	if !p.bundle {
		return p.w.WriteByte('\n')
	}
	return nil
}

// sync makes sure that what was written is on disk.
func (p *pullOut) sync() error {
	if err := p.w.Flush(); err != nil {
		return err
	}
	if p.append != nil {
		// Pipes and devices have nothing to bring to disk.
		if err := p.append.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	return nil
}

func (p *pullOut) finish() error {
	if p.bundle {
		end := "\n]}\n"
		if p.n == 0 {
			end = fmt.Sprintf("{\"type\":\"bundle\",\"id\":\"bundle--%s\"}\n", randomUUID())
		}
		if _, err := p.w.WriteString(end); err != nil {
			p.discard()
			return err
		}
	}
	if p.file != nil {
		if err := p.file.finish(); err != nil {
			p.discard()
			return err
		}
		return nil
	}
	err := p.w.Flush()
	if p.append != nil {
		err = errors.Join(err, p.append.Close())
	}
	return err
}

func (p *pullOut) discard() {
	if p.file != nil {
		(&outputs{files: []*outFile{p.file}}).discard()
		return
	}
	_ = p.w.Flush()
	if p.append != nil {
		_ = p.append.Close()
	}
}

// randomUUID is a UUID of version 4.
func randomUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// pull is a pull under way.
type pull struct {
	env    Env
	t      *taxiiOptions
	o      taxiiPullOptions
	out    *pullOut
	state  pullState
	broken int64
	drawn  bool
}

func (p *pull) object(e stix.Entry) error {
	if e.Object == nil {
		if p.broken++; p.broken <= 10 {
			p.wipe()
			fmt.Fprintf(p.env.Stderr, "%s of page: %s\n", printable(e.Pointer), printable(e.Err.Error()))
		}
		return nil
	}
	if err := p.out.object(e.Object.Raw); err != nil {
		return err
	}
	if p.o.most > 0 && p.out.n >= p.o.most {
		return errEnough
	}
	return nil
}

func (p *pull) page(pos taxiiclient.Position) error {
	if p.o.state != "" {
		if err := p.out.sync(); err != nil {
			return err
		}
		p.state.AddedAfter = pos.AddedAfter
		if err := p.state.write(p.o.state); err != nil {
			return err
		}
	}
	if _, tty := p.env.terminalWidth(p.env.Stderr); tty && !p.t.quiet {
		fmt.Fprintf(p.env.Stderr, "\r\x1b[K%s", many(pos.Objects, "object"))
		p.drawn = true
	}
	return nil
}

func (p *pull) wipe() {
	if p.drawn {
		fmt.Fprint(p.env.Stderr, "\r\x1b[K")
		p.drawn = false
	}
}

// close says what was done.
func (p *pull) close(pos taxiiclient.Position) error {
	missing := false
	for _, d := range pos.Doubts {
		missing = missing || strings.Contains(d, "missing")
		fmt.Fprintf(p.env.Stderr, "warning: %s\n", printable(d))
	}
	if !p.t.quiet {
		line := fmt.Sprintf("%s in %s", many(p.out.n, "object"), many(int64(pos.Pages), "page"))
		if !pos.AddedAfter.IsZero() {
			line += ", added up to " + pos.AddedAfter.Format(time.RFC3339Nano)
		}
		fmt.Fprintln(p.env.Stderr, line)
	}
	if p.broken > 0 {
		return exit(ExitFailure, fmt.Errorf("%s could not be read and were left out", many(p.broken, "object")))
	}
	if missing {
		return exit(ExitFailure, nil)
	}
	return nil
}

// pullState is what a file of --state holds.
type pullState struct {
	Collection string    `json:"collection"`
	AddedAfter time.Time `json:"added_after"`
}

func readPullState(name, collection string) (pullState, error) {
	var s pullState
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("%s is no state of a pull: %w", name, err)
	}
	if s.Collection != collection {
		return s, usagef("%s is the state of pulls from %s, not from %s\nhint: one file for each collection", name, printable(s.Collection), printable(collection))
	}
	return s, nil
}

// write puts the state in the place of the older one, in one step.
func (s pullState) write(name string) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := createOutput(name)
	if err != nil {
		return err
	}
	_, err = f.w.Write(append(b, '\n'))
	if err == nil {
		err = f.w.Flush()
	}
	if err == nil {
		err = f.f.Sync()
	}
	if err == nil {
		err = f.finish()
	}
	if err != nil {
		(&outputs{files: []*outFile{f}}).discard()
	}
	return err
}
