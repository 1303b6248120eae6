//! What the operator says of its views stands in the log: `hefu views record` says it, `hefu replay` holds it to it, and a
//! lie under the operator's own key is found and named.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use hefu_client::{Retry, Server, Writer, keyfile};
use hefu_proto::v1;
use hefu_tests::child::program;
use hefu_tests::witness::log_key;
use hefu_tests::world::{World, code, keys, observation};
use hefu_tests::{Signer, TestServer};
use hefu_types::event::platform::ViewsRecorded;
use hefu_types::{Event, Size, ViewDigest};
use hefu_views::VIEWS;
use serde_json::Value;
use tempfile::TempDir;

/// Verification failed.
const BROKEN: i32 = 4;

/// How long a record that is due may take before the test says that none comes.
const PATIENCE: Duration = Duration::from_secs(60);

const VIEWS_COUNT: u64 = VIEWS.len() as u64;

/// A server with a plan, somebody who reports, and the operator's key in a file.
struct Scene {
    server: TestServer,
    address: String,
    reporter: Signer,
    reported: u32,
    dir: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let mut world = World::planned();
        let server = TestServer::with(&world).await;
        let reporter = world.signer("beta-reporter").clone();
        let (address, dir) = (format!("http://{}", server.server.address()), tempfile::tempdir().unwrap());
        let scene = Self { server, address, reporter, reported: 0, dir };
        keyfile::create(&scene.path("operator.pem"), &keys("operator-1"), None).unwrap();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn size(&self) -> u64 {
        self.server.server.journal().head().size.get()
    }

    /// Reports one observation of its own month.
    async fn report(&mut self) {
        let month = format!("{}-{:02}", 1950 + self.reported / 12, self.reported % 12 + 1);
        self.reported += 1;
        let signed = self.reporter.sign(vec![observation("stock", &month, "7").into()]);
        self.server.submit(&signed).await.expect("recorded");
    }

    /// Waits until the views stand at the head.
    async fn caught_up(&mut self) {
        let request = v1::ListViewsRequest { min_seq: self.size() - 1 };
        self.server.views.list_views(request).await.expect("views that follow");
    }

    /// Runs `hefu` with JSON output, off the threads of the server.
    async fn hefu(&self, args: &[&str]) -> Output {
        let mut command = Command::new(program("hefu"));
        command.args(["--output", "json", "--server", &self.address]).args(args).current_dir(self.dir.path());
        tokio::task::spawn_blocking(move || command.output().expect("a program")).await.unwrap()
    }

    async fn good(&self, args: &[&str]) -> (Value, String) {
        let output = self.hefu(args).await;
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        (json(&output.stdout), String::from_utf8(output.stderr).unwrap())
    }

    /// Exports everything, and holds that it verifies: who records a lie breaks no rule.
    async fn export(&self) {
        self.good(&["log", "export", "copy"]).await;
        self.good(&["verify", "copy", "--key", &log_key().to_string()]).await;
    }

