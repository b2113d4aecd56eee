// The shell: tabs, filters, themes, keys; opening the report.

// Drawing that needs sizes waits until the view is in the page.
let deferred = [];
let query = [];
let queryText = null;
let scanShare = -1; // how far the search through the records is, below 0 when it is over

// hostCount counts the hosts that have findings, of those that there are.
function hostCount() {
  const n = result.hosts.length, all = meta.summary.hosts;
  return h("span.count", { title: hostsWithFindings(n) }, short(n) + (all > n ? " of " + short(all) : ""));
}

function tabs() {
  const troubles = meta.summary.warningsTotal + meta.summary.skippedTotal;
  fill($("tabs"), VIEWS.map((v) => h("a", { href: hash({ view: v.id, sel: v.id === "findings" ? state.sel : -1 }), "aria-current": v.id === state.view ? "page" : undefined,
    onclick: (e) => { if (e.metaKey || e.ctrlKey || e.shiftKey) return; e.preventDefault(); go({ view: v.id, sel: v.id === "findings" ? state.sel : -1 }); },
  }, v.name, v.id === "findings" ? h("span.count", null, short(result.counts.n)) : v.id === "hosts" ? hostCount() : v.id === "quality" && troubles ? h("span.count.warn", null, short(troubles)) : null)));
  // On a narrow screen the tabs are wider than it.
  const box = $("tabs"), on = box.querySelector("[aria-current]");
  if (on && box.scrollWidth > box.clientWidth) box.scrollLeft += on.getBoundingClientRect().left - box.getBoundingClientRect().left - (box.clientWidth - on.offsetWidth) / 2;
}

function filters() {
  const c = result.counts;
  fill($("levels"), WORST_FIRST.filter((l) => l || meta.counts.levels[0]).map((l) => {
    const on = state.levels.has(l);
    return h("button.pill.lv-" + LEVELS[l], {
      type: "button", class: state.levels.size && !on ? "off" : "", "aria-pressed": String(on), title: "Only " + LEVELS[l] + " (click again to drop it)",
      onclick: () => { const s = new Set(state.levels); if (!s.delete(l)) s.add(l); go({ levels: s, sel: -1 }); },
    }, sign(l), h("span.w", null, LEVELS[l]), h("span.num", null, short(c.facet[l])));
  }));
  const chips = [];
  const chip = (label, value, drop) => chips.push(h("button.chip", { type: "button", title: "Drop this filter", onclick: () => go(drop) }, h("span", null, label + ": " + vis(value)), h("span.x", { "aria-hidden": "true" }, "✕")));
  const nameOf = { rule: (v) => (meta.rules.find((r) => r.id === v) || { title: v }).title, tactic: (v) => tacticInfo(v).name, technique: (v) => { for (const r of meta.rules) for (const t of r.techniques) if (t.id === v) return v + " " + (t.name || ""); return v + " " + matrixName(v); } };
  for (const k in SINGLE) if (state[k]) chip(SINGLE[k], (nameOf[k] || String)(state[k]), { [k]: "", sel: -1 });
  if (filtered()) chips.push(h("button.chip.clear", { type: "button", onclick: () => go(Object.assign({ sel: -1, zoom: null }, NOTHING, { levels: new Set() })) }, "Clear all filters"));
  fill($("chips"), chips);
  const status = $("status");
  if (filtered()) fill(status, h("b", null, num(c.n)), " of " + plural(meta.total, "finding"));
  else fill(status, h("b", null, num(meta.total)), meta.total === 1 ? " finding" : " findings");
  if (scanShare >= 0) status.append(" · searching the records, " + Math.round(scanShare * 100) + " %");
  if ($("q").value.trim() !== state.q.trim()) $("q").value = state.q;
}

function banner(main) {
  const left = meta.total - rowTotal();
  if (left > 0) {
    main.append(h("div.banner", { role: "note" }, h("span", null, "This hunt has more findings than one report can hold. " + num(rowTotal()) + " of " + num(meta.total) +
      " can be looked at here; " + num(left) + ", of the rules that fired most and of the lower levels first, are only counted. " + (result.exact ? "The numbers on this page are of all findings." : "With filters, numbers are of the rows that are here.") +
      " Narrow the hunt (--level, --rule, --since) or write JSONL to see every one.")));
  }
}

