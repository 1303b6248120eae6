use super::*;
use crate::testing::{Log, OFFICE, area, code, decimal, indicator as defined, plan as published, target};
use hefu_types::Event;
use hefu_types::event::plan::{Comparator, IndicatorDefined, Measure, PlanPublished, Strength, TargetSet};

/// Areas `a`, `b` and `c` make 52, which has a target; so do some of them.
fn checked_of(method: RollUp, direction: Direction, above: &str, below: &[(&str, &str)]) -> TargetCheck {
    let mut log = Log::open();
    let areas = vec![area("52", ""), area("a", "52"), area("b", "52"), area("c", "52")];
    let weight = (method == RollUp::WeightedMean).then(|| code("w"));
    let all = ["52", "c", "b", "a"];
    let rolled = IndicatorDefined { roll_up: method, weight, measure: Measure::Stock, ..defined("i", direction, &all) };
    log.say(OFFICE, [PlanPublished { areas, ..published("p") }.into(), rolled.into()]);
    let comparator = if direction == Direction::Higher { Comparator::MoreThan } else { Comparator::AtMost };
    let goal = |(area, value): &(&str, &str)| Event::from(target("i", area, 2026, comparator, value));
    let stretch = TargetSet { strength: Strength::Stretch, ..target("i", "a", 2026, comparator, "1000") };
    let other = target("i", "b", 2025, comparator, "1000");
    log.say(OFFICE, [goal(&("52", above)), stretch.into(), other.into()]);
    log.say(OFFICE, below.iter().map(goal));
    let store = log.store();
    let mut found = check(&Tables::of(&store), Some(&code("p")), AsOf::LATEST).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn verdict_of(method: RollUp, direction: Direction, above: &str, below: &[(&str, &str)]) -> Verdict {
    checked_of(method, direction, above, below).verdict
}

#[test]
fn a_sum_of_targets_is_held_against_the_one_above() {
    let got = checked_of(RollUp::Sum, Direction::Higher, "100", &[("a", "50"), ("b", "30.5"), ("c", "19")]);
    assert_eq!((got.rolled_up, got.gap, got.verdict), (Some(decimal("99.5")), Some(decimal("0.5")), Verdict::Short));
    assert_eq!((got.area.as_str(), got.parts.len(), got.missing.len()), ("52", 3, 0));
    let got = checked_of(RollUp::Sum, Direction::Higher, "100", &[("a", "50"), ("b", "30"), ("c", "20")]);
    assert_eq!((got.gap, got.verdict), (Some(decimal("0")), Verdict::Reached));
    let got = checked_of(RollUp::Sum, Direction::Lower, "10", &[("a", "5"), ("b", "3"), ("c", "3")]);
    assert_eq!((got.gap, got.verdict), (Some(decimal("1")), Verdict::Short));
    assert_eq!(
        verdict_of(RollUp::Sum, Direction::Lower, "11", &[("a", "5"), ("b", "3"), ("c", "3")]),
        Verdict::Reached
    );
}

#[test]
fn a_missing_target_is_named_and_not_taken_for_zero() {
    for (above, below) in [("100", "50"), ("40", "50")] {
        let got = checked_of(RollUp::Sum, Direction::Higher, above, &[("b", below)]);
        assert_eq!(got.verdict, Verdict::Incomplete);
        assert_eq!(got.missing, [code("a"), code("c")]);
    }
    let got = checked_of(RollUp::Sum, Direction::Higher, "100", &[]);
    assert_eq!((got.rolled_up, got.gap, got.verdict), (None, None, Verdict::Incomplete));
}

#[test]
fn the_largest_target_decides_as_soon_as_it_can() {
    use Direction::{Higher, Lower};
    let max = |direction, below: &[(&str, &str)]| verdict_of(RollUp::Max, direction, "10", below);
    assert_eq!(max(Higher, &[("a", "10")]), Verdict::Reached);
    assert_eq!(max(Higher, &[("a", "9")]), Verdict::Incomplete);
    assert_eq!(max(Higher, &[("a", "9"), ("b", "8"), ("c", "7")]), Verdict::Short);
    assert_eq!(max(Lower, &[("a", "11")]), Verdict::Short);
    assert_eq!(max(Lower, &[("a", "9")]), Verdict::Incomplete);
    assert_eq!(max(Lower, &[("a", "9"), ("b", "8"), ("c", "10")]), Verdict::Reached);
}

#[test]
fn a_mean_and_the_last_lie_between_the_smallest_and_the_largest() {
    for method in [RollUp::WeightedMean, RollUp::Last] {
        let of = |below: &[(&str, &str)]| verdict_of(method, Direction::Higher, "10", below);
        assert_eq!(of(&[("a", "10"), ("b", "11"), ("c", "12")]), Verdict::Reached);
        assert_eq!(of(&[("a", "1"), ("b", "2"), ("c", "9")]), Verdict::Short);
        assert_eq!(of(&[("a", "1"), ("b", "20"), ("c", "30")]), Verdict::Undecided);
        assert_eq!(of(&[("a", "10"), ("b", "11")]), Verdict::Incomplete);
        assert_eq!(checked_of(method, Direction::Higher, "10", &[("a", "10")]).rolled_up, None);
    }
}

#[test]
fn without_a_roll_up_nothing_is_checked() {
    let mut log = Log::open();
    let areas = vec![area("52", ""), area("a", "52")];
    let plan = PlanPublished { areas, ..published("p") };
    let alone = IndicatorDefined { roll_up: RollUp::Sum, ..defined("j", Direction::Higher, &["52"]) };
    let goal = |indicator: &str| Event::from(target(indicator, "52", 2026, Comparator::AtLeast, "1"));
    let none = defined("i", Direction::Higher, &["52", "a"]);
    log.say(OFFICE, [plan.into(), none.into(), alone.into(), goal("i"), goal("j")]);
    assert_eq!(check(&Tables::of(&log.store()), None, AsOf::LATEST).unwrap(), []);
}
