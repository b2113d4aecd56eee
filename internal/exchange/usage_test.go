package exchange

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// cpuTime is what the process has used of all cores so far (Linux; 0 elsewhere).
func cpuTime() time.Duration {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	const utime, ticks = 11, 100 // proc(5): fields 14 and 15 of which the first two stand before the last bracket; 100 a second
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if len(fields) < utime+2 {
		return 0
	}
	user, _ := strconv.Atoi(fields[utime])
	system, _ := strconv.Atoi(fields[utime+1])
	return time.Duration(user+system) * time.Second / ticks
}

// mostMemory is the most memory that the process ever had, in MiB (Linux; 0 elsewhere).
func mostMemory() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return float64(n) / 1024
		}
	}
	return 0
}
