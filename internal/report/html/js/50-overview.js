// The overview: what was found, how bad, where, when, by which rules.

function toggle(key, value, more) {
  go(Object.assign({ [key]: state[key] === value ? "" : value, sel: -1 }, more));
}

function card(title, note, body, spec) {
  return h("section.card" + (spec || ""), null, h("header", null, h("h2", null, title), note ? h("span.note", null, note) : null), body);
}

const levelText = (l, n) => h("b.lv-" + LEVELS[l], null, num(n) + " " + LEVELS[l]);
const tacticInfo = (shortName) => meta.tactics.find((t) => t.short === shortName) || { short: shortName, name: shortName };

// hostNoun names what is counted: only a hunt with packs finds out which logs are of one machine.
const hostNoun = () => (meta.coverage ? "host" : "host name");

function overview(main) {
  const c = result.counts, s = meta.summary;
  if (!meta.total) { nothingFound(main); return; }
  const lead = WORST_FIRST.filter((l) => c.levels[l]);
  const head = lead.filter((l, i) => i < 2 || l >= 4);
  const h1 = h("h2");
  head.forEach((l, i) => { if (i) h1.append(i === head.length - 1 ? " and " : ", "); h1.append(levelText(l, c.levels[l])); });
  const hostN = result.exact ? meta.counts.hostCount : result.hosts.length;
  h1.append((head.length === lead.length ? "" : "") + (c.n === 1 ? " finding" : " findings"));
  if (hostN) h1.append(" on " + hostsOf(hostN));
  if (!c.n) fill(h1, "No finding fits these filters");
  const sub = h("p", null, Number.isFinite(c.first) ? span(c.first, c.last) + " " + zone() + ". " : "",
    "Searched " + s.searched + " in " + plural(s.files, "file") + (s.bytes ? " (" + bytes(s.bytes) + ")" : "") + " with " +
    s.rulesText + (s.seconds ? " in " + seconds(s.seconds) : "") + "." + askedFor(),
    s.suppressed ? " " + plural(s.suppressed, "finding") + " suppressed by a file of yours." : "");
  const kpi = (v, l, title) => h("div.kpi", { title }, h("div.v", null, short(v)), h("div.l", null, l));
  main.append(h("section.card.verdict", null,
    h("div", null, h1, sub),
    h("div.kpis", null, kpi(c.n, "findings"), kpi(hostN, hostNoun() + "s with findings"), kpi(result.rules.length, "rules fired"), kpi(result.techniques.size, "techniques"), kpi(result.users.length, "accounts")),
    c.n ? stack(c.levels, c.n, "div.stackbar") : null));
  if (!c.n) return;

  const grid = h("div.grid");
  main.append(grid);
  grid.append(card("Kill chain", "findings by tactic, in the order of an intrusion", chainOf(result.rows), ".w12"));
  grid.append(card("Most serious", "first of each rule and host", seriousList(), ".w12"));
  grid.append(hostsCard(), rulesCard(), usersCard(), sourcesCard());
}

// askedFor says which records alone the hunt was asked to look at.
const askedFor = () => (meta.summary.asked ? " Asked for: " + vis(meta.summary.asked) + "." : "");

function nothingFound(main) {
  const s = meta.summary;
  main.append(h("section.card.verdict", null, h("div", null, h("h2", null, "Nothing found"),
    h("p", null, "Searched " + s.searched + " in " + plural(s.files, "file") + " with " + s.rulesText +
      (Number.isFinite(s.first) ? ", from " + span(s.first, s.last).replace(" – ", " to ") + " " + zone() : "") + "." + askedFor()),
    h("p", null, "Nothing found is not the same as nothing there: ", h("a", { href: hash({ view: "quality" }) }, "see what this hunt could not see"), "."))));
}

// chainOf shows the tactics of some rows as steps.
function chainOf(list) {
  const counts = new Map();
  const known = result.exact && list === result.rows;
  if (known) for (const [k, v] of result.tactics) counts.set(k, { counts: v.counts, n: v.n, first: NaN });
  for (const row of list) {
    for (const t of meta.rules[R[row]].tactics || []) {
      let v = counts.get(t);
      if (!v) counts.set(t, v = { counts: new Float64Array(6), n: 0, first: NaN });
      if (!known) { v.counts[ruleLevel[R[row]]] += N[row]; v.n += N[row]; }
      if (Number.isFinite(T[row]) && !(v.first <= T[row])) v.first = T[row];
    }
  }
  const box = h("div.chain");
  for (const t of meta.tactics) {
    const v = counts.get(t.short);
    const always = t.id && !/^(evasion|inhibit|impair|reconn|resource)/.test(t.short);
    if (!v) {
      if (always) box.append(h("button.none", { disabled: true }, h("span.t", null, t.name), h("span.v", null, "–"), h("span.w", null, "none seen")));
      continue;
    }
    box.append(h("button.lv-" + LEVELS[worst(v.counts)], {
      "aria-pressed": String(state.tactic === t.short), onclick: () => toggle("tactic", t.short),
      title: t.name + ": " + num(v.n) + ", worst " + LEVELS[worst(v.counts)] + (Number.isFinite(v.first) ? ", first " + stamp(v.first) : ""),
    }, h("span.t", null, t.name), h("span.v", null, sign(worst(v.counts)), short(v.n)), h("span.w", null, Number.isFinite(v.first) ? moment(v.first) : "no time")));
  }
  // Rows of equal length rather than a long one and a rest.
  deferred.push(() => {
    const steps = box.children.length, lines = Math.max(1, Math.ceil((steps * 118) / (box.clientWidth || 1200)));
    box.style.gridTemplateColumns = "repeat(" + Math.ceil(steps / lines) + ", minmax(0, 1fr))";
  });
  return counts.size ? box : h("div.body.empty", null, "No rule that fired names a tactic.");
}

