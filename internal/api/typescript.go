package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The parts of a description in OpenAPI 3.1 that types are made of.
type (
	specDocument struct {
		Paths      map[string]map[string]specOperation `json:"paths"`
		Components struct {
			Schemas map[string]*specSchema `json:"schemas"`
		} `json:"components"`
	}
	specOperation struct {
		ID          string                `json:"operationId"`
		Summary     string                `json:"summary"`
		Parameters  []specParameter       `json:"parameters"`
		RequestBody *specAnswer           `json:"requestBody"`
		Responses   map[string]specAnswer `json:"responses"`
	}
	specParameter struct {
		Name     string      `json:"name"`
		In       string      `json:"in"`
		Required bool        `json:"required"`
		Schema   *specSchema `json:"schema"`
	}
	specAnswer struct {
		Content map[string]struct {
			Schema *specSchema `json:"schema"`
		} `json:"content"`
	}
	specSchema struct {
		Type                 any                    `json:"type"`
		Ref                  string                 `json:"$ref"`
		Description          string                 `json:"description"`
		Enum                 []any                  `json:"enum"`
		Items                *specSchema            `json:"items"`
		Properties           map[string]*specSchema `json:"properties"`
		Required             []string               `json:"required"`
		AdditionalProperties any                    `json:"additionalProperties"`
	}
)

// TypeScript writes types for clients in TypeScript, and a client of some lines that uses fetch, made of a description of the
// API. It knows what descriptions of this package have, and fails at anything else.
func TypeScript(spec []byte) ([]byte, error) {
	var doc specDocument
	if err := json.Unmarshal(spec, &doc); err != nil {
		return nil, fmt.Errorf("description of the API: %w", err)
	}
	g := &typeScript{}
	g.line("// Types for clients of the JSON API of an Entente node. Made of docs/openapi.json by `make generate`: do not edit.")
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		s := doc.Components.Schemas[name]
		g.line("")
		g.doc("", s.Description)
		g.line("export interface " + name + " " + g.object(s, ""))
	}
	g.line("")
	g.line("/** Every operation: its parameters, its body, its answer. */")
	g.line("export interface Operations {")
	type call struct{ id, method, path string }
	var calls []call
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			op := doc.Paths[path][method]
			if _, stream := op.Responses["200"].Content["text/event-stream"]; stream {
				continue // its data have a type, and a client of its own kind
			}
			calls = append(calls, call{op.ID, strings.ToUpper(method), path})
			g.operation(op)
		}
	}
	g.line("}")
	slices.SortFunc(calls, func(a, b call) int { return cmp.Compare(a.id, b.id) })
	g.line("")
	g.line("const calls: { [O in keyof Operations]: readonly [method: string, path: string] } = {")
	for _, c := range calls {
		g.line(fmt.Sprintf("  %q: [%q, %q],", c.id, c.method, c.path))
	}
	g.line("};")
	g.b.WriteString(clientText)
	return g.b.Bytes(), g.err
}

const clientText = `
/** A problem of RFC 9457 as an error. */
export class Problem extends Error {
  constructor(readonly status: number, readonly problem: ErrorModel) {
    super(problem.detail || problem.title || String(status));
  }
}

/** Calls operations of a node: client("https://node.example", "ent_…")("search", { query: { text: "chopper" } }). */
export function client(base: string, token: string) {
  return async function <O extends keyof Operations>(operation: O, input: Operations[O]["input"]): Promise<Operations[O]["answer"]> {
    const [method, pattern] = calls[operation];
    const given = input as { path?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown };
    const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given.path?.[name])));
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(given.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { Authorization: "Bearer " + token };
    let body: string | undefined;
    if (given.body !== undefined) {
      headers["Content-Type"] = "application/json";
      body = JSON.stringify(given.body);
    }
    const response = await fetch(url, { method, headers, body });
    if (!response.ok) {
      throw new Problem(response.status, await response.json().catch(() => ({})) as ErrorModel);
    }
    return (response.status === 204 ? undefined : await response.json()) as Operations[O]["answer"];
  };
}
`

type typeScript struct {
	b   bytes.Buffer
	err error
}

func (g *typeScript) line(text string) { g.b.WriteString(text + "\n") }

// doc writes a comment.
func (g *typeScript) doc(indent, text string) {
	if text != "" {
		g.line(indent + "/** " + strings.ReplaceAll(strings.ReplaceAll(text, "*/", "* /"), "\n", " ") + " */")
	}
}

func (g *typeScript) operation(op specOperation) {
	g.doc("  ", op.Summary)
	g.line("  " + strconv.Quote(op.ID) + ": {")
	g.line("    input: {")
	for _, in := range []string{"path", "query"} {
		var of []string
		optional := "?"
		for _, p := range op.Parameters {
			if p.In != in {
				continue
			}
			mark := "?"
			if p.Required {
				mark, optional = "", ""
			}
			of = append(of, name(p.Name)+mark+": "+g.of(p.Schema, ""))
		}
		if of != nil {
			g.line("      " + in + optional + ": { " + strings.Join(of, "; ") + " };")
		}
	}
	if op.RequestBody != nil {
		g.line("      body: " + g.content(*op.RequestBody) + ";")
	}
	g.line("    };")
	answer := "undefined"
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if a := op.Responses[status]; status < "300" && a.Content != nil {
			answer = g.content(a)
		}
	}
	g.line("    answer: " + answer + ";")
	g.line("  };")
}

// content is the type of a body.
func (g *typeScript) content(a specAnswer) string {
	for _, media := range slices.Sorted(maps.Keys(a.Content)) {
		return g.of(a.Content[media].Schema, "")
	}
	return "unknown"
}

// object writes the properties of a schema.
func (g *typeScript) object(s *specSchema, indent string) string {
	outer := g.b
	g.b = bytes.Buffer{}
	g.line("{")
	for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[property]
		g.doc(indent+"  ", p.Description)
		mark := "?"
		if slices.Contains(s.Required, property) {
			mark = ""
		}
		g.line(indent + "  " + name(property) + mark + ": " + g.of(p, indent+"  ") + ";")
	}
	if s.AdditionalProperties == true {
		g.line(indent + "  [property: string]: unknown;")
	}
	text := g.b.String() + indent + "}"
	g.b = outer
	return text
}

// of is the type of a schema.
func (g *typeScript) of(s *specSchema, indent string) string {
	switch {
	case s == nil:
		return "unknown"
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case len(s.Enum) > 0:
		var of []string
		for _, v := range s.Enum {
			text, err := json.Marshal(v)
			if err != nil && g.err == nil {
				g.err = err
			}
			of = append(of, string(text))
		}
		return strings.Join(of, " | ")
	}
	switch s.Type {
	case nil:
		return "unknown"
	case "string":
		return "string"
	case "integer", "number":
		return "number"
	case "boolean":
		return "boolean"
	case "array":
		of := g.of(s.Items, indent)
		if strings.Contains(of, " ") {
			of = "(" + of + ")"
		}
		return of + "[]"
	case "object":
		return g.object(s, indent)
	}
	if g.err == nil {
		g.err = fmt.Errorf("types for TypeScript: what is a schema of the type %v?", s.Type)
	}
	return "unknown"
}

var plainName = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

// name writes the name of a property.
func name(n string) string {
	if plainName.MatchString(n) {
		return n
	}
	return strconv.Quote(n)
}