const RENDER = { hit, coverage, overview, timeline, attack: matrix, findings, hosts, quality };

// update brings everything on the page in line with the state.
function update() {
  if (queryText !== state.q) {
    queryText = state.q;
    query = compile(state.q);
    startScan();
  }
  compute(query);
  result.words = words(state.q);
  render();
}

async function startScan() {
  scanShare = -1;
  scanRun++;
  const mine = query;
  if (!mine.some((t) => t.term.deep && t.term.next < detailBlocks.length)) return;
  scanShare = 0;
  let last = performance.now();
  const done = await scan(mine, (share) => {
    scanShare = share;
    if (performance.now() - last > 400) { last = performance.now(); refresh(); }
    else filters();
  });
  if (!done) return;
  scanShare = -1;
  refresh();
}

function refresh() {
  const box = table && table.box.isConnected ? table.box : null;
  const top = box ? box.scrollTop : 0;
  const focused = box && document.activeElement === box;
  compute(query);
  result.words = words(state.q);
  render();
  if (table && table.box.isConnected && top) { table.box.scrollTop = top; draw(); }
  if (focused && table) table.box.focus({ preventScroll: true });
}

function render() {
  colours = palette();
  deferred = [];
  table = null;
  tabs();
  filters();
  const main = $("main");
  const scroll = main.dataset.view === state.view ? main.scrollTop : 0;
  main.dataset.view = state.view;
  main.className = "";
  main.replaceChildren();
  hideTip();
  const answer = state.view === "hit" || state.view === "coverage"; // about the hunt as a whole: filters change nothing
  if (state.view !== "quality" && !answer) banner(main);
  const strip = state.view !== "quality" && !answer && meta.total > 0;
  $("strip").hidden = !strip;
  $("filters").hidden = meta.total === 0 || answer;
  if (meta.incomplete) main.append(h("p.incomplete", { role: "alert" }, vis(meta.incomplete)));
  if (meta.handling) main.append(h("p.handling", null, vis(meta.handling)));
  RENDER[state.view](main);
  main.scrollTop = scroll;
  $("timebar").hidden = !strip;
  if (strip) { drawStrip(); timeBar(); }
  for (const f of deferred) f();
  if (state.view === "findings" && state.sel >= 0) showDetail(state.sel);
  else hideDetail();
}

// Themes: as the system has it, light, dark.
const THEMES = ["auto", "light", "dark"];
function setTheme(name, keep) {
  document.documentElement.dataset.theme = name;
  $("theme").textContent = { auto: "◐", light: "☀", dark: "☾" }[name];
  $("theme").title = "Theme: " + { auto: "as the system", light: "light", dark: "dark" }[name] + " (t)";
  if (keep) try { localStorage.setItem("entente-theme", name); } catch { /* files may have no storage */ }
}

function nextTheme() {
  setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length], true);
  render();
}

function helpBox() {
  const row = (k, v) => [h("dt", null, k), h("dd", null, v)];
  const key = (...ks) => h("span", null, ks.map((k, i) => [i ? " " : "", h("kbd", null, k)]));
  const code = (s) => h("code", null, s);
  fill($("helpbox"), h("h2", null, "Search and keys"),
    h("dl", null, row(code("mimikatz lsass"), "both words, anywhere in rule or record"), row(code('"a phrase"'), "these words in this order"), row(code("-word"), "without it"),
      row(code("CommandLine:*whoami*"), "in one field of the record; * is any run of characters, without * a part is enough"), row(code("host:  user:  rule:  channel:  file:"), "columns of the table"),
      row(code("level:>=high   eid:4688"), "level, event id"), row(code("technique:T1059  tactic:execution  tag:cve"), "what rules name"), row(code("has:caveat  has:correlation"), "kinds of findings")),
    h("h3", null, "Keys"),
    h("dl", null, row(key("/"), "search"), row(key("1", "…", String(VIEWS.length)), "views"), row(key("j", "k"), "next and previous finding"), row(key("Enter"), "open a finding"), row(key("Esc"), "close, or leave the search"), row(key("t"), "theme"), row(key("?"), "this")),
    h("p", null, h("br"), h("button.btn", { onclick: () => $("helpbox").close() }, "Close")));
  $("helpbox").showModal();
}

