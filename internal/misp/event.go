package misp

// Event is an event of MISP (MISP core format, section 2). Texts are as they stand there; "" is absent. Numbers that MISP
// writes as texts are texts here.
type Event struct {
	UUID             string
	Info             string
	Date             string // 2021-07-19
	Timestamp        string // seconds since 1970
	PublishTimestamp string
	Published        bool
	ThreatLevel      string // 1 high, 2 medium, 3 low, 4 undefined
	Analysis         string // 0 initial, 1 ongoing, 2 complete
	Distribution     string // see [distributions]
	SharingGroup     SharingGroup
	ExtendsUUID      string
	Org              Org // who holds the event
	Orgc             Org // who made it
	Tags             []Tag
	Galaxies         []Galaxy
	Attributes       []Attribute
	Objects          []Object
	Reports          []EventReport
	// Left are members that are not read, by name, with the number of their entries.
	Left map[string]int
	// Broken are parts of the event that cannot be read.
	Broken []Loss
}

// Org is an organisation.
type Org struct{ UUID, Name string }

// SharingGroup is the group that an event or attribute of distribution 4 is for.
type SharingGroup struct{ UUID, Name string }

// Attribute is one value with its meaning.
type Attribute struct {
	UUID               string
	Type               string
	Category           string
	Value              string
	Relation           string // object_relation: what it is to its object
	Comment            string
	ToIDs              bool
	ToIDsGiven         bool // to_ids stands there
	Deleted            bool
	DisableCorrelation bool
	Timestamp          string
	FirstSeen          string
	LastSeen           string
	Distribution       string
	SharingGroup       SharingGroup
	Data               int // bytes of the base64 text in data, which is not kept
	Tags               []Tag
	Galaxies           []Galaxy
	Sightings          []Sighting
	Left               map[string]int
}

// Object is attributes that belong together, by a template.
type Object struct {
	UUID            string
	Name            string
	MetaCategory    string
	Description     string
	TemplateUUID    string
	TemplateVersion string
	Comment         string
	Deleted         bool
	Timestamp       string
	FirstSeen       string
	LastSeen        string
	Distribution    string
	SharingGroup    SharingGroup
	Tags            []Tag // which MISP does not give to objects; they hold for all of it
	Attributes      []Attribute
	References      []Reference
	Left            map[string]int
}

// Reference ties an object to another, or to an attribute.
type Reference struct {
	UUID           string
	ReferencedUUID string
	Type           string // relationship_type
	Comment        string
	Timestamp      string
	Deleted        bool
}

// Tag is a label.
type Tag struct {
	Name  string
	Local bool // is not to leave the MISP that it was set on
	// Unread is why it cannot be read, "" where it can be. It may have been a label of TLP.
	Unread string
}

// Galaxy is a list of clusters of one kind.
type Galaxy struct {
	UUID, Type, Name string
	Clusters         []Cluster
}

// Cluster is something well known, such as a technique or an actor.
type Cluster struct {
	UUID        string
	Type        string
	Value       string
	TagName     string
	Description string
	Local       bool
	ExternalIDs []string
	KillChain   []string
	Synonyms    []string
	Refs        []string
	ISO         string   // of a country
	Meta        []string // names of what else its meta has
}

// Sighting says that a value was seen (type 0), was seen and is no sign (1), or has expired (2).
type Sighting struct {
	UUID, Type, Date, Source string
	Org                      Org
}

// EventReport is a text about the event, in Markdown.
type EventReport struct {
	UUID, Name, Content, Timestamp string
	Distribution                   string
	SharingGroup                   SharingGroup
	Tags                           []Tag
	Deleted                        bool
}
