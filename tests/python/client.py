#!/usr/bin/env python3
"""A client of hefu that shares no code with it: docs/format.md, grpcio, an Ed25519 library and blake3.

    client.py ADDRESS OFFICE_KEY.pem

The ledger at ADDRESS must be fresh. Every step prints one line; the first thing that is not as documented ends it.
"""
import sys

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

import format1
import stubs
from chain import CHAIN_STEPS
from stream import STREAM_STEPS

MEMBER, PLAN, INDICATOR, AREA = "dept-a", "plan-2025", "sites", "520000"


class Client:
    """The stubs, the keys, and what the server has answered so far."""

    def __init__(self, address, office_pem):
        self.pb = stubs.load()
        self.channel = grpc.insecure_channel(address)
        grpc.channel_ready_future(self.channel).result(timeout=20)
        self.submissions = self.pb.SubmissionServiceStub(self.channel)
        self.log = self.pb.LogServiceStub(self.channel)
        self.views = self.pb.ViewServiceStub(self.channel)
        self.ledger = self.log.GetHead(self.pb.GetHeadRequest()).ledger_id
        self.office = format1.Key.from_pem(self.pb, self.ledger, office_pem)
        self.admin = format1.Key(self.pb, self.ledger)
        self.reporter = format1.Key(self.pb, self.ledger)
        self.answers = {}  # position of each submission that was recorded: submission hash -> Position

    def send(self, key, submission):
        """Submits bytes of a key, unary, and checks the answer."""
        position = self.submissions.Submit(self.pb.SubmitRequest(signed=key.sign(submission))).position
        self.recorded(key, submission, position)
        assert not position.already_recorded, "recorded before?"
        return position

    def recorded(self, key, submission, position):
        own = format1.submission_hash(submission)
        assert position.submission_hash == own, "the answer names another submission"
        self.answers[own] = position
        key.advance(submission)

    def refused(self, signed):
        """Submits what must be refused, and returns the gRPC status code and the details by their type."""
        try:
            self.submissions.Submit(self.pb.SubmitRequest(signed=signed))
        except grpc.RpcError as error:
            return error.code(), details(error)
        raise AssertionError("it was recorded, but must be refused")

    def observation(self, period, units, scale=0, **fields):
        """An ObservationReported; a Decimal of 0 is an empty message, for 0 must not be written."""
        value = self.pb.Decimal(**{name: n for name, n in (("units", units), ("scale", scale)) if n})
        return self.pb.Event(observation_reported=self.pb.ObservationReported(
            indicator=fields.pop("indicator", INDICATOR), area=AREA, period=period, value=value,
            obs_status="OBS_STATUS_A", qualifier="QUALIFIER_EXACT", **fields))


def details(error):
    """google.rpc.Status from the trailer grpc-status-details-bin, as {"ErrorInfo": …, "BadRequest": …}."""
    trailer = dict(error.trailing_metadata()).get("grpc-status-details-bin")
    assert trailer, f"{error.code()} without grpc-status-details-bin: {error.details()}"
    found = {}
    for packed in status_pb2.Status.FromString(trailer).details:
        assert isinstance(packed, any_pb2.Any)
        name = packed.type_url.rpartition(".")[2]
        found[name] = getattr(error_details_pb2, name).FromString(packed.value)
    assert found["ErrorInfo"].domain == "hefu", f"domain {found['ErrorInfo'].domain}"
    return found


def reason(found):
    return found["ErrorInfo"].reason


def fields_at_fault(found):
    return [violation.field for violation in found["BadRequest"].field_violations] if "BadRequest" in found else []


def key_state(c, key):
    return c.submissions.GetKeyState(c.pb.GetKeyStateRequest(key=key.public))


# ---- the steps, in order ---------------------------------------------------------------------------------------------

def genesis_gives_the_ledger_id(c):
    head = c.log.GetHead(c.pb.GetHeadRequest())
    assert head.size == 1, f"the ledger is not fresh: size {head.size}"
    entry = next(iter(c.log.ReadEntries(c.pb.ReadEntriesRequest()))).entries[0]
    genesis = format1.parse_entry(entry)[4]
    assert format1.ledger_id(genesis) == c.ledger, "the ledger id is not the hash of the genesis submission"
    assert format1.chain_hash(entry) == head.chain_hash, "the head is not the chain hash of entry 0"
    c.genesis = c.pb.Submission.FromString(genesis)
    assert c.genesis.key == c.office.public, "the genesis is signed by another office key than the one given"
    return f"ledger {c.ledger.hex()[:16]}, origin {head.origin}"


def office_key_knows_where_it_stands(c):
    state = key_state(c, c.office)
    assert (state.key_seq, state.active, state.ledger_id) == (1, True, c.ledger), state
    assert set(state.roles) == {c.pb.ROLE_ADMIN, c.pb.ROLE_OFFICE}, state
    c.office.seq, c.office.prev = state.key_seq, state.submission_hash
    unknown = key_state(c, c.reporter)
    assert (unknown.member, unknown.active, unknown.key_seq) == ("", False, 0), unknown
    return f"key_seq {state.key_seq}; an unknown key has none"


