//! What can be said: one message for each kind of event, by context.
//!
//! A new kind of event is three lines here or below (its struct, its line in [`Event`]), its message in the `.proto` file,
//! and its rule in `hefu-rules`. Numbers are never reused.

pub mod assurance;
pub mod cycle;
pub mod delegation;
pub mod membership;
pub mod plan;
pub mod platform;
pub mod reporting;

use crate::ids::SubmissionHash;
use crate::period::Period;
use crate::text::Text;
use crate::wire::message;

message! {
    /// A name in the languages of the plan; at least one of the two is given (a rule of plan and membership).
    pub struct Name {
        /// The Chinese name.
        1 => zh: Text,
        /// The English name.
        2 => en: Text,
    }

    /// A reference to one earlier event by content.
    pub struct EventRef {
        /// The submission; absent for the one that holds this reference.
        1 => submission_hash: Option<SubmissionHash>,
        /// The 0-based event within it.
        2 => index: u32,
    }

    /// Where in a document a fact stands.
    pub struct Provenance {
        /// The document's number or title.
        1 => document: Text,
        /// The section within it.
        2 => section: Text,
        /// What a reader must know about the figure.
        3 => note: Text,
    }

    /// A published source of an observation.
    pub struct Source {
        /// The title.
        1 => title: Text,
        /// The address.
        2 => uri: Text,
        /// The date as printed; absent when unknown.
        3 => date: Option<Period>,
    }
}

macro_rules! events {
    ($($(#[doc = $doc:expr])+ $number:literal => $variant:ident($context:ident) $name:literal,)+) => {
        /// One typed fact.
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Event { $($(#[doc = $doc])+ $variant(Box<$context::$variant>),)+ }

        $(impl From<$context::$variant> for Event {
            fn from(fact: $context::$variant) -> Self { Self::$variant(Box::new(fact)) }
        })+

        impl Event {
            /// The names of all kinds, as in the `.proto` file.
            pub const KINDS: &[&'static str] = &[$($name,)+];

            /// The name of its kind, as in the `.proto` file.
            #[must_use]
            pub const fn kind(&self) -> &'static str { match self { $(Self::$variant(_) => $name,)+ } }

            /// Its field number in the `.proto` file, which tells its kind and never changes.
            #[must_use]
            pub const fn number(&self) -> u32 { match self { $(Self::$variant(_) => $number,)+ } }
        }

        impl crate::wire::Value for Event {
            const WIRE: crate::wire::WireType = crate::wire::WireType::Length;
            const TYPE: &'static str = "Event";
            const MESSAGE: Option<&'static crate::wire::MessageInfo> = Some(&crate::wire::MessageInfo {
                name: "Event",
                fields: &[$(crate::wire::FieldInfo {
                    number: $number,
                    name: $name,
                    shape: crate::wire::Shape::singular::<$context::$variant>(),
                },)+],
            });

            fn read(r: &mut crate::wire::Reader<'_>) -> Result<Self, crate::wire::DecodeError> {
                let (number, name, mut body) = crate::wire::read_choice(r, Self::MESSAGE.expect("a message"))?;
                match number {
                    $($number => crate::wire::Value::read(&mut body).map(|fact| Self::$variant(Box::new(fact))),)+
                    _ => unreachable!("read_choice returns known numbers"),
                }
                .map_err(|e| e.within(name))
            }

            fn write(&self, out: &mut Vec<u8>) {
                match self { $(Self::$variant(fact) => crate::wire::write_field(&**fact, $number, out),)+ }
            }
        }
        crate::wire::required_field!(Event);
    };
}

events! {
    /// The ledger was opened.
    16 => LedgerOpened(membership) "ledger_opened",
    /// A member was admitted with its first key.
    17 => MemberAdmitted(membership) "member_admitted",
    /// A member was suspended.
    18 => MemberSuspended(membership) "member_suspended",
    /// A suspended member was reinstated.
    19 => MemberReinstated(membership) "member_reinstated",
    /// A member left for good.
    20 => MemberWithdrawn(membership) "member_withdrawn",
    /// A key was enrolled.
    21 => KeyEnrolled(membership) "key_enrolled",
    /// A key was revoked.
    22 => KeyRevoked(membership) "key_revoked",
    /// A role was granted to a key.
    23 => RoleGranted(membership) "role_granted",
    /// A role was taken from a key.
    24 => RoleRevoked(membership) "role_revoked",
    /// An office key was replaced by the recovery key.
    25 => OfficeKeyReplaced(membership) "office_key_replaced",
    /// A version of the rules was activated.
    26 => RulesActivated(membership) "rules_activated",
    /// A plan was published.
    40 => PlanPublished(plan) "plan_published",
    /// A task was defined.
    41 => TaskDefined(plan) "task_defined",
    /// A goal without a number was set.
    42 => MilestoneSet(plan) "milestone_set",
    /// An indicator was defined.
    43 => IndicatorDefined(plan) "indicator_defined",
    /// An indicator's definition was replaced.
    44 => IndicatorRevised(plan) "indicator_revised",
    /// An indicator was retired.
    45 => IndicatorRetired(plan) "indicator_retired",
    /// A target was set.
    46 => TargetSet(plan) "target_set",
    /// A target was adjusted.
    47 => TargetAdjusted(plan) "target_adjusted",
    /// The way to a target was declared.
    48 => TrajectoryDeclared(plan) "trajectory_declared",
    /// A period is to be reported.
    70 => ReportingCycleOpened(cycle) "reporting_cycle_opened",
    /// Units may report in a locked cycle.
    71 => LockExceptionGranted(cycle) "lock_exception_granted",
    /// An observation was reported or corrected.
    72 => ObservationReported(reporting) "observation_reported",
    /// A standing observation was retracted.
    73 => ObservationRetracted(reporting) "observation_retracted",
    /// A unit has nothing to report.
    74 => NilReportDeclared(cycle) "nil_report_declared",
    /// A unit has reported.
    75 => ReportSubmitted(cycle) "report_submitted",
    /// A report was approved within its unit.
    76 => ReportApproved(cycle) "report_approved",
    /// A report went back to its reporters.
    77 => ReportReturned(cycle) "report_returned",
    /// A report was accepted.
    78 => ReportAccepted(cycle) "report_accepted",
    /// An auditor gave an opinion of an observation.
    79 => ObservationAttested(assurance) "observation_attested",
    /// An observation was challenged.
    80 => ObservationChallenged(assurance) "observation_challenged",
    /// A challenge was answered.
    81 => ChallengeAnswered(assurance) "challenge_answered",
    /// A challenge ended.
    82 => ChallengeResolved(assurance) "challenge_resolved",
    /// A confidential value was erased.
    83 => ValueErased(reporting) "value_erased",
    /// A unit lets another report for it.
    84 => ReportingDelegated(delegation) "reporting_delegated",
    /// A delegation ended before its time.
    85 => DelegationEnded(delegation) "delegation_ended",
    /// The key of the log's checkpoints was replaced.
    310 => CheckpointKeyReplaced(platform) "checkpoint_key_replaced",
    /// The digest of a view was recorded.
    311 => ViewsRecorded(platform) "views_recorded",
}
