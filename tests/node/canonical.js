"use strict";
// What protobuf.js writes is the canonical form, when two things are avoided: explicit defaults, and a schema that was
// parsed but never resolved. Every golden vector, built by the library, must have the golden bytes.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { PROTO, schema, encode } = require("./format1.js");

const VECTORS = path.join(__dirname, "..", "vectors", "vectors.json");
// The pinned versions, and what each does. proto-loader, and so grpc-js, brings a 7.
const VERSIONS = [
  { module: "protobufjs", version: "7.6.6", writesDefaults: true, unresolvedIsUnpacked: true },
  { module: "protobufjs-8.0", version: "8.0.3", writesDefaults: true, unresolvedIsUnpacked: true },
  { module: "protobufjs-8.8", version: "8.8.1", writesDefaults: false, unresolvedIsUnpacked: false },
];

/** JSON.parse would round numbers beyond 53 bits: they become strings first. protobuf.js takes both. */
function vectors() {
  const text = fs.readFileSync(VECTORS, "utf8");
  return JSON.parse(text.replace(/([[:,]\s*)(-?\d{16,})(?=\s*[,}\]])/g, '$1"$2"'));
}

const isDefault = (value) => [null, 0, "0", "", false].includes(value) || (Array.isArray(value) && value.length === 0);

function decimal(text) {
  const [, fraction = ""] = text.split(".");
  return { units: BigInt(text.replace(".", "")).toString(), scale: fraction.length };
}

/** One value from its description (section 16 of docs/format.md). */
function value(field, described) {
  field.resolve();
  if (field.type === "bytes") return Buffer.from(described, "hex");
  if (!field.resolvedType) return described;
  if (field.resolvedType.values) {
    return `${field.resolvedType.name.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase()}_${described}`;
  }
  return members(field.resolvedType, field.type === "Decimal" ? decimal(described) : described);
}

/** The members of a described message, without any that is a default. */
function members(type, described) {
  const out = {};
  for (const [name, content] of Object.entries(described)) {
    const field = type.fields[name];
    assert.ok(field, `${type.name} has no field ${name}`);
    if (isDefault(content) && !(field.type === "Decimal" && content !== null)) continue;
    out[name] = field.repeated ? content.map((one) => value(field, one)) : value(field, content);
  }
  return out;
}

function goldenBytes(type, file, same) {
  const submission = type("Submission");
  for (const record of [...file.ledger, ...file.extremes]) {
    same(record.name, encode(submission, members(submission, record.fields)), record.submission);
    const decoded = submission.decode(Buffer.from(record.submission, "hex"));
    same(`${record.name}, decoded and encoded again`, submission.encode(decoded).finish(), record.submission);
  }
  const enrolled = type("KeyEnrolled");
  for (const record of file.enrolment_proofs) {
    const { proof, ...bare } = enrolled.toObject(enrolled.decode(Buffer.from(record.message, "hex")));
    same("enrolment without proof", encode(enrolled, bare), record.without_proof);
  }
  for (const record of file.decimals) {
    same(`decimal ${record.text}`, encode(type("Decimal"), members(type("Decimal"), decimal(record.text))), record.message);
  }
}

/** The habits that break the form, as this version has them. */
function habits(protobuf, type, { writesDefaults, unresolvedIsUnpacked }, same) {
  const explicit = { key_seq: 1, created_at: 0 };
  const submission = type("Submission");
  same("an explicit default", encode(submission, explicit), writesDefaults ? "18012800" : "1801");
  same("the same without it", encode(submission, { key_seq: 1 }), "1801");
  same("a member that is null", submission.encode(submission.create({ key_seq: 1, created_at: null })).finish(), "1801");
  const text = fs.readFileSync(path.join(PROTO, "hefu/v1/common.proto"), "utf8")
    + fs.readFileSync(path.join(PROTO, "hefu/v1/membership.proto"), "utf8").split('import "hefu/v1/common.proto";')[1];
  const parsed = (settle) => {
    const { root } = protobuf.parse(text, { keepCase: true });
    return (settle ? root.resolveAll() : root).lookupType("hefu.v1.KeyEnrolled");
  };
  const roles = { roles: ["ROLE_REPORTER", "ROLE_TRADER"] };
  same("a list, schema parsed and not resolved", encode(parsed(false), roles), unresolvedIsUnpacked ? "20042007" : "22020407");
  same("a list, schema parsed and resolved", encode(parsed(true), roles), "22020407");
  same("an unset enum in a list", encode(type("KeyEnrolled"), { roles: [0] }), "220100");
}

function main() {
  const file = vectors();
  let failures = 0;
  for (const expected of VERSIONS) {
    assert.equal(require(`${expected.module}/package.json`).version, expected.version, expected.module);
    const protobuf = require(expected.module);
    let passed = 0, failed = 0;
    const same = (what, got, wanted) => {
      const hex = Buffer.from(got).toString("hex");
      if (hex === wanted) return void passed++;
      failed++;
      console.log(`FAILED  ${what}\n  protobuf.js ${hex}\n  expected    ${wanted}`);
    };
    const type = schema(protobuf);
    goldenBytes(type, file, same);
    habits(protobuf, type, expected, same);
    console.log(`${passed} passed, ${failed} failed (protobuf.js ${expected.version}, which `
      + `${expected.writesDefaults ? "writes" : "leaves out"} explicit defaults)`);
    failures += failed;
  }
  process.exitCode = failures ? 1 : 0;
}

main();
