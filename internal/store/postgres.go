package store

import (
	"context"
	"errors"
)

func (s *Store) connectPostgres(context.Context, string) error {
	return errors.New("PostgreSQL: not yet")
}
