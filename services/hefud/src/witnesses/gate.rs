//! Whether writes are taken: not before enough witnesses have said that they have seen no more of the log than is here.

use hefu_types::{Reason, Refusal};
use tokio::sync::watch;

/// Open, or closed with the reason why. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate(watch::Sender<Option<Refusal>>);

impl Default for Gate {
    fn default() -> Self {
        Self::open()
    }
}

impl Gate {
    /// An open gate.
    #[must_use]
    pub fn open() -> Self {
        Self(watch::channel(None).0)
    }

    /// A gate that waits for witnesses.
    #[must_use]
    pub fn waiting() -> Self {
        let detail =
            "too few witnesses have answered since the start; nobody knows yet that the log was not rolled back";
        Self(watch::channel(Some(Refusal::new(Reason::WitnessesUnreachable, "", detail))).0)
    }

    /// Whether writes may pass.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> Result<(), Refusal> {
        self.0.borrow().as_ref().map_or(Ok(()), |refusal| Err(refusal.clone()))
    }

    /// Whether it is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.borrow().is_none()
    }

    /// Opens it, for good.
    pub(crate) fn lift(&self) {
        self.0.send_replace(None);
    }

    /// Says another reason why it is closed; an open gate stays open.
    pub(crate) fn bar(&self, refusal: Refusal) {
        self.0.send_if_modified(|why| {
            let changes = why.as_ref().is_some_and(|before| *before != refusal);
            if changes {
                *why = Some(refusal);
            }
            changes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_closed_until_it_is_lifted_and_then_open_for_good() {
        let gate = Gate::waiting();
        let why = |gate: &Gate| gate.check().map_err(|refusal| refusal.reason);
        assert_eq!(why(&gate), Err(Reason::WitnessesUnreachable));
        gate.bar(Refusal::new(Reason::StorageDamaged, "", "rolled back"));
        assert_eq!(why(&gate.clone()), Err(Reason::StorageDamaged));
        gate.lift();
        assert!(gate.is_open());
        gate.bar(Refusal::new(Reason::StorageDamaged, "", "rolled back"));
        assert_eq!(why(&gate), Ok(()));
    }
}
