//! One look: each URL against what it showed before, the URLs against each other, the receipts against the newest, and the
//! witnesses. What was shown is kept only when nothing is wrong, so a finding is found again.

use hefu_types::checkpoint::CheckpointError;
use hefu_types::policy::QuorumError;
use hefu_types::{Millis, Note, NoteSignature, SignedCheckpoint};
use hefu_verify::Export;

use super::compare::{Relation, relate};
use super::nodes::{NodeError, Nodes};
use super::receipts;
use super::{Evidence, Finding, Monitor, Round, Site};
use crate::failure::Failure;

/// What receipts that the log shows no checkpoint for are late by; of each URL it is its own name.
const RECEIPTS: &str = "receipts";

/// A checkpoint, and where it comes from.
pub(super) struct Shown<'s> {
    pub(super) by: &'s str,
    pub(super) signed: &'s SignedCheckpoint,
}

impl Monitor {
    /// Looks once. Blocks.
    pub(crate) fn look(&mut self, now: Millis) -> Result<Round, Failure> {
        let mut round = Round::default();
        let shown: Vec<_> = self.sites.iter().map(|site| self.fetch(&site.name, &site.files, &mut round)).collect();
        let follows: Vec<bool> = self.sites.iter().zip(&shown).map(|(site, now)| round.follows(site, now)).collect();
        // A URL that does not answer still counts with what it showed before.
        let known: Vec<_> =
            self.sites.iter().zip(&shown).map(|(site, now)| now.as_ref().or(site.last.as_ref())).collect();
        let size = |signed: &SignedCheckpoint| signed.checkpoint().size();
        let newest = (0..shown.len()).filter(|&n| shown[n].is_some()).max_by_key(|&n| shown[n].as_ref().map(size));
        let Some(at) = newest else { return Ok(round) };
        let Some(newest) = &shown[at] else { return Ok(round) };
        for (site, other) in self.sites.iter().zip(&known) {
            let older = other.filter(|other| site.name != self.sites[at].name && size(other) <= size(newest));
            if let Some(signed) = older {
                round.hold(&Shown { by: &site.name, signed }, &self.sites[at], newest);
            }
        }
        round.newest = Some(newest.checkpoint().clone());
        self.look_at_receipts(&mut round, at, newest, now)?;
        self.ask_witnesses(&mut round, at, newest, now);
        self.look_at_witnesses(&mut round, &shown, now);
        if let Some(folder) = &self.folder {
            folder.keep_late(&self.overdue.late)?;
        }
        if round.findings.is_empty() {
            self.keep(shown.into_iter().zip(follows).map(|(now, follows)| now.filter(|_| follows)))?;
        }
        Ok(round)
    }

