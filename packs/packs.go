// Package packs holds the rules that come with the program: data only, written for it.
package packs

import (
	"embed"
	"io/fs"
)

//go:embed demo/rules/*.yml
var demo embed.FS

// DemoRules are the Sigma rules of the demonstration, as files in the root of a file system. They find what
// `entente demo` plants, and are fit for use: each says what it is for and what else may set it off.
func DemoRules() fs.FS {
	sub, err := fs.Sub(demo, "demo/rules")
	if err != nil { // the path is a constant that the compiler has checked
		return demo
	}
	return sub
}
