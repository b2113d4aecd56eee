package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/hunt"
)

// TestBrowserYearsOfTheAxis checks that the ticks of ranges of years stand where years and months begin.
func TestBrowserYearsOfTheAxis(t *testing.T) {
	needBrowser(t)
	source, err := os.ReadFile("html/js/40-charts.js")
	if err != nil {
		t.Fatal(err)
	}
	from, to := strings.Index(string(source), "// The steps between ticks"), strings.Index(string(source), "// bars draws stacked bars")
	if from < 0 || to < from {
		t.Fatal("the axis is not where it was in 40-charts.js")
	}
	c := startChromium(t)
	c.open(htmlFile(t, 1, Options{}), "")
	for _, years := range []int{2, 5, 12, 60} {
		begin := time.Date(2008, 3, 5, 6, 0, 0, 0, time.UTC)
		end := begin.AddDate(years, 0, 0)
		var ticks []struct {
			At    int64
			Label string
		}
		if err := json.Unmarshal([]byte(c.text(fmt.Sprintf(`(() => {
			const colours = {}, localTime = false, two = (n) => String(n).padStart(2, "0"), MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
			const parts = (t) => { const d = new Date(t); return { y: d.getUTCFullYear(), mo: d.getUTCMonth(), d: d.getUTCDate(), h: d.getUTCHours(), mi: d.getUTCMinutes(), s: d.getUTCSeconds() }; };
			%s
			const out = [], range = { from: %d, to: %d }, w = 1200;
			let at = NaN;
			axis({ measureText: (s) => ({ width: 6 * s.length }), fillRect: (x) => { at = x; }, fillText: (label) => out.push({ at: Math.round(range.from + at / w * (range.to - range.from)), label }) }, range, w, 0);
			return JSON.stringify(out);
		})()`, source[from:to], begin.UnixMilli(), end.UnixMilli()))), &ticks); err != nil {
			t.Fatal(err)
		}
		if len(ticks) < 4 {
			t.Errorf("%d years: %v", years, ticks)
		}
		pixel := end.Sub(begin) / 1200
		for _, k := range ticks {
			at, year := time.UnixMilli(k.At).UTC(), 0
			want, err := time.Parse("2006", k.Label)
			if err != nil {
				if want, err = time.Parse("Jan 2006", k.Label); err != nil {
					want, err = time.Parse("Jan", k.Label)
					year = at.Add(pixel).Year()
				}
			}
			if err != nil {
				t.Errorf("%d years: %q", years, k.Label)
				continue
			}
			want = want.AddDate(year, 0, 0)
			if d := at.Sub(want).Abs(); d > pixel {
				t.Errorf("%d years: %q stands at %v", years, k.Label, at)
			}
		}
	}
}

// TestBrowserAxisLabels checks that what stands on the axes of time does not run into one another, however near the findings
// are in time and however wide the window is, and that the date stands there once, and again after midnight.
func TestBrowserAxisLabels(t *testing.T) {
	needBrowser(t)
	c := startChromium(t)
	for _, r := range []struct {
		name     string
		from     time.Time
		duration time.Duration
		dates    []string
	}{
		{"a second", time.Date(2021, 9, 28, 6, 49, 3, 0, time.UTC), time.Second, []string{"28 Sep 06:49:00"}},
		{"a minute", time.Date(2021, 9, 28, 6, 49, 0, 0, time.UTC), 59 * time.Second, []string{"28 Sep 06:49:00"}},
		{"a minute around midnight", time.Date(2021, 9, 28, 23, 59, 41, 0, time.UTC), 40 * time.Second, []string{"28 Sep 23:59:00", "29 Sep 00:00:00"}},
		{"an hour", time.Date(2021, 9, 28, 6, 0, 0, 0, time.UTC), time.Hour, []string{"28 Sep 06:00"}},
		{"three days", time.Date(2021, 9, 28, 6, 0, 0, 0, time.UTC), 72 * time.Hour, nil},
		{"a year", time.Date(2021, 9, 28, 6, 0, 0, 0, time.UTC), 365 * 24 * time.Hour, nil},
	} {
		t.Run(r.name, func(t *testing.T) {
			var list []*hunt.Finding
			for i := range 20 {
				f := plainFinding()
				f.Time = r.from.Add(r.duration * time.Duration(i) / 19)
				list = append(list, f)
			}
			path := filepath.Join(t.TempDir(), "report.html")
			if err := os.WriteFile(path, []byte(render(t, "html", Options{}, &hunt.Summary{}, list...)), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, width := range []int{520, 810, 1130, 1300} {
				c.size(width, 700)
				c.open(path, "#timeline")
				// The axes are drawn anew with every change of the window.
				c.eval(`(() => {
					const of = CanvasRenderingContext2D.prototype, { fillText, clearRect } = of;
					window.drawn = [];
					const note = (g, x) => window.drawn.push(Object.assign({ canvas: g.canvas.id || g.canvas.className, width: g.canvas.getBoundingClientRect().width }, x));
					of.clearRect = function () { note(this, {}); return clearRect.apply(this, arguments); };
					of.fillText = function (text, x) { note(this, { text, from: x, to: x + this.measureText(text).width }); return fillText.apply(this, arguments); };
				})()`, nil)
				c.size(width+2, 700)
				c.until(`["time", "axis"].every((x) => window.drawn.some((d) => d.canvas === x && d.text))`)
				var drawn []struct {
					Text, Canvas    string
					From, To, Width float64
				}
				if err := json.Unmarshal([]byte(c.text(`JSON.stringify(window.drawn)`)), &drawn); err != nil {
					t.Fatal(err)
				}
				end, dates := map[string]float64{}, map[string]string{}
				for _, d := range drawn {
					if d.Text == "" { // it is drawn anew
						end[d.Canvas], dates[d.Canvas] = 0, ""
						continue
					}
					if d.From < end[d.Canvas] {
						t.Errorf("%d wide, %s: %q begins at %.0f, and the text before it ends at %.0f", width, d.Canvas, d.Text, d.From, end[d.Canvas])
					}
					if d.From < 0 || d.To > d.Width {
						t.Errorf("%d wide, %s: %q stands from %.0f to %.0f", width, d.Canvas, d.Text, d.From, d.To)
					}
					end[d.Canvas] = d.To
					if strings.Contains(d.Text, "Sep") {
						dates[d.Canvas] += d.Text + "|"
					}
				}
				if want := strings.Join(r.dates, "|") + "|"; r.dates != nil && dates["time"] != want {
					t.Errorf("%d wide: dates %q, want %q", width, dates["time"], want)
				}
			}
		})
	}
	if s := c.complaints(); len(s) > 0 {
		t.Errorf("the browser complains: %q", s)
	}
}
