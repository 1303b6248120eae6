//! Targets over areas: what ten areas amount to, what is missing, what was known when; and that an export replays to the same.

use std::fs;
use std::process::{Command, Output};

use hefu_client::keyfile;
use hefu_proto::v1;
use hefu_tests::child::program;
use hefu_tests::witness::log_key;
use hefu_tests::world::{World, code, indicator, keys, name, observation, target};
use hefu_tests::{Signer, TestServer};
use hefu_types::event::plan::{
    Area, Comparator, Direction, IndicatorDefined, Measure, PlanPart, PlanPublished, RollUp, TargetSet,
};
use hefu_types::event::reporting::ObservationReported;
use hefu_types::{Event, Reason};
use serde_json::Value;
use tempfile::TempDir;

const TEN: [&str; 10] =
    ["520100", "520200", "520300", "520400", "520500", "520600", "520700", "522300", "522600", "522700"];

/// A server with plan `ten`: a province, ten areas that make it, and one that overlaps them.
struct Scene {
    server: TestServer,
    address: String,
    reporter: Signer,
    dir: TempDir,
}

/// `built` is summed over the areas; the province is to reach 1,000 by the end of 2024, each area 90.
fn plan_events() -> Vec<Event> {
    let area = |c: &str, parent: Option<&str>, overlaps| Area {
        code: code(c),
        name: name(c),
        parent: parent.map(code),
        overlaps,
    };
    let below = TEN.map(|c| area(c, Some("520000"), false));
    let areas = [vec![area("520000", None, false)], below.to_vec(), vec![area("520000-new", Some("520000"), true)]];
    let plan = PlanPublished {
        plan: code("ten"),
        title: name("ten areas"),
        issuer: name("office"),
        first_year: 2022,
        last_year: 2024,
        parts: vec![PlanPart { code: code("main"), title: name("main part"), lead_units: vec![] }],
        areas: areas.concat(),
        provenance: None,
    };
    let built = indicator("built", Measure::Stock, Direction::Higher, RollUp::Sum, 0, &["alpha"]);
    let built =
        IndicatorDefined { plan: code("ten"), areas: plan.areas.iter().map(|a| a.code.clone()).collect(), ..built };
    let above = target("built", Comparator::AtLeast, "1000");
    let targets = TEN.map(|c| Event::from(TargetSet { area: code(c), ..target("built", Comparator::AtLeast, "90") }));
    [vec![plan.into(), built.into(), above.into()], targets.to_vec()].concat()
}

fn built(area: &str, period: &str, value: u32) -> Event {
    ObservationReported { area: code(area), ..observation("built", period, &value.to_string()) }.into()
}

impl Scene {
    async fn new() -> Self {
        let mut world = World::planned();
        world.say("office-1", plan_events());
        let server = TestServer::with(&world).await;
        let reporter = world.signer("alpha-reporter").clone();
        let (address, dir) = (format!("http://{}", server.server.address()), tempfile::tempdir().unwrap());
        let scene = Self { server, address, reporter, dir };
        keyfile::create(&scene.dir.path().join("office.pem"), &keys("office-2"), None).unwrap();
        scene
    }

    /// Reports, and gives the position.
    async fn report(&mut self, events: Vec<Event>) -> u64 {
        let signed = self.reporter.sign(events);
        self.server.submit(&signed).await.expect("recorded");
        self.server.server.journal().head().size.get() - 1
    }

    /// Runs `hefu` with JSON output, off the threads of the server.
    async fn hefu(&self, args: &[&str]) -> Output {
        let mut command = Command::new(program("hefu"));
        command.args(["--output", "json", "--server", &self.address]).args(args).current_dir(self.dir.path());
        tokio::task::spawn_blocking(move || command.output().expect("a program")).await.unwrap()
    }

    async fn good(&self, args: &[&str]) -> Value {
        let output = self.hefu(args).await;
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// The province's row on the board at a moment.
    async fn province(&self, seq: u64) -> Value {
        let seq = seq.to_string();
        let rows = self.good(&["board", "--plan", "ten", "--area", "520000", "--as-of", &seq, "--min-seq", &seq]).await;
        assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
        rows[0].clone()
    }

    fn table(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.dir.path().join("tables").join(name)).unwrap()).unwrap()
    }
}

/// Texts of a row; empty for none.
fn of<const N: usize>(row: &Value, columns: [&str; N]) -> [String; N] {
    columns.map(|column| row[column].as_str().unwrap_or_default().to_owned())
}

const SHOWN: [&str; 5] = ["value", "period", "areas", "status", "attained_percent"];

