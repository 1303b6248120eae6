//! What was planned: documents, tasks, milestones, indicators and targets.

use crate::decimal::Decimal;
use crate::event::{Name, Provenance};
use crate::period::{Period, PeriodType};
use crate::text::{Code, Text};
use crate::wire::{code_enum, message};

code_enum! {
    /// How an indicator's values behave over time.
    pub enum Measure "MEASURE" {
        /// A level at the end of the period; cumulative, so that it may not fall without a break or a correction.
        1 => Stock "STOCK",
        /// An amount within the period.
        2 => Flow "FLOW",
        /// A ratio or share; never summed.
        3 => Ratio "RATIO",
    }
}

code_enum! {
    /// Which way is better.
    pub enum Direction "DIRECTION" {
        /// More is better.
        1 => Higher "HIGHER",
        /// Less is better, as for PUE or delay.
        2 => Lower "LOWER",
    }
}

code_enum! {
    /// How values of areas make the value of their parent area.
    pub enum RollUp "ROLL_UP" {
        /// They don't: the parent is observed itself.
        1 => None "NONE",
        /// Their sum; never for a ratio.
        2 => Sum "SUM",
        /// The latest of them.
        3 => Last "LAST",
        /// The largest of them.
        4 => Max "MAX",
        /// Their mean, weighted by another indicator.
        5 => WeightedMean "WEIGHTED_MEAN",
    }
}

code_enum! {
    /// How an observation is compared with a target.
    pub enum Comparator "COMPARATOR" {
        /// ≥
        1 => AtLeast "AT_LEAST",
        /// >
        2 => MoreThan "MORE_THAN",
        /// =
        3 => Equal "EQUAL",
        /// ≤
        4 => AtMost "AT_MOST",
        /// <
        5 => LessThan "LESS_THAN",
    }
}

code_enum! {
    /// How firmly a target was promised.
    pub enum Strength "STRENGTH" {
        /// Promised.
        1 => Hard "HARD",
        /// Striven for.
        2 => Stretch "STRETCH",
    }
}

message! {
    /// An area that a plan's observations speak of.
    pub struct Area {
        /// Its code: GB/T 2260 where there is one.
        1 => code: Code,
        /// Its name.
        2 => name: Name,
        /// The code of the area it is part of; empty at the top.
        3 => parent: Option<Code>,
        /// Whether it overlaps areas of the same parent, so that values of the parent are made without it.
        4 => overlaps: bool,
    }
}

message! {
    /// A part of a plan: the main part, or a special plan.
    pub struct PlanPart {
        /// Its code, unique in the plan.
        1 => code: Code,
        /// Its title.
        2 => title: Name,
        /// The units named at its head as leading it; empty when none is named.
        3 => lead_units: Vec<Code>,
    }
}

message! {
    /// A plan is published; publishing it again replaces its description.
    pub struct PlanPublished {
        /// The plan's code.
        1 => plan: Code,
        /// Its title.
        2 => title: Name,
        /// Who issued it.
        3 => issuer: Name,
        /// The first year it covers.
        4 => first_year: u32,
        /// The last year it covers.
        5 => last_year: u32,
        /// Its parts.
        6 => parts: Vec<PlanPart>,
        /// The areas it speaks of, parents before children.
        7 => areas: Vec<Area>,
        /// Where it stands.
        8 => provenance: Option<Provenance>,
    }
}

message! {
    /// A numbered task of a plan.
    pub struct TaskDefined {
        /// The plan's code.
        1 => plan: Code,
        /// The task's code, unique in the plan.
        2 => task: Code,
        /// The part it belongs to.
        3 => part: Code,
        /// Its number as printed.
        4 => number: Text,
        /// Its title.
        5 => title: Name,
        /// The units that the text names as leading it; may be empty.
        6 => lead_units: Vec<Code>,
        /// The units that the text names as supporting it; may be empty.
        7 => supporting_units: Vec<Code>,
        /// Where it stands.
        8 => provenance: Option<Provenance>,
    }
}

