//! A random history: submissions of every kind, a good part of them bad, each with what must become of it.
//!
//! The same seed gives the same history; no clock is read. [`History::offer`] makes the next submission and records it in
//! the history's own [`World`], so that the next one can build on it. What may be said is found in `deeds.rs`, `members.rs`
//! and `plans.rs`, what is wrong with an invalid submission in `faults.rs`; all look at a `Scene` and change nothing. What was
//! accepted teaches the `Cast`.

mod assurance;
mod cast;
mod deeds;
mod delegations;
mod faults;
mod members;
mod plans;
mod platform;
mod reports;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use hefu_types::{Event, EventRef, Millis, Reason, Refusal, SignedSubmission};

use crate::history::cast::{Cast, Said, Scene};
use crate::history::faults::Fault;
use crate::rng::Rng;
use crate::world::World;

/// Submissions that are spoilt, in a hundred.
const SPOILT_PERCENT: usize = 26;

/// Faults that are tried; some don't apply before there are members and observations.
const FAULT_TRIES: usize = 20;

/// A submission and what must become of it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The submission.
    pub signed: SignedSubmission,
    /// Why it must be refused; `None` when it must be accepted.
    pub refused: Option<Reason>,
}

/// A history in the making.
#[derive(Clone, Debug)]
pub struct History {
    /// The ledger that it makes.
    pub world: World,
    /// Accepted events, by kind.
    pub kinds: BTreeMap<&'static str, usize>,
    /// Refused submissions, by reason.
    pub refusals: BTreeMap<Reason, usize>,
    cast: Cast,
    rng: Rng,
}

impl History {
    /// The history of a seed: the genesis entry, and nothing more yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let kinds = BTreeMap::from([("ledger_opened", 1)]);
        let (world, cast) = (World::opened(), Cast::opened());
        Self { world, kinds, refusals: BTreeMap::new(), cast, rng: Rng::new(seed) }
    }

    /// The next submission.
    ///
    /// # Panics
    /// When it does not end as it must: then the generator or the rules are wrong.
    pub fn offer(&mut self) -> Offer {
        let spoilt = if self.rng.percent(SPOILT_PERCENT) { FAULT_TRIES } else { 0 };
        (0..spoilt).find_map(|_| self.spoilt()).unwrap_or_else(|| self.valid())
    }

    /// Offers submissions until the ledger has this many entries.
    pub fn grow(&mut self, entries: usize) {
        while self.world.entries.len() < entries {
            self.offer();
        }
    }

    /// Kinds of event that did not occur yet.
    #[must_use]
    pub fn missing_kinds(&self) -> BTreeSet<&'static str> {
        Event::KINDS.iter().copied().filter(|kind| !self.kinds.contains_key(kind)).collect()
    }

    /// The number of refused submissions.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.refusals.values().sum()
    }

    fn scene(&mut self) -> Scene<'_> {
        let size = self.world.entries.len() as u64;
        let now = Millis::new(self.world.now.get() + 1);
        Scene { cast: &self.cast, state: &self.world.state, rng: &mut self.rng, size, now }
    }

    fn valid(&mut self) -> Offer {
        let Said { signer, events } = self.deed();
        let signed = self.world.signer(&signer).peek(events.clone());
        let outcome = self.world.record(signed.clone());
        outcome.unwrap_or_else(|refusal| panic!("{signer}: {refusal} ({}): {events:?}", refusal.field));
        self.world.signer(&signer).moved_on(&signed);
        for (event, index) in events.iter().zip(0..) {
            self.cast.learn(event, &signer);
            if let Event::ObservationChallenged(e) = event {
                let cell = (e.indicator.clone(), e.area.clone(), e.period);
                let owner = self.world.state.standing(&cell).expect("an observation").member;
                let named = EventRef { submission_hash: Some(signed.hash()), index };
                self.cast.challenged([named, e.observation.clone()], owner, &signer);
            }
            if let Event::ReportingDelegated(e) = event {
                let named = EventRef { submission_hash: Some(signed.hash()), index };
                self.cast.delegations.push(delegations::remembered(e, named));
            }
            *self.kinds.entry(event.kind()).or_default() += 1;
        }
        Offer { signed, refused: None }
    }

    fn deed(&mut self) -> Said {
        loop {
            let deed = deeds::any(&mut self.rng);
            if let Some(said) = deed(&mut self.scene()) {
                return said;
            }
        }
    }

    /// A submission with a fault; `None` when the fault does not apply just now.
    fn spoilt(&mut self) -> Option<Offer> {
        let (reason, fault) = faults::any(&mut self.rng);
        let signed = self.with_fault(fault)?;
        let refusal = self.world.record(signed.clone()).expect_err("a fault");
        let Refusal { reason: found, field, detail } = refusal;
        assert_eq!(found, *reason, "{field}: {detail}");
        *self.refusals.entry(found).or_default() += 1;
        Some(Offer { signed, refused: Some(found) })
    }

    fn with_fault(&mut self, fault: &Fault) -> Option<SignedSubmission> {
        let said = match fault {
            Fault::Said(wrong) => wrong(&mut self.scene())?,
            _ => deeds::correct(&mut self.scene())?,
        };
        let signer = self.world.signer(&said.signer);
        let keys = signer.keys.clone();
        let mut draft = signer.draft(said.events);
        if let Fault::Frame(spoil) = fault
            && !spoil(&mut draft)
        {
            return None;
        }
        let mut bytes = draft.encode();
        if let Fault::Bytes(spoil) = fault {
            spoil(&mut bytes);
        }
        let mut signature = keys.sign_submission(&bytes);
        if let Fault::Signature(spoil) = fault {
            signature = spoil(&signature);
        }
        Some(SignedSubmission { submission: bytes.into(), signature })
    }
}
