package node

import (
	"net"
	"sync"
	"sync/atomic"
)

// guarded is a listener that closes connections beyond a number at once: in all, and from one address. They are closed rather
// than left to wait, so that a flood from one address keeps nobody else out.
type guarded struct {
	net.Listener
	most, perAddress int

	mu   sync.Mutex // guards what follows
	open int
	from map[string]int

	refused atomic.Int64
}

func guard(l net.Listener, most, perAddress int) *guarded {
	return &guarded{Listener: l, most: most, perAddress: perAddress, from: map[string]int{}}
}

// Accept implements net.Listener.
func (g *guarded) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host, _, err := net.SplitHostPort(c.RemoteAddr().String())
		if err != nil {
			host = c.RemoteAddr().String()
		}
		if g.enter(host) {
			return &guardedConn{Conn: c, leave: sync.OnceFunc(func() { g.leave(host) })}, nil
		}
		g.refused.Add(1)
		_ = c.Close() // it was never used
	}
}

func (g *guarded) enter(host string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.most || g.from[host] >= g.perAddress {
		return false
	}
	g.open++
	g.from[host]++
	return true
}

func (g *guarded) leave(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if g.from[host]--; g.from[host] <= 0 {
		delete(g.from, host)
	}
}

// connections is how many are open.
func (g *guarded) connections() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

type guardedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *guardedConn) Close() error {
	c.leave()
	return c.Conn.Close()
}
