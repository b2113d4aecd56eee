package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"

	"modernc.org/sqlite"
)

// sqliteConn is a connection to SQLite, with the statements that it has prepared: SQLite takes a millisecond to make sense of
// the longer ones. It speaks to the driver itself: database/sql would add a quarter to the time that a page takes, most of it to
// copy bytes once more that the driver has just copied. It is for one goroutine at a time.
type sqliteConn struct {
	driverConn
	prepared map[string]driver.Stmt
	reading  int                 // statements whose rows are being read
	args     []driver.NamedValue // of the statement that is being begun
}

// driverConn is what the driver's connections can do.
type driverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
}

// mostStatements that a connection keeps prepared. Their texts differ by what a query asks for, not by its values.
const mostStatements = 200

func openConn(dsn string) (*sqliteConn, error) {
	conn, err := new(sqlite.Driver).Open(dsn)
	if err != nil {
		return nil, err
	}
	c, ok := conn.(driverConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver of SQLite has connections of type %T", conn), conn.Close())
	}
	return &sqliteConn{driverConn: c, prepared: map[string]driver.Stmt{}}, nil
}

// Close closes the connection and its statements.
func (c *sqliteConn) Close() error {
	return errors.Join(c.forget(), c.driverConn.Close())
}

func (c *sqliteConn) forget() error {
	var errs []error
	for _, s := range c.prepared {
		errs = append(errs, s.Close())
	}
	clear(c.prepared)
	return errors.Join(errs...)
}

func (c *sqliteConn) prepare(ctx context.Context, query string) (driver.Stmt, error) {
	if s := c.prepared[query]; s != nil {
		return s, nil
	}
	if len(c.prepared) >= mostStatements && c.reading == 0 {
		if err := c.forget(); err != nil {
			return nil, err
		}
	}
	s, err := c.PrepareContext(ctx, query)
	if err == nil {
		c.prepared[query] = s
	}
	return s, err
}

// bind makes values of arguments. They are good for the next statement.
func (c *sqliteConn) bind(args []any) ([]driver.NamedValue, error) {
	c.args = c.args[:0]
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args, nil
}

// script runs statements that have no arguments.
func (c *sqliteConn) script(ctx context.Context, statements string) error {
	_, err := c.ExecContext(ctx, statements, nil)
	return err
}

// exec runs a statement and says how many rows it changed.
func (c *sqliteConn) exec(ctx context.Context, query string, args []any) (int64, error) {
	s, err := c.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	values, err := c.bind(args)
	if err != nil {
		return 0, err
	}
	defer clear(values)
	r, err := s.(driver.StmtExecContext).ExecContext(ctx, values)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query runs a query; where it succeeds, the caller closes the rows with done.
func (c *sqliteConn) query(ctx context.Context, query string, args []any) (driver.Rows, error) {
	s, err := c.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	values, err := c.bind(args)
	if err != nil {
		return nil, err
	}
	defer clear(values)
	rows, err := s.(driver.StmtQueryContext).QueryContext(ctx, values)
	if err == nil {
		c.reading++
	}
	return rows, err
}

func (c *sqliteConn) done(rows driver.Rows) error {
	c.reading--
	return rows.Close()
}

// each runs a query and calls fn for each row, with the function that reads it: the pointers that it takes get the values of the columns.
func (c *sqliteConn) each(ctx context.Context, query string, args []any, fn func(scan func(...any) error) error) (err error) {
	rows, err := c.query(ctx, query, args)
	if err != nil {
		return err
	}
	defer func() {
		if e := c.done(rows); err == nil {
			err = e
		}
	}()
	row := make([]driver.Value, len(rows.Columns()))
	scan := func(into ...any) error {
		if len(into) != len(row) {
			return fmt.Errorf("%d columns, %d places for them", len(row), len(into))
		}
		for i, v := range row {
			if err := assign(into[i], v); err != nil {
				return fmt.Errorf("column %d: %w", i+1, err)
			}
		}
		return nil
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := fn(scan); err != nil {
			return err
		}
	}
}

// one runs a query and reads its first row; without one it fails with [sql.ErrNoRows].
func (c *sqliteConn) one(ctx context.Context, query string, args, into []any) error {
	found := false
	err := c.each(ctx, query, args, func(scan func(...any) error) error {
		if found {
			return errEnough
		}
		found = true
		return scan(into...)
	})
	switch {
	case errors.Is(err, errEnough):
		return nil
	case err == nil && !found:
		return sql.ErrNoRows
	}
	return err
}

// columns are the names of the columns of a query.
func (c *sqliteConn) columns(ctx context.Context, query string) ([]string, error) {
	rows, err := c.query(ctx, query, nil)
	if err != nil {
		return nil, err
	}
	return rows.Columns(), c.done(rows)
}

// assign stores a value that the driver has made: int64, string, []byte, float64 or nil. Nobody else has its bytes.
func assign(into any, v driver.Value) error {
	switch into := into.(type) {
	case *int64:
		if n, ok := v.(int64); ok {
			*into = n
			return nil
		}
	case *string:
		if s, ok := v.(string); ok {
			*into = s
			return nil
		}
	case *[]byte:
		if v == nil {
			*into = nil
			return nil
		}
		if b, ok := v.([]byte); ok {
			*into = b
			return nil
		}
	case *any:
		*into = v
		return nil
	case sql.Scanner:
		return into.Scan(v)
	default:
		n, ok := v.(int64)
		if to := reflect.ValueOf(into); ok && to.Kind() == reflect.Pointer {
			switch to = to.Elem(); {
			case to.CanInt() && !to.OverflowInt(n):
				to.SetInt(n)
				return nil
			case to.CanUint() && n >= 0 && !to.OverflowUint(uint64(n)):
				to.SetUint(uint64(n))
				return nil
			}
		}
	}
	return fmt.Errorf("a %T has no place in a %T", v, into)
}
