"""Bytes and texts in their one form: digests, base64, times, canonical JSON, and the shape of what is in it."""

import base64
import calendar
import datetime
import hashlib
import json
import re


class Wrong(Exception):
    """What is read is not as it has to be."""


def need(holds, reason):
    if not holds:
        raise Wrong(reason)


DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
KEY_ID = re.compile(r"[0-9a-f]{64}")
SALT = re.compile(r"[0-9a-f]{32}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MEMBER = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
CLAIM = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,6}")
ORIGIN = re.compile(r"[!-*,-~]{1,200}")
TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
PATH_PART = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_-])?")
DEVICE = re.compile(r"aux|con|nul|prn|(com|lpt)[0-9]")
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

MAX_TEXT, MAX_WORDING, MAX_LIST, MAX_MEMBERS, MAX_KEYS = 512, 64 << 10, 4096, 1024, 16
MAX_FILES, MAX_FILE_SIZE, MAX_ENVELOPE, MAX_PROOF = 1024, 256 << 20, 16 << 20, 256 << 20


def digest(b):
    return "sha256:" + hashlib.sha256(b).hexdigest()


def size(text):
    return len(text.encode())


def unbase64(text, length=None):
    """The bytes of base64 in its one form."""
    try:
        b = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("it is no base64") from None
    need(base64.b64encode(b).decode() == text, "base64 is not in its one form")
    need(length is None or len(b) == length, f"{len(b)} bytes, not {length}")
    return b


def ascending(values):
    return all(a < b for a, b in zip(values, values[1:]))


def canonical(value):
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except ValueError as e:
        raise Wrong(f"it is no text in UTF-8: {e}") from None


def parse(raw):
    def whole(digits):
        need(len(digits) <= 15 and digits[0] != "-", "a number is not whole, not positive, or too long")
        return int(digits)

    def refuse(word):
        raise Wrong(f"{word} is no whole number")

    try:
        value = json.loads(raw.decode(), parse_int=whole, parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as e:
        raise Wrong(f"it is no JSON: {e}") from None
    need(canonical(value) == raw, "it is not in canonical form (RFC 8785)")
    return value


def shaped(value, shape, where="it"):
    """value as shape says: objects with these members and no others (those with ? may be missing, and are not empty or zero
    where they are there), lists, types, forms of texts, and functions that read a text."""
    if isinstance(shape, dict):
        need(type(value) is dict, f"{where} is no object")
        names = {name.rstrip("?") for name in shape}
        need(set(value) <= names, f"{where} has members that there are not")
        out = {}
        for name, inner in shape.items():
            bare = name.rstrip("?")
            if bare in value:
                out[bare] = shaped(value[bare], inner, bare)
                need(bare == name or out[bare] or type(out[bare]) is bool, f"{bare} is there and is empty")
            else:
                need(bare != name, f"{where} has no {bare}")
                out[bare] = [] if isinstance(inner, list) else 0 if inner in (int, moment) else None if isinstance(inner, dict) else ""
        return out
    if isinstance(shape, list):
        need(type(value) is list, f"{where} is no list")
        return [shaped(v, shape[0], where) for v in value]
    if isinstance(shape, type):
        need(type(value) is shape, f"{where} is of another type")
        return value
    need(type(value) is str, f"{where} is no text")
    if isinstance(shape, re.Pattern):
        need(shape.fullmatch(value), f"{where} is not of its form")
        return value
    return shape(value)


def moment(text):
    """Seconds since 1970 of a time in its one form."""
    m = TIME.fullmatch(text)
    need(m, "it is no time of the form 2021-07-19T11:00:00Z")
    try:
        t = datetime.datetime(*map(int, m.groups()))
    except ValueError as e:
        raise Wrong(f"it is no time: {e}") from None
    need(t.year >= 1970, "a time before 1970")
    return calendar.timegm(t.timetuple())


def clock(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
