package source

import (
	"strings"

	"entente/internal/event"
)

// Limits of a JSON decoder's memory of field names.
const (
	maxJSONDepth  = 64      // nesting; what is deeper is kept as text, with a warning
	maxJSONKey    = 256     // bytes of a name; longer ones are cut off
	maxJSONPath   = 1024    // bytes of a dotted path; deeper names are left out of it
	maxJSONFields = 1 << 12 // names that one record may bring along
)

// jsonNode is one field name at one place: the path that leads to it. The nodes form a tree, which a decoder grows
// while it meets new names. Nodes remember which sibling came next, so that a log whose records resemble one another
// is read without looking names up.
type jsonNode struct {
	raw    string // the name as it stands between quotes, escapes and all; "" of the root
	path   string // from the record's root, joined with dots
	kids   map[string]*jsonNode
	first  [2]*jsonNode // names that records began with, the latest first
	next   [2]*jsonNode // names that followed this one
	id     uint32
	mark   uint64 // what the name says about the kind of record
	flags  nodeFlags
	meta   bool // belongs to a wrapper of records rather than to a record
	fields [shapeCount]*jsonField
}

type nodeFlags uint8

const (
	nodeWraps   nodeFlags = 1 << iota // may hold the records of a wrapper, as an array
	nodeUnwraps                       // holds the record itself, as an object: its fields stand for themselves
	nodePairs                         // an array or object of name and value
	nodeRenames                       // the same, and nothing else is worth keeping
	nodeName                          // the name in a pair
	nodeValue                         // the value in a pair
)

// jsonTree is the tree of names of one decoder.
type jsonTree struct {
	root  *jsonNode
	nodes []*jsonNode // by id
	lost  *jsonNode   // stands for names beyond maxJSONFields
	limit int         // of nodes, for the record at hand
}

func newJSONTree() *jsonTree {
	t := &jsonTree{root: &jsonNode{}}
	t.lost = &jsonNode{id: 1, path: "…"}
	t.nodes = []*jsonNode{t.root, t.lost}
	return t
}

// full says that the tree is to be replaced by a fresh one before the next record.
func (t *jsonTree) full() bool { return len(t.nodes) >= event.MaxNames }

// child returns the node of a name (without quotes) under n.
func (t *jsonTree) child(n *jsonNode, raw []byte) *jsonNode {
	if k, ok := n.kids[string(raw)]; ok {
		return k
	}
	if len(raw) > maxJSONKey {
		raw = raw[:maxJSONKey]
		if k, ok := n.kids[string(raw)]; ok {
			return k
		}
	}
	if len(t.nodes) >= t.limit {
		return t.lost
	}
	k := &jsonNode{raw: string(raw), id: uint32(len(t.nodes))}
	name := event.Value{Raw: raw, Type: event.JSONStr}
	key := string(name.AppendText(nil))
	switch {
	case n.flags&nodeUnwraps != 0:
		k.path = key
	case n == t.root:
		k.path = key
		k.meta = isWrapperMeta(key) || key == "fields" && n.kids["preview"] != nil // Splunk's list of columns
	case len(n.path)+1+len(key) > maxJSONPath:
		k.path = n.path
	default:
		k.path = n.path + "." + key
		k.meta = n.meta
	}
	k.flags = flagsOf(n, k, key, n == t.root)
	k.mark = markOf(k.path)
	if n.kids == nil {
		n.kids = map[string]*jsonNode{}
	}
	n.kids[k.raw] = k
	t.nodes = append(t.nodes, k)
	return k
}

// wrapperNames are names (in lower case) under which services put an array of records: AWS, Azure, Microsoft Graph,
// Kubernetes lists, Elasticsearch, CloudWatch and others.
var wrapperNames = map[string]bool{
	"records": true, "value": true, "events": true, "items": true, "results": true, "data": true, "logs": true,
	"entries": true, "rows": true, "logevents": true,
}

// wrapperMeta are the names (in lower case) that stand beside such an array without belonging to a record.
var wrapperMeta = func() map[string]bool {
	m := map[string]bool{}
	for n := range strings.FieldsSeq(`@odata.context @odata.nextlink @odata.count @odata.deltalink kind apiversion metadata
		took timed_out _shards _scroll_id pit_id hits aggregations total max_score relation nexttoken nextforwardtoken
		nextbackwardtoken nextpagetoken nextlink next_page_token next previous count totalcount total_count page pages
		pagesize limit offset size status success etag requestid links hasmore has_more cursor preview init_offset messages
		searchedlogstreams highlighted messagetype owner loggroup logstream subscriptionfilters`) {
		m[n] = true
	}
	return m
}()

// isWrapperMeta says that a top-level field of that name may stand beside the records of a wrapper.
func isWrapperMeta(name string) bool { return wrapperMeta[strings.ToLower(name)] }

// pairNames are arrays of a name and a value each.
var pairNames = map[string]bool{
	"Parameters": true, "parameters": true, "ExtendedProperties": true, "OperationProperties": true,
	"DeviceProperties": true, "ModifiedProperties": true, "additionalDetails": true, "AdditionalDetails": true,
	"AdditionalInfo": true, "additionalInfo": true, "labels": true, "authenticationProcessingDetails": true,
	"AuthenticationProcessingDetails": true,
}

// flagsOf says what the name of k means where it stands.
func flagsOf(n, k *jsonNode, key string, top bool) nodeFlags {
	var f nodeFlags
	switch {
	case top && wrapperNames[strings.ToLower(key)], k.path == "hits.hits", k.path == "Events.Event":
		f |= nodeWraps
	}
	if top {
		switch {
		case key == "_source", // Elasticsearch
			key == "AuditData", // Microsoft 365
			key == "result" && (n.kids["preview"] != nil || n.kids["offset"] != nil || n.kids["lastrow"] != nil), // Splunk
			key == "detail" && n.kids["detail-type"] != nil:                                                      // EventBridge
			f |= nodeUnwraps
		}
	}
	switch {
	case key == "Data" && (n.path == "Event.EventData" || n.path == "EventData" || strings.HasPrefix(n.path, "Event.UserData")):
		f |= nodePairs | nodeRenames
	case pairNames[key]:
		f |= nodePairs
	}
	switch key {
	case "Name", "name", "key", "Key", "@Name":
		f |= nodeName
	case "Value", "value", "#text", "NewValue", "boolValue", "intValue", "multiValue", "_", "$t", "text", "$value":
		f |= nodeValue
	}
	return f
}
