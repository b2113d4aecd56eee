// Command bench measures the program as its users meet it, whole process by whole process, and prints the table that
// the README shows. Figures are the best of several runs; machines are noisy, so compare figures of one run.
//
//	make bench                      with ../shared beside the project
//	make bench BENCH='-full'        also memory over 10 GB, which needs that much room in the temporary folder
//	make bench BENCH='-only packs'  what the packs cost beside as many public rules
//	make bench BENCH='-hayabusa PATH -chainsaw PATH'   the rivals, on the same files and rules
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

type options struct {
	entente, shared, temp string
	hayabusa, chainsaw    string
	chainsawMap           string
	size                  int64
	runs                  int
	full                  bool
	only                  string
}

func main() {
	var o options
	flag.StringVar(&o.entente, "entente", "bin/entente", "the program")
	flag.StringVar(&o.shared, "shared", "../shared", "where corpora/ lies")
	flag.StringVar(&o.temp, "temp", os.TempDir(), "where to put test data")
	flag.StringVar(&o.hayabusa, "hayabusa", "", "hayabusa's binary, run side by side")
	flag.StringVar(&o.chainsaw, "chainsaw", "", "chainsaw's binary, run side by side")
	flag.StringVar(&o.chainsawMap, "chainsaw-mapping", "", "chainsaw's mapping file")
	flag.Int64Var(&o.size, "size", 2<<30, "bytes of event logs and of each text log")
	flag.IntVar(&o.runs, "runs", 3, "runs of each measurement")
	flag.BoolVar(&o.full, "full", false, "also hunt 10 GB and report the memory")
	flag.StringVar(&o.only, "only", "", "one measurement alone: start, decode, evtx, json, iis, packs or memory")
	flag.Parse()
	if err := run(context.Background(), &o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// stats is the line that `entente hunt --stats` prints.
type stats struct {
	Files      int     `json:"files"`
	Events     int64   `json:"events"`
	Used       int64   `json:"used_bytes"`
	Findings   int64   `json:"findings"`
	Seconds    float64 `json:"seconds"`
	PeakRSS    int64   `json:"peak_rss_bytes"`
	Rules      int     `json:"rules"`
	Applicable int     `json:"rules_applicable"`
	wallClock  float64
	cpu        time.Duration
}

type row struct{ what, figure, how string }

type bench struct {
	*options
	dir   string
	rows  []row
	rules string
}

func run(ctx context.Context, o *options) error {
	var err error
	if o.entente, err = filepath.Abs(o.entente); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.temp, "entente-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{options: o, dir: dir, rules: filepath.Join(o.shared, "corpora/sigma")}
	if _, err := os.Stat(b.rules); err != nil {
		return fmt.Errorf("the public rules and logs are not there (%w): say where with -shared", err)
	}
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"start", b.start},
		{"decode", b.decode},
		{"evtx", b.evtx},
		{"json", b.jsonLines},
		{"iis", b.iis},
		{"packs", b.packs},
		{"memory", b.memory},
	} {
		if o.only != "" && step.name != o.only {
			continue
		}
		if err := step.run(ctx); err != nil {
			return err
		}
	}
	b.print(os.Stdout)
	return nil
}

func (b *bench) add(what, figure, how string) {
	b.rows = append(b.rows, row{what, figure, how})
	fmt.Fprintf(os.Stderr, "%s: %s\n", what, figure)
}

func (b *bench) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s, %d cores, %s %s/%s\n\n", time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintln(w, "| what | figure | how |\n|---|---|---|")
	for _, r := range b.rows {
		fmt.Fprintf(w, "| %s | %s | %s |\n", r.what, r.figure, r.how)
	}
}

// hunt runs the program and reads its figures.
func (b *bench) hunt(ctx context.Context, args ...string) (*stats, error) {
	cmd := exec.CommandContext(ctx, b.entente, append([]string{"hunt", "--quiet", "--stats"}, args...)...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	begun := time.Now()
	err := cmd.Run()
	wall := time.Since(begun).Seconds()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		return nil, fmt.Errorf("%v: %w\n%s", cmd.Args, err, errOut.String())
	}
	lines := strings.Split(strings.TrimSpace(errOut.String()), "\n")
	s := &stats{wallClock: wall, cpu: cpuTime(cmd.ProcessState)}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), s); err != nil {
		return nil, fmt.Errorf("no figures in %q: %w", errOut.String(), err)
	}
	return s, nil
}

// best is the fastest of several runs.
func (b *bench) best(ctx context.Context, args ...string) (*stats, error) {
	var best *stats
	for range b.runs {
		s, err := b.hunt(ctx, args...)
		if err != nil {
			return nil, err
		}
		if best == nil || s.wallClock < best.wallClock {
			best = s
		}
	}
	return best, nil
}

func (b *bench) start(ctx context.Context) error {
	log, err := firstLog(filepath.Join(b.shared, "corpora/sigma-regression"))
	if err != nil {
		return err
	}
	s, err := b.best(ctx, "--rules", b.rules, log)
	if err != nil {
		return err
	}
	b.add("start to the end of a one-event hunt, all public rules", fmt.Sprintf("%.2f s, %s", s.wallClock, mib(s.PeakRSS)), "`hunt -r sigma ONE.evtx`, whole process")
	return nil
}

func firstLog(dir string) (string, error) {
	found := ""
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && found == "" && filepath.Ext(p) == ".evtx" {
			found = p
		}
		return err
	})
	if err == nil && found == "" {
		err = fmt.Errorf("no event log under %s", dir)
	}
	return found, err
}

