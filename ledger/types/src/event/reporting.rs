//! What was observed, with the observation status of SDMX.

use crate::decimal::Decimal;
use crate::event::{EventRef, Source};
use crate::ids::{Commitment, FileHash, Millis};
use crate::period::Period;
use crate::text::{Code, Text};
use crate::wire::{code_enum, message};

code_enum! {
    /// The status of an observation: SDMX code list CL_OBS_STATUS.
    pub enum ObsStatus "OBS_STATUS" {
        /// A: normal value.
        1 => A "A",
        /// B: time series break.
        2 => B "B",
        /// D: definition differs.
        3 => D "D",
        /// E: estimated value.
        4 => E "E",
        /// F: forecast value.
        5 => F "F",
        /// G: experimental value.
        6 => G "G",
        /// H: missing value; holiday or weekend.
        7 => H "H",
        /// I: imputed value.
        8 => I "I",
        /// J: derogation.
        9 => J "J",
        /// K: data included in another category.
        10 => K "K",
        /// L: missing value; data exist but were not collected.
        11 => L "L",
        /// M: missing value; data cannot exist.
        12 => M "M",
        /// N: not significant.
        13 => N "N",
        /// O: missing value.
        14 => O "O",
        /// P: provisional value.
        15 => P "P",
        /// Q: missing value; suppressed.
        16 => Q "Q",
        /// S: strike and other special events.
        17 => S "S",
        /// U: low reliability.
        18 => U "U",
        /// V: unvalidated value.
        19 => V "V",
        /// W: includes data from another category.
        20 => W "W",
        /// X: excludes data that belong to the category.
        21 => X "X",
    }
}

code_enum! {
    /// How the source printed the value.
    pub enum Qualifier "QUALIFIER" {
        /// Exactly.
        1 => Exact "EXACT",
        /// At least this much.
        2 => AtLeast "AT_LEAST",
        /// About this much.
        3 => Approx "APPROX",
        /// More than this much.
        4 => MoreThan "MORE_THAN",
    }
}

code_enum! {
    /// Why a value is not free for publication: SDMX code list CL_CONF_STATUS, version 1.2, without F. Absent is F, free.
    pub enum ConfStatus "CONF_STATUS" {
        /// A: primary confidentiality due to small counts.
        1 => A "A",
        /// C: confidential statistical information.
        2 => C "C",
        /// D: secondary confidentiality set by the sender, not for publication.
        3 => D "D",
        /// E: not for publication until the embargo time, free afterwards.
        4 => E "E",
        /// G: primary confidentiality due to dominance by one or two units.
        5 => G "G",
        /// M: primary confidentiality due to other measures of concentration or dominance.
        6 => M "M",
        /// N: not for publication, restricted for internal use only.
        7 => N "N",
        /// O: primary confidentiality due to dominance by one unit.
        8 => O "O",
        /// S: secondary confidentiality set and managed by the receiver, not for publication.
        9 => S "S",
        /// T: primary confidentiality due to dominance by two units.
        10 => T "T",
    }
}

message! {
    /// A file behind a value, which stays outside the ledger: whoever has it can tell by the hash that it is this one.
    pub struct EvidenceFile {
        /// The plain BLAKE3 hash of the file.
        1 => blake3: FileHash,
        /// What kind of file it is, such as `text/csv`: an IANA media type.
        2 => media_type: Text,
        /// Its length in bytes, at least 1.
        3 => size: u64,
        /// Where it can be had; empty when it is to be asked for.
        4 => uri: Text,
    }
}

message! {
    /// One observation of one indicator in one area and period. When one stands already, this corrects it and must name it.
    pub struct ObservationReported {
        /// The indicator's code.
        1 => indicator: Code,
        /// The area.
        2 => area: Code,
        /// The period, ISO 8601: `2024`, `2024-H1`, `2024-Q3`, `2024-07` or `2024-07-15`.
        3 => period: Period,
        /// The value in the indicator's unit; absent exactly when the status says that it is missing, or when `commitment` stands
        /// for it.
        4 => value: Option<Decimal>,
        /// The status.
        5 => obs_status: ObsStatus,
        /// How the source printed the value, in clear or committed to; UNSPECIFIED exactly when there is none.
        6 => qualifier: Option<Qualifier>,
        /// The day that the value speaks of, `2024-07-15`; empty when it is the period's last.
        7 => as_of_date: Option<Period>,
        /// Where the value was published; absent when it is the member's own.
        8 => source: Option<Source>,
        /// What a reader must know about the value.
        9 => note: Text,
        /// The standing observation that this one corrects; absent for the first of its cell.
        10 => supersedes: Option<EventRef>,
        /// Why it was corrected; given exactly with `supersedes`.
        11 => reason: Text,
        /// Whether and why the value is not free; absent is F, free.
        12 => conf_status: Option<ConfStatus>,
        /// How the value was compiled.
        13 => method: Text,
        /// The files behind it, each once.
        14 => evidence: Vec<EvidenceFile>,
        /// With the status E, and only then: from when on the value is free, Unix milliseconds; 0 is none.
        15 => embargo_until: Millis,
        /// What stands for a value that is not free: `B3("hefu v1 commitment", salt || value)`, the value as the bytes of the message
        /// `Decimal`. Each is used once in a ledger.
        16 => commitment: Option<Commitment>,
        /// The units that may read the value beside the one that reported it and the office; ascending, each once, only with
        /// `commitment`.
        17 => readers: Vec<Code>,
        /// The unit whose observation it is, when a delegate reports it; empty for the signer's own.
        20 => on_behalf_of: Option<Code>,
    }
}

message! {
    /// The standing observation of a cell is taken back by the unit that reported it.
    pub struct ObservationRetracted {
        /// The indicator's code.
        1 => indicator: Code,
        /// The area.
        2 => area: Code,
        /// The period.
        3 => period: Period,
        /// The standing observation.
        4 => observation: EventRef,
        /// Why, for the record.
        5 => reason: Text,
        /// The unit whose observation it was, when a delegate takes it back; empty for the signer's own.
        20 => on_behalf_of: Option<Code>,
    }
}

message! {
    /// A value that stands in the ledger as a commitment was erased: nobody opens it any more, and that is lawful.
    pub struct ValueErased {
        /// The commitment, whose observation may stand, or be corrected or retracted.
        1 => commitment: Commitment,
        /// Why, and on what legal basis, for the record.
        2 => reason: Text,
    }
}
