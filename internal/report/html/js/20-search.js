// The search language: words and "phrases" that must all occur, field:value, -not, * for any run of characters.
// Words are looked for in rule, host, user, channel, file and in every value of the record; records are unpacked in
// the background while the first results are shown already.

// glob returns a test for lower-case text: with * the whole text must fit, without it the part must occur.
function glob(pattern) {
  const p = pattern.toLowerCase();
  if (!p.includes("*")) return (s) => s.includes(p);
  const pieces = p.split("*");
  const first = pieces.shift(), last = pieces.pop();
  return (s) => {
    if (s.length < first.length + last.length || !s.startsWith(first) || !s.endsWith(last)) return false;
    let at = first.length;
    const end = s.length - last.length;
    for (const piece of pieces) {
      const i = s.indexOf(piece, at);
      if (i < 0 || i + piece.length > end) return false;
      at = i + piece.length;
    }
    return true;
  };
}

function tokens(q) {
  const out = [];
  const re = /(-?)(?:([\p{L}_@][\p{L}\p{N}_.@()-]*):)?(?:"((?:[^"\\]|\\["\\])*)"?|(\S+))/gu;
  for (const m of q.matchAll(re)) {
    let field = m[2] || "", value = m[3] !== undefined ? m[3].replace(/\\(["\\])/g, "$1") : m[4];
    // C:\Users and https://… are values, not fields.
    if (field && m[3] === undefined && (value.startsWith("\\") || value.startsWith("//"))) { value = field + ":" + value; field = ""; }
    if (value !== "") out.push({ not: m[1] === "-", field, value });
  }
  return out;
}

const byText = (pick) => (test) => {
  const hit = new Uint8Array(S.length);
  for (let i = 1; i < S.length; i++) hit[i] = test(S[i].toLowerCase()) ? 1 : 0;
  const column = pick();
  return column === H && MORE.size ? (row) => hostsAt(row).some((i) => hit[i] === 1) : (row) => hit[column[row]] === 1;
};

// A host is found under each of its names.
const byHost = (test) => byText(() => H)((s) => test(s) || (otherNames.get(s) || []).some(test));

const byRule = (texts) => (test) => {
  const hit = Uint8Array.from(meta.rules, (r) => (texts(r).some((t) => t && test(t.toLowerCase())) ? 1 : 0));
  return (row) => hit[R[row]] === 1;
};

const LEVEL_RANK = { info: 1 };
LEVELS.forEach((l, i) => { LEVEL_RANK[l] = i; });

// Fields that are columns; every other name is a field of the record.
const FIELDS = {
  host: byHost, computer: byHost, user: byText(() => U), channel: byText(() => C), source: byText(() => C), file: byText(() => F),
  rule: byRule((r) => [r.title, r.id]), id: byRule((r) => [r.id]), tag: byRule((r) => r.tags || []), author: byRule((r) => [r.author]),
  status: byRule((r) => [r.status]), tactic: byRule((r) => (r.tactics || []).concat(r.named || [])),
  technique: byRule((r) => r.techniques.flatMap((t) => [t.id, t.name])), attack: byRule((r) => r.techniques.flatMap((t) => [t.id, t.name]).concat(r.tactics || [], r.named || [])),
  level: (test, value) => {
    const m = /^(>=|<=|>|<)?(\w+)$/.exec(value.toLowerCase());
    const want = m && LEVEL_RANK[m[2]];
    if (want === undefined || want === null) return byRule((r) => [r.level])(test);
    const op = { ">=": (l) => l >= want, "<=": (l) => l <= want, ">": (l) => l > want, "<": (l) => l < want }[m[1]] || ((l) => l === want);
    return (row) => op(ruleLevel[R[row]]);
  },
  eid: (test, value) => (row) => String(E[row]) === value || (value.includes("*") && test(String(E[row]))),
  has: (test, value) => { const f = FLAG[value.toLowerCase()] || 0; return (row) => (K[row] & f) !== 0; },
};
FIELDS.event = FIELDS.event_id = FIELDS.eventid = FIELDS.eid;
FIELDS.ttp = FIELDS.technique;

const termCache = new Map(); // compiled terms by their text; deep ones keep what the scan found
const TERM_CACHE = 40;

// compile turns a query into terms {not, test(row), deep}. A deep term knows more when the scan is over.
function compile(q) {
  return tokens(q).map(({ not, field, value }) => {
    const key = field.toLowerCase() + "\u0000" + value.toLowerCase();
    let term = termCache.get(key);
    if (!term) {
      term = compileTerm(field, value);
      termCache.set(key, term);
      for (const k of termCache.keys()) { if (termCache.size <= TERM_CACHE) break; termCache.delete(k); }
    }
    return { not, term, test: term.test };
  });
}

function compileTerm(field, value) {
  const test = glob(value);
  const column = FIELDS[field.toLowerCase()];
  if (column) return { deep: false, test: column(test, value), value };
  const found = new Uint8Array(rows);
  const pieces = value.toLowerCase().split("*").sort((a, b) => b.length - a.length);
  const term = { deep: true, next: 0, found, match: test, value, needle: jsonNeedle(pieces[0]), name: field.toLowerCase() };
  if (field) {
    term.key = '"' + jsonNeedle(field.toLowerCase()) + '":';
    term.test = (row) => found[row] === 1;
    return term;
  }
  const quick = [FIELDS.host, FIELDS.user, FIELDS.channel, FIELDS.file, byRule((r) => [r.title, r.id, r.level].concat(r.tags || [], r.tactics || [], r.named || [], r.techniques.flatMap((t) => [t.id, t.name])))]
    .map((f) => f(test, value));
  const seen = new Uint8Array(rows); // 1: no, 2: yes, by the columns alone
  term.test = (row) => {
    if (found[row] === 1) return true;
    if (!seen[row]) seen[row] = quick.some((f) => f(row)) || test(D[row].toLowerCase()) ? 2 : 1;
    return seen[row] === 2;
  };
  return term;
}

// jsonNeedle writes a lower-case text the way it stands inside the compressed JSON, in lower case.
function jsonNeedle(s) {
  return s.replace(/["\\<>&]|[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => {
    if (c === '"' || c === "\\") return "\\" + c;
    if (c === "\n") return "\\n";
    if (c === "\r") return "\\r";
    if (c === "\t") return "\\t";
    let out = "";
    for (let i = 0; i < c.length; i++) out += "\\u" + c.charCodeAt(i).toString(16).padStart(4, "0");
    return out;
  });
}

let scanRun = 0;

// scan goes through all records for the deep terms of a query and calls step(share) now and then.
async function scan(query, step) {
  const run = ++scanRun;
  const open = query.map((t) => t.term).filter((t) => t.deep && t.next < detailBlocks.length);
  if (!open.length) return true;
  let last = performance.now();
  for (let n = Math.min(...open.map((t) => t.next)); n < detailBlocks.length; n++) {
    const wanted = open.filter((t) => t.next === n);
    const text = await detailText(n);
    if (run !== scanRun) return false;
    if (wanted.length) {
      const low = text.toLowerCase();
      const here = wanted.filter((t) => low.includes(t.needle) && (!t.key || low.includes(t.key)));
      if (here.length) scanBlock(n, text, low, here);
      for (const t of wanted) t.next = n + 1;
    }
    if (performance.now() - last > 60) {
      step((n + 1) / detailBlocks.length);
      await pause();
      if (run !== scanRun) return false;
      last = performance.now();
    }
  }
  return true;
}

function scanBlock(n, text, low, terms) {
  // Lower case may have another length than the text; then lines are cut from the text itself.
  const same = low.length === text.length;
  let from = 0;
  for (let row = detailStart[n]; row < detailStart[n + 1]; row++) {
    const to = text.indexOf("\n", from);
    const line = same ? low.slice(from, to) : text.slice(from, to).toLowerCase();
    let values = null;
    for (const t of terms) {
      if (!line.includes(t.needle) || (t.key && !line.includes(t.key))) continue;
      values = values || allValues(JSON.parse(text.slice(from, to)));
      for (const [name, value] of values) {
        if ((!t.name || t.name === name) && t.match(value)) { t.found[row] = 1; break; }
      }
    }
    from = to + 1;
  }
}

// allValues lists the values of a finding as [field, text], both in lower case.
function allValues(f) {
  const out = [];
  const walk = (name, v) => {
    if (v === null || v === undefined) return;
    if (Array.isArray(v)) v.forEach((x) => walk(name, x));
    else if (typeof v === "object") for (const k in v) walk(k.toLowerCase(), v[k]);
    else out.push([name, String(v).toLowerCase()]);
  };
  walk("", f);
  return out;
}

// words are what to mark in the texts of the results.
const words = (q) => tokens(q).filter((t) => !t.not && !FIELDS[t.field.toLowerCase()]).flatMap((t) => t.value.toLowerCase().split("*")).filter((w) => w.length > 1);

// quote writes a field and a value as the search language has them.
function quote(field, value) {
  const plain = /^[^\s"*\\-][^\s"*]*$/u.test(value);
  return field + ":" + (plain ? value : '"' + value.replace(/(["\\])/g, "\\$1") + '"');
}
