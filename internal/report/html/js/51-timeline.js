// The timeline: one lane per host, tactic, rule or account.

const LANES = { host: "Hosts", tactic: "Tactics", rule: "Rules", user: "Accounts" };
const MAX_LANES = 60;

function timeline(main) {
  const kind = state.lanes;
  main.append(h("div.toolbar", null, "One lane for each of the",
    h("div.seg", { role: "group", "aria-label": "Lanes" }, Object.keys(LANES).map((k) => h("button.btn", { "aria-pressed": String(k === kind), onclick: () => go({ lanes: k }) }, LANES[k]))),
    legend()));
  const bins = 160;
  const range = result.range;
  const keys = { host: hostsAt, user: (row) => U[row], rule: (row) => R[row], tactic: (row) => meta.rules[R[row]].tactics || [] }[kind];
  const lanes = binned(result.rows, range, bins, keys);
  const list = {
    host: () => result.hosts.map((x) => ({ key: x.i, name: x.name, value: x.name, n: x.n, worst: x.worst })),
    user: () => result.users.map((x) => ({ key: x.i, name: x.name, value: x.name, n: x.n, worst: x.worst })),
    rule: () => result.rules.map((x) => ({ key: x.i, name: x.rule.title, value: ruleKey(x.rule), n: x.n, worst: x.level })),
    tactic: () => meta.tactics.filter((t) => result.tactics.has(t.short)).map((t) => { const v = result.tactics.get(t.short); return { key: t.short, name: t.name, value: t.short, n: v.n, worst: worst(v.counts) }; }),
  }[kind]();
  const box = h("div.lanes");
  for (const x of list.slice(0, MAX_LANES)) {
    const canvas = h("canvas", { role: "img", "aria-label": vis(x.name) + ": " + plural(x.n, "finding") });
    box.append(h("button.lane-name", { title: vis(x.name), onclick: () => toggle(kind, x.value) }, sign(x.worst), h("span.log", null, vis(x.name))), h("span.num", null, num(x.n)), canvas);
    const data = lanes.get(x.key);
    if (data) {
      deferred.push(() => lane(canvas, data));
      const width = (range.to - range.from) / bins;
      brush(canvas, () => result.range, (e, t) => {
        const b = Math.floor((t - range.from) / width);
        const c = b >= 0 && b < bins ? data.subarray(b * 6, b * 6 + 6) : null;
        if (!c || !total(c)) return tip(null);
        tip(e, vis(x.name) + ", " + span(range.from + b * width, range.from + (b + 1) * width), WORST_FIRST.filter((l) => c[l]).map((l) => h("div.r", null, sign(l), h("span", null, LEVELS[l]), h("b.num", null, num(c[l])))));
      });
    }
  }
  const foot = h("canvas.axis", { "aria-hidden": "true" });
  box.append(h("span"), h("span"), foot);
  deferred.push(() => { const { g, w } = context(foot); if (range.to > range.from) axis(g, range, w, 0); });
  main.append(h("section.card", null, h("header", null, h("h2", null, LANES[kind]), h("span.note", null,
    list.length > MAX_LANES ? "worst " + MAX_LANES + " of " + num(list.length) + "; filter to see others" : "height: how many in the bar, within a lane")), list.length ? box : h("div.body.empty", null, "Nothing to show.")));
}

function legend() {
  return h("div.legend", null, WORST_FIRST.filter((l) => l || result.counts.levels[0]).map((l) => h("span", null, sign(l), LEVELS[l])));
}
