//! Many events under few signatures against a real server: what is refused is out by itself, everything else is in the log, in
//! order, and the log verifies.

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hefu_client::batch::{Group, LINGER, Outcome, feed};
use hefu_client::{Retry, Server, Writer, keyfile};
use hefu_tests::child::program;
use hefu_tests::world::{World, keys, observation};
use hefu_tests::{TestServer, export};
use hefu_types::{Entry, Event, EventRef, PublicKey, Reason};
use serde_json::Value;
use tempfile::TempDir;

/// Each number's own month.
fn month(number: usize) -> String {
    format!("{}-{:02}", 1910 + number / 12, number % 12 + 1)
}

/// A report for each number's month; of an indicator that nobody defined, when it is to be refused.
fn report(number: usize, good: bool) -> Event {
    observation(if good { "flow" } else { "nothing" }, &month(number), "1").into()
}

fn is_good(number: usize) -> bool {
    number % 400 != 17
}

/// The months that a key reported, submission by submission.
fn reported(server: &TestServer, key: &PublicKey) -> Vec<Vec<String>> {
    let entries = export::entries_of(server.server.journal()).into_iter();
    let submissions = entries.map(|bytes| Entry::parse(bytes).unwrap().decode().unwrap().submission);
    let period = |event: &Event| match event {
        Event::ObservationReported(e) => e.period.to_string(),
        other => panic!("{}", other.kind()),
    };
    submissions.filter(|s| s.key == *key).map(|s| s.events.iter().map(period).collect()).collect()
}

async fn writer(server: &TestServer, dir: &TempDir) -> Writer {
    let client = Server::new(&format!("http://{}", server.server.address()), Retry::default()).unwrap();
    Writer::open(client, keys("alpha-reporter"), &dir.path().join("me.outbox")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_survives_refusals_and_a_restart_of_the_server() {
    const EVENTS: usize = 2_000;
    let server = TestServer::with(&World::planned()).await;
    let (address, dir) = (server.server.address(), tempfile::tempdir().unwrap());
    let mut writer = writer(&server, &dir).await;
    writer.set_batch(100);
    let (producer, feed) = feed(LINGER);
    let outcomes: Arc<Mutex<Vec<(u64, Outcome)>>> = Arc::default();
    let told = Arc::clone(&outcomes);
    let submitting = tokio::spawn(async move {
        writer.submit_feed(feed, |number, outcome| told.lock().unwrap().push((number, outcome))).await
    });
    let pushing = tokio::spawn(async move {
        for number in 0..EVENTS {
            producer.push(report(number, is_good(number))).await.expect("somebody who submits");
        }
    });
    while outcomes.lock().unwrap().len() < EVENTS / 4 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (mut config, _dir) = server.stop().await;
    config.listen = address;
    let server = TestServer::over(config).await;
    pushing.await.unwrap();
    submitting.await.unwrap().expect("a server that comes back");

    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    let submissions = reported(&server, &keys("alpha-reporter").public());
    assert_eq!(outcomes.len(), EVENTS);
    for (number, (told, outcome)) in outcomes.iter().enumerate() {
        let reason = outcome.as_ref().err().map(|refusal| refusal.reason);
        assert_eq!((*told, reason), (number as u64, (!is_good(number)).then_some(Reason::IndicatorUnknown)));
    }
    let good = (0..EVENTS).filter(|number| is_good(*number)).map(month);
    assert_eq!(submissions.concat(), good.collect::<Vec<_>>());
    assert!(submissions.len() < EVENTS / 20, "{} submissions", submissions.len());
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_stays_with_what_it_corrects() {
    let server = TestServer::with(&World::planned()).await;
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(&server, &dir).await;
    let mut corrected = observation("flow", &month(1), "2");
    corrected.supersedes = Some(EventRef { submission_hash: None, index: 0 });
    corrected.reason = hefu_types::Text::new("a typing error").unwrap();
    let groups = [
        Group::from(report(0, true)),
        Group::from(vec![report(1, true), corrected.into()]),
        Group::from(report(2, true)),
        Group::from(report(3, true)),
    ];
    let mut recorded = vec![];
    writer.submit_each(groups, |_, outcome| recorded.push(outcome.expect("recorded").index)).await.unwrap();
    assert_eq!(recorded, [0, 0, 0, 1]);
    let submissions = reported(&server, &keys("alpha-reporter").public());
    assert_eq!(submissions, [vec![month(0)], vec![month(1), month(1)], vec![month(2), month(3)]]);
    server.verify_and_stop().await;
}

/// Runs `hefu submit --csv` over these rows; the outcome, code and column of each, and the exit code.
async fn submit_csv(rows: &str, more: &[&str]) -> (Vec<[String; 5]>, Option<i32>, Vec<usize>) {
    let server = TestServer::with(&World::planned()).await;
    let dir = tempfile::tempdir().unwrap();
    keyfile::create(&dir.path().join("me.pem"), &keys("alpha-reporter"), None).unwrap();
    std::fs::write(dir.path().join("rows.csv"), rows).unwrap();
    let mut command = Command::new(program("hefu"));
    command.args(["--output", "json", "--server", &format!("http://{}", server.server.address())]);
    command.args(["submit", "--key", "me.pem", "--csv", "rows.csv"]).args(more).current_dir(dir.path());
    let output: Output = tokio::task::spawn_blocking(move || command.output().expect("a program")).await.unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let field = |row: &Value, name: &str| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned);
    let row = |row: &Value| ["line", "outcome", "code", "field", "detail"].map(|name| field(row, name));
    let sizes = reported(&server, &keys("alpha-reporter").public()).iter().map(Vec::len).collect();
    server.verify_and_stop().await;
    (told.as_array().unwrap().iter().map(row).collect(), output.status.code(), sizes)
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_file_get_the_same_answers_in_any_batch() {
    let header = "indicator,area,period,value\n";
    let rows: String = (0..120)
        .map(|n| match n {
            30 => format!("nothing,520000,{},1\n", month(n)),
            60 => format!("flow,520000,{},1.5\n", month(n)),
            90 => format!("flow,520000,{},much\n", month(n)),
            _ => format!("flow,520000,{},1\n", month(n)),
        })
        .collect();
    let file = format!("{header}{rows}");
    let (one, exit, sizes) = submit_csv(&file, &["--batch", "1"]).await;
    assert_eq!((exit, sizes), (Some(1), vec![1; 117]));
    let refused: Vec<_> = one.iter().filter(|row| row[1] == "refused").map(|row| [&row[0], &row[3]]).collect();
    assert_eq!(refused, [["32", "indicator"], ["62", "value"], ["92", "value"]]);
    for (more, expected) in [(&["--batch", "50"][..], vec![49, 49, 19]), (&[], vec![117])] {
        let (told, exit, sizes) = submit_csv(&file, more).await;
        assert_eq!((told, exit, sizes), (one.clone(), Some(1), expected), "{more:?}");
    }
}
