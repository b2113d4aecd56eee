package node

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The API stands behind the same door as TAXII: identifiers of requests, metrics, the log, limits.
func TestAPI(t *testing.T) {
	r := run(t, t.TempDir(), func(c *Config) { c.Rate, c.Burst = 0.001, 8 })
	status, body, h := r.get(t, "/api/v1/me", "ent_reader")
	if status != http.StatusOK || !strings.Contains(body, `"user":"reader"`) || h.Get("X-Request-Id") == "" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s %v", status, body, h)
	}
	if status, body, h = r.get(t, "/api/v1/me", "ent_wrong"); status != http.StatusUnauthorized || h.Get("WWW-Authenticate") == "" || h.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", status, body)
	}
	if status, body, _ = r.get(t, "/api/v1/counts?text=who+looks+for+whom", "ent_reader"); status != http.StatusOK || body != `{"count":0}`+"\n" {
		t.Errorf("%d %s", status, body)
	}
	if _, metrics, _ := r.get(t, "/metrics", "ent_chief"); !strings.Contains(metrics, `entente_http_requests_total{endpoint="api",method="GET",status="200"} 2`) {
		t.Error(metrics)
	}
	if log := r.log.String(); strings.Contains(log, "whom") || !strings.Contains(log, "/api/v1/counts") {
		t.Error(log)
	}
	for range 10 {
		status, _, h = r.get(t, "/api/v1/me", "ent_reader")
	}
	if status != http.StatusTooManyRequests || h.Get("Retry-After") == "" {
		t.Errorf("%d %v", status, h)
	}
}

// A stream takes no place among the requests that are worked at, and ends when the node does.
func TestStreamsEndWithTheNode(t *testing.T) {
	r := run(t, t.TempDir(), func(c *Config) { c.Requests = 1; c.Grace = time.Minute })
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, r.base+"/api/v1/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer ent_reader")
	res, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	in := bufio.NewReader(res.Body)
	for line := ""; line != ": \n"; {
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, _ := r.get(t, "/api/v1/me", "ent_reader"); status != http.StatusOK {
		t.Errorf("beside a stream: %d", status)
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if strings.Contains(r.log.String(), "cut off") {
		t.Error("the node waits for its streams")
	}
}
