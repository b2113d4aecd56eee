package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"entente/internal/webhook"
)

// sealFile has the key with which secrets of webhooks are sealed before they are stored: a copy of the store alone does not
// give them away. Nodes that share a database need the same one.
const sealFile = "secrets.key"

// sealingKey reads the key in the folder of the node, which is made where there is none. Where it cannot be made there is no
// key, and there are no webhooks.
func sealingKey(ctx context.Context, dir string, log *slog.Logger) ([]byte, error) {
	path := filepath.Join(dir, sealFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err := newSealingKey(path)
		if err != nil {
			log.WarnContext(ctx, "there are no webhooks: their secrets could not be sealed", slog.Any("error", err))
		}
		return key, nil
	}
	if err != nil {
		return nil, fmt.Errorf("key of secrets: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s holds no key: 32 bytes in hex", path)
	}
	return key, nil
}

func newSealingKey(path string) ([]byte, error) {
	key := make([]byte, 32)
	rand.Read(key)                                             // never fails
	f, err := os.CreateTemp(filepath.Dir(path), sealFile+"-*") // for the owner alone
	if err != nil {
		return nil, fmt.Errorf("key of secrets: %w", err)
	}
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return nil, fmt.Errorf("key of secrets: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return key, nil
}

// newWebhooks makes what tells webhooks; it does nothing before it is told to.
func (n *Node) newWebhooks() error {
	networks, err := prefixes("webhook_networks", n.cfg.WebhookNetworks)
	n.webhooks = webhook.New(n.ex, webhook.Options{Now: n.now, Log: n.log, Networks: networks, UserAgent: "entente/" + n.version})
	return err
}

// prefixes reads a list of networks.
func prefixes(field string, list []string) (out []netip.Prefix, err error) {
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is no network, such as 10.0.0.0/8", field, text)
		}
		out = append(out, p)
	}
	return out, nil
}
