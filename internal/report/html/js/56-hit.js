// Were we hit? The answer of a hunt with advisory packs: a card for each host that was, with the chain of what happened.

const VERDICTS = {
  compromised: { word: "Compromised", sign: "M8 1 15 8 8 15 1 8Z", solid: true },
  attempted: { word: "Attempted", sign: "M8 2 15 14H1Z", solid: true },
  "cannot-tell": { word: "Cannot tell", sign: "M5.600 6.200A2.500 2.500 0 1 1 9 8.300C8.300 8.700 8 9.100 8 10M8 12.600v.4" },
  "not-seen": { word: "Not seen", sign: "M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11Z" },
};
const STATES = {
  found: { word: "Found", text: "found", sign: "M8 1 15 8 8 15 1 8Z", solid: true },
  "not-found": { word: "Looked for, not found", text: "looked for and not found", sign: "M3 8.500 6.500 12 13 4.500" },
  "could-not-look": { word: "Could not look", text: "could not look: the logs are missing", sign: "M5.600 6.200A2.500 2.500 0 1 1 9 8.300C8.300 8.700 8 9.100 8 10M8 12.600v.4" },
  "no-log": { word: "No log can show it", text: "no log can show it", sign: "M3.500 8h9" },
};

// mark draws the sign of a verdict or a state; its shape tells it without its colour.
function mark(kind) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "mark" + (kind.solid ? " solid" : ""));
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", kind.sign);
  svg.append(path);
  return svg;
}

const verdictBadge = (v) => h("span.vb.v-" + v, null, mark(VERDICTS[v]), VERDICTS[v].word);
const stateBadge = (s) => h("span.sb.st-" + s, null, mark(STATES[s]), STATES[s].word);
const at = (s) => (s ? Date.parse(s) : NaN);
// inRows says that findings have the host under this name.
const inRows = (x) => x.host !== "";

const sightWords = (x) => num(x.sight.looked) + " of " + plural(x.sight.of, "TTP");
// stageWords says how sure what was found of a stage shows what the stage shows.
const stageWords = (g) => (g.info.shows !== "compromise" ? "shows an attempt" : g.sure ? "shows a compromise" : "could be a sign of a compromise");
const stageVerdict = (g) => (g.info.shows === "compromise" && g.sure ? "compromised" : "attempted");

const hostWord = (name) => (name === "" ? "Logs that name no host" : vis(name));

// command puts how a log is turned on into an element: what stands in `backquotes` is code.
function command(text) {
  const el = h("span");
  String(text).split("`").forEach((part, i) => { if (part) el.append(i % 2 ? h("code.cmd", null, vis(part)) : vis(part)); });
  return el;
}

