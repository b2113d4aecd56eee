#!/usr/bin/env python3
"""Checks a statement that a coalition has released, by its files alone.

    python3 verify.py RELEASE... [--root sha256:DIGEST] [--newer-root FILE]... [--at TIME]

RELEASE is the folder of a release, or its proof.json. This is a second implementation of what `entente verify` does, made
from docs/formats/coalition.md, log.md and signatures.md: it comes to the same outcome for every release. It needs Python
3.9 or newer and the package `cryptography`, of which it takes Ed25519.

Exit codes: 0 verified, 1 something is wrong, 2 wrong usage, 4 nothing is wrong and something could not be checked.
"""

import argparse
import json
import os
import re
import stat
import sys
import time
from types import SimpleNamespace

from curves import key_id, public_key, recipient, signed
from fold import Fold, has, having
from forms import (CLAIM, DEVICE, DIGEST, KEY_ID, LANGUAGE, MAX_ENVELOPE, MAX_FILES, MAX_FILE_SIZE, MAX_KEYS, MAX_LIST, MAX_MEMBERS,
                   MAX_PROOF, MAX_TEXT, MAX_WORDING, MEMBER, ORIGIN, PATH_PART, SALT, SPACE, UUID, Wrong, ascending, canonical, clock,
                   digest, moment, need, parse, shaped, size, unbase64)
from logproof import Logs, read_log_proof, seen_at


# ---- envelopes (signatures.md)

ENVELOPE = {"payload": unbase64, "payloadType": str, "signatures": [{"keyid": KEY_ID, "sig": lambda s: unbase64(s, 64)}]}


def envelope(value, payload_type):
    """Reads a DSSE envelope; it verifies nothing."""
    need(len(canonical(value)) <= MAX_ENVELOPE, "an envelope is too large")
    e = shaped(value, ENVELOPE)
    kind, sigs = e["payloadType"], e["signatures"]
    need(kind == payload_type, f"an envelope of type {kind}")
    need(1 <= len(sigs) <= 1024 and ascending([s["keyid"] for s in sigs]), "signatures are none, too many, or not in order")
    e["message"] = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(e["payload"]), e["payload"])
    return e


def signers(e, known):
    """The ids of those keys of known ({id: bytes}) that signed. One by a known key that is wrong spoils all."""
    out = [s for s in e["signatures"] if s["keyid"] in known]
    for s in out:
        need(signed(known[s["keyid"]], e["message"], s["sig"]), f"the signature by key {s['keyid'][:12]} is wrong")
    return [s["keyid"] for s in out]


# ---- roots

ROOT_TYPE = "application/vnd.entente.coalition.root.v1+json"
ROLES = re.compile("adopt|propose|release|root")
ROOT = {
    "type": re.compile("root"), "coalition": UUID, "name": str, "version": int, "previous?": DIGEST, "issued": moment, "expires": moment,
    "thresholds": {"root": int, "adopt": int, "release": int, "witness?": int},
    "members": [{"id": MEMBER, "name": str, "keys": [str], "recipients": [recipient], "roles?": [ROLES], "witness?": str}],
    "revoked?": [{"key": KEY_ID, "since": moment, "reason": str}],
    "log?": {"origin": ORIGIN, "key": str},
}


