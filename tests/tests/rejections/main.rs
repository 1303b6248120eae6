//! Bad input over gRPC: each gets its own stable code, field and remedy, and nothing is written.
//!
//! The table stands in `bytes.rs`, `members.rs`, `plan.rs`, `reporting.rs`, `cycles.rs`, `assurance.rs`,
//! `values.rs` and `platform.rs`, one row an input. All rows go to one server,
//! one after another; between them, whoever can still speak says something good.

mod assurance;
mod bytes;
mod cycles;
mod delegations;
mod members;
mod plan;
mod platform;
mod reporting;
mod stream;
mod table;
mod values;

use std::collections::BTreeSet;
use std::sync::Arc;

use hefu_proto::{ERROR_DOMAIN, convert, status, v1};
use hefu_tests::dump::{self, Dump};
use hefu_tests::world::{code, keys, observation, openings};
use hefu_tests::{Signer, TestServer, World};
use hefu_types::event::membership::{KeyRevoked, OfficeKeyReplaced, RevocationReason, Role, RulesActivated};
use hefu_types::event::platform::ViewsRecorded;
use hefu_types::ids::ViewDigest;
use hefu_types::wire::to_bytes;
use hefu_types::{Event, Reason, Seq, Signature, SignedSubmission, Size, Submission};
use tonic_types::StatusExt as _;

use table::{Bad, Make, len};

/// Reasons that no single submission can get over gRPC, and why.
const OUT_OF_REACH: &[(Reason, &str)] = &[
    (Reason::GenesisInvalid, "a rule of the genesis entry, which `hefud init` records"),
    (Reason::PredecessorRefused, "needs a stream: see `a_refusal_in_a_stream_refuses_that_keys_later_ones`"),
    (Reason::NotWritten, "a failure of the service: see the crash tests"),
    (Reason::OutcomeUnknown, "a failure of the service: see the crash tests"),
    (Reason::StorageLatched, "a failure of the service: see the crash tests"),
    (Reason::ClockLatched, "a failure of the service: see the journal's tests"),
    (Reason::Overloaded, "a matter of load: see `idempotency.rs`"),
    (Reason::OfficeKeysTooMany, "needs 32 office keys: see `recovery.rs`"),
    (Reason::ShuttingDown, "a matter of time"),
    (Reason::WitnessesUnreachable, "needs a policy: see `witness.rs`"),
    (Reason::WitnessesNone, "needs a wish for a quorum: see `quorum.rs`"),
    (Reason::SeqBeyondHead, "an answer to a question"),
    (Reason::ViewBehind, "an answer to a question"),
    (Reason::ViewUnknown, "an answer to a question"),
    (Reason::MemberNotFound, "an answer to a question"),
    (Reason::PlanNotFound, "an answer to a question"),
    (Reason::IndicatorNotFound, "an answer to a question"),
    (Reason::CycleNotFound, "an answer to a question"),
    (Reason::ReportNotFound, "an answer to a question"),
    (Reason::ObservationNotFound, "an answer to a question"),
    (Reason::NotAReader, "an answer to a question: see `values.rs`"),
    (Reason::ReadRequestExpired, "an answer to a question: see `values.rs`"),
    (Reason::ValueNotFound, "an answer to a question: see `values.rs`"),
    (Reason::ArgumentInvalid, "an answer to a question"),
    (Reason::StorageDamaged, "a failure of the service"),
];

fn rows() -> Vec<Bad> {
    let of_plans =
        [plan::rows(), reporting::rows(), cycles::rows(), assurance::rows(), delegations::rows(), values::rows()];
    [bytes::rows(), members::rows(), platform::rows()].into_iter().chain(of_plans).flatten().collect()
}