function hit(main) {
  const c = meta.coverage, n = c.verdicts;
  const count = (k) => n[k] || 0;
  const all = c.hosts_total;
  const h2 = h("h2");
  let tone = "not-seen";
  // Hosts on which more than an attempt, and less than a compromise, was found.
  const signs = c.signs || 0;
  const attacked = count("attempted") > signs ? "; " + num(count("attempted") - signs) + " more attacked, " + meta.successBrief : "";
  if (count("compromised")) {
    tone = "compromised";
    fill(h2, h("b.vt.v-compromised", null, "Yes."), " " + num(count("compromised")) + " of " + plural(all, "host") + (count("compromised") === 1 ? " is" : " are") + " compromised" +
      (signs ? "; " + num(signs) + " more could be" : "") + attacked + ".");
  } else if (signs) {
    tone = "attempted";
    fill(h2, h("b.vt.v-attempted", null, "Perhaps."), " " + num(signs) + " of " + plural(all, "host") + " could be compromised, and no finding is enough to say so" + attacked + ".");
  } else if (count("attempted")) {
    tone = "attempted";
    fill(h2, h("b.vt.v-attempted", null, "Attacked,"), " " + meta.success + ": " + num(count("attempted")) + " of " + plural(all, "host") + ".");
  } else if (!all) {
    tone = "cannot-tell";
    fill(h2, meta.summary.events ? "No record is of the time and host that were asked for." : "No log of any host was read.");
  } else if (!count("not-seen")) {
    tone = "cannot-tell";
    fill(h2, h("b.vt.v-cannot-tell", null, "Cannot tell."), " These logs show too little of " + (all === 1 ? "the only host" : "all " + plural(all, "host")) + ".");
  } else {
    fill(h2, h("b.vt.v-not-seen", null, "Not seen"), (c.hosts.some((x) => x.verdict === "not-seen" && !x.blind) ? " in what could be looked at" + (all === 1 ? ": " + sightWords(c.hosts[0]) : "") : " at the entrance. What happened behind it these logs do not show") + "." +
      (count("cannot-tell") ? " For " + num(count("cannot-tell")) + " of " + plural(all, "host") + " these logs show too little to tell." : ""));
  }
  const s = meta.summary;
  const kpi = (v) => h("a.kpi.vk", { href: "#v-" + v, onclick: (e) => { e.preventDefault(); const el = document.getElementById("v-" + v); if (el) el.scrollIntoView({ block: "start" }); } },
    h("div.v", null, h("span.vt.v-" + v, null, mark(VERDICTS[v])), num(count(v))), h("div.l", null, VERDICTS[v].word.toLowerCase()));
  main.append(h("section.card.verdict.v-edge.v-" + tone, null,
    h("div", null, h("div.ask", null, "Were we hit?"), h2,
      h("p", null, "Searched " + s.searched + " in " + plural(s.files, "file") + (Number.isFinite(s.first) ? ", " + span(s.first, s.last) + " " + zone() : "") + ", with ",
        c.packs.map((p, i) => [i ? ", " : "", h("b", { title: vis(p.title) }, vis(p.id) + " " + vis(p.version))]), "." + askedFor())),
    h("div.kpis", null, Object.keys(VERDICTS).map(kpi))));

  const grid = h("div.grid.hits");
  const hosts = (v) => c.hosts.filter((x) => x.verdict === v);
  for (const v of ["compromised", "attempted"]) {
    hosts(v).slice(0, 200).forEach((x, i, list) => {
      const el = hostCard(x, list.length === 1);
      if (!i) el.id = "v-" + v;
      grid.append(el);
    });
  }
  main.append(grid);
  const rest = h("div.grid.gap");
  rest.append(stateCard(c), turnOnCard(c));
  const cannot = hosts("cannot-tell"), clean = hosts("not-seen");
  if (cannot.length) rest.append(quietCard("cannot-tell", cannot, c, "Fewer than half of the TTPs that logs of such systems can show could be looked for, or none that shows a compromise: that nothing was found says little."));
  if (clean.length) rest.append(quietCard("not-seen", clean, c, "Neither an attempt nor a compromise was found in what could be looked at, which is most of what logs of such systems can show, or the log through whose requests such intruders come in. It says nothing of the rest."));
  main.append(rest);
  if (c.hosts_total > c.hosts.length) main.append(h("p.muted.gap", null, num(c.hosts_total - c.hosts.length) + " more hosts are counted and not listed here."));
}

// hostCard is one host with its chain: the stages in order of time, under each what showed it.
function hostCard(x, wide) {
  const groups = [];
  const byKey = new Map();
  for (const st of x.chain) {
    const info = x.stages.find((s) => s.id === st.stage) || { title: "Of no stage", shows: st.shows || "attempt", first: st.time };
    const key = info.shows + " " + info.title; // two packs may call a stage the same
    let g = byKey.get(key);
    if (!g) {
      byKey.set(key, g = { info, sure: false, steps: [] });
      groups.push(g);
    }
    g.sure = g.sure || info.strength === "proof";
    g.steps.push(st);
  }
  const notes = x.named_by === "file" ? ["this log names no host, and is called as its file"] : [];
  if (x.also && x.also.length) notes.push("also " + x.also.map(vis).join(", "));
  if (x.also_because) notes.push("joined: " + x.also_because);
  const form = railForm(x);
  const rail = h("ol.rail", null, groups.map((g) => h("li.v-" + stageVerdict(g), null,
    h("div.stage", null, h("span.node", null, mark(VERDICTS[stageVerdict(g)])),
      h("b", null, vis(g.info.title)), h("span.muted", null, stageWords(g)), h("time.num", null, railTime(g.info.first, form))),
    stepList(x, g.steps, form, wide ? 6 : 3))));
  return h("section.card.hitcard.v-edge.v-" + x.verdict + (wide ? ".w12" : ".w6"), null,
    h("header.hithead", null, verdictBadge(x.verdict), h("h2.log", null, hostWord(x.host)), h("span.spring"),
      h("button.btn", { onclick: () => go(Object.assign({}, NOTHING, inRows(x) ? { view: "hosts", page: x.host } : { view: "findings" })) }, "All of this host")),
    h("p.hitsub", null, Number.isFinite(at(x.first)) ? span(at(x.first), at(x.last)) + " " + zone() : "time not known", notes.length ? h("span.muted.log", null, " · " + notes.join("; ")) : null),
    x.because ? h("p.hitsub.because", null, "Why: " + vis(x.because) + ".") : null,
    x.blind ? h("p.callout.inline", null, (x.sight.proof ? "Only " + sightWords(x) + " could be looked for here" : "No log of this host could show a compromise") + ": the attempt may have succeeded.", missingNames(x)) : null,
    gapList(x), rail);
}

