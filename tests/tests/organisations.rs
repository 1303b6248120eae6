//! Organisations as they are: one unit reports for another, keys are replaced while both work, and one is stolen. Played with the
//! commands that people type, against a real server; what a replay of the export says at the end is what the server says.

use std::path::PathBuf;
use std::process::{Command, Output};

use hefu_client::keyfile;
use hefu_tests::TestServer;
use hefu_tests::child::program;
use hefu_tests::witness::log_key;
use hefu_tests::world::{World, code, keys};
use hefu_types::event::cycle::ReportingCycleOpened;
use hefu_types::event::membership::Role;
use hefu_types::{Millis, Size};
use serde_json::Value;
use tempfile::TempDir;

/// Keys that have said nothing yet: whoever has said something goes on with the outbox that it was said with.
const KEYS: [(&str, &str, &[Role]); 8] = [
    ("office", "office-chief", &[Role::Admin, Role::Office]),
    ("alpha", "alpha-chief", &[Role::Admin]),
    ("alpha", "alpha-approver", &[Role::Approver]),
    ("beta", "beta-chief", &[Role::Admin]),
    ("beta", "beta-approver", &[Role::Approver]),
    ("gamma", "gamma-auditor", &[Role::Auditor]),
    ("alpha", "alpha-reporter", &[]),
    ("beta", "beta-reporter", &[]),
];

struct Stage {
    server: TestServer,
    folder: TempDir,
}

