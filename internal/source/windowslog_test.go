package source

import "testing"

// TestProviderOf checks that an event id names a provider only where no other provider of the log has it.
func TestProviderOf(t *testing.T) {
	for _, tt := range []struct {
		channel string
		id      uint32
		want    string
	}{
		{"System", 7000, "Service Control Manager"},
		{"System", 7045, "Service Control Manager"},
		{"System", 7001, ""}, // Winlogon has these, too
		{"System", 7002, ""},
		{"System", 7046, ""},
		{"System", 104, "Microsoft-Windows-Eventlog"},
		{"Security", 4624, "Microsoft-Windows-Security-Auditing"},
		{"Security", 1102, "Microsoft-Windows-Eventlog"},
		{"Application", 7000, ""},
	} {
		if got := providerOf(tt.channel, tt.id); got != tt.want {
			t.Errorf("%s %d is of %q, want %q", tt.channel, tt.id, got, tt.want)
		}
	}
}