message! {
    /// A goal without a number.
    pub struct MilestoneSet {
        /// The plan's code.
        1 => plan: Code,
        /// The milestone's code, unique in the plan.
        2 => milestone: Code,
        /// The part it belongs to.
        3 => part: Code,
        /// What is to be reached.
        4 => title: Name,
        /// By the end of which year; 0 when the text names none.
        5 => year: u32,
        /// The task it belongs to; empty when it belongs to none.
        6 => task: Option<Code>,
        /// The units that lead it; may be empty.
        7 => lead_units: Vec<Code>,
        /// Where it stands.
        8 => provenance: Option<Provenance>,
    }
}

message! {
    /// An indicator is defined.
    pub struct IndicatorDefined {
        /// The indicator's code, unique in the ledger.
        1 => indicator: Code,
        /// The plan's code.
        2 => plan: Code,
        /// The part it belongs to.
        3 => part: Code,
        /// Its name.
        4 => name: Name,
        /// Its unit of measure, a short code such as `count`, `percent` or `Gbps`.
        5 => unit: Text,
        /// How its values behave over time.
        6 => measure: Measure,
        /// Which way is better.
        7 => direction: Direction,
        /// How areas make their parent.
        8 => roll_up: RollUp,
        /// The indicator whose values are the weights of a weighted mean; empty otherwise.
        9 => weight: Option<Code>,
        /// The decimals that an observation may have, at most 12.
        10 => decimals: u32,
        /// The units that lead it; empty when the text names none.
        11 => lead_units: Vec<Code>,
        /// The members that may report it, at least one.
        12 => reporting_units: Vec<Code>,
        /// The areas that it is observed in, at least one.
        13 => areas: Vec<Code>,
        /// The kinds of period that it is observed for, ascending, at least one.
        14 => period_types: Vec<PeriodType>,
        /// Where it stands.
        15 => provenance: Option<Provenance>,
    }
}

message! {
    /// An indicator's definition is replaced whole; what was observed stays.
    pub struct IndicatorRevised {
        /// The new definition, under the same indicator and plan.
        1 => definition: IndicatorDefined,
        /// Why, for the record.
        2 => reason: Text,
    }
}

message! {
    /// An indicator is retired: nothing more is reported under it.
    pub struct IndicatorRetired {
        /// The indicator's code.
        1 => indicator: Code,
        /// Why, for the record.
        2 => reason: Text,
    }
}

message! {
    /// A target is set; one for each (indicator, area, year, strength).
    pub struct TargetSet {
        /// The indicator's code.
        1 => indicator: Code,
        /// The area.
        2 => area: Code,
        /// By the end of which year.
        3 => year: u32,
        /// How firmly it was promised.
        4 => strength: Strength,
        /// How an observation is compared with it.
        5 => comparator: Comparator,
        /// The value, in the indicator's unit.
        6 => value: Decimal,
        /// Where it stands.
        7 => provenance: Option<Provenance>,
    }
}

message! {
    /// A target is adjusted; the original stays visible.
    pub struct TargetAdjusted {
        /// The indicator's code.
        1 => indicator: Code,
        /// The area.
        2 => area: Code,
        /// The year of the target.
        3 => year: u32,
        /// The strength of the target.
        4 => strength: Strength,
        /// How an observation is compared with it from now on.
        5 => comparator: Comparator,
        /// The new value, in the indicator's unit.
        6 => value: Decimal,
        /// Why, for the record.
        7 => reason: Text,
    }
}

message! {
    /// A value that a target's trajectory passes through.
    pub struct TrajectoryPoint {
        /// The period at whose end it does.
        1 => period: Period,
        /// The value, in the indicator's unit.
        2 => value: Decimal,
    }
}

message! {
    /// The way to a target is declared: from the line's start through these points to the target. Declared again, it replaces
    /// the one before.
    pub struct TrajectoryDeclared {
        /// The indicator's code.
        1 => indicator: Code,
        /// The area.
        2 => area: Code,
        /// The year of the target.
        3 => year: u32,
        /// The strength of the target.
        4 => strength: Strength,
        /// The points, each ending after the one before, and before the target's year does; at least one.
        5 => points: Vec<TrajectoryPoint>,
        /// Why, for the record; may be empty when the provenance is given.
        6 => reason: Text,
        /// Where it stands.
        7 => provenance: Option<Provenance>,
    }
}
