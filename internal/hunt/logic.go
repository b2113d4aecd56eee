package hunt

import "entente/internal/sigma"

// Constants of the condition language: an empty And is true, an empty Or is false.
var (
	always = sigma.And{}
	never  = sigma.Or{}
)

func constant(e sigma.Expr) (value, ok bool) {
	switch e := e.(type) {
	case sigma.And:
		return true, len(e) == 0
	case sigma.Or:
		return false, len(e) == 0
	}
	return false, false
}

func truth(v bool) sigma.Expr {
	if v {
		return always
	}
	return never
}

// simplify rewrites e with decide, which may replace an atom by another expression (a constant, usually) or return
// nil to leave it.
func simplify(e sigma.Expr, decide func(*sigma.Atom) sigma.Expr) sigma.Expr {
	switch e := e.(type) {
	case *sigma.Atom:
		if r := decide(e); r != nil {
			return r
		}
		return e
	case sigma.Not:
		x := simplify(e.X, decide)
		if v, ok := constant(x); ok {
			return truth(!v)
		}
		return sigma.Not{X: x}
	case sigma.And:
		var out sigma.And
		for _, k := range e {
			x := simplify(k, decide)
			if v, ok := constant(x); ok {
				if !v {
					return never
				}
				continue
			}
			out = append(out, x)
		}
		if len(out) == 1 {
			return out[0]
		}
		return out
	case sigma.Or:
		var out sigma.Or
		for _, k := range e {
			x := simplify(k, decide)
			if v, ok := constant(x); ok {
				if v {
					return always
				}
				continue
			}
			out = append(out, x)
		}
		if len(out) == 1 {
			return out[0]
		}
		return out
	}
	return e
}