def read_root(value):
    """A root and its envelope. The root has more: digest, people ({id: member}), keys ({id: (bytes, member)})."""
    e = envelope(value, ROOT_TYPE)
    r = SimpleNamespace(**shaped(parse(e["payload"]), ROOT))
    r.digest, r.revoked = digest(e["payload"]), {x["key"]: x for x in sorted_by(r.revoked, "key")}
    need(r.name and size(r.name) <= MAX_TEXT, "the coalition has no name, or one that is too long")
    need(r.version >= 1 and (r.version == 1) == (r.previous == ""), "the version and the one before do not go together")
    need(r.expires > r.issued, "it expires before it is issued")
    need(1 <= len(r.members) <= MAX_MEMBERS, "members are none, or too many")
    r.people = {m["id"]: m for m in sorted_by(r.members, "id")}
    for x in r.revoked.values():
        need(x["reason"] and size(x["reason"]) <= MAX_TEXT, "a reason is none, or too long")
    r.keys, texts = {}, []
    for m in r.members:
        need(m["name"] and size(m["name"]) <= MAX_TEXT, "a member has no name, or one that is too long")
        need(1 <= len(m["keys"]) <= MAX_KEYS and ascending(m["keys"]), "keys are none, too many, or not in order")
        need(1 <= len(m["recipients"]) <= MAX_KEYS and ascending(m["recipients"]), "recipients are none, too many, or not in order")
        need(ascending(m["roles"]), "roles are not in order")
        for text in m["keys"]:
            r.keys[key_id(public_key(text))] = (public_key(text), m["id"])
        for text in m["keys"] + ([m["witness"]] if m["witness"] else []):
            need(key_id(public_key(text)) not in r.revoked, "a member has a key that is revoked")
            texts.append(text)
    need(len(set(texts)) == len(texts), "one key stands twice")
    if r.log:
        public_key(r.log["key"])
    t = r.thresholds
    for what, role in (("root", "root"), ("adopt", "adopt"), ("release", "release")):
        need(1 <= t[what] <= len(having(r, role)), f"it takes {t[what]} members for {what}, and there are not as many")
    need(t["witness"] <= sum(1 for m in r.members if m["witness"]), "it takes more witnesses than there are")
    need(r.log or t["witness"] == 0, "it takes witnesses, and there is no log")
    return r, e


def sorted_by(entries, name):
    need(ascending([x[name] for x in entries]), f"a list is not in order of {name}")
    return entries


class Chain:
    """Roots that follow on one another, and how long keys were used."""

    def __init__(self, value, pin):
        root, e = read_root(value)
        need(not pin or root.digest == pin, f"the first root has digest {root.digest}, not {pin}")
        need(root.version == 1, "the first root is not version 1")
        self.enough(root, root, e)
        self.roots, self.uses = [], {}
        self.take(root)

    @property
    def latest(self):
        return self.roots[-1]

    def root(self, d):
        return next((r for r in self.roots if r.digest == d), None)

    @staticmethod
    def enough(root, by, e):
        ids = signers(e, {i: key for i, (key, _) in by.keys.items()})
        members = {by.keys[i][1] for i in ids}
        n = sum(1 for m in members if has(by, m, "root"))
        need(n >= by.thresholds["root"], f"version {root.version} is signed by {n} members of version {by.version}")

    def append(self, value, known=False):
        """Takes in the next root. With known, one that is here already is no fault, and one for which others miss is left."""
        root, e = read_root(value)
        last = self.latest
        need(root.coalition == last.coalition, "a root of another coalition")
        if known and root.version <= last.version:
            need(root.digest == self.roots[root.version - 1].digest, "another root of a version that is known")
            return
        if known and root.version > last.version + 1:
            return
        need(root.version == last.version + 1 and root.previous == last.digest, "a root does not follow on the one before")
        need(root.issued >= last.issued, "a root was issued before the one before")
        need(all(root.revoked.get(k) == x for k, x in last.revoked.items()), "a root takes back that a key is revoked")
        for m in root.members:
            for text in m["keys"] + ([m["witness"]] if m["witness"] else []):
                use = self.uses.get(key_id(public_key(text)))
                need(not use or use.member == m["id"] and not use.until, "a key was another's, or has been given up")
        self.enough(root, last, e)
        self.enough(root, root, e)
        self.take(root)

    def take(self, root):
        self.roots.append(root)
        for i, (key, member) in root.keys.items():
            self.uses.setdefault(i, SimpleNamespace(key=key, member=member, until=0))
        for i, use in self.uses.items():
            if i not in root.keys and not use.until:
                use.until = root.issued


# ---- content

def scale(terms, name):
    def check(j):
        known = terms.get(j["scale"])
        if j["scale"] == "own-words":
            need(j[name].strip(SPACE) and size(j[name]) <= MAX_TEXT, "a judgement in own words is empty, or too long")
        else:
            need(known and j[name] in known, "a judgement is none of its scale")
    return check


