//go:build !unix

package source

import "os"

// openRegular opens a regular file for reading.
func openRegular(path string) (*os.File, error) { return os.Open(path) }
