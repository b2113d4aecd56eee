// Package store keeps what a node knows: accounts, collections, objects of STIX as the bytes that were received, the audit
// log. It holds all SQL of the program, for SQLite (a folder of its own) and PostgreSQL (by URL).
//
// What it guarantees: what was acknowledged survives the death of the process at any instant; every statement that reads
// items carries the one condition that says who may see them (visible.go, docs/decisions/0008); pages are in the order of
// seq, which is the order of commits; date_added is unique within a collection; bytes come back as they were given.
//
// What it does not do: it validates no object, parses no marking, knows no HTTP. Package exchange does that.
package store

import "time"

// Label is a label of the Traffic Light Protocol 2.0, from the most open to the strictest.
type Label uint8

// The labels. Their numbers are stored.
const (
	Clear Label = iota
	Green
	Amber
	AmberStrict
	Red
)

// Caller is who asks. The zero value is an anonymous caller, who sees what is clear in public collections.
type Caller struct {
	User, Org int64
}

// Org is an organisation that has accounts on the node.
type Org struct {
	ID        int64
	UID       string // identity--UUID: its identity in STIX
	Name      string
	Clearance Label // the strictest label of others' items that it may see; never Red, which is for named users
	ClientOf  int64 // the organisation whose client it is, 0 without
	Disabled  bool
	Created   time.Time
}

// Roles of a user, a set.
type Roles uint8

// What the roles allow is decided in package exchange.
const (
	Reader Roles = 1 << iota
	Analyst
	Publisher
	Admin
	Auditor
)

// User is a person or a service of an organisation.
type User struct {
	ID       int64
	Org      int64
	Name     string // unique on the node
	Service  bool   // an account of a peer or a program
	Roles    Roles
	Password string // PHC string of argon2id, "" without
	Cert     string // SHA-256 of the client certificate's public key in hex, "" without
	Disabled bool
	Created  time.Time
}

// Scopes of a token, a set. A token never allows more than its user may do.
type Scopes uint8

// The scopes.
const (
	ScopeRead Scopes = 1 << iota
	ScopeWrite
	ScopeAdmin
	ScopeAudit
)

// Token is a bearer token. The secret itself is nowhere in the store.
type Token struct {
	ID       int64
	User     int64
	Name     string
	Hash     [32]byte // SHA-256 of the secret, which has 256 random bits
	Scopes   Scopes
	Created  time.Time
	Expires  time.Time // zero: never
	LastUsed time.Time // to the minute
	Revoked  bool
}

// Group is a sharing group across organisations.
type Group struct {
	ID    int64
	UID   string // UUID
	Name  string
	Owner int64 // organisation
}

// Root is an API root of TAXII.
type Root struct {
	ID               int64
	Path             string // one or more path segments, without slashes around
	Title            string
	Description      string
	MaxContentLength int64 // bytes
}

// Collection is a collection of items.
type Collection struct {
	ID          int64
	UID         string // UUIDv4
	Root        int64
	Alias       string // unique in its root, "" without
	Title       string
	Description string
	Owner       int64 // organisation
	Group       int64 // sharing group that new items get, 0 without
	Label       Label // of objects that have none
	Public      bool  // anonymous callers may read what is clear
}

// Rights say what an organisation may do with a collection.
type Rights struct {
	Collection, Org int64
	Read, Write     bool
}

// Class says who may see an item.
type Class struct {
	Owner     int64 // organisation
	Submitter int64 // user; counts for Red alone
	Label     Label
	Group     int64 // sharing group, 0 without
}

// TermKind is what a term of the search index is.
type TermKind uint8

// The kinds. Their numbers are stored.
const (
	TermAttack TermKind = iota + 1 // ATT&CK id in capitals: T1190, TA0001, G0125
	TermValue                      // value of an observable or in a pattern, lower case: address, domain, URL, hash …
	TermName                       // name or alias, lower case
	TermWord                       // word of name, description, labels; lower case
	TermLabel                      // entry of labels or of a …_types vocabulary, lower case
)

// Term is an entry of the search index.
type Term struct {
	Kind  TermKind
	Value string
	Label Label // of the property that it stands in; at least that of its item
}

// Link is a reference that an object makes: an edge of the graph.
type Link struct {
	Property string // source_ref, object_refs …; without the position in lists
	Target   string // identifier
	Label    Label
}

