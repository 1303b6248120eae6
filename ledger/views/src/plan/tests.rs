use super::*;
use crate::testing::{
    Log, OFFICE, adjusted, code, decimal, indicator as defined, milestone, plan as published, target, task, text,
    trajectory,
};
use crate::{AsOf, Tables};
use hefu_types::event::plan::{Comparator, Direction};

#[test]
fn a_plan_published_again_is_replaced_from_then_on() {
    let mut log = Log::open();
    let before = AsOf::size(hefu_types::Size::new(log.0.len() as u64));
    log.say(OFFICE, [PlanPublished { last_year: 2027, ..published("p") }.into(), published("q").into()]);
    let store = log.store();
    let rows = &*Tables::of(&store).plan;
    let last_year = |as_of| plan(rows, &code("p"), as_of).unwrap().map(|row| row.fact.last_year);
    assert_eq!((last_year(before), last_year(AsOf::LATEST)), (Some(2026), Some(2027)));
    let codes = |as_of| plans(rows, as_of).unwrap().iter().map(|row| row.fact.plan.to_string()).collect::<Vec<_>>();
    assert_eq!((codes(before), codes(AsOf::LATEST)), (vec!["p".to_owned()], vec!["p".to_owned(), "q".to_owned()]));
}

#[test]
fn tasks_and_milestones_keep_to_their_plan() {
    let mut log = Log::open();
    log.say(
        OFFICE,
        [
            task("p", "t1", "one").into(),
            task("p", "t2", "two").into(),
            task("p-2", "t3", "three").into(),
            milestone("p", "m", "done").into(),
        ],
    );
    let store = log.store();
    let rows = &*Tables::of(&store).plan;
    let titles: Vec<_> =
        tasks(rows, &code("p"), AsOf::LATEST).unwrap().into_iter().map(|row| row.fact.title.en.to_string()).collect();
    assert_eq!(titles, ["one", "two"]);
    assert_eq!(milestones(rows, &code("p"), AsOf::LATEST).unwrap().len(), 1);
    assert_eq!(milestones(rows, &code("p-2"), AsOf::LATEST).unwrap().len(), 0);
}

#[test]
fn an_indicator_is_its_newest_definition() {
    let mut log = Log::open();
    let first = defined("i", Direction::Higher, &["52"]);
    let second = IndicatorDefined { decimals: 4, ..first.clone() };
    log.say(OFFICE, [first.into(), defined("j", Direction::Lower, &["52"]).into()]);
    let revised = log.say(OFFICE, [IndicatorRevised { definition: second, reason: text("finer") }.into()]);
    let retired = log.say(OFFICE, [IndicatorRetired { indicator: code("i"), reason: text("over") }.into()]);
    let store = log.store();
    let rows = &*Tables::of(&store).plan;
    let at = |size| indicator(rows, &code("i"), AsOf::size(size)).unwrap().map(|i| (i.definition.decimals, i.retired));
    assert_eq!(at(hefu_types::Size::new(2)), None);
    assert_eq!(at(hefu_types::Size::new(3)), Some((2, false)));
    assert_eq!(at(revised.size()), Some((4, false)));
    assert_eq!(at(retired.size()), Some((4, true)));
    let all = indicators(rows, None, AsOf::LATEST).unwrap();
    assert_eq!(
        all.iter().map(|i| (i.definition.indicator.as_str(), i.retired)).collect::<Vec<_>>(),
        [("i", true), ("j", false)]
    );
    assert_eq!(all[0].origin.seq, revised);
    assert_eq!(indicators(rows, Some(&code("q")), AsOf::LATEST).unwrap(), []);
}

#[test]
fn an_adjusted_target_keeps_where_the_original_stands() {
    let mut log = Log::open();
    let provenance = hefu_types::Provenance { document: text("doc"), section: text("1"), note: text("") };
    let set = TargetSet { provenance: Some(provenance), ..target("i", "52", 2026, Comparator::AtLeast, "10") };
    let stretch = TargetSet { strength: Strength::Stretch, ..target("i", "52", 2026, Comparator::AtLeast, "12") };
    let other = target("i", "5201", 2026, Comparator::AtLeast, "1");
    let at = log.say(OFFICE, [stretch.into(), set.clone().into(), other.into()]);
    let then = log.say(OFFICE, [adjusted(&set, "11").into()]);
    let last = log.say(OFFICE, [adjusted(&set, "9").into()]);
    let store = log.store();
    let rows = &*Tables::of(&store).plan;
    let read = |as_of| targets(rows, &code("i"), &code("52"), as_of).unwrap();
    let of = |targets: Vec<Target>| -> Vec<_> {
        targets.iter().map(|t| (t.value, t.original.map(|o| (o.comparator, o.value, o.origin.seq)))).collect()
    };
    assert_eq!(of(read(AsOf::after(at))), [(decimal("10"), None), (decimal("12"), None)]);
    let first = Some((Comparator::AtLeast, decimal("10"), at));
    assert_eq!(of(read(AsOf::after(then))), [(decimal("11"), first), (decimal("12"), None)]);
    let now = read(AsOf::LATEST);
    assert_eq!((now[0].value, now[0].origin.seq), (decimal("9"), last));
    assert_eq!((now[0].comparator, now[0].reason.as_str()), (Comparator::MoreThan, "too easy"));
    assert_eq!(now[0].provenance, set.provenance);
    assert_eq!(of(now)[0].1, first, "the original is what was set, not what was adjusted last");
}

#[test]
fn a_target_has_the_trajectory_that_was_declared_last() {
    let mut log = Log::open();
    let stretch = TargetSet { strength: Strength::Stretch, ..target("i", "52", 2026, Comparator::AtLeast, "12") };
    log.say(OFFICE, [target("i", "52", 2026, Comparator::AtLeast, "10").into(), stretch.into()]);
    let first = log.say(OFFICE, [trajectory("i", "52", 2026, &[("2024", "1")]).into()]);
    let second = log.say(OFFICE, [trajectory("i", "52", 2026, &[("2024", "2"), ("2025", "3")]).into()]);
    log.say(OFFICE, [trajectory("i", "5201", 2026, &[("2024", "9")]).into()]);
    let store = log.store();
    let rows = &*Tables::of(&store).plan;
    let read = |as_of| -> Vec<_> {
        let targets = targets(rows, &code("i"), &code("52"), as_of).unwrap();
        targets.into_iter().map(|t| t.trajectory.map(|row| (row.origin.seq, row.fact.points.len()))).collect()
    };
    assert_eq!(read(AsOf::after(first)), [Some((first, 1)), None]);
    assert_eq!(read(AsOf::LATEST), [Some((second, 2)), None]);
}
