package exchange

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL

	"entente/internal/store"
)

// postgresEnv names the database for the tests: a URL with the right to make schemas. tools/postgres.sh starts one.
const postgresEnv = "ENTENTE_TEST_POSTGRES"

// postgresPlace is an empty place in the PostgreSQL of the tests, a schema of its own.
func postgresPlace(tb testing.TB) store.Config {
	tb.Helper()
	at := os.Getenv(postgresEnv)
	if at == "" {
		tb.Skipf("%s is not set: nothing is tested on PostgreSQL (sh tools/postgres.sh start DIR prints a value)", postgresEnv)
	}
	u := must[*url.URL](tb)(url.Parse(at))
	db := must[*sql.DB](tb)(sql.Open("pgx", at))
	name := "x" + strings.ReplaceAll(newUUID(), "-", "")[:12]
	if _, err := db.ExecContext(tb.Context(), `CREATE SCHEMA `+name); err != nil {
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
	return store.Config{URL: u.String()}
}

// The same cases on PostgreSQL.
func TestLeaksPostgres(t *testing.T) {
	leaks(t, 2, postgresPlace)
}
