//! What changed between two moments, and who changed it: a short script line by line, and a random history of which nothing may be
//! missing or stand twice.

use std::process::{Command, Output};

use hefu_proto::v1;
use hefu_proto::v1::change_service_client::ChangeServiceClient;
use hefu_tests::child::program;
use hefu_tests::history::History;
use hefu_tests::world::{World, code, decimal, observation, text};
use hefu_tests::{TestServer, export};
use hefu_types::event::plan::{Comparator, Strength, TargetAdjusted};
use hefu_types::event::reporting::{ObservationReported, ObservationRetracted};
use hefu_types::{Entry, EventRef, SignedSubmission};
use serde_json::Value;

/// Size of the world's log before the script.
const BEFORE: u64 = 6;

/// A value is corrected and corrected back, a target is lowered, and the value is taken back.
fn script(world: &mut World) {
    assert_eq!(world.entries.len() as u64, BEFORE);
    let stands = |signed: &SignedSubmission| EventRef { submission_hash: Some(signed.hash()), index: 0 };
    let said = |value: &str| observation("stock", "2024", value);
    let corrected = |value: &str, of: &SignedSubmission, reason: &str| ObservationReported {
        supersedes: Some(stands(of)),
        reason: text(reason),
        ..said(value)
    };
    let first = world.say("alpha-reporter", vec![said("840").into()]);
    let second = world.say("alpha-reporter", vec![corrected("850", &first, "late returns").into()]);
    let third = world.say("alpha-reporter", vec![corrected("840", &second, "counted twice").into()]);
    let adjusted = TargetAdjusted {
        indicator: code("stock"),
        area: code("520000"),
        year: 2024,
        strength: Strength::Hard,
        comparator: Comparator::AtLeast,
        value: decimal("900"),
        reason: text("funds were cut"),
    };
    world.say("office-1", vec![adjusted.into()]);
    let retracted = ObservationRetracted {
        indicator: code("stock"),
        area: code("520000"),
        period: "2024".parse().expect("a year"),
        observation: stands(&third),
        reason: text("wrong year"),
        on_behalf_of: None,
    };
    world.say("alpha-reporter", vec![retracted.into()]);
}

async fn hefu(address: &str, args: &[&str]) -> Output {
    let mut command = Command::new(program("hefu"));
    command.args(["--server", address]).args(args);
    tokio::task::spawn_blocking(move || command.output().expect("a program")).await.expect("joined")
}

/// `seq member holder kind: before -> after (reason)`
async fn lines(address: &str, args: &[&str]) -> Vec<String> {
    let last = (BEFORE + 4).to_string();
    let output = hefu(address, &[&["--output", "json", "diff", "--min-seq", &last], args].concat()).await;
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).expect("rows");
    let written = |row: &Value| {
        let word = |name: &str| row[name].as_str().expect("a text").to_owned();
        let [member, holder, kind, before, after, reason] =
            ["member", "holder", "kind", "before", "after", "reason"].map(word);
        format!("{} {member} {holder} {kind}: {before} -> {after} ({reason})", row["seq"])
    };
    rows.iter().map(written).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_listed_line_by_line() {
    let mut world = World::planned();
    script(&mut world);
    let server = TestServer::with(&world).await;
    let address = format!("http://{}", server.server.address());
    let expected = [
        "6 alpha alpha-reporter observation_reported:  -> 840 ()",
        "7 alpha alpha-reporter observation_reported: 840 -> 850 (late returns)",
        "8 alpha alpha-reporter observation_reported: 850 -> 840 (counted twice)",
        "9 office office-1 target_adjusted: ≥ 1000 -> ≥ 900 (funds were cut)",
        "10 alpha alpha-reporter observation_retracted: 840 ->  (wrong year)",
    ];
    assert_eq!(lines(&address, &["--from", "5"]).await, expected);
    // What changed and changed back stands there, both ways.
    assert_eq!(lines(&address, &["--from", "6", "--to", "8"]).await, expected[1..3]);
    assert_eq!(lines(&address, &["--from", "8", "--to", "8"]).await, [""; 0]);
    assert_eq!(lines(&address, &["--from", "5", "--unit", "office"]).await, expected[3..4]);
    assert_eq!(lines(&address, &["--from", "5", "--indicator", "flow"]).await, [""; 0]);
    assert_eq!(lines(&address, &["--from", "5", "--limit", "2"]).await, expected[..2]);
    assert_eq!(lines(&address, &["--from", "1970-01-01"]).await.len(), 5 + 1 + 4 + 7, "with all that came before");

    let table = hefu(&address, &["diff", "--from", "8"]).await;
    let table = String::from_utf8(table.stdout).expect("text");
    assert!(table.contains("≥ 900") && table.contains("office-1") && table.contains("stock"), "{table}");
    for (args, code) in [
        (["--from", "8", "--to", "7"], "ARGUMENT_INVALID"),
        (["--from", "11", "--limit", "1"], "SEQ_BEYOND_HEAD"),
        (["--from", "5", "--plan", "none"], "PLAN_UNKNOWN"),
        (["--from", "5", "--indicator", "none"], "INDICATOR_NOT_FOUND"),
        (["--from", "5", "--area", "none"], "AREA_UNKNOWN"),
        (["--from", "5", "--unit", "none"], "MEMBER_NOT_FOUND"),
    ] {
        let output = hefu(&address, &[&["diff"], &args[..]].concat()).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains(code), "{args:?}: {said}");
    }
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_log_lists_every_event_exactly_once() {
    let mut history = History::new(11);
    history.grow(300);
    let server = TestServer::with(&history.world).await;
    let entries: Vec<Entry> = history.world.entries.clone();
    let mut expected = vec![];
    for entry in &entries {
        let decoded = entry.decode().expect("recorded");
        let events = decoded.submission.events.iter().zip(0_u32..);
        expected.extend(events.map(|(event, index)| (decoded.seq.get(), index, event.kind().to_owned())));
    }
    let mut client =
        ChangeServiceClient::connect(format!("http://{}", server.server.address())).await.expect("a server");
    let moment = Some(v1::AsOf { moment: Some(v1::as_of::Moment::Time(0)) });
    for page_size in [7, 0] {
        let min_seq = entries.len() as u64 - 1;
        let mut request = v1::ListChangesRequest { from: moment, page_size, min_seq, ..Default::default() };
        let mut found = vec![];
        loop {
            let page = client.list_changes(request.clone()).await.expect("a page").into_inner();
            assert!(page_size == 0 || page.changes.len() <= 7);
            assert_eq!((page.from_size, page.to_size), (0, entries.len() as u64));
            found.extend(page.changes.into_iter().map(|change| {
                let said = change.said.expect("said by somebody");
                assert!(!said.member.is_empty());
                (said.seq, said.event_index, change.kind)
            }));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(found, expected);
    }
    let kinds: std::collections::BTreeSet<&String> = expected.iter().map(|(_, _, kind)| kind).collect();
    assert!(kinds.len() > 20, "{kinds:?}");

    for (request, field) in [
        (v1::ListChangesRequest::default(), "from"),
        (v1::ListChangesRequest { from: moment, page_token: "1".into(), ..Default::default() }, "page_token"),
        (v1::ListChangesRequest { from: moment, page_token: "9999.0.0".into(), ..Default::default() }, "page_token"),
    ] {
        let status = client.list_changes(request).await.expect_err("no question");
        let refusal = hefu_proto::status::from_status(&status).expect("a refusal");
        assert_eq!((refusal.reason.code(), refusal.field.as_str()), ("ARGUMENT_INVALID", field));
    }
    export::verify_entries(&entries);
    server.verify_and_stop().await;
}
