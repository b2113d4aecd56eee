package taxii

import (
	"strconv"

	"entente/internal/exchange"
	"entente/internal/store"
)

// discovery is the resource of section 4.1.1.
type discovery struct {
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Contact     string   `json:"contact,omitempty"`
	Default     string   `json:"default,omitempty"`
	APIRoots    []string `json:"api_roots,omitempty"`
}

// apiRoot is the resource of section 4.2.1.
type apiRoot struct {
	Title            string   `json:"title"`
	Description      string   `json:"description,omitempty"`
	Versions         []string `json:"versions"`
	MaxContentLength int64    `json:"max_content_length"`
}

// collections is the resource of section 5.1.1.
type collections struct {
	Collections []collection `json:"collections,omitempty"`
}

// collection is the resource of section 5.2.1.
type collection struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Alias       string   `json:"alias,omitempty"`
	CanRead     bool     `json:"can_read"`
	CanWrite    bool     `json:"can_write"`
	MediaTypes  []string `json:"media_types"`
}

func collectionOf(v exchange.CollectionView) collection {
	return collection{
		ID: v.UID, Title: orElse(v.Title, v.UID), Description: v.Description, Alias: v.Alias,
		CanRead: v.CanRead, CanWrite: v.CanWrite, MediaTypes: stixTypes,
	}
}

// manifest is the resource of section 5.3.1, and next.
type manifest struct {
	More    bool             `json:"more,omitempty"`
	Next    string           `json:"next,omitempty"`
	Objects []manifestRecord `json:"objects,omitempty"`
}

type manifestRecord struct {
	ID        string `json:"id"`
	DateAdded string `json:"date_added"`
	Version   string `json:"version"`
	MediaType string `json:"media_type"`
}

func recordOf(it store.Item) manifestRecord {
	return manifestRecord{ID: it.ID, DateAdded: Timestamp(it.Added), Version: versionOf(it), MediaType: stixType + it.Spec}
}

// versionOf is the version of an item: modified, else created, else its date_added, as match[version] knows it.
func versionOf(it store.Item) string {
	if it.VersionText != "" {
		return it.VersionText
	}
	return Timestamp(it.Added)
}

// versions is the resource of section 5.8.1, and next.
type versions struct {
	More     bool     `json:"more,omitempty"`
	Next     string   `json:"next,omitempty"`
	Versions []string `json:"versions,omitempty"`
}

// errorMessage is the resource of section 3.6.1.
type errorMessage struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	ErrorID     string `json:"error_id,omitempty"`
	HTTPStatus  string `json:"http_status"`
}

func messageOf(p *problem, id string) errorMessage {
	return errorMessage{Title: p.title, Description: p.detail, ErrorID: id, HTTPStatus: strconv.Itoa(p.status)}
}

// envelope is the resource of section 3.7 around the bytes of objects.
func envelope(page store.Page, next string) []byte {
	size := 64 + len(next)
	for _, it := range page.Items {
		size += len(it.Raw) + 1
	}
	b := append(make([]byte, 0, size), '{')
	if page.More {
		b = append(b, `"more":true`...)
		if next != "" {
			b = append(b, `,"next":`...)
			b = strconv.AppendQuote(b, next) // base64url: nothing that JSON and Go quote otherwise
		}
	}
	for i, it := range page.Items {
		switch {
		case i > 0:
			b = append(b, ',')
		case page.More:
			b = append(b, `,"objects":[`...)
		default:
			b = append(b, `"objects":[`...)
		}
		b = append(b, it.Raw...)
	}
	if len(page.Items) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
