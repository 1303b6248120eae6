//! Witnesses that are asked themselves: what each cosigned last is of the same history, and the log shows at least as much.

use std::time::Duration;

use hefu_types::{Millis, SignedCheckpoint};
use hefu_verify::Export;

use super::round::Shown;
use super::{Monitor, Round};
use crate::failure::Failure;
use crate::remote::Url;
use crate::witness::origin_hash;

/// Where a witness shows what it cosigned last of the log.
pub(super) struct Asked {
    name: String,
    files: Export,
}

impl Monitor {
    /// What these witnesses cosigned must be of the same history.
    pub(crate) fn with_witnesses(self, urls: &[Url], patience: Duration) -> Result<Self, Failure> {
        let hash = origin_hash(self.keys[0].name());
        let ask = |url: &Url| {
            let name = url.as_str().to_owned();
            let files = Url::parse(&format!("{}/{hash}", name.trim_end_matches('/')))?.open(patience);
            Ok(Asked { name, files })
        };
        Ok(Self { witnesses: urls.iter().map(ask).collect::<Result<_, Failure>>()?, ..self })
    }

    pub(super) fn ask_witnesses(&mut self, round: &mut Round, at: usize, newest: &SignedCheckpoint, now: Millis) {
        let size = |signed: &SignedCheckpoint| signed.checkpoint().size();
        for n in 0..self.witnesses.len() {
            let Asked { name, files } = &self.witnesses[n];
            let Some(signed) = self.fetch(name, files, round) else { continue };
            let ahead = size(&signed) > size(newest);
            let overdue = self.overdue.note(name, ahead.then(|| size(&signed).to_string()), now);
            if ahead {
                round.ahead(&Shown { by: name, signed: &signed }, newest, overdue);
            } else {
                round.hold(&Shown { by: name, signed: &signed }, &self.sites[at], newest);
            }
        }
    }
}
