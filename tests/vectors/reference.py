#!/usr/bin/env python3
"""A second implementation of hefu's format 1, to check the golden vectors with.

It was written from docs/format.md alone and shares no code with the ledger. It even takes its schema from that
document: the tables of section 15 are parsed, and that of refused characters in section 2, so that nothing can be right
here and missing there. It needs Python 3.11, `blake3` and `cryptography`.

    reference.py [VECTORS]           recompute everything, compare, print "N passed, N failed"
    reference.py --prove [VECTORS]   change one hex digit of every byte string in turn; each change must be noticed
"""
import base64
import calendar
import copy
import datetime
import hashlib
import json
import pathlib
import re
import struct
import sys
import unicodedata

from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = pathlib.Path(__file__).resolve().parent
FORMAT = HERE.parent.parent / "docs" / "format.md"
SUBMISSION_TYPE = "application/vnd.hefu.submission.v1+protobuf"
ENROLMENT_TYPE = "application/vnd.hefu.key-enrolment.v1+protobuf"
CHECKPOINT_KEY_TYPE = "application/vnd.hefu.checkpoint-key.v1+protobuf"
U64 = (1 << 64) - 1


class Refused(Exception):
    """A value or encoding that the format refuses, with its code and the byte at fault."""

    def __init__(self, code, offset=None):
        super().__init__(f"{code} at {offset}")
        self.code, self.offset = code, offset


# ---- section 15: the schema ------------------------------------------------------------------------------------------

def schema():
    """Messages as {name: {number: (field, type, mark)}} and enums as {name: {word: number}}."""
    text = FORMAT.read_text(encoding="utf-8").split("\n## 15 ")[1].split("\n## 16 ")[0]
    messages, enums = {}, {}
    for name, cell in re.findall(r"^\| `(\w+)` \| (\d.*) \|$", text, re.M):
        fields = re.findall(r"(\d+) `(\w+)` (\w+)([?*]?)(?: ·|$)", cell)
        if fields:
            messages[name] = {int(n): (field, kind, mark) for n, field, kind, mark in fields}
        else:
            enums[name] = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", cell)}
    return messages, enums


MESSAGES, ENUMS = schema()
STRINGS = {"code", "text", "period"}
BYTES = {"key": 32, "hash": 32, "nonce": 32, "signature": 64}
NUMBERS = {"uint32", "uint64", "int64", "sint64", "bool"}


# ---- section 2: values -----------------------------------------------------------------------------------------------

def decimal(text):
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]{1,12})?", text, re.A):
        raise Refused("DECIMAL_INVALID")
    units, scale = int(text.replace(".", "")), len(text.partition(".")[2])
    if not -(1 << 63) <= units < 1 << 63:
        raise Refused("DECIMAL_INVALID")
    return units, scale


def decimal_text(units, scale):
    digits = str(abs(units)).rjust(scale + 1, "0")
    point = len(digits) - scale
    return ("-" if units < 0 else "") + digits[:point] + ("." + digits[point:] if scale else "")


def period(text):
    """The kind, the last day and the sort key of a period."""
    match = re.fullmatch(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(\d\d)(?:-(\d\d))?))?", text, re.A)
    if not match or not 1900 <= int(match[1]) <= 2199:
        raise Refused("PERIOD_INVALID")
    year, half, quarter, month, day = (int(part or 0) for part in match.groups())
    if match[5]:
        kind, rank, number, last_month, last_day = "DAY", 0, month, month, day
    elif match[4]:
        kind, rank, number, last_month, last_day = "MONTH", 1, month, month, None
    elif quarter:
        kind, rank, number, last_month, last_day = "QUARTER", 2, quarter, 3 * quarter, None
    elif half:
        kind, rank, number, last_month, last_day = "HALF", 3, half, 6 * half, None
    else:
        kind, rank, number, last_month, last_day = "YEAR", 4, 0, 12, None
    try:
        last = datetime.date(year, last_month, last_day or calendar.monthrange(year, last_month)[1])
    except ValueError:  # calendar.IllegalMonthError is one too
        raise Refused("PERIOD_INVALID") from None
    return kind, last, struct.pack(">HBBBBBB", year, last.month, last.day, rank, number, day, 0)


