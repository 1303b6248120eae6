//! `hefu log export`.

use std::path::Path;
use std::time::Duration;

use hefu_client::{ClientError, EntryChecker, Head, Reader};
use hefu_types::checkpoint::CheckpointError;
use hefu_types::{Checkpoint, Note, Reason, Refusal, Seq, SignedCheckpoint, Size};

use super::HeadRow;
use super::existing::{Checked, Existing};
use super::files::Files;
use super::keys::Keys;
use crate::context::{Context, progress};
use crate::failure::{Exit, Failure};
use crate::lang::{both, note};

/// Between looks for a newer checkpoint; one is published every second.
const FOLLOW_PAUSE: Duration = Duration::from_secs(1);

/// Continues an export up to a size, checking every entry, link and node, and prints the head that it ends in. What is there
/// must be the beginning of the server's log; nothing of it is ever changed.
pub(super) async fn run(context: &Context, directory: &Path, size: Option<u64>, follow: bool) -> Result<(), Failure> {
    let (existing, Checked { checker, rows, mut keys, bundle }) = Existing::open(directory)?.check()?;
    let reader = context.reader()?;
    let head = reader.head().await?;
    compare(&existing, &reader, checker.size().min(head.size)).await?;
    let to = goal(directory, checker.size(), head.size, size.map(Size::new))?;
    let last = checkpoint(&reader, to, size.is_none()).await?;
    let to = last.as_ref().map_or(to, |(checkpoint, _)| checkpoint.size());
    let mut files = Files::after(existing, rows, bundle)?;
    let bar = progress("entries", to.get());
    let mut entries = reader.entries_after(checker, to);
    while let Some(entry) = entries.next().await? {
        keys.learn(&entry);
        files.add(entry.bytes())?;
        bar.set_position(entry.seq().size().get());
    }
    let end = ended_in(head, entries.checker())?;
    let signed = last.map(|(_, note)| check(note, &keys, &files)).transpose()?;
    files.finish(signed.as_ref().map(SignedCheckpoint::to_bytes).as_deref())?;
    bar.finish_and_clear();
    if signed.is_none() {
        note!(
            "no checkpoint of exactly {to} entries was published: the export has none of that size",
            "没有公布过恰好 {to} 条的检查点：导出中没有该规模的检查点"
        );
    }
    context.one(&HeadRow::from(&end))?;
    if follow { follow_on(&reader, entries.checker().clone(), keys, &mut files).await } else { Ok(()) }
}

/// Goes on with each newer checkpoint, until the process is told to stop. That may be at any moment: what stands then is an
/// export, and is continued the next time.
async fn follow_on(
    reader: &Reader,
    mut checker: EntryChecker,
    mut keys: Keys,
    files: &mut Files,
) -> Result<(), Failure> {
    loop {
        tokio::time::sleep(FOLLOW_PAUSE).await;
        if reader.head().await?.size <= files.size() {
            continue;
        }
        let next = checkpoint(reader, Size::new(files.size().get() + 1), true).await?;
        let Some((checkpoint, note)) = next else { continue };
        let mut entries = reader.entries_after(checker, checkpoint.size());
        while let Some(entry) = entries.next().await? {
            keys.learn(&entry);
            files.add(entry.bytes())?;
        }
        checker = entries.checker().clone();
        files.finish(Some(&check(note, &keys, files)?.to_bytes()))?;
    }
}

/// The checkpoint that the export will have: of the latest published size, at least `size`, or of exactly that size if there is
/// one. Who signed it can be told when its entries are there.
async fn checkpoint(reader: &Reader, size: Size, latest: bool) -> Result<Option<(Checkpoint, Note)>, Failure> {
    let note = if latest { Some(reader.checkpoint(size).await?) } else { reader.checkpoint_of(size).await? };
    let Some(note) = note else { return Ok(None) };
    let parsed = Note::from_bytes(&note)
        .map_err(CheckpointError::from)
        .and_then(|note| Ok((Checkpoint::parse_body(note.text())?, note)));
    parsed.map(Some).map_err(|e| broken(last(size), format!("the checkpoint: {e}")))
}

/// Holds that the log signed the checkpoint, and that it is over the tree of what was written.
fn check(note: Note, keys: &Keys, files: &Files) -> Result<SignedCheckpoint, Failure> {
    let signed = SignedCheckpoint::from_note_by_any(note, keys.all());
    let signed = signed.map_err(|e| broken(last(files.size()), format!("the checkpoint: {e}")))?;
    let (size, root) = (signed.checkpoint().size(), signed.checkpoint().root());
    if (size, root) == (files.size(), files.root()) {
        return Ok(signed);
    }
    let detail = format!("the checkpoint of {size} entries has root {root}, the entries have {}", files.root());
    Err(broken(last(files.size()), detail))
}

fn last(size: Size) -> Seq {
    size.last_seq().unwrap_or(Seq::FIRST)
}

fn broken(seq: Seq, detail: String) -> Failure {
    ClientError::LogBroken { seq, detail }.into()
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
        let remedy = both!("Keep the export, it is evidence of a lost tail.", "请保留该导出，它是日志丢失尾部的证据。");
        return Err(Failure::new(Exit::Broken, "EXPORT_AHEAD", detail, remedy));
    }
    let to = asked.unwrap_or(head);
    if to > head {
        let refusal = Refusal::new(Reason::SeqBeyondHead, "--size", format!("the log has {head} entries, not {to}"));
        return Err(Failure { remedy: format!("Give at most {head}, or leave out --size."), ..refusal.into() });
    }
    if there > to {
        let detail = format!("{directory} holds {there} entries, more than --size {to}");
        let remedy = both!("An export is never cut: export into a fresh folder.", "导出从不截短：请导出到新目录。");
        return Err(Failure::new(Exit::Usage, "EXPORT_AHEAD", detail, remedy));
    }
    Ok(to)
}

/// The head of what was written; the server's own head, if that is where it ended, must agree.
fn ended_in(head: Head, checker: &EntryChecker) -> Result<Head, Failure> {
    let chain_hash = checker.chain_hash().unwrap_or(hefu_types::ChainHash::NONE);
    if checker.size() == head.size && chain_hash != head.chain_hash {
        let detail = format!("the entries end in {chain_hash}, the server's head says {}", head.chain_hash);
        let seq = checker.size().last_seq().unwrap_or(Seq::FIRST);
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
