package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"entente/internal/source"
)

// progress draws one line on a terminal while work goes on.
type progress struct {
	w     io.Writer
	p     *source.Progress
	width int
	done  chan struct{}
	wg    sync.WaitGroup
	mu    sync.Mutex // guards drawing
	drawn bool
	begun time.Time
}

// newProgress returns nil where nothing should be drawn: standard error is no terminal, or quiet is asked for.
func newProgress(env Env, p *source.Progress, quiet bool) *progress {
	width, tty := env.terminalWidth(env.Stderr)
	if !tty || quiet || env.Getenv("TERM") == "dumb" {
		return nil
	}
	return &progress{w: env.Stderr, p: p, width: width, done: make(chan struct{})}
}

func (b *progress) start() {
	b.begun = time.Now()
	b.wg.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				b.draw()
			case <-b.done:
				return
			}
		}
	})
}

func (b *progress) stop() {
	close(b.done)
	b.wg.Wait()
	b.pause()
}

// pause wipes the line, so that something else can be written.
func (b *progress) pause() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.drawn = false
	}
}

func (b *progress) draw() {
	b.mu.Lock()
	defer b.mu.Unlock()
	fmt.Fprint(b.w, "\r\x1b[K"+b.line(time.Since(b.begun)))
	b.drawn = true
}

// line is the bar: what share of the input is done, how many events, how fast, how long still.
func (b *progress) line(elapsed time.Duration) string {
	events, in := b.p.Events.Load(), b.p.Input.Load()
	secs := max(elapsed.Seconds(), 0.001)
	text := fmt.Sprintf("%s events  %s/s  %s  %s/s", count(events), count(int64(float64(events)/secs)),
		size(in), size(int64(float64(in)/secs)))
	if total := b.p.Total.Load(); b.p.TotalKnown.Load() && total > 0 {
		share := min(float64(in)/float64(total), 1)
		const cells = 20
		full := int(share * cells)
		left := ""
		if share > 0.005 && elapsed > time.Second {
			left = "  " + time.Duration(float64(elapsed)*(1-share)/share).Round(time.Second).String() + " left"
		}
		text = fmt.Sprintf("%s%s %3.0f%%  %s%s", strings.Repeat("█", full), strings.Repeat("░", cells-full), share*100, text, left)
	}
	if r := []rune(text); len(r) >= b.width {
		text = string(r[:max(b.width-1, 0)])
	}
	return text
}

// count shortens a number: 950, 12.3k, 4.56M.
func count(n int64) string {
	switch f := float64(n); {
	case n < 10_000:
		return fmt.Sprint(n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1fk", f/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.2fM", f/1e6)
	default:
		return fmt.Sprintf("%.2fG", f/1e9)
	}
}

// size shortens a number of bytes.
func size(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, names := float64(n), "KMGTPE"
	i := -1
	for f >= unit && i < len(names)-1 {
		f /= unit
		i++
	}
	return fmt.Sprintf("%.1f %ciB", f, names[i])
}
