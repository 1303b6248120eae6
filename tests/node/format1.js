"use strict";
// docs/format.md in the few lines that a client needs: schema, signing inputs, hashes, entries, and a key that counts.
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { blake3 } = require("@noble/hashes/blake3");

const PROTO = path.join(__dirname, "..", "..", "proto");
const SUBMISSION_TYPE = "application/vnd.hefu.submission.v1+protobuf";
const ENROLMENT_TYPE = "application/vnd.hefu.key-enrolment.v1+protobuf";
const SPKI = Buffer.from("302a300506032b6570032100", "hex"); // an Ed25519 public key in DER is this and its 32 bytes

const protoFiles = () => fs.readdirSync(path.join(PROTO, "hefu", "v1")).map((name) => `hefu/v1/${name}`).sort();

/** The messages of hefu.v1, by the protobuf.js that is given. Only `load` and `loadSync` settle that lists are packed. */
function schema(protobuf) {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => path.join(PROTO, target);
  root.loadSync(protoFiles(), { keepCase: true });
  return (name) => root.lookupType(`hefu.v1.${name}`);
}

/** Bytes of a message. `members` holds no default: protobuf.js would write it. */
function encode(type, members) {
  const message = type.fromObject(members);
  const fault = type.verify(message);
  if (fault) throw new Error(`${type.name}: ${fault}`);
  return Buffer.from(type.encode(message).finish());
}

const pae = (kind, body) => Buffer.concat([
  Buffer.from(`DSSEv1 ${Buffer.byteLength(kind)} ${kind} ${body.length} `), body]);

/** Whether a signature fits a submission and its key. */
function verifies(key, submission, signature) {
  const publicKey = crypto.createPublicKey({ key: Buffer.concat([SPKI, key]), format: "der", type: "spki" });
  return crypto.verify(null, pae(SUBMISSION_TYPE, submission), publicKey, signature);
}

const b3 = (context, data) => Buffer.from(blake3(data, { context }));
const submissionHash = (submission) => b3("hefu v1 submission", submission);
const chainHash = (entry) => b3("hefu v1 chain", entry);
const ledgerId = (genesis) => b3("hefu v1 ledger", genesis);

/** An entry's parts (section 10). */
function parseEntry(entry) {
  if (entry[0] !== 1) throw new Error("an entry of another version: newer than this client");
  if (entry.length < 116 || entry.readUInt16BE(49) !== 64) throw new Error("a damaged entry");
  return {
    seq: entry.readBigUInt64BE(1), recordedAt: entry.readBigUInt64BE(9), prev: entry.subarray(17, 49),
    signature: entry.subarray(51, 115), submission: entry.subarray(115),
  };
}

/** A private key with its own count, which advances when the caller says that a submission was recorded. */
class Key {
  constructor(type, ledger, privateKey = crypto.generateKeyPairSync("ed25519").privateKey) {
    const spki = crypto.createPublicKey(privateKey).export({ format: "der", type: "spki" });
    Object.assign(this, { type, ledger, privateKey, public: spki.subarray(SPKI.length), seq: 0, prev: Buffer.alloc(32) });
  }

  static fromPem(type, ledger, file) {
    return new Key(type, ledger, crypto.createPrivateKey(fs.readFileSync(file)));
  }

  signature(kind, body) {
    return crypto.sign(null, pae(kind, body), this.privateKey);
  }

  signed(submission) {
    return { submission, signature: this.signature(SUBMISSION_TYPE, submission) };
  }

  /** The next submission as members; `ledger_id`, `key` and `key_prev` are never empty. */
  next(events, more = {}) {
    return {
      ledger_id: this.ledger, key: this.public, key_seq: this.seq + 1, key_prev: this.prev,
      created_at: Date.now(), events, ...more,
    };
  }

  submission(events, more) {
    return encode(this.type("Submission"), this.next(events, more));
  }

  advance(submission) {
    this.seq += 1;
    this.prev = submissionHash(submission);
  }

  /** A KeyEnrolled for this key, with its own proof (section 7). */
  enrolment(member, roles, holder) {
    const bare = { member, key: this.public, algorithm: "ALGORITHM_ED25519", roles, holder };
    const body = Buffer.concat([this.ledger, encode(this.type("KeyEnrolled"), bare)]);
    return { ...bare, proof: this.signature(ENROLMENT_TYPE, body) };
  }
}

module.exports = { PROTO, protoFiles, schema, encode, verifies, submissionHash, chainHash, ledgerId, parseEntry, Key };
