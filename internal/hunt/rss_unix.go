//go:build unix

package hunt

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// peakRSS is the largest resident size of this process so far, in bytes; 0 where the system does not tell.
func peakRSS() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(u.Maxrss) //nolint:unconvert // it is narrower on some systems
	}
	return int64(u.Maxrss) << 10 //nolint:unconvert // as above; these count in KiB
}
