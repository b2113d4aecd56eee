#!/usr/bin/env python3
"""Compares this project's EVTX reader with another parser, record by record and field by field.

    python3 -m pip install evtx            # Rust, the default second parser
    python3 -m pip install libevtx-python  # libevtx, with --parser libevtx
    tools/evtxcheck/check.py [--parser evtx|libevtx] FOLDER...

For every .evtx file under the folders it checks
- the number of records against the chunk headers (where their checksum is right) and the other parser,
- the record ids, in order,
- the fields of each record: names, order and text, as docs/formats/evtx.md defines them, worked out here a second
  time from the other parser's XML.

It prints each difference and exits with 1 if there was one. Differences in how the two print a value (braces of
GUIDs, digits of times) are evened out in `same`. The explained differences are in docs/formats/evtx.md.
"""
import argparse
import json
import os
import re
import struct
import subprocess
import sys
import zlib
import xml.etree.ElementTree as ET

HERE = os.path.dirname(os.path.abspath(__file__))
EVENT = "{http://schemas.microsoft.com/win/2004/08/events/event}"
BAD_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def header_records(path):
    """How many records the chunk headers count; None where one of them is damaged."""
    total = 0
    with open(path, "rb") as f:
        f.seek(4096)
        while chunk := f.read(65536):
            if chunk[:8] != b"ElfChnk\0":
                if any(chunk):
                    return None
                continue
            if len(chunk) < 65536:
                return None
            crc = zlib.crc32(chunk[128:512], zlib.crc32(chunk[:120]))
            if crc != struct.unpack_from("<I", chunk, 124)[0]:
                return None
            first, last = struct.unpack_from("<QQ", chunk, 8)
            if last != 2**64 - 1 and last >= first:
                total += last - first + 1
    return total


def local(tag):
    return tag.rsplit("}", 1)[-1].rsplit(":", 1)[-1]


def fields_of(xml):
    """The fields of an event's XML as (name, text, from the envelope)."""
    # An XML parser reads a carriage return as a line feed, and the character itself nowhere.
    xml = xml.replace("\r", "&#13;")
    xml = re.sub(r"^<\?xml[^>]*\?>", "", xml)
    xml = BAD_XML.sub("\ufffd", xml)
    xml = re.sub(r"&#x?0*([0-8]|1[0-9]|[bBcCeEfF]|1[a-fA-F]);", "\ufffd", xml) if "&#" in xml.replace("&#13;", "") else xml
    root = ET.fromstring(xml)
    out = []

    def attributes(e, prefix, system, skip=()):
        for key, value in e.attrib.items():
            if key in skip:
                continue
            name = prefix + local(e.tag) + "_" + local(key)
            out.append(("TimeCreated" if name == "TimeCreated_SystemTime" else name, value, system))

    def system(e, prefix=""):
        for c in e:
            attributes(c, prefix, True)
            system(c, prefix)
            if c.text and c.text.strip():
                name = local(c.tag)
                out.append(("Message" if prefix and name == "Message" else prefix + name, c.text, True))

    def data(e):
        for c in e:
            attributes(c, "", False, ("Name",))
            data(c)
            if len(c) == 0 or c.text and c.text.strip():
                out.append((c.get("Name") or local(c.tag), c.text or "", False))

    def user(e):
        for c in e:
            skip = ("Name",) if local(c.tag) == "Data" else ()
            attributes(c, "", False, skip)
            user(c)
            if c.text and c.text.strip() or len(c) == 0 and not (set(c.attrib) - set(skip)):
                out.append((skip and c.get("Name") or local(c.tag), c.text or "", False))

    for part in root:
        name = local(part.tag)
        if name == "System":
            system(part)
        elif name == "RenderingInfo":
            attributes(part, "", True)
            system(part, "RenderingInfo_")
        elif name == "EventData":
            attributes(part, "", False)
            data(part)
            if len(part) == 0 and part.text and part.text.strip():
                out.append((name, part.text, False))
        elif name in ("UserData", "ProcessingErrorData", "DebugData"):
            attributes(part, "", False)
            user(part)
        else:
            holder = ET.Element("holder")
            holder.append(part)
            user(holder)
    return out


def ours(paths):
    """Yields (path, records, warnings)."""
    cmd = ["go", "run", ".", *map(os.path.abspath, paths)]
    with subprocess.Popen(cmd, cwd=HERE, stdout=subprocess.PIPE) as p:
        records, warnings = [], []
        for raw in p.stdout:
            rec = json.loads(raw)
            if rec.get("done"):
                yield rec["file"], records, warnings
                records, warnings = [], []
            elif rec.get("warn"):
                warnings.append((rec.get("offset", 0), rec["warn"]))
            else:
                records.append(rec)
        if p.wait() != 0:
            sys.exit("evtxcheck: our own reader failed")


def theirs_evtx(path):
    from evtx import PyEvtxParser

    it = PyEvtxParser(path, number_of_threads=1).records()
    while True:
        try:
            r = next(it)
        except StopIteration:
            return
        except RuntimeError as err:
            yield None, str(err)
            continue
        yield r["event_record_id"], r["data"]