    /// The operator says something that no command of ours would say.
    async fn operator_says(&self, events: Vec<Event>) -> u64 {
        let client = Server::new(&self.address, Retry::default()).unwrap();
        let mut writer = Writer::open(client, keys("operator-1"), &self.path("operator.outbox")).await.unwrap();
        writer.submit(events).await.expect("the rules don't know views").seq.get()
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

fn digest_of(row: &Value) -> ViewDigest {
    row["digest"].as_str().and_then(|hex| hex.parse().ok()).expect("a digest")
}

/// A true record of what `hefu views` printed.
fn record(row: &Value) -> ViewsRecorded {
    let size = Size::new(row["size"].as_u64().unwrap());
    let version = u32::try_from(row["version"].as_u64().unwrap()).unwrap();
    ViewsRecorded { size, view: code(row["view"].as_str().unwrap()), version, digest: digest_of(row) }
}

fn column(path: &Path, name: &str) -> Vec<Value> {
    let rows = json(&fs::read(path).unwrap());
    rows.as_array().unwrap().iter().map(|row| row[name].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_records_holds() {
    let mut scene = Scene::new().await;
    for round in 0..3 {
        scene.report().await;
        let before = scene.size();
        let (rows, _) = scene.good(&["views", "record", "--key", "operator.pem"]).await;
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.len() as u64, VIEWS_COUNT, "{rows:?}");
        assert!(
            rows.iter().all(|row| row["seq"] == before && row["size"].as_u64() <= Some(before)),
            "{round}: {rows:?}"
        );
    }
    scene.export().await;
    let (replayed, said) = scene.good(&["replay", "copy", "--to", "tables"]).await;
    assert!(said.contains(&format!("in the log: {}, all", 3 * VIEWS_COUNT)), "{said}");
    scene.caught_up().await;
    let (listed, _) = scene.good(&["views"]).await;
    assert_eq!((&replayed, &listed), (&json(&fs::read(scene.path("tables/views.json")).unwrap()), &replayed));
    assert_eq!(scene.good(&["views", "list"]).await.0, listed);
    assert_eq!(column(&scene.path("tables/records.json"), "records"), vec![Value::from(3); VIEWS.len()]);

    let before_any = (scene.size() - 6).to_string();
    let (_, said) = scene.good(&["replay", "copy", "--to", "early", "--as-of", &before_any]).await;
    assert!(said.contains("in the log: none"), "{said}");

    // Of a view that this program does not have nobody can say whether it is true.
    let former = ViewsRecorded { view: code("former"), ..record(&listed[0]) };
    scene.operator_says(vec![former.into()]).await;
    scene.export().await;
    let (_, said) = scene.good(&["replay", "copy", "--to", "former"]).await;
    assert!(
        said.contains(&format!("in the log: {}, all", 3 * VIEWS_COUNT)) && said.contains("not compared: 1 (former 1)"),
        "{said}"
    );
    scene.server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_record_is_named() {
    let mut scene = Scene::new().await;
    scene.report().await;
    scene.good(&["views", "record", "--key", "operator.pem"]).await;
    scene.report().await;
    let last = (scene.size() - 1).to_string();
    let (listed, _) = scene.good(&["views", "list"]).await;
    let truth: Vec<ViewsRecorded> = listed.as_array().unwrap().iter().map(record).collect();
    let series = truth.iter().find(|record| record.view == code("series")).unwrap();
    let lie = ViewsRecorded { digest: ViewDigest::from_bytes([9; 32]), ..series.clone() };
    let seq = scene.operator_says(vec![series.clone().into(), lie.into()]).await;
    // A later one that is true helps nothing, nor does a later lie divert.
    scene.good(&["views", "record", "--key", "operator.pem"]).await;
    scene.operator_says(vec![ViewsRecorded { size: Size::new(1), ..series.clone() }.into()]).await;
    scene.export().await;

    let output = scene.hefu(&["replay", "copy", "--to", "tables"]).await;
    assert_eq!(output.status.code(), Some(BROKEN), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let named = [format!("VIEW_DIFFERS: seq {seq} "), series.digest.to_string(), "09".repeat(32), "series".into()];
    assert!(named.iter().all(|part| said.contains(part)), "{said}");
    let found = json(&output.stdout);
    let place = ["seq", "event_index", "view", "size", "recorded", "replayed"].map(|name| found[name].clone());
    let expected = [
        Value::from(seq),
        1.into(),
        "series".into(),
        series.size.get().into(),
        "09".repeat(32).into(),
        series.digest.to_string().into(),
    ];
    assert_eq!(place, expected);
    assert!(!scene.path("tables").exists(), "nothing is written");
    let (_, said) = scene.good(&["replay", "copy", "--to", "tables", "--as-of", &last]).await;
    assert!(said.contains(&format!("in the log: {VIEWS_COUNT}, all")), "{said}");
    scene.server.verify_and_stop().await;
}

/// A recorder that runs until it is dropped.
struct Recorder {
    child: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Recorder {
    /// Starts it, and waits until it has seen the head; how many entries it then counts since the last record.
    async fn start(scene: &Scene, every: u64) -> (Self, u64) {
        let mut command = Command::new(program("hefu"));
        let words = ["--output", "json", "--server", &scene.address, "views", "record", "--key", "operator.pem"];
        command.args(words).args(["--every", &every.to_string()]).current_dir(scene.dir.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let first = tokio::task::spawn_blocking(|| said.lines().next().expect("a line").expect("text")).await.unwrap();
        let count = first.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{first}"));
        let lines = Some(BufReader::new(child.stdout.take().unwrap()).lines());
        (Self { child, lines }, count)
    }

    /// The next record: its position, and the size that every view had.
    async fn next(&mut self) -> (u64, u64) {
        let mut lines = self.lines.take().unwrap();
        let read = move || {
            let rows: Vec<Value> =
                lines.by_ref().take(VIEWS.len()).map(|l| json(l.expect("text").as_bytes())).collect();
            (lines, rows)
        };
        let read = tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(read)).await;
        let (lines, rows) = read.expect("a record that is due").unwrap();
        self.lines = Some(lines);
        let of = |row: &Value| (row["seq"].as_u64().unwrap(), row["size"].as_u64().unwrap());
        assert!(rows.len() == VIEWS.len() && rows.iter().all(|row| of(row) == of(&rows[0])), "{rows:?}");
        of(&rows[0])
    }

    /// Ctrl-C.
    async fn stop(mut self) {
        let interrupted = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(interrupted.success());
        let wait = move || {
            let recorder = &mut self;
            recorder.child.wait().unwrap()
        };
        assert_eq!(tokio::task::spawn_blocking(wait).await.unwrap().code(), Some(0));
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // It may be gone already.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_so_many_entries_a_record_stands_in_the_log() {
    let mut scene = Scene::new().await;
    let start = scene.size();
    let (mut recorder, since) = Recorder::start(&scene, 3).await;
    assert_eq!(since, 3, "the log has grown by that much already");
    assert_eq!(recorder.next().await, (start, start));
    for round in 0..3 {
        // Its own record is no entry that calls for the next one.
        for _ in 0..3 {
            scene.report().await;
        }
        let seq = start + 4 * (round + 1);
        assert_eq!(recorder.next().await, (seq, seq));
    }
    recorder.stop().await;

    // What was due is told from the log.
    let seq = start + 13;
    scene.report().await;
    let (mut recorder, since) = Recorder::start(&scene, 3).await;
    assert_eq!(since, 1);
    scene.report().await;
    let (mut config, _dir) = scene.server.stop().await;
    config.listen = scene.address.trim_start_matches("http://").parse().unwrap();
    scene.server = TestServer::over(config).await;
    scene.report().await;
    assert_eq!(recorder.next().await, (seq + 3, seq + 3));
    recorder.stop().await;

    let (mut recorder, since) = Recorder::start(&scene, 1).await;
    assert_eq!(since, 0);
    for round in 0..3 {
        scene.report().await;
        let seq = seq + 5 + 2 * round;
        assert_eq!(recorder.next().await, (seq, seq));
    }
    recorder.stop().await;

    scene.export().await;
    let (_, said) = scene.good(&["replay", "copy", "--to", "tables"]).await;
    assert!(said.contains(&format!("in the log: {}, all", 8 * VIEWS_COUNT)), "{said}");
    scene.server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operator_records_views() {
    let scene = Scene::new().await;
    keyfile::create(&scene.path("reporter.pem"), &keys("alpha-reporter"), None).unwrap();
    let size = scene.size();
    for more in [&[][..], &["--every", "1"]] {
        let output = scene.hefu(&[&["views", "record", "--key", "reporter.pem"], more].concat()).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("ROLE_MISSING"));
    }
    assert_eq!(scene.hefu(&["views", "record", "--key", "operator.pem", "--every", "0"]).await.status.code(), Some(2));
    assert_eq!(scene.size(), size);
    scene.server.verify_and_stop().await;
}