LIKELIHOOD = scale({
    "icd-203": ["almost no chance", "very unlikely", "unlikely", "roughly even chance", "likely", "very likely", "almost certain"],
    "uk-phia": ["remote chance", "highly unlikely", "unlikely", "realistic possibility", "likely", "highly likely", "almost certain"],
}, "term")
CONFIDENCE = scale({"icd-203": ["low", "moderate", "high"], "uk-phia": ["low", "moderate", "high"]}, "level")
WORDING = {"language": LANGUAGE, "text": str}
MANIFEST = {
    "type": re.compile("statement"), "coalition": UUID, "statement": UUID, "revision": int, "supersedes?": DIGEST, "salt": SALT,
    "title": [WORDING], "tlp": re.compile("clear|green"), "claims": [{"id": CLAIM, "text": [WORDING]}],
    "files": [{"path": str, "digest": DIGEST, "size": int, "role": re.compile("pack|text|annex")}], "annex?": DIGEST,
}
INDEX = {
    "type": re.compile("release"), "coalition": UUID, "statement": UUID, "manifest": DIGEST, "salt": SALT,
    "files": [{"path": str, "digest": DIGEST, "size": int}],
}


def wordings(texts):
    need(len(texts) <= MAX_LIST and ascending([w["language"] for w in texts]), "wordings are too many, or not in order")
    for w in texts:
        need(w["text"].strip(SPACE) and size(w["text"]) <= MAX_WORDING, "a wording is empty, or too long")


def file_list(files):
    need(len(files) <= MAX_FILES, "too many files")
    need(ascending([f["path"] for f in files]), "files are not in order of path")
    need(len({f["path"].lower() for f in files}) == len(files), "two files differ in case alone")
    need(sum(f["size"] for f in files) <= MAX_FILE_SIZE, "the files are too large")
    for f in files:
        need(len(f["path"]) <= 255, "a path is too long")
        for part in f["path"].split("/"):
            need(PATH_PART.fullmatch(part) and not DEVICE.fullmatch(part.split(".")[0].lower()), f"{f['path']!r} is no safe path")


def read_manifest(value):
    m = shaped(value, MANIFEST)
    need(m["revision"] >= 1 and (m["revision"] == 1) == (m["supersedes"] == ""), "the revision and the one before do not go together")
    need(m["title"] and len(m["claims"]) <= MAX_FILES, "there is no title, or there are too many claims")
    wordings(m["title"])
    for c in sorted_by(m["claims"], "id"):
        need(c["text"], "a claim has no text")
        wordings(c["text"])
    file_list(m["files"])
    return m


def read_index(value):
    x = shaped(value, INDEX)
    file_list(x["files"])
    need(all(f["path"] != "proof.json" for f in x["files"]), "the index lists the proof")
    return x


# ---- events

EVENT_TYPE = "application/vnd.in-toto+json"
KINDS = {
    "propose": {"revision": int, "supersedes?": DIGEST, "until?": moment},
    "position": {
        "stance": re.compile("endorse|assess|acknowledge|relay|reserve|abstain|object"), "covers?": [CLAIM], "wording?": [WORDING],
        "likelihood?": {"scale": str, "term": str}, "confidence?": {"scale": str, "level": str},
    },
    "decide": {"adopt": bool, "positions": [DIGEST]},
    "embargo": {"action": re.compile("propose|accept|reject"), "until?": moment, "instead?": DIGEST, "of?": DIGEST},
    "seal": {"ciphertext": DIGEST, "contents": DIGEST, "commitments": [lambda s: unbase64(s, 32)],
             "shares": [{"member": MEMBER, "age": unbase64}]},
    "vote": {"question": re.compile("release|hold|override|end|withdraw"), "yes": bool, "reason?": str, "seal?": DIGEST, "knows?": [DIGEST]},
    "share": {"seal": DIGEST, "share": lambda s: unbase64(s, 32)},
}
EVENT = {
    "_type": re.compile(re.escape("https://in-toto.io/Statement/v1")), "subject": [{"name": UUID, "digest": {"sha256": KEY_ID}}],
    "predicateType": re.compile(re.escape("https://entente.invalid/coalition/event/v1")),
    "predicate": {
        "kind": re.compile("|".join(KINDS)), "coalition": UUID, "root": DIGEST, "member": MEMBER, "number?": int, "after?": DIGEST,
        "at": moment, "salt": SALT, **{kind + "?": body for kind, body in KINDS.items()},
    },
}