// serious picks the first finding of each rule and host, worst level first, then by time.
function serious(list, n) {
  const seen = new Set(), out = [];
  for (const l of WORST_FIRST) {
    for (const row of list) {
      if (ruleLevel[R[row]] !== l) continue;
      const key = R[row] * S.length + H[row];
      if (seen.has(key)) continue;
      seen.add(key);
      out.push(row);
      if (out.length >= n) return out;
    }
  }
  return out;
}

function findRow(row) {
  return h("li", null, h("button", { onclick: () => go({ view: "findings", sel: row }) },
    badge(ruleLevel[R[row]]), h("span.when.opt", null, stamp(T[row])), h("span.name", null, vis(meta.rules[R[row]].title)),
    h("span.name.log.opt", null, vis(hostText(row))), h("span.sub.mono.log.opt", null, vis(D[row]))));
}

function seriousList() {
  return h("ul.rows.cols-find.body.flush", null, serious(result.rows, 8).map(findRow));
}

function more(n, shown, what, view) {
  return n > shown ? h("p.muted", { class: "body" }, h("a", { href: hash({ view }) }, "All " + plural(n, what))) : null;
}

function hostsCard() {
  const top = result.hosts.slice(0, 10);
  const most = Math.max(1, ...top.map((x) => x.n));
  const lines = binned(result.rows, result.range, 48, hostsAt);
  const ul = h("ul.rows.cols-host.body.flush", null, top.map((x) => {
    const canvas = h("canvas.spark.opt");
    const bins = lines.get(x.i);
    if (bins) deferred.push(() => lane(canvas, bins));
    return h("li", null, h("button", { "aria-pressed": String(state.host === x.name), onclick: () => toggle("host", x.name), title: vis(x.name) + ": " + levelWords(x.counts) },
      sign(x.worst), h("span.name.log", null, vis(x.name)), h("span.num", null, num(x.n)), h("span.opt", null, stack(x.counts, most)), canvas));
  }));
  const n = result.exact ? meta.counts.hostCount : result.hosts.length;
  return card("Hosts", n > 10 ? "worst 10 of " + num(n) : "worst first", [n ? ul : h("div.body.empty", null, "These logs name no hosts."), more(n, 10, "host", "hosts")], ".w7");
}

const levelWords = (counts) => WORST_FIRST.filter((l) => counts[l]).map((l) => num(counts[l]) + " " + LEVELS[l]).join(", ");
const ruleKey = (r) => r.id || r.title;

function rulesCard() {
  const top = result.rules.slice(0, 10);
  return card("Rules", result.rules.length > 10 ? "worst 10 of " + num(result.rules.length) : "worst first", [
    h("ul.rows.cols-rule.body.flush", null, top.map((x) => h("li", null, h("button", {
      "aria-pressed": String(state.rule === ruleKey(x.rule)), onclick: () => toggle("rule", ruleKey(x.rule)), title: vis(x.rule.title),
    }, sign(x.level), h("span.name", null, vis(x.rule.title)), h("span.sub", null, x.rule.techniques.map((t) => t.id).join(" ")), h("span.num", null, num(x.n)))))),
    result.rules.length > 10 ? h("p.muted", { class: "body" }, h("a", { href: hash({ view: "findings", group: "rule" }) }, "All " + plural(result.rules.length, "rule"))) : null,
  ], ".w5");
}

function usersCard() {
  const top = result.users.slice(0, 8);
  const most = Math.max(1, ...top.map((x) => x.n));
  return card("Accounts", result.exact ? "of the findings that have a row here" : result.users.length > 8 ? "worst 8 of " + num(result.users.length) : "", top.length ? h("ul.rows.cols-user.body.flush", null, top.map((x) => h("li", null, h("button", {
    "aria-pressed": String(state.user === x.name), onclick: () => toggle("user", x.name), title: vis(x.name) + ": " + levelWords(x.counts),
  }, sign(x.worst), h("span.name.log", null, vis(x.name)), stack(x.counts, most), h("span.num", null, num(x.n)))))) : h("div.body.empty", null, "No finding names an account."), ".w6");
}

function sourcesCard() {
  const by = new Map();
  for (const row of result.rows) {
    let v = by.get(C[row]);
    if (!v) by.set(C[row], v = { counts: new Float64Array(6), n: 0 });
    v.counts[ruleLevel[R[row]]] += N[row];
    v.n += N[row];
  }
  const list = [...by].sort((a, b) => b[1].n - a[1].n).slice(0, 8);
  const most = Math.max(1, ...list.map((x) => x[1].n));
  return card("Logs", result.exact ? "of the findings that have a row here" : "where the records come from", h("ul.rows.cols-user.body.flush", null, list.map(([i, v]) => h("li", null, h("button", {
    onclick: () => go({ q: (state.q + " " + quote("channel", S[i])).trim() }), title: vis(S[i]) + ": " + levelWords(v.counts),
  }, sign(worst(v.counts)), h("span.name.log", null, vis(S[i] || "unnamed")), stack(v.counts, most), h("span.num", null, num(v.n)))))), ".w6");
}
