// Building blocks: elements, signs, numbers, times. Text from logs enters the page through text nodes only; the
// page's policy (Trusted Types) forbids every other way.

const LEVELS = ["unrated", "informational", "low", "medium", "high", "critical"];
const WORST_FIRST = [5, 4, 3, 2, 1, 0];
const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);

// h makes an element: h("button.btn.small", {onclick, title, "aria-label"}, children…). Strings become text nodes.
function h(spec, props, ...children) {
  const [tag, ...classes] = spec.split(".");
  const el = document.createElement(tag || "div");
  if (classes.length) el.className = classes.join(" ");
  for (const k in props) {
    const v = props[k];
    if (v === undefined || v === null || v === false) continue;
    if (k.startsWith("on")) el.addEventListener(k.slice(2), v);
    else if (k === "class") el.className += " " + v;
    else if (k === "value" || k === "checked" || k === "disabled") el[k] = v;
    else el.setAttribute(k, v === true ? "" : v);
  }
  add(el, children);
  return el;
}

function add(el, children) {
  for (const c of children) {
    if (c === null || c === undefined || c === false) continue;
    if (Array.isArray(c)) add(el, c);
    else el.append(c);
  }
  return el;
}

function fill(el, ...children) {
  el.replaceChildren();
  return add(el, children);
}

// Each level has a shape of its own, so that colour never carries meaning alone.
const SHAPES = {
  critical: "M5 0 10 5 5 10 0 5Z", high: "M5 .6 10 9.4H0Z", medium: "M1 1h8v8H1Z",
  low: "M5 1a4 4 0 1 1 0 8 4 4 0 0 1 0-8Z", informational: "M5 1a4 4 0 1 1 0 8 4 4 0 0 1 0-8Zm0 2a2 2 0 1 0 0 4 2 2 0 0 0 0-4Z",
  unrated: "M1 4h8v2H1Z",
};

function sign(level) {
  const name = LEVELS[level];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 10 10");
  svg.setAttribute("class", "sign lv-" + name);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

const ICONS = { caveat: "M8 2 15 14H1ZM8 6.5v3.5M8 12.2v.3", correlation: "M6.5 9.5 9.5 6.5M7 4.5 9 2.6a3 3 0 0 1 4.3 4.3L11.5 9M9 11.5 7 13.4A3 3 0 0 1 2.7 9.100L4.500 7" };

function icon(name, title) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon-flag");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", title);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function badge(level) {
  return h("span.badge.lv-" + LEVELS[level], { title: LEVELS[level] }, sign(level), h("span.word", null, LEVELS[level]));
}

// Characters that do something instead of showing something.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
const ONE_UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u; // without state, for asking

function escapeName(c) {
  if (c === "\n") return "\\n";
  if (c === "\r") return "\\r";
  if (c === "\t") return "\\t";
  const n = c.codePointAt(0);
  return n < 256 ? "\\x" + n.toString(16).padStart(2, "0") : "\\u{" + n.toString(16) + "}";
}

// vis makes a text safe to read on one line.
function vis(s) {
  s = String(s);
  return ONE_UNSAFE.test(s) ? s.replace(UNSAFE, escapeName) : s;
}

// logText puts a text of a log into an element: unsafe characters as marked escapes, search terms marked. With
// lines, line breaks and tabs stay what they are.
function logText(el, s, lines, terms) {
  s = String(s);
  el.classList.add("log");
  let at = 0;
  for (const m of s.matchAll(UNSAFE)) {
    if (lines && (m[0] === "\n" || m[0] === "\t" || (m[0] === "\r" && s[m.index + 1] === "\n"))) continue;
    marked(el, s.slice(at, m.index), terms);
    el.append(h("span.ctl", { title: "control character" }, escapeName(m[0])));
    at = m.index + m[0].length;
  }
  marked(el, s.slice(at), terms);
  return el;
}