def read_event(value, chain):
    e = envelope(value, EVENT_TYPE)
    need(len(e["signatures"]) == 1, "an event has one signature")
    s = shaped(parse(e["payload"]), EVENT)
    need(len(s["subject"]) == 1, "an event has one subject")
    ev = SimpleNamespace(**s["predicate"])
    ev.id, ev.key = digest(canonical(value)), e["signatures"][0]["keyid"]
    ev.statement, ev.manifest = s["subject"][0]["name"], "sha256:" + s["subject"][0]["digest"]["sha256"]
    need([k for k in KINDS if getattr(ev, k)] == [ev.kind], "an event has the body of its kind, and no other")
    ev.body = getattr(ev, ev.kind)
    if ev.kind == "share":
        need(ev.number == 0 and ev.after == "", "a share has no number")
    else:
        need(ev.number >= 1 and (ev.number == 1) == (ev.after == ""), "a number and the event before do not go together")
    check_body(ev.kind, ev.body)
    need(ev.coalition == chain.latest.coalition, "an event of another coalition")
    use = chain.uses.get(ev.key)
    need(use, f"key {ev.key[:12]} is nobody's")
    need(use.member == ev.member, f"it speaks for {ev.member} and is signed by {use.member}")
    signers(e, {ev.key: use.key})
    return ev


def check_body(kind, b):
    if kind == "propose":
        need(b["revision"] >= 1 and (b["revision"] == 1) == (b["supersedes"] == ""), "the revision and the one before do not go together")
    elif kind == "position":
        need(len(b["covers"]) <= MAX_LIST and ascending(b["covers"]), "claims are too many, or not in order")
        wordings(b["wording"])
        if b["likelihood"]:
            LIKELIHOOD(b["likelihood"])
        if b["confidence"]:
            CONFIDENCE(b["confidence"])
    elif kind == "decide":
        need(1 <= len(b["positions"]) <= MAX_MEMBERS and ascending(b["positions"]), "positions are none, too many, or not in order")
    elif kind == "embargo":
        if b["action"] == "propose":
            need(b["until"] and not b["of"], "a proposal has an hour, and answers none")
        else:
            need(b["of"] and not b["until"] and not b["instead"], "an answer names a proposal, and nothing else")
    elif kind == "seal":
        need(1 <= len(b["commitments"]) <= len(b["shares"]) <= MAX_MEMBERS, "commitments or shares are too few, or too many")
        need(all(s["age"] for s in sorted_by(b["shares"], "member")), "a share is empty")
    elif kind == "vote":
        need(size(b["reason"]) <= MAX_WORDING, "a reason is too long")
        need((b["question"] == "release") == (b["seal"] != ""), "a vote for release names a seal, and no other vote does")
        need(b["question"] == "release" or not b["knows"], "only a vote for release names positions")
        need(len(b["knows"]) <= MAX_LIST and ascending(b["knows"]), "positions are too many, or not in order")


# ---- verification

PROOF = {"type": re.compile("proof"), "coalition": str, "statement": str, "manifest": str, "roots": [dict], "content": dict, "index": dict,
         "events": [{"event": dict, "log?": str}]}