def office_admits_a_member(c):
    admitted = c.pb.MemberAdmitted(
        member=MEMBER, name=c.pb.Name(zh="示例部门甲", en="Example Department A"),
        member_type="MEMBER_TYPE_DEPARTMENT", conference_role="CONFERENCE_ROLE_MEMBER",
        first_key=c.admin.enrolment(MEMBER, ["ADMIN"], "holder-001"))
    position = c.send(c.office, c.office.submission(c.pb.Event(member_admitted=admitted)))
    assert key_state(c, c.admin).member == MEMBER, "the first key is not enrolled"
    return f"seq {position.seq}"


def admin_enrols_a_reporter(c):
    enrolled = c.reporter.enrolment(MEMBER, ["REPORTER"], "holder-002")
    position = c.send(c.admin, c.admin.submission(c.pb.Event(key_enrolled=enrolled)))
    state = key_state(c, c.reporter)
    assert (state.active, list(state.roles)) == (True, [c.pb.ROLE_REPORTER]), state
    return f"seq {position.seq}"


def office_publishes_a_plan(c):
    pb = c.pb
    plan = pb.PlanPublished(
        plan=PLAN, title=pb.Name(zh="示例计划"), issuer=pb.Name(en="Example province"), first_year=2025, last_year=2027,
        parts=[pb.PlanPart(code="main", title=pb.Name(en="Main part"), lead_units=[MEMBER])],
        areas=[pb.Area(code=AREA, name=pb.Name(zh="示例省"))])
    indicator = pb.IndicatorDefined(
        indicator=INDICATOR, plan=PLAN, part="main", name=pb.Name(zh="站点数净增", en="Net new sites"), unit="count",
        measure="MEASURE_FLOW", direction="DIRECTION_HIGHER", roll_up="ROLL_UP_NONE", decimals=2,
        lead_units=[MEMBER], reporting_units=[MEMBER], areas=[AREA],
        period_types=["PERIOD_TYPE_YEAR", "PERIOD_TYPE_MONTH"])
    target = pb.TargetSet(indicator=INDICATOR, area=AREA, year=2025, strength="STRENGTH_HARD",
                          comparator="COMPARATOR_AT_LEAST", value=pb.Decimal(units=100))
    position = c.send(c.office, c.office.submission(
        pb.Event(plan_published=plan), pb.Event(indicator_defined=indicator), pb.Event(target_set=target)))
    return f"three events under one signature, seq {position.seq}"


def reporter_submits_an_observation(c):
    c.first = c.reporter.submission(c.observation("2025", 1250, 2, note="first figure"))
    position = c.send(c.reporter, c.first)
    return f"seq {position.seq}"


def reporter_corrects_it(c):
    reference = c.pb.EventRef(submission_hash=format1.submission_hash(c.first))
    corrected = c.observation("2025", 1350, 2, supersedes=reference, reason="one site was left out")
    c.correction = c.reporter.submission(corrected)
    position = c.send(c.reporter, c.correction)
    return f"seq {position.seq}"


def views_show_it(c):
    seq = c.answers[format1.submission_hash(c.correction)].seq
    indicator = c.views.GetIndicator(c.pb.GetIndicatorRequest(indicator=INDICATOR, min_seq=seq))
    (row,) = indicator.rows
    assert (row.latest.value.units, row.latest.value.scale, row.latest.seq) == (1350, 2, seq), row
    (progress,) = row.targets
    attained = progress.attained_percent
    assert attained.units * 100 == 1350 * 10 ** attained.scale, f"13.50 of 100 is 13.5 %, not {attained}"
    ask = c.pb.GetSeriesRequest(indicator=INDICATOR, min_seq=seq)
    assert [o.value.units for o in c.views.GetSeries(ask).observations] == [1350], "one observation stands"
    ask.include_history = True
    vintages = c.views.GetSeries(ask).observations
    assert [(o.value.units, o.reason) for o in vintages] == [(1250, ""), (1350, "one site was left out")], vintages
    before = c.views.GetSeries(c.pb.GetSeriesRequest(indicator=INDICATOR, as_of=c.pb.AsOf(seq=seq - 1)))
    assert [o.value.units for o in before.observations] == [1250], "as it was before the correction"
    return f"13.50 of 100: {c.pb.TargetStatus.Name(progress.status)}, two vintages, as-of before the correction 12.50"


