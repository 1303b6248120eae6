//! Plan catalogues as data: what a plan promises, who is to report it, and what has been published about it.
//!
//! Each plan is one folder of this crate (`guizhou/`, `shanxi/`, `zhangzhou/`, `zhumadian/`): `plan.toml` for its head,
//! parts and areas, one CSV file for each table, `PROVENANCE.md` for where every row comes from and what was decided about
//! faults in the sources, and `TARGETS.md`, its figures on one sheet ([`Catalogue::target_sheet`]), read line by line against
//! the source. The files are compiled into the program, so that a demo, a test or a new ledger needs no path on disk. No code
//! of one plan is another plan's, so that one ledger takes them all.
//!
//! This crate reads those files into typed rows ([`Catalogue`]), turns them into the events that a ledger records, and
//! stops there. It never fetches anything, never reads a clock or a file at run time, never rounds, converts or mends a
//! figure, and never decides whether a ledger admits one: values keep the decimals that the files print. Rows that no ledger
//! should see (evidence, figures of no indicator) are kept and marked by [`Use`], and printed figures that cannot be targets
//! as they stand are kept apart ([`WithheldFigure`]): nothing vanishes, and nothing suspect is aimed at.
//!
//! To add a plan: add a folder with the same files, one line to [`PLANS`], and its document to the provenance file.
//! `tests/integrity.rs` then holds it to the same promises: codes are well-formed and unique, references resolve,
//! comparators fit directions, ratios are never summed, figures fit their decimals, stocks fall only with a break, no
//! withheld figure is a target.
//!
//! Read next: [`Catalogue`] for the tables, [`Indicator`] and [`Target`] for the heart of a plan, [`Observation`] for
//! published figures, then `guizhou/PROVENANCE.md`.

mod catalogue;
mod error;
mod events;
mod files;
mod indicator;
mod observation;
mod plan;
mod read;
mod record;
mod sheet;
mod target;
mod task;
mod unit;
mod withheld;

pub use catalogue::Catalogue;
pub use error::SeedError;
pub use events::{Admission, EventError, Report};
pub use files::{PLANS, PlanFiles};
pub use indicator::{Direction, Indicator, Measure, PeriodType, RollUp};
pub use observation::{ObsStatus, Observation, Qualifier, Use};
pub use plan::{Area, Name, Part, Plan, PlanProvenance};
pub use record::{Discrepancy, Reporter};
pub use target::{Comparator, Strength, Target};
pub use task::{Milestone, Task};
pub use unit::{ConferenceRole, MemberType, Unit};
pub use withheld::{Fault, WithheldFigure};
