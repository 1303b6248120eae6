use std::collections::BTreeMap;

use hefu_types::event::assurance::{ChallengeOutcome, ObservationAttested, ObservationChallenged, Opinion};
use hefu_types::{Code, Millis, SubmissionHash, Text};

use super::{CHALLENGES, ChallengeFact, OPINIONS, in_area, in_cell, named, of_challenge};
use crate::error::ViewError;
use crate::key::{AsOf, Key};
use crate::members;
use crate::row::{self, Origin, Row};
use crate::series::Observation;
use crate::view::Tables;

/// An opinion of an observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// What was said.
    pub attested: ObservationAttested,
    /// The auditor's unit.
    pub member: Code,
    /// Where it came from.
    pub origin: Origin,
}

/// How far a challenge has come, at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChallengeState {
    /// It waits for an answer.
    Open,
    /// It waits for an answer, which is late.
    Overdue,
    /// It waits for the office.
    Answered,
    /// It ended.
    Ended(ChallengeOutcome),
}

/// A challenge and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// What was said.
    pub challenged: ObservationChallenged,
    /// The challenger.
    pub member: Code,
    /// Where it came from, which names the challenge.
    pub origin: Origin,
    /// The unit that reported the observation.
    pub owner: Code,
    /// The answer.
    pub answer: Option<Word>,
    /// How it ended, and why.
    pub ending: Option<(ChallengeOutcome, Word)>,
}

/// What somebody said of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What was said.
    pub text: Text,
    /// The member whose key signed it.
    pub member: Code,
    /// Where it came from.
    pub origin: Origin,
}

impl Challenge {
    /// How far it has come.
    #[must_use]
    pub fn state(&self, now: Millis) -> ChallengeState {
        match (&self.ending, &self.answer) {
            (Some((outcome, _)), _) => ChallengeState::Ended(*outcome),
            (None, Some(_)) => ChallengeState::Answered,
            (None, None) if now < self.challenged.answer_by => ChallengeState::Open,
            (None, None) => ChallengeState::Overdue,
        }
    }
}

/// Which challenges or opinions are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// The indicator; `None` for all.
    pub indicator: Option<&'a Code>,
    /// The area; `None` for all. Needs an indicator.
    pub area: Option<&'a Code>,
}

impl Selection<'_> {
    fn prefix(&self, table: u8) -> Key {
        match (self.indicator, self.area) {
            (Some(indicator), Some(area)) => in_area(table, indicator, area),
            (Some(indicator), None) => Key::table(table).code(indicator),
            (None, _) => Key::table(table),
        }
    }
}

/// The challenges of a selection, by indicator, area, period and position.
///
/// # Errors
/// When the store fails, or a key or the challenged observation is `Missing` at `as_of`.
pub fn challenges(tables: &Tables<'_>, select: &Selection<'_>, as_of: AsOf) -> Result<Vec<Challenge>, ViewError> {
    let rows: Vec<Row<ObservationChallenged>> = row::all(&*tables.assurance, &select.prefix(CHALLENGES), as_of)?;
    rows.into_iter().map(|row| with_endings(tables, row, as_of)).collect()
}

/// A challenge by what names it, and what became of it up to a moment. Reads the challenges one by one: there are few.
pub(crate) fn challenge(
    tables: &Tables<'_>,
    (hash, index): (SubmissionHash, u32),
    as_of: AsOf,
) -> Result<Option<Challenge>, ViewError> {
    let rows: Vec<Row<ObservationChallenged>> = row::all(&*tables.assurance, &Key::table(CHALLENGES), as_of)?;
    let named = |row: &Row<_>| (row.origin.submission_hash, row.origin.event_index) == (hash, index);
    rows.into_iter().find(named).map(|row| with_endings(tables, row, as_of)).transpose()
}

/// How many challenges of an indicator in an area have not ended.
///
/// # Errors
/// When the store fails.
pub fn count_open(tables: &Tables<'_>, indicator: &Code, area: &Code, as_of: AsOf) -> Result<usize, ViewError> {
    let rows: Vec<Row<ObservationChallenged>> =
        row::all(&*tables.assurance, &in_area(CHALLENGES, indicator, area), as_of)?;
    let mut open = 0;
    for Row { origin, .. } in rows {
        let id = of_challenge((origin.submission_hash, origin.event_index));
        let last: Option<Row<ChallengeFact>> = row::last(&*tables.assurance, &id, as_of)?;
        open += usize::from(!last.is_some_and(|row| matches!(row.fact, ChallengeFact::Resolved(_))));
    }
    Ok(open)
}

