//! The same with the programs that people use.

use std::fs;
use std::path::Path;
use std::process::Command;

use hefu_tests::TestServer;
use hefu_tests::child::program;
use hefu_tests::witness::log_key;
use hefu_tests::world::keys;
use serde_json::Value;

use crate::world;

/// Runs the command line against a server; what it says, and how it ends.
async fn hefu(server: &TestServer, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(program("hefu"));
    command.args(["--output", "json", "--server", &format!("http://{}", server.server.address())]).args(args);
    let output =
        tokio::task::spawn_blocking(move || command.output()).await.expect("not cancelled").expect("a program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

async fn json(server: &TestServer, args: &[&str]) -> Value {
    let (code, said, complained) = hefu(server, args).await;
    assert_eq!(code, Some(0), "{args:?}: {complained}");
    serde_json::from_str(&said).unwrap_or_else(|e| panic!("{args:?}: {e}: {said}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_withholds_shows_verifies_and_erases() {
    let server = TestServer::with(&world()).await;
    let dir = tempfile::tempdir().expect("a folder");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    for member in ["alpha", "beta"] {
        let keys = keys(&format!("{member}-reporter"));
        hefu_client::keyfile::create(Path::new(&path(&format!("{member}.pem"))), &keys, None).expect("a key file");
    }
    fs::write(path("table.csv"), "a,b\n").expect("a file");
    let (alpha, beta, saved) = (path("alpha.pem"), path("beta.pem"), path("saved"));
    let evidence = format!("{},https://example.org/t", path("table.csv"));
    let cell =
        ["submit", "--key", &alpha, "--indicator", "flow", "--area", "520000", "--period", "2024", "--value", "17"];
    let more = ["--conf-status", "n", "--readers", "beta", "--method", "counted", "--evidence", &evidence];
    json(&server, &[&cell[..], &more[..]].concat()).await;
    let series = json(&server, &["series", "flow"]).await;
    let shown = &series[0];
    assert_eq!(
        (&shown["value"], &shown["conf_status"], &shown["method"]),
        (&Value::Null, &"N".into(), &"counted".into())
    );
    let hash = blake3::hash(b"a,b\n").to_hex();
    assert_eq!(shown["evidence"][0], format!("blake3:{hash} 4 text/csv https://example.org/t"));
    let of = shown["commitment"].as_str().expect("a commitment").to_owned();

    let opened = json(&server, &["value", "open", &of, "--key", &beta, "--save", &saved]).await;
    assert_eq!(opened["value"], "17");
    let (code, _, complained) = hefu(&server, &["value", "open", &of]).await;
    assert!(code == Some(1) && complained.contains("error NOT_A_READER: "), "{complained}");
    let (_, exported, _) = hefu(&server, &["data", "export", "--indicator", "flow", "--format", "sdmx-csv"]).await;
    let mut lines = exported.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let [header, row] = [lines.next(), lines.next()].map(|line| line.expect("a line"));
    let field = |name: &str| row[header.iter().position(|column| *column == name).expect("a column")];
    assert_eq!((field("OBS_VALUE"), field("CONF_STATUS"), field("CONF_REDIST")), ("", "N", "beta"));
    assert_eq!((field("COMMITMENT"), field("COLL_METHOD")), (of.as_str(), "counted"));

    let key = log_key().to_string();
    let verified = async |copy: &str| {
        json(&server, &["log", "export", copy]).await;
        json(&server, &["verify", copy, "--key", &key, "--openings", &saved]).await
    };
    let counts = |report: &Value| {
        let count = |name: &str| report[name].as_u64().expect("a number");
        [count("commitments"), count("values_opened"), count("values_withheld"), count("values_lawfully_erased")]
    };
    assert_eq!(counts(&verified(&path("copy")).await), [1, 1, 0, 0]);
    let file = Path::new(&saved).join(&of);
    let good = fs::read(&file).expect("an opening");
    let mut bad = good.clone();
    bad[0] ^= 1;
    fs::write(&file, bad).expect("written");
    let (code, _, complained) = hefu(&server, &["verify", &path("copy"), "--key", &key, "--openings", &saved]).await;
    assert!(
        code == Some(4) && complained.contains("error OPENING_WRONG: ") && complained.contains(&of),
        "{complained}"
    );
    fs::write(&file, good).expect("written");

    json(&server, &["value", "erase", &of, "--key", &alpha, "--reason", "as the law asks"]).await;
    let (code, _, complained) = hefu(&server, &["value", "open", &of, "--key", &beta]).await;
    assert!(code == Some(1) && complained.contains("error VALUE_ERASED: "), "{complained}");
    assert_eq!(counts(&verified(&path("later")).await), [1, 0, 0, 1]);
    server.verify_and_stop().await;
}
