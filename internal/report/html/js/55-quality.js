// Data quality: what the hunt read, what it could not read, and which rules it could not ask.

let noteFilter = "";

function quality(main) {
  const s = meta.summary;
  const grid = h("div.grid");
  main.append(grid);
  const idle = Math.max(0, s.rules - s.applicable);
  const share = s.rules ? (100 * s.applicable) / s.rules : 0;
  const meter = h("div.meter", { role: "img", "aria-label": Math.round(share) + " % of the rules had a log to run on" });
  const part = h("i");
  part.style.width = share + "%";
  meter.append(part);
  grid.append(card("Rules", "", h("div.body", null,
    h("p", null, h("b", null, num(s.applicable)), " of " + plural(s.rules, "rule") + " had a log among the inputs that could satisfy them."), meter,
    h("p.muted", null, idle ? plural(idle, "rule") + " had nothing to run on: the logs they need were not given, or lack fields that they read. Silence of these rules says nothing." : "Every rule had something to run on.")), ".w6"));
  const fact = (k, v) => (v === "" || v === undefined || v === null ? [] : [h("dt", null, k), h("dd", null, v)]);
  grid.append(card("The hunt", "", h("dl.facts.body", null,
    fact("Started", s.started ? stamp(s.started) + " " + zone() : ""), fact("Took", s.seconds ? seconds(s.seconds) + (s.events ? ", " + num(Math.round(s.events / s.seconds)) + " events a second" : "") : ""),
    fact("Inputs", (s.inputs || []).length ? vis(s.inputs.slice(0, 8).join(", ")) + (s.inputs.length > 8 ? " and " + num(s.inputs.length - 8) + " more" : "") : ""), fact("Read", plural(s.files, "file") + ", " + plural(s.events, "event") + (s.bytes ? ", " + bytes(s.bytes) : "")),
    fact("Events from", Number.isFinite(s.first) ? span(s.first, s.last) + " " + zone() : ""), fact(meta.coverage ? "Hosts" : "Host names", s.hosts ? num(s.hosts) : ""),
    fact("Findings", num(s.findings || meta.total) + (s.suppressed ? ", " + num(s.suppressed) + " suppressed" : "")),
    fact("Rows here", meta.rows < meta.total ? num(rows) + (rowTotal() < meta.total ? ": " + num(meta.total - rowTotal()) + " findings are counted but have no row" : "") : num(rows)),
    fact("Peak memory", s.peakRSS ? bytes(s.peakRSS) : ""), fact("Program", s.version ? "Entente " + vis(s.version) : ""), fact("ATT&CK", s.attack ? vis(s.attack) : "")), ".w6"));
  grid.append(troubleCard("Damaged or doubtful places", s.warnings, s.warningsTotal, "Every input was read to its end without a complaint."));
  grid.append(troubleCard("Inputs that were not read", s.skipped, s.skippedTotal, "Every input was read."));
  const caveats = result.rows.reduce((n, row) => n + (K[row] & FLAG.caveat ? 1 : 0), 0);
  if (caveats) {
    grid.append(h("section.card.w12", null, h("header", null, h("h2", null, "Findings with a caveat"), h("span.note", null, num(caveats))), h("div.body", null,
      h("p", null, "Their rules exclude known-good activity by fields that these logs do not have, or are less sure for another reason that each of them states. ",
        h("a", { href: hash(Object.assign({}, NOTHING, { view: "findings", q: "has:caveat" })) }, "Show them")))));
  }
  grid.append(notesCard(s));
}

function troubleCard(title, list, n, good) {
  const body = list.length ? h("div.scroll", { tabindex: "0", role: "region", "aria-label": title }, h("table.plain", null, h("thead", null, h("tr", null, h("th", { scope: "col" }, "File"), h("th", { scope: "col" }, "Where"), h("th", { scope: "col" }, "What"))),
    h("tbody", null, list.slice(0, 500).map((w) => h("tr", null, h("td.mono.log", null, vis(w.file || "")), h("td.num.nowrap", null, w.offset >= 0 ? "byte " + num(w.offset) : ""), h("td.log", null, vis(w.message)))))),
  n > Math.min(500, list.length) ? h("p.muted", { class: "body" }, "and " + num(n - Math.min(500, list.length)) + " more") : null) : h("div.body.empty", null, good);
  return card(title, n ? num(n) : "", body, ".w12");
}

function notesCard(s) {
  const list = s.notApplicable;
  if (!list.length) return "";
  const bodyEl = h("tbody");
  const show = () => {
    const found = list.filter((r) => !noteFilter || (r.title + " " + r.note + " " + (r.id || "")).toLowerCase().includes(noteFilter));
    fill(bodyEl, found.slice(0, 300).map((r) => h("tr", null, h("td", null, vis(r.title), r.id ? h("div.muted.mono", null, vis(r.id)) : null), h("td", null, vis(r.note)))),
      found.length > 300 ? h("tr", null, h("td.muted", { colspan: 2 }, "and " + num(found.length - 300) + " more: type to narrow the list")) : null,
      s.notApplicableTotal > list.length ? h("tr", null, h("td.muted", { colspan: 2 }, num(s.notApplicableTotal - list.length) + " further rules are counted but not listed in this report")) : null);
  };
  show();
  const search = h("input.field", { name: "rule-filter", type: "search", placeholder: "Find a rule or a field", "aria-label": "Find a rule or a field", value: noteFilter, oninput: (e) => { noteFilter = e.target.value.trim().toLowerCase(); show(); } });
  return card("Rules whose log was there but lacks what they read", num(s.notApplicableTotal), [h("div.body", null, search),
    h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Rules that could not run" }, h("table.plain", null, h("thead", null, h("tr", null, h("th", { scope: "col" }, "Rule"), h("th", { scope: "col" }, "Why it could not run"))), bodyEl))], ".w12");
}