// stepList shows the steps of a stage that say most, in order of time, and the others on demand.
function stepList(x, steps, form, room) {
  const level = (st) => LEVELS.indexOf(st.rule.level || "");
  const first = steps.length <= room + 1 ? new Set(steps) : new Set([...steps].sort((a, b) => level(b) - level(a)).slice(0, room));
  const rest = steps.filter((st) => !first.has(st));
  return [h("ul", null, steps.filter((st) => first.has(st)).map((st) => stepRow(x, st, form))),
    rest.length ? h("details.moresteps", null, h("summary", null, plural(rest.length, "more rule")), h("ul", null, rest.map((st) => stepRow(x, st, form)))) : null];
}

// gapList says what is missing from the logs of a host: that nothing was found there means nothing.
function gapText(g) {
  const from = at(g.from), to = at(g.to);
  if (g.kind === "cleared") return vis(g.log) + " was cleared, " + stamp(from) + " " + zone();
  if (g.kind === "begins-late") return vis(g.log) + " begins later than other logs of the host: " + stamp(to) + " " + zone();
  if (g.kind === "ends-early") return vis(g.log) + " ends before other logs of the host: " + stamp(from) + " " + zone();
  return vis(g.log) + " says nothing " + span(from, to) + " " + zone();
}

function gapList(x) {
  if (!x.gaps || !x.gaps.length) return null;
  return h("ul.gaplist", null, x.gaps.slice(0, 3).map((g) => h("li", null, gapText(g))), x.gaps_total > 3 ? h("li", null, num(x.gaps_total - 3) + " more gaps in its logs") : null);
}

const missingNames = (x) => (x.missing && x.missing.length ? " Missing: " + x.missing.map((l) => vis(l.name)).join("; ") + "." : "");

// railForm writes times in a chain so that they can be told apart: the day, or the year, stands above where it is the same.
function railForm(x) {
  const [a, b] = [at(x.first), at(x.last)];
  if (Number.isFinite(a) && day(a) === day(b)) return clock;
  return Number.isFinite(a) && parts(a).y === parts(b).y ? (t) => day(t).replace(/ \d+$/, "") + " " + clock(t) : moment;
}

function railTime(s, form) {
  const t = at(s);
  return Number.isFinite(t) ? form(t) : "no time";
}

function stepRow(x, st, form) {
  const level = Math.max(0, LEVELS.indexOf(st.rule.level || ""));
  return h("li", null, h("button.step", { title: vis(st.rule.title) + (st.file ? "\n" + vis(st.file) : ""), onclick: () => go(Object.assign({}, NOTHING, { view: "findings", host: inRows(x) ? x.host : "", rule: st.rule.id || st.rule.title, sel: -1 })) },
    h("time.num", null, railTime(st.time, form)), sign(level), h("span.what", null, vis(st.rule.title), x.chain.some((o) => o.rule.title === st.rule.title && o.rule.id !== st.rule.id) ? h("span.muted", null, " (" + vis(st.rule.level || "") + ")") : null),
    h("span.num.many", null, st.findings > 1 ? "×" + num(st.findings) : ""),
    st.text ? h("span.text.log", null, (st.user ? vis(st.user) + " · " : "") + vis(st.text)) : null));
}

