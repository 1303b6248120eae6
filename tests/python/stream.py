"""Steps of client.py over SubmitStream: many submissions in flight, and what a refusal does to those behind it."""
import collections
import queue

import format1
from grpc import RpcError

PIPELINED = 64


class Stream:
    """A bidirectional stream that is written to without waiting for answers."""

    def __init__(self, c):
        self.c, self.out = c, queue.SimpleQueue()
        self.answers = c.submissions.SubmitStream(iter(self.out.get, None), timeout=60)
        self.correlation = 1_000_000

    def send(self, key, submission):
        self.correlation += 7  # the client chooses; the server only gives it back
        self.out.put(self.c.pb.SubmitStreamRequest(correlation=self.correlation, signed=key.sign(submission)))
        return self.correlation

    def rest(self):
        """Ends the sending side and returns all answers."""
        self.out.put(None)
        return list(self.answers)


def chained(key, events):
    """Submissions of one key, each linked to the one before, none of them acknowledged yet."""
    seq, prev = key.seq, key.prev
    for event in events:
        seq += 1
        submission = key.submission(event, seq=seq, prev=prev)
        prev = format1.submission_hash(submission)
        yield submission


def many_in_flight_are_answered_in_order(c):
    """More than one request is outstanding: all are handed over before the first answer is read."""
    months = [f"{year}-{month:02}" for year in range(2020, 2027) for month in range(1, 13)][:PIPELINED]
    stream = Stream(c)
    sent = [(stream.send(c.reporter, s), s) for s in chained(c.reporter, [c.observation(m, 0) for m in months])]
    answers = stream.rest()
    assert [a.correlation for a in answers] == [n for n, _ in sent], "answers are not in the order of sending"
    seqs = [a.position.seq for a in answers]
    assert all(a.WhichOneof("outcome") == "position" for a in answers), "something was refused"
    assert seqs == sorted(set(seqs)), f"not in the order of commit: {seqs}"
    for answer, (_, submission) in zip(answers, sent):
        c.recorded(c.reporter, submission, answer.position)
    return f"{len(answers)} answers, seq {seqs[0]} to {seqs[-1]}"


def a_refusal_refuses_what_that_key_sent_behind_it(c):
    """Good, bad, good of one key, and good of another: only the first and the last are recorded."""
    good, bad, behind = chained(c.reporter, [c.observation("2027-01", 1), c.observation("2027-02", 2, indicator="none"),
                                             c.observation("2027-03", 3)])
    grant = c.pb.RoleGranted(key=c.reporter.public, role="ROLE_APPROVER")
    other = c.admin.submission(c.pb.Event(role_granted=grant))
    stream = Stream(c)
    names = {stream.send(key, s): what for what, key, s in (
        ("good", c.reporter, good), ("bad", c.reporter, bad), ("behind", c.reporter, behind), ("other", c.admin, other))}
    answers = {names[a.correlation]: a for a in stream.rest()}
    assert len(answers) == 4, f"four were sent, {len(answers)} answered"
    outcome = {what: a.refusal.reason if a.WhichOneof("outcome") == "refusal" else "recorded"
               for what, a in answers.items()}
    assert outcome == {"good": "recorded", "bad": "INDICATOR_UNKNOWN", "behind": "PREDECESSOR_REFUSED",
                       "other": "recorded"}, outcome
    refusal = answers["bad"].refusal
    assert refusal.field == "events[0].observation_reported.indicator", refusal
    assert refusal.message and refusal.remedy, f"no sentence or no remedy: {refusal}"
    c.recorded(c.reporter, good, answers["good"].position)
    c.recorded(c.admin, other, answers["other"].position)
    return ", ".join(f"{what} {code}" for what, code in outcome.items())


def a_refusal_consumed_nothing(c):
    """The number of the refused submission is free for other bytes."""
    state = c.submissions.GetKeyState(c.pb.GetKeyStateRequest(key=c.reporter.public))
    assert (state.key_seq, state.submission_hash) == (c.reporter.seq, c.reporter.prev), state
    position = c.send(c.reporter, c.reporter.submission(c.observation("2027-02", 2)))
    return f"key_seq {c.reporter.seq} recorded at seq {position.seq}"


def a_replayed_stream_is_recorded_once(c):
    """What a client does after a lost connection: it sends the same bytes again, and only then what is new."""
    months = [c.observation(f"2027-{m:02}", m) for m in (3, 4)]
    submissions = list(chained(c.reporter, months))
    first = Stream(c)
    first.send(c.reporter, submissions[0])
    (answer,) = first.rest()
    second = Stream(c)
    for submission in submissions:
        second.send(c.reporter, submission)
    answers = second.rest()
    again = [a.position.already_recorded for a in answers]
    assert again == [True, False], again
    assert answers[0].position.seq == answer.position.seq, "another position"
    for submission, position in zip(submissions, (answer.position, answers[1].position)):
        c.recorded(c.reporter, submission, position)
    return f"seq {answer.position.seq} both times, then {answers[1].position.seq}"


def watch_sees_every_entry_once(c):
    """Catch up from 0, then one live entry, without a gap."""
    call = c.log.Watch(c.pb.WatchRequest(), timeout=60)
    seen = collections.deque()
    last = c.log.GetHead(c.pb.GetHeadRequest()).size
    try:
        for run in call:
            assert run.first_seq == len(seen), f"a gap: {run.first_seq} after {len(seen)}"
            seen.extend(format1.parse_entry(entry)[0] for entry in run.entries)
            if len(seen) == last:  # caught up: one more, live
                c.send(c.reporter, c.reporter.submission(c.observation("2027-05", 5)))
            if len(seen) > last:
                break
    except RpcError as error:
        raise AssertionError(f"the watch ended after {len(seen)} entries: {error.details()}") from error
    finally:
        call.cancel()
    assert list(seen) == list(range(last + 1)), "not every seq once"
    return f"{last} entries and a live one"


STREAM_STEPS = [many_in_flight_are_answered_in_order, a_refusal_refuses_what_that_key_sent_behind_it,
                a_refusal_consumed_nothing, a_replayed_stream_is_recorded_once, watch_sees_every_entry_once]
