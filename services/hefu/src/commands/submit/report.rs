//! The per-row report of a file.

use hefu_types::Refusal;

use super::line::{Line, Outcome};
use crate::failure::remedy;
use crate::output::record;

record! {
    /// What became of a row.
    struct LineRow {
        both line: u64,
        both indicator: String,
        both area: String,
        both period: String,
        both value: String,
        both outcome: String,
        both seq: Option<u64>,
        data event_index: Option<u64>,
        both code: String,
        both field: String,
        both detail: String,
        data remedy: String,
    }
}

pub(crate) fn row(line: &Line) -> LineRow {
    let draft = line.draft.clone();
    let (outcome, position, refusal) = match &line.outcome {
        None => ("unknown", None, None),
        Some(Outcome::Recorded(seq, index)) => ("recorded", Some((*seq, *index)), None),
        Some(Outcome::Standing(seq, index)) => ("standing", Some((*seq, *index)), None),
        Some(Outcome::Blank) => ("blank", None, None),
        Some(Outcome::Refused(refusal)) => ("refused", None, Some(refusal)),
    };
    let of = |part: fn(&Refusal) -> String| refusal.map(part).unwrap_or_default();
    LineRow {
        line: line.line,
        indicator: draft.indicator,
        area: draft.area,
        period: draft.period,
        value: draft.value,
        outcome: outcome.into(),
        seq: position.map(|(seq, _)| seq),
        event_index: position.map(|(_, index)| index.into()),
        code: of(|r| r.reason.code().into()),
        field: of(|r| column(&r.field).to_owned()),
        detail: of(|r| r.detail.clone()),
        remedy: of(|r| remedy(r).code().to_owned()),
    }
}

/// The column that a field of the submission came from.
pub(super) fn column(field: &str) -> &str {
    field.split_once("].observation_reported.").map_or(field, |(_, column)| column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::Reason;

    #[test]
    fn a_refused_row_names_its_column() {
        let refusal = Refusal::new(Reason::StockFell, "events[12].observation_reported.value", "it fell");
        let mut line = Line::new(7, crate::observation::Draft::default());
        line.outcome = Some(Outcome::Refused(refusal));
        let row = row(&line);
        assert_eq!(
            (row.line, row.outcome.as_str(), row.code.as_str(), row.field.as_str()),
            (7, "refused", "STOCK_FELL", "value")
        );
        line.outcome = Some(Outcome::Standing(3, 1));
        assert_eq!((super::row(&line).seq, super::row(&line).event_index), (Some(3), Some(1)));
    }
}
