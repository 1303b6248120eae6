//! The lines of `year.txt`.

use std::collections::BTreeMap;

use hefu_types::Millis;
use hefu_types::event::assurance::{ChallengeOutcome, Opinion};

/// Units by number, from 1.
pub(crate) type Units = Vec<usize>;

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The unit's approver.
    Approver,
    /// A key of the unit that may approve, held by its reporter.
    Twin,
    /// The office.
    Office,
    /// An approver of the lead unit.
    Lead,
    /// An approver of a unit that accepts nothing.
    Other,
}

/// What somebody does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Open {
        period: &'static str,
        times: [Millis; 3],
    },
    Except {
        units: Units,
        until: Millis,
    },
    Observe {
        units: Units,
        value: &'static str,
    },
    /// In another area.
    Add {
        units: Units,
        value: &'static str,
    },
    Correct {
        units: Units,
        value: &'static str,
    },
    Retract {
        units: Units,
    },
    Submit {
        units: Units,
    },
    Nil {
        units: Units,
    },
    Approve {
        units: Units,
        by: By,
    },
    Return {
        units: Units,
        by: By,
    },
    Accept {
        units: Units,
        by: By,
    },
    Attest {
        units: Units,
        opinion: Opinion,
    },
    Challenge {
        units: Units,
        answer_by: Millis,
    },
    Answer {
        units: Units,
    },
    Resolve {
        units: Units,
        outcome: ChallengeOutcome,
    },
}

/// A line.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    Do {
        cycle: &'static str,
        deed: Deed,
    },
    Refused {
        code: &'static str,
        cycle: &'static str,
        deed: Deed,
    },
    /// The state of each unit's report.
    States {
        cycle: &'static str,
        states: BTreeMap<usize, &'static str>,
    },
    /// The state of each challenge of a cycle's observations, by the unit that is challenged.
    Challenges {
        cycle: &'static str,
        states: BTreeMap<usize, &'static str>,
    },
    /// The worst of the auditors' last opinions of a unit's observation.
    Opinion {
        cycle: &'static str,
        unit: usize,
        opinion: Option<Opinion>,
    },
    /// What a unit's report said when it was approved, and says now.
    Changed {
        cycle: &'static str,
        unit: usize,
        values: [&'static str; 2],
    },
    /// Expected, actual and timely reports, and both rates, of a cycle or plan.
    Rates {
        code: &'static str,
        counts: [u64; 3],
        rates: [&'static str; 2],
    },
}

/// The lines with their times: midnight, and a millisecond for each line before it.
pub(crate) fn lines() -> Vec<(Millis, Line)> {
    let lines = include_str!("year.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parse = |(n, text): (i64, &'static str)| {
        let words: Vec<&'static str> = text.split_whitespace().collect();
        (Millis::new(day(words[0]).get() + n), line(&words[1..]))
    };
    (0..).zip(lines).map(parse).collect()
}

/// Midnight, UTC.
fn day(date: &str) -> Millis {
    let day: hefu_types::Period = date.parse().expect("a day");
    let (year, month, day) = day.last_day();
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    // Days from 1970-01-01, years counted from March (Hinnant, days_from_civil).
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Millis::new(days * 86_400_000)
}

fn units(text: &str) -> Units {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        first.parse::<usize>().expect("a number")..=last.parse().expect("a number")
    };
    text.split(',').flat_map(range).collect()
}

fn by(word: &str) -> By {
    match word {
        "approver" => By::Approver,
        "twin" => By::Twin,
        "office" => By::Office,
        "lead" => By::Lead,
        "other" => By::Other,
        _ => panic!("nobody is {word}"),
    }
}

/// What stands before each unit.
fn by_unit(pairs: &[&'static str]) -> BTreeMap<usize, &'static str> {
    let mut found = BTreeMap::new();
    for pair in pairs.chunks(2) {
        units(pair[1]).into_iter().for_each(|unit| assert_eq!(found.insert(unit, pair[0]), None, "{pairs:?}"));
    }
    found
}

fn line(words: &[&'static str]) -> Line {
    match words {
        ["=", cycle, pairs @ ..] => {
            let states = by_unit(pairs);
            assert_eq!(states.len(), super::UNITS, "{words:?}");
            Line::States { cycle, states }
        }
        ["?", cycle, pairs @ ..] => Line::Challenges { cycle, states: by_unit(pairs) },
        ["opinion", opinion, unit, cycle] => {
            let opinion = Opinion::from_name(opinion);
            Line::Opinion { cycle, unit: unit.parse().expect("a unit"), opinion }
        }
        ["%", code, expected, actual, timely, rate, rate_on_time] => {
            let counts = [expected, actual, timely].map(|count| count.parse().expect("a count"));
            Line::Rates { code, counts, rates: [rate, rate_on_time] }
        }
        ["changed", unit, cycle, before, now] => {
            Line::Changed { cycle, unit: unit.parse().expect("a unit"), values: [before, now] }
        }
        ["refused", code, rest @ ..] => {
            let (cycle, deed) = deed(rest);
            Line::Refused { code, cycle, deed }
        }
        _ => {
            let (cycle, deed) = deed(words);
            Line::Do { cycle, deed }
        }
    }
}

fn deed(words: &[&'static str]) -> (&'static str, Deed) {
    match *words {
        ["open", cycle, period, "opens", opens, "due", due, "locks", locks] => {
            (cycle, Deed::Open { period, times: [day(opens), day(due), day(locks)] })
        }
        ["except", who, cycle, "until", until] => (cycle, Deed::Except { units: units(who), until: day(until) }),
        ["observe", who, cycle, value] => (cycle, Deed::Observe { units: units(who), value }),
        ["add", who, cycle, value] => (cycle, Deed::Add { units: units(who), value }),
        ["correct", who, cycle, value] => (cycle, Deed::Correct { units: units(who), value }),
        ["retract", who, cycle] => (cycle, Deed::Retract { units: units(who) }),
        ["submit", who, cycle] => (cycle, Deed::Submit { units: units(who) }),
        ["nil", who, cycle] => (cycle, Deed::Nil { units: units(who) }),
        ["approve", who, cycle, "by", whom] => (cycle, Deed::Approve { units: units(who), by: by(whom) }),
        ["return", who, cycle, "by", whom] => (cycle, Deed::Return { units: units(who), by: by(whom) }),
        ["accept", who, cycle, "by", whom] => (cycle, Deed::Accept { units: units(who), by: by(whom) }),
        ["attest", who, cycle, opinion] => {
            (cycle, Deed::Attest { units: units(who), opinion: opinion.parse().expect("an opinion") })
        }
        ["challenge", who, cycle, "by", date] => (cycle, Deed::Challenge { units: units(who), answer_by: day(date) }),
        ["answer", who, cycle] => (cycle, Deed::Answer { units: units(who) }),
        ["resolve", who, cycle, outcome] => {
            (cycle, Deed::Resolve { units: units(who), outcome: outcome.parse().expect("an outcome") })
        }
        ["withdraw", who, cycle] => (cycle, Deed::Resolve { units: units(who), outcome: ChallengeOutcome::Withdrawn }),
        _ => panic!("what is {words:?}?"),
    }
}