def a_number_is_explained(c):
    seq = c.answers[format1.submission_hash(c.correction)].seq
    answer = c.views.ExplainValue(c.pb.ExplainValueRequest(indicator=INDICATOR, area=AREA, min_seq=seq))
    roles = {}
    for evidence in answer.evidence:
        roles.setdefault(c.pb.EvidenceRole.Name(evidence.role).removeprefix("EVIDENCE_ROLE_"), []).append(evidence)
    (value,), (superseded,) = roles["VALUE"], roles["SUPERSEDED"]
    assert value.submission_hash == format1.submission_hash(c.correction), "the value is another entry's"
    assert superseded.submission_hash == format1.submission_hash(c.first), "the superseded value is another entry's"
    for evidence in answer.evidence:
        position = c.answers[evidence.submission_hash]
        assert evidence.seq == position.seq, f"{evidence.kind} is not where its submission was recorded"
    assert answer.complete, "some evidence is left out"
    return ", ".join(f"{len(found)} {role}" for role, found in sorted(roles.items()))


def the_same_bytes_have_the_same_position(c):
    first = c.answers[format1.submission_hash(c.first)]
    again = c.submissions.Submit(c.pb.SubmitRequest(signed=c.reporter.sign(c.first))).position
    assert again.already_recorded, "already_recorded is not set"
    again.already_recorded = False
    assert again == first, f"{again} is not {first}"
    return f"seq {again.seq} again, already_recorded"


def other_bytes_under_a_recorded_number_are_refused(c):
    other = c.reporter.submission(c.observation("2026", 1), seq=1, prev=format1.ZEROS)
    code, found = c.refused(c.reporter.sign(other))
    assert reason(found) == "KEY_SEQ_USED", found
    return f"{code.name}, {reason(found)}: {dict(found['ErrorInfo'].metadata)}"


def explicit_defaults_are_refused(c):
    """`28 00` is created_at: 0. A proto3 encoder leaves it out, unless it was told to write it."""
    submission = c.reporter.submission(c.observation("2026", 1), created_at=1)
    canonical = c.pb.Submission.FromString(submission)
    assert canonical.SerializeToString() == submission, "not canonical to begin with"
    changed = submission.replace(b"\x28\x01\x7a", b"\x28\x00\x7a", 1)
    assert changed != submission
    code, found = c.refused(c.reporter.sign(changed))
    assert (reason(found), fields_at_fault(found)) == ("EXPLICIT_DEFAULT", ["created_at"]), found
    return f"{code.name}, {reason(found)} at {fields_at_fault(found)}"


def a_revoked_key_still_gets_its_old_answer(c):
    revoked = c.pb.KeyRevoked(key=c.reporter.public, reason="REVOCATION_REASON_CEASED")
    c.send(c.admin, c.admin.submission(c.pb.Event(key_revoked=revoked)))
    again = c.submissions.Submit(c.pb.SubmitRequest(signed=c.reporter.sign(c.first))).position
    assert again.already_recorded and again.seq == c.answers[again.submission_hash].seq, again
    code, found = c.refused(c.reporter.sign(c.reporter.submission(c.observation("2026", 1))))
    assert reason(found) == "KEY_REVOKED", found
    return f"same position for the old; {code.name}, {reason(found)} for the new"


def reflected(c, version):
    """The services that server reflection lists; both versions have the same messages."""
    reflect = c.channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                                      reflection_pb2.ServerReflectionRequest.SerializeToString,
                                      reflection_pb2.ServerReflectionResponse.FromString)
    (answer,) = reflect(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=20)
    return {service.name for service in answer.list_services_response.service}


def health_and_reflection(c):
    health = health_pb2_grpc.HealthStub(c.channel)
    for service in ("", "hefu.v1.SubmissionService", "hefu.v1.LogService", "hefu.v1.ViewService"):
        status = health.Check(health_pb2.HealthCheckRequest(service=service)).status
        assert status == health_pb2.HealthCheckResponse.SERVING, f"{service!r} is not serving"
    wanted = {f"hefu.v1.{name}Service" for name in ("Submission", "Log", "View")} | {"grpc.health.v1.Health"}
    for version in ("v1", "v1alpha"):  # many tools know only the older one
        names = reflected(c, version)
        assert wanted <= names, f"reflection {version} does not list {wanted - names}"
    return ", ".join(sorted(names))


def main():
    c = Client(*sys.argv[1:3])
    steps = [genesis_gives_the_ledger_id, office_key_knows_where_it_stands, office_admits_a_member,
             admin_enrols_a_reporter, office_publishes_a_plan, reporter_submits_an_observation, reporter_corrects_it,
             views_show_it, a_number_is_explained, *STREAM_STEPS, the_same_bytes_have_the_same_position,
             other_bytes_under_a_recorded_number_are_refused, explicit_defaults_are_refused,
             a_revoked_key_still_gets_its_old_answer, *CHAIN_STEPS, health_and_reflection]
    for step in steps:
        try:
            print(f"ok      {step.__name__.replace('_', ' ')}: {step(c)}", flush=True)
        except (AssertionError, grpc.RpcError) as error:
            sys.exit(f"FAILED  {step.__name__.replace('_', ' ')}: {error}")
    print(f"{len(steps)} steps, all as documented")


if __name__ == "__main__":
    main()