fn with_endings(
    tables: &Tables<'_>,
    Row { origin, fact: challenged }: Row<ObservationChallenged>,
    as_of: AsOf,
) -> Result<Challenge, ViewError> {
    let member = members::speaker(&*tables.members, &origin.key, as_of)?;
    let owner = owner(tables, &challenged, &origin, as_of)?;
    let (mut answer, mut ending) = (None, None);
    for row in row::all(&*tables.assurance, &of_challenge((origin.submission_hash, origin.event_index)), as_of)? {
        match row.fact {
            ChallengeFact::Answered(e) => answer = Some(word(tables, e.answer, row.origin, as_of)?),
            ChallengeFact::Resolved(e) => ending = Some((e.outcome, word(tables, e.reason, row.origin, as_of)?)),
        }
    }
    Ok(Challenge { challenged, member, origin, owner, answer, ending })
}

fn word(tables: &Tables<'_>, text: Text, origin: Origin, as_of: AsOf) -> Result<Word, ViewError> {
    Ok(Word { text, member: members::speaker(&*tables.members, &origin.key, as_of)?, origin })
}

/// Who reported what stood in the cell just before it was challenged.
fn owner(
    tables: &Tables<'_>,
    challenged: &ObservationChallenged,
    origin: &Origin,
    as_of: AsOf,
) -> Result<Code, ViewError> {
    let ObservationChallenged { indicator, area, period, .. } = challenged;
    let cell = crate::series::Cell { indicator, area, period: *period };
    let missing = || ViewError::Missing { what: "observation", name: format!("{indicator} {area} {period}") };
    let stood = crate::series::before(&*tables.series, &cell, origin)?.ok_or_else(missing)?;
    match stood.fact.on_behalf_of() {
        Some(unit) => Ok(unit.clone()),
        None => members::speaker(&*tables.members, &stood.origin.key, as_of),
    }
}

/// The opinions of a selection, superseded ones too, by indicator, area, period, auditor's key and position.
///
/// # Errors
/// When the store fails, or a key is `Missing` at `as_of`.
pub fn opinions(tables: &Tables<'_>, select: &Selection<'_>, as_of: AsOf) -> Result<Vec<Attestation>, ViewError> {
    let rows = row::all(&*tables.assurance, &select.prefix(OPINIONS), as_of)?;
    rows.into_iter().map(|row| attestation(tables, row, as_of)).collect()
}

fn attestation(
    tables: &Tables<'_>,
    Row { origin, fact: attested }: Row<ObservationAttested>,
    as_of: AsOf,
) -> Result<Attestation, ViewError> {
    let member = members::speaker(&*tables.members, &origin.key, as_of)?;
    Ok(Attestation { attested, member, origin })
}

/// The newest opinion of exactly this observation that came after an event, signed with a key that is not flagged itself.
///
/// # Errors
/// As for [`opinions`].
pub fn attested_since(
    tables: &Tables<'_>,
    observation: &Observation,
    event: &Origin,
    as_of: AsOf,
) -> Result<Option<Attestation>, ViewError> {
    let fact = &observation.fact;
    let cell = in_cell(OPINIONS, fact.indicator(), fact.area(), fact.period());
    let mut newest: Option<Attestation> = None;
    for row in row::all::<ObservationAttested>(&*tables.assurance, &cell, as_of)? {
        let of = named(&row.fact.observation, &row.origin);
        let of_this = of == (observation.origin.submission_hash, observation.origin.event_index);
        let later = newest.as_ref().map_or(event, |known| &known.origin).position() < row.origin.position();
        if of_this && later && !members::signer(&*tables.members, &row.origin.key, as_of)?.is_compromised(&row.origin) {
            newest = Some(attestation(tables, row, as_of)?);
        }
    }
    Ok(newest)
}

/// What auditors think of a standing observation: of each unit's last opinion of exactly this one, the worst.
///
/// # Errors
/// As for [`opinions`].
pub fn opinion_of(tables: &Tables<'_>, observation: &Observation, as_of: AsOf) -> Result<Option<Opinion>, ViewError> {
    let fact = &observation.fact;
    let cell = in_cell(OPINIONS, fact.indicator(), fact.area(), fact.period());
    let mut last: BTreeMap<Code, (Origin, Opinion)> = BTreeMap::new();
    for row in row::all::<ObservationAttested>(&*tables.assurance, &cell, as_of)? {
        let of: (SubmissionHash, u32) = named(&row.fact.observation, &row.origin);
        if of != (observation.origin.submission_hash, observation.origin.event_index) {
            continue;
        }
        let found = attestation(tables, row, as_of)?;
        let newest = last.get(&found.member).is_none_or(|(known, _)| known.position() < found.origin.position());
        if newest {
            last.insert(found.member, (found.origin, found.attested.opinion));
        }
    }
    Ok(last.into_values().map(|(_, opinion)| opinion).max())
}
