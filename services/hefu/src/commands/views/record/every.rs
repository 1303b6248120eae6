//! `hefu views record --every`: when a record is due, told from the log alone.

use hefu_client::Reader;
use hefu_types::{DecodedEntry, Event, Seq, Size};

use super::Recorder;
use crate::commands::log::decode;
use crate::context::Context;
use crate::failure::Failure;
use crate::lang::note;
use crate::output;

/// Records whenever enough entries stand after the last record. Does not end by itself.
pub(super) async fn follow(context: &Context, mut recorder: Recorder, every: u64) -> Result<(), Failure> {
    let reader = Reader::new(recorder.server.clone());
    let head = reader.head().await?.size;
    // As many entries tell whether a record is due, whatever stands before them.
    let mut entries = reader.follow(Seq::new(head.get().saturating_sub(every)));
    let mut since = Since::default();
    let mut first = true;
    while let Some(entry) = entries.next().await? {
        since.take(&decode(&entry)?);
        let size = entry.seq().size();
        if size == head {
            let more = if since.entries == every { " or more" } else { "" };
            let entries = since.entries;
            note!(
                "{entries}{more} entries since the last record; recording every {every}",
                "自上次记录以来 {entries}{more} 条；每 {every} 条记录一次"
            );
        }
        if since.entries < every || size < head {
            continue;
        }
        let (seq, rows) = recorder.record(entry.seq()).await?;
        since.recorded(seq);
        for row in &rows {
            output::print(&output::line(context.output, row, first))?;
            first = false;
        }
        recorder.writer.contradicted()?;
    }
    Ok(())
}

/// The entries after the last record. Records are not counted, or each would call for the next.
#[derive(Debug, Default)]
struct Since {
    entries: u64,
    /// The size of the log with our own last record. What came before it is still to be read, and does not count.
    ours: Size,
}

impl Since {
    fn take(&mut self, entry: &DecodedEntry) {
        let records = |event: &Event| matches!(event, Event::ViewsRecorded(_));
        if entry.submission.events.iter().any(records) {
            self.entries = 0;
        } else if entry.seq.size() > self.ours {
            self.entries += 1;
        }
    }

    fn recorded(&mut self, seq: Seq) {
        *self = Self { entries: 0, ours: seq.size() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::event::membership::{Role, RoleGranted};
    use hefu_types::event::platform::ViewsRecorded;
    use hefu_types::{Code, KeySeq, Millis, PublicKey, Submission, SubmissionHash, ViewDigest};

    fn entry(seq: u64, records: bool) -> DecodedEntry {
        let (key, zero) = (PublicKey::from_bytes([1; 32]), Millis::new(0));
        let said = Event::from(RoleGranted { key, role: Role::Admin });
        let record = || ViewsRecorded {
            size: Size::new(1),
            view: Code::new("plan").unwrap(),
            version: 1,
            digest: ViewDigest::from_bytes([0; 32]),
        };
        let events = if records { vec![said, record().into()] } else { vec![said] };
        let (key_seq, submission_hash) = (KeySeq::new(1), SubmissionHash::NONE);
        let submission = Submission {
            ledger_id: None,
            key,
            key_seq,
            key_prev: submission_hash,
            created_at: zero,
            not_after: zero,
            events,
        };
        DecodedEntry { seq: Seq::new(seq), recorded_at: zero, submission_hash, submission }
    }

    #[test]
    fn entries_are_counted_from_the_last_record_on() {
        let mut since = Since::default();
        let mut take = |seq, records| {
            since.take(&entry(seq, records));
            since.entries
        };
        assert_eq!([take(4, false), take(5, false), take(6, true), take(7, false)], [1, 2, 0, 1]);
    }

    #[test]
    fn what_came_before_our_own_record_calls_for_no_other() {
        let mut since = Since::default();
        since.take(&entry(4, false));
        since.recorded(Seq::new(7));
        let mut take = |seq, records| {
            since.take(&entry(seq, records));
            since.entries
        };
        assert_eq!([take(5, false), take(6, false), take(7, true), take(8, false)], [0, 0, 0, 1]);
    }
}
