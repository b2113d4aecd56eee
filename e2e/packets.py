#!/usr/bin/env python3
"""Reads packets of a coalition from the objects of STIX that carry them.

    python3 packets.py OBJECT... --coalition UUID [--identity FILE]

OBJECT is a file with one object, as it lies in a collection, in any order. FILE has keys of age, as `entente coalition key --node-key`
writes them; without it packets are put together and not opened. Made from docs/formats/coalition-stix.md and coalition.md, with the format
of age (age-encryption.org/v1). It needs Python 3.9 or newer and the package `cryptography`. What is in a packet is listed, and not believed.

Exit codes: 0 all packets are whole and opened (or passed over as foreign), 1 something was refused, 2 wrong usage, 4 parts or keys are missing.
"""

import argparse
import base64
import hmac
import json
import re
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from curves import bech32
from forms import DIGEST, KEY_ID, UUID, Wrong, digest, need, parse, shaped, unbase64

MAX_PARTS, MAX_PACKET, MAX_PLAIN, MAX_ITEMS = 64, 150_994_944, 512 << 20, 100_000


class Foreign(Exception):
    """An object that is no packet of the coalition."""


# ---- objects

def once(pairs):
    need(len(dict(pairs)) == len(pairs), "a member stands there twice")
    return dict(pairs)


def unwrap(raw, coalition):
    """The payload of an object, and the digests of all parts; none where it is the whole packet."""
    try:
        o = json.loads(raw, object_pairs_hook=once)
    except (ValueError, RecursionError) as e:
        raise Wrong(f"it is no JSON: {e}") from None
    need(type(o) is dict, "it is no object")
    if o.get("type") != "entente-packet":
        raise Foreign("it is of another type")
    need(type(o.get("coalition")) is str, "coalition is missing, or no text")
    if o["coalition"] != coalition:
        raise Foreign("it is of another coalition")
    need(type(o.get("root_version")) is int and o["root_version"] >= 1, "root_version is missing, or no version")
    need(type(o.get("payload_bin")) is str, "payload_bin is missing, or no text")
    payload = unbase64(o["payload_bin"])
    named = o.get("hashes")
    need(type(named) is dict and named.get("SHA-256") == digest(payload)[7:], "hashes: SHA-256 is not that of the payload")
    parts = o.get("parts")
    if "parts" in o:
        need(type(parts) is list and 2 <= len(parts) <= MAX_PARTS, f"parts are not 2 to {MAX_PARTS}")
        need(all(type(p) is str and KEY_ID.fullmatch(p) for p in parts), "a part is no hash")
        need(digest(payload)[7:] in parts, "the payload is none of the parts")
    return payload, tuple(parts or ())


def join(objects):
    """The packets of payloads and their parts, and how many of which parts are missing."""
    known = {digest(payload)[7:]: payload for payload, parts in objects if parts}
    packets, missing = [], 0
    for payload, parts in dict.fromkeys((b"" if parts else payload, parts) for payload, parts in objects):
        if not all(p in known for p in parts):
            missing += 1
            continue
        packet = b"".join(known[p] for p in parts) if parts else payload
        need(len(packet) <= MAX_PACKET, "the packet is too large")
        packets.append(packet)
    return packets, missing


# ---- age

def derive(key, salt, info):
    return HKDF(hashes.SHA256(), 32, salt, info).derive(key)


def unpadded(text):
    need("=" not in text, "base64 has padding")
    return unbase64(text + "=" * (-len(text) % 4))


def identities(text):
    lines = [line.strip() for line in text.splitlines()]
    keys = [bech32("age-secret-key-", line.lower()) for line in lines if line and not line.startswith("#")]
    need(keys, "there are no keys of age")
    return [X25519PrivateKey.from_private_bytes(k) for k in keys]


def decrypt(file, keys):
    """The plain text of an age file for one of these keys; None where it is for others."""
    head, found, rest = file.partition(b"\n--- ")
    mac, ended, body = rest.partition(b"\n")
    need(found and ended, "it is no age file")
    try:
        lines = head.decode("ascii").split("\n")
        mac = unpadded(mac.decode("ascii"))
    except UnicodeDecodeError:
        raise Wrong("the head of an age file is no text") from None
    need(lines.pop(0) == "age-encryption.org/v1" and lines, "it is no age file")
    file_key = None
    while lines:
        stanza = re.fullmatch(r"-> ([!-~]+(?: [!-~]+)*)", lines.pop(0))
        need(stanza, "a recipient of an age file is none")
        text = ""
        while True:
            need(lines and len(lines[0]) <= 64, "a recipient of an age file has no end")
            line = lines.pop(0)
            text += line
            if len(line) < 64:
                break
        words, wrapped = stanza[1].split(" "), unpadded(text)
        if words[0] == "X25519" and file_key is None:
            need(len(words) == 2 and len(wrapped) == 32, "a recipient of an age file is none")
            file_key = unwrapped(unpadded(words[1]), wrapped, keys)
    if file_key is None:
        return None
    want = hmac.digest(derive(file_key, b"", b"header"), head + b"\n---", "sha256")
    need(hmac.compare_digest(want, mac), "the head of an age file has been changed")
    return stream(derive(file_key, body[:16], b"payload"), body[16:])