class Verification:
    def __init__(self):
        self.checks = []  # (outcome, text)

    def note(self, outcome, text):
        self.checks.append((outcome, text))

    def outcome(self):
        outcomes = {o for o, _ in self.checks}
        return "failed" if "failed" in outcomes else "unknown" if "unknown" in outcomes else "ok"

    def run(self, raw, folder, pin, newer, now, logs):
        """All checks. After one that makes the others pointless there are no more: it raises."""
        need(len(raw) <= MAX_PROOF, "the proof is too large")
        proof = SimpleNamespace(**shaped(parse(raw[:-1] if raw.endswith(b"\n") else raw), PROOF))
        chain = self.roots(proof, pin, newer, now)
        manifest = read_manifest(proof.content)
        need(digest(canonical(proof.content)) == proof.manifest, "the content is not the one that the members signed")
        need((manifest["coalition"], manifest["statement"]) == (proof.coalition, proof.statement), "the content is of another statement")
        fold = self.events(proof, chain, manifest, logs)
        self.thresholds(fold)
        self.log(fold)
        self.embargo(fold)
        if fold.seal:
            self.files(proof, manifest, fold, folder)

    def roots(self, proof, pin, newer, now):
        need(proof.roots, "there is no root: nothing says who the members are")
        chain = Chain(proof.roots[0], pin)
        for value in proof.roots[1:]:
            chain.append(value)
        need(chain.latest.coalition == proof.coalition, "the roots are of another coalition")
        if pin:
            self.note("ok", "the first root is the one that you named")
        else:
            self.note("unknown", f"whether the first root is the coalition's: compare its digest {chain.roots[0].digest}")
        shown = chain.latest.version
        self.note("ok", f"{shown} version(s) of the root follow on one another")
        for value in sorted(map(parse, newer), key=lambda value: read_root(value)[0].version):
            chain.append(value, known=True)
        if chain.latest.version > shown:
            self.note("ok", f"you have newer roots than the release, up to version {chain.latest.version}")
        elif now > chain.latest.expires:
            self.note("unknown", f"whether keys have been revoked since: the latest root here expired on {clock(chain.latest.expires)}")
        return chain

    def events(self, proof, chain, manifest, logs):
        events, seen, last, forks = [], {}, "", {}
        for x in proof.events:
            e = read_event(x["event"], chain)
            need(e.id > last, "the events are not in order, or one stands there twice")
            need((e.manifest, e.statement) == (proof.manifest, proof.statement), f"event {e.id} is about other content")
            last = e.id
            events.append(e)
            if x["log"]:
                p = read_log_proof(x["log"])
                need("sha256:" + p.entry.hex() == e.id, f"the proof beside event {e.id} is of another event")
                t = seen_at(p, chain)
                if t is not None:
                    seen[e.id] = t
                for log, outcome in logs.fork(p, chain.roots[0].digest if t is not None else "").items():
                    if forks.get(log) != "failed":
                        forks[log] = outcome
        self.note("ok", f"{len(events)} events are signed with keys of the members that they name")
        for (origin, _), outcome in sorted(forks.items()):
            self.note(outcome, f"the log {origin} has been forked: it has signed two trees that do not begin alike")
        fold = Fold(chain, events, seen, (manifest["statement"], manifest["revision"], manifest["supersedes"]))
        need(fold.proposal, "nobody who may propose has proposed this content")
        if fold.proposal.id not in seen and fold.root.thresholds["witness"] and fold.root is not chain.latest:
            self.note("unknown", f"whether it goes by version {fold.root.version} of the root: nothing here shows that it was proposed before the next one was issued")
        for member, text, grave in sorted(fold.problems):
            self.note("failed" if grave else "remark", f"{member}: {text}")
        return fold

    def enough(self, n, least, what):
        self.note("ok" if n >= least else "failed", f"{n} members {what}; it takes {least}")

    def thresholds(self, f):
        if not f.adopted:
            self.note("failed", "it is not adopted")
        elif not f.seal:
            self.note("failed", "it was never sealed for release")
        else:
            self.note("ok", f"it was adopted on {clock(f.seen.get(f.decision.id, f.decision.at))}")
            self.enough(f.yes("release", f.seal.id), f.release, "voted for its release")
            self.enough(len(f.shares), f.release, "gave away their share of the key")
            if len(f.shares) >= f.release and f.yes("withdraw") >= f.release:
                self.note("failed", "the members have withdrawn it")
            elif f.held:
                self.note("failed", "a member held it, and it was released all the same")
        for member, e in sorted(f.positions.items()):
            said = " | ".join(w["text"] for w in e.body["wording"])
            self.note("ok", f"{member} on {clock(e.at)}: {e.body['stance']} {said}".rstrip())

    def log(self, f):
        if not f.root.log:
            self.note("unknown", "when it was signed: the coalition keeps no log")
            return
        unseen, late = 0, 0
        for e in f.events:
            t = f.seen.get(e.id)
            if t is None:
                unseen += 1
            elif t + 300 < e.at:
                self.note("remark", f"event {e.id} of {e.member} is dated {clock(e.at)}, after witnesses had seen it at {clock(t)}: their time counts")
            elif t > e.at + 86400:
                late += 1
        if f.root.thresholds["witness"] == 0:
            self.note("unknown", "when it was signed: no witnesses watch the log")
        elif unseen:
            self.note("unknown", f"when {unseen} of {len(f.events)} events were signed: the log is not proven to show them")
        else:
            self.note("ok", f"all {len(f.events)} events are in the log")
        if late:
            self.note("remark", f"{late} events were seen by witnesses more than a day after the date that they bear")

    def embargo(self, f):
        if not f.hour or f.ended:
            return
        seen = [f.seen.get(e.id) for e in f.shares.values()]
        if None in seen:
            self.note("unknown", f"whether the embargo was kept until {clock(f.hour)}")
        for t in seen:
            if t is not None and t < f.hour:
                self.note("remark", f"a share of the key was given away before the hour, {clock(f.hour)}")

    def files(self, proof, manifest, f, folder):
        need(digest(canonical(proof.index)) == f.seal.body["contents"], "the list of files is not the one that was sealed")
        index = read_index(proof.index)
        same_statement = all(index[name] == getattr(proof, name) for name in ("coalition", "statement", "manifest"))
        need(same_statement, "the list of files is of another statement")
        listed = {x["path"]: x for x in index["files"]}
        for x in manifest["files"]:
            need(x["path"] in listed and listed[x["path"]]["digest"] == x["digest"], f"file {x['path']} is not what the members agreed on")
        if folder is None:
            self.note("unknown", "whether the files are those of the release: only the proof is given")
            return
        for path, x in listed.items():
            self.file(folder, path, x)
        for base, _, names in os.walk(folder):
            for name in names:
                path = os.path.relpath(os.path.join(base, name), folder).replace(os.sep, "/")
                if path not in listed and path != "proof.json":
                    self.note("remark", f"file {path!r} lies beside the release and is not of it")

    def file(self, folder, path, x):
        at = os.path.join(folder, *path.split("/"))
        try:
            need(os.path.realpath(at).startswith(os.path.realpath(folder) + os.sep), "leads out of the folder")
            info = os.stat(at)
            need(stat.S_ISREG(info.st_mode), "is no file")
            need(info.st_size == x["size"], "has been changed: it has another size")
            with open(at, "rb") as r:
                need(digest(r.read()) == x["digest"], "has been changed")
            self.note("ok", f"file {path} is what was released")
        except FileNotFoundError:
            self.note("unknown", f"file {path} of the release is not here")
        except (OSError, Wrong) as e:
            self.note("failed", f"file {path}: {e}")


