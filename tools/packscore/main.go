// Command packscore measures advisory packs on labelled public logs, which are none of their own tests: which technique a
// sample is known to show, and which the pack finds in it. Whoever reads what is missed and then adds rules measures what
// he has seen, so the figure is no forecast. It also counts what a pack raises on quiet days.
//
//	go -C tools run ./packscore -entente ../bin/entente -shared ../../shared aa21-200b exchange-2021
//
// A sample is labelled with one or two techniques and usually shows more, so a finding of another technique is no error of
// the pack: it is counted apart.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	entente := flag.String("entente", "bin/entente", "the program")
	shared := flag.String("shared", "../shared", "where facts/ and corpora/ lie")
	verbose := flag.Bool("v", false, "name each sample in which a technique is missed")
	flag.Parse()
	s := scorer{entente: *entente, shared: *shared, verbose: *verbose}
	if err := s.run(context.Background(), flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "packscore:", err)
		os.Exit(1)
	}
}

type scorer struct {
	entente, shared string
	verbose         bool
	files           map[string]string // name of a sample → path
}

// ttp is an entry of facts/ttps.json: the samples that are known to show a technique.
type ttp struct {
	ID      string              `json:"attack_id"`
	Samples map[string][]string `json:"sample_datasets"`
}

type pack struct {
	TTPs []struct {
		ID         string   `json:"id"`
		Detections []string `json:"detections"`
	} `json:"ttps"`
}

type finding struct {
	Rule struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Level string `json:"level"`
	} `json:"rule"`
}

func (s *scorer) run(ctx context.Context, packs []string) error {
	if len(packs) == 0 {
		return errors.New("name the packs to measure")
	}
	data, err := os.ReadFile(filepath.Join(s.shared, "facts/ttps.json"))
	if err != nil {
		return err
	}
	var labels []ttp
	if err := json.Unmarshal(data, &labels); err != nil {
		return err
	}
	if err := s.find(); err != nil {
		return err
	}
	for _, p := range packs {
		if err := s.labelled(ctx, p, labels); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		if err := s.quiet(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

// find notes where the samples lie.
func (s *scorer) find() error {
	s.files = map[string]string{}
	return filepath.WalkDir(filepath.Join(s.shared, "corpora"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			s.files[d.Name()] = p
		}
		return err
	})
}

func (s *scorer) labelled(ctx context.Context, name string, labels []ttp) error {
	out, err := s.call(ctx, "pack", "show", "--format", "json", name)
	if err != nil {
		return err
	}
	var p pack
	if err := json.Unmarshal(out, &p); err != nil {
		return err
	}
	shows := map[string][]string{} // rule → techniques
	covered := map[string]bool{}
	for _, t := range p.TTPs {
		covered[t.ID] = len(t.Detections) > 0
		for _, d := range t.Detections {
			shows[d] = append(shows[d], t.ID)
		}
	}
	samples := map[string][]string{} // path → techniques
	for _, l := range labels {
		for _, list := range l.Samples {
			for _, f := range list {
				if at, ok := s.files[path.Base(f)]; ok && covered[l.ID] && !slices.Contains(samples[at], l.ID) {
					samples[at] = append(samples[at], l.ID)
				}
			}
		}
	}
	type row struct{ samples, found int }
	rows := map[string]*row{}
	var all row
	var serious, related, findings int
	for _, at := range sortedKeys(samples) {
		list, err := s.hunt(ctx, name, at)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		found := map[string]bool{}
		for _, f := range list {
			for _, id := range shows[f.Rule.ID] {
				found[id] = true
			}
			findings++
			if f.Rule.Level == "critical" || f.Rule.Level == "high" {
				serious++
				if slices.ContainsFunc(shows[f.Rule.ID], func(id string) bool { return slices.Contains(samples[at], id) }) {
					related++
				}
			}
		}
		for _, id := range samples[at] {
			if rows[id] == nil {
				rows[id] = &row{}
			}
			rows[id].samples++
			all.samples++
			if found[id] {
				rows[id].found++
				all.found++
			} else if s.verbose {
				fmt.Printf("missed: %s in %s\n", id, at)
			}
		}
	}
	fmt.Printf("\n## %s\n\n| technique | samples labelled | found in |\n|---|---|---|\n", name)
	for _, id := range sortedKeys(rows) {
		fmt.Printf("| %s | %d | %d |\n", id, rows[id].samples, rows[id].found)
	}
	fmt.Printf("| all | %d | %d (%.0f %%) |\n\n", all.samples, all.found, 100*float64(all.found)/float64(max(all.samples, 1)))
	fmt.Printf("%d findings in %d samples, %d of them high or critical; of these %d (%.0f %%) are of a technique that the sample is labelled with.\n",
		findings, len(samples), serious, related, 100*float64(related)/float64(max(serious, 1)))
	return nil
}

// quiet counts findings on days on which nothing happens.
func (s *scorer) quiet(ctx context.Context, name string) error {
	dir, err := os.MkdirTemp("", "packscore")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	logs := filepath.Join(dir, "logs")
	if _, err := s.call(ctx, "range", "--plants", "none", "--days", "3", "--size", "200MB", "--quiet", "--out", logs); err != nil {
		return err
	}
	list, err := s.hunt(ctx, name, logs)
	if err != nil {
		return err
	}
	levels := map[string]int{}
	for _, f := range list {
		levels[f.Rule.Level]++
	}
	fmt.Printf("\nOn three quiet days (200 MB of every kind of log): %d critical, %d high, %d medium, %d low.\n",
		levels["critical"], levels["high"], levels["medium"], levels["low"])
	return nil
}

func (s *scorer) hunt(ctx context.Context, pack, logs string) ([]finding, error) {
	out, err := s.call(ctx, "hunt", "--quiet", "--pack", pack, "--format", "jsonl", logs)
	if err != nil {
		return nil, err
	}
	var list []finding
	for line := range bytes.Lines(out) {
		var f finding
		if err := json.Unmarshal(line, &f); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// call runs the program; findings are no failure.
func (s *scorer) call(ctx context.Context, args ...string) ([]byte, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, s.entente, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.Bytes(), nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
