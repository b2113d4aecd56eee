// What the reader chose, its form in the address, and what follows from it: the rows that fit and the counts.

const VIEWS = [
  { id: "overview", name: "Overview" }, { id: "timeline", name: "Timeline" }, { id: "attack", name: "ATT&CK" },
  { id: "findings", name: "Findings" }, { id: "hosts", name: "Hosts" }, { id: "quality", name: "Data quality" },
];

// Hunts with advisory packs have two more, in front.
const PACK_VIEWS = [{ id: "hit", name: "Were we hit?" }, { id: "coverage", name: "Coverage" }];

const state = {
  view: "overview", q: "", levels: new Set(), host: "", user: "", rule: "", tactic: "", technique: "", from: NaN, to: NaN,
  sort: "level", desc: true, group: "", sel: -1, page: "", lanes: "host", paint: "level", all: false, zoom: null,
  pack: "", cov: "", ttp: "",
};

// Filters that hold one value each, and how their chips read.
const SINGLE = { host: "Host", user: "User", rule: "Rule", tactic: "Tactic", technique: "Technique" };

function readHash() {
  const text = location.hash.replace(/^#\/?/, "");
  const [view, query] = text.split("?", 2);
  const p = new URLSearchParams(query || "");
  state.view = VIEWS.some((v) => v.id === view) ? view : VIEWS[0].id;
  state.q = p.get("q") || "";
  state.levels = new Set((p.get("level") || "").split(",").map((l) => LEVELS.indexOf(l)).filter((l) => l >= 0));
  for (const k in SINGLE) state[k] = p.get(k) || "";
  state.from = date(p.get("from"));
  state.to = date(p.get("to"));
  const [, minus, sort] = /^(-?)(.*)$/.exec(p.get("sort") || "");
  const known = COLUMNS.some((c) => c.sort === sort);
  state.sort = known ? sort : "level"; // what is worst is not to be looked for
  state.desc = known ? minus === "-" : true;
  state.group = ["rule", "host"].includes(p.get("group")) ? p.get("group") : "";
  const sel = p.get("sel");
  state.sel = sel !== null && /^\d+$/.test(sel) && Number(sel) < rows ? Number(sel) : -1;
  state.page = p.get("page") || "";
  state.lanes = ["host", "tactic", "rule", "user"].includes(p.get("lanes")) ? p.get("lanes") : "host";
  state.paint = p.get("paint") === "count" ? "count" : "level";
  state.all = p.get("all") === "1";
  state.pack = p.get("pack") || "";
  state.cov = Object.hasOwn(STATES, p.get("cov") || "") ? p.get("cov") : "";
  state.ttp = p.get("ttp") || "";
}

function date(s) {
  const n = s ? Date.parse(s) : NaN;
  return n;
}

const iso = (ms) => new Date(ms).toISOString();

function hash(changes) {
  const s = Object.assign({}, state, changes);
  const p = new URLSearchParams();
  if (s.q) p.set("q", s.q);
  if (s.levels.size) p.set("level", [...s.levels].sort().reverse().map((l) => LEVELS[l]).join(","));
  for (const k in SINGLE) if (s[k]) p.set(k, s[k]);
  if (Number.isFinite(s.from)) p.set("from", iso(s.from));
  if (Number.isFinite(s.to)) p.set("to", iso(s.to));
  if (s.sort !== "level" || !s.desc) p.set("sort", (s.desc ? "-" : "") + s.sort);
  if (s.group) p.set("group", s.group);
  if (s.sel >= 0) p.set("sel", s.sel);
  if (s.page && s.view === "hosts") p.set("page", s.page);
  if (s.lanes !== "host" && s.view === "timeline") p.set("lanes", s.lanes);
  if (s.paint !== "level" && s.view === "attack") p.set("paint", s.paint);
  if (s.all && s.view === "attack") p.set("all", "1");
  if (s.view === "coverage") for (const k of ["pack", "cov", "ttp"]) if (s[k]) p.set(k, s[k]);
  const query = p.toString();
  return "#" + s.view + (query ? "?" + query : "");
}

// go changes the state. A change of view is a step in the history; a change of filters replaces the current one.
function go(changes) {
  const before = location.hash;
  const step = "view" in changes && changes.view !== state.view;
  Object.assign(state, changes);
  const after = hash();
  if (after !== before) {
    try {
      if (step) history.pushState(null, "", after);
      else history.replaceState(null, "", after);
    } catch {
      location.hash = after; // some browsers refuse history to files
    }
  }
  update();
}

const filtered = () => Boolean(state.q.trim() || state.levels.size || Object.keys(SINGLE).some((k) => state[k]) || Number.isFinite(state.from) || Number.isFinite(state.to));

const NOTHING = { q: "", levels: new Set(), host: "", user: "", rule: "", tactic: "", technique: "", from: NaN, to: NaN };

// What the current filters give.
let result = null;
const BINS = 240;

// techniqueFits says that a rule names a technique or one of its sub-techniques.
const techniqueFits = (r, id) => r.techniques.some((t) => t.id === id || t.id.startsWith(id + "."));

function compute(query) {
  const ruleOK = Uint8Array.from(meta.rules, (r) =>
    (!state.rule || r.id === state.rule || r.title === state.rule) && (!state.tactic || (r.tactics || []).includes(state.tactic)) &&
    (!state.technique || techniqueFits(r, state.technique)) ? 1 : 0);
  state.host = shownName.get(state.host) ?? state.host; // an address may have come from elsewhere
  state.page = shownName.get(state.page) ?? state.page;
  const host = state.host ? S.indexOf(state.host) : -1, user = state.user ? S.indexOf(state.user) : -1;
  const levelOK = LEVELS.map((_, l) => !state.levels.size || state.levels.has(l));
  const from = Number.isFinite(state.from) ? state.from : -Infinity, to = Number.isFinite(state.to) ? state.to : Infinity;
  const timed = from > -Infinity || to < Infinity;
  const range = stripRange();
  const binWidth = (range.to - range.from) / BINS || 1;

  const out = new Uint32Array(rows);
  let n = 0;
  const c = {
    n: 0, levels: new Float64Array(6), facet: new Float64Array(6), rules: new Float64Array(meta.rules.length),
    hosts: new Float64Array(S.length * 6), users: new Float64Array(S.length * 6), bins: new Float64Array(BINS * 6),
    hostFirst: new Float64Array(S.length).fill(Infinity), hostLast: new Float64Array(S.length).fill(-Infinity), first: Infinity, last: -Infinity,
  };
  const tests = query.map((t) => (t.not ? (row) => !t.test(row) : t.test));
  scanning: for (let k = 0; k < rows; k++) {
    const row = byTime[k];
    const r = R[row];
    if (!ruleOK[r]) continue;
    if (host >= 0 ? !onHost(row, host) : state.host) continue;
    if (user >= 0 ? U[row] !== user : state.user) continue;
    for (const test of tests) if (!test(row)) continue scanning;
    const l = ruleLevel[r], t = T[row], w = N[row];
    const inTime = !timed || (t >= from && t <= to);
    if (inTime) c.facet[l] += w;
    if (!levelOK[l]) continue;
    const bin = Math.floor((t - range.from) / binWidth);
    if (bin >= 0 && bin < BINS) c.bins[bin * 6 + l] += w;
    if (!inTime) continue;
    out[n++] = row;
    c.n += w;
    c.levels[l] += w;
    c.rules[r] += w;
    for (const hk of hostsAt(row)) {
      c.hosts[hk * 6 + l] += w;
      if (t < c.hostFirst[hk]) c.hostFirst[hk] = t;
      if (t + L[row] > c.hostLast[hk]) c.hostLast[hk] = t + L[row];
    }
    c.users[U[row] * 6 + l] += w;
    if (t < c.first) c.first = t;
    if (t + L[row] > c.last) c.last = t + L[row]; // as the terminal has it: up to the last record of a finding
  }
  result = { rows: out.slice(0, n), counts: c, range, binWidth, exact: false };
  if (!filtered() && meta.total > rowTotal()) exactCounts(c, range, binWidth);
  summarise(c);
}

let rowSum = -1;
function rowTotal() {
  if (rowSum < 0) { rowSum = 0; for (let i = 0; i < rows; i++) rowSum += N[i]; }
  return rowSum;
}

// exactCounts replaces the counts of the rows by those of all findings, which the report has where rows were left
// out and nothing is filtered.
function exactCounts(c, range, binWidth) {
  const m = meta.counts;
  c.n = meta.total;
  m.levels.forEach((v, l) => { c.levels[l] = c.facet[l] = v; });
  meta.rules.forEach((r, i) => { c.rules[i] = r.count; });
  const index = new Map(S.map((s, i) => [s, i]));
  for (const x of m.hosts) {
    let i = index.get(x.name);
    if (i === undefined) continue;
    for (let l = 0; l < 6; l++) c.hosts[i * 6 + l] = x.levels[l];
    if (x.first !== undefined) c.hostFirst[i] = x.first;
    if (x.last !== undefined) c.hostLast[i] = x.last;
  }
  c.bins.fill(0);
  for (const b of m.histogram.buckets) {
    const bin = Math.floor((b[0] - range.from) / binWidth);
    if (bin >= 0 && bin < BINS) for (let l = 0; l < 6; l++) c.bins[bin * 6 + l] += b[l + 1];
  }
  for (const r of meta.rules) {
    if (r.first < c.first) c.first = r.first;
    if (r.last > c.last) c.last = r.last;
  }
  result.exact = true;
}

// summarise derives lists for the views.
function summarise(c) {
  const list = (flat) => {
    const out = [];
    for (let i = 1; i < S.length; i++) {
      const counts = flat.subarray(i * 6, i * 6 + 6);
      const n = total(counts);
      if (n) out.push({ i, name: S[i], counts, n, worst: worst(counts) });
    }
    return out.sort((a, b) => { for (const l of WORST_FIRST) if (a.counts[l] !== b.counts[l]) return b.counts[l] - a.counts[l]; return a.name < b.name ? -1 : 1; });
  };
  result.hosts = list(c.hosts);
  result.users = list(c.users);
  result.rules = [];
  const tactics = new Map(), techniques = new Map();
  const bump = (map, key, l, n) => {
    let v = map.get(key);
    if (!v) map.set(key, v = { counts: new Float64Array(6), n: 0, rules: 0 });
    v.counts[l] += n;
    v.n += n;
    v.rules++;
  };
  meta.rules.forEach((r, i) => {
    const n = c.rules[i];
    if (!n) return;
    result.rules.push({ i, n, rule: r, level: ruleLevel[i] });
    for (const t of r.tactics || []) bump(tactics, t, ruleLevel[i], n);
    for (const t of r.techniques) bump(techniques, t.id, ruleLevel[i], n);
  });
  result.rules.sort((a, b) => b.level - a.level || b.n - a.n || (a.rule.title < b.rule.title ? -1 : 1));
  result.tactics = tactics;
  result.techniques = techniques;
}

// The range of time that the strip shows: what the reader zoomed into, or where the findings are.
function stripRange() {
  if (state.zoom) return state.zoom;
  const g = meta.counts.histogram;
  return { from: g.from ?? 0, to: g.to ?? 0 };
}
