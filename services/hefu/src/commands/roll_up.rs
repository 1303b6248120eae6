//! `hefu roll-up`.

use hefu_proto::v1;
use hefu_types::{Code, Period, Reason, Refusal};

use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Number, Word, record};
use crate::words;

#[derive(Debug, clap::Args)]
pub(crate) struct RollUpArgs {
    /// The indicator's code.
    indicator: Code,
    /// The area whose value is made of those below it.
    #[arg(long, value_name = "CODE")]
    area: Code,
    /// The period; the latest that an area has a value of without it.
    #[arg(long)]
    period: Option<Period>,
    #[command(flatten)]
    as_of: AsOfArgs,
}

record! {
    /// What areas amount to.
    struct RolledUpRow {
        both indicator: String,
        both area: String,
        both period: String,
        both roll_up: Word,
        both value: Option<Number>,
        both areas: String,
        data expected: u64,
        data present: u64,
        both missing: Vec<String>,
        both own_value: Option<Number>,
        both difference: Option<Number>,
    }
}

record! {
    /// An area.
    struct PartRow {
        both area: String,
        both value: Option<Number>,
        both weight: Option<Number>,
        both missing: bool,
        both seq: Option<u64>,
        data event_index: Option<u64>,
        data submission_hash: Option<Hash>,
        data weight_seq: Option<u64>,
        data weight_event_index: Option<u64>,
    }
}

pub(crate) async fn run(context: &Context, args: RollUpArgs) -> Result<(), Failure> {
    let server = context.server()?;
    let request = v1::GetRollUpRequest {
        indicator: args.indicator.to_string(),
        area: args.area.to_string(),
        period: args.period.map(|period| period.to_string()).unwrap_or_default(),
        as_of: args.as_of.moment(),
        min_seq: args.as_of.min_seq,
    };
    let answer = server.ask(async |server| server.views().get_roll_up(request.clone()).await).await?;
    let Some(rolled) = answer.rolled_up else {
        let detail = format!("{} has no value in areas below {} that would make one of it", args.indicator, args.area);
        return Err(Refusal::new(Reason::ObservationNotFound, "indicator", detail).into());
    };
    context.with_rows(&rolled_up_row(&request.indicator, &rolled), "parts", &part_rows(&rolled))
}

fn rolled_up_row(indicator: &str, rolled: &v1::RolledUp) -> RolledUpRow {
    RolledUpRow {
        indicator: indicator.to_owned(),
        area: rolled.area.clone(),
        period: rolled.period.clone(),
        roll_up: words::roll_up(rolled.method),
        value: words::number(rolled.value.as_ref()),
        areas: areas(rolled),
        expected: rolled.expected.into(),
        present: rolled.parts.len() as u64,
        missing: rolled.missing.clone(),
        own_value: rolled.own.as_ref().and_then(|own| words::number(own.value.as_ref())),
        difference: words::number(rolled.difference.as_ref()),
    }
}

/// How many of the areas it is made of, such as `8 of 10`.
pub(crate) fn areas(rolled: &v1::RolledUp) -> String {
    format!("{} of {}", rolled.parts.len(), rolled.expected)
}

/// The areas by code, missing ones too.
fn part_rows(rolled: &v1::RolledUp) -> Vec<PartRow> {
    let present = rolled.parts.iter().map(|part| {
        let weighed = part.weight.is_some();
        PartRow {
            area: part.area.clone(),
            value: words::number(part.value.as_ref()),
            weight: words::number(part.weight.as_ref()),
            missing: false,
            seq: Some(part.seq),
            event_index: Some(part.event_index.into()),
            submission_hash: Some(Hash::of(&part.submission_hash)),
            weight_seq: weighed.then_some(part.weight_seq),
            weight_event_index: weighed.then_some(part.weight_event_index.into()),
        }
    });
    let missing = rolled.missing.iter().map(|area| PartRow {
        area: area.clone(),
        value: None,
        weight: None,
        missing: true,
        seq: None,
        event_index: None,
        submission_hash: None,
        weight_seq: None,
        weight_event_index: None,
    });
    let mut rows: Vec<PartRow> = present.chain(missing).collect();
    rows.sort_by(|a, b| a.area.cmp(&b.area));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_areas_stand_among_the_others() {
        let part = |area: &str| v1::RollUpPart { area: area.into(), ..v1::RollUpPart::default() };
        let rolled = v1::RolledUp {
            expected: 3,
            parts: vec![part("520100"), part("520300")],
            missing: vec!["520200".into()],
            ..v1::RolledUp::default()
        };
        assert_eq!(areas(&rolled), "2 of 3");
        let rows: Vec<_> = part_rows(&rolled).into_iter().map(|row| (row.area, row.missing, row.seq)).collect();
        let expected = [("520100", false, Some(0)), ("520200", true, None), ("520300", false, Some(0))];
        assert_eq!(rows, expected.map(|(area, missing, seq)| (area.to_owned(), missing, seq)));
    }
}
