//! `hefu target`.

use std::str::FromStr;

use hefu_proto::v1;
use hefu_types::event::plan::{Comparator, Strength, TargetAdjusted, TrajectoryDeclared, TrajectoryPoint};
use hefu_types::{Code, Decimal, Text};

use super::board::target_text;
use super::key::text;
use super::plan::Known;
use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Number, Word, record};
use crate::signer::WriterArgs;
use crate::words;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum TargetCommand {
    /// Adjust a target; the original stays visible. By the office.
    Adjust {
        #[command(flatten)]
        signer: WriterArgs,
        #[command(flatten)]
        target: TargetArgs,
        /// What is aimed at from now on, such as '>=80000', or '=0'.
        #[arg(long, value_name = "COMPARATOR VALUE", allow_hyphen_values = true)]
        to: Goal,
        /// Why, for the record.
        #[arg(long, value_parser = text)]
        reason: Text,
    },
    /// Declare the way to a target, in place of the straight line. By the office.
    Trajectory {
        #[command(flatten)]
        signer: WriterArgs,
        #[command(flatten)]
        target: TargetArgs,
        /// A value that it passes through at the end of a period, such as 2023=1200; in order of time, the last before the
        /// target's year ends.
        #[arg(long = "point", value_name = "PERIOD=VALUE", required = true)]
        points: Vec<PointArg>,
        /// Why, for the record.
        #[arg(long, value_parser = text)]
        reason: Text,
    },
    /// Hold every target against those of the areas below: do they come to it? A finding; nothing is refused for it.
    Check {
        /// The plan; all plans without it.
        #[arg(long, value_name = "CODE")]
        plan: Option<Code>,
        #[command(flatten)]
        as_of: AsOfArgs,
    },
}

record! {
    /// A target, and what those of the areas below come to.
    struct CheckRow {
        both indicator: String,
        both area: String,
        both year: u64,
        both strength: Word,
        both target: String,
        both roll_up: Word,
        both rolled_up: Option<Number>,
        both areas: String,
        both missing: Vec<String>,
        both gap: Option<Number>,
        both verdict: Word,
        data parts: Vec<String>,
    }
}

/// Which target.
#[derive(Debug, clap::Args)]
pub(crate) struct TargetArgs {
    /// The indicator.
    #[arg(long, value_name = "CODE")]
    indicator: Code,
    /// The area.
    #[arg(long, value_name = "CODE")]
    area: Code,
    /// The year.
    #[arg(long)]
    year: u32,
    /// How firmly it was promised.
    #[arg(long, value_enum, default_value = "hard")]
    strength: StrengthArg,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum StrengthArg {
    Hard,
    Stretch,
}

impl From<StrengthArg> for Strength {
    fn from(strength: StrengthArg) -> Self {
        match strength {
            StrengthArg::Hard => Self::Hard,
            StrengthArg::Stretch => Self::Stretch,
        }
    }
}

/// A comparator and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Goal(Comparator, Decimal);

impl FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let signs = [
            (">=", Comparator::AtLeast),
            ("≥", Comparator::AtLeast),
            ("<=", Comparator::AtMost),
            ("≤", Comparator::AtMost),
            (">", Comparator::MoreThan),
            ("<", Comparator::LessThan),
            ("=", Comparator::Equal),
        ];
        let found = signs.iter().find_map(|(sign, comparator)| Some((*comparator, text.trim().strip_prefix(sign)?)));
        let (comparator, value) = found.ok_or("a goal begins with >=, >, =, <= or <")?;
        Ok(Self(comparator, value.trim().parse().map_err(|e| format!("{value}: {e}"))?))
    }
}

/// A point of a trajectory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PointArg(TrajectoryPoint);

impl FromStr for PointArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (period, value) = text.split_once('=').ok_or("a point is a period and a value, such as 2023=1200")?;
        let period = period.trim().parse().map_err(|e| format!("{period}: {e}"))?;
        Ok(Self(TrajectoryPoint { period, value: value.trim().parse().map_err(|e| format!("{value}: {e}"))? }))
    }
}

pub(crate) async fn run(context: &Context, command: TargetCommand) -> Result<(), Failure> {
    match command {
        TargetCommand::Adjust { signer, target, to: Goal(comparator, value), reason } => {
            let TargetArgs { indicator, area, year, strength } = target;
            let strength = strength.into();
            let event = TargetAdjusted { indicator, area, year, strength, comparator, value, reason };
            context.submit(&signer, event).await
        }
        TargetCommand::Trajectory { signer, target, points, reason } => {
            let TargetArgs { indicator, area, year, strength } = target;
            let points = points.into_iter().map(|PointArg(point)| point).collect();
            let (strength, provenance) = (strength.into(), None);
            let event = TrajectoryDeclared { indicator, area, year, strength, points, reason, provenance };
            context.submit(&signer, event).await
        }
        TargetCommand::Check { plan, as_of } => check(context, plan.as_ref(), as_of).await,
    }
}

async fn check(context: &Context, plan: Option<&Code>, as_of: AsOfArgs) -> Result<(), Failure> {
    let server = context.server()?;
    let code = plan.map(Code::to_string).unwrap_or_default();
    let request = v1::CheckTargetsRequest { plan: code, as_of: as_of.moment(), min_seq: as_of.min_seq };
    let answer = server.ask(async |server| server.views().check_targets(request.clone()).await).await?;
    if let (Some(plan), true) = (plan, answer.checks.is_empty()) {
        Known::read(context).await?.check(Some(plan), None)?;
    }
    context.rows(&answer.checks.iter().map(check_row).collect::<Vec<_>>())
}

pub(crate) fn check_row(check: &v1::TargetCheck) -> CheckRow {
    let target = check.target.clone().unwrap_or_default();
    let part = |part: &v1::TargetPart| {
        format!("{}: {}", part.area, part.target.as_ref().map_or_else(String::new, target_text))
    };
    CheckRow {
        indicator: check.indicator.clone(),
        area: check.area.clone(),
        year: target.year.into(),
        strength: words::strength(target.strength),
        target: target_text(&target),
        roll_up: words::roll_up(check.method),
        rolled_up: words::number(check.rolled_up.as_ref()),
        areas: format!("{} of {}", check.parts.len(), check.parts.len() + check.missing.len()),
        missing: check.missing.clone(),
        gap: words::number(check.gap.as_ref()),
        verdict: words::target_verdict(check.verdict),
        parts: check.parts.iter().map(part).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_a_sign_and_a_value() {
        let goal = |text: &str| text.parse::<Goal>().map(|Goal(comparator, value)| (comparator, value.to_string()));
        assert_eq!(goal(">=80000"), Ok((Comparator::AtLeast, "80000".into())));
        assert_eq!(goal(" ≤ 1.20 "), Ok((Comparator::AtMost, "1.20".into())));
        assert_eq!(
            [goal(">5"), goal("=-1")],
            [Ok((Comparator::MoreThan, "5".into())), Ok((Comparator::Equal, "-1".into()))]
        );
        for bad in ["", "5", ">=", "=>5", ">= 5 km"] {
            assert!(goal(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_point_is_a_period_and_a_value() {
        let point =
            |text: &str| text.parse::<PointArg>().map(|PointArg(p)| (p.period.to_string(), p.value.to_string()));
        assert_eq!(point("2023-H1=-1.5"), Ok(("2023-H1".into(), "-1.5".into())));
        for bad in ["", "2023", "2023=", "=5", "2023-H3=5"] {
            assert!(point(bad).is_err(), "{bad}");
        }
    }
}
