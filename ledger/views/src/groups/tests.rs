use super::*;
use crate::testing::{Log, OFFICE, code, indicator, milestone, name, plan, task};
use hefu_types::event::plan::{Direction, IndicatorDefined, IndicatorRetired, MilestoneSet, PlanPart, TaskDefined};
use hefu_types::{Event, Text};

fn codes(units: &[&str]) -> Vec<Code> {
    units.iter().map(|unit| code(unit)).collect()
}

/// Two parts: `main` is led by nobody, `apps` by `a`.
fn log() -> Log {
    let mut log = Log::open();
    let part = |part: &str, units| PlanPart { code: code(part), title: name(part), lead_units: codes(units) };
    let published =
        hefu_types::event::plan::PlanPublished { parts: vec![part("main", &[]), part("apps", &["a"])], ..plan("q") };
    let task = |of: &str, part: &str, leads: &[&str], supports: &[&str]| TaskDefined {
        part: code(part),
        lead_units: codes(leads),
        supporting_units: codes(supports),
        ..task("q", of, of)
    };
    let leading = |of: &str| IndicatorDefined {
        plan: code("q"),
        part: code("apps"),
        lead_units: codes(&["a", "c"]),
        ..indicator(of, Direction::Higher, &["52"])
    };
    log.say(
        OFFICE,
        [
            published.into(),
            task("t1", "apps", &["a"], &["b", "c"]).into(),
            task("t2", "apps", &["b"], &["c"]).into(),
            task("t3", "main", &[], &[]).into(),
            MilestoneSet { part: code("apps"), lead_units: codes(&["a"]), ..milestone("q", "m", "done") }.into(),
            leading("i").into(),
            Event::from(leading("j")),
        ],
    );
    log.say(OFFICE, [IndicatorRetired { indicator: code("j"), reason: Text::default() }.into()]);
    log
}

#[test]
fn a_group_is_who_leads_and_supports() {
    let store = log().store();
    let groups = list(&Tables::of(&store), Some(&code("q")), None, AsOf::LATEST).unwrap();
    let [main, apps] = &groups[..] else { panic!("{groups:?}") };
    assert_eq!((main.part.as_str(), main.tasks, main.units.len()), ("main", 1, 0));
    assert_eq!((apps.part.as_str(), apps.tasks, apps.milestones, apps.indicators), ("apps", 2, 1, 1));
    let unit = |leads_part, tasks_led, tasks_supported, milestones_led, indicators_led| GroupUnit {
        leads_part,
        tasks_led,
        tasks_supported,
        milestones_led,
        indicators_led,
    };
    let expected = [
        (code("a"), unit(true, 1, 0, 1, 1)),
        (code("b"), unit(false, 1, 1, 0, 0)),
        (code("c"), unit(false, 0, 2, 0, 1)),
    ];
    assert_eq!(apps.units, BTreeMap::from(expected));
}

#[test]
fn a_unit_finds_its_groups_at_any_moment() {
    let log = log();
    let store = log.store();
    let tables = Tables::of(&store);
    let parts = |unit: &str, as_of| {
        let groups = list(&tables, None, Some(&code(unit)), as_of).unwrap();
        groups.iter().map(|group| group.part.to_string()).collect::<Vec<_>>()
    };
    assert_eq!((parts("c", AsOf::LATEST), parts("d", AsOf::LATEST)), (vec!["apps".to_owned()], vec![]));
    assert_eq!(parts("c", AsOf::after(log.0[1].seq)), Vec::<String>::new());
    let before = list(&tables, Some(&code("q")), None, AsOf::after(log.0[2].seq)).unwrap();
    assert_eq!(before[1].indicators, 2, "before one was retired");
}
