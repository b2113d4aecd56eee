// Command entente hunts, shares, attributes and co-signs; see README.md.
package main

func main() {}
