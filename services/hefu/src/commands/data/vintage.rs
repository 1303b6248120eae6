//! Vintages of observations, and from when until when each stood.

use hefu_proto::v1;

/// A vintage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Vintage {
    pub(super) observation: v1::Observation,
    /// When the next one of its cell was recorded, Unix milliseconds; none for the last.
    pub(super) until: Option<i64>,
}

/// The vintages of an indicator; the server names them by area, period and position.
pub(super) fn vintages(observations: Vec<v1::Observation>) -> Vec<Vintage> {
    let next = observations.iter().skip(1).map(Some).chain([None]);
    let same_cell = |a: &v1::Observation, b: &v1::Observation| (&a.area, &a.period) == (&b.area, &b.period);
    let until: Vec<Option<i64>> = observations
        .iter()
        .zip(next)
        .map(|(this, next)| next.filter(|next| same_cell(this, next)).map(|next| next.recorded_at))
        .collect();
    observations.into_iter().zip(until).map(|(observation, until)| Vintage { observation, until }).collect()
}

impl Vintage {
    /// Whether it belongs into an answer: with its history or without, and, if only what was recorded since a time is asked for,
    /// what was retracted since, too.
    pub(super) fn is_asked_for(&self, history: bool, since: Option<i64>) -> bool {
        let is_recent = since.is_none_or(|since| self.observation.recorded_at >= since);
        let is_last = self.until.is_none();
        let stands = is_last && (!self.observation.retracted || since.is_some());
        is_recent && (history || stands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Area, time, and whether it is a retraction.
    fn known(vintages: &[(&str, i64, bool)]) -> Vec<Vintage> {
        let observation = |(area, recorded_at, retracted): &(&str, i64, bool)| v1::Observation {
            area: (*area).into(),
            period: "2024".into(),
            recorded_at: *recorded_at,
            retracted: *retracted,
            ..v1::Observation::default()
        };
        super::vintages(vintages.iter().map(observation).collect())
    }

    #[test]
    fn a_vintage_stands_until_the_next_of_its_cell() {
        let vintages = known(&[("1", 5, false), ("1", 8, false), ("1", 9, true), ("2", 6, false)]);
        assert_eq!(vintages.iter().map(|v| v.until).collect::<Vec<_>>(), [Some(8), Some(9), None, None]);
        assert!(known(&[]).is_empty());
    }

    #[test]
    fn what_is_asked_for_depends_on_history_and_time() {
        let vintages = known(&[("1", 5, false), ("1", 8, false), ("2", 6, false), ("2", 7, true)]);
        let times = |history, since| -> Vec<i64> {
            let asked = vintages.iter().filter(|v| v.is_asked_for(history, since));
            asked.map(|v| v.observation.recorded_at).collect()
        };
        assert_eq!(times(false, None), [8], "what stands");
        assert_eq!(times(true, None), [5, 8, 6, 7], "everything that was ever said");
        assert_eq!(times(false, Some(7)), [8, 7], "what stands since, and what does so no more");
        assert_eq!(times(true, Some(6)), [8, 6, 7]);
        assert_eq!(times(false, Some(9)), [] as [i64; 0]);
    }
}
