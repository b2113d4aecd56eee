// Coverage: each TTP of the packs with its state, as a matrix and as a table.

const packOf = () => meta.coverage.packs.find((p) => p.id === state.pack) || meta.coverage.packs[0];
const ttpKey = (t) => t.id;

function coverage(main) {
  const c = meta.coverage, p = packOf();
  if (!p) { main.append(h("section.card", null, h("div.body.empty", null, "No pack was hunted with."))); return; }
  main.append(h("div.toolbar", null,
    c.packs.length > 1 ? h("div.seg", { role: "group", "aria-label": "Pack" }, c.packs.map((x) => h("button.btn", { "aria-pressed": String(x === p), onclick: () => go({ pack: x.id, ttp: "" }) }, vis(x.id)))) : h("b", null, vis(p.title)),
    h("div.statekeys", { role: "group", "aria-label": "States" }, Object.keys(STATES).map((k) => h("button.key", {
      "aria-pressed": String(state.cov === k), class: state.cov && state.cov !== k ? "off" : "", title: "Only what is: " + STATES[k].text + " (click again for all)", onclick: () => go({ cov: state.cov === k ? "" : k, ttp: "" }),
    }, h("span.swatch.st-" + k, null, mark(STATES[k])), STATES[k].word, h("b.num", null, num(p.counts[k] || 0)))))));
  main.append(coverageMatrix(p));
  main.append(ttpTable(c, p));
}

function coverageMatrix(p) {
  const columns = new Map();
  for (const t of p.ttps) {
    for (const tac of t.tactics && t.tactics.length ? t.tactics : ["other"]) {
      if (!columns.has(tac)) columns.set(tac, []);
      columns.get(tac).push(t);
    }
  }
  const orderOf = (s) => { const i = meta.tactics.findIndex((t) => t.short === s); return i < 0 ? 99 : i; };
  const list = [...columns].sort((a, b) => orderOf(a[0]) - orderOf(b[0]));
  const names = Object.keys(STATES);
  for (const [, ttps] of list) ttps.sort((a, b) => names.indexOf(a.state) - names.indexOf(b.state) || b.findings - a.findings || (a.id < b.id ? -1 : 1));
  const head = h("tr", null, list.map(([tac, ttps]) => {
    const found = ttps.filter((t) => t.state === "found").length;
    return h("th", { scope: "col" }, tac === "other" ? "No tactic named" : breakable(tacticInfo(tac).name), h("small", null, found ? num(found) + " of " + num(ttps.length) + " found" : num(ttps.length) + ", none found"));
  }));
  const body = h("tbody", null, h("tr", null, list.map(([, ttps]) => h("td", null, ttps.map(ttpCell)))));
  const table = h("table.matrix.states", { "aria-label": "TTPs by tactic and state" }, h("thead", null, head), body);
  table.style.minWidth = list.length * 98 + "px";
  if (list.length < 6) table.style.maxWidth = list.length * 240 + "px";
  return h("div.matrix-box.cov-box", { tabindex: "0", role: "region", "aria-label": "Matrix of TTPs" }, table);
}

// breakable puts soft hyphens into long words where they may be parted: browsers know the places for few languages.
const breakable = (s) => s.replace(/[A-Za-z]{11,}/g, (w) => w.replace(/([a-z]{3})(sance|structure|cation|phishing|zation|tation|mation|bility|cated|ment|tials)(?=$|s)/i, "$1\u00AD$2"));

function ttpCell(t) {
  const off = state.cov && state.cov !== t.state;
  const el = h("button.cell.st-" + t.state, {
    class: off ? "off" : "", "aria-pressed": String(state.ttp === ttpKey(t)), "aria-label": t.id + " " + vis(t.name || "") + ": " + STATES[t.state].text + (t.findings ? ", " + plural(t.findings, "finding") : ""),
    onclick: () => { hideTip(); go({ ttp: state.ttp === ttpKey(t) ? "" : ttpKey(t), cov: "" }); const row = document.querySelector("tr.ttp.open"); if (row) row.scrollIntoView({ block: "nearest" }); },
  }, h("span.id", null, h("span", null, mark(STATES[t.state]), t.id), t.findings ? h("b", null, short(t.findings)) : t.partly ? h("b", { title: "some detections could not look" }, "±") : null), t.name ? h("span.n", null, breakable(vis(t.name))) : null);
  tipOn(el, () => ttpTip(t));
  return el;
}

function ttpTip(t) {
  const lines = [h("div.head", null, t.id + " " + vis(t.name || "")), stateBadge(t.state)];
  if (t.findings) lines.push(h("p", null, plural(t.findings, "finding") + " on " + plural(t.hosts_total, "host") + (Number.isFinite(at(t.first)) ? ", " + span(at(t.first), at(t.last)) : "")));
  for (const r of t.rules.filter((r) => r.findings).slice(0, 4)) lines.push(h("div.r2", null, sign(Math.max(0, LEVELS.indexOf(r.level || ""))), vis(r.title), h("b", null, "×" + short(r.findings))));
  if (t.missing && t.state === "could-not-look") lines.push(h("p", null, "Missing: " + t.missing.map((n) => vis(meta.coverage.missing[n].name)).join("; ")));
  if (t.state === "not-found") lines.push(h("p", null, plural(t.rules.filter((r) => r.looked).length, "detection") + " looked" + (t.partly ? "; others lack their logs" : "")));
  if (t.undetectable) lines.push(h("p", null, vis(t.undetectable)), t.questions.slice(0, 2).map((q) => h("p", null, h("b", null, "Ask: "), vis(q.ask))));
  return lines;
}

