// The table of findings: rows are drawn only where they are seen, so 200,000 scroll like twenty.

const ROW = 34;
const COLUMNS = [
  { name: "Level", sort: "level", cls: "c-level" }, { name: "Time", sort: "time", cls: "c-time" }, { name: "Rule", sort: "rule", cls: "c-rule" },
  { name: "Host", sort: "host", cls: "c-host" }, { name: "User", sort: "user", cls: "c-user" }, { name: "Log", sort: "log", cls: "c-event" },
  { name: "What matched", sort: "text", cls: "c-text" }, { name: "Count", sort: "count", cls: "c-count right" },
];

// The order of texts, computed once: rank of each number in S, and of each rule.
const ranks = {};
function rankOf(kind) {
  if (!ranks[kind]) {
    const list = kind === "rule" ? meta.rules.map((r) => r.title.toLowerCase()) : S.map((s) => s.toLowerCase());
    const order = list.map((_, i) => i).sort((a, b) => (list[a] < list[b] ? -1 : list[a] > list[b] ? 1 : a - b));
    const out = new Uint32Array(list.length);
    order.forEach((i, n) => { out[i] = n; });
    ranks[kind] = out;
  }
  return ranks[kind];
}

function sortedRows() {
  const list = result.rows; // in order of time
  const { sort, desc } = state;
  if (sort === "time") return desc ? list.slice().reverse() : list;
  const s = rankOf("text");
  const keys = { level: (r) => ruleLevel[R[r]], rule: (r) => rankOf("rule")[R[r]], host: (r) => s[H[r]], user: (r) => s[U[r]], log: (r) => s[C[r]] * 1e6 + E[r], count: (r) => N[r], text: null }[sort];
  const sign = desc ? -1 : 1;
  if (!keys) return list.slice().sort((a, b) => sign * (D[a] < D[b] ? -1 : D[a] > D[b] ? 1 : 0));
  const k = new Float64Array(rows);
  for (const r of list) k[r] = keys(r);
  return list.slice().sort((a, b) => sign * (k[a] - k[b]) || order(T[a], T[b]) || a - b); // of one level the earliest first
}

let table = null; // what is on screen: {items, groups, box, pool…}
const openGroups = new Set();

function findings(main) {
  main.classList.add("fixed");
  const head = h("div.trow.thead", { role: "row" }, COLUMNS.map((c) => h("div", { class: c.cls, role: "columnheader", "aria-sort": state.sort === c.sort ? (state.desc ? "descending" : "ascending") : "none" },
    h("button", { onclick: () => go({ sort: c.sort, desc: state.sort === c.sort ? !state.desc : ["level", "count"].includes(c.sort) }) },
      c.name, state.sort === c.sort ? h("span", { "aria-hidden": "true" }, state.desc ? "↓" : "↑") : null))));
  const box = h("div.vlist", { tabindex: "0", role: "rowgroup", "aria-label": "Findings", onscroll: () => schedule(), onkeydown: tableKeys });
  const space = h("div.space", { role: "presentation" });
  box.append(space);
  main.append(h("div.toolbar", null, "Group by", h("div.seg", { role: "group", "aria-label": "Group by" },
    [["", "Nothing"], ["rule", "Rule"], ["host", "Host"]].map(([id, name]) => h("button.btn", { "aria-pressed": String(state.group === id), onclick: () => { openGroups.clear(); go({ group: id }); } }, name))),
  h("span.muted", null, "↑ ↓ move, Enter opens, Esc closes")), h("div.table", { role: state.group ? "treegrid" : "grid", "aria-label": "Findings" }, head, box));
  table = { box, space, pool: [], items: [], total: 0 };
  table.sorted = sortedRows();
  if (state.group) buildGroups();
  layout();
  if (state.sel >= 0) scrollTo(state.sel);
}

// buildGroups orders the rows by group, worst group first.
function buildGroups() {
  const byRule = state.group === "rule";
  const map = new Map();
  for (const row of table.sorted) {
    for (const key of byRule ? [R[row]] : hostsAt(row)) {
      let g = map.get(key);
      if (!g) map.set(key, g = { key, rows: [], counts: new Float64Array(6), n: 0, first: Infinity, last: -Infinity, other: new Set() });
      g.rows.push(row);
      g.counts[ruleLevel[R[row]]] += N[row];
      g.n += N[row];
      if (T[row] < g.first) g.first = T[row];
      if (T[row] + L[row] > g.last) g.last = T[row] + L[row];
      if (g.other.size < 10000) for (const x of byRule ? hostsAt(row) : [R[row]]) g.other.add(x);
    }
  }
  table.groups = [...map.values()].sort((a, b) => { for (const l of WORST_FIRST) if (a.counts[l] !== b.counts[l]) return b.counts[l] - a.counts[l]; return 0; });
}

// layout lists what stands on each line of the table: a row, or a group as a negative number.
function layout() {
  if (state.group) {
    const items = [];
    table.groups.forEach((g, i) => {
      items.push(-1 - i);
      if (openGroups.has(g.key)) for (const r of g.rows) items.push(r);
    });
    table.items = items;
  } else {
    table.items = table.sorted;
  }
  table.space.style.height = table.items.length * ROW + "px";
  table.box.parentElement.setAttribute("aria-rowcount", table.items.length + 1);
  if (!table.items.length) fill(table.space, h("div", { role: "row" }, h("div.empty", { class: "body", role: "gridcell" }, "No finding fits these filters.")));
  table.pool = [];
  if (table.items.length) table.space.replaceChildren();
  draw();
}

let frame = 0;
function schedule() {
  if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); });
}

function draw() {
  if (!table || !table.box.isConnected) return;
  const top = table.box.scrollTop, height = table.box.clientHeight || 600;
  const from = Math.max(0, Math.floor(top / ROW) - 6), to = Math.min(table.items.length, Math.ceil((top + height) / ROW) + 6);
  const free = [], have = new Set();
  for (const el of table.pool) {
    if (el.at >= from && el.at < to) have.add(el.at);
    else free.push(el);
  }
  for (let at = from; at < to; at++) {
    if (have.has(at)) continue;
    let el = free.pop();
    if (!el) {
      el = newRow();
      table.pool.push(el);
      table.space.append(el.row);
    }
    showRow(el, at);
  }
  for (const el of free) { el.row.hidden = true; el.at = -1; }
}

function newRow() {
  const row = h("div.trow", { role: "row" });
  const el = { row, at: -1, cells: null };
  row.addEventListener("click", () => { if (el.at >= 0) openItem(table.items[el.at]); });
  return el;
}

// rowCells makes the cells of a row once; showing another finding only changes their text.
function rowCells(el) {
  el.cells = COLUMNS.map((c) => h("span", { class: c.cls, role: "gridcell" }));
  const [, time, rule, , , log, text, count] = el.cells;
  time.classList.add("when");
  rule.classList.add("rule");
  log.classList.add("muted");
  text.classList.add("text");
  count.classList.add("num");
  el.row.replaceChildren(...el.cells);
}

const badges = LEVELS.map((_, l) => badge(l));

function put(cell, s) {
  if (!result.words.length && !ONE_UNSAFE.test(s)) cell.textContent = s;
  else logText(fill(cell), s, false, result.words);
}

function showRow(el, at) {
  el.at = at;
  const item = table.items[at];
  const { row } = el;
  row.hidden = false;
  row.style.transform = "translateY(" + at * ROW + "px)";
  row.setAttribute("aria-rowindex", at + 2);
  if (item < 0) {
    const g = table.groups[-1 - item];
    el.cells = null;
    row.className = "trow group";
    const name = state.group === "rule" ? vis(meta.rules[g.key].title) : vis(S[g.key] || "no host");
    fill(row, h("span", { "aria-hidden": "true" }, openGroups.has(g.key) ? "▾" : "▸"), badge(worst(g.counts)), h("span.log", null, name),
      h("span.sub", null, plural(g.other.size, state.group === "rule" ? "host" : "rule") + " · " + span(g.first, g.last)), h("span.num.right", null, num(g.n)));
    row.removeAttribute("aria-selected");
    row.setAttribute("aria-expanded", String(openGroups.has(g.key)));
    for (const c of row.children) c.setAttribute("role", "gridcell");
    return;
  }
  if (!el.cells) {
    rowCells(el);
    row.removeAttribute("aria-expanded");
  }
  row.className = "trow" + (state.group ? " in" : "") + (item === state.sel ? " sel" : "");
  row.setAttribute("aria-selected", String(item === state.sel));
  const [level, time, rule, host, user, log, text, count] = el.cells;
  level.replaceChildren(badges[ruleLevel[R[item]]].cloneNode(true));
  time.textContent = stamp(T[item]);
  rule.textContent = vis(meta.rules[R[item]].title);
  put(host, hostText(item));
  put(user, S[U[item]]);
  log.textContent = logName(item);
  log.title = vis(S[C[item]]) + (E[item] ? " " + E[item] : "");
  put(text, D[item]);
  if (K[item] & FLAG.caveat) text.prepend(icon("caveat", "has a caveat"));
  if (K[item] & FLAG.correlation) text.prepend(icon("correlation", "correlation"));
  count.textContent = N[item] > 1 ? "×" + num(N[item]) : "";
}

// logName is short for channel and event id: "Sysmon 1", "Security 4688".
function logName(row) {
  let c = S[C[row]].replace(/^Microsoft-Windows-/, "").replace(/\/Operational$/, "");
  return vis(c) + (E[row] ? " " + E[row] : "");
}

function openItem(item) {
  if (item === undefined) return;
  if (item < 0) {
    const key = table.groups[-1 - item].key;
    if (!openGroups.delete(key)) openGroups.add(key);
    layout();
    return;
  }
  select(item);
}

// select shows a row in the pane beside the table.
function select(row) {
  state.sel = row;
  for (const el of table ? table.pool : []) {
    const on = el.at >= 0 && table.items[el.at] === row;
    el.row.classList.toggle("sel", on);
    el.row.setAttribute("aria-selected", String(on));
  }
  try { history.replaceState(null, "", hash()); } catch { location.hash = hash(); }
  $("announce").textContent = [LEVELS[ruleLevel[R[row]]], vis(meta.rules[R[row]].title), vis(hostText(row)), stamp(T[row])].join(", ");
  showDetail(row);
}

const positionOf = (row) => (table ? table.items.indexOf(row) : -1);

function scrollTo(row) {
  const at = positionOf(row);
  if (at < 0) return;
  const box = table.box, y = at * ROW;
  if (y < box.scrollTop || y > box.scrollTop + box.clientHeight - ROW) box.scrollTop = Math.max(0, y - box.clientHeight / 3);
  draw();
}

function move(by) {
  if (!table || !table.items.length) return;
  let at = positionOf(state.sel);
  at = at < 0 ? 0 : Math.min(table.items.length - 1, Math.max(0, at + by));
  while (at > 0 && at < table.items.length - 1 && table.items[at] < 0) at += by < 0 ? -1 : 1;
  if (table.items[at] < 0) return;
  select(table.items[at]);
  scrollTo(table.items[at]);
}

function tableKeys(e) {
  const page = Math.max(1, Math.floor(table.box.clientHeight / ROW) - 1);
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 }[e.key];
  if (by) { e.preventDefault(); e.stopPropagation(); move(by); }
}
