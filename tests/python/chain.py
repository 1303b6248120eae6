"""Reads the whole log and checks it, as section 14 of docs/format.md asks, without believing the server anything."""
from google.protobuf.message import DecodeError

import format1


def read_all(c, size):
    """Every entry, from runs that must follow one another."""
    entries = []
    for run in c.log.ReadEntries(c.pb.ReadEntriesRequest(to_size=size)):
        assert run.first_seq == len(entries), f"a gap: {run.first_seq} after {len(entries)}"
        entries.extend(run.entries)
    assert len(entries) == size, f"{len(entries)} entries of {size}"
    return entries


def enrolments(submission):
    """The keys that a submission brings into the ledger, each with the message that enrols it (none in the genesis)."""
    for event in submission.events:
        kind = event.WhichOneof("kind")
        body = getattr(event, kind)
        if kind == "ledger_opened":
            keys = [k.key for k in body.office_keys] + [body.recovery_key, body.operator_key.key]
            yield from ((key, None) for key in keys)
        elif kind == "member_admitted":
            yield body.first_key.key, body.first_key
        elif kind == "key_enrolled":
            yield body.key, body
        elif kind == "office_key_replaced":
            yield body.replacement.key, body.replacement


def proof_holds(c, enrolled):
    bare = type(enrolled)()
    bare.CopyFrom(enrolled)
    bare.ClearField("proof")
    body = c.ledger + bare.SerializeToString()
    return format1.verifies(enrolled.key, format1.ENROLMENT_TYPE, body, enrolled.proof)


def check_entry(c, seq, entry, state):
    """One entry against what came before; `state` is prev, time and where each key stands."""
    at, recorded_at, prev, signature, data = format1.parse_entry(entry)
    assert at == seq, f"entry {seq} says it is {at}"
    assert prev == state["prev"], f"entry {seq} does not follow the chain hash of entry {seq - 1}"
    assert recorded_at >= state["time"], f"entry {seq} was recorded before entry {seq - 1}"
    submission = c.pb.Submission.FromString(data)
    assert submission.SerializeToString() == data, f"entry {seq} is not canonical"
    assert submission.ledger_id == (c.ledger if seq else b""), f"entry {seq} belongs to another ledger"
    keys = state["keys"]
    if seq == 0:
        keys[submission.key] = 0, format1.ZEROS
    assert submission.key in keys, f"entry {seq} is signed by a key that nobody enrolled"
    assert format1.verifies(submission.key, format1.SUBMISSION_TYPE, data, signature), f"entry {seq}: bad signature"
    number, link = keys[submission.key]
    assert (submission.key_seq, submission.key_prev) == (number + 1, link), f"entry {seq} breaks its key's own chain"
    assert not submission.not_after or recorded_at <= submission.not_after, f"entry {seq} came too late"
    own = format1.submission_hash(data)
    keys[submission.key] = submission.key_seq, own
    for key, message in enrolments(submission):
        assert message is None or proof_holds(c, message), f"entry {seq}: an enrolment without a proof"
        keys.setdefault(key, (0, format1.ZEROS))
    state["prev"], state["time"] = format1.chain_hash(entry), recorded_at
    return own


def check_answer(c, seq, own, state):
    """The position that the server answered is where the entry stands."""
    answer = c.answers.get(own)
    if answer is None:
        return 0
    assert answer.seq == seq, f"entry {seq} was acknowledged as {answer.seq}"
    assert answer.chain_hash == state["prev"], f"entry {seq} was acknowledged with another chain hash"
    assert answer.recorded_at == state["time"], f"entry {seq} was acknowledged with another time"
    return 1


def check_log(c, entries, head):
    """A whole log against the head that it must end in. Returns its end and the count of acknowledged positions."""
    state = {"prev": format1.ZEROS, "time": 0, "keys": {}}
    acknowledged = 0
    for seq, entry in enumerate(entries):
        own = check_entry(c, seq, entry, state)
        acknowledged += check_answer(c, seq, own, state)
    assert len(entries) == head.size, f"{len(entries)} entries, the head says {head.size}"
    assert state["prev"] == head.chain_hash, "the chain does not end in the head"
    assert state["time"] == head.recorded_at, "the head tells another time"
    return state, acknowledged


def the_whole_chain_holds(c):
    head = c.log.GetHead(c.pb.GetHeadRequest())
    c.entries = read_all(c, head.size)
    state, acknowledged = check_log(c, c.entries, head)
    assert acknowledged == len(c.answers), f"{len(c.answers)} acknowledged, {acknowledged} found"
    for key in (c.office, c.admin, c.reporter):
        assert state["keys"][key.public] == (key.seq, key.prev), "a key stands elsewhere than its holder thinks"
    return f"{head.size} entries, {acknowledged} acknowledged positions, {len(state['keys'])} keys"


def changed_logs(entries):
    """Copies of a log with one thing wrong."""
    for seq, entry in enumerate(entries):
        at = seq * 37 % len(entry)  # another field each time: the header takes 115 bytes
        flipped = entry[:at] + bytes([entry[at] ^ 1 << seq % 8]) + entry[at + 1:]
        yield f"a bit of byte {at} of entry {seq}", entries[:seq] + [flipped] + entries[seq + 1:]
    middle = len(entries) // 2
    yield "an entry removed", entries[:middle] + entries[middle + 1:]
    yield "an entry twice", entries[:middle] + entries[middle:middle + 1] + entries[middle:]
    yield "two entries swapped", entries[:middle] + entries[middle + 1:middle - 1:-1] + entries[middle + 2:]
    yield "the last entry cut off", entries[:-1]


def a_changed_log_is_noticed(c):
    """The checker is worth something only if it can fail."""
    head = c.log.GetHead(c.pb.GetHeadRequest())
    changed = 0
    for what, entries in changed_logs(c.entries):
        assert entries != c.entries, f"not changed: {what}"
        try:
            check_log(c, entries, head)
        except (AssertionError, DecodeError):
            changed += 1
        else:
            raise AssertionError(f"not noticed: {what}")
    return f"{changed} changed copies, each refused"


CHAIN_STEPS = [the_whole_chain_holds, a_changed_log_is_noticed]