// New is an item to be stored.
type New struct {
	Collection  int64
	Class       Class
	ID          string // of the object
	Type        string
	Spec        string    // 2.0, 2.1
	Version     time.Time // modified, else created; zero: an object without versions. Stored in microseconds
	VersionText string    // as written, "" for an object without versions
	Created     time.Time // which all versions have to agree in, as in the creator; zero: whatever the others say
	Creator     string    // created_by_ref, "" without
	CreatorPart bool      // the creator is one of the parts that are marked apart: nobody hears of it by comparison who does not see them
	Revoked     bool
	Redacted    bool      // some of it was withheld from us: a copy of the same version that completes it replaces it
	Granular    bool      // parts of it are marked apart: exchange redacts them for the reader
	Parts       uint8     // the labels of these parts, as bits 1<<Label; 0 where it is Granular: every label may be among them
	Expires     time.Time // when retention removes it, zero: never
	Raw         []byte
	Terms       []Term
	Links       []Link
	// Completes says whether full says what somebody knows of partial, and more: what is left of it without some of its parts is
	// what is left of partial, an item under the label, without the parts whose labels are not known. nil: it never does.
	Completes func(full, partial []byte, label Label, known uint8) bool
	Came      time.Time // when it came: date_added is a moment between that and the storing; zero: when it is given to Add
	Added     time.Time // date_added to give it, zero: as above. Only for seeds; raised where it is not after the last one
}

// Result is what became of a New.
type Result uint8

// The results. What is stored or kept is safe on disk when Add returns.
const (
	Stored    Result = iota + 1
	Duplicate        // the same version with the same bytes, label and group stands there already, all of it visible to the submitter
	Conflict         // the same version with other bytes stands there, by what the submitter sees; ours is kept as a conflict
	Completed        // the bytes have taken the place of a redacted copy of the same organisation, as a new item
	Altered          // not kept: the versions that the submitter sees agree in another Created or Creator
	NotTheirs        // not kept: another organisation has made the object and has submitted versions itself, which the submitter sees
)

// Outcome is the Result of one New.
type Outcome struct {
	Result Result
	Seq    int64 // within the collection; of a Duplicate or a Conflict that of the item that stands there
	Added  time.Time
}

// Versions selects versions of objects (TAXII 2.1 section 3.4.1). The zero value is the latest one.
type Versions struct {
	All, First, Last bool
	Exact            []time.Time
}

// Query selects items. Fields that are set are all demanded; values within one are alternatives.
type Query struct {
	Collections []int64 // empty: every collection that the caller may read
	After       time.Time
	IDs         []string
	Types       []string
	Specs       []string // empty: of each object, the latest version of STIX that the collection has it in
	Versions    Versions
	Terms       []Term    // Kind and Value
	Words       []string  // all of them have to occur
	LinkedTo    string    // identifier that the object refers to
	Since       time.Time // version not before
	Until       time.Time // version before
	Labels      []Label
	Owners      []int64 // only items that belong to one of these organisations
	Cursor      Cursor  // go on after it
	Limit       int     // items; 0 is 100
	Bytes       int64   // the page ends with the item with which it has so many bytes; 0: it is bounded by Limit alone
	NoBytes     bool    // leave Raw out: manifests
}

// Cursor is a place among items: by date_added, then collection, then seq. The zero value is before the first.
type Cursor struct {
	Added      time.Time
	Collection int64
	Seq        int64
}

// Item is an item as a caller may see it. Where Granular is set, exchange has yet to redact Raw.
type Item struct {
	Collection  int64
	Seq         int64
	Added       time.Time
	Class       Class // of a page owner and label alone
	ID          string
	Type        string
	Spec        string
	Version     time.Time
	VersionText string
	Revoked     bool
	Redacted    bool
	Granular    bool
	// Sees are the labels under which the caller would see an item of this collection, owner, submitter and sharing group,
	// as bits 1<<Label, by the same condition. What stands in the item under another label, exchange takes out. No interval:
	// a user whom the collection names may see Red and not Amber. All labels where the item is not Granular.
	Sees uint8
	Raw  []byte
}

// Page is a part of the answer.
type Page struct {
	Items []Item
	More  bool
	Next  Cursor // where More is set
}
