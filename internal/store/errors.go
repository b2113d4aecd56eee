package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The errors that callers tell apart, with errors.Is.
var (
	ErrNotFound    = errors.New("not found")
	ErrExists      = errors.New("exists already")
	ErrConflict    = errors.New("does not go together with what is stored")
	ErrNewerSchema = errors.New("the store was written by a newer version of the program: use that one")
	ErrBusy        = errors.New("the database does not answer or is locked by another program: try again")
	ErrFull        = errors.New("the disk is full: make room, nothing that was acknowledged is lost")
	ErrReadOnly    = errors.New("the store cannot be written to: check the rights of its folder and whether the disk is mounted read-only")
	ErrDamaged     = errors.New("the database is damaged: restore a backup")
)

// translate gives an error of a database the meaning that callers know; the database's own words stay in it.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if meaning := meaningOf(err); meaning != nil {
		return fmt.Errorf("%w (%w)", meaning, err)
	}
	return err
}

func meaningOf(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		// The low byte is the primary code: https://sqlite.org/rescode.html.
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT:
			return constraint(e.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY)
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return ErrBusy
		case sqlite3.SQLITE_FULL:
			return ErrFull
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return ErrReadOnly
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return ErrDamaged
		}
		return nil
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// https://www.postgresql.org/docs/current/errcodes-appendix.html
		switch e.Code {
		case "23503":
			return constraint(true)
		case "23505", "23514", "23502":
			return constraint(false)
		case "53100":
			return ErrFull
		case "25006", "42501":
			return ErrReadOnly
		case "XX001", "XX002":
			return ErrDamaged
		case "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300":
			return ErrBusy
		}
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return ErrBusy
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return ErrBusy
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return ErrBusy
	}
	return nil
}

// constraint is the meaning of a broken constraint: a reference to nothing, or a value that has to be unique.
func constraint(reference bool) error {
	if reference {
		return ErrNotFound
	}
	return ErrExists
}

// collided says that PostgreSQL ended a transaction because of another one, and that it may be tried again: a deadlock or a
// failed serialisation.
func collided(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}