// tipOn shows a text beside an element while the pointer or the focus is on it.
function tipOn(el, make) {
  const show = () => {
    const box = $("tip");
    fill(box, make());
    box.classList.add("rich");
    box.hidden = false;
    const r = el.getBoundingClientRect(), w = box.offsetWidth, ht = box.offsetHeight;
    box.style.left = Math.max(8, Math.min(r.left, innerWidth - w - 8)) + "px";
    box.style.top = (r.bottom + ht + 10 < innerHeight ? r.bottom + 6 : Math.max(8, r.top - ht - 6)) + "px";
  };
  el.addEventListener("pointerenter", show);
  el.addEventListener("focus", show);
  el.addEventListener("pointerleave", hideTip);
  el.addEventListener("blur", hideTip);
}

function hideTip() {
  $("tip").hidden = true;
  $("tip").classList.remove("rich");
}

function ttpTable(c, p) {
  const list = p.ttps.filter((t) => (!state.cov || t.state === state.cov) && (!state.ttp || ttpKey(t) === state.ttp));
  const body = h("tbody");
  for (const t of list) {
    const open = state.ttp === ttpKey(t);
    const toggleRow = () => go({ ttp: open ? "" : ttpKey(t) });
    const what = t.state === "found" ? [h("a", { href: "#", onclick: (e) => { e.preventDefault(); showFindings(t); } }, plural(t.findings, "finding")), " on " + plural(t.hosts_total, "host"), Number.isFinite(at(t.first)) ? h("div.muted.num", null, span(at(t.first), at(t.last))) : null]
      : t.state === "could-not-look" ? h("span", null, !t.missing ? "its detections were left out of this hunt" : "needs " + (t.missing || []).map((n) => vis(c.missing[n].name)).join("; "))
        : t.state === "no-log" ? [h("span", null, vis(t.undetectable || "")), t.questions.map((q) => h("div", null, h("b", null, "Ask: "), vis(q.ask)))]
          : h("span.muted", null, plural(t.rules.filter((r) => r.looked).length, "detection") + " looked" + (t.partly ? "; " + plural(t.rules.filter((r) => !r.looked).length, "other") + " could not" : ""));
    body.append(h("tr.ttp" + (open ? ".open" : ""), null,
      h("td", null, stateBadge(t.state)),
      h("td", null, h("button.linkish", { "aria-expanded": String(open), onclick: toggleRow }, h("b.num", null, t.id), t.now ? h("span.muted", { title: "its number today" }, " (" + vis(t.now) + ")") : null, t.name ? " " + vis(t.name) : null)),
      h("td.muted", null, (t.tactics || []).map((x) => tacticInfo(x).name).join(", ")),
      h("td", null, what), h("td.muted", null, t.confidence ? vis(t.confidence) : "")));
    if (open) body.append(h("tr.ttp-more", null, h("td", { colspan: 5 }, ttpMore(c, p, t))));
  }
  const note = (state.cov || state.ttp ? num(list.length) + " of " : "") + plural(p.ttps.length, "TTP");
  const all = state.cov || state.ttp ? h("button.btn", { onclick: () => go({ cov: "", ttp: "" }) }, "Show all") : null;
  return h("section.card.gap", null, h("header", null, h("h2", null, "TTPs"), h("span.note", null, note), all),
    h("div.scroll.tall", { tabindex: "0", role: "region", "aria-label": "TTPs" }, h("table.plain.ttps", null, h("thead", null, h("tr", null, ["State", "TTP", "Tactics", "What it rests on", "Confidence"].map((x) => h("th", { scope: "col" }, x)))), body)));
}

function showFindings(t) {
  const fired = t.rules.filter((r) => r.findings);
  if (fired.length === 1) go(Object.assign({}, NOTHING, { view: "findings", rule: fired[0].id, sel: -1 }));
  else go(Object.assign({}, NOTHING, { view: "findings", technique: t.now || t.id, sel: -1 }));
}

function ttpMore(c, p, t) {
  const part = (title, ...body) => h("div", null, h("h3", null, title), body);
  const missing = (t.missing || []).map((n) => c.missing[n]);
  return h("div.more", null,
    t.procedure ? part("What the actor does", h("p", null, vis(t.procedure))) : null,
    t.undetectable ? part("Why no log can show it", h("p", null, vis(t.undetectable))) : null,
    t.rules.length ? part("Detections", h("ul.detections", null, t.rules.map((r) => h("li", null, sign(Math.max(0, LEVELS.indexOf(r.level || ""))),
      h("button.linkish", { disabled: !r.findings, onclick: () => go(Object.assign({}, NOTHING, { view: "findings", rule: r.id, sel: -1 })) }, vis(r.title)),
      h("span.muted", null, r.findings ? plural(r.findings, "finding") : r.looked ? "nothing found" : r.left_out ? "left out of this hunt" : "could not look"))))) : null,
    missing.length ? part("Logs to turn on", h("ul.turnon", null, missing.map((l) => h("li", null, h("div", null, h("b", null, vis(l.name)), (l.enable || []).map((e) => h("div.how", null, command(e)))))))) : null,
    t.questions.length ? part("Questions to ask", h("ul.questions", null, t.questions.map((q) => h("li", null, h("b", null, vis(q.ask)), q.look_for ? h("div", null, vis(q.look_for)) : null, q.where ? h("div.muted", null, "Where: " + vis(q.where)) : null)))) : null,
    t.mitigations && t.mitigations.length ? part("What stops it", h("p", null, t.mitigations.map((id) => (p.mitigations.find((m) => m.id === id) || { title: id }).title).map(vis).join(" · "))) : null,
    t.logs && t.logs.length ? part("Logs that show it", h("p", null, t.logs.map(vis).join(" · "))) : null);
}
