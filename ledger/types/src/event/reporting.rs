//! What was observed, with the observation status of SDMX.

use crate::decimal::Decimal;
use crate::event::{EventRef, Source};
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

message! {
    /// One observation of one indicator in one area and period. When one stands already, this corrects it and must name it.
    pub struct ObservationReported {
        /// The indicator's code.
        1 => indicator: Code,
        /// The area.
        2 => area: Code,
        /// The period, ISO 8601: `2024`, `2024-H1`, `2024-Q3`, `2024-07` or `2024-07-15`.
        3 => period: Period,
        /// The value in the indicator's unit; absent exactly when the status says that it is missing.
        4 => value: Option<Decimal>,
        /// The status.
        5 => obs_status: ObsStatus,
        /// How the source printed the value; UNSPECIFIED exactly when there is none.
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
