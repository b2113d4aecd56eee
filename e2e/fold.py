"""What the events come to: the state of a content (docs/formats/coalition.md, The fold)."""

from curves import share_fits


def having(root, role):
    return [m["id"] for m in root.members if role in m["roles"]]


def has(root, member, *roles):
    return member in root.people and any(r in root.people[member]["roles"] for r in roles)


class Fold:
    """The state of a content: a function of its events (in order of id) and of when they were seen."""

    def __init__(self, chain, events, seen, content):
        self.chain, self.seen, self.all = chain, seen, {e.id: e for e in events}
        self.content = content
        self.problems = []  # (member, text, grave)
        self.counted = self.count(events)
        self.events = [e for e in events if e.id in self.counted]
        self.proposal = self.propose()
        if not self.proposal:
            return
        self.root = self.under(self.proposal)
        self.adopt, self.release = self.root.thresholds["adopt"], self.root.thresholds["release"]
        self.positions = self.last(self.of("position"), lambda e: e.member)
        self.votes = self.last_votes(None)
        self.decision = self.decide()
        self.adopted = bool(self.decision and self.decision.body["adopt"])
        self.hour = self.find_hour()
        self.seal = self.find_seal() if self.adopted else None
        self.shares = self.find_shares() if self.seal else {}
        if self.seal and len(self.shares) >= self.release:
            self.votes = self.last_votes(sorted(self.shares.values(), key=self.order)[self.release - 1])
        for (question, member), v in self.votes.items():
            if question == "release":
                for i in v.body["knows"]:
                    while i in self.all:
                        i = self.all[i].after
                    if i:
                        self.problems.append((member, "knows of a position that is missing here, or of which an event before it is", True))

    # What counts.

    def count(self, events):
        counted, chains = set(), {}
        for e in events:
            reason = self.unsound(e)
            if reason:
                self.problems.append((e.member, reason, False))
            elif e.kind == "share":
                counted.add(e.id)
            else:
                chains.setdefault(e.member, {}).setdefault(e.number, []).append(e)
        for member, numbers in chains.items():
            last, n, problem = "", 0, ""
            while numbers:
                n += 1
                here = numbers.pop(n, [])
                following = [e for e in here if e.after == last]
                if len(following) > 1 or len(here) > len(following):
                    problem = problem or f"says two things as its event {n}"
                e = self.first(following)
                if not e:
                    problem = problem or f"its event {n} is missing, and later ones do not count"
                    break
                counted.add(e.id)
                last = e.id
            if problem:
                self.problems.append((member, problem, False))
        return counted

    def unsound(self, e):
        use, root, latest = self.chain.uses[e.key], self.chain.root(e.root), self.chain.latest
        if not root:
            return "rests on a root that is not known"
        if e.at > root.expires:
            return "rests on a root that had expired"
        revoked = latest.revoked.get(e.key)
        ends = ([use.until] if use.until else []) + ([revoked["since"]] if revoked else [])
        if not ends:
            return ""
        seen = self.seen.get(e.id)
        if seen is None and not revoked and root.thresholds["witness"] == 0:
            seen = e.at
        return "" if seen is not None and seen < min(ends) else "signed with a key that was given up or revoked, and was not seen before"

    def first(self, events):
        """Of several events with one place the one that was seen first; None where that cannot be said."""
        if len(events) == 1:
            return events[0]
        seen = sorted((self.seen[e.id], e.id) for e in events if e.id in self.seen)
        if not seen or len(seen) > 1 and seen[0][0] == seen[1][0]:
            return None
        return self.all[seen[0][1]]

    def time(self, e):
        return (0, self.seen[e.id]) if e.id in self.seen else (1, e.at)

    def order(self, e):
        return self.time(e), e.id

    def before(self, a, b):
        return self.order(a) < self.order(b)

    # What the members want.

    def kind(self, kind):
        return [e for e in self.events if e.kind == kind]

    def of(self, kind, *roles):
        return [e for e in self.kind(kind) if (has(self.root, e.member, *roles) if roles else e.member in self.root.people)]

    @staticmethod
    def last(events, key):
        out = {}
        for e in events:
            if key(e) not in out or out[key(e)].number < e.number:
                out[key(e)] = e
        return out

    def propose(self):
        """The proposal that was seen first, else the strictest one."""
        named = []
        for e in self.kind("propose"):
            if (e.statement, e.body["revision"], e.body["supersedes"]) == self.content:
                named.append(e)
            else:
                self.problems.append((e.member, "proposes it as another statement, or another revision, than it is", False))
        of = [e for e in named if has(self.under(e), e.member, "propose")]
        seen = [e for e in of if e.id in self.seen]
        if seen:
            return min(seen, key=self.order)
        return min(of, key=lambda e: (-self.under(e).version, -e.body["until"], e.id), default=None)

    def under(self, e):
        """The root under which a proposal is made: the one that was in force when it was seen. A reader cannot tell that it was not."""
        named = self.chain.root(e.root)
        at = self.seen.get(e.id)
        if at is None:
            if named.thresholds["witness"]:
                return named
            at = e.at
        return [r for r in self.chain.roots if r is named or r.version > named.version and r.issued <= at][-1]

    def last_votes(self, opened):
        votes = [v for v in self.of("vote", "release") if not (opened and self.against(v.body) and self.time(opened) < self.time(v))]
        return self.last(votes, lambda e: (e.body["question"], e.member))

    def against(self, vote):
        if vote["question"] == "release":
            return not vote["yes"] or vote["seal"] != self.seal.id
        return {"hold": vote["yes"], "withdraw": False}.get(vote["question"], not vote["yes"])

    def yes(self, question, seal=None):
        return sum(1 for (q, _), v in self.votes.items() if q == question and v.body["yes"] and (seal is None or v.body["seal"] == seal))

    @property
    def held(self):
        return self.yes("hold") > 0 and self.yes("override") < self.release

    @property
    def ended(self):
        return self.yes("end") >= self.release

    def decide(self):
        positions, decision = self.of("position", "adopt"), None
        for d in self.of("decide", "adopt", "propose"):
            wanted = ("endorse", "assess") if d.body["adopt"] else ("object",)
            voices = {
                p.member for p in positions if p.id in d.body["positions"] and p.body["stance"] in wanted
                and not any(x.member == p.member and x.number > p.number and self.before(x, d) for x in positions)
            }
            if d.body["adopt"]:
                enough = len(voices) >= self.adopt
            else:
                enough = len(having(self.root, "adopt")) - len(voices) < self.adopt
            if enough and (not decision or self.before(d, decision)):
                decision = d
        return decision

    def find_hour(self):
        events = self.of("embargo", "adopt")
        accepts = {}
        for e in events:
            if e.body["action"] == "accept":
                accepts.setdefault(e.body["of"], set()).add(e.member)
        hour = self.proposal.body["until"]
        current = self.proposal.id if hour else ""
        while True:
            nexts = [e for e in events if e.body["action"] == "propose" and e.body["instead"] == current and len(accepts.get(e.id, ())) >= self.adopt]
            if not nexts:
                return hour
            best = min(nexts, key=lambda e: (-e.body["until"], e.id))
            hour, current = best.body["until"], best.id

    def find_seal(self):
        seal, voted = None, False
        for e in self.of("seal", "propose"):
            if len(e.body["commitments"]) != self.release or [s["member"] for s in e.body["shares"]] != having(self.root, "release"):
                self.problems.append((e.member, "seals it to others than the root says", False))
                continue
            enough = self.yes("release", e.id) >= self.release
            if not seal or enough and not voted or enough == voted and self.before(e, seal):
                seal, voted = e, enough
        return seal

    def find_shares(self):
        shares = {}
        for e in self.of("share", "release"):
            if e.body["seal"] != self.seal.id:
                continue
            if not share_fits(self.seal.body, e.member, e.body["share"]):
                self.problems.append((e.member, "gives away a share that is not the one it was dealt", False))
            else:
                shares.setdefault(e.member, e)
        return shares
