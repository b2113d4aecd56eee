"""Keys, shares and recipients: Ed25519, ristretto255 (RFC 9496), X25519. Nothing here is secret, so nothing hides how long it takes."""

import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from forms import Wrong, need, unbase64

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SMALL_ED25519 = {0, 1, P - 1} | {
    int.from_bytes(bytes.fromhex(h), "little")
    for h in ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
              "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
}


def public_key(text):
    b = unbase64(text, 32)
    y = int.from_bytes(b, "little") & (1 << 255) - 1
    need(y < P and y not in SMALL_ED25519, "a key is no point, or one of small order")
    need(pow((y * y - 1) * (D * y * y + 1), (P - 1) // 2, P) in (0, 1), "a key is no point of the curve")
    return b


def key_id(key):
    return hashlib.sha256(key).hexdigest()


def signed(key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


# ---- age recipients

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
SMALL_X25519 = {0, 1, P - 1, 325606250916557431795983626356110631294008115727848805560023387167927233504,
                39382357235489614581723060781553021112529911719440698176882885853963445705823}


def bech32(kind, text):
    """The 32 bytes of a text of age, in small letters, that begins with its kind and a 1."""
    head, _, rest = text.rpartition("1")
    need(head == kind and re.fullmatch(f"[{BECH32}]{{58}}", rest), f"it is no {kind} of 32 bytes")
    digits = [BECH32.index(c) for c in rest]
    check = 1
    for v in [ord(c) >> 5 for c in kind] + [0] + [ord(c) & 31 for c in kind] + digits:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ v
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= g if top >> i & 1 else 0
    bits = 0
    for v in digits[:-6]:
        bits = bits << 5 | v
    need(check == 1 and bits & 15 == 0, f"it is no {kind} of 32 bytes")
    return (bits >> 4).to_bytes(32, "big")


def recipient(text):
    u = int.from_bytes(bech32("age", text), "little") & (1 << 255) - 1
    need(u % P not in SMALL_X25519, "an age recipient to which nothing can be encrypted")
    return text


# ---- shares

SQRT_M1 = pow(2, (P - 1) // 4, P)
BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def positive(x):
    return P - x if x % 2 else x


def inverse_root(v):
    """Whether v has a square root, and if so the positive 1/sqrt(v)."""
    r = pow(v, 3, P) * pow(pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    if check in (P - 1, -SQRT_M1 % P):
        r = r * SQRT_M1 % P
    return check in (1, P - 1), positive(r)


def element(b):
    """Decodes a group element (RFC 9496, section 4.3.1)."""
    s = int.from_bytes(b, "little")
    need(s < P and s % 2 == 0, "it is no element of ristretto255")
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, inv = inverse_root(v * u2 * u2 % P)
    x = positive(2 * s * inv * u2 % P)
    y = u1 * inv * inv * u2 * v % P
    t = x * y % P
    need(square and t % 2 == 0 and y != 0, "it is no element of ristretto255")
    return (x, y, 1, t)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * D * p[3] * q[3], 2 * p[2] * q[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, p):
    out = (0, 1, 1, 0)
    for bit in bin(n)[2:]:
        out = add(out, out)
        if bit == "1":
            out = add(out, p)
    return out


def same(p, q):
    return (p[0] * q[1] - p[1] * q[0]) % P == 0 or (p[1] * q[1] - p[0] * q[0]) % P == 0


def share_fits(seal, member, share):
    """Whether a share is the one that a seal dealt to a member, by Feldman's commitments."""
    place = [s["member"] for s in seal["shares"]].index(member) + 1
    value = int.from_bytes(share, "little")
    if value >= L:
        return False
    try:
        total = (0, 1, 1, 0)
        for c in reversed(seal["commitments"]):
            total = add(times(place, total), element(c))
    except Wrong:
        return False
    return same(times(value, BASE), total)
