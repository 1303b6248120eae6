//! An auditor's replay: views built from the first entry on, and held to what the log says of them.
//!
//! The operator records the digest of a view at a size (`ViewsRecorded`). Such a record stands behind the entries that it
//! speaks of, so that entries are walked twice: [`Records`] notes every record, then a [`Replay`] applies the entries and
//! stops at each size that one speaks of. Either may be cut into batches at will. A log without records costs nothing more,
//! one with records a hash of 2 KiB for each size and view; memory grows with the records, not with the entries.
//!
//! What entries add is made without a replay, on all cores and by whoever decodes them, a [`Run`] of them at a time; a replay
//! takes the runs in their order.
//!
//! Views of a name or version that this program does not have can't be recomputed; they are counted, and are no difference.

use std::collections::BTreeMap;

use hefu_types::event::platform::ViewsRecorded;
use hefu_types::{Code, DecodedEntry, Event, Seq, Size, ViewDigest};
use rayon::prelude::*;

use crate::addition::{Addition, additions};
use crate::cursor::Cursor;
use crate::engine;
use crate::error::ViewError;
use crate::memory::Memory;
use crate::store::ViewId;
use crate::view::{VIEWS, View};

/// Entries whose rows are made by one core at a time.
const RUN: usize = 128;

/// What a log says about its views.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Of the views that this program has.
    ours: Vec<Record>,
    /// How many of each other view, by name and version.
    others: BTreeMap<(Code, u32), u64>,
}

#[derive(Clone, Debug)]
struct Record {
    size: Size,
    /// Its place in [`VIEWS`].
    view: usize,
    seq: Seq,
    event_index: u32,
    digest: ViewDigest,
}

/// A record that does not say what a replay finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The position of the record.
    pub seq: Seq,
    /// The event within that entry.
    pub event_index: u32,
    /// The view.
    pub view: ViewId,
    /// The number of entries that it is about.
    pub size: Size,
    /// The digest that was recorded.
    pub recorded: ViewDigest,
    /// The digest of the view at that size.
    pub replayed: ViewDigest,
}

/// How many records there are of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its name.
    pub view: Code,
    /// Its version.
    pub version: u32,
    /// How many.
    pub records: u64,
    /// Whether this program has the view in this version, and so has recomputed it.
    pub replayed: bool,
}

/// What a replay found.
#[derive(Debug)]
pub struct Replayed {
    /// The views.
    pub memory: Memory,
    /// The first record, by its position, that differs; `None` when all of the views that were replayed hold.
    pub difference: Option<Difference>,
    /// What was recorded, in the order of view and version.
    pub recorded: Vec<Recorded>,
}

/// What entries that follow one another add to every view. It is made without a replay, so that many can be made at a time.
#[derive(Debug)]
pub struct Run {
    /// The size of the log before them.
    before: Size,
    /// And with them.
    size: Size,
    /// In the order of [`VIEWS`].
    additions: Vec<Addition>,
    /// The number of records among them.
    records: u64,
}

/// A replay under way.
#[derive(Debug)]
pub struct Replay {
    memory: Memory,
    /// Where the views stand, in the order of [`VIEWS`].
    cursors: Vec<Cursor>,
    /// In the order in which they are compared: by size and view.
    records: Records,
    /// The first of them that is not compared yet.
    next: usize,
    /// The number of entries applied.
    size: Size,
    /// The number of records met among them.
    met: u64,
    difference: Option<Difference>,
}

impl Records {
    /// Notes what an entry says about views.
    ///
    /// # Errors
    /// `RecordBeyond` for a size that the log had not reached before this entry, which the rules never let in.
    pub fn note(&mut self, entry: &DecodedEntry) -> Result<(), ViewError> {
        let seq = entry.seq;
        for (event, event_index) in entry.submission.events.iter().zip(0..) {
            let Some(&ViewsRecorded { size, ref view, version, digest }) = recorded(event) else { continue };
            if size == Size::EMPTY || size.next_seq() > seq {
                return Err(ViewError::RecordBeyond { seq, size });
            }
            match VIEWS.iter().position(|ours| ours.id().version == version && ours.id().name == view.as_str()) {
                Some(view) => self.ours.push(Record { size, view, seq, event_index, digest }),
                None => *self.others.entry((view.clone(), version)).or_default() += 1,
            }
        }
        Ok(())
    }

    fn count(&self) -> u64 {
        self.ours.len() as u64 + self.others.values().sum::<u64>()
    }

    fn by_view(&self) -> Vec<Recorded> {
        let ours = VIEWS.iter().zip(0..).map(|(view, place)| {
            let ViewId { name, version } = view.id();
            let records = self.ours.iter().filter(|record| record.view == place).count() as u64;
            Recorded { view: Code::new(name).expect("views have codes for names"), version, records, replayed: true }
        });
        let others = self.others.iter().map(|((view, version), records)| Recorded {
            view: view.clone(),
            version: *version,
            records: *records,
            replayed: false,
        });
        let mut all: Vec<Recorded> = ours.filter(|of_view| of_view.records > 0).chain(others).collect();
        all.sort_unstable_by(|a, b| (&a.view, a.version).cmp(&(&b.view, b.version)));
        all
    }
}

fn recorded(event: &Event) -> Option<&ViewsRecorded> {
    match event {
        Event::ViewsRecorded(recorded) => Some(recorded),
        _ => None,
    }
}

