"""Proofs that a log shows an event, and when witnesses saw it (docs/formats/log.md)."""

import hashlib
import re
from types import SimpleNamespace

from curves import key_id, public_key, signed
from forms import SPACE, need, size, unbase64

NUMBER = re.compile("0|[1-9][0-9]{0,18}")


def number(text):
    need(NUMBER.fullmatch(text) and int(text) <= 1 << 60, f"{text[:30]!r} is no number")
    return int(text)


def read_log_proof(text):
    """A C2SP tlog-proof: extra data, index, hashes, and the checkpoint with the lines of its signatures."""
    head = "c2sp.org/tlog-proof@v1\n"
    need(text.startswith(head), "it is no proof of a log")
    top, found, note = text[len(head):].partition("\n\n")
    lines = top.split("\n")
    need(found and len(lines) >= 2 and lines[0].startswith("extra ") and lines[1].startswith("index "), "a proof without extra data or index")
    p = SimpleNamespace(entry=unbase64(lines[0][6:], 32), index=number(lines[1][6:]), hashes=[unbase64(h, 32) for h in lines[2:]])
    need(len(p.hashes) <= 63, "a proof with too many hashes")
    read_checkpoint(note, p)
    return p


def read_checkpoint(note, p):
    need(size(note) <= 1 << 20 and not re.search("[\x00-\x09\x0b-\x1f]", note), "a checkpoint is too large, or has control characters")
    body, found, sigs = note.rpartition("\n\n")
    need(found and sigs.endswith("\n"), "a checkpoint without signatures")
    lines = body.split("\n")
    need(len(lines) >= 3 and all(lines) and size(lines[0]) <= 255, "a checkpoint without origin, size and root")
    p.text, p.origin, p.size, p.root = (body + "\n").encode(), lines[0], number(lines[1]), unbase64(lines[2], 32)
    p.signatures = []
    for line in sigs[:-1].split("\n"):
        need(line.startswith("\u2014 "), "a line of a signature does not begin with a dash")
        name, _, text = line[2:].partition(" ")
        need(name and size(name) <= 255 and "+" not in name and not set(name) & set(SPACE), "it is no name of a key")
        raw = unbase64(text)
        need(len(raw) >= 5, "a signature is too short")
        p.signatures.append((name, raw[:4], raw[4:]))
    need(len(p.signatures) <= 1024, "too many signatures")


def note_key_id(name, kind, key):
    return hashlib.sha256(name.encode() + bytes([10, kind]) + key).digest()[:4]


def included(p):
    """Whether the entry is in the tree (RFC 9162, section 2.1.3.2)."""
    if p.index >= p.size:
        return False
    at, last, h = p.index, p.size - 1, hashlib.sha256(b"\0" + p.entry).digest()
    for sibling in p.hashes:
        if last == 0:
            return False
        if at % 2 or at == last:
            h = hashlib.sha256(b"\1" + sibling + h).digest()
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            h = hashlib.sha256(b"\1" + h + sibling).digest()
        at, last = at // 2, last // 2
    return last == 0 and h == p.root


def seen_at(p, chain):
    """When enough witnesses had seen what a proof shows, or None where the proof holds and does not say that."""
    times_seen, holds, p.logs = [], False, set()
    for root in chain.roots:
        if not root.log:
            continue
        key = public_key(root.log["key"])
        mine = [s for name, i, s in p.signatures if name == root.log["origin"] and i == note_key_id(name, 1, key)]
        if p.origin != root.log["origin"] or not mine or not all(signed(key, p.text, s) for s in mine) or not included(p):
            continue
        holds = True
        p.logs.add((p.origin, key_id(key)))
        first = sorted(filter(None, (cosigned(p, root, chain.latest, m) for m in root.members)))
        if 0 < root.thresholds["witness"] <= len(first):
            times_seen.append(first[root.thresholds["witness"] - 1])
    need(holds, "it does not hold for any log of the coalition")
    return min(times_seen, default=None)


def proven(p):
    """The root of the tree of a proof that holds, and the hashes that it shows of parts that no later entry changes: {(level, n): hash},
    the whole tree being at level -1."""
    parts = {(-1, p.size): p.root}

    def full(level, n, h):
        if (n + 1) << level <= p.size:
            parts[level, n] = h

    level, at, last, h = 0, p.index, p.size - 1, hashlib.sha256(b"\0" + p.entry).digest()
    full(level, at, h)
    for sibling in p.hashes:
        if at % 2 or at == last:
            while at % 2 == 0:
                level, at, last = level + 1, at // 2, last // 2
            full(level, at - 1, sibling)
            h = hashlib.sha256(b"\1" + sibling + h).digest()
        else:
            full(level, at + 1, sibling)
            h = hashlib.sha256(b"\1" + h + sibling).digest()
        level, at, last = level + 1, at // 2, last // 2
        full(level, at, h)
    return parts


class Logs:
    """What proofs have shown of logs, to everybody and to enough witnesses of a coalition."""

    def __init__(self):
        self.shown = {}  # (log, first root or ""): {part: hash}

    def contradicts(self, log, root, p):
        found, known = proven(p), self.shown.setdefault((log, root), {})
        if any(known.get(part, h) != h for part, h in found.items()):
            return True
        known.update(found)
        return False

    def fork(self, p, root):
        """Takes in a proof that holds, and that enough witnesses of a coalition saw if root is its first. By log what is wrong: "failed"
        where they have seen two histories, "remark" where anybody has."""
        out = {}
        for log in p.logs:
            if self.contradicts(log, "", p):
                out[log] = "remark"
            if root and self.contradicts(log, root, p):
                out[log] = "failed"
        return out


def cosigned(p, root, latest, member):
    """When a member's witness first cosigned, or None."""
    if not member["witness"]:
        return None
    key, name = public_key(member["witness"]), f"{root.coalition}/{member['id']}"
    if key_id(key) in latest.revoked:
        return None
    good = []
    for who, i, s in p.signatures:
        if who == name and i == note_key_id(name, 4, key) and len(s) == 72:
            t = int.from_bytes(s[:8], "big")
            if t <= 253402300799 and signed(key, b"cosignature/v1\ntime %d\n" % t + p.text, s[8:]):
                good.append(t)
    return min(good, default=None)
