//! What is for people follows the language; what is for programs does not, byte by byte.

use std::process::{Command, Output};

use hefu_tests::TestServer;
use hefu_tests::child::program;
use hefu_tests::world::{World, code, indicator, observation, text};
use hefu_types::event::cycle::ReportingCycleOpened;
use hefu_types::event::plan::{Direction, IndicatorRevised, Measure, RollUp};
use hefu_types::{Millis, Name};

/// Questions of every kind.
const QUESTIONS: [&[&str]; 14] = [
    &["board"],
    &["due"],
    &["report", "status"],
    &["report", "show", "c", "alpha"],
    &["report", "rates"],
    &["cycle", "list"],
    &["series", "stock"],
    &["explain", "stock"],
    &["member", "list"],
    &["member", "show", "alpha"],
    &["plan", "list"],
    &["plan", "groups"],
    &["challenge", "list"],
    &["diff", "--from", "1970-01-01"],
];

/// A plan whose indicator has a name in both languages, an observation, and a cycle.
fn world() -> World {
    let mut world = World::planned();
    let named = Name { zh: text("累计建成5G基站"), en: text("5G base stations") };
    let stock = indicator("stock", Measure::Stock, Direction::Higher, RollUp::Sum, 0, &["alpha", "beta"]);
    let definition = hefu_types::event::plan::IndicatorDefined { name: named, ..stock };
    world.say("office-1", vec![IndicatorRevised { definition, reason: text("named") }.into()]);
    world.say("alpha-reporter", vec![observation("stock", "2024", "840").into()]);
    let opened = ReportingCycleOpened {
        cycle: code("c"),
        plan: code("test"),
        period: "2024".parse().expect("a year"),
        opens_at: Millis::new(1),
        due_at: Millis::new(2),
        locks_at: Millis::new(i64::MAX / 1_000_000),
        indicators: vec![code("stock")],
        units: vec![code("alpha"), code("beta")],
        accepting_units: vec![],
    };
    world.say("office-1", vec![opened.into()]);
    world
}

async fn hefu(address: &str, args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program("hefu"));
    command.args(["--server", address]).args(args);
    for name in ["HEFU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied());
    tokio::task::spawn_blocking(move || command.output().expect("a program")).await.expect("joined")
}

async fn said(address: &str, args: &[&str], environment: &[(&str, &str)]) -> String {
    let output = hefu(address, args, environment).await;
    String::from_utf8([output.stdout, output.stderr].concat()).expect("text")
}

/// Columns that a text takes on a terminal: two for a Chinese character.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if ('\u{2e80}'..'\u{ffe7}').contains(&c) { 2 } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn json_and_csv_are_the_same_bytes_in_both_languages() {
    let world = world();
    let server = TestServer::with(&world).await;
    let address = format!("http://{}", server.server.address());
    // The views have seen everything before the first answer is compared.
    let last = (world.entries.len() - 1).to_string();
    assert!(hefu(&address, &["board", "--min-seq", &last], &[]).await.status.success());
    for question in QUESTIONS {
        let mut tables = vec![];
        for form in ["json", "csv", "table"] {
            let mut answers = vec![];
            for lang in ["en", "zh"] {
                let args = [question, &["--output", form, "--lang", lang]].concat();
                let output = hefu(&address, &args, &[]).await;
                assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
                answers.push(String::from_utf8(output.stdout).expect("text"));
            }
            match form {
                "table" => tables = answers,
                _ => assert_eq!(answers[0], answers[1], "{question:?} {form}"),
            }
        }
        assert_ne!(tables[0], tables[1], "{question:?}");
    }
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_notes_errors_and_help_follow_the_language() {
    let world = world();
    let server = TestServer::with(&world).await;
    let address = format!("http://{}", server.server.address());
    let last = (world.entries.len() - 1).to_string();
    let board = said(&address, &["board", "--lang", "zh", "--min-seq", &last], &[]).await;
    for word in ["指标代码", "名称", "累计建成5G基站", "未填报", "截至规模"] {
        assert!(board.contains(word), "{word}: {board}");
    }
    let row = board.lines().find(|line| line.contains("累计建成5G基站")).expect("a row");
    let rule = board.lines().find(|line| line.contains('─')).expect("a line");
    let header = board.lines().find(|line| line.contains("指标代码")).expect("a header");
    assert!([row, header].iter().all(|line| columns(line) <= columns(rule)), "{board}");
    let before = |line: &str, what: &str| columns(&line[..line.find(what).expect("it")]);
    assert_eq!(before(header, "名称"), before(row, "累计建成5G基站"), "{board}");

    let english = said(&address, &["board", "--lang", "en"], &[]).await;
    assert!(english.contains("5G base stations") && english.contains("as of size"), "{english}");
    assert!(!english.contains("累计"), "{english}");

    let refused = ["board", "--plan", "none"];
    let chinese = said(&address, &refused, &[("LANG", "zh_CN.UTF-8")]).await;
    assert!(chinese.contains("错误 PLAN_UNKNOWN：规划不存在。") && chinese.contains("详情  no plan none"), "{chinese}");
    let english = said(&address, &refused, &[("LANG", "zh_CN.UTF-8"), ("HEFU_LANG", "en")]).await;
    assert!(english.contains("error PLAN_UNKNOWN: no plan none"), "{english}");
    assert!(said(&address, &["help"], &[("LC_ALL", "zh_TW")]).await.contains("看板"));
    assert!(said(&address, &["help"], &[("LC_ALL", "C"), ("LANG", "zh_CN")]).await.contains("Show every indicator"));
    server.verify_and_stop().await;
}