impl Run {
    /// What these entries add, cut at the sizes that [`Replay::stops`] told.
    ///
    /// # Errors
    /// `Gap` when an entry does not follow the one before; or when a view has a defect.
    pub fn all(entries: &[DecodedEntry], stops: &[Size]) -> Result<Vec<Self>, ViewError> {
        let mut rest = entries;
        let mut runs = Vec::new();
        while let Some((first, last)) = rest.first().zip(rest.last()) {
            let stop = stops.partition_point(|stop| stop.next_seq() <= first.seq);
            let within = |size: &&Size| **size < last.seq.size();
            let at = stops
                .get(stop)
                .filter(within)
                .map_or(rest.len(), |size| rest.partition_point(|entry| entry.seq < size.next_seq()));
            let (run, later) = rest.split_at(at);
            runs.push(Self::of(run, first.seq)?);
            rest = later;
        }
        Ok(runs)
    }

    fn of(entries: &[DecodedEntry], first: Seq) -> Result<Self, ViewError> {
        let before = Size::new(first.get());
        engine::next(before, entries)?;
        let events = entries.iter().flat_map(|entry| &entry.submission.events);
        Ok(Self {
            before,
            size: engine::size(entries).unwrap_or(before),
            additions: additions(&VIEWS, entries)?,
            records: events.filter_map(recorded).count() as u64,
        })
    }
}

impl Replay {
    /// A replay that has applied nothing, and is to be held to these records.
    #[must_use]
    pub fn new(mut records: Records) -> Self {
        records.ours.sort_unstable_by_key(|record| (record.size, record.view, record.seq, record.event_index));
        let cursors = VIEWS.iter().map(|_| Cursor::start()).collect();
        Self { memory: Memory::new(), cursors, records, next: 0, size: Size::EMPTY, met: 0, difference: None }
    }

    /// Applies the next entries, on all cores.
    ///
    /// # Errors
    /// As for [`crate::Projector::apply`].
    pub fn apply(&mut self, batch: &[DecodedEntry]) -> Result<(), ViewError> {
        let stops = self.stops();
        let next = engine::next(self.size, batch)?;
        let runs: Result<Vec<Vec<Run>>, ViewError> = next.par_chunks(RUN).map(|run| Run::all(run, &stops)).collect();
        runs?.into_iter().flatten().try_for_each(|run| self.take(run))
    }

    /// Where views are compared with records: a run must not go beyond such a size.
    #[must_use]
    pub fn stops(&self) -> Vec<Size> {
        let mut stops: Vec<Size> = self.records.ours[self.next..].iter().map(|record| record.size).collect();
        stops.dedup();
        stops
    }

    /// What was found.
    ///
    /// # Errors
    /// `RecordsMissed` when the entries applied are not those whose records were noted.
    pub fn finish(self) -> Result<Replayed, ViewError> {
        let noted = self.records.count();
        if self.met != noted || self.next < self.records.ours.len() {
            return Err(ViewError::RecordsMissed { noted, met: self.met });
        }
        Ok(Replayed { memory: self.memory, difference: self.difference, recorded: self.records.by_view() })
    }

    /// Takes what the next entries add. Runs end at every size that [`Replay::stops`] tells, or before it.
    ///
    /// # Errors
    /// `Gap` for entries that are not the next ones.
    ///
    /// # Panics
    /// When a run goes beyond a size that a record speaks of.
    pub fn take(&mut self, run: Run) -> Result<(), ViewError> {
        if run.before != self.size {
            return Err(ViewError::Gap { expected: self.size.next_seq(), found: run.before.next_seq() });
        }
        let stop = self.records.ours.get(self.next).map(|record| record.size);
        assert!(stop.is_none_or(|stop| run.size <= stop), "a run that ends at {}", run.size);
        for ((view, addition), cursor) in VIEWS.iter().zip(run.additions).zip(&mut self.cursors) {
            cursor.add(&addition.digest);
            cursor.move_to(run.size);
            self.memory.take(&view.id(), addition.changes, cursor);
        }
        self.size = run.size;
        self.met += run.records;
        if stop == Some(self.size) {
            self.compare(self.size);
        }
        Ok(())
    }

    /// Holds the views, which stand at this size, to every record of it.
    fn compare(&mut self, size: Size) {
        let later = self.records.ours[self.next..].iter();
        let here = later.take_while(|record| record.size == size).count();
        let records = &self.records.ours[self.next..self.next + here];
        for of_view in records.chunk_by(|a, b| a.view == b.view) {
            let view = VIEWS[of_view[0].view];
            let replayed = self.cursors[of_view[0].view].digest();
            let wrong = of_view.iter().find(|record| record.digest != replayed);
            let found = wrong.map(|record| record.differs(view, replayed));
            let earliest = [self.difference, found].into_iter().flatten().min_by_key(Difference::position);
            self.difference = earliest;
        }
        self.next += here;
    }
}

impl Record {
    fn differs(&self, view: &dyn View, replayed: ViewDigest) -> Difference {
        let Self { size, seq, event_index, digest: recorded, .. } = *self;
        Difference { seq, event_index, view: view.id(), size, recorded, replayed }
    }
}

impl Difference {
    const fn position(&self) -> (Seq, u32) {
        (self.seq, self.event_index)
    }
}

#[cfg(test)]
mod tests;