def unwrapped(share, wrapped, keys):
    need(len(share) == 32, "a recipient of an age file is none")
    for key in keys:
        own = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        try:
            secret = key.exchange(X25519PublicKey.from_public_bytes(share))
            return ChaCha20Poly1305(derive(secret, share + own, b"age-encryption.org/v1/X25519")).decrypt(bytes(12), wrapped, None)
        except (InvalidTag, ValueError):
            continue
    return None


def stream(key, body):
    chunk, out, box = (64 << 10) + 16, [], ChaCha20Poly1305(key)
    for i, at in enumerate(range(0, max(len(body), 1), chunk)):
        last = at + chunk >= len(body)
        try:
            out.append(box.decrypt(i.to_bytes(11, "big") + bytes([last]), body[at:at + chunk], None))
        except (InvalidTag, ValueError):
            raise Wrong("an age file has been cut short or changed") from None
        need(out[-1] or i == 0, "an age file ends with nothing")
    return b"".join(out)


# ---- packets

PACKET = {"type": re.compile("packet"), "coalition": UUID,
          "items": [{"kind": re.compile("root|event|proof|blob"), "digest": DIGEST, "size": int}]}


def unpack(plain, coalition):
    """The items of a packet: kind, digest, bytes."""
    need(len(plain) <= MAX_PLAIN, "the packet is too large")
    head, _, rest = plain.partition(b"\n")
    p = shaped(parse(head), PACKET)
    need(p["coalition"] == coalition, "the packet is of another coalition")
    need(len(p["items"]) <= MAX_ITEMS, "the packet has too many items")
    items = []
    for x in p["items"]:
        need(x["size"] <= len(rest), "the packet ends within its files")
        data, rest = rest[:x["size"]], rest[x["size"]:]
        need(digest(data) == x["digest"], "a file is not the one that its head names")
        items.append((x["kind"], x["digest"], data))
    need(not rest, "there is more behind the last file")
    return items


def main():
    a = argparse.ArgumentParser(description="Read packets of a coalition from objects of STIX.")
    a.add_argument("object", nargs="+", help="a file with an object")
    a.add_argument("--coalition", required=True, help="UUID of the coalition")
    a.add_argument("--identity", metavar="FILE", help="keys of age")
    o = a.parse_args()
    if not UUID.fullmatch(o.coalition):
        a.error("--coalition is no UUID")
    found, refused, unread, keys = [], 0, 0, []
    try:
        if o.identity:
            with open(o.identity, encoding="utf-8") as r:
                keys = identities(r.read())
        for name in o.object:
            with open(name, "rb") as r:
                raw = r.read()
            try:
                found.append(unwrap(raw, o.coalition))
                print(json.dumps({"object": name, "outcome": "part" if found[-1][1] else "packet"}))
            except Foreign as e:
                print(json.dumps({"object": name, "outcome": "foreign", "why": str(e)}))
            except Wrong as e:
                refused += 1
                print(json.dumps({"object": name, "outcome": "refused", "why": str(e)}))
        packets, missing = join(found)
    except (OSError, ValueError, Wrong) as e:
        print(e, file=sys.stderr)
        return 1
    for packet in packets:
        try:
            plain = decrypt(packet, keys)
            if plain is None:
                unread += 1
                print(json.dumps({"packet": digest(packet), "outcome": "encrypted to others"}))
                continue
            items = [{"kind": kind, "digest": d, "data": base64.b64encode(data).decode()} for kind, d, data in unpack(plain, o.coalition)]
            print(json.dumps({"packet": digest(packet), "outcome": "opened", "items": items}))
        except Wrong as e:
            refused += 1
            print(json.dumps({"packet": digest(packet), "outcome": "refused", "why": str(e)}))
    return 1 if refused else 4 if missing or unread else 0


if __name__ == "__main__":
    sys.exit(main())