def invisible():
    """A pattern of the characters that no text may hold."""
    text = FORMAT.read_text(encoding="utf-8").split("\n## 2 ")[1].split("\n## 3 ")[0]
    ranges = re.findall(r"^\| U\+([0-9A-F]+)(?:–U\+([0-9A-F]+))? \|", text, re.M)
    return re.compile("[" + "".join(f"\\U{int(a, 16):08x}-\\U{int(b or a, 16):08x}" for a, b in ranges) + "]")


INVISIBLE = invisible()


def check_text(kind, text):
    if kind == "code" and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", text, re.A):
        raise Refused("CODE_INVALID")
    if kind == "text" and (len(text.encode()) > 2048 or INVISIBLE.search(text)):
        raise Refused("TEXT_INVALID")
    if kind == "period":
        period(text)


# ---- sections 3 and 4: the encoder -----------------------------------------------------------------------------------

def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, content):
    """A field of wire type 0 (a number) or 2 (bytes)."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def as_number(kind, value):
    if kind in ENUMS:
        return ENUMS[kind][value]
    if kind == "sint64":
        return 2 * value if value >= 0 else -2 * value - 1
    return int(value) & U64


def encode_one(kind, value):
    if kind in NUMBERS or kind in ENUMS:
        return as_number(kind, value)
    if kind in STRINGS:
        return value.encode()
    return bytes.fromhex(value) if kind in BYTES else encode(kind, value)


def encode(name, fields):
    """The canonical bytes of a message described as in section 16."""
    if name == "Decimal" and isinstance(fields, str):
        fields = dict(zip(("units", "scale"), decimal(fields)))
    extra = set(fields) - {f for f, _, _ in MESSAGES[name].values()}
    assert not extra, f"{name} has no {extra}"
    out = b""
    for number, (label, kind, mark) in sorted(MESSAGES[name].items()):
        value = fields.get(label)
        if value is None or value == []:
            continue
        if mark == "*" and kind in ENUMS:
            out += field(number, b"".join(varint(as_number(kind, v)) for v in value))
        elif mark == "*":
            out += b"".join(field(number, encode_one(kind, v)) for v in value)
        else:
            content = encode_one(kind, value)
            if kind in MESSAGES or content not in (0, b""):
                out += field(number, content)
    return out


# ---- sections 2 to 5: the strict decoder -----------------------------------------------------------------------------

def read_varint(data, at, end):
    n, shift, i = 0, 0, at
    while True:
        if i >= end or i - at == 10:
            raise Refused("MALFORMED", at)
        n |= (data[i] & 0x7F) << shift
        shift, i = shift + 7, i + 1
        if data[i - 1] < 0x80:
            break
    if n > U64:
        raise Refused("MALFORMED", at)
    if i - at > 1 and data[i - 1] == 0:
        raise Refused("VARINT_NOT_MINIMAL", at)
    return n, i


def check_number(kind, n, tag, at):
    if kind in ENUMS and n not in ENUMS[kind].values():
        raise Refused("EXPLICIT_DEFAULT" if n == 0 else "UNKNOWN_ENUM", at)
    if kind == "uint32" and n >> 32 or kind == "bool" and n > 1:
        raise Refused("MALFORMED", at)
    if n == 0:
        raise Refused("EXPLICIT_DEFAULT", tag)


def check_numbers(kind, data, at, end):
    count = 0
    while at < end:
        n, after = read_varint(data, at, end)
        check_number(kind, n, at, at)
        at, count = after, count + 1
    if count > 4096:
        raise Refused("LIST_TOO_LONG")


def check_content(kind, data, at, end):
    """The bytes of a string or byte string."""
    if kind in BYTES:
        if end - at != BYTES[kind]:
            raise Refused("LENGTH_INVALID", at)
        return
    try:
        check_text(kind, data[at:end].decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refused("MALFORMED", at + error.start) from None
    except Refused as refused:
        raise Refused(refused.code, at) from None


def decode(name, data, at, end):
    """Walks over a message's own fields first, and then into them."""
    known, seen, inner, last, end_of_last = MESSAGES[name], {}, [], 0, at
    while at < end:
        tag_at = at
        tag, at = read_varint(data, at, end)
        number, wire = tag >> 3, tag & 7
        if number == 0 or wire not in (0, 2):
            raise Refused("MALFORMED", tag_at)
        if number not in known:
            raise Refused("UNKNOWN_FIELD", tag_at)
        label, kind, mark = known[number]
        is_number, is_list = kind in NUMBERS or kind in ENUMS, mark == "*"
        if is_number and is_list and wire == 0:
            raise Refused("NOT_PACKED", tag_at)
        if (wire == 0) != (is_number and not is_list):
            raise Refused("MALFORMED", tag_at)
        if number < last:
            raise Refused("FIELD_ORDER", tag_at)
        if number in seen and not (is_list and not is_number) or name == "Event" and seen:
            raise Refused("FIELD_REPEATED", tag_at)
        last = number
        seen.setdefault(number, []).append(tag_at)
        value_at = at
        n, at = read_varint(data, at, end)
        if wire == 0:
            check_number(kind, n, tag_at, value_at)
            if (name, label) == ("Decimal", "scale") and n > 12:
                raise Refused("DECIMAL_INVALID", tag_at)
            continue
        if n > end - at:
            raise Refused("MALFORMED", at)
        if n == 0 and kind not in MESSAGES and (is_number or not is_list):
            raise Refused("EXPLICIT_DEFAULT", tag_at)
        inner.append((kind, at, at + n))
        at += n
    check_presence(name, known, seen, end)
    for kind, start, stop in inner:
        if kind in MESSAGES:
            decode(kind, data, start, stop)
        elif kind in ENUMS:
            check_numbers(kind, data, start, stop)
        else:
            check_content(kind, data, start, stop)


