use std::future::Future;
use std::time::{Duration, Instant};

use tonic::Status;

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

    /// One try, which may take what is left of patience and no longer.
    pub(crate) async fn attempt<T>(&self, call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        let patience = self.retry.give_up_after;
        match tokio::time::timeout(patience.saturating_sub(self.since.elapsed()), call).await {
            Ok(answer) => answer,
            Err(_) => Err(Status::deadline_exceeded(format!("silent until patience ({patience:?}) ran out"))),
        }
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

    #[tokio::test]
    async fn a_try_ends_with_patience() {
        let ms = Duration::from_millis;
        let backoff = Backoff::new(Retry { first: ms(1), most: ms(1), give_up_after: ms(20) });
        assert_eq!(backoff.attempt(std::future::ready(Ok(7))).await.unwrap(), 7);
        let silent = backoff.attempt(std::future::pending::<Result<(), Status>>()).await;
        assert_eq!(silent.unwrap_err().code(), tonic::Code::DeadlineExceeded);
        assert!(backoff.since.elapsed() >= ms(20));
    }
}
