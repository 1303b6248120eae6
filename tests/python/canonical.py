#!/usr/bin/env python3
"""What Python's protobuf writes is the canonical form: every golden vector, built by the library, has the golden bytes.

Also: the check that docs/format.md (section 4) offers to those without a parser of their own, decode and encode again,
refuses every encoding of `invalid_submissions` that breaks a rule about bytes.
"""
import json
import pathlib
import re
import sys

import google.protobuf
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

import stubs

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors" / "vectors.json"
ABOUT_VALUES = {"SUBMISSION_EMPTY", "EVENTS_MISSING", "FIELD_MISSING", "LENGTH_INVALID", "CODE_INVALID", "TEXT_INVALID",
                "DECIMAL_INVALID", "PERIOD_INVALID"}


def one(field, value):
    """A field's value from its description (section 16)."""
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes.fromhex(value)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field.enum_type.name).upper() + "_" + value
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        if field.message_type.name == "Decimal":
            value = {"units": int(value.replace(".", "")), "scale": len(value.partition(".")[2])}
        return arguments(field.message_type, value)
    return value


def arguments(descriptor, described):
    """The library's constructor arguments for a described message."""
    out = {}
    for name, value in described.items():
        field = descriptor.fields_by_name[name]
        if value is not None:
            out[name] = [one(field, v) for v in value] if field.is_repeated else one(field, value)
    return out


def built(pb, name, described):
    message = getattr(pb, name)
    return message(**arguments(message.DESCRIPTOR, described)).SerializeToString()


def same(tally, what, got, wanted):
    tally[got == wanted] += 1
    if got != wanted:
        print(f"FAILED  {what}\n  Python's protobuf {got.hex()}\n  the vector        {wanted.hex()}")


def golden_bytes(pb, vectors, tally):
    for record in vectors["ledger"] + vectors["extremes"]:
        wanted = bytes.fromhex(record["submission"])
        same(tally, record["name"], built(pb, "Submission", record["fields"]), wanted)
        again = pb.Submission.FromString(wanted).SerializeToString()
        same(tally, f"{record['name']}, decoded and encoded again", again, wanted)
    for record in vectors["enrolment_proofs"]:
        message = pb.KeyEnrolled.FromString(bytes.fromhex(record["message"]))
        message.ClearField("proof")
        same(tally, "enrolment without proof", message.SerializeToString(), bytes.fromhex(record["without_proof"]))
    for record in vectors["decimals"]:
        got = pb.Decimal(units=record["units"], scale=record["scale"]).SerializeToString()
        same(tally, f"decimal {record['text']}", got, bytes.fromhex(record["message"]))


def defaults_are_never_written(pb, tally):
    """Whatever is assigned: a default has no presence in this library, so that the habit to avoid is harmless here."""
    assigned = pb.Submission(key_seq=1, created_at=0, not_after=0, ledger_id=b"")
    same(tally, "assigned defaults", assigned.SerializeToString(), b"\x18\x01")
    unset_in_list = pb.KeyEnrolled(roles=[0]).SerializeToString()
    same(tally, "but an unset enum in a list is written", unset_in_list, b"\x22\x01\x00")


def unknown_inside(message):
    """Whether a message holds, at any depth, an unknown field, or an enum number that is unknown or 0 in a list."""
    if len(UnknownFieldSet(message)):
        return True
    for field, value in message.ListFields():
        values = list(value) if field.is_repeated else [value]
        if field.type == FieldDescriptor.TYPE_MESSAGE and any(unknown_inside(v) for v in values):
            return True
        if field.type == FieldDescriptor.TYPE_ENUM:
            known = set(field.enum_type.values_by_number) - {0}
            if not set(values) <= known:
                return True
    return False


def refused(pb, data, round_trip_only=False):
    try:
        message = pb.Submission.FromString(data)
    except DecodeError:
        return True
    return message.SerializeToString() != data or not round_trip_only and unknown_inside(message)


def the_round_trip_is_a_check(pb, vectors, tally):
    passed_round_trip = set()
    for given in vectors["invalid_submissions"]:
        data = bytes.fromhex(given["submission"])
        if given["reason"] not in ABOUT_VALUES:
            tally[refused(pb, data)] += 1
            if not refused(pb, data):
                print(f"FAILED  not refused: {given['about']}")
            if not refused(pb, data, round_trip_only=True):
                passed_round_trip.add(given["about"])
    print(f"        the round trip alone lets through: {', '.join(sorted(passed_round_trip))}")


def main():
    pb = stubs.load()
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    tally = {True: 0, False: 0}
    golden_bytes(pb, vectors, tally)
    defaults_are_never_written(pb, tally)
    the_round_trip_is_a_check(pb, vectors, tally)
    print(f"{tally[True]} passed, {tally[False]} failed (protobuf {google.protobuf.__version__})")
    sys.exit(1 if tally[False] else 0)


if __name__ == "__main__":
    main()
