"use strict";
// A client of hefu with grpc-js, protobuf.js and node's own Ed25519, after docs/format.md:
//
//   node client.js ADDRESS OFFICE_KEY.pem
//
// The ledger at ADDRESS must be fresh. Every step prints one line; the first thing that is not as documented ends it.
const assert = require("node:assert/strict");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const protobuf = require("protobufjs");
const format1 = require("./format1.js");

const [MEMBER, PLAN, INDICATOR, AREA] = ["dept-a", "plan-2025", "sites", "520000"];
const type = format1.schema(protobuf);

const loaded = grpc.loadPackageDefinition(loader.loadSync(format1.protoFiles(), {
  includeDirs: [format1.PROTO], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
})).hefu.v1;

// The details of an error, from the trailer grpc-status-details-bin: google.rpc.Status, as far as it is needed here.
const rpc = protobuf.parse(`syntax = "proto3"; package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message FieldViolation { string field = 1; string description = 2; }
  message BadRequest { repeated FieldViolation field_violations = 1; }`, { keepCase: true }).root.resolveAll();

function details(error) {
  const [trailer] = error.metadata?.get("grpc-status-details-bin") ?? [];
  assert.ok(trailer, `no grpc-status-details-bin: ${error.message}`);
  const found = {};
  for (const any of rpc.lookupType("google.rpc.Status").decode(trailer).details) {
    const name = any.type_url.split(".").at(-1);
    found[name] = rpc.lookupType(`google.rpc.${name}`).decode(any.value);
  }
  assert.equal(found.ErrorInfo.domain, "hefu");
  return found;
}

/** The stubs, the keys, and the steps, each of which returns what it has to tell. */
class Client {
  constructor(address, pem) {
    const credentials = grpc.credentials.createInsecure();
    this.submissions = new loaded.SubmissionService(address, credentials);
    this.log = new loaded.LogService(address, credentials);
    this.views = new loaded.ViewService(address, credentials);
    this.pem = pem;
  }

