//! How long something has not been as it should be.

use std::time::{Duration, Instant};

/// What may be late for so long: witnesses that are down, or a log that has not published yet what it gave a receipt for.
pub(super) const LATE_MAX: Duration = Duration::from_secs(600);

/// Since when it is late.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overdue(Option<Instant>);

impl Overdue {
    /// Notes whether it is late now; tells whether it has been for longer than [`LATE_MAX`].
    pub(super) fn note(&mut self, late: bool, now: Instant) -> bool {
        self.0 = late.then(|| self.0.unwrap_or(now));
        self.0.is_some_and(|since| now.saturating_duration_since(since) > LATE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_late_is_overdue() {
        let start = Instant::now();
        let mut overdue = Overdue::default();
        let mut note = |late, after| overdue.note(late, start + after);
        let second = Duration::from_secs(1);
        assert!(!note(true, Duration::ZERO));
        assert!(!note(true, LATE_MAX));
        assert!(note(true, LATE_MAX + second));
        assert!(!note(false, LATE_MAX + second * 2));
        assert!(!note(true, LATE_MAX + second * 3), "it begins anew");
    }
}