#[tokio::test(flavor = "multi_thread")]
async fn eight_of_ten_areas_are_no_province() {
    let mut scene = Scene::new().await;
    let early = TEN[..8].iter().map(|area| built(area, "2023", 50)).chain([built("520000-new", "2023", 7_000)]);
    let eight = scene.report(early.collect()).await;
    let partial = scene.province(eight).await;
    assert_eq!(of(&partial, SHOWN), ["400", "2023", "8 of 10", "no_report", ""]);
    assert_eq!(partial["missing"], serde_json::json!(["522600", "522700"]));

    // Late ones arrive. On day 729 of 1,095 the line from zero is at 665.75….
    let ten = scene.report(vec![built("522600", "2023", 50), built("522700", "2023", 160)]).await;
    let whole = scene.province(ten).await;
    assert_eq!(of(&whole, SHOWN), ["610", "2023", "10 of 10", "at_risk", "61.00"]);
    assert_eq!(of(&whole, ["expected", "forecast", "forecast_method"]), ["666", "916", "linear"]);
    assert_eq!(scene.province(eight).await, partial, "what was known then");

    let rolled = scene.good(&["roll-up", "built", "--area", "520000"]).await;
    assert_eq!(of(&rolled, ["value", "roll_up", "difference"]), ["610", "sum", ""]);
    let parts = rolled["parts"].as_array().unwrap();
    assert_eq!(parts.iter().map(|part| part["area"].as_str().unwrap()).collect::<Vec<_>>(), TEN);
    let from: Vec<&Value> = parts.iter().map(|part| &part["seq"]).collect();
    assert_eq!((from[0], from[7], from[8], from[9]), (&eight.into(), &eight.into(), &ten.into(), &ten.into()));
    let then = scene.good(&["roll-up", "built", "--area", "520000", "--as-of", &eight.to_string()]).await;
    assert_eq!(then["missing"], partial["missing"]);
    let behind = scene.good(&["explain", "built", "--area", "520000"]).await;
    let roles = behind["evidence"].as_array().unwrap().iter().filter(|evidence| evidence["role"] == "part");
    assert_eq!((roles.count(), &behind["value"]), (10, &Value::from("610")));

    // What the province says itself is shown, beside what the areas say.
    let own = scene.report(vec![built("520000", "2023", 600)]).await;
    assert_eq!(of(&scene.province(own).await, ["value", "areas"]), ["600", ""]);
    let rolled = scene.good(&["roll-up", "built", "--area", "520000", "--period", "2023"]).await;
    assert_eq!(of(&rolled, ["value", "own_value", "difference"]), ["610", "600", "-10"]);
    scene.server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_are_checked_adjusted_and_replayed() {
    let mut scene = Scene::new().await;
    scene.report(TEN.map(|area| built(area, "2023", 20)).to_vec()).await;
    let short = scene.good(&["target", "check", "--plan", "ten"]).await;
    assert_eq!(short.as_array().map(Vec::len), Some(1), "{short}");
    assert_eq!(of(&short[0], ["rolled_up", "gap", "verdict"]), ["900", "100", "short"]);

    let to = [
        "--key",
        "office.pem",
        "--indicator",
        "built",
        "--area",
        "520000",
        "--year",
        "2024",
        "--reason",
        "a late start",
    ];
    let adjusted = scene.good(&[&["target", "adjust", "--to", ">=900"], &to[..]].concat()).await;
    let way = ["target", "trajectory", "--point", "2022=50", "--point", "2023=200"];
    let declared = scene.good(&[&way, &to[..]].concat()).await["seq"].as_u64().unwrap();
    let row = scene.province(declared).await;
    assert_eq!(
        of(&row, ["target", "original_value", "adjustment_reason"]),
        ["≥ 900 (was ≥ 1000)", "1000", "a late start"]
    );
    assert_eq!(of(&row, ["status", "expected"]), ["on_track", "200"]);
    assert_eq!(row["trajectory"], serde_json::json!(["2022: 50", "2023: 200"]));
    let straight = scene.province(adjusted["seq"].as_u64().unwrap()).await;
    assert_eq!(of(&straight, ["status", "expected"]), ["behind", "599"]);
    let checked = scene.good(&["target", "check", "--plan", "ten", "--min-seq", &declared.to_string()]).await;
    assert_eq!(of(&checked[0], ["gap", "verdict"]), ["0", "reached"]);

    let refused = scene.hefu(&[&["target", "trajectory", "--point", "2024=900"], &to[..]].concat()).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("TRAJECTORY_INVALID"));

    scene.good(&["log", "export", "copy"]).await;
    scene.good(&["verify", "copy", "--key", &log_key().to_string()]).await;
    scene.good(&["replay", "copy", "--to", "tables"]).await;
    assert_eq!(scene.table("board.json"), scene.good(&["board"]).await);
    assert_eq!(scene.table("targets.json"), scene.good(&["target", "check"]).await);
    scene.server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_up_of_nothing_is_told_apart() {
    let mut scene = Scene::new().await;
    let views = &mut scene.server.views;
    let mut ask = async |indicator: &str, area: &str, period: &str| {
        let (indicator, area, period) = (indicator.into(), area.into(), period.into());
        let request = v1::GetRollUpRequest { indicator, area, period, as_of: None, min_seq: 0 };
        let answer = views.get_roll_up(request).await.map_err(|status| hefu_proto::status::from_status(&status));
        answer.map(|answer| answer.into_inner().rolled_up).map_err(|refusal| refusal.unwrap().reason)
    };
    assert_eq!(ask("none", "520000", "").await, Err(Reason::IndicatorNotFound));
    assert_eq!(ask("built", "none", "").await, Err(Reason::AreaUnknown));
    assert_eq!(ask("built", "520000", "2024-H3").await, Err(Reason::PeriodInvalid));
    assert_eq!(ask("built", "520000", "").await, Ok(None), "nothing was reported");
    assert_eq!(ask("built", "520100", "2023").await, Ok(None), "it has no areas");
    assert_eq!(ask("pue", "520000", "2023").await, Ok(None), "it does not roll up");
    let nothing = ask("built", "520000", "2023").await.unwrap().unwrap();
    assert_eq!((nothing.expected, nothing.missing.len(), nothing.value), (10, 10, None));
    let refused = scene.hefu(&["roll-up", "built", "--area", "520000"]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("OBSERVATION_NOT_FOUND"));
    scene.server.verify_and_stop().await;
}