#[test]
fn the_table_covers_every_reason_and_names_each_row_once() {
    let rows = rows();
    let covered: BTreeSet<Reason> = rows.iter().map(|row| row.reason).collect();
    let out_of_reach: BTreeSet<Reason> = OUT_OF_REACH.iter().map(|(reason, _)| *reason).collect();
    assert_eq!(covered.intersection(&out_of_reach).collect::<Vec<_>>(), [&Reason::NotWritten; 0]);
    let missing: Vec<_> = Reason::ALL.iter().filter(|r| !covered.contains(r) && !out_of_reach.contains(r)).collect();
    assert_eq!(missing, [&Reason::NotWritten; 0]);
    assert!(rows.len() >= 180, "{} rows", rows.len());
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len());
}

/// Everything that a refusal may not change.
#[derive(Debug, PartialEq)]
struct Standing {
    head: v1::GetHeadResponse,
    views: Vec<v1::View>,
    rows: Dump,
}

async fn standing(server: &mut TestServer) -> Standing {
    let head = server.log.get_head(v1::GetHeadRequest {}).await.expect("an answer").into_inner();
    let size = Size::new(head.size);
    let mut applied = server.server.projection().applied();
    applied.wait_for(|applied| *applied >= size).await.expect("a projection");
    let views =
        server.views.list_views(v1::ListViewsRequest { min_seq: 0 }).await.expect("an answer").into_inner().views;
    let projection = Arc::clone(server.server.projection());
    let rows = tokio::task::spawn_blocking(move || dump::rows(projection.read().1)).await.expect("rows");
    Standing { head, views, rows }
}

/// An event that the signer may say any time.
fn good(world: &World, signer: &str, n: usize) -> Event {
    match signer {
        "office-1" => RulesActivated { version: 1 }.into(),
        "recovery" => office_key_replaced(world, n),
        "operator-1" => {
            let digest = ViewDigest::from_bytes([0; 32]);
            ViewsRecorded { size: Size::new(1), view: code("former"), version: 1, digest }.into()
        }
        "beta-approver" | "beta-auditor" => world.enrolment("beta", &format!("next-{n}"), &[Role::Reporter]).into(),
        _ if signer.ends_with("-admin") || signer.ends_with("-approver") || signer == "alpha-auditor" => {
            world.enrolment("alpha", &format!("next-{n}"), &[Role::Reporter]).into()
        }
        _ => observation("free", &format!("{}-{:02}", 1901 + n / 12, n % 12 + 1), "1").into(),
    }
}

/// The recovery key's good deed.
fn office_key_replaced(world: &World, n: usize) -> Event {
    let replaced = keys(&table::spare(world)).public();
    let (reason, since_seq) = (RevocationReason::Superseded, Seq::FIRST);
    let replacement = world.enrolment("office", &format!("spare-{n}"), &[Role::Admin, Role::Office]);
    OfficeKeyReplaced { replaced, reason, since_seq, replacement }.into()
}

/// What openings are looked for without.
const NONE: Signature = Signature::from_bytes([0; Signature::LEN]);

/// The signer of a row, which may never have been enrolled.
fn signer(world: &mut World, name: &str) -> Signer {
    world.signer(name).clone()
}

fn request(row: &Bad, world: &mut World, n: usize) -> v1::SubmitRequest {
    let Signer { keys, .. } = signer(world, row.signer);
    let event = good(world, row.signer, n);
    let mut draft = signer(world, row.signer).draft(vec![event]);
    let mut beside = None;
    match &row.make {
        Make::Say(events) => draft.events = events(world),
        Make::With(both) => {
            let (events, openings) = both(world);
            draft.events = events;
            beside = Some(openings);
        }
        Make::Frame(spoil) => spoil(&mut draft),
        Make::As(key) => draft.key = key(),
        Make::Wire(request) => return v1::SubmitRequest { signed: request(), ..Default::default() },
        Make::Raw(_) | Make::Bytes(_) | Make::Sign(_) => {}
    }
    let bytes = match &row.make {
        Make::Raw(event) => with_raw_event(draft, &event()),
        Make::Bytes(spoil) => spoil(draft.encode()),
        _ => draft.encode(),
    };
    let signature = keys.sign_submission(&bytes);
    let signature = match &row.make {
        Make::Sign(spoil) => spoil(&signature, &bytes),
        _ => signature.as_bytes().to_vec(),
    };
    let openings =
        beside.unwrap_or_else(|| openings(&SignedSubmission { submission: bytes.clone().into(), signature: NONE }));
    let openings = openings.iter().map(convert::opening_to_wire).collect();
    let signed = v1::SignedSubmission { submission: bytes.into(), signature: signature.into() };
    v1::SubmitRequest { signed: Some(signed), openings, ..Default::default() }
}

