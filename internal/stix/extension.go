package stix

// PackFormat is the format of advisory packs that the extension carries.
const PackFormat = "entente-pack/1"

// PackExtension identifies the extension in which exports of advisory packs keep what STIX has no property for.
func PackExtension() string { return ID("extension-definition", PackFormat) }
