"""docs/format.md in the few lines that a client needs: signing inputs, hashes, entries, and a key that counts."""
import struct
import time

from blake3 import blake3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SUBMISSION_TYPE = b"application/vnd.hefu.submission.v1+protobuf"
ENROLMENT_TYPE = b"application/vnd.hefu.key-enrolment.v1+protobuf"
ZEROS = bytes(32)


def pae(kind, body):
    """What is signed (section 6)."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def verifies(key, kind, body, signature):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, pae(kind, body))
        return True
    except InvalidSignature:
        return False


def b3(context, data):
    return blake3(data, derive_key_context=context).digest()


def submission_hash(submission):
    return b3("hefu v1 submission", submission)


def chain_hash(entry):
    return b3("hefu v1 chain", entry)


def ledger_id(genesis):
    return b3("hefu v1 ledger", genesis)


def parse_entry(entry):
    """seq, recorded_at, prev, signature and submission of an entry (section 10)."""
    assert entry[:1] == b"\x01", "an entry of another version: newer than this client"
    assert 116 <= len(entry) <= 65535, f"an entry of {len(entry)} bytes"
    seq, recorded_at, prev, length = struct.unpack(">QQ32sH", entry[1:51])
    assert length == 64 and recorded_at < 1 << 63, f"entry {seq} is damaged"
    return seq, recorded_at, prev, entry[51:115], entry[115:]


class Key:
    """A private key with its own count. It advances only when the caller says that a submission was recorded."""

    def __init__(self, pb, ledger, private=None):
        self.pb, self.ledger = pb, ledger
        self.private = private or Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes_raw()
        self.seq, self.prev = 0, ZEROS

    @classmethod
    def from_pem(cls, pb, ledger, path):
        with open(path, "rb") as file:
            return cls(pb, ledger, load_pem_private_key(file.read(), password=None))

    def sign(self, submission):
        """Bytes as they are, signed."""
        signature = self.private.sign(pae(SUBMISSION_TYPE, submission))
        return self.pb.SignedSubmission(submission=submission, signature=signature)

    def submission(self, *events, seq=None, prev=None, **fields):
        """The next submission's bytes. Nothing is assigned that is a default: it would not be canonical."""
        assert all(fields.values()), "an explicit default"
        fields.setdefault("created_at", time.time_ns() // 1_000_000)
        return self.pb.Submission(
            ledger_id=self.ledger, key=self.public, key_seq=seq or self.seq + 1, key_prev=prev or self.prev,
            events=events, **fields).SerializeToString()

    def advance(self, submission):
        self.seq, self.prev = self.seq + 1, submission_hash(submission)

    def enrolment(self, member, roles, holder):
        """A KeyEnrolled for this key with its own proof (section 7)."""
        message = self.pb.KeyEnrolled(member=member, key=self.public, algorithm="ALGORITHM_ED25519",
                                      roles=[f"ROLE_{role}" for role in roles], holder=holder)
        message.proof = self.private.sign(pae(ENROLMENT_TYPE, self.ledger + message.SerializeToString()))
        return message