def check_presence(name, known, seen, end):
    if name == "Event" and not seen:
        raise Refused("FIELD_MISSING", end)
    for number, (label, kind, mark) in sorted(known.items()):
        count = len(seen.get(number, ()))
        if (name, label) == ("Submission", "events") and not 1 <= count <= 1000:
            raise Refused("EVENTS_MISSING" if count == 0 else "EVENTS_TOO_MANY")
        if mark == "*" and count > 4096:
            raise Refused("LIST_TOO_LONG")
        if count == 0 and mark == "" and kind not in NUMBERS and kind != "text":
            higher = [tags[0] for other, tags in seen.items() if other > number]
            raise Refused("FIELD_MISSING", min(higher, default=end))


def decode_submission(data):
    if not data:
        raise Refused("SUBMISSION_EMPTY")
    if len(data) > 65420:
        raise Refused("SUBMISSION_TOO_LARGE")
    decode("Submission", data, 0, len(data))


# ---- sections 6 and 7: signatures and keys ---------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
IDENTITY = (0, 1, 1, 0)


def point(data):
    """Decompresses; None when it is no point. Whether it is the point's canonical encoding is left to the caller."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, (y & (1 << 255) - 1) % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def minus(p):
    return -p[0] % P, p[1], p[2], -p[3] % P


def times(n, p):
    out = IDENTITY
    while n:
        if n & 1:
            out = add(out, p)
        p, n = add(p, p), n >> 1
    return out


def compress(p):
    x, y = p[0] * pow(p[2], -1, P) % P, p[1] * pow(p[2], -1, P) % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
ONE = compress(IDENTITY)


def key_fault(key):
    """Why a key may not be enrolled; None when it may."""
    a = point(key)
    if a is None or compress(a) != key:
        return "KEY_NOT_CANONICAL"
    if compress(times(8, a)) == ONE:
        return "KEY_SMALL_ORDER"
    return "KEY_TORSION" if compress(times(L, a)) != ONE else None


def difference(key, message, signature):
    """S·B − k·A, where k is the hash of R, A and the message."""
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return add(times(s, BASE), times(k, minus(point(key))))


def signature_fault(key, message, signature):
    """Why a signature is refused; None when it verifies strictly."""
    if int.from_bytes(signature[32:], "little") >= L:
        return "SIGNATURE_NOT_CANONICAL"
    if key_fault(key) in ("KEY_NOT_CANONICAL", "KEY_SMALL_ORDER"):
        return key_fault(key)
    r = point(signature[:32])
    if r is None or compress(times(8, r)) == ONE or compress(difference(key, message, signature)) != signature[:32]:
        return "SIGNATURE_INVALID"
    return None


def pae(kind, body):
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(body), body)


def sign(seed, kind, body):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(pae(kind, body))


# ---- sections 10 to 14 -----------------------------------------------------------------------------------------------

def b3(context, data):
    return blake3(data, derive_key_context=context).digest()


def entry(seq, recorded_at, prev, signature, submission):
    return struct.pack(">BQQ32sH", 1, seq, recorded_at, prev, len(signature)) + signature + submission


def entry_fault(data):
    if data and data[0] != 1:
        return "version"
    if not 116 <= len(data) <= 65535:
        return "length"
    _, _, recorded_at, _, length = struct.unpack(">BQQ32sH", data[:51])
    return "recorded_at" if recorded_at >> 63 else "signature_length" if length != 64 else None


def verifier_key(name, public):
    bad = (c.isspace() or c == "+" or unicodedata.category(c) == "Cc" for c in name)
    if not 1 <= len(name.encode()) <= 255 or any(bad):
        raise Refused("VERIFIER_KEY_INVALID")
    hashed = name.encode() + b"\x0a\x01" + public
    key_id = hashlib.sha256(hashed).digest()[:4]
    return hashed, key_id, "+".join((name, key_id.hex(), base64.b64encode(b"\x01" + public).decode()))


def bundle_path(size):
    """The last bundle of a log."""
    n, width = divmod(size, 256)
    if width == 0:
        n -= 1
    groups = [f"{n % 1000:03}"]
    while n >= 1000:
        n //= 1000
        groups.insert(0, f"x{n % 1000:03}")
    return "tile/entries/" + "/".join(groups) + (f".p/{width}" if width else "")


# ---- the checks: each takes the whole file and a function same(what, computed, given) --------------------------------

def refusal(check, *args):
    """The code and offset of a refusal, or None twice."""
    try:
        check(*args)
    except Refused as refused:
        return refused.code, refused.offset
    return None, None


def seeds(v):
    return {key["public"]: bytes.fromhex(key["seed"]) for key in v["keys"]}


def check_keys(v, same):
    for key in v["keys"]:
        public = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key["seed"])).public_key().public_bytes_raw()
        same(f"key {key['name']}: public", public.hex(), key["public"])
    names = {key["name"]: key["public"] for key in v["keys"]}
    opened = v["ledger"][0]["fields"]["events"][0]["ledger_opened"]
    same("keys: recovery in the genesis", opened["recovery_key"], names["recovery"])
    same("keys: operator in the genesis", opened["operator_key"]["key"], names["operator"])
    same("keys: office in the genesis", [k["key"] for k in opened["office_keys"]],
         [names["office-1"], names["office-2"]])
    checkpoint = bytes.fromhex(names["checkpoint"])
    same("keys: checkpoint in the genesis", verifier_key(opened["origin"], checkpoint)[2], opened["checkpoint_key"])


def check_record(what, record, v, same):
    """Everything that follows from the fields, seq, recorded_at and prev of one recorded submission."""
    fields = record["fields"]
    submission = encode("Submission", fields)
    same(f"{what}: submission", submission.hex(), record["submission"])
    same(f"{what}: decodes", refusal(decode_submission, bytes.fromhex(record["submission"])), (None, None))
    same(f"{what}: signing input", pae(SUBMISSION_TYPE, submission).hex(), record["signing_input"])
    signature = sign(seeds(v).get(fields["key"], bytes(32)), SUBMISSION_TYPE, submission)
    same(f"{what}: signature", signature.hex(), record["signature"])
    key, message, given = (bytes.fromhex(x) for x in (fields["key"], record["signing_input"], record["signature"]))
    same(f"{what}: verifies", signature_fault(key, message, given), None)
    same(f"{what}: submission hash", b3("hefu v1 submission", submission).hex(), record["submission_hash"])
    data = entry(record["seq"], record["recorded_at"], bytes.fromhex(record["prev"]), signature, submission)
    same(f"{what}: entry", data.hex(), record["entry"])
    same(f"{what}: entry is sound", entry_fault(bytes.fromhex(record["entry"])), None)
    same(f"{what}: chain hash", b3("hefu v1 chain", data).hex(), record["chain_hash"])
    same(f"{what}: leaf hash", hashlib.sha256(b"\x00" + data).hexdigest(), record["leaf_hash"])


def check_ledger(v, same):
    prev, time, keys = bytes(32).hex(), 0, {}
    genesis = encode("Submission", v["ledger"][0]["fields"])
    same("ledger id", b3("hefu v1 ledger", genesis).hex(), v["ledger_id"])
    for seq, record in enumerate(v["ledger"]):
        what, fields = f"ledger {record['name']}", record["fields"]
        check_record(what, record, v, same)
        same(f"{what}: seq", record["seq"], seq)
        same(f"{what}: prev", record["prev"], prev)
        same(f"{what}: time does not decrease", record["recorded_at"] >= time, True)
        same(f"{what}: ledger id", fields["ledger_id"], v["ledger_id"] if seq else None)
        number, link = keys.get(fields["key"], (0, bytes(32).hex()))
        same(f"{what}: key_seq, key_prev", (fields["key_seq"], fields["key_prev"]), (number + 1, link))
        keys[fields["key"]] = fields["key_seq"], record["submission_hash"]
        prev, time = record["chain_hash"], record["recorded_at"]


def check_extremes(v, same):
    for record in v["extremes"]:
        check_record(f"extreme {record['name']}", record, v, same)


def check_enrolment_proofs(v, same):
    events = [event for record in v["ledger"] for event in record["fields"]["events"]]
    enrolled = [e.get("key_enrolled") or e["member_admitted"]["first_key"] for e in events
                if "key_enrolled" in e or "member_admitted" in e]
    same("enrolment proofs: count", len(v["enrolment_proofs"]), len(enrolled))
    for fields, given in zip(enrolled, v["enrolment_proofs"]):
        what = f"enrolment of {fields['key'][:8]}"
        bare = encode("KeyEnrolled", fields | {"proof": None})
        body = bytes.fromhex(v["ledger_id"]) + bare
        proof = sign(seeds(v).get(fields["key"], bytes(32)), ENROLMENT_TYPE, body)
        same(f"{what}: member", fields["member"], given["member"])
        same(f"{what}: without proof", bare.hex(), given["without_proof"])
        same(f"{what}: body", body.hex(), given["body"])
        same(f"{what}: signing input", pae(ENROLMENT_TYPE, body).hex(), given["signing_input"])
        same(f"{what}: proof", proof.hex(), given["proof"])
        same(f"{what}: proof in the event", fields["proof"], given["proof"])
        same(f"{what}: message", encode("KeyEnrolled", fields).hex(), given["message"])


def check_replacement_proofs(v, same):
    events = [event for record in v["ledger"] for event in record["fields"]["events"]]
    replaced = [event["checkpoint_key_replaced"] for event in events if "checkpoint_key_replaced" in event]
    same("replacement proofs: count", len(v["replacement_proofs"]), len(replaced))
    for fields, given in zip(replaced, v["replacement_proofs"]):
        bare = encode("CheckpointKeyReplaced", fields | {"endorsement": None, "proof": None})
        body = bytes.fromhex(v["ledger_id"]) + bare
        same("replacement: body", body.hex(), given["body"])
        same("replacement: signing input", pae(CHECKPOINT_KEY_TYPE, body).hex(), given["signing_input"])
        same("replacement: message", encode("CheckpointKeyReplaced", fields).hex(), given["message"])
        for signature, vkey in (("endorsement", "replaced"), ("proof", "replacement")):
            public = base64.b64decode(fields[vkey].split("+", 2)[2])[1:].hex()
            value = sign(seeds(v)[public], CHECKPOINT_KEY_TYPE, body).hex()
            same(f"replacement: {signature}", value, given[signature])
            same(f"replacement: {signature} in the event", fields[signature], given[signature])


def check_signatures(v, same):
    good = next(s for s in v["signatures"] if s["reason"] is None)
    for given in v["signatures"]:
        what, key, signature = f"signature, {given['about']}", *(bytes.fromhex(given[k]) for k in ("key", "signature"))
        message = pae(SUBMISSION_TYPE, bytes.fromhex(given["body"]))
        same(f"{what}: signing input", message.hex(), given["signing_input"])
        same(f"{what}: body", given["body"], good["body"])
        same(f"{what}: verdict", signature_fault(key, message, signature), given["reason"])
        if key.hex() in seeds(v) and given["reason"] is None:
            same(f"{what}: value", sign(seeds(v)[key.hex()], SUBMISSION_TYPE, bytes.fromhex(good["body"])), signature)


def check_crafted_signatures(v, same):
    """That the refused signatures are what their descriptions say, so that no digit of them may change either."""
    cases = {s["about"]: s for s in v["signatures"]}
    raw = {about: bytes.fromhex(s["signature"]) for about, s in cases.items()}
    good = int.from_bytes(raw["good"], "little")
    for about, low, high in (("one bit of S", 256, 512), ("one bit of R", 0, 256)):
        changed = good ^ int.from_bytes(raw[about], "little")
        same(f"signature, {about}: is one", (changed.bit_count(), low < changed.bit_length() <= high), (1, True))
    plus = raw["good"][:32] + (int.from_bytes(raw["good"][32:], "little") + L).to_bytes(32, "little")
    same("signature, another key: the good one", raw["another key"], raw["good"])
    same("signature, S plus the group order: is that", raw["S plus the group order"], plus)
    for about, cofactor in (("R of small order", 1), ("valid only when the cofactor is cleared", 8),
                            ("key of small order", 1)):
        case = cases[about]
        got = difference(bytes.fromhex(case["key"]), bytes.fromhex(case["signing_input"]), raw[about])
        want = times(cofactor, point(raw[about][:32]))
        same(f"signature, {about}: holds with cofactor {cofactor}", compress(times(cofactor, got)), compress(want))


def check_key_checks(v, same):
    publics = {k["name"]: k["public"] for k in v["keys"]}
    for given in v["key_checks"]:
        key = bytes.fromhex(given["key"])
        same(f"key check, {given['about']}", key_fault(key), given["reason"])
        if match := re.fullmatch(r"order (\d)", given["about"]):
            order = next(n for n in (1, 2, 4, 8) if compress(times(n, point(key))) == ONE)
            same(f"key check, {given['about']}: its order", order, int(match[1]))
        if given["about"] == "an ordinary key":
            same("key check, an ordinary key: member-admin", key.hex(), publics["member-admin"])
        if given["reason"] == "KEY_TORSION":
            rest = add(point(key), minus(point(bytes.fromhex(publics["member-admin"]))))
            orders = [n for n in (1, 2, 4, 8) if compress(times(n, rest)) == ONE]
            same("key check, torsion: what was added is of order 8", orders, [8])


def check_verifier_keys(v, same):
    for given in v["verifier_keys"]:
        hashed, key_id, vkey = verifier_key(given["name"], bytes.fromhex(given["public"]))
        same(f"vkey {given['name']}: hashed", hashed.hex(), given["id_input"])
        same(f"vkey {given['name']}: id", key_id.hex(), given["id"])
        same(f"vkey {given['name']}", vkey, given["vkey"])


def check_commitments(v, same):
    for given in v["commitments"]:
        value = encode("Decimal", given["value_text"])
        same("commitment: value", value.hex(), given["value"])
        same("commitment", b3("hefu v1 commitment", bytes.fromhex(given["salt"]) + value).hex(), given["commitment"])


def check_report_contents(v, same):
    def code(text):
        return bytes([len(text)]) + text.encode()

    for given in v["report_contents"]:
        cells = sorted(given["observations"], key=lambda o: (o["indicator"].encode(), o["area"].encode()))
        said = code(given["cycle"]) + code(given["unit"])
        for o in cells:
            said += code(o["indicator"]) + code(o["area"]) + bytes.fromhex(o["submission_hash"]) + o["index"].to_bytes(4, "big")
        same("report content", b3("hefu v1 report", said).hex(), given["content"])


def check_values(v, same):
    def order(given):
        units, scale = decimal(given["text"])
        return units * 10 ** (12 - scale)

    same("decimals: ascending", sorted(v["decimals"], key=order), v["decimals"])
    for given in v["decimals"]:
        units, scale = decimal(given["text"])
        same(f"decimal {given['text']}", (units, scale), (given["units"], given["scale"]))
        same(f"decimal {given['text']}: text", decimal_text(units, scale), given["text"])
        same(f"decimal {given['text']}: message", encode("Decimal", given["text"]).hex(), given["message"])
    keys = [bytes.fromhex(given["sort_key"]) for given in v["periods"]]
    same("periods: ascending", sorted(set(keys)), keys)
    for given in v["periods"]:
        kind, last, key = period(given["period"])
        same(f"period {given['period']}", (kind, last.isoformat()), (given["kind"], given["last_day"]))
        same(f"period {given['period']}: sort key", key.hex(), given["sort_key"])
    for text in v["invalid_decimals"]:
        same(f"no decimal: {text!r}", refusal(decimal, text)[0], "DECIMAL_INVALID")
    for text in v["invalid_periods"]:
        same(f"no period: {text!r}", refusal(period, text)[0], "PERIOD_INVALID")
    for kind in ("code", "text"):
        for text in v[f"{kind}s"]:
            same(f"{kind} {text!r}", refusal(check_text, kind, text)[0], None)
        for text in v[f"invalid_{kind}s"]:
            same(f"no {kind}: {text!r}", refusal(check_text, kind, text)[0], f"{kind.upper()}_INVALID")


def check_invalid_submissions(v, same):
    for given in v["invalid_submissions"]:
        got = refusal(decode_submission, bytes.fromhex(given["submission"]))
        same(f"refused, {given['about']}", got, (given["reason"], given["offset"]))


def check_invalid_entries(v, same):
    for given in v["invalid_entries"]:
        same(f"no entry, {given['about']}", entry_fault(bytes.fromhex(given["entry"])), given["error"])


def check_bundles(v, same):
    for given in v["bundles"]:
        same(f"bundle of {given['size']}", bundle_path(given["size"]), given["last_bundle"])
        if "bytes" in given:
            entries = [bytes.fromhex(record["entry"]) for record in v["ledger"][:given["size"]]]
            data = b"".join(struct.pack(">H", len(e)) + e for e in entries)
            same(f"bundle of {given['size']}: bytes", data.hex(), given["bytes"])


CHECKS = [check_keys, check_ledger, check_extremes, check_enrolment_proofs, check_replacement_proofs,
          check_signatures, check_crafted_signatures, check_key_checks, check_verifier_keys, check_commitments, check_report_contents, check_values, check_invalid_submissions,
          check_invalid_entries, check_bundles]


def run(vectors):
    """Counts the comparisons that held and names those that did not."""
    passed, failed = 0, []

    def same(what, computed, given):
        nonlocal passed
        if computed == given:
            passed += 1
        else:
            failed.append(f"{what}\n  computed {computed!r}\n  given    {given!r}")

    for check in CHECKS:
        try:
            check(vectors, same)
        except Exception as error:  # a changed vector may break anything; it must not stop the others
            failed.append(f"{check.__name__} broke off: {type(error).__name__}: {error}")
    return passed, failed


def hex_strings(value, path=()):
    if isinstance(value, str) and len(value) % 2 == 0 and re.fullmatch(r"[0-9a-f]{8,}", value):
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from hex_strings(inner, (*path, key))


def prove(vectors):
    """Changes the middle digit of each byte string in turn. Inputs of refusals may stay refused for the same reason."""
    before, missed, total, free = run(vectors), [], 0, 0
    for path in hex_strings(vectors):
        changed = copy.deepcopy(vectors)
        *parents, last = path
        holder = changed
        for key in parents:
            holder = holder[key]
        text, middle = holder[last], len(holder[last]) // 2
        holder[last] = text[:middle] + "0123456789abcdef"[int(text[middle], 16) ^ 1] + text[middle + 1:]
        noticed = run(changed) != before
        total += 1
        if not noticed and path[0] in ("invalid_submissions", "invalid_entries", "key_checks", "signatures"):
            free += 1
        elif not noticed:
            missed.append(".".join(map(str, path)))
    print("\n".join(f"not noticed: {path}" for path in missed) + ("\n" if missed else "")
          + f"{total} byte strings changed, {total - free - len(missed)} noticed, {len(missed)} missed, "
          f"{free} inputs of refusals that are refused for the same reason all the same")
    return not missed


def main():
    arguments = sys.argv[1:]
    proving = "--prove" in arguments
    files = [a for a in arguments if a != "--prove"] or [HERE / "vectors.json"]
    vectors = json.loads(pathlib.Path(files[0]).read_text(encoding="utf-8"))
    passed, failed = run(vectors)
    for failure in failed:
        print(f"FAILED {failure}")
    print(f"{passed} passed, {len(failed)} failed")
    proved = prove(vectors) if proving else True
    sys.exit(0 if proved and not failed else 1)


if __name__ == "__main__":
    main()
