//! Where a submission stands, as the server answered it.

use std::fmt;
use std::str::FromStr;

use hefu_proto::v1;
use hefu_types::{ChainHash, Millis, Seq, SubmissionHash};

use crate::ClientError;

/// Where a submission stands in the ledger. Written as four lines, `name value`, beside the submission in an outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The position of its entry.
    pub seq: Seq,
    /// When it was recorded.
    pub recorded_at: Millis,
    /// The chain hash of its entry.
    pub chain_hash: ChainHash,
    /// The submission hash.
    pub submission_hash: SubmissionHash,
    /// The same bytes had been recorded before. No part of the written form.
    pub already_recorded: bool,
}

impl Position {
    /// The position of an answer.
    ///
    /// # Errors
    /// When there is none, or a hash is not 32 bytes.
    pub fn from_wire(message: Option<&v1::Position>) -> Result<Self, ClientError> {
        let message = message.ok_or_else(|| ClientError::Protocol("an answer without a position".into()))?;
        let damaged = || ClientError::Protocol("a position whose hashes are not 32 bytes".into());
        Ok(Self {
            seq: Seq::new(message.seq),
            recorded_at: Millis::new(message.recorded_at),
            chain_hash: ChainHash::from_slice(&message.chain_hash).ok_or_else(damaged)?,
            submission_hash: SubmissionHash::from_slice(&message.submission_hash).ok_or_else(damaged)?,
            already_recorded: message.already_recorded,
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seq {}", self.seq)?;
        writeln!(f, "recorded_at {}", self.recorded_at)?;
        writeln!(f, "chain_hash {}", self.chain_hash)?;
        writeln!(f, "submission_hash {}", self.submission_hash)
    }
}

/// The text is not the written form of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position")]
pub struct PositionError;

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let mut lines = text.lines();
        let position = Self {
            seq: Seq::new(field(lines.next(), "seq")?),
            recorded_at: Millis::new(field(lines.next(), "recorded_at")?),
            chain_hash: field(lines.next(), "chain_hash")?,
            submission_hash: field(lines.next(), "submission_hash")?,
            already_recorded: false,
        };
        if lines.next().is_none() && text.ends_with('\n') { Ok(position) } else { Err(PositionError) }
    }
}

/// The value of a line `name value`.
pub(crate) fn field<T: FromStr>(line: Option<&str>, name: &str) -> Result<T, PositionError> {
    let (found, value) = line.and_then(|line| line.split_once(' ')).ok_or(PositionError)?;
    if found == name { value.parse().map_err(|_| PositionError) } else { Err(PositionError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_its_written_form_and_nothing_shorter() {
        let position = Position {
            seq: Seq::new(17),
            recorded_at: Millis::new(1_700_000_000_000),
            chain_hash: ChainHash::from_bytes([1; 32]),
            submission_hash: SubmissionHash::from_bytes([2; 32]),
            already_recorded: false,
        };
        let text = position.to_string();
        assert_eq!(text.parse(), Ok(position));
        for end in 0..text.len() {
            assert_eq!(text[..end].parse::<Position>(), Err(PositionError), "cut off at {end}");
        }
        assert!(format!("{text}more\n").parse::<Position>().is_err());
    }
}
