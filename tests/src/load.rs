//! Submissions that are always acceptable, endlessly: each key corrects its own cell again and again.

use hefu_types::event::membership::Role;
use hefu_types::{Event, EventRef, SignedSubmission, SubmissionHash};

use crate::world::{Signer, World, observation, text};

/// A reporter of `alpha` that owns one cell of the indicator `flow`.
#[derive(Clone, Debug)]
pub struct Corrector {
    signer: Signer,
    period: String,
    stands: Option<SubmissionHash>,
    count: u64,
}

/// Enrols `n` reporters of `alpha`, each with a cell of its own.
pub fn correctors(world: &mut World, n: usize) -> Vec<Corrector> {
    (0..n)
        .map(|i| {
            let name = format!("corrector-{i}");
            let enrolment = world.enrolment("alpha", &name, &[Role::Reporter]);
            world.say("alpha-admin", vec![enrolment.into()]);
            let period = format!("{}-{:02}", 2000 + i / 12, i % 12 + 1);
            Corrector { signer: world.signer(&name).clone(), period, stands: None, count: 0 }
        })
        .collect()
}

impl Corrector {
    /// Its next submission, and on to the one after it.
    pub fn submission(&mut self) -> SignedSubmission {
        let event = self.event();
        let signed = self.signer.sign(vec![event]);
        self.stands = Some(signed.hash());
        signed
    }

    fn event(&mut self) -> Event {
        self.count += 1;
        let mut reported = observation("flow", &self.period, &self.count.to_string());
        if let Some(hash) = self.stands {
            reported.supersedes = Some(EventRef { submission_hash: Some(hash), index: 0 });
            reported.reason = text("counted again");
        }
        reported.into()
    }
}