function keys(e) {
  if ($("helpbox").open) return;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement && document.activeElement.tagName);
  if (e.key === "Escape") {
    if (typing) document.activeElement.blur();
    else if (state.sel >= 0) closeDetail();
    return;
  }
  if (typing || e.metaKey || e.ctrlKey || e.altKey) return;
  if (e.key === "/") { e.preventDefault(); $("q").focus(); $("q").select(); }
  else if (e.key === "?") helpBox();
  else if (e.key === "t") nextTheme();
  else if (/^[1-9]$/.test(e.key)) { if (VIEWS[e.key - 1]) go({ view: VIEWS[e.key - 1].id, sel: -1 }); }
  else if ((e.key === "j" || e.key === "k") && state.view === "findings") move(e.key === "j" ? 1 : -1);
  else if (e.key === "Enter" && state.view === "findings" && table && state.sel < 0) move(0);
}

// On paper the table is a plain one, of the first rows that fit the filters.
let themeBefore = null;

function beforePrint() {
  if (themeBefore === null) {
    themeBefore = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light"; // paper is white, also for what is drawn
    render();
  }
  const list = serious(result.rows, Infinity).slice(0, 400);
  fill($("print"), h("h2", null, "Findings, the first of each rule and host" + (list.length === 400 ? " (400 of them)" : "")),
    h("table", null, h("thead", null, h("tr", null, ["Level", "Time (" + zone() + ")", "Rule", "Host", "User", "What matched"].map((x) => h("th", null, x)))),
      h("tbody", null, list.map((row) => h("tr", null, h("td", null, LEVELS[ruleLevel[R[row]]]), h("td", null, stamp(T[row])), h("td", null, vis(meta.rules[R[row]].title)), h("td", null, vis(hostText(row))), h("td", null, vis(S[U[row]])), h("td", null, vis(D[row])))))));
}

function afterPrint() {
  if (themeBefore === null) return;
  document.documentElement.dataset.theme = themeBefore;
  themeBefore = null;
  render();
}

async function open() {
  let theme = "auto";
  try { theme = localStorage.getItem("entente-theme") || "auto"; } catch { /* files may have no storage */ }
  setTheme(THEMES.includes(theme) ? theme : "auto");
  $("theme").addEventListener("click", nextTheme);
  $("help").addEventListener("click", helpBox);
  $("zone").addEventListener("click", () => { localTime = !localTime; $("zone").textContent = localTime ? "Local" : "UTC"; render(); });
  try {
    $("progress").hidden = false;
    await loadData((n, of) => { $("progress").textContent = "Opening the report… " + Math.round((100 * n) / of) + " %"; });
  } catch (e) {
    fill($("progress"), h("span", { role: "alert" }, e instanceof Error ? e.message : String(e)));
    return;
  }
  if (meta.coverage) VIEWS.unshift(...PACK_VIEWS);
  readHash();
  let timer = 0;
  $("q").value = state.q;
  $("q").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => go({ q: $("q").value.trim(), sel: -1 }), 180); });
  $("q").addEventListener("keydown", (e) => { if (e.key === "Enter") { clearTimeout(timer); go({ q: $("q").value.trim(), view: state.view === "overview" ? "findings" : state.view }); } });
  brush($("time"), () => result.range, stripHover);
  $("time").addEventListener("keydown", timeKeys);
  document.addEventListener("keydown", keys);
  window.addEventListener("hashchange", () => { readHash(); update(); });
  window.addEventListener("popstate", () => { readHash(); update(); });
  window.addEventListener("beforeprint", beforePrint);
  window.addEventListener("afterprint", afterPrint);
  let again = 0;
  new ResizeObserver(() => { cancelAnimationFrame(again); again = requestAnimationFrame(() => { if (result) { drawStrip(); for (const f of deferred) f(); schedule(); } }); }).observe($("main"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => render());
  $("plain").remove();
  update();
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

open();
