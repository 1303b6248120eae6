//! What others think of an observation: an auditor's opinion, and challenges with their clocks.

use crate::event::EventRef;
use crate::ids::Millis;
use crate::period::Period;
use crate::text::{Code, Text};
use crate::wire::{code_enum, message};

code_enum! {
    /// An auditor's opinion, as auditors give it.
    pub enum Opinion "OPINION" {
        /// It is right.
        1 => Unqualified "UNQUALIFIED",
        /// It is right but for what the reason says.
        2 => Qualified "QUALIFIED",
        /// It is wrong.
        3 => Adverse "ADVERSE",
    }
}

code_enum! {
    /// How a challenge ended.
    pub enum ChallengeOutcome "CHALLENGE_OUTCOME" {
        /// The challenger was right: the observation is to be corrected or retracted.
        1 => Upheld "UPHELD",
        /// The observation stands as it is.
        2 => Dismissed "DISMISSED",
        /// The challenger took it back.
        3 => Withdrawn "WITHDRAWN",
    }
}

message! {
    /// An auditor of another unit has looked at a standing observation. A later opinion takes the place of an earlier one of the same
    /// auditor's unit.
    pub struct ObservationAttested {
        /// The indicator.
        1 => indicator: Code,
        /// The area.
        2 => area: Code,
        /// The period.
        3 => period: Period,
        /// The observation, which must stand.
        4 => observation: EventRef,
        /// What the auditor thinks of it.
        5 => opinion: Opinion,
        /// On what grounds; must be given with any opinion that is not unqualified.
        6 => reason: Text,
    }
}

message! {
    /// Somebody of another unit doubts a standing observation, and asks for an answer by a time.
    pub struct ObservationChallenged {
        /// The indicator.
        1 => indicator: Code,
        /// The area.
        2 => area: Code,
        /// The period.
        3 => period: Period,
        /// The observation, which must stand.
        4 => observation: EventRef,
        /// What is doubted, and why.
        5 => reason: Text,
        /// By when an answer is due, Unix milliseconds: at this time it is late.
        6 => answer_by: Millis,
    }
}

message! {
    /// The unit that reported what is challenged answers, once.
    pub struct ChallengeAnswered {
        /// The challenge.
        1 => challenge: EventRef,
        /// The answer.
        2 => answer: Text,
    }
}

message! {
    /// A challenge ends: the office decides once it was answered or the answer is late, or the challenger takes it back at any time.
    pub struct ChallengeResolved {
        /// The challenge.
        1 => challenge: EventRef,
        /// How it ended.
        2 => outcome: ChallengeOutcome,
        /// Why, for the record.
        3 => reason: Text,
    }
}
