package taxii

import (
	"strings"
	"testing"
)

func TestParsePath(t *testing.T) {
	for path, want := range map[string]route{
		"/taxii2/":                    {endpoint: discoveryEndpoint},
		"/api1/":                      {endpoint: rootEndpoint, root: "api1"},
		"/taxii2/api1/":               {endpoint: rootEndpoint, root: "taxii2/api1"},
		"/api1/status/s/":             {endpoint: statusEndpoint, root: "api1", status: "s"},
		"/a/b/collections/":           {endpoint: collectionsEndpoint, root: "a/b"},
		"/a/collections/c/":           {endpoint: collectionEndpoint, root: "a", collection: "c"},
		"/a/collections/collections/": {endpoint: collectionEndpoint, root: "a", collection: "collections"},
		"/a/collections/Abc/":         {endpoint: collectionEndpoint, root: "a", collection: "Abc"},
		"/a/collections/2F6F7F2E-6f2c-4b8c-9c55-0d9a1a3d7F10/": {
			endpoint: collectionEndpoint, root: "a", collection: "2f6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f10",
		},
		"/a/status/2F6F7F2E-6f2c-4b8c-9c55-0d9a1a3d7F10/": {
			endpoint: statusEndpoint, root: "a", status: "2f6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f10",
		},
		"/a/collections/c%20d/":                  {},
		"/a/collections/c/manifest/":             {endpoint: manifestEndpoint, root: "a", collection: "c"},
		"/a/collections/c/objects/":              {endpoint: objectsEndpoint, root: "a", collection: "c"},
		"/a/collections/c/objects/o--1/":         {endpoint: objectEndpoint, root: "a", collection: "c", object: "o--1"},
		"/a/collections/c/objects/o%2D-1/":       {endpoint: objectEndpoint, root: "a", collection: "c", object: "o--1"},
		"/a/collections/c/objects/o/versions/":   {endpoint: versionsEndpoint, root: "a", collection: "c", object: "o"},
		"/a/collections/c/objects/o/versions":    {},
		"/a/collections/c/objects/o/versions/x/": {},
		"/a/collections/c/objects/o/other/":      {},
		"/a/collections/c/other/":                {},
		"/a/status/":                             {},
		"/a/status/s/t/":                         {},
		"/collections/":                          {},
		"/status/s/":                             {},
		"/taxii2":                                {},
		"/":                                      {},
		"//":                                     {},
		"//a/":                                   {},
		"/a//":                                   {},
		"/a/../b/":                               {},
		"/a/%2e%2e/":                             {},
		"/a%2Fb/":                                {},
		"/a%00/":                                 {},
		"/a%ff/":                                 {},
		"/a%zz/":                                 {},
		"":                                       {},
	} {
		if got := parsePath(path); got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}

func TestCheckRootPath(t *testing.T) {
	for path, want := range map[string]bool{
		"api1": true, "taxii2/api1": true, "trust.group-1": true, "a/b/c": true,
		"": false, "/a": false, "a/": false, "a//b": false, "taxii2": false, "api/v1": false, "metrics": false, "healthz": false,
		"a/collections": false, "status": false, "a b": false, "ä": false, "..": false, "a/../b": false,
	} {
		if err := CheckRootPath(path); (err == nil) != want {
			t.Errorf("%q: %v", path, err)
		}
	}
	for path, why := range map[string]string{"api": "belongs to the node itself", "taxii2": "belongs to the node itself", "x/status": "a meaning", "a b": "letters, digits"} {
		if err := CheckRootPath(path); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func FuzzPath(f *testing.F) {
	seeds := []string{"/taxii2/", "/a/b/collections/c/objects/o--1/versions/", "/a%2Fb/", "/%zz/", "//", "/a/status/s/"}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r := parsePath(path)
		if r.endpoint == noEndpoint {
			return
		}
		if !strings.HasSuffix(path, "/") || !strings.HasPrefix(path, "/") {
			t.Fatalf("%q is taken", path)
		}
		for _, s := range []string{r.collection, r.object, r.status} {
			if strings.Contains(s, "/") || s == ".." {
				t.Fatalf("%q: %+v", path, r)
			}
		}
	})
}
