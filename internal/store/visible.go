package store

import "strings"

// This file decides who may see (docs/decisions/0008-who-may-see.md). Every statement that reads items, entries of the
// search index, links or conflicts for somebody is built with the two pieces below: w, what the caller is in each collection, and
// visible, the condition on one item. A test refuses statements that name those tables without them.

// whoOf begins the table expression w: for each collection, what the caller with user $1 and organisation $2 may do there now.
//
//	collection, title     the collection
//	public                1 where anonymous callers may read what is clear
//	reads, writes         1 where the caller's organisation may
//	org, usr              the caller, 0 for an anonymous one
//	own                   the clearance of the caller's organisation
//	inherited             the clearance of the organisation that it is a client of, up to amber
//	named                 1 where the collection names the user for red items
//
// A caller who is not an enabled user of an enabled organisation is anonymous.
const whoOf = `w AS MATERIALIZED (
	SELECT c.id AS collection, c.public AS public,
		coalesce(r.can_read, 0) AS reads, coalesce(r.can_write, 0) AS writes,
		coalesce(o.id, 0) AS org, coalesce(u.id, 0) AS usr,
		coalesce(o.clearance, 0) AS own,
		CASE WHEN p.clearance > 2 THEN 2 ELSE coalesce(p.clearance, 0) END AS inherited,
		CASE WHEN n.usr IS NULL THEN 0 ELSE 1 END AS named
	FROM collections c
	LEFT JOIN (users u JOIN orgs o ON o.id = u.org AND o.disabled = 0) ON u.id = $1 AND u.org = $2 AND u.disabled = 0
	LEFT JOIN orgs p ON p.id = o.client_of AND p.disabled = 0
	LEFT JOIN rights r ON r.collection = c.id AND r.org = o.id
	LEFT JOIN named n ON n.collection = c.id AND n.usr = u.id`

// who is for all collections, whoIn for the one that $3 says.
const (
	who   = whoOf + `)`
	whoIn = whoOf + ` WHERE c.id = $3)`
)

// condition says whether w sees the parts of the item {i} that have the label {label}.
const condition = `(
	(w.public = 1 AND {label} = 0 AND {i}.grp = 0)
	OR (w.reads = 1
		AND ({i}.grp = 0 OR EXISTS (SELECT 1 FROM members m WHERE m.grp = {i}.grp AND m.org = w.org))
		AND ({label} = 0
			OR ({label} < 4 AND {i}.owner = w.org)
			OR ({label} < 4 AND {label} <= w.own)
			OR ({label} < 3 AND {label} <= w.inherited)
			OR ({label} = 4 AND ({i}.submitter = w.usr OR w.named = 1))))
)`

// visible is the condition that w sees an item. The item is one row of items or of conflicts, under the alias.
func visible(alias string) string { return sees(alias, alias+".label") }

// sees is the condition that w sees the parts of an item that have the label. It does not imply that w sees the item: who
// is named for red may lack the clearance for amber.
func sees(alias, label string) string {
	return strings.NewReplacer("{i}", alias, "{label}", label).Replace(condition)
}
