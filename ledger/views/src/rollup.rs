//! Values of areas as the value of the area above them, as the indicator's roll-up says.
//!
//! The areas are those whose parent it is in the plan, that don't overlap others, and that the indicator is observed in. What
//! some of them have not said is missing, and named: it is never taken for zero.

use std::collections::BTreeMap;

use hefu_types::decimal::divide_half_even;
use hefu_types::event::plan::{PlanPublished, RollUp};
use hefu_types::period::Date;
use hefu_types::{Code, Decimal, Period, Seq};

use crate::error::ViewError;
use crate::key::AsOf;
use crate::line::{Point, first_day_of};
use crate::plan::{self, Indicator};
use crate::row::Row;
use crate::series::{self, ObservationFact};
use crate::view::Tables;

/// What a plan says that numbers depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Its first day, counted from 1970-01-01.
    pub(crate) first_day: i64,
    /// The areas that count towards each area.
    children: BTreeMap<Code, Vec<Code>>,
}

impl Frame {
    fn of(plan: &PlanPublished) -> Self {
        let mut children: BTreeMap<Code, Vec<Code>> = BTreeMap::new();
        for area in plan.areas.iter().filter(|area| !area.overlaps) {
            if let Some(parent) = &area.parent {
                children.entry(parent.clone()).or_default().push(area.code.clone());
            }
        }
        children.values_mut().for_each(|codes| codes.sort_unstable());
        Self { first_day: first_day_of(plan.first_year), children }
    }

    /// The frame of an indicator's plan; `None` when the plan was never published.
    pub(crate) fn read(tables: &Tables<'_>, plan: &Code, as_of: AsOf) -> Result<Option<Self>, ViewError> {
        Ok(plan::plan(&*tables.plan, plan, as_of)?.map(|row| Self::of(&row.fact)))
    }

    /// The areas that an indicator's value of this area is made of, by code.
    pub(crate) fn parts<'a>(&'a self, indicator: &'a Indicator, area: &Code) -> impl Iterator<Item = &'a Code> {
        let observed = &indicator.definition.areas;
        self.children.get(area).into_iter().flatten().filter(|child| observed.contains(child))
    }
}

/// The value of one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The area.
    pub area: Code,
    /// Its observation, which has a value.
    pub observation: Row<ObservationFact>,
    /// The observation of its weight, which has a value; exactly with a weighted mean.
    pub weight: Option<Row<ObservationFact>>,
}

/// The value of an area, made of those below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolledUp {
    /// The area.
    pub area: Code,
    /// The period.
    pub period: Period,
    /// How it was made.
    pub method: RollUp,
    /// The value: of a sum, the last and the largest with the decimals of the values; of a mean rounded half to even to the
    /// indicator's. `None` without a part, when the weights don't add up to more than zero, and when it does not fit.
    pub value: Option<Decimal>,
    /// What it is made of, by area.
    pub parts: Vec<Part>,
    /// The areas without a value, or without a weight for it.
    pub missing: Vec<Code>,
    /// What was observed of the area itself in the same period; it has a value.
    pub own: Option<Row<ObservationFact>>,
}

impl RolledUp {
    /// The areas that it should be made of.
    #[must_use]
    pub const fn expected(&self) -> usize {
        self.parts.len() + self.missing.len()
    }

    /// The value, unless a part is missing: nothing else may be held against a target.
    #[must_use]
    pub fn complete(&self) -> Option<Decimal> {
        self.value.filter(|_| self.missing.is_empty())
    }

    /// What was observed of the area itself, less what its parts amount to; `None` unless there are both, the parts complete.
    #[must_use]
    pub fn difference(&self) -> Option<Decimal> {
        let (own, rolled) = (self.own.as_ref()?.fact.value()?, self.complete()?);
        less(own, rolled)
    }
}

/// An area's value of a period, made of those below it; `None` when the indicator does not roll up, or is observed in no area
/// below.
pub(crate) fn at(
    tables: &Tables<'_>,
    (indicator, frame): (&Indicator, &Frame),
    area: &Code,
    period: Period,
    as_of: AsOf,
) -> Result<Option<RolledUp>, ViewError> {
    let definition = &indicator.definition;
    let (mut parts, mut missing) = (Vec::new(), Vec::new());
    if definition.roll_up == RollUp::None {
        return Ok(None);
    }
    let standing = |of: &Code, area: &Code| {
        let standing = series::standing(&*tables.series, of, area, period, as_of)?;
        Ok::<_, ViewError>(standing.filter(|row| row.fact.value().is_some()))
    };
    for child in frame.parts(indicator, area) {
        let observation = standing(&definition.indicator, child)?;
        let weight = definition.weight.as_ref().filter(|_| observation.is_some());
        let weight = weight.map(|weight| standing(weight, child)).transpose()?.flatten();
        match observation {
            Some(observation) if weight.is_some() == definition.weight.is_some() => {
                parts.push(Part { area: child.clone(), observation, weight });
            }
            _ => missing.push(child.clone()),
        }
    }
    if parts.is_empty() && missing.is_empty() {
        return Ok(None);
    }
    let own = standing(&definition.indicator, area)?;
    let value = combined(definition.roll_up, definition.decimals, &parts);
    let (area, method) = (area.clone(), definition.roll_up);
    Ok(Some(RolledUp { area, period, method, value, parts, missing, own }))
}

