//! Rows: what an event said, with where it came from; and the few ways in which they are read.

use std::ops::ControlFlow;

use hefu_types::wire::Value;
use hefu_types::{DecodedEntry, Event, Millis, PublicKey, Seq, SubmissionHash};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::ViewError;
use crate::key::{self, AsOf, Key};
use crate::store::{KeyValue, Rows};

/// The event that a row came from, and who said it when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The position of its entry.
    pub seq: Seq,
    /// The event within that entry.
    pub event_index: u32,
    /// The event's field number in the `.proto` file, which tells its kind and never changes.
    pub number: u32,
    /// When it was recorded, Unix milliseconds.
    pub recorded_at: Millis,
    /// The hash of its submission.
    pub submission_hash: SubmissionHash,
    /// The key that signed it.
    pub key: PublicKey,
}

impl Origin {
    /// The name of the event's kind, such as `observation_reported`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        kinds().find(|(number, _)| *number == self.number).map_or("unknown", |(_, name)| name)
    }

    /// Where it stands in the log: position, then event.
    #[must_use]
    pub const fn position(&self) -> (Seq, u32) {
        (self.seq, self.event_index)
    }

    /// The events of an entry, each with its origin.
    pub(crate) fn of_events(entry: &DecodedEntry) -> impl Iterator<Item = (Self, &Event)> {
        entry.submission.events.iter().zip(0..).map(|(event, event_index)| {
            let origin = Self {
                seq: entry.seq,
                event_index,
                number: event.number(),
                recorded_at: entry.recorded_at,
                submission_hash: entry.submission_hash,
                key: entry.submission.key,
            };
            (origin, event)
        })
    }
}

fn kinds() -> impl Iterator<Item = (u32, &'static str)> {
    Event::MESSAGE.expect("events are a message").fields.iter().map(|field| (field.number, field.name))
}

/// A row of any table. Its value is its postcard encoding, so `T`'s shape is fixed by the view's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row<T> {
    /// Where it came from.
    pub origin: Origin,
    /// What was said.
    pub fact: T,
}

impl<T: DeserializeOwned> Row<T> {
    pub(crate) fn decode(value: &[u8]) -> Result<Self, ViewError> {
        postcard::from_bytes(value).map_err(ViewError::RowDamaged)
    }
}

/// Room for the value of most rows.
const VALUE_BYTES: usize = 256;

/// Takes the rows that one event adds.
#[derive(Debug)]
pub struct RowWriter<'a> {
    origin: Origin,
    out: &'a mut Vec<KeyValue>,
}

impl<'a> RowWriter<'a> {
    pub(crate) const fn new(origin: Origin, out: &'a mut Vec<KeyValue>) -> Self {
        Self { origin, out }
    }

    /// The event at hand.
    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn put<T: Serialize>(&mut self, stem: Key, fact: T) -> Result<(), ViewError> {
        let row = Row { origin: self.origin, fact };
        let value = Vec::with_capacity(VALUE_BYTES);
        let value = postcard::to_extend(&row, value).map_err(ViewError::RowUnwritable)?;
        self.out.push((stem.vintage(&self.origin), value));
        Ok(())
    }
}

/// The newest row of a stem.
pub(crate) fn last<T: DeserializeOwned>(rows: &dyn Rows, stem: &Key, as_of: AsOf) -> Result<Option<Row<T>>, ViewError> {
    let found = rows.seek_back(stem.bytes(), &stem.bound(as_of))?;
    found.map(|(_, value)| Row::decode(&value)).transpose()
}

/// The row of a stem that was the newest just before an event.
pub(crate) fn before<T: DeserializeOwned>(
    rows: &dyn Rows,
    stem: &Key,
    event: &Origin,
) -> Result<Option<Row<T>>, ViewError> {
    let found = rows.seek_back(stem.bytes(), &key::before(stem, event))?;
    found.map(|(_, value)| Row::decode(&value)).transpose()
}

/// The first key from `from` on under a prefix, with its row; it need not be seen.
pub(crate) fn first_from(rows: &dyn Rows, prefix: &Key, from: &[u8]) -> Result<Option<KeyValue>, ViewError> {
    let mut first = None;
    rows.scan(prefix.bytes(), from, &mut |key, value| {
        first = Some((key.to_vec(), value.to_vec()));
        ControlFlow::Break(())
    })?;
    Ok(first)
}

/// Every row under a prefix, by stem and then from the oldest to the newest.
pub(crate) fn all<T: DeserializeOwned>(rows: &dyn Rows, prefix: &Key, as_of: AsOf) -> Result<Vec<Row<T>>, ViewError> {
    at_most(rows, prefix, usize::MAX, as_of)
}

/// As [`all`]; stops with `TooMany` when there are more than `limit`.
pub(crate) fn at_most<T: DeserializeOwned>(
    rows: &dyn Rows,
    prefix: &Key,
    limit: usize,
    as_of: AsOf,
) -> Result<Vec<Row<T>>, ViewError> {
    let mut found = Vec::new();
    each_seen(rows, prefix, as_of, |_, value| {
        if found.len() == limit {
            return Err(ViewError::TooMany(limit));
        }
        found.push(Row::decode(value)?);
        Ok(())
    })?;
    Ok(found)
}

/// The newest row of every stem under a prefix, by stem.
pub(crate) fn last_of_each<T: DeserializeOwned>(
    rows: &dyn Rows,
    prefix: &Key,
    as_of: AsOf,
) -> Result<Vec<Row<T>>, ViewError> {
    let mut newest: Vec<KeyValue> = Vec::new();
    each_seen(rows, prefix, as_of, |stem, value| {
        match newest.last_mut() {
            Some((last, row)) if last == stem => *row = value.to_vec(),
            _ => newest.push((stem.to_vec(), value.to_vec())),
        }
        Ok(())
    })?;
    newest.iter().map(|(_, value)| Row::decode(value)).collect()
}

fn each_seen(
    rows: &dyn Rows,
    prefix: &Key,
    as_of: AsOf,
    mut take: impl FnMut(&[u8], &[u8]) -> Result<(), ViewError>,
) -> Result<(), ViewError> {
    let mut result = Ok(());
    rows.scan(prefix.bytes(), prefix.bytes(), &mut |key, value| {
        result = key::split(key).and_then(|(stem, seq)| if as_of.sees(seq) { take(stem, value) } else { Ok(()) });
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Changes;
    use crate::testing::{code, origin};

    #[test]
    fn every_kind_of_event_has_its_number_and_name() {
        for (number, name) in kinds() {
            assert_eq!(Origin { number, ..origin(0, 0) }.kind(), name);
        }
        assert_eq!(kinds().count(), Event::KINDS.len());
        assert_eq!(Origin { number: 72, ..origin(0, 0) }.kind(), "observation_reported");
        assert_eq!(Origin { number: 1, ..origin(0, 0) }.kind(), "unknown");
    }

    #[test]
    fn writing_a_key_twice_is_an_error() {
        let mut written = vec![];
        let stem = Key::table(1).code(&code("a"));
        for (seq, fact) in [(3, 1_u8), (2, 2), (3, 3)] {
            RowWriter::new(origin(seq, 0), &mut written).put(stem.clone(), fact).unwrap();
        }
        assert!(matches!(Changes::new(written), Err(ViewError::Overwrite(seq)) if seq == Seq::new(3)));
    }
}