    pub(super) fn fetch(&self, name: &str, files: &Export, round: &mut Round) -> Option<SignedCheckpoint> {
        let bytes = match files.checkpoint() {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                round.unreached.push(format!("{name} serves no checkpoint"));
                return None;
            }
            Err(error) => {
                round.unreached.push(Failure::from(error).said());
                return None;
            }
        };
        let note = Note::from_bytes(&bytes).map_err(CheckpointError::from);
        let opened = note.and_then(|note| SignedCheckpoint::from_note_by_any(note, &self.keys));
        let finding = |error: CheckpointError| Finding {
            code: "CHECKPOINT_INVALID",
            at: name.to_owned(),
            what: format!("what it shows is no checkpoint that the log signed: {error}"),
            evidence: vec![Evidence { size: None, bytes: bytes.to_vec() }],
        };
        let signed = opened.map_err(|error| round.findings.push(finding(error))).ok()?;
        if self.is_signed_by_another_key(&signed) {
            round.waiting.push(format!(
                "{name}: a key that is not known here signs its checkpoints, too; `hefu verify` names it if the log announced it: \
                 then give it with another --key"
            ));
        }
        Some(signed)
    }

    /// Whether there is a signature in the log's name under a key that nobody named here: one that takes over, perhaps.
    fn is_signed_by_another_key(&self, signed: &SignedCheckpoint) -> bool {
        let in_its_name = |line: &&NoteSignature| line.name() == signed.checkpoint().origin();
        let mut lines = signed.note().signatures().iter().filter(in_its_name);
        lines.any(|line| !self.keys.iter().any(|key| line.is_by(key)))
    }

    fn look_at_receipts(
        &mut self,
        round: &mut Round,
        at: usize,
        newest: &SignedCheckpoint,
        now: Millis,
    ) -> Result<(), Failure> {
        let Some(receipts) = &mut self.receipts else { return Ok(()) };
        let size = |signed: &SignedCheckpoint| signed.checkpoint().size();
        // The smallest: a log that grows reaches it, whatever was answered meanwhile.
        let mut ahead: Option<(_, SignedCheckpoint)> = None;
        for path in receipts.open()? {
            match receipts::read(&path, &self.keys)? {
                Err(finding) => round.findings.push(finding),
                Ok(signed) if size(&signed) > size(newest) => {
                    if ahead.as_ref().is_none_or(|(_, least)| size(&signed) < size(least)) {
                        ahead = Some((path, signed));
                    }
                }
                Ok(signed) => {
                    let by = path.display().to_string();
                    if round.hold(&Shown { by: &by, signed: &signed }, &self.sites[at], newest) {
                        receipts.is_proved(path);
                    }
                }
            }
        }
        let owed = ahead.as_ref().map(|(_, signed)| size(signed).to_string());
        let overdue = self.overdue.note(RECEIPTS, owed, now);
        if let Some((path, signed)) = ahead {
            let by = path.display().to_string();
            round.ahead(&Shown { by: &by, signed: &signed }, newest, overdue);
        }
        Ok(())
    }

    fn look_at_witnesses(&mut self, round: &mut Round, shown: &[Option<SignedCheckpoint>], now: Millis) {
        let Some(policy) = &self.policy else { return };
        for (site, signed) in self.sites.iter().zip(shown) {
            let Some(signed) = signed else { continue };
            let finding =
                |code, what| Finding { code, at: site.name.clone(), what, evidence: vec![Evidence::of(signed)] };
            let checked = policy.check(signed);
            if let Err(QuorumError::Cosignature(e)) = checked {
                let what = format!("a cosignature of its checkpoint does not verify: {e}");
                round.findings.push(finding("CHECKPOINT_INVALID", what));
                continue;
            }
            let what = "its checkpoint lacks cosignatures of a quorum".to_owned();
            if self.overdue.note(&site.name, checked.is_err().then(|| "quorum".to_owned()), now) {
                round.findings.push(finding("QUORUM_OVERDUE", what));
            } else if checked.is_err() {
                round.waiting.push(format!("{}: {what}", site.name));
            }
        }
    }

    fn keep(&mut self, shown: impl Iterator<Item = Option<SignedCheckpoint>>) -> Result<(), Failure> {
        for (site, signed) in self.sites.iter_mut().zip(shown) {
            if let (Some(signed), Some(folder)) = (&signed, &self.folder)
                && site.last.as_ref() != Some(signed)
            {
                folder.keep(&site.name, signed)?;
            }
            site.last = signed.or(site.last.take());
        }
        Ok(())
    }
}

impl Round {
    /// Holds that a URL goes on from what it showed before.
    fn follows(&mut self, site: &Site, now: &Option<SignedCheckpoint>) -> bool {
        match (&site.last, now) {
            (Some(last), Some(now)) => self.hold(&Shown { by: &site.name, signed: last }, site, now),
            _ => true,
        }
    }

    /// Holds that what was known is a beginning of what a URL shows now; false when it is not, or nobody can tell.
    pub(super) fn hold(&mut self, known: &Shown<'_>, site: &Site, signed: &SignedCheckpoint) -> bool {
        let (old, new) = (known.signed.checkpoint(), signed.checkpoint());
        let mut find = |code, what: String| {
            let evidence = vec![Evidence::of(known.signed), Evidence::of(signed)];
            self.findings.push(Finding { code, at: site.name.clone(), what, evidence });
        };
        if new.size() < old.size() {
            find("LOG_ROLLED_BACK", format!("it shows {} entries, after {}", new.size(), old.size()));
            return false;
        }
        let mut nodes = Nodes::new(&site.files, new.size());
        match relate(old, new, &mut |node| nodes.read(node)) {
            Ok(Relation::Consistent) => return true,
            Ok(Relation::Forked) => {
                find(
                    "LOG_FORKED",
                    format!("its {} entries don't begin with the {} of {}", new.size(), old.size(), known.by),
                );
            }
            Ok(Relation::Unproven) => find("TILES_INVALID", "its tiles don't lead to its checkpoint".to_owned()),
            Err(NodeError::Tile(tile)) => find("TILES_INVALID", NodeError::Tile(tile).to_string()),
            Err(NodeError::Read(error)) => self.unreached.push(Failure::from(error).said()),
        }
        false
    }

    /// A checkpoint that the log signed and does not show: not yet, or not any more.
    pub(super) fn ahead(&mut self, known: &Shown<'_>, newest: &SignedCheckpoint, overdue: bool) {
        let (signed, shown) = (known.signed.checkpoint().size(), newest.checkpoint().size());
        let what = format!("this is of {signed} entries, the log shows {shown}");
        let at = known.by.to_owned();
        if overdue {
            let evidence = vec![Evidence::of(known.signed), Evidence::of(newest)];
            self.findings.push(Finding { code: "LOG_ROLLED_BACK", at, what, evidence });
        } else {
            self.waiting.push(format!("{at}: {what}"));
        }
    }
}
