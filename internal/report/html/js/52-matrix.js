// The ATT&CK matrix: a column per tactic, a cell per technique, sub-techniques inside.

function matrix(main) {
  const full = Boolean(meta.matrix);
  const columns = matrixColumns();
  if (!columns.length) { main.append(h("section.card", null, h("div.body.empty", null, "No rule that fired names a technique."))); return; }
  main.append(h("div.toolbar", null,
    full && h("div.seg", { role: "group", "aria-label": "Techniques" },
      h("button.btn", { "aria-pressed": String(!state.all), onclick: () => go({ all: false }) }, "Seen"),
      h("button.btn", { "aria-pressed": String(state.all), onclick: () => go({ all: true }) }, "Whole matrix")),
    h("div.seg", { role: "group", "aria-label": "Colour" },
      h("button.btn", { "aria-pressed": String(state.paint === "level"), onclick: () => go({ paint: "level" }) }, "Worst level"),
      h("button.btn", { "aria-pressed": String(state.paint === "count"), onclick: () => go({ paint: "count" }) }, "Number of findings")),
    h("span.muted", null, plural(result.techniques.size, "technique") + (meta.summary.attack ? " · ATT&CK " + meta.summary.attack : "")),
    state.paint === "level" ? legend() : h("div.legend", null, "fewer", [1, 2, 3, 4].map((i) => { const s = h("span.cell.heat.h" + i); s.style.width = "26px"; s.style.height = "14px"; return s; }), "more")));
  let most = 1;
  for (const v of result.techniques.values()) most = Math.max(most, v.n);
  const cell = (t, sub) => {
    const v = t.sum || result.techniques.get(t.id);
    const spec = "button.cell" + (sub ? ".sub" : "") + (!v ? ".none" : state.paint === "level" ? ".lv-" + LEVELS[worst(v.counts)] : ".heat.h" + Math.max(1, Math.ceil(4 * Math.log1p(v.n) / Math.log1p(most))));
    return h(spec, {
      "aria-pressed": String(state.technique === t.id), disabled: !v, onclick: () => toggle("technique", t.id),
      title: t.id + " " + (t.name || "") + (v ? ": " + levelWords(v.counts) + (v.rules ? "; " + plural(v.rules, "rule") : "") : ": nothing seen"),
    }, h("span.id", null, h("span", null, t.id), v ? h("b", null, short(v.n)) : null), t.name ? h("span.n", null, vis(t.name)) : null);
  };
  const head = h("tr", null, columns.map((c) => {
    const v = result.tactics.get(c.short);
    const seen = c.techniques.some((t) => t.sum || result.techniques.has(t.id)); // by rules that name another tactic for it
    return h("th", { scope: "col" }, h("button", { disabled: !v && state.tactic !== c.short, onclick: () => toggle("tactic", c.short), "aria-pressed": String(state.tactic === c.short) }, c.name,
      h("small", null, v ? plural(v.n, "finding") : seen ? "no rule names it" : "nothing seen")));
  }));
  const body = h("tbody");
  const depth = Math.max(...columns.map((c) => c.techniques.length));
  for (let i = 0; i < depth; i++) {
    body.append(h("tr", null, columns.map((c) => {
      const t = c.techniques[i];
      if (!t) return h("td");
      const subs = (t.sub || []).filter((s) => state.all ? result.techniques.has(s.id) : true);
      return h("td", null, cell(t, false), subs.map((s) => cell(s, true)));
    })));
  }
  const table = h("table.matrix", { "aria-label": "ATT&CK matrix" }, h("thead", null, head), body);
  table.style.minWidth = columns.length * 148 + "px";
  if (columns.length < 6) table.style.maxWidth = columns.length * 260 + "px";
  main.append(h("div.matrix-box", { tabindex: "0", role: "region", "aria-label": "Matrix" }, table));
}

// matrixColumns gives the columns to show: of the whole matrix where the report has it, else what the rules name.
function matrixColumns() {
  const parent = (id) => id.split(".")[0];
  const names = new Map();
  const columns = new Map(); // tactic → technique → set of sub-techniques
  for (const x of result.rules) {
    // A tactic that a rule names stands here even where none of the rule's techniques serves it.
    for (const tac of x.rule.tactics || []) if (!columns.has(tac)) columns.set(tac, new Map());
    for (const t of x.rule.techniques) {
      if (t.name) names.set(t.id, t.name);
      for (const tac of t.tactics && t.tactics.length ? t.tactics : ["other"]) {
        if (!columns.has(tac)) columns.set(tac, new Map());
        const col = columns.get(tac), p = parent(t.id);
        if (!col.has(p)) col.set(p, new Set());
        if (p !== t.id) col.get(p).add(t.id);
      }
    }
  }
  const sums = new Map();
  const withSums = (id, subs) => {
    if (!subs.length) return undefined;
    if (!sums.has(id)) {
      const v = { counts: new Float64Array(6), n: 0, rules: 0 };
      for (const x of result.rules) if (techniqueFits(x.rule, id)) { v.counts[x.level] += x.n; v.n += x.n; v.rules++; }
      sums.set(id, v);
    }
    return sums.get(id).n ? sums.get(id) : undefined;
  };
  const placed = new Set();
  const out = [];
  if (meta.matrix) {
    for (const c of meta.matrix) {
      const techniques = [];
      for (const t of c.techniques) {
        // A rule says which tactic it means: a technique of several stands where its rules place it.
        const col = columns.get(c.short), here = col && col.get(t.id);
        const subs = (t.sub || []).filter((s) => state.all ? result.techniques.has(s.id) : here && here.has(s.id));
        for (const id of [t.id, ...subs.map((s) => s.id)]) placed.add(c.short + " " + id);
        if (!state.all && !here) continue;
        techniques.push({ id: t.id, name: t.name, sub: subs, sum: withSums(t.id, subs) });
      }
      if (techniques.length || columns.has(c.short)) out.push({ short: c.short, name: c.name, techniques });
    }
  }
  // What the matrix does not have (other names of tactics, newer or unknown techniques) gets its own columns.
  const orderOf = (s) => { const i = meta.tactics.findIndex((t) => t.short === s); return i < 0 ? 99 : i; };
  for (const [tac, col] of [...columns].sort((a, b) => orderOf(a[0]) - orderOf(b[0]))) {
    const techniques = [];
    for (const [id, subs] of [...col].sort()) {
      const subList = [...subs].sort().filter((s) => !placed.has(tac + " " + s)).map((s) => ({ id: s, name: names.get(s) }));
      if (placed.has(tac + " " + id) && !subList.length) continue;
      if (state.all && meta.matrix && placed.has(tac + " " + id)) continue;
      techniques.push({ id, name: names.get(id) || matrixName(id), sub: subList, sum: withSums(id, subList) });
    }
    const existing = out.find((c) => c.short === tac);
    if (existing) existing.techniques.push(...techniques.filter((t) => !existing.techniques.some((e) => e.id === t.id)));
    else out.push({ short: tac, name: tac === "other" ? "No tactic named" : tacticInfo(tac).name, techniques });
  }
  for (const c of out) if (!state.all) c.techniques.sort((a, b) => weightOf(b) - weightOf(a) || (a.id < b.id ? -1 : 1));
  return out.sort((a, b) => orderOf(a.short) - orderOf(b.short));
}

function weightOf(t) {
  const v = t.sum || result.techniques.get(t.id);
  return v ? worst(v.counts) * 1e12 + v.n : -1;
}

function matrixName(id) {
  for (const c of meta.matrix || []) for (const t of c.techniques) if (t.id === id) return t.name;
  return "";
}
