//! `hefu log export`.

use std::path::Path;

use hefu_client::{ClientError, EntryChecker, Head};
use hefu_types::Size;

use super::HeadRow;
use super::bundles::Bundles;
use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};

/// Continues an export up to a size, checking every entry and link, and prints the head that it ends in.
pub(super) async fn run(context: &Context, directory: &Path, size: Option<u64>) -> Result<(), Failure> {
    let file = |e: std::io::Error| Failure::file(directory, &e).because(&e);
    let reader = context.reader()?;
    let head = reader.head().await?;
    let to = size.map_or(head.size, Size::new).min(head.size);
    let (mut bundles, full) = Bundles::open(directory).map_err(file)?;
    let checker = check_existing(&bundles, full)?;
    if checker.size() > to {
        let detail = format!("{} holds {} entries, the log {to}", directory.display(), checker.size());
        return Err(Failure::new(
            Exit::Broken,
            "EXPORT_AHEAD",
            detail,
            "Keep the export, it is evidence of a lost tail.",
        ));
    }
    let bar = progress("entries", to.get());
    let mut entries = reader.entries_after(checker, to);
    while let Some(entry) = entries.next().await? {
        bundles.add(entry.bytes()).map_err(file)?;
        bar.set_position(entry.seq().size().get());
    }
    bundles.finish().map_err(file)?;
    bar.finish_and_clear();
    context.one(&HeadRow::from(&ended_in(head, entries.checker())?))
}

/// Checks the full bundles that are there: what follows must link to them.
fn check_existing(bundles: &Bundles, full: u64) -> Result<EntryChecker, Failure> {
    let mut checker = EntryChecker::start();
    for number in 0..full {
        let broken = |detail: String| ClientError::LogBroken { seq: checker.size().next_seq(), detail };
        let entries = bundles.read(number).map_err(|e| broken(e.to_string()))?;
        for entry in entries {
            checker.check(entry)?;
        }
    }
    Ok(checker)
}

/// The head of what was written; the server's own head, if that is where it ended, must agree.
fn ended_in(head: Head, checker: &EntryChecker) -> Result<Head, Failure> {
    let chain_hash = checker.chain_hash().unwrap_or(hefu_types::ChainHash::NONE);
    if checker.size() == head.size && chain_hash != head.chain_hash {
        let detail = format!("the entries end in {chain_hash}, the server's head says {}", head.chain_hash);
        let seq = checker.size().last_seq().unwrap_or(hefu_types::Seq::FIRST);
        return Err(ClientError::LogBroken { seq, detail }.into());
    }
    Ok(Head { size: checker.size(), chain_hash, recorded_at: checker.recorded_at(), ..head })
}
