package misp

import (
	"net/netip"
	"strings"

	"entente/internal/stixpattern"
)

// steps cuts a path into the type of its object and the steps below it.
func steps(path string) (kind string, below []string) {
	kind, rest, _ := strings.Cut(path, ":")
	return kind, strings.Split(rest, ".")
}

// patternPath writes a path as patterns do.
func patternPath(path string) string {
	object, below := steps(path)
	p := stixpattern.Path{Type: object}
	for _, s := range below {
		name, list := strings.CutSuffix(s, "[*]")
		p.Steps = append(p.Steps, stixpattern.Step{Kind: stixpattern.StepName, Name: name})
		if list {
			p.Steps = append(p.Steps, stixpattern.Step{Kind: stixpattern.StepAny})
		}
	}
	return p.String()
}

// plainPath is a path of a pattern as the tables of this package write it. ok is false for a path with numbers.
func plainPath(p stixpattern.Path) (path string, ok bool) {
	var b strings.Builder
	b.WriteString(p.Type)
	for i, s := range p.Steps {
		switch s.Kind {
		case stixpattern.StepAny:
			b.WriteString("[*]")
			continue
		case stixpattern.StepIndex:
			if s.Index != 0 {
				return "", false
			}
			b.WriteString("[*]")
			continue
		default:
		}
		if i == 0 {
			b.WriteByte(':')
		} else {
			b.WriteByte('.')
		}
		b.WriteString(s.Name)
	}
	return b.String(), true
}

// group is facts of which one is enough: the hashes of a file each say which file it is.
func group(path string) string {
	if i := strings.Index(path, ":hashes."); i >= 0 {
		return path[:i+len(":hashes")]
	}
	return path
}

// patternOf is the pattern that finds all of what facts say, "" where one of them cannot be compared with.
func patternOf(facts []fact) string {
	if len(facts) > maxFacts {
		return ""
	}
	var order []string
	groups := map[string][]string{}
	for _, f := range facts {
		t := testOf(f)
		if t == "" {
			return ""
		}
		g := group(f.path)
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], t)
	}
	tests := make([]string, 0, len(order))
	for _, g := range order {
		switch list := groups[g]; {
		case len(list) == 1 || len(order) == 1:
			tests = append(tests, strings.Join(list, " OR "))
		default:
			tests = append(tests, "("+strings.Join(list, " OR ")+")")
		}
	}
	if len(tests) == 0 {
		return ""
	}
	return "[" + strings.Join(tests, " AND ") + "]"
}

// testOf is one comparison.
func testOf(f fact) string {
	path, op := f.path, " = "
	value := stixpattern.Value{Kind: stixpattern.StringValue, Text: f.value}
	object, below := steps(path)
	switch last := below[len(below)-1]; {
	case object == "ip-addr":
		family := addressFamily(f.value)
		if family == "" {
			return ""
		}
		path = family + ":value"
		if strings.Contains(f.value, "/") {
			op = " ISSUBSET "
		}
	case last == "value" && strings.Contains(f.value, "/") && addressFamily(f.value) != "":
		op = " ISSUBSET "
	case integers[last]:
		n, ok := number(f.value)
		if !ok {
			return ""
		}
		value = stixpattern.Value{Kind: stixpattern.IntValue, Int: n}
	case times[last]:
		t, ok := parseTime(f.value)
		if !ok {
			return ""
		}
		value = stixpattern.Value{Kind: stixpattern.TimeValue, Time: t}
	case truths[last]:
		value = stixpattern.Value{Kind: stixpattern.BoolValue, Bool: truth(f.value)}
	}
	return patternPath(path) + op + value.String()
}

// addressFamily is the type of object for an address or a network, "" for anything else.
func addressFamily(s string) string {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return ""
		}
		addr = p.Addr()
	}
	switch {
	case addr.Zone() != "":
		return ""
	case addr.Is4():
		return "ipv4-addr"
	}
	return "ipv6-addr"
}

// customPattern finds a value that STIX has no object for.
func customPattern(kind, value string) string {
	text := func(s string) string { return stixpattern.Value{Kind: stixpattern.StringValue, Text: s}.String() }
	return "[" + custom + ":type = " + text(kind) + " AND " + custom + ":value = " + text(value) + "]"
}

// goodPattern says whether a pattern is one of STIX 2.1 by the letter.
func goodPattern(s string) error {
	if len(s) > stixpattern.MaxLength {
		return errLongPattern
	}
	_, err := stixpattern.Parse(s)
	return err
}
