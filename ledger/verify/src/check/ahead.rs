//! Bundles, read and checked by themselves ahead of everything that depends on their order.
//!
//! Files are read one after another by whoever asks for the next chunk. Each chunk is then one core's work: its signatures are
//! one batch. There are so many chunks under way that no core waits, and no more, so that memory does not grow with the log.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use bytes::Bytes;
use hefu_types::Size;
use hefu_types::limits::BUNDLE_ENTRIES;
use rayon::{Scope, Yield, yield_now};

use crate::alone::{Checked, Signatures};
use crate::export::{Bundle, Export, ExportError};

/// Entries of a chunk: what a batch does once is little beside what it does for each of so many.
const ENTRIES: usize = 8_192;

/// Bytes of the entries of a chunk, which may be large.
const BYTES: usize = 8 << 20;

/// Bundles that follow one another, and what was found of their entries.
pub(super) struct Chunk {
    /// The number of the first bundle.
    pub(super) first: u64,
    pub(super) bundles: Vec<Bundle>,
    /// Of the entries that are wanted, in order.
    pub(super) checked: Vec<Checked>,
}

/// A chunk that was read, and where its findings come.
struct Read {
    first: u64,
    bundles: Vec<Bundle>,
    found: Receiver<Vec<Checked>>,
}

pub(super) struct Ahead<'e, 'scope, 'run> {
    export: &'e Export,
    size: Size,
    signatures: &'scope Signatures,
    scope: &'run Scope<'scope>,
    waiting: VecDeque<Read>,
    /// The next bundle to be read.
    number: u64,
    /// What ended the reading: a file that can't be read.
    unreadable: Option<ExportError>,
    /// Nothing is left to be read that could fit.
    ended: bool,
}

impl<'e, 'scope, 'run> Ahead<'e, 'scope, 'run> {
    pub(super) fn new(
        export: &'e Export,
        size: Size,
        signatures: &'scope Signatures,
        scope: &'run Scope<'scope>,
    ) -> Self {
        Self { export, size, signatures, scope, waiting: VecDeque::new(), number: 0, unreadable: None, ended: false }
    }

    /// The next chunk; `None` when none is left. A file that can't be read is an error when all before it were given.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>, ExportError> {
        while !self.ended && self.waiting.len() <= rayon::current_num_threads() {
            self.read();
        }
        match self.waiting.pop_front() {
            Some(Read { first, bundles, found }) => Ok(Some(Chunk { first, bundles, checked: wait(&found) })),
            None => self.unreadable.take().map_or(Ok(None), Err),
        }
    }

    fn read(&mut self) {
        let (first, mut bundles) = (self.number, vec![]);
        let mut entries: Vec<Bytes> = vec![];
        let mut bytes = 0;
        while !self.ended && entries.len() < ENTRIES && bytes < BYTES {
            match self.export.bundle(self.number, self.size) {
                Ok(bundle) => {
                    let wanted = wanted(self.number, self.size);
                    self.number += 1;
                    self.ended = bundle.entries.len() < wanted || self.number * BUNDLE_ENTRIES >= self.size.get();
                    entries.extend(bundle.entries.iter().take(wanted).cloned());
                    bytes += bundle.entries.iter().map(Bytes::len).sum::<usize>();
                    bundles.push(bundle);
                }
                Err(error) => (self.unreadable, self.ended) = (Some(error), true),
            }
        }
        if bundles.is_empty() {
            return;
        }
        let (tell, found) = sync_channel(1);
        let signatures = self.signatures;
        self.scope.spawn(move |_| {
            // Whoever asked may have met a failure and be gone.
            let _gone = tell.send(signatures.check(&entries));
        });
        self.waiting.push_back(Read { first, bundles, found });
    }
}

/// How many entries of a bundle a log of this size has.
pub(super) fn wanted(number: u64, size: Size) -> usize {
    let left = size.get().saturating_sub(number.saturating_mul(BUNDLE_ENTRIES));
    usize::try_from(left.min(BUNDLE_ENTRIES)).expect("at most 256")
}

/// Waits for findings; on a thread that others wait for, by doing their work meanwhile.
fn wait(found: &Receiver<Vec<Checked>>) -> Vec<Checked> {
    const DROPPED: &str = "a check that did not panic";
    loop {
        match found.try_recv() {
            Ok(checked) => return checked,
            Err(TryRecvError::Disconnected) => panic!("{DROPPED}"),
            Err(TryRecvError::Empty) => match yield_now() {
                Some(Yield::Executed | Yield::Idle) => {}
                None => return found.recv().expect(DROPPED),
            },
        }
    }
}
