package misp

import (
	"bytes"
	"encoding/json"
	"strings"

	"entente/internal/stix"
)

// Tags decide who may see something: none is passed over because it stands there in another form than MISP gives it, and what cannot
// be read may have been any of them.

// tagNames are the members that hold tags: as MISP answers, and as its database has them.
var tagNames = []string{"Tag", "EventTag", "AttributeTag"}

func tagsOf(v stix.Value) (out []Tag) {
	for _, name := range tagNames {
		if c, ok := child(v, name); ok {
			out = append(out, tagList(c)...)
		}
	}
	return out
}

// tagList reads a list of tags, or the one that stands in its place.
func tagList(v stix.Value) (out []Tag) {
	if t, ok := tagOf(v); ok {
		return []Tag{t}
	}
	for e := range v.Children() {
		t, ok := tagOf(e)
		if !ok && string(e.JSON()) != "null" {
			t = unreadTag(e.JSON(), "it is no tag")
		}
		if ok || t.Unread != "" {
			out = append(out, t)
		}
	}
	if len(out) == 0 && v.Len() == 0 && !v.IsList() && !v.IsObject() && string(v.JSON()) != "null" {
		return []Tag{unreadTag(v.JSON(), "it is no tag")}
	}
	return out
}

// tagOf reads a tag: an object with a name, an entry of EventTag with the tag in it, or the name alone.
func tagOf(v stix.Value) (t Tag, ok bool) {
	if v.IsString() {
		return Tag{Name: v.Text()}, true
	}
	if !v.IsObject() {
		return t, false
	}
	if in, inner := v.Child("Tag"); inner {
		if t, ok = tagOf(in); ok {
			t.Local = t.Local || truth(get(v, "local"))
		}
		return t, ok
	}
	name, ok := v.Child("name")
	if !ok || !name.IsString() {
		return t, false
	}
	return Tag{Name: name.Text(), Local: truth(get(v, "local"))}, true
}

func unreadTag(raw []byte, why string) Tag {
	return Tag{Name: clip(oneLine(string(raw)), 60), Unread: why}
}

// tags takes in one tag of an event, in its text.
func (e *Event) tags(raw json.RawMessage, lim Limits) {
	if string(bytes.TrimSpace(raw)) == "null" {
		return
	}
	text := append(append([]byte(`{"Tag":`), raw...), '}')
	o, err := stix.Parse(text, stix.Limits{Size: lim.Part + 16, Depth: partDepth, Values: lim.Values})
	if err != nil {
		e.Tags = append(e.Tags, unreadTag(raw, "it cannot be read: "+err.Error()))
		return
	}
	v, _ := o.Root().Child("Tag")
	t, ok := tagOf(v)
	if !ok {
		t = unreadTag(raw, "it is no tag")
	}
	e.Tags = append(e.Tags, t)
}

// isTags says whether a member of an event holds tags.
func isTags(key string) bool { return key == "Tag" || key == "EventTag" }

// isNumber says whether a name is one of those that PHP gives to the entries of a list.
func isNumber(name string) bool { return name != "" && strings.Trim(name, "0123456789") == "" }

// distributionOf is the distribution, or, where it is neither text nor number, a piece of what it is, which nobody knows.
func distributionOf(v stix.Value) string {
	c, ok := child(v, "distribution")
	if ok && (c.IsObject() || c.IsList()) {
		return clip(oneLine(string(c.JSON())), 60)
	}
	return get(v, "distribution")
}
