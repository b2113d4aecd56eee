package actor

// Kind is what a node of the graph is.
type Kind string

// The kinds. Types of STIX that have none here are their own kind.
const (
	Role           Kind = "role" // of a person, without the name
	Person         Kind = "person"
	Organisation   Kind = "organisation"
	FrontCompany   Kind = "front company"
	Persona        Kind = "persona"
	Group          Kind = "group"
	Sector         Kind = "sector"
	Victim         Kind = "victim"
	Location       Kind = "location"
	ThreatActor    Kind = "threat actor"
	IntrusionSet   Kind = "intrusion set"
	Cluster        Kind = "cluster" // of activity, without a name of its own ("UNC")
	Campaign       Kind = "campaign"
	Malware        Kind = "malware"
	Tool           Kind = "tool"
	Technique      Kind = "technique"
	Infrastructure Kind = "infrastructure"
	Observable     Kind = "observable"
	Vulnerability  Kind = "vulnerability"
	Response       Kind = "response"
	Grouping       Kind = "grouping"
)

// shape is how a kind stands in STIX.
type shape struct {
	kind  Kind
	stix  string // type
	class string // of identities: identity_class
	said  bool   // the kind stands in our extension, because the type does not say it
}

// shapes of the kinds that can be made, in the order in which they are told to people.
var shapes = []shape{
	{Role, "identity", "individual", true},
	{Person, "identity", "individual", false},
	{Organisation, "identity", "organization", false},
	{FrontCompany, "identity", "organization", true},
	{Persona, "identity", "individual", true},
	{Group, "identity", "group", false},
	{Sector, "identity", "class", false},
	{Victim, "identity", "organization", true},
	{ThreatActor, "threat-actor", "", false},
	{IntrusionSet, "intrusion-set", "", false},
	{Cluster, "intrusion-set", "", true},
	{Campaign, "campaign", "", false},
	{Malware, "malware", "", false},
	{Tool, "tool", "", false},
	{Technique, "attack-pattern", "", false},
	{Infrastructure, "infrastructure", "", false},
	{Vulnerability, "vulnerability", "", false},
	{Response, TypeResponse, "", false},
	{Location, "location", "", false},
}

// Kinds lists the kinds of objects that can be made.
func Kinds() []Kind {
	out := make([]Kind, len(shapes))
	for i, s := range shapes {
		out[i] = s.kind
	}
	return out
}

// ResponseKinds are the ways in which states and others respond.
func ResponseKinds() []string {
	return []string{
		"statement", "joint statement", "démarche", "expulsion", "sanction", "indictment", "arrest", "reward", "takedown", "advisory", "assistance", "referral",
	}
}

// Node is one end of edges.
type Node struct {
	ID       string   `json:"id"`
	Type     string   `json:"type,omitempty"`
	Kind     Kind     `json:"kind,omitempty"`
	Name     string   `json:"name,omitempty"`
	Response string   `json:"response,omitempty"` // which kind of response it is
	Date     Date     `json:"date,omitzero"`      // of a response
	Parts    []string `json:"parts,omitempty"`    // clusters that stand here now, besides itself
	Where    []string `json:"where,omitempty"`    // where it stands now, if not only at itself
	Revoked  bool     `json:"revoked,omitempty"`  // by who made the object
	Missing  bool     `json:"missing,omitempty"`  // the object is not there, or its reader does not see it
	Label    string   `json:"label,omitempty"`
	Depth    int      `json:"depth"` // edges from where the question began
}

// Title is what to call a node: its name, else its identifier.
func (n *Node) Title() string {
	if n.Name != "" {
		return n.Name
	}
	return n.ID
}

// nodeOf reads an object as a node.
func nodeOf(o Object) Node {
	n := Node{ID: o.ID, Type: o.Type, Kind: kindOf(o), Revoked: o.Revoked, Label: o.Label}
	for _, name := range []string{"name", "value", "path", "key", "account_login", "subject", "pattern"} {
		if n.Name = text(o, name); n.Name != "" {
			break
		}
	}
	if n.Kind == Response {
		n.Response, n.Date = text(o, "response"), dateOf(o.Root(), "date")
	}
	if n.Kind == Technique || n.Kind == IntrusionSet {
		if id := attackID(o); id != "" {
			n.Name = id + " " + n.Name
		}
	}
	return n
}

// attackID is the identifier that ATT&CK gave an object.
func attackID(o Object) string {
	refs, ok := o.Root().Child("external_references")
	if !ok {
		return ""
	}
	for r := range refs.Children() {
		switch textOr(r, "source_name", "") {
		case "mitre-attack", "mitre-mobile-attack", "mitre-ics-attack":
			return textOr(r, "external_id", "")
		}
	}
	return ""
}

// kindOf is the kind of an object: what our extension says, if it fits the type, else what the type says.
func kindOf(o Object) Kind {
	said := Kind(textOr(extensionOf(o), "kind", ""))
	class := text(o, "identity_class")
	for _, s := range shapes {
		if s.stix == o.Type && s.said && s.kind == said {
			return s.kind
		}
	}
	for _, s := range shapes {
		if s.stix == o.Type && !s.said && (s.class == "" || s.class == class) {
			return s.kind
		}
	}
	switch o.Type {
	case "identity":
		return Organisation
	case "grouping":
		return Grouping
	case "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file", "ipv4-addr", "ipv6-addr",
		"mac-addr", "mutex", "network-traffic", "process", "software", "url", "user-account", "windows-registry-key", "x509-certificate":
		return Observable
	}
	return Kind(o.Type)
}

// CanStand says whether objects of the kind take part in merges and splits: what names whom one holds to be behind activity.
func (k Kind) CanStand() bool {
	return k == Cluster || k == IntrusionSet || k == ThreatActor || k == Campaign || k == Persona
}
