package node

import (
	"context"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

// A node that has served a burst and then nothing more would keep what it took for minutes: nothing asks the collector to run.
const (
	giveEvery = 10 * time.Second
	giveAt    = 32 << 20 // more bytes than when memory was given back last
)

// giveBack gives memory that is no longer needed back to the system, until ctx ends.
func giveBack(ctx context.Context) {
	tick := time.NewTicker(giveEvery)
	defer tick.Stop()
	keeps := keeper{held: held, release: debug.FreeOSMemory}
	for {
		select {
		case <-tick.C:
			keeps.look()
		case <-ctx.Done():
			return
		}
	}
}

// keeper knows how much was held after the last release.
type keeper struct {
	held    func() uint64
	release func()
	last    uint64
}

// look releases where more is held than after the last time. What is in use stays: it is not asked for again and again.
func (k *keeper) look() {
	now := k.held()
	if now <= k.last+giveAt {
		k.last = min(k.last, now)
		return
	}
	k.release()
	k.last = k.held()
}

// held is how many bytes the program has of the system.
func held() uint64 {
	s := []runtimemetrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	runtimemetrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
