package report

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// chromium drives a headless Chromium over its debugging pipe: JSON messages ended by a zero byte, commands on file
// descriptor 3, answers and events on 4 (Chrome DevTools Protocol). It needs nothing but the browser itself.
type chromium struct {
	t       *testing.T
	in      io.Writer
	mu      sync.Mutex
	next    int
	wait    map[int]chan cdpMessage
	session string
	events  []cdpMessage // console messages, log entries and exceptions of the page
	done    chan struct{}
}

type cdpMessage struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// startChromium starts the browser with one empty page. CHROMIUM names the program where it is not called so.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	name := os.Getenv("CHROMIUM")
	for _, n := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if name == "" {
			if path, err := exec.LookPath(n); err == nil {
				name = path
			}
		}
	}
	if name == "" {
		t.Fatal("no Chromium found: install it (Debian: apt-get install chromium) or set CHROMIUM to its path")
	}
	toR, toW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromR, fromW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), name, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-extensions", "--disable-background-networking", "--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb",
		"--user-data-dir="+filepath.Join(t.TempDir(), "profile"), "about:blank")
	cmd.ExtraFiles = []*os.File{toR, fromW}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toR.Close()
	fromW.Close()
	c := &chromium{t: t, in: toW, wait: map[int]chan cdpMessage{}, done: make(chan struct{})}
	go c.read(fromR)
	t.Cleanup(func() {
		c.send("Browser.close", nil, false)
		timer := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		timer.Stop()
		toW.Close()
	})
	var targets struct {
		TargetInfos []struct{ TargetID, Type string }
	}
	c.call("Target.getTargets", nil, &targets)
	target := ""
	for _, ti := range targets.TargetInfos {
		if ti.Type == "page" {
			target = ti.TargetID
		}
	}
	if target == "" {
		var made struct{ TargetID string }
		c.call("Target.createTarget", map[string]any{"url": "about:blank"}, &made)
		target = made.TargetID
	}
	var attached struct{ SessionID string }
	c.call("Target.attachToTarget", map[string]any{"targetId": target, "flatten": true}, &attached)
	c.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network", "Audits"} {
		c.call(domain+".enable", nil, nil)
	}
	c.size(1440, 900)
	return c
}

func (c *chromium) read(r io.Reader) {
	defer close(c.done)
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		b, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var m cdpMessage
		if json.Unmarshal(b[:len(b)-1], &m) != nil {
			continue
		}
		c.mu.Lock()
		if ch := c.wait[m.ID]; m.ID != 0 && ch != nil {
			delete(c.wait, m.ID)
			ch <- m
		} else if m.Method != "" {
			c.events = append(c.events, m)
		}
		c.mu.Unlock()
	}
}

func (c *chromium) send(method string, params any, session bool) (chan cdpMessage, error) {
	c.mu.Lock()
	c.next++
	id := c.next
	ch := make(chan cdpMessage, 1)
	c.wait[id] = ch
	c.mu.Unlock()
	m := map[string]any{"id": id, "method": method}
	if params != nil {
		m["params"] = params
	}
	if session && c.session != "" {
		m["sessionId"] = c.session
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	_, err = c.in.Write(append(b, 0))
	return ch, err
}

// call runs a command and decodes its result.
func (c *chromium) call(method string, params, result any) {
	c.t.Helper()
	if err := c.try(method, params, result); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
}

func (c *chromium) try(method string, params, result any) error {
	ch, err := c.send(method, params, true)
	if err != nil {
		return err
	}
	select {
	case m := <-ch:
		if m.Error != nil {
			return errors.New(m.Error.Message)
		}
		if result != nil {
			return json.Unmarshal(m.Result, result)
		}
		return nil
	case <-c.done:
		return errors.New("the browser has ended")
	case <-time.After(60 * time.Second):
		return errors.New("no answer in a minute")
	}
}

// eval runs an expression in the page, waits for a promise, and decodes its value.
func (c *chromium) eval(expression string, value any) {
	c.t.Helper()
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		ExceptionDetails *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	c.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true, "allowUnsafeEvalBlockedByCSP": false}, &r)
	if r.ExceptionDetails != nil {
		c.t.Fatalf("%s\n%s %s", expression, r.ExceptionDetails.Text, r.ExceptionDetails.Exception.Description)
	}
	if value != nil {
		if err := json.Unmarshal(r.Result.Value, value); err != nil {
			c.t.Fatalf("%s\nvalue %s: %v", expression, r.Result.Value, err)
		}
	}
}