impl Stage {
    /// `alpha` reports `flow` in the cycle `c`, whose reports `beta` may accept; `gamma` has an auditor.
    async fn new() -> Self {
        let mut world = World::planned();
        world.say("office-1", vec![world.admission("gamma").into()]);
        for (member, name, roles) in KEYS.into_iter().filter(|(_, _, roles)| !roles.is_empty()) {
            let key = world.enrolment(member, name, roles);
            let admin = if member == "office" { "office-1".to_owned() } else { format!("{member}-admin") };
            world.say(&admin, vec![key.into()]);
        }
        let cycle = ReportingCycleOpened {
            cycle: code("c"),
            plan: code("test"),
            period: "2024".parse().unwrap(),
            opens_at: Millis::new(1),
            due_at: Millis::new(2),
            locks_at: Millis::new(9_000_000_000_000),
            indicators: vec![code("flow")],
            units: vec![code("alpha")],
            accepting_units: vec![code("beta")],
        };
        world.say("office-1", vec![cycle.into()]);
        let (server, folder) = (TestServer::with(&world).await, tempfile::tempdir().unwrap());
        for (_, name, _) in KEYS {
            keyfile::create(&folder.path().join(format!("{name}.pem")), &keys(name), None).unwrap();
        }
        Self { server, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn head(&self) -> Size {
        self.server.server.journal().head().size
    }

    async fn run(&self, line: &str) -> Output {
        let mut command = Command::new(program("hefu"));
        let server = format!("http://{}", self.server.server.address());
        command.args(["--output", "json", "--server", &server]).args(line.split(' ')).current_dir(self.folder.path());
        tokio::task::spawn_blocking(move || command.output().expect("a program")).await.unwrap()
    }

    /// What a command that is to succeed prints.
    async fn good(&self, line: &str) -> Value {
        let output = self.run(line).await;
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// What a question answers, once the views have seen all that was recorded.
    async fn seen(&self, line: &str) -> Value {
        self.good(&format!("{line} --min-seq {}", self.head().last_seq().unwrap())).await
    }

    /// A command that is to be refused with a code.
    async fn refused(&self, line: &str, code: &str) {
        let output = self.run(line).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(code), "{line}: {said}");
    }

    /// The end of every story: the export verifies, and replayed it shows what the server does.
    async fn end(self, tables: &[(&str, &str)]) {
        self.good("log export copy").await;
        self.good(&format!("verify copy --key {}", log_key())).await;
        self.good("replay copy --to tables").await;
        for (table, line) in tables {
            let replayed: Value =
                serde_json::from_slice(&std::fs::read(self.path("tables").join(table)).unwrap()).unwrap();
            assert_eq!(replayed, self.seen(line).await, "{table}");
        }
        self.server.verify_and_stop().await;
    }
}

const OBSERVED: &str = "submit --key beta-reporter.pem --on-behalf-of alpha --indicator flow --area 520000";

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_reports_for_another_until_one_of_them_ends_it() {
    let stage = Stage::new().await;
    let first = format!("{OBSERVED} --period 2024 --value 5");
    stage.refused(&first, "NOT_DELEGATED").await;
    stage.refused("report submit c --key beta-reporter.pem --on-behalf-of alpha", "REPORT_EMPTY").await;
    let until = "--until 2280-01-01 --reason moving";
    stage.good(&format!("delegation grant alpha beta --key alpha-chief.pem {until}")).await;
    stage.good(&first).await;
    stage.good("report submit c --key beta-reporter.pem --on-behalf-of alpha").await;
    let shown = stage.seen("series flow").await;
    assert_eq!((&shown[0]["member"], &shown[0]["delegate"]), (&"alpha".into(), &"beta".into()));
    let explained = stage.seen("explain flow --area 520000").await;
    assert!(explained.to_string().contains("alpha lets beta report all that it reports"), "{explained}");
    // What another reported for it, the unit stands for itself; and who reported it does not take it.
    stage.refused("report approve c --key beta-approver.pem --content auto", "REPORT_NOT_FOUND").await;
    stage.good("report approve c --key alpha-approver.pem --content auto").await;
    stage.refused("report accept c alpha --key beta-approver.pem --content auto", "OWN_REPORT").await;
    stage.good("report accept c alpha --key office-chief.pem --content auto").await;
    let listed = stage.seen("delegation list --unit beta").await;
    assert_eq!(listed[0]["holds"], true);
    let named = listed[0]["delegation"].as_str().unwrap().to_owned();
    stage
        .refused(&format!("delegation end alpha beta {named} --key office-chief.pem --reason x"), "MEMBER_MISMATCH")
        .await;
    stage.good(&format!("delegation end alpha beta {named} --key beta-chief.pem --reason done")).await;
    stage.refused(&format!("{OBSERVED} --period 2023 --value 5"), "NOT_DELEGATED").await;
    let ended = stage.seen("delegation list").await;
    assert_eq!((&ended[0]["holds"], &ended[0]["end_reason"]), (&false.into(), &"done".into()));
    assert_eq!(stage.seen("series flow").await, shown, "an end does not touch what stands");
    stage.end(&[("delegations.json", "delegation list"), ("series/flow.json", "series flow --history")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_file_are_reported_for_the_unit_that_is_given() {
    let stage = Stage::new().await;
    stage
        .good("delegation grant alpha beta --key alpha-chief.pem --indicator flow --until 2280-01-01 --reason x")
        .await;
    std::fs::write(stage.path("rows.csv"), "indicator,area,period,value\nflow,520000,2021,1\nflow,520100,2021,2\n")
        .unwrap();
    stage.good("submit --key beta-reporter.pem --on-behalf-of alpha --csv rows.csv").await;
    let members: Vec<Value> =
        stage.seen("series flow").await.as_array().unwrap().iter().map(|row| row["member"].clone()).collect();
    assert_eq!(members, ["alpha", "alpha"]);
    // Not all that the unit reports: its report is not the delegate's to submit.
    stage.good(&format!("{OBSERVED} --period 2024 --value 5")).await;
    stage.refused("report submit c --key beta-reporter.pem --on-behalf-of alpha", "MEMBER_MISMATCH").await;
    stage.end(&[("series/flow.json", "series flow --history")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_while_both_work() {
    let stage = Stage::new().await;
    let by = |key: &str, year: u32| {
        format!("submit --key {key}.pem --indicator flow --area 520000 --period {year} --value 1")
    };
    stage.good("key new new.pem").await;
    stage.good("key request --key new.pem --member alpha --role reporter --holder second -o new.json").await;
    stage.good("key enrol --key alpha-chief.pem --request new.json").await;
    stage.good(&by("alpha-reporter", 2020)).await;
    stage.good(&by("new", 2021)).await;
    let old = keys("alpha-reporter").public();
    stage.good(&format!("key revoke --key alpha-chief.pem {old} --reason superseded")).await;
    stage.refused(&by("alpha-reporter", 2022), "KEY_REVOKED").await;
    stage.good(&by("new", 2022)).await;
    assert_eq!(stage.seen("key flagged").await, Value::Array(vec![]), "what it said in peace is not doubted");
    stage.end(&[("series/flow.json", "series flow --history")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stolen_key_said_waits_for_somebody_to_look_at_it() {
    let stage = Stage::new().await;
    let said = |period: &str, value: u32| {
        let cell = format!("--indicator flow --area 520000 --period {period} --value {value}");
        format!("submit --key alpha-reporter.pem {cell}")
    };
    stage.good(&said("2022", 1)).await;
    let stolen = stage.head().next_seq();
    stage.good(&said("2023", 7)).await;
    stage.good(&said("2024", 8)).await;
    stage.good("report submit c --key alpha-reporter.pem").await;
    let before = stage.head().last_seq().unwrap();
    let key = keys("alpha-reporter").public();
    let since = format!("--reason compromised --since-seq {stolen}");
    stage.good(&format!("key revoke --key alpha-chief.pem {key} {since}")).await;
    let flagged = stage.seen("key flagged --unit alpha").await;
    let rows: Vec<(&str, &str)> =
        flagged.as_array().unwrap().iter().map(|row| (text(row, "what"), text(row, "period"))).collect();
    assert_eq!(rows, [("observation", "2023"), ("observation", "2024"), ("submitted", "")]);
    assert_eq!(stage.seen(&format!("key flagged --as-of {before}")).await, Value::Array(vec![]), "nobody knew");
    let shown = stage.seen("series flow").await;
    let doubted: Vec<bool> = shown.as_array().unwrap().iter().map(|row| row["key_compromised"] == true).collect();
    assert_eq!(doubted, [false, true, true]);
    let attest = |period: &str, opinion: &str| {
        let cell = format!("--indicator flow --area 520000 --period {period} --observation auto");
        format!("attest --key gamma-auditor.pem {cell} --opinion {opinion} --reason looked")
    };
    stage.good(&attest("2023", "unqualified")).await;
    stage.good(&attest("2024", "adverse")).await;
    let flagged = stage.seen("key flagged").await;
    let again: Vec<(bool, &str, &str)> = flagged
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["reattested"] == true, text(row, "opinion"), text(row, "auditor")))
        .collect();
    assert_eq!(again, [(true, "unqualified", "gamma"), (false, "adverse", "gamma"), (false, "", "")]);
    // The unit corrects what was wrong, with another key, and reports again: nothing but what was attested is left.
    stage.good("key new new.pem").await;
    stage.good("key request --key new.pem --member alpha --role reporter --holder second -o new.json").await;
    stage.good("key enrol --key alpha-chief.pem --request new.json").await;
    let cell = "--indicator flow --area 520000 --period 2024";
    stage.good(&format!("submit --key new.pem {cell} --value 6 --supersedes auto --reason stolen")).await;
    stage.good("report return c alpha --key alpha-approver.pem --reason stolen").await;
    let left = stage.seen("key flagged").await;
    let left: Vec<(&str, &str)> =
        left.as_array().unwrap().iter().map(|row| (text(row, "what"), text(row, "period"))).collect();
    assert_eq!(left, [("observation", "2023")]);
    stage.end(&[("series/flow.json", "series flow --history"), ("reports.json", "report status")]).await;
}

fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row[column].as_str().unwrap()
}
