//! How long something has not been as it should be: by the wall clock, so that runs of the program add up.

use std::collections::BTreeMap;
use std::time::Duration;

use hefu_types::Millis;
use serde::{Deserialize, Serialize};

/// What may be late for so long, unless told otherwise: witnesses that are down, or a log that has not published yet what it
/// gave a receipt for.
pub(crate) const LATE_MAX: Duration = Duration::from_secs(600);

/// What is late, by whose it is.
pub(super) type Late = BTreeMap<String, Since>;

/// What is late, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Since {
    what: String,
    /// Milliseconds since 1970.
    since: i64,
}

/// Tells what has been late for too long.
#[derive(Clone, Debug)]
pub(super) struct Overdue {
    max: Duration,
    pub(super) late: Late,
}

impl Overdue {
    /// Goes on from what was late before.
    pub(super) const fn new(max: Duration, late: Late) -> Self {
        Self { max, late }
    }

    /// Notes what of a thing is late now, if anything; tells whether just that has been for [`Overdue::max`] or longer.
    pub(super) fn note(&mut self, of: &str, what: Option<String>, now: Millis) -> bool {
        let before = self.late.remove(of);
        let Some(what) = what else { return false };
        // A clock that was set back begins anew.
        let since = before.filter(|before| before.what == what).map_or(now.get(), |before| before.since.min(now.get()));
        self.late.insert(of.to_owned(), Since { what, since });
        u128::from(now.get().abs_diff(since)) >= self.max.as_millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: i64) -> Millis {
        Millis::new(1_700_000_000_000 + seconds * 1_000)
    }

    #[test]
    fn only_what_stays_late_is_overdue() {
        let mut overdue = Overdue::new(LATE_MAX, Late::default());
        let mut note = |what: &str, seconds| overdue.note("a", Some(what.to_owned()), after(seconds));
        assert!(!note("5", 0));
        assert!(!note("5", 599));
        assert!(note("5", 600));
        assert!(!note("6", 601), "another thing is late, for a moment");
        assert!(!note("6", 300), "the clock was set back");
        assert!(note("6", 900));
        assert!(!overdue.note("b", Some("6".to_owned()), after(901)), "it is another's");
        assert!(!overdue.note("a", None, after(902)));
        assert!(!overdue.note("a", Some("6".to_owned()), after(903)), "it begins anew");
    }

    #[test]
    fn who_waits_for_nothing_is_told_at_once() {
        let mut overdue = Overdue::new(Duration::ZERO, Late::default());
        assert!(overdue.note("a", Some("5".to_owned()), after(0)));
        assert!(!overdue.note("a", None, after(0)));
    }
}
