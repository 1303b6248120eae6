//! What an auditor knows of the log beforehand: where it ends, and what it must pass through on the way.

use hefu_rules::State;
use hefu_types::limits::COSIGNATURE_SLACK;
use hefu_types::{ChainHash, Checkpoint, Cosignature, Millis, RootHash, Seq, SignedCheckpoint, Size, VerifierKey};
use serde::Serialize;

use crate::report::{Failure, FailureKind};

/// Where the log ends, as the auditor learned it from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The number of entries.
    pub size: Size,
    /// The chain hash of the last one.
    pub chain_hash: ChainHash,
}

/// How the end of the log is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Chain(ChainHash),
    Root(RootHash),
}

/// The end of the log, by its size and its mark, and the checkpoints that it passes through.
#[derive(Clone, Debug)]
pub struct End {
    pub(crate) size: Size,
    pub(crate) mark: Mark,
    waypoints: Vec<Waypoint>,
}

/// A checkpoint of the log, and between which times its witnesses cosigned it.
#[derive(Clone, Debug)]
struct Waypoint {
    signed: SignedCheckpoint,
    cosigned: Option<(Millis, Millis)>,
}

impl From<Head> for End {
    fn from(head: Head) -> Self {
        Self { size: head.size, mark: Mark::Chain(head.chain_hash), waypoints: vec![] }
    }
}

impl End {
    /// A log that ends in a checkpoint, with those of its cosignatures that the auditor trusts.
    #[must_use]
    pub fn at(signed: SignedCheckpoint, cosignatures: &[Cosignature]) -> Self {
        let (size, mark) = (signed.checkpoint().size(), Mark::Root(signed.checkpoint().root()));
        Self { size, mark, waypoints: vec![] }.through(signed, cosignatures)
    }

    /// The same log, which also passes through an older checkpoint.
    #[must_use]
    pub fn through(mut self, signed: SignedCheckpoint, cosignatures: &[Cosignature]) -> Self {
        let times = || cosignatures.iter().map(|cosignature| millis(cosignature.timestamp()));
        let cosigned = times().min().zip(times().max());
        self.waypoints.push(Waypoint { signed, cosigned });
        self
    }

    /// The number of entries.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Holds that an entry's time is one that the cosignatures allow: whoever cosigned a size had seen the entries before it,
    /// and could not see those after it. Of several cosignatures the one that allows most counts, for one witness's clock may
    /// be wrong.
    pub(crate) fn check_time(&self, seq: Seq, recorded_at: Millis) -> Result<(), Failure> {
        let fail = |expected| {
            Err(Failure { seq, kind: FailureKind::Time, expected, actual: format!("recorded at {recorded_at}") })
        };
        for Waypoint { signed, cosigned } in &self.waypoints {
            let Some((earliest, latest)) = *cosigned else { continue };
            let size = signed.checkpoint().size();
            if seq < size.next_seq() && recorded_at.get() > latest.get().saturating_add(COSIGNATURE_SLACK) {
                return fail(format!("a time before {latest}, when the first {size} entries were cosigned"));
            }
            if seq >= size.next_seq() && recorded_at.get() < earliest.get().saturating_sub(COSIGNATURE_SLACK) {
                return fail(format!("a time after {earliest}, when no more than {size} entries were cosigned"));
            }
        }
        Ok(())
    }

    /// Holds that a log of this size has the root of every checkpoint of that size, and that a key signed each that the entries
    /// say signs it. Returns who did. `root` is of the entries so far; at the end of the log it has been looked at.
    pub(crate) fn check_passed(
        &self,
        size: Size,
        state: &State,
        root: impl Fn() -> RootHash,
    ) -> Result<Vec<VerifierKey>, Failure> {
        let mut signers = vec![];
        for signed in self.waypoints.iter().map(|w| &w.signed).filter(|signed| signed.checkpoint().size() == size) {
            check_root(signed.checkpoint(), root())?;
            signers.extend(check_signers(signed, state)?);
        }
        Ok(signers)
    }
}

fn check_root(kept: &Checkpoint, found: RootHash) -> Result<(), Failure> {
    let seq = kept.size().last_seq().unwrap_or(Seq::FIRST);
    let (expected, actual) = (format!("root {}", kept.root()), found.to_string());
    if kept.root() == found { Ok(()) } else { Err(Failure { seq, kind: FailureKind::Checkpoint, expected, actual }) }
}

/// The keys that signed, of those that may sign a checkpoint of this size; at least one.
fn check_signers(signed: &SignedCheckpoint, state: &State) -> Result<Vec<VerifierKey>, Failure> {
    let checkpoint = signed.checkpoint();
    let (size, seq) = (checkpoint.size(), checkpoint.size().last_seq().unwrap_or(Seq::FIRST));
    let origin = state.ledger().map(|ledger| ledger.origin.as_str()).unwrap_or_default();
    let may = state.checkpoint_keys().into_iter().filter(|(_, record)| record.signs(size));
    let may: Vec<VerifierKey> = may.filter_map(|(key, _)| VerifierKey::new(origin, key).ok()).collect();
    let signers: Vec<VerifierKey> = may.iter().filter(|key| signed.note().verify(key).is_ok()).cloned().collect();
    if signers.is_empty() {
        let expected = may.iter().map(VerifierKey::to_string).collect::<Vec<_>>().join(" or ");
        let expected = format!("a checkpoint of {size} entries signed by {expected}");
        return Err(Failure { seq, kind: FailureKind::Key, expected, actual: "signatures of other keys".to_owned() });
    }
    Ok(signers)
}

fn millis(seconds: u64) -> Millis {
    Millis::new(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX))
}
