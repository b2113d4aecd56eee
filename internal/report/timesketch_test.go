package report

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestTimesketch(t *testing.T) {
	x := plainFinding()
	x.Count = 4
	y := plainFinding()
	y.Time = time.Time{}
	y.Matched[0].Name, y.Matched[1].Name = "message", "a.b c"
	lines := strings.Split(strings.TrimSpace(render(t, "timesketch", Options{}, nil, x, y)), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	var a, b map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(lines[1]), &b); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]any{
		"message":  `[critical] Shell of a web server on WEB01.corp.example by CORP\svc_web (4 times): CommandLine: cmd.exe /c whoami ¦ ParentImage: C:\Windows\System32\inetsrv\w3wp.exe`,
		"datetime": "2024-05-20T09:14:03.117000+00:00", "timestamp": float64(1716196443117000), "timestamp_desc": "Event logged", "CommandLine": "cmd.exe /c whoami", "count": 4.0,
	} {
		if a[k] != want {
			t.Errorf("%s = %v, wanted %v", k, a[k], want)
		}
	}
	if b["datetime"] != "1970-01-01T00:00:00.000000+00:00" || !strings.Contains(b["timestamp_desc"].(string), "no time") {
		t.Errorf("without time: %v %v", b["datetime"], b["timestamp_desc"])
	}
	if b["field_message"] != "cmd.exe /c whoami" || b["a_b_c"] == nil {
		t.Errorf("names of matched fields: %v", b)
	}
	for k, v := range a {
		switch v.(type) {
		case map[string]any:
			t.Errorf("attribute %s is an object", k)
		}
	}
}

func TestTimesketchCSV(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(render(t, "timesketch-csv", Options{}, nil, plainFinding()))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	for i, want := range []string{"message", "datetime", "timestamp", "timestamp_desc"} {
		if rows[0][i] != want {
			t.Errorf("column %d is %q, wanted %q", i, rows[0][i], want)
		}
	}
	if rows[1][1] != "2024-05-20T09:14:03.117000+00:00" || rows[1][2] != "1716196443117000" {
		t.Errorf("time: %v", rows[1][:4])
	}
}