def theirs_libevtx(path):
    import pyevtx

    f = pyevtx.file()
    f.open(path)
    try:
        for i in range(f.number_of_records):
            try:
                r = f.get_record(i)
                yield r.identifier, r.xml_string
            except OSError as err:
                yield None, str(err).split(". ")[0]
    finally:
        f.close()


GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z")


def plain(text):
    """A value in the form that both parsers share."""
    text = BAD_XML.sub("\ufffd", text)
    if m := GUID.fullmatch(text):
        return m[1].upper()
    if re.fullmatch(r"0x0*[0-9a-fA-F]+", text):
        return "0x%x" % int(text, 16)
    if re.fullmatch(r"-?\d+\.\d+(e[+-]?\d+)?", text):
        return repr(float(text))
    return text


def same(a, b):
    if (m := TIME.fullmatch(a)) and (n := TIME.fullmatch(b)):
        digits = min(len(m[2] or "."), len(n[2] or "."))  # evtx prints microseconds
        return m[1] == n[1] and (m[2] or ".")[:digits] == (n[2] or ".")[:digits]
    return a == b or plain(a) == plain(b) or a.strip() == "" == b.strip()


def differ(have, want):
    """The first fields that are not the same."""
    if len(want) != len(have):
        return f"{len(have)} fields of ours, {len(want)} of theirs: {[n for n, _, _ in have]} / {[n for n, _, _ in want]}"
    return "; ".join(f"{h} / {w}" for h, w in zip(have, want) if (h[0], h[2]) != (w[0], w[2]) or not same(h[1], w[1]))


def without_omitted(have, want):
    """Leaves out of want the empty fields that have does not hold where they stand.

    evtx renders elements whose optional substitution is null, which [MS-EVEN6] 3.1.4.7.2 leaves out."""
    out, i, left = [], 0, 0
    for w in want:
        if i < len(have) and have[i][0] == w[0] and have[i][2] == w[2] and (w[1].strip() or not have[i][1].strip()):
            i += 1
        elif not w[1].strip():
            left += 1
            continue
        out.append(w)
    return out, left


def compare(path, records, warnings, theirs, omitted):
    """Yields differences as text."""
    counted = header_records(path)
    if counted is not None and counted != len(records):
        yield f"chunk headers count {counted} records, we read {len(records)}"
    other, unread = [], 0
    for rid, xml in theirs(path):
        if rid is None:
            unread += 1
            print(f"{path}: note: the other parser could not read a record: {xml}")
        else:
            other.append((rid, xml))
    if unread:
        known = {rid for rid, _ in other}
        records = [r for r in records if r["id"] in known]
    if [r["id"] for r in records] != [rid for rid, _ in other]:
        yield f"record ids differ: {len(records)} of ours, {len(other)} of theirs"
        return
    for rec, (rid, xml) in zip(records, other):
        try:
            want = fields_of(xml)
        except ET.ParseError as err:
            print(f"{path}: note: record {rid}: the other parser's XML is not well formed: {err}")
            continue
        want = [(n, t, s) for n, t, s in want if not (s and not t.strip())]
        have = [(n, t, m == "s") for n, t, m in rec["fields"] if not (m == "s" and not t.strip())]
        odd = differ(have, want)
        if odd and theirs is theirs_evtx:
            want, left = without_omitted(have, want)
            odd = differ(have, want)
            omitted[0] += left if not odd else 0
        if odd:
            yield f"record {rid}: ours / theirs: {odd[:600]}"
            continue
        by = {n: t for n, t, s in reversed(have) if s}
        head = [by.get("Channel", ""), by.get("Provider_Name", ""), by.get("Computer", ""), by.get("EventID", "0")]
        if rec["head"] != head:
            yield f"record {rid}: header fields {rec['head']} are not {head}"
    for offset, text in warnings:
        print(f"{path}: note: offset {offset}: {text}")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--parser", choices=["evtx", "libevtx"], default="evtx")
    p.add_argument("folder", nargs="+")
    a = p.parse_args()
    theirs = theirs_evtx if a.parser == "evtx" else theirs_libevtx
    paths = []
    for folder in a.folder:
        if os.path.isfile(folder):
            paths.append(folder)
        for base, _, names in sorted(os.walk(folder)):
            paths += [os.path.join(base, n) for n in sorted(names) if n.lower().endswith(".evtx")]
    if not paths:
        sys.exit("evtxcheck: no .evtx file there")
    differences = total = 0
    omitted = [0]
    for path, records, warnings in ours(paths):
        total += len(records)
        for text in compare(path, records, warnings, theirs, omitted):
            print(f"{path}: {text}")
            differences += 1
    if omitted[0]:
        print(f"{omitted[0]} empty fields of theirs are elements that Windows leaves out (optional, and null)")
    print(f"{len(paths)} files, {total} records, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
