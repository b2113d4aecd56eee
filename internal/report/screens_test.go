package report

import (
	"os"
	"path/filepath"
	"testing"
)

// TestScreens takes pictures of every view of the HTML report in both themes, for looking at:
// ENTENTE_SCREENS=DIR go test -run Screens ./internal/report/
func TestScreens(t *testing.T) {
	dir := os.Getenv("ENTENTE_SCREENS")
	if dir == "" {
		t.Skip("takes pictures for looking at: set ENTENTE_SCREENS to a folder")
	}
	format, _ := FormatByName("html")
	path := filepath.Join(dir, "screens.html")
	writeSample(t, path, format, sampleOptions(t), 3000)
	c := startChromium(t)
	for _, theme := range []string{"light", "dark"} {
		c.media(map[string]string{"prefers-color-scheme": theme})
		for name, fragment := range map[string]string{
			"1-overview": "", "2-timeline": "#timeline", "3-attack": "#attack", "4-findings": "#findings", "5-detail": "#findings?level=critical&sel=", "6-hosts": "#hosts",
			"7-quality": "#quality", "3-matrix": "#attack?all=1", "3-count": "#attack?paint=count", "8-groups": "#findings?group=rule&q=cmd", "9-correlation": "#findings?sel=",
		} {
			c.open(path, fragment)
			if name == "5-detail" || name == "9-correlation" {
				if name == "9-correlation" {
					c.eval(`document.getElementById("q").value = "has:correlation"; document.getElementById("q").dispatchEvent(new Event("input"))`, nil)
					c.until(`document.getElementById("status").textContent.includes(" of ")`)
				}
				c.key("j")
				c.key("j")
				c.until(`!document.getElementById("detail").hidden`)
			}
			c.screenshot(filepath.Join(dir, name+"-"+theme+".png"))
		}
	}
	c.size(1440, 1750)
	c.open(path, "")
	c.screenshot(filepath.Join(dir, "tall.png"))
	c.size(1440, 900)
	c.open(path, "#findings?group=rule")
	c.eval(`[...document.querySelectorAll(".vlist .group")].find((r) => r.textContent.includes("Library")).click()`, nil)
	c.screenshot(filepath.Join(dir, "open-group.png"))
	c.key("?")
	c.screenshot(filepath.Join(dir, "help.png"))
	c.size(820, 1100)
	c.open(path, "")
	c.screenshot(filepath.Join(dir, "narrow.png"))
	c.size(390, 844)
	c.open(path, "#findings")
	c.screenshot(filepath.Join(dir, "phone.png"))
	answer := filepath.Join(dir, "answer.html")
	if err := os.WriteFile(answer, []byte(hit(t, "html", "", nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	c.size(1440, 1100)
	for _, theme := range []string{"light", "dark"} {
		c.media(map[string]string{"prefers-color-scheme": theme})
		for name, fragment := range map[string]string{"0-answer": "#hit", "0-coverage": "#coverage", "0-ttp": "#coverage?ttp=T1558.003"} {
			c.open(answer, fragment)
			c.screenshot(filepath.Join(dir, name+"-"+theme+".png"))
		}
	}
	for _, s := range c.complaints() {
		t.Error(s)
	}
}
