//! The server's clock, and the limits of trust in it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hefu_types::{Millis, Reason, Refusal};

/// How far the wall clock may depart from the monotonic clock within a run before writes are refused: a step of the wall
/// clock would poison `recorded_at`, which never goes back.
pub(crate) const DRIFT_MAX: Duration = Duration::from_secs(30);

/// Where time comes from; tests bring their own.
pub trait Clock: Send {
    /// The wall clock.
    fn wall(&self) -> Millis;
    /// A clock that never steps, from an arbitrary start.
    fn monotonic(&self) -> Duration;
}

/// The operating system's clocks.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis::new(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// How long something took.
#[derive(Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The clock as the sequencer reads it: never decreasing, and refused once it departs from the monotonic clock.
pub(crate) struct SteadyClock {
    clock: Box<dyn Clock>,
    wall_start: Millis,
    monotonic_start: Duration,
    last: Millis,
}

impl SteadyClock {
    pub(crate) fn new(clock: Box<dyn Clock>, last: Millis) -> Self {
        Self { wall_start: clock.wall(), monotonic_start: clock.monotonic(), clock, last }
    }

    /// The time to record now.
    pub(crate) fn now(&mut self) -> Result<Millis, Refusal> {
        let wall = self.clock.wall();
        let elapsed = self.clock.monotonic().saturating_sub(self.monotonic_start).as_millis();
        let expected = i128::from(self.wall_start.get()) + i128::try_from(elapsed).unwrap_or(i128::MAX);
        let drift = (i128::from(wall.get()) - expected).unsigned_abs();
        if drift > DRIFT_MAX.as_millis() {
            let detail = format!("the wall clock departed from the monotonic clock by {drift} ms");
            return Err(Refusal::new(Reason::ClockLatched, "", detail));
        }
        self.last = self.last.max(wall);
        Ok(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Fake(Arc<Mutex<(i64, u64)>>);

    impl Clock for Fake {
        fn wall(&self) -> Millis {
            Millis::new(self.0.lock().unwrap().0)
        }
        fn monotonic(&self) -> Duration {
            Duration::from_millis(self.0.lock().unwrap().1)
        }
    }

    #[test]
    fn time_never_goes_back_and_a_step_is_refused() {
        let fake = Fake::default();
        let at = |wall, monotonic| *fake.0.lock().unwrap() = (wall, monotonic);
        at(1_000_000, 5);
        let mut clock = SteadyClock::new(Box::new(fake.clone()), Millis::new(1_000_500));
        assert_eq!(clock.now().unwrap().get(), 1_000_500);
        at(1_001_000, 1_005);
        assert_eq!(clock.now().unwrap().get(), 1_001_000);
        at(1_000_900, 1_105);
        assert_eq!(clock.now().unwrap().get(), 1_001_000);
        at(1_100_000, 1_205);
        assert_eq!(clock.now().unwrap_err().reason, Reason::ClockLatched);
    }
}