def verify(release, pin="", newer=(), now=None, logs=None):
    """Verifies a folder or a proof.json. pin is the digest of the first root or "", newer are envelopes of roots, now is in
    seconds since 1970, logs what other releases have shown of logs."""
    v = Verification()
    try:
        folder = release if os.path.isdir(release) else None
        with open(os.path.join(release, "proof.json") if folder else release, "rb") as r:
            raw = r.read(MAX_PROOF + 2)
        v.run(raw, folder, pin, newer, int(time.time()) if now is None else now, logs or Logs())
    except (OSError, Wrong) as e:
        v.note("failed", str(e))
    return v


def main():
    a = argparse.ArgumentParser(description="Check a released statement by its files alone.")
    a.add_argument("release", nargs="+", help="the folder of a release, or its proof.json")
    a.add_argument("--root", default="", help="digest of the coalition's first root, as it publishes it")
    a.add_argument("--newer-root", action="append", default=[], metavar="FILE", help="a root that you have from elsewhere")
    a.add_argument("--at", metavar="TIME", help="judge as of this time, such as 2021-07-19T11:00:00Z; now without")
    a.add_argument("--json", action="store_true", help="print a line of JSON for each release")
    o = a.parse_args()
    try:
        need(not o.root or DIGEST.fullmatch(o.root), "--root is no digest: sha256: and 64 hexadecimal digits")
        now = moment(o.at) if o.at else None
    except Wrong as e:
        a.error(str(e))
    newer = []
    for name in o.newer_root:
        try:
            with open(name, "rb") as r:
                newer.append(r.read())
        except OSError as e:
            print(e, file=sys.stderr)
            return 1
    worst, logs = "ok", Logs()
    for release in o.release:
        v = verify(release, o.root, newer, now, logs)
        if o.json:
            checks = [{"outcome": outcome, "text": text} for outcome, text in v.checks]
            print(json.dumps({"release": release, "outcome": v.outcome(), "checks": checks}))
        else:
            for outcome, text in v.checks:
                print(f"{outcome:8}{''.join(c if c.isprintable() else '?' for c in text)}")
            print(f"\n{release}: {v.outcome()}")
        worst = max(worst, v.outcome(), key=["ok", "unknown", "failed"].index)
    return {"ok": 0, "failed": 1, "unknown": 4}[worst]


if __name__ == "__main__":
    sys.exit(main())
