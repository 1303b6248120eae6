//! Old published checkpoints that nobody cosigned are thinned to the last of each day. What a witness vouched for stays.

use std::sync::{Arc, Weak};
use std::time::SystemTime;

use hefu_journal::store::StoreError;
use hefu_journal::{Journal, Published, RocksCheckpoints};
use hefu_types::{Checkpoint, Millis, Note, Size};

use crate::config::{THIN_AGE, THIN_INTERVAL};
use crate::lifetime::Lifetime;

/// Checkpoints that are looked at together: little memory, few reads.
const PAGE: usize = 256;

const MILLIS_OF_A_DAY: i64 = 24 * 3_600 * 1_000;

/// Thins at start and then every hour, until the server stops. A start looks at all of them, later rounds at those that became
/// old enough.
pub(crate) async fn run(kept: RocksCheckpoints, journal: Weak<Journal>, lifetime: Lifetime) {
    let mut tick = tokio::time::interval(THIN_INTERVAL);
    let mut done = Size::EMPTY;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = lifetime.stopping() => return,
        }
        let (kept, journal, lifetime) = (kept.clone(), journal.clone(), lifetime.clone());
        let journal = move || if lifetime.is_stopping() { None } else { journal.upgrade() };
        let thinned = tokio::task::spawn_blocking(move || thin(&kept, &journal, done, oldest_that_stay())).await;
        match thinned {
            Ok(Ok(up_to)) => done = up_to,
            Ok(Err(e)) => tracing::warn!(error = %e, "old checkpoints can't be thinned out"),
            Err(_) => return,
        }
    }
}

fn oldest_that_stay() -> Millis {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Millis::new(i64::try_from(now.saturating_sub(THIN_AGE).as_millis()).unwrap_or(i64::MAX))
}

/// Thins those of before `until`, from the largest down to the day of `done`; gives the largest size that it looked at.
fn thin(
    kept: &RocksCheckpoints,
    journal: &impl Fn() -> Option<Arc<Journal>>,
    done: Size,
    until: Millis,
) -> Result<Size, StoreError> {
    let Some(up_to) = journal().map(|journal| journal.size_at(until)).transpose()? else { return Ok(done) };
    let (mut next, mut day) = (up_to, Day::default());
    while let Some(journal) = journal() {
        let page = kept.up_to(next, PAGE)?;
        for published in &page {
            let is_last = day.is_last(day_of(&journal, published.size)?);
            if published.size < done && is_last {
                return Ok(up_to);
            }
            if !is_last && !is_cosigned(published) {
                kept.forget(published.size)?;
            }
        }
        match page.last().and_then(|last| last.size.get().checked_sub(1)) {
            Some(below) if page.len() == PAGE => next = Size::new(below),
            _ => break,
        }
    }
    Ok(up_to)
}

/// The day that is being walked through, from its end.
#[derive(Default)]
struct Day(Option<i64>);

impl Day {
    /// Whether a checkpoint of this day is the last of it: the first one that is met.
    fn is_last(&mut self, day: i64) -> bool {
        self.0.replace(day) != Some(day)
    }
}

/// The day, since the epoch, on which the last entry of a checkpoint was recorded.
fn day_of(journal: &Journal, size: Size) -> Result<i64, StoreError> {
    let Some(seq) = size.last_seq() else { return Ok(0) };
    let entry = journal.read(seq, 1, usize::MAX)?.pop().map(hefu_types::Entry::parse).transpose();
    let entry = entry.map_err(StoreError::new)?.ok_or_else(|| StoreError::new("an entry is missing"))?;
    Ok(entry.recorded_at().get().div_euclid(MILLIS_OF_A_DAY))
}

/// Whether anybody but the log signed it, which has two keys while one replaces the other; one that can't be read is left alone.
fn is_cosigned(published: &Published) -> bool {
    let Ok(note) = Note::from_bytes(&published.note) else { return true };
    let Ok(checkpoint) = Checkpoint::parse_body(note.text()) else { return true };
    note.signatures().iter().any(|signature| signature.name() != checkpoint.origin())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::sign::Keypair;
    use hefu_types::{NoteSigner, RootHash, SignedCheckpoint};

    #[test]
    fn two_keys_of_the_log_are_no_witness() {
        let log = |seed| NoteSigner::new("log", Keypair::from_seed(&[seed; 32])).unwrap();
        let witness = NoteSigner::cosigner("w", Keypair::from_seed(&[9; 32])).unwrap();
        let of = Checkpoint::new("log", Size::new(3), RootHash::from_bytes([1; 32])).unwrap();
        let one = SignedCheckpoint::sign(&of, &log(1)).unwrap();
        let two = one.signed_also_by(&log(2)).unwrap();
        let line = witness.cosign(one.body(), 1_700_000_000).unwrap();
        let cosigned = one.with_cosignature(&line, witness.vkey()).unwrap();
        let is =
            |signed: &SignedCheckpoint| is_cosigned(&Published { size: Size::new(3), note: signed.to_bytes().into() });
        assert_eq!([is(&one), is(&two), is(&cosigned)], [false, false, true]);
        assert!(is_cosigned(&Published { size: Size::new(3), note: "?".into() }));
    }
}
