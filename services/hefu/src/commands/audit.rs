//! `hefu audit`: whether anything that a member said was left out.
//!
//! Verification of an export finds what does not fit together. It can't find that the last submissions of a key are missing:
//! what is left fits. Only what the member kept can tell.

mod key_chain;
mod omissions;

use std::path::{Path, PathBuf};

use hefu_client::{EntryChecker, outbox};
use hefu_types::{LedgerId, PublicKey, Size, hash};
use hefu_verify::Export;

use super::log::decode;
use crate::args::KeyArg;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::{both, note};
use crate::output::{Hash, Time, record};
use key_chain::{Fault, Place};
use omissions::Comparison;

/// What stands under `signatures`: nothing here looks at them.
const NOT_LOOKED_AT: &str = "not verified";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum AuditCommand {
    /// Show that nothing is missing of what a key said: its numbers and links in an export, and, with --outbox, everything that
    /// was answered to it. Verifies neither signatures nor rules: `hefu verify` does.
    Member {
        /// The key: 64 hex digits, or a file with it.
        key: KeyArg,
        /// The export's directory.
        export: PathBuf,
        /// What the key's holder kept: the folder of what it signed and what was answered. It is only read.
        #[arg(long, value_name = "DIR")]
        outbox: Option<PathBuf>,
    },
}

record! {
    /// What was looked at.
    struct AuditRow {
        both key: Hash,
        both entries: u64,
        both submissions: u64,
        both first_seq: Option<u64>,
        both first_recorded_at: Option<Time>,
        both last_seq: Option<u64>,
        both last_recorded_at: Option<Time>,
        both stored: Option<u64>,
        both answered: Option<u64>,
        both answered_after_export: Option<u64>,
        both not_in_outbox: Option<u64>,
        both signatures: String,
        both rules: String,
    }
}

record! {
    /// Something that is wrong.
    struct FindingRow {
        both number: u64,
        both finding: String,
        both expected_seq: Option<u64>,
        both found_seq: Option<u64>,
        both expected: Hash,
        both found: Option<Hash>,
        both receipt: Option<String>,
    }
}

/// What an export says of a key.
struct Walk {
    ledger: LedgerId,
    size: Size,
    places: Vec<Place>,
}

pub(crate) fn run(context: &Context, command: AuditCommand) -> Result<(), Failure> {
    let AuditCommand::Member { key: KeyArg(key), export, outbox } = command;
    let walk = walk(&Export::open(&export)?, key)?;
    let faults = key_chain::faults(&walk.places);
    let kept = outbox.as_deref().map(|path| compare(path, key, &walk)).transpose()?;
    let omitted = kept.as_ref().map_or(&[][..], |kept| &kept.omissions);
    let findings: Vec<FindingRow> = faults.iter().map(Fault::row).chain(omitted.iter().map(|o| o.row())).collect();
    context.with_rows(&summary(key, &walk, kept.as_ref()), "findings", &findings)?;
    note!(
        "numbers, links and positions only: signatures and rules are for `hefu verify`",
        "只检查编号、链接和位置：签名和规则由 `hefu verify` 核验"
    );
    verdict(faults.len(), kept.as_ref())
}

fn compare(path: &Path, key: PublicKey, walk: &Walk) -> Result<Comparison, Failure> {
    let stored = outbox::stored(path, walk.ledger, key).map_err(hefu_client::ClientError::from)?;
    Ok(omissions::compare(&stored, &walk.places, walk.size))
}

/// Reads every entry, and keeps where those of the key stand.
fn walk(export: &Export, key: PublicKey) -> Result<Walk, Failure> {
    let mut checker = EntryChecker::start();
    let (mut ledger, mut places) = (None, vec![]);
    for bytes in export.entries(None) {
        let entry = checker.check(bytes?)?;
        ledger.get_or_insert_with(|| hash::ledger_id(&entry.signed().submission));
        let decoded = decode(&entry)?;
        if decoded.submission.key == key {
            places.push(Place::of(&entry, &decoded));
        }
    }
    let ledger = ledger
        .ok_or_else(|| Failure::usage(both!("the export holds no entry", "导出中没有条目"), "Give a whole export."))?;
    Ok(Walk { ledger, size: checker.size(), places })
}

fn summary(key: PublicKey, walk: &Walk, kept: Option<&Comparison>) -> AuditRow {
    let (first, last) = (walk.places.first(), walk.places.last());
    AuditRow {
        key: Hash::of(key.as_bytes()),
        entries: walk.size.get(),
        submissions: walk.places.len() as u64,
        first_seq: first.map(|place| place.seq.get()),
        first_recorded_at: first.map(|place| Time(place.recorded_at.get())),
        last_seq: last.map(|place| place.seq.get()),
        last_recorded_at: last.map(|place| Time(place.recorded_at.get())),
        stored: kept.map(|kept| kept.stored),
        answered: kept.map(|kept| kept.answered),
        answered_after_export: kept.map(|kept| kept.after_export),
        not_in_outbox: kept.map(|kept| kept.not_stored),
        signatures: NOT_LOOKED_AT.to_owned(),
        rules: NOT_LOOKED_AT.to_owned(),
    }
}

/// What is said at the end. What the member can prove weighs more than what the export says of itself.
fn verdict(faults: usize, kept: Option<&Comparison>) -> Result<(), Failure> {
    let omitted = kept.map_or(0, |kept| kept.omissions.len());
    if omitted > 0 {
        let detail = format!("{omitted} submissions that were answered don't stand where the answer says");
        let remedy = "Keep the export and the outbox; show each receipt and its .sub file with `hefu receipt verify` to whoever \
                      asks: they prove it without you.";
        return Err(Failure::new(Exit::Broken, "SUBMISSION_OMITTED", detail, remedy));
    }
    if faults > 0 {
        let detail = format!("the key's numbers or links break {faults} times in this export");
        let remedy = "Keep the export, it is evidence; ask the key's holder for its outbox, and compare with --outbox.";
        return Err(Failure::new(Exit::Broken, "KEY_CHAIN_BROKEN", detail, remedy));
    }
    if let Some(kept) = kept.filter(|kept| kept.after_export > 0) {
        let count = kept.after_export;
        note!(
            "{count} answered submissions lie beyond this export: take a newer one to see them",
            "有 {count} 份已答复的提交在本次导出之后：请取较新的导出查看"
        );
    }
    if let Some(kept) = kept.filter(|kept| kept.not_stored > 0) {
        let count = kept.not_stored;
        note!(
            "{count} submissions of the key don't stand in this outbox; ask its holder who sent them",
            "该密钥有 {count} 份提交不在此发件箱中；请向持有人了解由谁发出"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
