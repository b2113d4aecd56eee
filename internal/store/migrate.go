package store

import (
	"context"
	"fmt"
)

// SchemaVersion is the version of the schema that this program writes; Open brings older stores to it and refuses newer ones.
func SchemaVersion() int { return len(migrations) }

// SchemaVersion gives the version of the schema of the store.
func (s *Store) SchemaVersion(ctx context.Context) (int, error) {
	var n int
	err := s.reader(ctx).one(`SELECT version FROM schema_version`, nil, &n)
	return n, err
}

// migrate applies what is missing, each step in a transaction of its own, so that a step that fails leaves the store at the
// version before it. The row of schema_version is locked meanwhile: of several nodes that start on one database, one migrates.
//
// It is our own because the library at hand (pressly/goose) wants each migration once per database, in its own tongue, which
// would let the two drift apart.
func (s *Store) migrate(ctx context.Context, steps []string) error {
	if err := s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`CREATE TABLE IF NOT EXISTS schema_version (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)`); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO schema_version (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING`)
		return err
	}); err != nil {
		return err
	}
	for done := false; !done; {
		if err := s.write(ctx, func(t *tx) error {
			var version int
			if err := t.one(t.d.words(`SELECT version FROM schema_version WHERE id = 1{{lock}}`), nil, &version); err != nil {
				return err
			}
			if version > len(steps) {
				return fmt.Errorf("%w (it has schema %d, this one knows %d)", ErrNewerSchema, version, len(steps))
			}
			if done = version == len(steps); done {
				return nil
			}
			if err := t.script(t.d.words(steps[version])); err != nil {
				return fmt.Errorf("migration %d: %w", version+1, err)
			}
			_, err := t.exec(`UPDATE schema_version SET version = $1`, version+1)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