/// The frame of a draft around one event of these bytes.
fn with_raw_event(draft: Submission, (number, message): &(u32, Vec<u8>)) -> Vec<u8> {
    let frame = to_bytes(&Submission { events: vec![], ..draft });
    [frame, len(15, &len(*number, message))].concat()
}

/// The answer is the expected one, in every part.
fn check_answer(row: &Bad, answer: Result<tonic::Response<v1::SubmitResponse>, tonic::Status>) {
    let Err(refused) = answer else { panic!("{}: accepted", row.name) };
    let details = refused.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("{}: a foreign status: {refused:?}", row.name));
    assert_eq!(info.reason, row.reason.code(), "{}: {refused:?}", row.name);
    assert_eq!(info.domain, ERROR_DOMAIN, "{}", row.name);
    assert_eq!(refused.code(), status::grpc_code(row.reason.class()), "{}", row.name);
    assert!(info.metadata.get("remedy").is_some_and(|remedy| !remedy.is_empty()), "{}", row.name);
    let violations = details.bad_request().map_or(&[][..], |bad| &bad.field_violations);
    let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    let expected: &[&str] = if row.field.is_empty() { &[] } else { &[row.field] };
    assert_eq!(fields, expected, "{}: {refused:?}", row.name);
    assert!(violations.iter().all(|violation| !violation.description.is_empty()), "{}", row.name);
}

/// The same key goes on, if it can: a refusal consumed nothing.
async fn say_something_good(server: &mut TestServer, world: &mut World, row: &Bad, n: usize) -> bool {
    let signer = signer(world, row.signer);
    if world.state.may_speak(&signer.public()).is_err() {
        return false;
    }
    let event = good(world, row.signer, n);
    let signed = world.say(row.signer, vec![event]);
    let position = server.submit(&signed).await.unwrap_or_else(|refusal| panic!("after {}: {refusal}", row.name));
    assert!(!position.already_recorded, "{}", row.name);
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_input_is_refused_with_its_code_field_and_remedy_and_changes_nothing() {
    let mut world = table::world();
    let mut server = TestServer::with(&world).await;
    let mut before = standing(&mut server).await;
    for (n, row) in rows().iter().enumerate() {
        let request = request(row, &mut world, n);
        check_answer(row, server.submissions.submit(request).await);
        let after = standing(&mut server).await;
        assert!(before == after, "{} left a trace", row.name);
        before = after;
        if say_something_good(&mut server, &mut world, row, n).await {
            let next = standing(&mut server).await;
            assert_eq!(next.head.size, before.head.size + 1, "{}", row.name);
            before = next;
        }
    }
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_lost_then_the_key_revoked_then_the_same_bytes_give_the_same_position() {
    let mut world = World::planned();
    let mut server = TestServer::with(&world).await;
    let signed = world.say("alpha-reporter", vec![observation("flow", "2024", "1").into()]);
    let lost = server.submit(&signed).await.expect("accepted");
    let key = keys("alpha-reporter").public();
    let revoked = KeyRevoked { key, reason: RevocationReason::Compromised, since_seq: Seq::FIRST };
    let revocation = world.say("alpha-admin", vec![revoked.into()]);
    server.submit(&revocation).await.expect("accepted");
    let before = standing(&mut server).await;
    let again = server.submit(&signed).await.expect("the same position");
    assert_eq!(again, v1::Position { already_recorded: true, ..lost });
    let next = world.signer("alpha-reporter").peek(vec![observation("flow", "2025", "1").into()]);
    assert_eq!(server.submit(&next).await.expect_err("revoked").reason, Reason::KeyRevoked);
    assert!(before == standing(&mut server).await, "neither changed anything");
    server.verify_and_stop().await;
}
