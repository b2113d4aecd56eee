package store

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"testing"
)

// postgresEnv names the database for the tests: a URL with the right to make schemas. tools/postgres.sh starts one.
const postgresEnv = "ENTENTE_TEST_POSTGRES"

// postgresConfig gives an empty place in the PostgreSQL of the tests, a schema of its own.
func postgresConfig(tb testing.TB) Config {
	tb.Helper()
	at := os.Getenv(postgresEnv)
	if at == "" {
		tb.Skipf("%s is not set: nothing is tested on PostgreSQL (sh tools/postgres.sh start DIR prints a value)", postgresEnv)
	}
	u, err := url.Parse(at)
	if err != nil {
		tb.Fatal(err)
	}
	db, err := sql.Open("pgx", at)
	if err != nil {
		tb.Fatal(err)
	}
	name := "t" + newUUID()[:8]
	if _, err := db.Exec(`CREATE SCHEMA ` + name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), `DROP SCHEMA `+name+` CASCADE`); err != nil {
			tb.Error(err)
		}
		db.Close()
	})
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return Config{URL: u.String()}
}

// onBoth runs a test on an empty store of each kind.
func onBoth(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	onBothAt(t, Config{}, test)
}

// onBothAt is onBoth with more in the configuration.
func onBothAt(t *testing.T, c Config, test func(t *testing.T, s *Store)) {
	t.Helper()
	run := func(name string, place func(tb testing.TB) Config) {
		t.Run(name, func(t *testing.T) {
			at := place(t)
			at.Now, at.NoIndexer = c.Now, c.NoIndexer
			s := must[*Store](t)(Create(t.Context(), at))
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, s)
		})
	}
	run("sqlite", func(tb testing.TB) Config { tb.Helper(); return Config{Dir: tb.TempDir()} })
	run("postgres", postgresConfig)
}

// onPlaces runs a test on an empty place of each kind.
func onPlaces(t *testing.T, test func(t *testing.T, at Config)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, Config{Dir: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresConfig(t)) })
}
