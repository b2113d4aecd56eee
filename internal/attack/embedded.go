package attack

import (
	_ "embed" // the facts
	"sync"
)

// The facts are made from the bundles of https://github.com/mitre-attack/attack-stix-data. To make them anew, put the
// folder with the three files into ATTACK_STIX and run go generate.
//
//go:generate go run ./gen -version 18.1 -o facts.bin.gz $ATTACK_STIX

//go:embed facts.bin.gz
var embedded []byte

// decoded is decoded at most once, when somebody asks.
var decoded = sync.OnceValues(func() (*Facts, error) { return Decode(embedded) })

// Default returns the embedded facts. They are decoded at the first call.
func Default() (*Facts, error) { return decoded() }
