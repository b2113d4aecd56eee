package stored

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// cpuTime is what the process has used of all cores so far (Linux; 0 elsewhere): proc(5), fields 14 and 15.
func cpuTime() time.Duration {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * (time.Second / 100)
}
