//! Bundles, read and worked on by themselves ahead of everything that depends on their order.
//!
//! Files are read one after another by whoever asks for the next chunk. Each chunk is then one core's work. There are so many
//! chunks under way that no core waits, and no more, so that memory does not grow with the log.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use bytes::Bytes;
use hefu_types::Size;
use hefu_types::limits::BUNDLE_ENTRIES;
use rayon::{Scope, Yield, yield_now};

use crate::export::{Bundle, Export, ExportError};

/// Entries of a chunk: what a batch of signatures does once is little beside what it does for each of so many.
const ENTRIES: usize = 8_192;

/// Bytes of the entries of a chunk, which may be large.
const BYTES: usize = 8 << 20;

/// Bundles that follow one another, and what was made of their entries.
pub(crate) struct Chunk<T> {
    /// The number of the first bundle.
    pub(crate) first: u64,
    pub(crate) bundles: Vec<Bundle>,
    /// Of the entries that a log of the size has, in order.
    pub(crate) made: T,
}

/// A chunk that was read, and where its work comes.
struct Read<T> {
    first: u64,
    bundles: Vec<Bundle>,
    made: Receiver<T>,
}

/// What is done with the entries of a chunk.
pub(crate) type Work<'w, T> = dyn Fn(&[Bytes]) -> T + Sync + 'w;

pub(crate) struct Ahead<'e, 'scope, 'run, T> {
    export: &'e Export,
    size: Size,
    work: &'scope Work<'scope, T>,
    scope: &'run Scope<'scope>,
    waiting: VecDeque<Read<T>>,
    /// The next bundle to be read.
    number: u64,
    /// What ended the reading: a file that can't be read.
    unreadable: Option<ExportError>,
    /// Nothing is left to be read that could fit.
    ended: bool,
}

impl<'e, 'scope, 'run, T: Send + 'scope> Ahead<'e, 'scope, 'run, T> {
    pub(crate) fn new(
        export: &'e Export,
        size: Size,
        work: &'scope Work<'scope, T>,
        scope: &'run Scope<'scope>,
    ) -> Self {
        Self { export, size, work, scope, waiting: VecDeque::new(), number: 0, unreadable: None, ended: false }
    }

    /// The next chunk; `None` when none is left. A file that can't be read is an error when all before it were given.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk<T>>, ExportError> {
        while !self.ended && self.waiting.len() <= rayon::current_num_threads() {
            self.read();
        }
        match self.waiting.pop_front() {
            Some(Read { first, bundles, made }) => Ok(Some(Chunk { first, bundles, made: wait(&made) })),
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
        let (tell, made) = sync_channel(1);
        let work = self.work;
        self.scope.spawn(move |_| {
            // Whoever asked may have met a failure and be gone.
            let _gone = tell.send(work(&entries));
        });
        self.waiting.push_back(Read { first, bundles, made });
    }
}

impl Export {
    /// Works on all entries to the end of what is there, some thousands at a time, on all cores. `take` is given what was made of
    /// them, in their order, and may end it.
    ///
    /// # Errors
    /// At a bundle that can't be read or is damaged, when everything before it was taken; and whatever `take` says.
    pub fn work<T: Send, E: From<ExportError>>(
        &self,
        work: impl Fn(&[Bytes]) -> T + Sync,
        mut take: impl FnMut(T) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let work: &Work<'_, Vec<T>> = &|entries| entries.chunks(BUNDLE_ENTRIES as usize).map(&work).collect();
        rayon::in_place_scope(|scope| {
            let mut ahead = Ahead::new(self, Size::new(u64::MAX), work, scope);
            while let Some(chunk) = ahead.next()? {
                let mut made = chunk.made.into_iter();
                for (bundle, number) in chunk.bundles.iter().zip(chunk.first..) {
                    if !bundle.is_whole() {
                        return Err(ExportError::Damaged(number).into());
                    }
                    if made.next().map_or(Ok(ControlFlow::Continue(())), &mut take)?.is_break() {
                        return Ok(());
                    }
                }
            }
            Ok(())
        })
    }
}

/// How many entries of a bundle a log of this size has.
pub(crate) fn wanted(number: u64, size: Size) -> usize {
    let left = size.get().saturating_sub(number.saturating_mul(BUNDLE_ENTRIES));
    usize::try_from(left.min(BUNDLE_ENTRIES)).expect("at most 256")
}

/// Waits for what is made; on a thread that others wait for, by doing their work meanwhile.
fn wait<T>(made: &Receiver<T>) -> T {
    const DROPPED: &str = "work that did not panic";
    loop {
        match made.try_recv() {
            Ok(made) => return made,
            Err(TryRecvError::Disconnected) => panic!("{DROPPED}"),
            Err(TryRecvError::Empty) => match yield_now() {
                Some(Yield::Executed | Yield::Idle) => {}
                None => return made.recv().expect(DROPPED),
            },
        }
    }
}
