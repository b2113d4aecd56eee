package node

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"sync"

	"entente/internal/peer"
)

// PeersFile is the file with the peers in the folder of a node (docs/peers.md). A node without it has none.
const PeersFile = "peers.yml"

// newPeers makes the exchange with the peers that the folder of the node names; it does nothing before it is told to.
func (n *Node) newPeers(dir string) error {
	peers, err := peer.Load(filepath.Join(dir, PeersFile))
	if err != nil {
		return err
	}
	n.peers, err = peer.New(n.ex, n.st, peers, peer.Options{Now: n.now, Log: n.log, Dir: dir, UserAgent: "entente/" + n.version})
	return err
}

// background does what no request asks for, until ctx ends.
func (n *Node) background(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { n.sweep(ctx) })
	all.Go(func() { n.peers.Run(ctx) })
	all.Go(func() { n.webhooks.Run(ctx) })
	for _, c := range n.coalitions {
		all.Go(func() { c.Run(ctx) })
	}
	all.Go(func() { giveBack(ctx) })
	all.Wait()
}

// writePeers writes how the exchange with peers goes, in the text format of Prometheus.
func (n *Node) writePeers(w io.Writer) {
	list := n.peers.Status()
	if len(list) == 0 {
		return
	}
	for _, f := range []struct {
		name, kind, help string
		value            func(peer.Status) float64
	}{
		{"rounds_total", "counter", "Rounds of exchange with the peer.", func(s peer.Status) float64 { return float64(s.Rounds) }},
		{"failures_in_a_row", "gauge", "Rounds that have failed since the last good one.", func(s peer.Status) float64 { return float64(s.InARow) }},
		{"good_seconds", "gauge", "End of the last good round, since 1970; 0 before the first.", func(s peer.Status) float64 {
			if s.Good.IsZero() {
				return 0
			}
			return float64(s.Good.Unix())
		}},
		{"stored_total", "counter", "Objects from the peer that were new.", func(s peer.Status) float64 { return float64(s.Total.Stored) }},
		{"failed_total", "counter", "Objects from the peer that could not be stored.", func(s peer.Status) float64 { return float64(s.Total.Failed) }},
		{"conflicts_total", "counter", "Objects from the peer that stand here with other bytes.", func(s peer.Status) float64 { return float64(s.Total.Conflicts) }},
		{"taken_total", "counter", "Objects that the peer has taken.", func(s peer.Status) float64 { return float64(s.Total.Taken) }},
		{"refused_total", "counter", "Objects that the peer has refused.", func(s peer.Status) float64 { return float64(s.Total.Refused) }},
		{"kept_total", "counter", "Objects that a rule did not let cross.", func(s peer.Status) float64 { return float64(s.Total.Kept) }},
	} {
		family(w, "entente_peer_"+f.name, f.kind, f.help)
		for _, s := range list {
			fmt.Fprintf(w, "entente_peer_%s{peer=%q} %s\n", f.name, s.Name, strconv.FormatFloat(f.value(s), 'f', -1, 64))
		}
	}
}

// StoreDir is the folder of the SQLite store of the node in dir.
func StoreDir(dir string) string { return filepath.Join(dir, storeDir) }