func (c *chromium) text(expression string) string {
	c.t.Helper()
	var s string
	c.eval("String("+expression+")", &s)
	return s
}

func (c *chromium) number(expression string) float64 {
	c.t.Helper()
	var n float64
	c.eval("Number("+expression+")", &n)
	return n
}

// until waits for an expression to become true.
func (c *chromium) until(expression string) {
	c.t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		var ok bool
		c.eval("Boolean("+expression+")", &ok)
		if ok {
			return
		}
	}
	c.t.Fatalf("never became true: %s", expression)
}

// open loads a report and waits until it shows itself. It returns the milliseconds from the start of loading.
func (c *chromium) open(path, fragment string) float64 {
	c.t.Helper()
	c.call("Page.navigate", map[string]any{"url": "about:blank"}, nil)
	c.until(`location.href === "about:blank"`)
	c.call("Page.navigate", map[string]any{"url": "file://" + path + fragment}, nil)
	c.until(`document.documentElement && document.documentElement.dataset.ready`)
	return c.number("document.documentElement.dataset.ready")
}

// key presses a key.
func (c *chromium) key(key string) {
	c.t.Helper()
	p := map[string]any{"type": "keyDown", "key": key}
	if len(key) == 1 {
		p["text"] = key
	} else {
		p["windowsVirtualKeyCode"] = map[string]int{"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9, "End": 35, "PageDown": 34}[key]
	}
	if key == "Enter" {
		p["text"] = "\r"
	}
	c.call("Input.dispatchKeyEvent", p, nil)
	c.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key}, nil)
}

func (c *chromium) size(w, h int) {
	c.t.Helper()
	c.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": w, "height": h, "deviceScaleFactor": 1, "mobile": false}, nil)
}

func (c *chromium) media(features map[string]string) {
	c.t.Helper()
	var list []map[string]string
	for k, v := range features {
		list = append(list, map[string]string{"name": k, "value": v})
	}
	c.call("Emulation.setEmulatedMedia", map[string]any{"features": list}, nil)
}

// screenshot writes what the page shows to a PNG file.
func (c *chromium) screenshot(path string) {
	c.t.Helper()
	c.eval("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))", nil)
	var r struct{ Data string }
	c.call("Page.captureScreenshot", map[string]any{"format": "png"}, &r)
	b, err := base64.StdEncoding.DecodeString(r.Data)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// complaints are the console errors, log entries, exceptions and policy violations so far.
func (c *chromium) complaints() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, m := range c.events {
		switch m.Method {
		case "Runtime.exceptionThrown", "Audits.issueAdded":
			out = append(out, m.Method+" "+string(m.Params))
		case "Log.entryAdded":
			var p struct {
				Entry struct {
					Level string `json:"level"`
					Text  string `json:"text"`
					URL   string `json:"url"`
				} `json:"entry"`
			}
			_ = json.Unmarshal(m.Params, &p) // an event of another form has nothing to say
			if p.Entry.Level == "error" || p.Entry.Level == "warning" {
				out = append(out, fmt.Sprintf("%s: %s %s", p.Entry.Level, p.Entry.Text, p.Entry.URL))
			}
		case "Runtime.consoleAPICalled":
			var p struct {
				Type string `json:"type"`
			}
			_ = json.Unmarshal(m.Params, &p) // an event of another form has nothing to say
			if p.Type == "error" || p.Type == "warning" {
				out = append(out, "console "+string(m.Params))
			}
		}
	}
	return out
}

// requests are the addresses that the page asked for.
func (c *chromium) requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, m := range c.events {
		if m.Method == "Network.requestWillBeSent" {
			var p struct {
				Request struct {
					URL string `json:"url"`
				} `json:"request"`
			}
			_ = json.Unmarshal(m.Params, &p) // an event of another form has nothing to say
			out = append(out, p.Request.URL)
		}
	}
	return out
}