function stateCard(c) {
  return card("What was looked for", "", [c.packs.map((p) => {
    const bar = h("div.statebar", { role: "img", "aria-label": Object.keys(STATES).map((k) => num(p.counts[k] || 0) + " " + STATES[k].text).join(", ") });
    for (const k in STATES) {
      if (!p.counts[k]) continue;
      const part = h("button.st-" + k, { title: num(p.counts[k]) + " " + STATES[k].text, onclick: () => go({ view: "coverage", cov: k, ttp: "" }) }, p.counts[k] / p.ttps.length > 0.06 ? num(p.counts[k]) : "");
      part.style.flexGrow = p.counts[k];
      bar.append(part);
    }
    return h("div.body", null, h("div.packline", null, h("b", null, vis(p.title)), h("span.muted", null, plural(p.ttps.length, "TTP") + (p.tlp ? " · TLP:" + vis(p.tlp).toUpperCase() : ""))), bar,
      h("ul.statelist", null, Object.keys(STATES).map((k) => h("li", null, h("button", { onclick: () => go({ view: "coverage", cov: k, ttp: "" }) }, h("span.swatch.st-" + k, null, mark(STATES[k])), h("span", null, STATES[k].word), h("b.num", null, num(p.counts[k] || 0)))))));
  })], ".w5");
}

function turnOnCard(c) {
  const list = c.missing.filter((l) => l.ttps + l.helps > 0);
  return card("Turn on to see more", list.length ? "what opens most first" : "", list.length ? h("ul.turnon.body", null, list.slice(0, 8).map((l) => turnOnRow(l)),
    list.length > 8 ? h("li", null, h("details", null, h("summary", null, plural(list.length - 8, "more log")), h("ul.turnon", null, list.slice(8).map((l) => turnOnRow(l))))) : null)
    : h("div.body.empty", null, "Every TTP that a log can show had a log to look at."), ".w7");
}

function turnOnRow(l) {
  return h("li", null, h("div.opens", { title: plural(l.ttps, "TTP") + " could not be looked for without it; " + plural(l.rules, "rule") + " wait for it" }, h("b.num", null, l.ttps ? "+" + num(l.ttps) : "·"), l.ttps ? h("small", null, l.ttps === 1 ? "TTP" : "TTPs") : null),
    h("div", null, h("b", null, vis(l.name)), l.helps ? h("span.muted.helps", null, "sees more of " + plural(l.helps, "TTP")) : null, (l.enable || []).map((e) => h("div.how", null, command(e)))));
}

function quietCard(v, list, c, text) {
  const el = h("section.card.w6", null, h("header", null, verdictBadge(v), h("span.note", null, plural(list.length, "host"))), h("div.body", null, h("p.muted", null, text),
    h("ul.quiet", null, list.slice(0, 60).map((x) => h("li", null, h("b.log", { title: x.also ? "also " + x.also.map(vis).join(", ") : "" }, hostWord(x.host)),
      h("span.muted", null, plural(x.logs.records, "record") + (Number.isFinite(at(x.logs.first)) ? ", " + span(at(x.logs.first), at(x.logs.last)) : "")),
      h("span.muted.num", { title: vis(x.because || "") }, "looked for " + sightWords(x)),
      v === "not-seen" && x.blind ? h("span.muted.need", { title: missingNames(x).trim() }, "At the entrance only (" + Object.keys(x.packs).filter((p) => x.packs[p].entrance).map(vis).join(", ") + "): what came in another way would not show") : null,
      v === "cannot-tell" && x.other_findings ? h("span.muted.need", null, x.other_findings === 1 ? "The 1 finding there is too weak to prove anything: it may well be harmless" : "The " + num(x.other_findings) + " findings there are too weak to prove anything: they may well be harmless") : null,
      v === "cannot-tell" && x.missing && x.missing.length ? h("span.muted.need", null, "It takes " + x.missing.map((l) => vis(l.name)).join("; ")) : null, gapList(x))),
    list.length > 60 ? h("li.muted", null, "and " + num(list.length - 60) + " more") : null)));
  el.id = "v-" + v;
  return el;
}
