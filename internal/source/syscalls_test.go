package source

import "testing"

func TestSyscallNames(t *testing.T) {
	tests := []struct {
		arch string
		n    int
		want string
	}{
		{"c000003e", 0, "read"},
		{"c000003e", 59, "execve"},
		{"c000003e", 103, "syslog"},
		{"c000003e", 133, "mknod"},
		{"c000003e", 322, "execveat"},
		{"c000003e", 435, "clone3"},
		{"40000003", 11, "execve"},
		{"40000003", 102, "socketcall"},
		{"c00000b7", 221, "execve"},
		{"c00000b7", 56, "openat"},
		{"40000028", 11, "execve"},
		{"c000003e", 400, ""},
	}
	for _, tt := range tests {
		names := syscallNames(syscallTable(tt.arch))
		got := ""
		if tt.n < len(names) {
			got = names[tt.n]
		}
		if got != tt.want {
			t.Errorf("%s %d = %q, want %q", tt.arch, tt.n, got, tt.want)
		}
	}
	if syscallTable("deadbeef") != "" {
		t.Error("an unknown architecture has a table")
	}
}
