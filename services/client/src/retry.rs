use std::time::{Duration, Instant};

/// How patiently something is tried again: after `first`, then twice as long each time, at most `most`, and no more once
/// `give_up_after` has passed without progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
    /// How long without progress.
    pub give_up_after: Duration,
}

impl Default for Retry {
    /// Half a minute: longer than a restart of the server, shorter than a person's patience.
    fn default() -> Self {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(3));
        Self { first, most, give_up_after: Duration::from_secs(30) }
    }
}

/// The pauses of one thing being tried.
#[derive(Debug)]
pub(crate) struct Backoff {
    retry: Retry,
    pause: Duration,
    since: Instant,
}

impl Backoff {
    pub(crate) fn new(retry: Retry) -> Self {
        Self { retry, pause: retry.first, since: Instant::now() }
    }

    /// There was progress: patience starts anew.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.retry);
    }

    /// Waits before the next try; `false`, at once, when patience has run out.
    pub(crate) async fn wait(&mut self) -> bool {
        let pause = self.pause;
        if self.since.elapsed() + pause > self.retry.give_up_after {
            return false;
        }
        self.pause = self.retry.most.min(pause * 2);
        tokio::time::sleep(pause).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pauses_grow_and_end() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(Retry { first: ms(1), most: ms(4), give_up_after: ms(40) });
        let mut pauses = vec![];
        while backoff.wait().await {
            pauses.push(backoff.pause);
        }
        assert_eq!(pauses[..3], [ms(2), ms(4), ms(4)]);
        assert!(pauses.len() < 12, "{} pauses", pauses.len());
        backoff.reset();
        assert!(backoff.wait().await);
    }
}
