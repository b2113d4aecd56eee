package durable

// SyncDir makes new names in a folder last, where the system knows such a thing.
func SyncDir(dir string) { syncDir(dir) }