function marked(el, s, terms) {
  if (!s) return;
  if (!terms || !terms.length) { el.append(s); return; }
  const low = s.toLowerCase();
  if (low.length !== s.length) { el.append(s); return; } // case mapping moved the positions
  let at = 0;
  for (let n = 0; n < 200; n++) {
    let best = -1, len = 0;
    for (const t of terms) {
      const i = low.indexOf(t, at);
      if (i >= 0 && (best < 0 || i < best || (i === best && t.length > len))) { best = i; len = t.length; }
    }
    if (best < 0) break;
    if (best > at) el.append(s.slice(at, best));
    el.append(h("mark", null, s.slice(best, best + len)));
    at = best + len;
  }
  if (at < s.length) el.append(s.slice(at));
}

const NUMBERS = new Intl.NumberFormat("en-US");
const num = (n) => NUMBERS.format(n);
const plural = (n, one, many) => num(n) + " " + (n === 1 ? one : many || one + "s");

function short(n) {
  if (n < 10000) return num(n);
  if (n < 999500) return (n / 1000).toFixed(n < 99950 ? 1 : 0) + "k";
  if (n < 999.5e6) return (n / 1e6).toFixed(n < 99.95e6 ? 1 : 0) + "M";
  return (n / 1e9).toFixed(1) + "G";
}

function bytes(n) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) { n /= 1000; i++; }
  return (i && n < 99.95 ? n.toFixed(1) : Math.round(n)) + " " + units[i];
}

function seconds(s) {
  if (s < 1) return Math.round(s * 1000) + " ms";
  if (s < 60) return s.toFixed(s < 10 ? 1 : 0) + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + Math.round(s % 60) + " s";
  if (s < 48 * 3600) return Math.floor(s / 3600) + " h " + Math.round((s % 3600) / 60) + " min";
  return Math.round(s / 86400) + " days";
}

// Times are shown in UTC unless the reader asks for local time.
let localTime = false;
const two = (n) => String(n).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function parts(ms) {
  const d = new Date(ms);
  return localTime
    ? { y: d.getFullYear(), mo: d.getMonth(), d: d.getDate(), h: d.getHours(), mi: d.getMinutes(), s: d.getSeconds(), ms: d.getMilliseconds() }
    : { y: d.getUTCFullYear(), mo: d.getUTCMonth(), d: d.getUTCDate(), h: d.getUTCHours(), mi: d.getUTCMinutes(), s: d.getUTCSeconds(), ms: d.getUTCMilliseconds() };
}

function stamp(ms, millis) {
  if (!Number.isFinite(ms)) return "no time";
  const p = parts(ms);
  return String(p.y).padStart(4, "0") + "-" + two(p.mo + 1) + "-" + two(p.d) + " " + two(p.h) + ":" + two(p.mi) + ":" + two(p.s) +
    (millis ? "." + String(p.ms).padStart(3, "0") : "");
}

const day = (ms) => { const p = parts(ms); return p.d + " " + MONTHS[p.mo] + " " + p.y; };
const clock = (ms) => { const p = parts(ms); return two(p.h) + ":" + two(p.mi); };
const moment = (ms) => day(ms) + " " + clock(ms);
const zone = () => (localTime ? "local" : "UTC");

function span(a, b) {
  if (!Number.isFinite(a)) return "";
  if (!(b - a >= 60000)) return moment(a);
  return day(a) === day(b) ? moment(a) + " – " + clock(b) : moment(a) + " – " + moment(b);
}

// stack draws counts by level as one bar; of says which length stands for the whole width.
function stack(counts, of, spec) {
  const bar = h(spec || "div.bar");
  for (const l of WORST_FIRST) {
    if (!counts[l]) continue;
    const i = h("i.lv-" + LEVELS[l]);
    i.style.width = (100 * counts[l]) / of + "%";
    bar.append(i);
  }
  return bar;
}

const total = (counts) => { let n = 0; for (let l = 0; l < 6; l++) n += counts[l]; return n; };
const worst = (counts) => { for (const l of WORST_FIRST) if (counts[l]) return l; return 0; };

// link makes a link only of what is plainly a web address.
function link(url, text) {
  let u = null;
  try { u = new URL(url); } catch { /* not an address */ }
  if (!u || (u.protocol !== "https:" && u.protocol !== "http:")) return h("span", null, vis(text || url));
  return h("a", { href: u.href, target: "_blank", rel: "noopener noreferrer" }, vis(text || url));
}
