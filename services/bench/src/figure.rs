//! A figure: what several runs gave, what it is compared with, and the bars it is held to. A missed bar is printed, and fails
//! nothing: this is a measurement.

use std::fmt;

use serde::Serialize;

use crate::limits::Limits;

/// What was measured, a value a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) values: Vec<f64>,
    #[serde(skip)]
    pub(crate) of: Of,
    #[serde(skip)]
    pub(crate) bar: Option<Bar>,
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Nothing: it is printed as it is, and its bar is in its own unit.
    Itself,
    /// Divided by *L*, and its bar as well.
    Verifications,
    /// Divided by *L*, but its bar is in its own unit.
    VerificationsAside,
    /// Milliseconds beyond two syncs.
    TwoSyncs,
}

/// What a figure must reach, and what is aimed at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    AtLeast { must: f64, aim: f64 },
    AtMost { must: f64, aim: f64 },
}

/// A figure beside its bars.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Judged {
    pub(crate) median: f64,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
    /// The median as a part of *L*.
    pub(crate) of_verifications: Option<f64>,
    /// What the bars are held to.
    pub(crate) judged: f64,
    pub(crate) bar: Option<Verdict>,
}

/// Bars, and whether they were met.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Verdict {
    pub(crate) at_most: bool,
    pub(crate) must: f64,
    pub(crate) must_met: bool,
    pub(crate) aim: f64,
    pub(crate) aim_met: bool,
}

impl Figure {
    /// A speed, beside *L*.
    pub(crate) const fn speed(name: &'static str, unit: &'static str, values: Vec<f64>) -> Self {
        Self { name, unit, values, of: Of::Verifications, bar: None }
    }

    pub(crate) const fn plain(name: &'static str, unit: &'static str, values: Vec<f64>) -> Self {
        Self { name, unit, values, of: Of::Itself, bar: None }
    }

    pub(crate) fn of(self, of: Of) -> Self {
        Self { of, ..self }
    }

    pub(crate) fn at_least(self, must: f64, aim: f64) -> Self {
        Self { bar: Some(Bar::AtLeast { must, aim }), ..self }
    }

    pub(crate) fn at_most(self, must: f64, aim: f64) -> Self {
        Self { bar: Some(Bar::AtMost { must, aim }), ..self }
    }

    pub(crate) fn median(&self) -> f64 {
        median(&self.values)
    }

    /// The lowest and the highest.
    pub(crate) fn range(&self) -> (f64, f64) {
        self.values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
    }

    /// Compares with the limits of the run.
    pub(crate) fn judge(&self, limits: &Limits) -> Judged {
        let median = self.median();
        let share = median / limits.verifications_per_second;
        let (of_verifications, judged) = match self.of {
            Of::Itself => (None, median),
            Of::Verifications => (Some(share), share),
            Of::VerificationsAside => (Some(share), median),
            Of::TwoSyncs => (None, median - 2.0 * limits.sync_p50_micros as f64 / 1e3),
        };
        let bar = self.bar.map(|bar| bar.verdict(judged));
        let (lowest, highest) = self.range();
        Judged { median, lowest, highest, of_verifications, judged, bar }
    }
}

impl Bar {
    fn verdict(self, measured: f64) -> Verdict {
        match self {
            Self::AtLeast { must, aim } => {
                Verdict { at_most: false, must, must_met: measured >= must, aim, aim_met: measured >= aim }
            }
            Self::AtMost { must, aim } => {
                Verdict { at_most: true, must, must_met: measured <= must, aim, aim_met: measured <= aim }
            }
        }
    }
}

/// The middle of some values, or of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// A number as people read it: no more digits than it is worth, thousands apart.
pub(crate) struct Number(pub(crate) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.0.abs() {
            x if x >= 100.0 => 0,
            x if x >= 10.0 => 1,
            _ => 2,
        };
        let text = format!("{:.digits$}", self.0);
        let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
        let mut out = String::new();
        for (n, c) in whole.chars().enumerate() {
            if n > 0 && (whole.len() - n).is_multiple_of(3) && !out.ends_with('-') {
                out.push(',');
            }
            out.push(c);
        }
        if let Some(rest) = rest {
            out = format!("{out}.{rest}");
        }
        f.pad(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { verifications_per_second: 50_000.0, sync_p50_micros: 100, ..Limits::default() }
    }

    #[test]
    fn bars_are_held_to_what_they_are_about() {
        let speed = Figure::speed("", "", vec![40_000.0, 10_000.0, 30_000.0]).at_least(0.6, 0.8);
        let judged = speed.judge(&limits());
        assert_eq!((judged.median, judged.lowest, judged.highest, judged.judged), (30_000.0, 10_000.0, 40_000.0, 0.6));
        let verdict = judged.bar.unwrap();
        assert!(verdict.must_met && !verdict.aim_met);
        let wait = Figure::plain("", "ms", vec![0.5]).of(Of::TwoSyncs).at_most(0.4, 0.25).judge(&limits());
        assert!((wait.judged - 0.3).abs() < 1e-9 && wait.bar.is_some_and(|bar| bar.must_met && !bar.aim_met));
    }

    #[test]
    fn an_even_number_of_values_has_a_middle() {
        assert_eq!((median(&[4.0, 1.0, 3.0, 2.0]), median(&[5.0])), (2.5, 5.0));
    }

    #[test]
    fn numbers_are_short_and_readable() {
        let text = [1_234_567.8, 999.5, 12.34, 0.126, -1234.0, 100.0].map(|x| Number(x).to_string());
        assert_eq!(text, ["1,234,568", "1,000", "12.3", "0.13", "-1,234", "100"]);
    }
}
