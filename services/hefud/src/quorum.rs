//! The checkpoint that a quorum of witnesses cosigned last, for answers that wait for it.
//!
//! One that is published later need not be cosigned by as many, so the latest published one won't do. All that wait are told
//! at once; none of them asks a witness itself.

use std::sync::Arc;
use std::time::Duration;

use hefu_types::{Policy, Reason, Refusal, SignedCheckpoint, Size};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tonic::metadata::MetadataMap;

use crate::config::QUORUM_WAIT;

/// What the quorum of the server's policy cosigned last. Clones are the same.
#[derive(Clone)]
pub struct Quorum {
    policy: Option<Arc<Policy>>,
    last: watch::Sender<Option<Arc<SignedCheckpoint>>>,
}

impl Quorum {
    /// Of a policy; without one there are no witnesses to wait for.
    #[must_use]
    pub fn of(policy: Option<Policy>) -> Self {
        Self { policy: policy.map(Arc::new), last: watch::channel(None).0 }
    }

    /// Whether there is a quorum to wait for. A policy that needs nobody is one.
    ///
    /// # Errors
    /// `WITNESSES_NONE`.
    pub fn check(&self) -> Result<(), Refusal> {
        let none = || Refusal::new(Reason::WitnessesNone, "wait_for", "this server runs without a policy");
        self.policy.as_ref().map(drop).ok_or_else(none)
    }

    /// Takes note of a published checkpoint, if a quorum cosigned it.
    pub fn shown(&self, checkpoint: &SignedCheckpoint) {
        if self.policy.as_ref().is_none_or(|policy| policy.check(checkpoint).is_err()) {
            return;
        }
        self.last.send_if_modified(|last| {
            // One of the same size may have got more cosignatures since.
            let newer = last.as_ref().is_none_or(|last| last.checkpoint().size() <= checkpoint.checkpoint().size());
            if newer {
                *last = Some(Arc::new(checkpoint.clone()));
            }
            newer
        });
    }

    /// The last one, as soon as it has this size; `None` when it does not come in time.
    pub async fn at_least(&self, size: Size, until: Instant) -> Option<Arc<SignedCheckpoint>> {
        let holds = |last: &Option<Arc<SignedCheckpoint>>| last.as_ref().is_some_and(|c| c.checkpoint().size() >= size);
        let mut last = self.last.subscribe();
        timeout_at(until, last.wait_for(holds)).await.ok()?.ok()?.clone()
    }
}

/// Until when an answer may wait that is begun now: a little less than the caller does, or the answer would come too late.
#[must_use]
pub fn until(metadata: &MetadataMap) -> Instant {
    let patience = metadata.get("grpc-timeout").and_then(|timeout| grpc_timeout(timeout.to_str().ok()?));
    Instant::now() + patience.map_or(QUORUM_WAIT, |patience| QUORUM_WAIT.min(patience / 8 * 7))
}

/// At most 8 digits and a unit. Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.
fn grpc_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u32 = digits.parse().ok().filter(|_| digits.len() <= 8 && !digits.starts_with('+'))?;
    let unit = match unit {
        "H" => Duration::from_secs(3_600),
        "M" => Duration::from_secs(60),
        "S" => Duration::from_secs(1),
        "m" => Duration::from_millis(1),
        "u" => Duration::from_micros(1),
        "n" => Duration::from_nanos(1),
        _ => return None,
    };
    Some(unit * number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::note::NoteSigner;
    use hefu_types::sign::Keypair;
    use hefu_types::{Checkpoint, RootHash};

    fn witness() -> NoteSigner {
        NoteSigner::cosigner("w", Keypair::from_seed(&[9; 32])).unwrap()
    }

    fn checkpoint(size: u64, cosigned: bool) -> SignedCheckpoint {
        let log = NoteSigner::new("log", Keypair::from_seed(&[1; 32])).unwrap();
        let of = Checkpoint::new("log", Size::new(size), RootHash::from_bytes([1; 32])).unwrap();
        let signed = SignedCheckpoint::sign(&of, &log).unwrap();
        if !cosigned {
            return signed;
        }
        let line = witness().cosign(signed.body(), 1_700_000_000).unwrap();
        signed.with_cosignature(&line, witness().vkey()).unwrap()
    }

    #[tokio::test]
    async fn only_what_a_quorum_cosigned_is_waited_for_and_one_tells_all() {
        let policy = format!("witness w {}\nquorum w\n", witness().vkey()).parse().unwrap();
        let quorum = Quorum::of(Some(policy));
        assert_eq!(quorum.check(), Ok(()));
        // What is there already is had even when there is no time left.
        let past = Instant::now();
        quorum.shown(&checkpoint(9, false));
        quorum.shown(&checkpoint(6, true));
        assert!(quorum.at_least(Size::new(6), past).await.is_some());
        assert_eq!(quorum.at_least(Size::new(7), past).await, None);
        let waiting = [7, 8].map(|size| {
            let quorum = quorum.clone();
            tokio::spawn(async move { quorum.at_least(Size::new(size), Instant::now() + QUORUM_WAIT).await })
        });
        tokio::task::yield_now().await;
        quorum.shown(&checkpoint(8, true));
        quorum.shown(&checkpoint(7, true));
        for waited in waiting {
            assert_eq!(waited.await.unwrap().unwrap().checkpoint().size(), Size::new(8));
        }
        assert_eq!(quorum.at_least(Size::new(9), past).await, None);
    }

    #[test]
    fn without_a_policy_there_is_no_quorum_and_none_is_one() {
        assert_eq!(Quorum::of(None).check().unwrap_err().reason, Reason::WitnessesNone);
        let none = Quorum::of(Some("quorum none\n".parse().unwrap()));
        assert_eq!(none.check(), Ok(()));
        none.shown(&checkpoint(3, false));
        assert!(none.last.borrow().is_some());
    }

    #[test]
    fn a_callers_deadline_is_read() {
        assert_eq!(grpc_timeout("1500m"), Some(Duration::from_millis(1_500)));
        assert_eq!(grpc_timeout("99999999H"), Some(Duration::from_secs(99_999_999 * 3_600)));
        for bad in ["", "S", "1", "1s", "-1S", "+1S", "123456789n", "1.5S", "1é"] {
            assert_eq!(grpc_timeout(bad), None, "{bad}");
        }
    }
}
