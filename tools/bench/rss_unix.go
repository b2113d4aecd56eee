//go:build unix

package main

import (
	"os"
	"syscall"
)

// maxRSS is the largest resident size of a process that has ended, in bytes.
func maxRSS(p *os.ProcessState) int64 {
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		return int64(u.Maxrss) << 10
	}
	return 0
}
