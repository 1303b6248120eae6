//! `hefu log export`.

use std::path::Path;

use hefu_client::{ClientError, EntryChecker, Head, Reader};
use hefu_types::{Reason, Refusal, Size};

use super::HeadRow;
use super::bundles::Bundles;
use super::existing::Existing;
use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};

/// Continues an export up to a size, checking every entry and link, and prints the head that it ends in. What is there must
/// be the beginning of the server's log; nothing of it is ever changed.
pub(super) async fn run(context: &Context, directory: &Path, size: Option<u64>) -> Result<(), Failure> {
    let file = |e: std::io::Error| Failure::file(directory, &e).because(&e);
    let existing = Existing::open(directory)?;
    let checker = existing.check()?;
    let reader = context.reader()?;
    let head = reader.head().await?;
    compare(&existing, &reader, checker.size().min(head.size)).await?;
    let to = goal(directory, checker.size(), head.size, size.map(Size::new))?;
    let mut bundles = Bundles::after(&existing)?;
    let bar = progress("entries", to.get());
    let mut entries = reader.entries_after(checker, to);
    while let Some(entry) = entries.next().await? {
        bundles.add(entry.bytes()).map_err(file)?;
        bar.set_position(entry.seq().size().get());
    }
    let end = ended_in(head, entries.checker())?;
    bundles.finish().map_err(file)?;
    bar.finish_and_clear();
    context.one(&HeadRow::from(&end))
}

/// Holds that the server has the same entries up to a size: the last of them names all before it by its link.
async fn compare(existing: &Existing, reader: &Reader, size: Size) -> Result<(), Failure> {
    let Some(last) = size.last_seq() else { return Ok(()) };
    let ours = existing.entry(last)?;
    match reader.entries(last, size).next().await? {
        Some(theirs) if *theirs.bytes() == ours => Ok(()),
        _ => Err(existing.differs(&format!("its entry {last} is not the server's"))),
    }
}

/// The size that the export will have.
fn goal(directory: &Path, there: Size, head: Size, asked: Option<Size>) -> Result<Size, Failure> {
    let directory = directory.display();
    if there > head {
        let detail = format!("{directory} holds {there} entries, the server's log {head}");
        let remedy = "Keep the export, it is evidence of a lost tail.";
        return Err(Failure::new(Exit::Broken, "EXPORT_AHEAD", detail, remedy));
    }
    let to = asked.unwrap_or(head);
    if to > head {
        let refusal = Refusal::new(Reason::SeqBeyondHead, "--size", format!("the log has {head} entries, not {to}"));
        return Err(Failure { remedy: format!("Give at most {head}, or leave out --size."), ..refusal.into() });
    }
    if there > to {
        let detail = format!("{directory} holds {there} entries, more than --size {to}");
        let remedy = "An export is never cut: export into a fresh folder.";
        return Err(Failure::new(Exit::Usage, "EXPORT_AHEAD", detail, remedy));
    }
    Ok(to)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_never_cut_and_never_less_than_asked_for() {
        let to = |there, head, asked: Option<u64>| {
            let size = goal(Path::new("copy"), Size::new(there), Size::new(head), asked.map(Size::new));
            size.map(|size| size.get()).map_err(|failure| (failure.code, failure.exit, failure.detail))
        };
        assert_eq!([to(0, 9, None), to(9, 9, None), to(4, 9, Some(7))], [Ok(9), Ok(9), Ok(7)]);
        let ahead = |exit, detail: &str| Err(("EXPORT_AHEAD", exit, detail.to_owned()));
        assert_eq!(to(40, 38, None), ahead(Exit::Broken, "copy holds 40 entries, the server's log 38"));
        assert_eq!(to(40, 41, Some(10)), ahead(Exit::Usage, "copy holds 40 entries, more than --size 10"));
        let beyond = ("SEQ_BEYOND_HEAD", Exit::Refused, "the log has 9 entries, not 10".to_owned());
        assert_eq!(to(4, 9, Some(10)), Err(beyond));
    }
}
