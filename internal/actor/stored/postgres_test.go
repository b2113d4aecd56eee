package stored

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL

	"entente/internal/store"
)

// postgresPlace is an empty place in the PostgreSQL of the tests, a schema of its own, or skips (docs/store.md).
func postgresPlace(t *testing.T) store.Config {
	t.Helper()
	const env = "ENTENTE_TEST_POSTGRES"
	at := os.Getenv(env)
	if at == "" {
		t.Skipf("%s is not set: nothing is tested on PostgreSQL (sh tools/postgres.sh start DIR prints a value)", env)
	}
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	name := "a" + strings.ToLower(rand.Text()[:12])
	if _, err := db.ExecContext(t.Context(), `CREATE SCHEMA `+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), `DROP SCHEMA `+name+` CASCADE`); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return store.Config{URL: u.String()}
}
