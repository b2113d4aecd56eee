// The pane with everything about one finding.

let detailRun = 0;

function hideDetail() {
  detailRun++;
  $("detail").hidden = true;
  document.body.classList.remove("has-detail");
}

function closeDetail() {
  state.sel = -1;
  go({ sel: -1 });
}

async function showDetail(row) {
  const run = ++detailRun;
  const pane = $("detail");
  let f;
  try {
    f = await finding(row);
  } catch (e) {
    f = { event: {}, matched: {}, problem: String(e) };
  }
  if (run !== detailRun) return;
  const fresh = pane.hidden || pane.dataset.row !== String(row);
  pane.dataset.row = row;
  pane.hidden = false;
  document.body.classList.add("has-detail");
  const r = meta.rules[R[row]];
  fill(pane, detailTop(row, r, f), f.problem ? h("div.callout", null, "This finding could not be unpacked: " + f.problem) : null, caveats(row, f), place(row, f), correlation(f), matched(f), record(row, f), ruleText(r));
  if (fresh) pane.scrollTop = 0;
  if (table) draw();
}

function detailTop(row, r, f) {
  const at = positionOf(row);
  return h("div.d-top", null,
    h("div.acts", null, badge(ruleLevel[R[row]]), r.status ? h("span.muted", null, vis(r.status)) : null, h("span.spring"),
      table && table.box.isConnected ? [h("button.ghost.icon", { title: "Previous (k)", "aria-label": "Previous finding", disabled: at <= 0, onclick: () => move(-1) }, "↑"),
        h("button.ghost.icon", { title: "Next (j)", "aria-label": "Next finding", disabled: at < 0 || at >= table.items.length - 1, onclick: () => move(1) }, "↓")] : null,
      h("button.ghost", { onclick: (e) => copy(e.target, JSON.stringify(f, null, 2)) }, "Copy JSON"),
      h("button.ghost", { onclick: (e) => copy(e.target, location.href.replace(/#.*/, "") + hash({ view: "findings", sel: row })) }, "Copy link"),
      h("button.ghost.icon", { title: "Close (Esc)", "aria-label": "Close", onclick: closeDetail }, "✕")),
    h("h2", null, vis(r.title)),
    h("div.tags", { class: "d-tags" }, r.techniques.map((t) => h("button.tag", { title: "Only this technique", onclick: () => toggle("technique", t.id) }, h("b", null, t.id), vis(t.name || ""))),
      (r.tactics || []).map((t) => h("button.tag", { title: "Only this tactic", onclick: () => toggle("tactic", t) }, tacticInfo(t).name))));
}

async function copy(button, text) {
  let ok = false;
  try {
    await navigator.clipboard.writeText(text);
    ok = true;
  } catch {
    const area = h("textarea", { value: text });
    document.body.append(area);
    area.select();
    try { ok = document.execCommand("copy"); } catch { /* said below */ }
    area.remove();
  }
  const old = button.textContent;
  button.textContent = ok ? "Copied" : "Not allowed";
  setTimeout(() => { button.textContent = old; }, 1200);
}

function section(title, ...body) {
  return h("section.d-sec", null, h("h3", null, title), ...body);
}

function caveats(row, f) {
  const list = (f.caveats || []).slice();
  if (K[row] & FLAG.bare) list.push("The record itself is not in this report, which is full. It is in the file below, at the offset given.");
  if (K[row] & FLAG.clipped) list.push("Long values of this record are cut. The whole record is in the file below, at the offset given.");
  return list.length ? h("div.callout", { role: "note" }, h("b", null, "Read with care"), h("ul", null, list.map((c) => logText(h("li"), c)))) : null;
}

function place(row, f) {
  const fact = (k, ...v) => [h("dt", null, k), h("dd", null, ...v)];
  const pick = (key, value) => h("button.tag", { title: "Only this " + key, onclick: () => toggle(key, value) }, "only");
  const dl = h("dl.facts");
  add(dl, fact("Time", f.time ? stamp(T[row], true) + " " + zone() : "the record has none", f.last ? " to " + stamp(Date.parse(f.last)) : ""));
  if (N[row] > 1) add(dl, fact("Stands for", plural(N[row], "equal finding")));
  add(dl, hostFacts(row, f, fact, pick));
  if (f.user) add(dl, fact("User", logText(h("span"), f.user), " ", pick("user", S[U[row]])));
  if (f.impersonated) add(dl, fact("In the name of", logText(h("span"), [f.impersonated.name, f.impersonated.sid].filter(Boolean).join(" · ")), h("span.muted", null, " by the token in the address")));
  if (f.channel || f.source) add(dl, fact("Log", logText(h("span"), [f.source, f.channel].filter(Boolean).join(" · "))));
  if (f.provider) add(dl, fact("Provider", logText(h("span"), f.provider)));
  if (f.event_id) add(dl, fact("Event", String(f.event_id) + (f.record_id !== undefined ? " · record " + f.record_id : "")));
  if (f.file) add(dl, fact("File", logText(h("span.mono"), f.file), h("span.muted", null, " at byte " + num(f.offset))));
  return section("Where and when", dl);
}

// hostFacts tells the host that the record names from the one that it is of, where these are not the same.
function hostFacts(row, f, fact, pick) {
  const names = hostsAt(row).map((i) => S[i]).filter(Boolean);
  if (names.length === 1 && names[0] === f.host) return fact("Host", logText(h("span"), f.host), " ", pick("host", f.host));
  const out = names.length ? fact("Host", names.map((name, i) => [i ? ", " : "", logText(h("span"), name), " ", pick("host", name)])) : [];
  const why = BECAUSE.has(row) ? "joined: " + BECAUSE.get(row) : names.length === 1 && names[0] === f.file ? "called as the file" : "";
  const record = f.host ? ["the record says ", logText(h("span"), f.host)] : names.length ? [f.correlation ? "by the records that it rests on" : "the record names none"] : [];
  if (names.length && (why || record.length)) out[1].append(add(h("div.muted"), [why, why && record.length ? "; " : "", record]));
  return out;
}

function fieldTable(list, hits, deep) {
  return h("table.fields", null, h("tbody", null, list.map(([name, value]) => {
    const text = typeof value === "object" && value !== null ? (Array.isArray(value) && value.every((v) => typeof v !== "object") ? value.join("\n") : JSON.stringify(value)) : value === null ? "" : String(value);
    const search = (not) => go({ q: (state.q + " " + (not ? "-" : "") + quote(name, Array.isArray(value) ? String(value[0]) : text.split("\n")[0].slice(0, 200))).trim() });
    return h("tr", { class: hits && hits.has(name) ? "hit" : "" }, logText(h("th", { scope: "row" }), name, false), logText(h("td"), text, true, result.words),
      h("td.ops", null, text && deep ? [h("button", { title: "Only records with this value", "aria-label": "Only records with this value", onclick: () => search(false) }, "+"), h("button", { title: "Without records with this value", "aria-label": "Without records with this value", onclick: () => search(true) }, "−")] : null));
  })));
}

function matched(f) {
  const list = Object.entries(f.matched || {});
  return list.length ? section("What the rule matched", fieldTable(list.map(([k, v]) => [k || "any field", v]), null, true)) : null;
}

function record(row, f) {
  if (!f.event) return null;
  const list = typeof f.event === "object" && f.event !== null ? Object.entries(f.event) : [["record", String(f.event)]];
  // The rule's fields may have other names in the record; then the values tell.
  const values = new Set(Object.values(f.matched || {}).flat().map(String));
  const hits = new Set(list.filter(([k, v]) => (f.matched && k in f.matched) || (v !== null && String(v).length > 3 && values.has(String(v)))).map(([k]) => k));
  return section("The whole record", fieldTable(list, hits, true));
}

function correlation(f) {
  const c = f.correlation;
  if (!c) return null;
  const rest = c.total - c.matches.length;
  return section("Correlation", h("p", null, h("b", null, String(c.type).replaceAll("_", " ")), ": " + num(c.value) + (c.first && c.last ? " from " + stamp(Date.parse(c.first)) + " to " + stamp(Date.parse(c.last)) : "")),
    Object.keys(c.group || {}).length ? fieldTable(Object.entries(c.group), null, true) : null,
    h("ul.members", null, c.matches.map((m) => h("li", null, h("time", null, m.time ? stamp(Date.parse(m.time)) : "no time"), h("span", null, vis(m.title || m.rule), m.host ? h("span.muted.log", null, " on " + vis(m.host)) : null, m.user ? h("span.muted.log", null, " by " + vis(m.user)) : null,
      m.channel || m.event_id ? h("div.muted.log", null, vis([m.channel, m.event_id && "event " + m.event_id, m.record_id !== undefined && "record " + m.record_id].filter(Boolean).join(" · "))) : null,
      m.file ? h("div.muted.mono.log", null, vis(m.file) + " at byte " + num(m.offset)) : null)))),
    rest > 0 ? h("p.muted", null, "and " + num(rest) + " more") : null);
}

function ruleText(r) {
  const dl = h("dl.facts");
  const fact = (k, v) => { if (v) add(dl, [h("dt", null, k), h("dd", null, v)]); };
  fact("Log source", (r.logsource || []).filter(Boolean).join(" / "));
  fact("Author", r.author && vis(r.author));
  fact("Dated", [r.date, r.modified && "changed " + r.modified].filter(Boolean).join(", "));
  fact("Id", r.id && h("span.mono", null, vis(r.id)));
  fact("File", r.file && h("span.mono", null, vis(r.file)));
  fact("Licence", r.license && vis(r.license));
  for (const x of r.facts || []) fact(x.name, vis(x.text));
  fact("Fired", plural(r.count, "time") + " on " + plural(r.hosts, "host") + (r.rows < r.count && r.rows !== undefined && rowTotal() < meta.total ? "; " + num(r.rows) + " rows here" : ""));
  return section("About the rule",
    r.description ? logText(h("p"), r.description, true) : null, h("div", { class: "gap" }), dl,
    r.falsePositives ? [h("h3", { class: "gap" }, "Known false positives"), h("ul", null, r.falsePositives.map((x) => h("li", null, vis(x))))] : null,
    r.references ? [h("h3", { class: "gap" }, "References"), h("ul", { class: "refs" }, r.references.map((x) => h("li", null, link(x))))] : null,
    r.techniques.some((t) => t.url) ? h("p", { class: "gap" }, "ATT&CK: ", r.techniques.filter((t) => t.url).map((t, i) => [i ? ", " : "", link(t.url, t.id + (t.name ? " " + t.name : ""))])) : null,
    r.text ? h("details", { class: "gap" }, h("summary", null, r.indicator ? "Pattern of the indicator" : "Text of the rule"), logText(h("pre.source"), r.text, true)) : null);
}
