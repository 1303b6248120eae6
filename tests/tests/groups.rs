//! The working groups of Guizhou's plan, against what its published text says: four special plans, each led by the units at its
//! head. The text prints the responsibility table of the tasks as an image only, so no task names a unit.

use std::process::Command;

use hefu_seeds::Catalogue;
use hefu_tests::TestServer;
use hefu_tests::child::program;
use hefu_tests::world::World;
use serde_json::Value;

/// Part, its tasks, milestones and indicators, and the units at its head, by code.
const GROUPS: [(&str, [u64; 3], &[&str]); 4] = [
    (
        "big-data",
        [23, 7, 23],
        &["big-data-bureau", "communications-administration", "dept-public-security", "party-cyberspace-office"],
    ),
    ("traditional", [14, 9, 6], &["dept-housing", "dept-transport", "dept-water", "energy-bureau"]),
    (
        "smart-apps",
        [21, 7, 14],
        &[
            "big-data-bureau",
            "dept-agriculture",
            "dept-culture-tourism",
            "dept-industry",
            "development-reform-commission",
            "health-commission",
        ],
    ),
    ("innovation", [10, 2, 15], &["dept-science"]),
];

/// Events of one submission.
const BATCH: usize = 100;

fn guizhou() -> World {
    let (mut world, plan) = (World::opened(), Catalogue::guizhou().expect("the plan"));
    for unit in plan.admissions().expect("units") {
        let admission = world.admission(unit.member.as_str());
        world.say("office-1", vec![admission.into()]);
    }
    for batch in plan.plan_events().expect("events").chunks(BATCH) {
        world.say("office-1", batch.to_vec());
    }
    world
}

async fn rows(address: &str, args: &[&str]) -> Vec<Value> {
    let mut command = Command::new(program("hefu"));
    command.args(["--output", "json", "--server", address, "plan", "groups"]).args(args);
    let output = tokio::task::spawn_blocking(move || command.output().expect("a program")).await.expect("joined");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("rows")
}

/// `part unit`
fn places(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| format!("{} {}", row["part"].as_str().unwrap(), row["unit"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_special_plans_of_guizhou_have_the_groups_that_its_text_names() {
    let world = guizhou();
    let last = world.entries.len() as u64 - 1;
    let server = TestServer::with(&world).await;
    let address = format!("http://{}", server.server.address());
    let all = rows(&address, &["--plan", "guizhou", "--min-seq", &last.to_string()]).await;
    let expected: Vec<String> =
        GROUPS.iter().flat_map(|(part, _, units)| units.iter().map(move |unit| format!("{part} {unit}"))).collect();
    assert_eq!(places(&all), expected);
    for row in &all {
        let (_, [tasks, milestones, indicators], _) = GROUPS.iter().find(|(part, ..)| row["part"] == *part).unwrap();
        assert_eq!(row["leads_part"], true, "{row}");
        let counts = ["part_tasks", "part_milestones", "part_indicators", "milestones_led", "indicators_led"];
        let counts = counts.map(|name| row[name].as_u64().unwrap());
        assert_eq!(counts, [*tasks, *milestones, *indicators, *milestones, *indicators], "{row}");
        assert_eq!((&row["tasks_led"], &row["tasks_supported"]), (&0.into(), &0.into()), "{row}");
        assert_eq!(row["name_en"], row["unit"], "the member's name");
    }
    // A unit asks which groups it is in; before the plan was published it was in none.
    let own = rows(&address, &["--unit", "big-data-bureau"]).await;
    assert_eq!(places(&own), ["big-data big-data-bureau", "smart-apps big-data-bureau"]);
    assert_eq!(places(&rows(&address, &["--unit", "dept-finance"]).await), [""; 0]);
    assert_eq!(places(&rows(&address, &["--as-of", "28"]).await), [""; 0]);
    server.verify_and_stop().await;
}
