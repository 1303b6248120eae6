//! An old copy of everything, head file and all, without a witness: the server starts, for nothing on its disk says that
//! anything is missing. Whoever holds a later receipt proves it. The cases where something does say so are in `restored.rs`
//! and `witness.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hefu_tests::child::{Hefud, program};
use hefu_tests::export::copy_folder;
use hefu_tests::server::{config, seed};
use hefu_tests::witness::log_key;
use hefu_tests::world::{World, keys};
use hefud::Config;
use serde_json::Value;
use tempfile::TempDir;

/// The log or the export is not what it should be.
const BROKEN: Option<i32> = Some(4);

/// A server, and two members who report with the command line.
struct Scene {
    config: Config,
    server: Option<Hefud>,
    dir: TempDir,
}

fn hefu(args: &[&str]) -> Output {
    let mut command = Command::new(program("hefu"));
    command.args(["--output", "json", "--patience", "10"]).args(args).output().expect("a program")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path().join("data"));
        seed(&config, &World::planned());
        for member in ["alpha", "beta"] {
            let path = dir.path().join(format!("{member}.pem"));
            hefu_client::keyfile::create(&path, &keys(&format!("{member}-reporter")), None).unwrap();
        }
        Self { server: Some(Hefud::start(&config.data, &[])), config, dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn server(&self) -> &Hefud {
        self.server.as_ref().expect("it runs")
    }

    fn stop(&mut self) {
        self.server.take().expect("it runs").kill();
    }

    fn start(&mut self) {
        self.server = Some(Hefud::start(&self.config.data, &[]));
    }

    /// A member reports the stock of a quarter.
    fn submit(&self, member: &str, quarter: &str) -> Output {
        let (key, server) = (self.path(&format!("{member}.pem")), format!("http://{}", self.server().address));
        let what = ["--indicator", "stock", "--area", "520000", "--period", quarter, "--value", "840"];
        hefu(&[&["submit", "--server", &server, "--key", key.to_str().unwrap()], &what[..]].concat())
    }

    /// A copy of what the server has, and whether it is the log, taken alone.
    fn copy(&self, name: &str) -> String {
        let (copy, key) = (self.path(name).to_str().unwrap().to_owned(), log_key().to_string());
        let server = format!("http://{}", self.server().address);
        is_done(&hefu(&["log", "export", "--server", &server, &copy]));
        is_done(&hefu(&["verify", &copy, "--key", &key]));
        copy
    }

    fn audit(&self, copy: &str) -> Output {
        let (key, outbox) = (keys("alpha-reporter").public().to_string(), self.path("alpha.outbox"));
        hefu(&["audit", "member", &key, copy, "--outbox", outbox.to_str().unwrap()])
    }
}

fn is_done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// The signed checkpoint in a receipt's file: its last part.
fn checkpoint_of(receipt: &Path) -> String {
    let text = fs::read_to_string(receipt).unwrap();
    text[text.find(&format!("\n\n{}\n", hefu_tests::world::ORIGIN)).expect("a checkpoint") + 2..].to_owned()
}

#[test]
fn an_old_copy_of_everything_starts_and_a_later_receipt_proves_that_it_is_old() {
    let mut scene = Scene::new();
    is_done(&scene.submit("alpha", "2024-Q1"));
    scene.stop();
    copy_folder(&scene.config.data, &scene.path("backup"));
    scene.start();
    is_done(&scene.submit("alpha", "2024-Q2"));
    scene.stop();
    fs::remove_dir_all(&scene.config.data).unwrap();
    copy_folder(&scene.path("backup"), &scene.config.data);

    // It starts, and what it has is a log.
    scene.start();
    let (files, outbox) = (scene.server().files.clone(), scene.path("alpha.outbox"));
    let (key, outbox) = (log_key().to_string(), outbox.to_str().unwrap());
    is_done(&hefu(&["verify", &files, "--key", &key]));

    // One command, and both signatures of the log are on the table.
    let found = hefu(&["monitor", &files, "--key", &key, "--receipts", outbox, "--once", "--late", "0"]);
    assert_eq!((found.status.code(), &json(&found)[0]["code"]), (BROKEN, &"LOG_ROLLED_BACK".into()), "{found:?}");
    let receipt = Path::new(outbox).join("00000000000000000002.tlog-proof");
    let shown = fs::read_to_string(Path::new(&scene.copy("now")).join("checkpoint")).unwrap();
    for checkpoint in [checkpoint_of(&receipt), shown] {
        assert!(said(&found).contains(&checkpoint), "{checkpoint}\n{}", said(&found));
    }

    // The member's own client goes no further.
    let refused = scene.submit("alpha", "2024-Q3");
    assert_eq!(refused.status.code(), BROKEN, "{refused:?}");
    assert!(said(&refused).contains("error LEDGER_ROLLED_BACK: "), "{refused:?}");

    // A copy that ends too early accuses nobody; one in which somebody else has the place does.
    let early = scene.audit(scene.path("now").to_str().unwrap());
    is_done(&early);
    assert_eq!(json(&early)["answered_after_export"], 1, "{early:?}");
    is_done(&scene.submit("beta", "2024-Q2"));
    let omitted = scene.audit(&scene.copy("later"));
    assert_eq!(omitted.status.code(), BROKEN, "{omitted:?}");
    assert!(said(&omitted).contains("error SUBMISSION_OMITTED: "), "{omitted:?}");
    let finding = &json(&omitted)["findings"][0];
    assert_eq!((&finding["number"], &finding["finding"]), (&2.into(), &"dropped".into()), "{omitted:?}");
    scene.stop();
}
