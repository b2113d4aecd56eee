// The view of one host at a time: what happened on it, when, by which accounts.

let hostFilter = "";

function hosts(main) {
  const list = result.hosts;
  if (!list.length) { main.append(h("section.card", null, h("div.body.empty", null, "No finding that fits names a host."))); return; }
  const current = list.find((x) => x.name === state.page) || list[0];
  const ul = h("ul.rows.hostlist");
  const show = () => {
    const found = list.filter((x) => !hostFilter || x.name.toLowerCase().includes(hostFilter) || (otherNames.get(x.name.toLowerCase()) || []).some((n) => n.includes(hostFilter)));
    fill(ul, found.slice(0, 500).map((x) => h("li", null, h("button", { "aria-pressed": String(x === current), onclick: () => go({ page: x.name }), title: levelWords(x.counts) },
      sign(x.worst), h("span.name.log", null, vis(x.name)), h("span.num", null, num(x.n))))),
    found.length > 500 ? h("li.muted", { class: "body" }, num(found.length - 500) + " more: type to narrow the list") : null);
  };
  show();
  const search = h("input.field", { name: "host-filter", type: "search", placeholder: "Find a host", "aria-label": "Find a host", value: hostFilter, oninput: (e) => { hostFilter = e.target.value.trim().toLowerCase(); show(); } });
  main.append(h("div.split", null,
    h("section.card", null, h("header", null, h("h2", null, hostsWithFindings(list.length)), h("span.note", null, "worst first")), h("div.body", null, search), ul),
    hostPage(current)));
}

// hostsWithFindings says how many hosts have findings that fit, of all of which logs were read.
const hostsOf = (n) => (meta.summary.hosts > n ? num(n) + " of " + plural(meta.summary.hosts, hostNoun()) : plural(n, hostNoun()));
const hostsWithFindings = (n) => hostsOf(n) + (n === 1 && !(meta.summary.hosts > n) ? " has findings" : " have findings");

// aliasesOf lists what else logs call a host.
const aliasesOf = (name) => (meta.hostNames || []).filter((pair) => pair[1] === name).map((pair) => pair[0]);

// worstOf picks at most n rows, in order of time: those of the worst levels, as many levels as have the room, or of the
// worst one the first.
function worstOf(list, n) {
  let out = [];
  for (const l of WORST_FIRST) {
    const those = list.filter((row) => ruleLevel[R[row]] === l);
    if (out.length && out.length + those.length > n) break;
    out = out.concat(those.slice(0, n));
  }
  return out.sort((a, b) => order(T[a], T[b]) || a - b);
}

function hostPage(x) {
  const own = Array.from(result.rows.filter((row) => onHost(row, x.i)));
  const page = h("div.grid");
  const kinds = new Set(own.map((row) => R[row]));
  const users = new Map(), rules = new Map();
  for (const row of own) {
    if (U[row]) { const v = users.get(U[row]) || new Float64Array(6); v[ruleLevel[R[row]]] += N[row]; users.set(U[row], v); }
    rules.set(R[row], (rules.get(R[row]) || 0) + N[row]);
  }
  const c = result.counts;
  const pressed = state.host === x.name;
  page.append(h("section.card.w12", null, h("div.host-head", null, badge(x.worst), h("h2.log", null, vis(x.name)), h("span.spring"), h("button.btn", { onclick: () => go({ view: "findings", host: x.name, sel: -1 }) }, "Its findings"), h("button.btn", { "aria-pressed": String(pressed), onclick: () => toggle("host", x.name) }, pressed ? "All hosts again" : "Only this host")),
  h("div.body", null, stack(x.counts, x.n), h("p.muted.gap", null, plural(x.n, "finding") + " of " + plural(kinds.size, "rule") + ": " + levelWords(x.counts) + (Number.isFinite(c.hostFirst[x.i]) ? ". " + span(c.hostFirst[x.i], c.hostLast[x.i]) + " " + zone() : "") + "."),
    aliasesOf(x.name).length ? h("p.muted.log", null, "Also " + aliasesOf(x.name).map(vis).join(", ")) : null)));
  const canvas = h("canvas", { role: "img", "aria-label": "Findings on this host over time" });
  canvas.style.width = "100%";
  canvas.style.height = "110px";
  const bins = binned(own, result.range, 140, () => 0).get(0);
  deferred.push(() => {
    const { g, w, h: ht } = context(canvas);
    if (bins) bars(g, bins, 0, w, 6, ht - AXIS - 6);
    if (result.range.to > result.range.from) axis(g, result.range, w, ht - AXIS);
  });
  brush(canvas, () => result.range);
  page.append(card("When", "over the whole range of the report", h("div.body", null, canvas), ".w12"));
  page.append(card("Kill chain on this host", "with the time of the first finding", chainOf(own), ".w12"));
  page.append(card("Rules", plural(rules.size, "rule"), h("ul.rows.cols-rule.body.flush.scroll", { "aria-label": "Rules on this host" },
    [...rules].sort((a, b) => ruleLevel[b[0]] - ruleLevel[a[0]] || b[1] - a[1]).slice(0, 200).map(([i, n]) => h("li", null, h("button", { title: vis(meta.rules[i].title), onclick: () => go({ view: "findings", host: x.name, rule: ruleKey(meta.rules[i]), sel: -1 }) },
      sign(ruleLevel[i]), h("span.name", null, vis(meta.rules[i].title)), h("span.sub", null, meta.rules[i].techniques.map((t) => t.id).join(" ")), h("span.num", null, num(n)))))), ".w7"));
  page.append(card("Accounts", plural(users.size, "account"), users.size ? h("ul.rows.cols-user.body.flush.scroll", { "aria-label": "Accounts on this host" },
    [...users].sort((a, b) => worst(b[1]) - worst(a[1]) || total(b[1]) - total(a[1])).slice(0, 200).map(([i, v]) => h("li", null, h("button", { title: vis(S[i]) + ": " + levelWords(v), onclick: () => go({ view: "findings", host: x.name, user: S[i], sel: -1 }) },
      sign(worst(v)), h("span.name.log", null, vis(S[i])), stack(v, x.n), h("span.num", null, num(total(v))))))) : h("div.body.empty", null, "None named."), ".w5"));
  const first = worstOf(own, 100);
  page.append(card("Findings in order of time", own.length > first.length ? "the " + num(first.length) + " most serious of " + num(own.length) : "", [h("ul.rows.cols-find.body.flush", null, first.map(findRow)),
    own.length > first.length ? h("p.muted", { class: "body" }, h("a", { href: hash({ view: "findings", host: x.name, sel: -1 }) }, "All " + plural(own.length, "finding"))) : null], ".w12"));
  return page;
}
