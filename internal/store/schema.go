package store

// migrations bring an empty database to the present, one by one. An entry that was released is never edited: what is to
// change is a new entry at the end.
//
// item is collection<<40 | seq: one number that orders the items of a collection by seq and keys everything about them.
// flags of items are hints that save a look at the other versions: see flagNewer and its neighbours.
// raws has no index on digest: the same bytes are the same object, over which they are found. An index on what is random costs
// a page of the disk for each item.
var migrations = []string{
	`
CREATE TABLE meta (name TEXT PRIMARY KEY, value {{bytes}} NOT NULL);
CREATE TABLE cursors (name TEXT PRIMARY KEY, value {{bytes}} NOT NULL);

CREATE TABLE orgs (
	id {{id}}, uid TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,
	clearance BIGINT NOT NULL CHECK (clearance BETWEEN 0 AND 3), client_of BIGINT NOT NULL, disabled BIGINT NOT NULL,
	created BIGINT NOT NULL
);
CREATE TABLE users (
	id {{id}}, org BIGINT NOT NULL REFERENCES orgs (id), name TEXT NOT NULL UNIQUE, service BIGINT NOT NULL,
	roles BIGINT NOT NULL, password TEXT NOT NULL, cert TEXT NOT NULL, disabled BIGINT NOT NULL, created BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_cert ON users (cert) WHERE cert <> '';
CREATE TABLE tokens (
	id {{id}}, usr BIGINT NOT NULL REFERENCES users (id), name TEXT NOT NULL, hash {{bytes}} NOT NULL UNIQUE,
	scopes BIGINT NOT NULL, created BIGINT NOT NULL, expires BIGINT NOT NULL, last_used BIGINT NOT NULL, revoked BIGINT NOT NULL
);
CREATE INDEX tokens_usr ON tokens (usr);
CREATE TABLE sharing_groups (
	id {{id}}, uid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, owner BIGINT NOT NULL REFERENCES orgs (id)
);
CREATE TABLE members (
	grp BIGINT NOT NULL REFERENCES sharing_groups (id), org BIGINT NOT NULL REFERENCES orgs (id), PRIMARY KEY (grp, org)
);
CREATE TABLE roots (
	id {{id}}, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, description TEXT NOT NULL, max_content_length BIGINT NOT NULL
);
CREATE TABLE collections (
	id {{id}}, uid TEXT NOT NULL UNIQUE, root BIGINT NOT NULL REFERENCES roots (id), alias TEXT NOT NULL, title TEXT NOT NULL,
	description TEXT NOT NULL, owner BIGINT NOT NULL REFERENCES orgs (id), grp BIGINT NOT NULL, label BIGINT NOT NULL,
	public BIGINT NOT NULL, seq BIGINT NOT NULL, last_added BIGINT NOT NULL
);
CREATE UNIQUE INDEX collections_alias ON collections (root, alias) WHERE alias <> '';
CREATE TABLE rights (
	collection BIGINT NOT NULL REFERENCES collections (id), org BIGINT NOT NULL REFERENCES orgs (id),
	can_read BIGINT NOT NULL, can_write BIGINT NOT NULL, PRIMARY KEY (collection, org)
);
CREATE TABLE named (
	collection BIGINT NOT NULL REFERENCES collections (id), usr BIGINT NOT NULL REFERENCES users (id), PRIMARY KEY (collection, usr)
);

CREATE TABLE raws (id {{id}}, digest {{bytes}} NOT NULL, refs BIGINT NOT NULL, data {{bytes}} NOT NULL);
CREATE TABLE items (
	item {{key}}, collection BIGINT NOT NULL, added BIGINT NOT NULL, flags BIGINT NOT NULL,
	owner BIGINT NOT NULL, submitter BIGINT NOT NULL, label BIGINT NOT NULL, grp BIGINT NOT NULL,
	object TEXT NOT NULL, kind TEXT NOT NULL, spec BIGINT NOT NULL, version BIGINT NOT NULL, version_text TEXT NOT NULL,
	revoked BIGINT NOT NULL, redacted BIGINT NOT NULL, granular BIGINT NOT NULL, expires BIGINT NOT NULL, raw BIGINT NOT NULL
);
CREATE UNIQUE INDEX items_added ON items (collection, added);
CREATE INDEX items_object ON items (object, collection, version);
CREATE INDEX items_kind ON items (collection, kind, item);
CREATE INDEX items_expires ON items (expires) WHERE expires <> 0;

CREATE TABLE conflicts (
	id {{id}}, collection BIGINT NOT NULL, at BIGINT NOT NULL, item BIGINT NOT NULL,
	owner BIGINT NOT NULL, submitter BIGINT NOT NULL, label BIGINT NOT NULL, grp BIGINT NOT NULL,
	object TEXT NOT NULL, kind TEXT NOT NULL, spec BIGINT NOT NULL, version BIGINT NOT NULL, version_text TEXT NOT NULL,
	revoked BIGINT NOT NULL, redacted BIGINT NOT NULL, granular BIGINT NOT NULL, raw BIGINT NOT NULL
);
CREATE UNIQUE INDEX conflicts_once ON conflicts (object, collection, version, owner, raw);

CREATE TABLE terms (id {{id}}, kind BIGINT NOT NULL, value TEXT NOT NULL);
CREATE UNIQUE INDEX terms_value ON terms (value, kind);
CREATE TABLE postings (
	term BIGINT NOT NULL, item BIGINT NOT NULL, label BIGINT NOT NULL, PRIMARY KEY (term, item, label)
){{clustered}};
CREATE TABLE links (
	item BIGINT NOT NULL, property TEXT NOT NULL, target TEXT NOT NULL, label BIGINT NOT NULL,
	PRIMARY KEY (item, property, target, label)
){{clustered}};
CREATE INDEX links_target ON links (target, item);
CREATE TABLE indexed (item {{key}}, terms {{bytes}} NOT NULL);
CREATE TABLE backlog (id {{id}}, items BIGINT NOT NULL, entries {{bytes}} NOT NULL);

CREATE TABLE statuses (
	uid TEXT PRIMARY KEY, root BIGINT NOT NULL, usr BIGINT NOT NULL, body {{bytes}} NOT NULL, updated BIGINT NOT NULL
);
CREATE INDEX statuses_updated ON statuses (updated);
CREATE TABLE audit (
	seq {{key}}, at BIGINT NOT NULL, usr BIGINT NOT NULL, org BIGINT NOT NULL, token BIGINT NOT NULL, remote TEXT NOT NULL,
	deed TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL, hash {{bytes}} NOT NULL
);
`,
	`
CREATE TABLE webhooks (
	id {{id}}, uid TEXT NOT NULL UNIQUE, usr BIGINT NOT NULL REFERENCES users (id), url TEXT NOT NULL, secret {{bytes}} NOT NULL,
	filter {{bytes}} NOT NULL, state {{bytes}} NOT NULL, disabled BIGINT NOT NULL, created BIGINT NOT NULL
);
`,
	// 0 where it is not known: of items that are older than the columns, too.
	`
ALTER TABLE items ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN creator BIGINT NOT NULL DEFAULT 0;
`,
	// Conflicts go with their item: those of items that went before they did are gone, too.
	`
CREATE INDEX conflicts_item ON conflicts (item);
UPDATE raws SET refs = refs - (SELECT count(*) FROM conflicts k WHERE k.raw = raws.id AND NOT EXISTS (SELECT 1 FROM items i WHERE i.item = k.item))
	WHERE id IN (SELECT k.raw FROM conflicts k WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.item = k.item));
DELETE FROM raws WHERE refs <= 0 AND id IN (SELECT raw FROM conflicts);
DELETE FROM conflicts WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.item = conflicts.item);
`,
}
