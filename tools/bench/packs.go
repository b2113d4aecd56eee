package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// The packs that come with the program are held against as many public rules: their hunts take turns on the same logs, and
// what counts is the processor time of the whole process, because machines are shared. As many means: as many that are
// loaded, and as many of them that can be true for some record of the logs ("rules" and "rules_applicable" of --stats). The
// public rules are drawn in order of their ids, which are random numbers: the first of those for such logs, and to fill up
// the first of the others.

// versus is one kind of log on which the packs are measured.
type versus struct {
	name  string
	logs  string         // what is hunted
	probe string         // a little of the same, to find out what is applicable
	serve *regexp.Regexp // found in the text of rules that may serve it
}

var (
	forWindows = regexp.MustCompile(`(?m)^\s+product: windows`)
	forWeb     = regexp.MustCompile(`(?m)^\s+category: webserver`)
	forRange   = regexp.MustCompile(`(?m)^\s+(product: (windows|linux|aws|azure)|category: webserver)`)
)

// duel is what packs and public rules cost on the same logs.
type duel struct {
	packs, public   *stats // of the last run
	packsCPU, other []float64
}

// packs measures what the packs cost beside as many public rules.
func (b *bench) packs(ctx context.Context) error {
	for _, set := range []func(context.Context) (*versus, error){b.packsEVTX, b.packsText("json", "JSON lines", forWindows), b.packsText("iis", "IIS", forWeb), b.packsMixed} {
		v, err := set(ctx)
		if err != nil {
			return err
		}
		if err := b.versus(ctx, v); err != nil {
			return err
		}
		if err := cmp.Or(os.RemoveAll(v.logs), os.RemoveAll(v.probe)); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) packsEVTX(context.Context) (*versus, error) {
	v := &versus{name: "EVTX", logs: filepath.Join(b.dir, "evtx"), probe: filepath.Join(b.dir, "evtx-once"), serve: forWindows}
	from := filepath.Join(b.shared, "corpora/evtx")
	if err := os.CopyFS(v.probe, os.DirFS(from)); err != nil {
		return nil, err
	}
	_, err := repeat(from, v.logs, b.size)
	return v, err
}

func (b *bench) packsText(format, name string, serve *regexp.Regexp) func(context.Context) (*versus, error) {
	return func(ctx context.Context) (*versus, error) {
		v := &versus{name: name, logs: filepath.Join(b.dir, format+".log"), probe: filepath.Join(b.dir, format+"-probe.log"), serve: serve}
		return v, cmp.Or(
			b.write(ctx, "--format", format, "--size", strconv.FormatInt(b.size, 10), "--out", v.logs),
			b.write(ctx, "--format", format, "--size", "10MB", "--out", v.probe),
		)
	}
}

func (b *bench) packsMixed(ctx context.Context) (*versus, error) {
	v := &versus{name: "a range of every format", logs: filepath.Join(b.dir, "mixed"), probe: filepath.Join(b.dir, "mixed-probe"), serve: forRange}
	return v, cmp.Or(
		b.write(ctx, "--size", strconv.FormatInt(b.size, 10), "--out", v.logs),
		b.write(ctx, "--size", "50MB", "--out", v.probe),
	)
}

// versus lets the packs and as many public rules take turns on one kind of log.
func (b *bench) versus(ctx context.Context, v *versus) error {
	dir, err := b.publicRules(ctx, v)
	if err != nil {
		return err
	}
	var d duel
	for i := range b.runs + b.runs%2 { // each goes first as often as the other
		for j := range 2 {
			if i%2 == j {
				if d.packs, err = b.hunt(ctx, v.logs); err != nil {
					return err
				}
				d.packsCPU = append(d.packsCPU, d.packs.cpu.Seconds())
				continue
			}
			if d.public, err = b.hunt(ctx, "--rules", dir, v.logs); err != nil {
				return err
			}
			d.other = append(d.other, d.public.cpu.Seconds())
		}
	}
	b.add("packs beside as many public rules, "+v.name, d.String(),
		fmt.Sprintf("`hunt` and `hunt -r`, processor time, median of %d each; loaded/applicable/findings: packs %d/%d/%d, public %d/%d/%d", len(d.other),
			d.packs.Rules, d.packs.Applicable, d.packs.Findings, d.public.Rules, d.public.Applicable, d.public.Findings))
	return os.RemoveAll(dir)
}

// String is the ratio and what it is made of.
func (d *duel) String() string {
	p, o := median(d.packsCPU), median(d.other)
	pairs := make([]float64, len(d.other))
	for i := range pairs {
		pairs[i] = d.packsCPU[i] / d.other[i]
	}
	return fmt.Sprintf("%.2f times the time (pairs: %.2f to %.2f); %.2f s and %.2f s", p/o, slices.Min(pairs), slices.Max(pairs), p, o)
}

func median(all []float64) float64 {
	s := slices.Sorted(slices.Values(all))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// publicRules makes a folder of public rules, as many as the packs have for the same logs.
func (b *bench) publicRules(ctx context.Context, v *versus) (string, error) {
	pool, rest, err := publicFiles(b.rules, v.serve)
	if err != nil {
		return "", err
	}
	want, err := b.hunt(ctx, v.probe)
	if err != nil {
		return "", err
	}
	folder := func(n int) (string, error) {
		fill := min(max(want.Rules-n, 0), len(rest))
		return rulesFolder(b.dir, slices.Concat(pool[:n], rest[:fill]))
	}
	low, high := 1, len(pool) // how many of the pool it takes
	for low < high {
		mid := (low + high) / 2
		dir, err := folder(mid)
		if err != nil {
			return "", err
		}
		s, err := b.hunt(ctx, "--rules", dir, v.probe)
		if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
			return "", err
		}
		if s.Applicable >= want.Applicable {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return folder(low)
}

// publicFiles lists the files of rules in the order of their ids: those in which a pattern is found, and the others.
func publicFiles(dir string, serve *regexp.Regexp) (pool, rest []string, err error) {
	ids := map[string]string{}
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".yml" {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		m := ruleID.FindSubmatch(text)
		if m == nil {
			return nil
		}
		ids[p] = string(m[1])
		if serve.Match(text) {
			pool = append(pool, p)
		} else {
			rest = append(rest, p)
		}
		return nil
	})
	byID := func(a, b string) int { return cmp.Or(cmp.Compare(ids[a], ids[b]), cmp.Compare(a, b)) }
	slices.SortFunc(pool, byID)
	slices.SortFunc(rest, byID)
	if err == nil && len(pool) == 0 {
		err = fmt.Errorf("no rules for such logs below %s", dir)
	}
	return pool, rest, err
}

var ruleID = regexp.MustCompile(`(?m)^id:\s*['"]?([0-9a-fA-F-]{36})`)

// rulesFolder copies rules into a new folder.
func rulesFolder(in string, files []string) (string, error) {
	dir, err := os.MkdirTemp(in, "rules-*")
	if err != nil {
		return "", err
	}
	for i, f := range files {
		if _, err := copyFile(f, filepath.Join(dir, strconv.Itoa(i)+".yml")); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// cpuTime is the processor time that a process took, in user mode and in the system.
func cpuTime(p *os.ProcessState) time.Duration { return p.UserTime() + p.SystemTime() }