/// The same of the latest period that one of the areas has a value of; `None` also when none has.
pub(crate) fn latest(
    tables: &Tables<'_>,
    (indicator, frame): (&Indicator, &Frame),
    area: &Code,
    as_of: AsOf,
) -> Result<Option<RolledUp>, ViewError> {
    if indicator.definition.roll_up == RollUp::None {
        return Ok(None);
    }
    let mut period: Option<Period> = None;
    for child in frame.parts(indicator, area) {
        let row = series::latest(&*tables.series, &indicator.definition.indicator, child, as_of)?;
        let later = |found: &Period| period.is_none_or(|period| period.sort_key() < found.sort_key());
        period = row.map(|row| row.fact.period()).filter(later).or(period);
    }
    period.map_or(Ok(None), |period| at(tables, (indicator, frame), area, period, as_of))
}

/// The value that trajectories start at: the earliest that an area below has, if its period ended by the plan's first day, and all
/// of them have one.
pub(crate) fn baseline(
    tables: &Tables<'_>,
    (indicator, frame): (&Indicator, &Frame),
    area: &Code,
    as_of: AsOf,
) -> Result<Option<RolledUp>, ViewError> {
    let mut period: Option<Period> = None;
    for child in frame.parts(indicator, area) {
        let row = series::earliest(&*tables.series, &indicator.definition.indicator, child, as_of)?;
        let earlier = |found: &Period| period.is_none_or(|period| found.sort_key() < period.sort_key());
        period = row.map(|row| row.fact.period()).filter(earlier).or(period);
    }
    let Some(period) = period else { return Ok(None) };
    let rolled = at(tables, (indicator, frame), area, period, as_of)?;
    let by_first_day = |value| Point::at_end_of(period, value).day <= frame.first_day;
    Ok(rolled.filter(|rolled| rolled.complete().is_some_and(by_first_day)))
}

/// An area's value of a period, or of the latest one that an area below has a value of; `None` when the indicator does not roll
/// up, is observed in no area below, or, without a period, nothing was reported there.
///
/// # Errors
/// When the store fails.
pub fn query(
    tables: &Tables<'_>,
    indicator: &Indicator,
    area: &Code,
    period: Option<Period>,
    as_of: AsOf,
) -> Result<Option<RolledUp>, ViewError> {
    let Some(frame) = Frame::read(tables, &indicator.definition.plan, as_of)? else { return Ok(None) };
    match period {
        Some(period) => at(tables, (indicator, &frame), area, period, as_of),
        None => latest(tables, (indicator, &frame), area, as_of),
    }
}

fn combined(method: RollUp, decimals: u32, parts: &[Part]) -> Option<Decimal> {
    let values: Vec<Decimal> = parts.iter().filter_map(|part| part.observation.fact.value()).collect();
    match method {
        RollUp::None | RollUp::Sum | RollUp::Max => of_values(method, &values),
        RollUp::Last => parts.iter().max_by_key(|part| spoken_of(&part.observation))?.observation.fact.value(),
        RollUp::WeightedMean => {
            let weights = parts.iter().filter_map(|part| part.weight.as_ref()?.fact.value());
            weighted_mean(&values.into_iter().zip(weights).collect::<Vec<_>>(), decimals)
        }
    }
}

/// The value that these values alone make; `None` for a method that needs more, of nothing, and when it does not fit.
pub(crate) fn of_values(method: RollUp, values: &[Decimal]) -> Option<Decimal> {
    match method {
        RollUp::Sum => sum(values),
        RollUp::Max => values.iter().copied().reduce(|a, b| if a.compare(b).is_lt() { b } else { a }),
        RollUp::None | RollUp::Last | RollUp::WeightedMean => None,
    }
}

/// The day that an observation speaks of, then where it stands in the log.
fn spoken_of(row: &Row<ObservationFact>) -> (Date, (Seq, u32)) {
    let day = match &row.fact {
        ObservationFact::Reported(reported) => reported.as_of_date.unwrap_or(reported.period),
        ObservationFact::Retracted(retracted) => retracted.period,
    };
    (day.last_day(), row.origin.position())
}

/// The sum, with the decimals of the number that has most; `None` of nothing, or when it does not fit.
pub(crate) fn sum(values: &[Decimal]) -> Option<Decimal> {
    let scale = values.iter().map(|value| value.scale()).max()?;
    decimal(values.iter().map(|value| value.rescaled(scale)).sum(), scale)
}

/// `a - b`, with the decimals of the number that has more; `None` when it does not fit.
pub(crate) fn less(a: Decimal, b: Decimal) -> Option<Decimal> {
    let scale = a.scale().max(b.scale());
    decimal(a.rescaled(scale) - b.rescaled(scale), scale)
}

/// Σ value · weight / Σ weight, rounded half to even; `None` when the weights don't add up to more than zero, or when it does not
/// fit.
fn weighted_mean(pairs: &[(Decimal, Decimal)], decimals: u32) -> Option<Decimal> {
    let scale = pairs.iter().map(|(value, _)| value.scale()).max()?.max(decimals);
    let weight_scale = pairs.iter().map(|(_, weight)| weight.scale()).max()?;
    let (mut total, mut weights) = (0_i128, 0_i128);
    for (value, weight) in pairs {
        let weight = weight.rescaled(weight_scale);
        total = total.checked_add(value.rescaled(scale).checked_mul(weight)?)?;
        weights += weight;
    }
    let divisor = weights.checked_mul(10_i128.pow(scale - decimals)).filter(|divisor| *divisor > 0)?;
    decimal(divide_half_even(total, divisor)?, decimals)
}

fn decimal(units: i128, scale: u32) -> Option<Decimal> {
    Decimal::new(i64::try_from(units).ok()?, scale).ok()
}

#[cfg(test)]
mod tests;
