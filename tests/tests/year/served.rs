//! The same year from a server, and from its export.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use hefu_journal::{Clock, Journal, Options, RocksStore};
use hefu_proto::v1;
use hefu_rules::admit;
use hefu_tests::child::program;
use hefu_tests::server::{config, keeper};
use hefu_tests::{TestServer, World};
use hefu_types::Millis;
use hefud::Config;

use crate::{Seen, States, play};

/// A clock that stands where the script says.
struct Scripted(Arc<AtomicI64>);

impl Clock for Scripted {
    fn wall(&self) -> Millis {
        Millis::new(self.0.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed).cast_unsigned())
    }
}

/// Records a world's entries with their own times.
fn record(config: &Config, world: &World) {
    std::fs::create_dir_all(&config.data).expect("a folder");
    hefu_client::keyfile::create(&config.data.join("checkpoint.pem"), &hefu_tests::world::keys("checkpoint"), None)
        .expect("a key file");
    let store = RocksStore::create(&config.journal()).expect("a fresh database");
    let now = Arc::new(AtomicI64::new(world.entries[0].recorded_at().get()));
    let options = Options { clock: Box::new(Scripted(Arc::clone(&now))), ..Options::default() };
    let journal = Journal::open(Arc::new(store), keeper(config), options).expect("an empty journal");
    for entry in &world.entries {
        now.store(entry.recorded_at().get(), Ordering::Relaxed);
        let admitted = admit(entry.signed()).expect("admitted before");
        journal.submit(admitted).expect("room").wait().expect("accepted before");
    }
    journal.close();
}

async fn states(server: &TestServer, seen: &Seen) -> States {
    let moment = Some(v1::as_of::Moment::Time(seen.at.get()));
    let request = v1::ListReportsRequest {
        cycle: seen.cycle.to_owned(),
        as_of: Some(v1::AsOf { moment }),
        ..v1::ListReportsRequest::default()
    };
    let answer = server.reports.clone().list_reports(request).await.expect("an answer").into_inner();
    assert_eq!((answer.at, answer.size), (seen.at.get(), seen.size.get()));
    let named = |report: v1::Report| {
        let state = report.status().as_str_name().trim_start_matches("REPORT_STATUS_").to_owned();
        (hefu_tests::world::code(&report.unit), state)
    };
    answer.reports.into_iter().map(named).collect()
}

/// Runs `hefu` and returns what it printed.
fn hefu(args: &[&str]) -> String {
    let output = Command::new(program("hefu")).args(args).output().expect("a process");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a table")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_and_a_replayed_export_know_every_day_of_the_year() {
    let (dir, (stage, all)) = (tempfile::tempdir().expect("a folder"), play());
    let config = Config { accept_clock_gap: true, ..config(dir.path().join("data")) };
    let (recording, world) = (config.clone(), stage.world.clone());
    tokio::task::spawn_blocking(move || record(&recording, &world)).await.expect("recorded");
    let server = TestServer::over(config).await;
    for seen in &all {
        assert_eq!(states(&server, seen).await, seen.states, "{} at {}", seen.cycle, seen.at);
    }
    // A replay of the export, whole or stopped, writes what the server says.
    let url = format!("http://{}", server.server.address());
    let export = dir.path().join("export");
    let folder = dir.path().to_owned();
    let tables = tokio::task::spawn_blocking(move || {
        hefu(&["--server", &url, "log", "export", export.to_str().expect("a path")]);
        let sizes = [all.last().expect("a day").size.get(), all[9].size.get(), all[14].size.get()];
        for size in sizes {
            let (to, seq) =
                (folder.join(format!("tables-{size}")).to_str().expect("a path").to_owned(), (size - 1).to_string());
            hefu(&["replay", export.to_str().expect("a path"), "--to", &to, "--as-of", &seq]);
            let json = ["--server", &url, "--output", "json"];
            let served = hefu(&[&json[..], &["report", "status", "--as-of", &seq]].concat());
            assert_eq!(read(&Path::new(&to).join("reports.json")), served, "at size {size}");
            let served = hefu(&[&json[..], &["challenge", "list", "--as-of", &seq]].concat());
            assert_eq!(read(&Path::new(&to).join("challenges.json")), served, "at size {size}");
            let served = hefu(&[&json[..], &["cycle", "list", "--as-of", &seq]].concat());
            assert_eq!(read(&Path::new(&to).join("cycles.json")), served, "at size {size}");
        }
    });
    tables.await.expect("tables");
    server.verify_and_stop().await;
}