  unary(service, method, request) {
    const deadline = Date.now() + 20_000;
    return new Promise((resolve, reject) => {
      this[service][method](request, { deadline }, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  submit(key, submission) {
    return this.unary("submissions", "Submit", { signed: key.signed(submission) }).then((answer) => answer.position);
  }

  /** Submits events of a key, checks that the answer speaks of them, and counts. */
  async send(key, events) {
    const submission = key.submission(events);
    const position = await this.submit(key, submission);
    assert.deepEqual(position.submission_hash, format1.submissionHash(submission), "the answer names another submission");
    key.advance(submission);
    return { submission, position };
  }

  async refused(key, submission) {
    const error = await this.submit(key, submission).then(() => assert.fail("recorded, but must be refused"), (e) => e);
    if (error instanceof assert.AssertionError) throw error;
    const found = details(error);
    const field = found.BadRequest?.field_violations[0]?.field ?? "";
    return { status: grpc.status[error.code], reason: found.ErrorInfo.reason, field };
  }

  async entries() {
    const all = [];
    for await (const run of this.log.ReadEntries({})) all.push(...run.entries);
    return all;
  }

  async theHeadIsThatOfTheGenesis() {
    const head = await this.unary("log", "GetHead", {});
    const [entry] = await this.entries();
    assert.equal(head.size, "1", "the ledger is not fresh");
    assert.deepEqual(format1.ledgerId(format1.parseEntry(entry).submission), head.ledger_id);
    assert.deepEqual(format1.chainHash(entry), head.chain_hash);
    this.office = format1.Key.fromPem(type, head.ledger_id, this.pem);
    this.member = new format1.Key(type, head.ledger_id);
    return `ledger ${head.ledger_id.toString("hex").slice(0, 16)}, origin ${head.origin}`;
  }

  async theOfficeKeyKnowsWhereItStands() {
    const state = await this.unary("submissions", "GetKeyState", { key: this.office.public });
    assert.deepEqual([state.active, state.roles, state.key_seq], [true, ["ROLE_ADMIN", "ROLE_OFFICE"], "1"]);
    this.office.seq = Number(state.key_seq);
    this.office.prev = state.submission_hash;
    return `key_seq ${state.key_seq}`;
  }

  async theOfficeAdmitsAMember() {
    const { position } = await this.send(this.office, [{ member_admitted: {
      member: MEMBER, name: { zh: "示例部门甲", en: "Example Department A" }, member_type: "MEMBER_TYPE_DEPARTMENT",
      first_key: this.member.enrolment(MEMBER, ["ROLE_ADMIN", "ROLE_REPORTER"], "holder-001"),
    } }]);
    return `seq ${position.seq}`;
  }

  async theOfficePublishesAPlan() {
    const { position } = await this.send(this.office, [
      { plan_published: {
        plan: PLAN, title: { en: "Example plan" }, issuer: { en: "Example province" }, first_year: 2025, last_year: 2027,
        parts: [{ code: "main", title: { en: "Main part" } }], areas: [{ code: AREA, name: { en: "Example province" } }],
      } },
      { indicator_defined: {
        indicator: INDICATOR, plan: PLAN, part: "main", name: { en: "Sites" }, unit: "count", measure: "MEASURE_STOCK",
        direction: "DIRECTION_HIGHER", roll_up: "ROLL_UP_NONE", reporting_units: [MEMBER], areas: [AREA],
        period_types: ["PERIOD_TYPE_YEAR", "PERIOD_TYPE_QUARTER"],
      } },
    ]);
    return `seq ${position.seq}`;
  }

  observation(period, value, more = {}) {
    return { observation_reported: { indicator: INDICATOR, area: AREA, period, value, obs_status: "OBS_STATUS_A",
      qualifier: "QUALIFIER_EXACT", ...more } };
  }

  async aMemberReportsAnObservation() {
    this.first = await this.send(this.member, [this.observation("2025-Q1", { units: 12 })]);
    const state = await this.unary("submissions", "GetKeyState", { key: this.member.public });
    assert.deepEqual([state.key_seq, state.submission_hash], ["1", this.member.prev]);
    return `seq ${this.first.position.seq}`;
  }

  async andCorrectsIt() {
    const supersedes = { submission_hash: this.member.prev };
    const { position } = await this.send(this.member, [
      this.observation("2025-Q1", { units: 13 }, { supersedes, reason: "one was left out" })]);
    const request = { indicator: INDICATOR, include_history: true, min_seq: position.seq };
    const { observations } = await this.unary("views", "GetSeries", request);
    assert.deepEqual(observations.map((o) => o.value.units), ["12", "13"]);
    return `seq ${position.seq}, two vintages`;
  }

  async theSameBytesHaveTheSamePosition() {
    const again = await this.submit(this.member, this.first.submission);
    assert.deepEqual(again, { ...this.first.position, already_recorded: true });
    return `seq ${again.seq} again`;
  }

  /** The one thing to avoid: a default that is assigned. The pinned protobuf.js writes it. */
  async anExplicitDefaultIsRefused() {
    const events = [this.observation("2025-Q2", { units: 14 })];
    const explicit = this.member.submission(events, { not_after: 0 });
    assert.ok(explicit.includes(Buffer.from("30007a", "hex")), "this protobuf.js leaves defaults out: nothing to refuse");
    const refusal = await this.refused(this.member, explicit);
    assert.deepEqual(refusal, { status: "INVALID_ARGUMENT", reason: "EXPLICIT_DEFAULT", field: "not_after" });
    const zero = this.member.submission([this.observation("2025-Q2", { units: 14, scale: 0 })]);
    const inside = await this.refused(this.member, zero);
    assert.deepEqual([inside.reason, inside.field],
      ["EXPLICIT_DEFAULT", "events[0].observation_reported.value.scale"]);
    await this.send(this.member, events);
    return `${refusal.status}, ${refusal.reason} at ${refusal.field} and ${inside.field}; recorded without them`;
  }

  async otherBytesUnderARecordedNumberAreRefused() {
    const other = this.member.submission([this.observation("2025-Q3", { units: 15 })],
      { key_seq: 1, key_prev: Buffer.alloc(32) });
    const refusal = await this.refused(this.member, other);
    assert.equal(refusal.reason, "KEY_SEQ_USED");
    return `${refusal.status}, ${refusal.reason}`;
  }

  async theChainEndsInTheHead() {
    const head = await this.unary("log", "GetHead", {});
    let prev = Buffer.alloc(32);
    const entries = await this.entries();
    for (const [seq, entry] of entries.entries()) {
      const parts = format1.parseEntry(entry);
      assert.equal(parts.seq, BigInt(seq));
      assert.deepEqual(parts.prev, prev, `entry ${seq} does not follow the one before`);
      const { key } = type("Submission").decode(parts.submission);
      assert.ok(format1.verifies(key, parts.submission, parts.signature), `entry ${seq}: bad signature`);
      prev = format1.chainHash(entry);
    }
    assert.deepEqual([String(entries.length), prev], [head.size, head.chain_hash]);
    return `${entries.length} entries`;
  }
}

const STEPS = ["theHeadIsThatOfTheGenesis", "theOfficeKeyKnowsWhereItStands", "theOfficeAdmitsAMember",
  "theOfficePublishesAPlan", "aMemberReportsAnObservation", "andCorrectsIt", "theSameBytesHaveTheSamePosition",
  "anExplicitDefaultIsRefused", "otherBytesUnderARecordedNumberAreRefused", "theChainEndsInTheHead"];

async function main() {
  const client = new Client(...process.argv.slice(2, 4));
  for (const step of STEPS) {
    const words = step.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    try {
      console.log(`ok      ${words}: ${await client[step]()}`);
    } catch (error) {
      console.error(`FAILED  ${words}: ${error.message}`);
      process.exit(1);
    }
  }
  console.log(`${STEPS.length} steps, all as documented`);
  process.exit(0);
}

main();