var perSecond = regexp.MustCompile(`([0-9.e+]+) events/s`)

// decode runs the decoder's own benchmark: decoding alone is no verb of the program.
func (b *bench) decode(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkDecode$", "-benchtime", "3s", "./internal/evtx")
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%v: %w", cmd.Args, err)
	}
	m := perSecond.FindSubmatch(out)
	if m == nil {
		return fmt.Errorf("no figure in %q", out)
	}
	f, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		return err
	}
	b.add("decoding EVTX alone, one core", fmt.Sprintf("%.2f M events/s", f/1e6), "`go test -bench Decode ./internal/evtx`")
	return nil
}

// evtx hunts the real event logs, repeated.
func (b *bench) evtx(ctx context.Context) error {
	dir := filepath.Join(b.dir, "evtx")
	n, err := repeat(filepath.Join(b.shared, "corpora/evtx"), dir, b.size)
	if err != nil {
		return err
	}
	rules := filepath.Join(b.rules, "rules/windows")
	s, err := b.best(ctx, "--rules", rules, dir)
	if err != nil {
		return err
	}
	b.add(fmt.Sprintf("hunting EVTX, all Windows rules (%d logs, %s, %d findings)", s.Files, gb(n), s.Findings),
		fmt.Sprintf("%d events/s, %.0f MB/s of used bytes, %s", int64(float64(s.Events)/s.wallClock), float64(s.Used)/s.wallClock/1e6, mib(s.PeakRSS)),
		"`hunt -r sigma/rules/windows`, the corpora repeated, whole process")
	if err := b.rivals(ctx, dir, rules, s); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// rivals hunt the same files with the same rules. They are slow: they get one run.
func (b *bench) rivals(ctx context.Context, dir, rules string, ours *stats) error {
	type rival struct {
		name string
		args []string
	}
	var all []rival
	if b.hayabusa != "" {
		all = append(all, rival{"Hayabusa", []string{b.hayabusa, "csv-timeline", "-d", dir, "-r", rules, "-w", "-q", "-o", filepath.Join(b.dir, "hayabusa.csv")}})
	}
	if b.chainsaw != "" {
		all = append(all, rival{"Chainsaw", []string{b.chainsaw, "hunt", dir, "-s", rules, "--mapping", b.chainsawMap, "--json", "-o", filepath.Join(b.dir, "chainsaw.json")}})
	}
	for _, r := range all {
		cmd := exec.CommandContext(ctx, r.args[0], r.args[1:]...)
		begun := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", r.name, err, out[max(0, len(out)-2000):])
		}
		took := time.Since(begun).Seconds()
		b.add(r.name+" on the same", fmt.Sprintf("%d events/s, %.0f times slower, %s", int64(float64(ours.Events)/took), took/ours.wallClock, mib(maxRSS(cmd.ProcessState))),
			"`"+filepath.Base(r.args[0])+" "+r.args[1]+"`, one run")
	}
	return nil
}

// repeat copies a folder until the copies have a size.
func repeat(from, to string, size int64) (int64, error) {
	var n int64
	for i := 0; n < size; i++ {
		err := filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || n >= size {
				return err
			}
			rel, err := filepath.Rel(from, p)
			if err != nil {
				return err
			}
			k, err := copyFile(p, filepath.Join(to, strconv.Itoa(i), rel))
			n += k
			return err
		})
		if err != nil {
			return n, err
		}
		if i == 0 && n == 0 {
			return 0, fmt.Errorf("%s is empty", from)
		}
	}
	return n, nil
}

func copyFile(from, to string) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return 0, err
	}
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, in)
	return n, cmp.Or(err, out.Close())
}

func (b *bench) jsonLines(ctx context.Context) error { return b.text(ctx, "json", "JSON lines") }
func (b *bench) iis(ctx context.Context) error       { return b.text(ctx, "iis", "IIS") }

// text hunts one large log that the program writes itself.
func (b *bench) text(ctx context.Context, format, name string) error {
	file := filepath.Join(b.dir, format+".log")
	if err := b.write(ctx, "--format", format, "--size", strconv.FormatInt(b.size, 10), "--out", file); err != nil {
		return err
	}
	fi, err := os.Stat(file)
	if err != nil {
		return err
	}
	s, err := b.best(ctx, "--rules", b.rules, file)
	if err != nil {
		return err
	}
	b.add(fmt.Sprintf("hunting %s, all public rules (%s)", name, gb(fi.Size())),
		fmt.Sprintf("%.0f MB/s, %d events/s, %s", float64(fi.Size())/s.wallClock/1e6, int64(float64(s.Events)/s.wallClock), mib(s.PeakRSS)),
		"`range --format "+format+"`, then `hunt -r sigma`")
	return os.Remove(file)
}

func (b *bench) write(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, b.entente, append([]string{"range", "--quiet"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	return nil
}

// memory hunts ten gigabytes of every kind of log.
func (b *bench) memory(ctx context.Context) error {
	if !b.full {
		return nil
	}
	dir := filepath.Join(b.dir, "range")
	if err := b.write(ctx, "--size", "10GB", "--out", dir); err != nil {
		return err
	}
	s, err := b.hunt(ctx, "--rules", b.rules, dir)
	if err != nil {
		return err
	}
	b.add("memory over 10 GB of every format", fmt.Sprintf("%s, %.0f s, %d events, %d findings", mib(s.PeakRSS), s.wallClock, s.Events, s.Findings), "`range --size 10GB`, then `hunt -r sigma`")
	return os.RemoveAll(dir)
}

func mib(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
func gb(n int64) string  { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }
