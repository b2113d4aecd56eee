// Pictures on canvas: stacked bars over time, heat lanes, sparklines.

// levelColor reads the colour of a level in the current theme.
const probe = h("span", { hidden: true });
function palette() {
  document.body.append(probe);
  const read = (v) => { probe.style.color = "var(--" + v + ")"; return getComputedStyle(probe).color; };
  const p = { levels: LEVELS.map(read), line: read("line"), soft: read("line-soft"), ink: read("ink-3"), accent: read("accent"), card: read("card") };
  probe.remove();
  return p;
}
let colours = null;

// context prepares a canvas for drawing in CSS pixels.
function context(canvas) {
  const box = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(box.width)), ht = Math.max(1, Math.round(box.height));
  if (canvas.width !== w * scale || canvas.height !== ht * scale) { canvas.width = w * scale; canvas.height = ht * scale; }
  const g = canvas.getContext("2d");
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.clearRect(0, 0, w, ht);
  return { g, w, h: ht };
}

// The steps between ticks: of fixed length up to two weeks, and months and years as the calendar has them.
const DAY_MS = 86400000;
const STEPS = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 14 * 86400].map((s) => ({ ms: s * 1000, months: 0 }))
  .concat([1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000].map((n) => ({ ms: n * 30.4 * DAY_MS, months: n })));

// ticks are the round times of a range at a step.
function ticks(range, step) {
  const out = [];
  if (step.months) {
    const first = parts(range.from);
    for (let m = Math.floor((first.y * 12 + first.mo) / step.months) * step.months; ; m += step.months) {
      const t = monthStart(Math.floor(m / 12), ((m % 12) + 12) % 12);
      if (!(t <= range.to)) return out;
      if (t >= range.from) out.push(t);
    }
  }
  const offset = localTime ? -new Date(range.from).getTimezoneOffset() * 60000 : 0;
  for (let t = Math.ceil((range.from + offset) / step.ms) * step.ms - offset; t <= range.to; t += step.ms) out.push(t);
  return out;
}

// monthStart is when a month begins in the zone that is shown. Date takes the years 0 to 99 for those of the last century.
function monthStart(y, mo) {
  const d = new Date(0);
  if (localTime) { d.setFullYear(y, mo, 1); d.setHours(0, 0, 0, 0); } else d.setUTCFullYear(y, mo, 1);
  return d.getTime();
}

// axis draws ticks at round times, and what they are beside those that have the room for it.
function axis(g, range, w, y) {
  const spanMs = range.to - range.from;
  const step = STEPS.find((s) => (s.ms / spanMs) * w >= 92) || STEPS.at(-1);
  g.font = "11px " + getComputedStyle(document.body).fontFamily;
  g.fillStyle = colours.ink;
  g.textBaseline = "top";
  let lastDay = "", end = -Infinity; // of the text before
  for (const t of ticks(range, step)) {
    const x = ((t - range.from) / spanMs) * w;
    const p = parts(t);
    const date = p.d + " " + MONTHS[p.mo];
    const days = step.ms >= DAY_MS;
    let label = step.months >= 12 ? String(p.y) : step.months ? MONTHS[p.mo] : days ? date : two(p.h) + ":" + two(p.mi) + (step.ms < 60000 ? ":" + two(p.s) : "");
    let day = lastDay; // what the label says besides, where it is not the same as in those before
    if (!days && date !== lastDay) { label = date + " " + label; day = date; }
    else if (days && step.months < 12 && p.y !== lastDay) { label += " " + p.y; day = p.y; }
    g.fillRect(Math.round(x), y, 1, 4);
    const tw = g.measureText(label).width;
    const at = x - tw / 2 > 0 ? x - tw / 2 : x + 3;
    if (at + tw >= w || at < end + 8) continue;
    g.fillText(label, at, y + 6);
    lastDay = day;
    end = at + tw;
  }
}

// bars draws stacked bars; bins holds six numbers per bar.
function bars(g, bins, x0, w, top, height) {
  const n = bins.length / 6;
  let most = 0;
  for (let b = 0; b < n; b++) most = Math.max(most, total(bins.subarray(b * 6, b * 6 + 6)));
  if (!most) return 0;
  const bw = w / n;
  const gap = bw > 4 ? 1 : 0;
  for (let b = 0; b < n; b++) {
    const counts = bins.subarray(b * 6, b * 6 + 6);
    let y = top + height;
    // Least level at the foot, worst on top: what is serious ends where the eye goes. Each level that occurs shows.
    for (let l = 0; l < 6; l++) {
      if (!counts[l]) continue;
      const part = Math.max(1.5, (counts[l] / most) * height);
      y -= part;
      g.fillStyle = colours.levels[l];
      g.fillRect(x0 + b * bw, Math.max(top - 3, y), Math.max(1, bw - gap), part);
    }
  }
  return most;
}

// lane draws one row of a heat map: colour for the worst level, height for the number.
function lane(canvas, bins) {
  const { g, w, h: ht } = context(canvas);
  let most = 0;
  const n = bins.length / 6;
  for (let b = 0; b < n; b++) most = Math.max(most, total(bins.subarray(b * 6, b * 6 + 6)));
  const bw = w / n;
  for (let b = 0; b < n; b++) {
    const counts = bins.subarray(b * 6, b * 6 + 6);
    const sum = total(counts);
    if (!sum) continue;
    const height = Math.max(3, Math.sqrt(sum / most) * (ht - 3));
    g.fillStyle = colours.levels[worst(counts)];
    g.fillRect(b * bw, ht - 1 - height, Math.max(1.5, bw - (bw > 4 ? 1 : 0)), height);
  }
}

// binned counts rows into n bins of a range, for each key that keyOf gives.
function binned(list, range, n, keyOf) {
  const out = new Map();
  const width = (range.to - range.from) / n || 1;
  for (const row of list) {
    const bin = Math.floor((T[row] - range.from) / width);
    if (!(bin >= 0 && bin < n)) continue;
    const keys = keyOf(row);
    for (const key of Array.isArray(keys) ? keys : [keys]) {
      let bins = out.get(key);
      if (!bins) out.set(key, bins = new Float64Array(n * 6));
      bins[bin * 6 + ruleLevel[R[row]]] += N[row];
    }
  }
  return out;
}

// The strip: findings over time with the selected range, above every view.
const AXIS = 22;

function drawStrip() {
  const { g, w, h: ht } = context($("time"));
  const { range, counts } = result;
  if (!(range.to > range.from)) {
    g.fillStyle = colours.ink;
    g.font = "12px " + getComputedStyle(document.body).fontFamily;
    g.fillText("No finding has a time.", 4, 30);
    return;
  }
  g.fillStyle = colours.line;
  g.fillRect(0, ht - AXIS, w, 1);
  bars(g, counts.bins, 0, w, 8, ht - AXIS - 8);
  axis(g, range, w, ht - AXIS);
  const x = (t) => ((t - range.from) / (range.to - range.from)) * w;
  if (Number.isFinite(state.from) || Number.isFinite(state.to)) {
    const a = Math.max(0, Number.isFinite(state.from) ? x(state.from) : 0), b = Math.min(w, Number.isFinite(state.to) ? x(state.to) : w);
    g.globalAlpha = 0.72;
    g.fillStyle = colours.card;
    g.fillRect(0, 0, a, ht - AXIS);
    g.fillRect(b, 0, w - b, ht - AXIS);
    g.globalAlpha = 0.12;
    g.fillStyle = colours.accent;
    g.fillRect(a, 0, b - a, ht - AXIS);
    g.globalAlpha = 1;
    g.fillRect(a - 1, 0, 2, ht - AXIS);
    g.fillRect(b - 1, 0, 2, ht - AXIS);
  }
}

// brush lets the reader drag a range on a canvas whose width stands for rangeOf().
function brush(canvas, rangeOf, hover) {
  const at = (e) => {
    const box = canvas.getBoundingClientRect();
    const r = rangeOf();
    return r.from + Math.min(1, Math.max(0, (e.clientX - box.left) / box.width)) * (r.to - r.from);
  };
  let start = NaN, x0 = 0, frame = 0;
  canvas.addEventListener("pointerdown", (e) => { if (e.button === 0) { start = at(e); x0 = e.clientX; canvas.setPointerCapture(e.pointerId); } });
  canvas.addEventListener("pointermove", (e) => {
    if (hover) hover(e, at(e));
    if (!Number.isFinite(start) || Math.abs(e.clientX - x0) < 4) return;
    const t = at(e);
    state.from = Math.min(start, t);
    state.to = Math.max(start, t);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => { drawStrip(); timeBar(); });
  });
  canvas.addEventListener("pointerup", (e) => {
    if (!Number.isFinite(start)) return;
    const moved = Math.abs(e.clientX - x0) >= 4;
    const t = at(e);
    const r = rangeOf();
    if (moved) go({ from: Math.min(start, t), to: Math.max(start, t), sel: -1 });
    else if (Number.isFinite(state.from) || Number.isFinite(state.to)) go({ from: NaN, to: NaN });
    else { const w = (r.to - r.from) / 40; go({ from: t - w, to: t + w, sel: -1 }); }
    start = NaN;
  });
  canvas.addEventListener("pointercancel", () => { start = NaN; });
  canvas.addEventListener("pointerleave", () => tip(null));
}

function stripHover(e, t) {
  const { range, counts, binWidth } = result;
  const bin = Math.floor((t - range.from) / binWidth);
  if (!(bin >= 0 && bin < BINS)) return tip(null);
  const c = counts.bins.subarray(bin * 6, bin * 6 + 6);
  if (!total(c)) return tip(null);
  tip(e, span(range.from + bin * binWidth, range.from + (bin + 1) * binWidth) + " " + zone(),
    WORST_FIRST.filter((l) => c[l]).map((l) => h("div.r", null, sign(l), h("span", null, LEVELS[l]), h("b.num", null, num(c[l])))));
}

function tip(e, head, body) {
  const box = $("tip");
  if (!e) { box.hidden = true; return; }
  fill(box, h("div.head", null, head), body);
  box.hidden = false;
  const w = box.offsetWidth, ht = box.offsetHeight;
  box.style.left = Math.min(window.innerWidth - w - 8, Math.max(8, e.clientX + 14)) + "px";
  box.style.top = (e.clientY + 18 + ht > window.innerHeight ? e.clientY - ht - 12 : e.clientY + 18) + "px";
}

function timeKeys(e) {
  const r = result.range;
  if (!(r.to > r.from)) return;
  const stepMs = (r.to - r.from) / 40;
  const dir = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
  if (e.key === "Escape") { go({ from: NaN, to: NaN }); return; }
  if (!dir) return;
  e.preventDefault();
  let from = Number.isFinite(state.from) ? state.from : r.from, to = Number.isFinite(state.to) ? state.to : Number.isFinite(state.from) ? r.to : r.from + stepMs * 4;
  if (e.shiftKey) to = Math.max(from + stepMs, to + dir * stepMs);
  else { from += dir * stepMs; to += dir * stepMs; }
  go({ from, to });
}

function timeBar() {
  const box = $("timebar");
  const any = Number.isFinite(state.from) || Number.isFinite(state.to);
  const r = result.range;
  const notes = [];
  const off = meta.counts.histogram.outside;
  if (off && !state.zoom) notes.push(plural(off, "finding") + " far outside this range");
  if (meta.noTime) notes.push(plural(meta.noTime, "finding") + " without a time");
  fill(box,
    any ? h("span.range", null, stamp(Number.isFinite(state.from) ? state.from : r.from) + "  –  " + stamp(Number.isFinite(state.to) ? state.to : r.to) + " " + zone())
      : h("span", null, "drag below to choose a range of time"),
    any && h("button.btn", { onclick: () => go({ zoom: { from: Number.isFinite(state.from) ? state.from : r.from, to: Number.isFinite(state.to) ? state.to : r.to } }) }, "Zoom in"),
    state.zoom && h("button.btn", { onclick: () => go({ zoom: null }) }, "Whole range"),
    any && h("button.btn", { onclick: () => go({ from: NaN, to: NaN }) }, "Clear"),
    notes.length ? h("span", null, notes.join(" · ")) : null,
    off > 0 && !state.zoom && h("button.btn", { onclick: () => go({ zoom: everything() }) }, "Show all"));
}

// everything is the range of all rows, those with odd clocks included.
function everything() {
  let from = Infinity, to = -Infinity;
  for (let i = 0; i < rows; i++) { if (T[i] < from) from = T[i]; if (T[i] > to) to = T[i]; }
  return { from, to: Math.max(to, from + 1000) };
}
