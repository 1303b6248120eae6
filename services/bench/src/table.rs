//! The table at the end: every figure beside the limit and its bars.

use std::fmt;

use crate::figure::{Figure, Judged, Number, Of, Verdict};
use crate::report::Report;

/// A report as a table.
pub(crate) struct Table<'r>(pub(crate) &'r Report);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { limits_before, limits_after, rows, .. } = self.0;
        writeln!(f, "\nbefore  {limits_before}\nafter   {limits_after}\n")?;
        let head = ["row", "measured", "median", "lowest", "highest", "beside", "must", "aim"];
        let figures = rows.iter().flat_map(|row| {
            let lines = row.outcome.figures.iter().zip(&row.judged);
            lines.map(|(figure, judged)| line(row.outcome.row, figure, judged))
        });
        let lines: Vec<[String; 8]> = std::iter::once(head.map(str::to_owned)).chain(figures).collect();
        let widths: [usize; 8] = std::array::from_fn(|column| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
        });
        for line in &lines {
            for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
                match column {
                    0 | 1 => write!(f, "{cell:<width$}  ")?,
                    _ => write!(f, "{cell:>width$}  ")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn line(row: &str, figure: &Figure, judged: &Judged) -> [String; 8] {
    let Judged { median, lowest, highest, of_verifications, judged, bar } = judged;
    let number = |value: &f64| Number(*value).to_string();
    let measured = match figure.unit {
        "/s" => format!("{} a second", figure.name),
        "" => figure.name.to_owned(),
        unit => format!("{}, {unit}", figure.name),
    };
    let beside = match (of_verifications, figure.of) {
        (Some(share), _) => format!("{share:.2} L"),
        (None, Of::TwoSyncs) => format!("two syncs + {judged:.2}"),
        (None, _) => String::new(),
    };
    let bars =
        |bar: &Verdict| [(bar.must, bar.must_met), (bar.aim, bar.aim_met)].map(|(b, met)| held(bar.at_most, b, met));
    let [must, aim] = bar.as_ref().map_or_else(Default::default, bars);
    [row.to_owned(), measured, number(median), number(lowest), number(highest), beside, must, aim]
}

fn held(at_most: bool, bar: f64, met: bool) -> String {
    format!("{} {} {}", if at_most { "≤" } else { "≥" }, Number(bar), if met { "met" } else { "missed" })
}
