// The data of the report: blocks of compressed JSON in inert script elements. Class i: columns of some thousand
// rows; class d: the full findings, one JSON object a line; class m: everything that is not a row.

let meta = null;
let rows = 0;
let T, L, R, H, U, C, F, E, N, K; // time, how long it lasts, rule, host, user, channel, file, event id, count, flags
const MORE = new Map(); // row → its other hosts, where a correlation is of several
const BECAUSE = new Map(); // row → how its host is known, where that takes more than the name in the record
let D = []; // one telling line per row
const S = [""]; // the texts that H, U, C and F number
let ruleLevel; // level of each rule
let byTime; // rows in order of time, those without at the end
const FLAG = { caveat: 1, correlation: 2, clipped: 4, bare: 8 };

function blockBytes(el) {
  const text = el.textContent;
  const b64 = text.slice(1, -1);
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(b64);
  const bin = atob(b64);
  const out = new Uint8Array(bin.length);
  for (let i = 0; i < bin.length; i++) out[i] = bin.charCodeAt(i);
  return out;
}

async function unpack(el) {
  const stream = new Blob([blockBytes(el)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

const blocks = (cls) => [...document.querySelectorAll('script[type="application/json"].' + cls)];
const pause = () => new Promise((done) => setTimeout(done));

async function loadData(progress) {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This browser is too old to open the report: it has no DecompressionStream. Any browser from 2023 or later can.");
  }
  meta = JSON.parse(await unpack(blocks("m")[0]));
  for (const r of meta.rules) {
    r.name = r.title; // without the marking, which people have to see wherever they see the title
    if (r.mark) r.title += " [" + r.mark + "]";
  }
  rows = meta.rows;
  T = new Float64Array(rows);
  L = new Float64Array(rows);
  N = new Float64Array(rows);
  [R, H, U, C, F, E] = [0, 0, 0, 0, 0, 0].map(() => new Uint32Array(rows));
  K = new Uint8Array(rows);
  D = new Array(rows);
  ruleLevel = Uint8Array.from(meta.rules, (r) => LEVELS.indexOf(r.level));
  let at = 0;
  const list = blocks("i");
  for (const el of list) {
    const b = JSON.parse(await unpack(el));
    for (const s of b.s) S.push(s);
    L.set(b.l, at); R.set(b.r, at); H.set(b.h, at); U.set(b.u, at); C.set(b.c, at); F.set(b.f, at); E.set(b.e, at); N.set(b.n, at); K.set(b.k, at);
    for (let i = 0, t = 0; i < b.t.length; i++) {
      if (b.t[i] === null) T[at + i] = NaN;
      else T[at + i] = t += b.t[i];
      D[at + i] = b.d[i];
    }
    at += b.t.length;
    el.remove();
    progress(at, rows);
  }
  nameHosts();
  byTime = Uint32Array.from({ length: rows }, (_, i) => i);
  let sorted = true;
  for (let i = 1; i < rows && sorted; i++) sorted = T[i - 1] <= T[i];
  if (!sorted) byTime.sort((a, b) => order(T[a], T[b]) || a - b);
  for (const el of blocks("d")) {
    detailBlocks.push(el);
    detailStart.push(detailStart.at(-1) + Number(el.dataset.n));
  }
}

const otherNames = new Map(); // name of a host in small letters → what else logs call it, in small letters

const shownName = new Map(); // the other way round, as they are written

// nameHosts gives every row its host, under the one name that is shown where logs call it by several. Rows come with the
// number of the hosts that they are of: which these are was known when the hunt was over. The findings themselves keep
// the name of their record.
function nameHosts() {
  const at = new Map(S.map((s, i) => [s, i]));
  const textOf = (name) => { if (!at.has(name)) at.set(name, S.push(name) - 1); return at.get(name); };
  const sets = meta.hostSets.map((set) => set.map((n) => textOf(meta.hosts[n])));
  for (let i = 0; i < rows; i++) {
    const n = H[i], set = sets[n];
    if (!set) { H[i] = textOf("(one of very many)"); continue; }
    H[i] = set[0];
    if (set.length > 1) MORE.set(i, set.slice(1));
    if (meta.hostBecause[n]) BECAUSE.set(i, meta.hostBecause[n]);
  }
  for (const [alias, name] of meta.hostNames || []) {
    const key = name.toLowerCase();
    otherNames.set(key, (otherNames.get(key) || []).concat(alias.toLowerCase()));
    shownName.set(alias, name);
  }
}

// hostsAt are the numbers of the hosts that a row is of, onHost says whether one of them is, hostText names them.
const hostsAt = (row) => (MORE.has(row) ? [H[row], ...MORE.get(row)] : [H[row]]);
const onHost = (row, host) => H[row] === host || (MORE.size > 0 && (MORE.get(row) || []).includes(host));
const hostText = (row) => (MORE.has(row) ? hostsAt(row).map((i) => S[i]).filter(Boolean).join(", ") : S[H[row]]);

// order compares numbers with NaN last.
function order(a, b) {
  if (a === b) return 0;
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a - b;
}

const detailBlocks = [];
const detailStart = [0]; // first row of each block, and one past the last
const detailCache = new Map(); // block number → text, most recently used last
let detailCached = 0;
const DETAIL_CACHE = 64 << 20; // characters

async function detailText(n) {
  let text = detailCache.get(n);
  if (text !== undefined) {
    detailCache.delete(n);
    detailCache.set(n, text);
    return text;
  }
  text = await unpack(detailBlocks[n]);
  detailCache.set(n, text);
  detailCached += text.length;
  for (const [old, t] of detailCache) {
    if (detailCached <= DETAIL_CACHE || old === n) break;
    detailCache.delete(old);
    detailCached -= t.length;
  }
  return text;
}

function blockOf(row) {
  let lo = 0, hi = detailBlocks.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (detailStart[mid] <= row) lo = mid;
    else hi = mid - 1;
  }
  return lo;
}

// finding returns the whole finding of a row, in the form of docs/formats/finding.md.
async function finding(row) {
  const n = blockOf(row);
  const text = await detailText(n);
  let from = 0;
  for (let i = detailStart[n]; i < row; i++) from = text.indexOf("\n", from) + 1;
  const line = JSON.parse(text.slice(from, text.indexOf("\n", from)));
  const r = meta.rules[R[row]];
  const rule = { id: r.id, title: r.name, level: r.rawLevel, status: r.status, file: r.file, tags: r.tags, indicator: r.indicator };
  const out = { rule };
  if (r.techniques.length || r.tactics) out.attack = { techniques: r.techniques.map((t) => ({ id: t.id, name: t.name })), tactics: r.named || r.tactics || [] };
  return Object.assign(out, line);
}
