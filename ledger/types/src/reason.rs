//! The closed set of stable codes: what can be refused, why, and what to do about it.

use std::fmt;

/// How a caller should treat a reason; one table in `hefu-proto` turns it into a gRPC status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The request itself is wrong and stays wrong.
    Invalid,
    /// The request is right, the ledger's state forbids it.
    Precondition,
    /// The signer may not say this.
    Denied,
    /// What was asked for does not exist.
    NotFound,
    /// It exists already, with other content.
    Conflict,
    /// Too much at once; retry later.
    Exhausted,
    /// The service can't do it now.
    Unavailable,
    /// Nobody knows whether it was done; resend the same bytes.
    Unknown,
    /// What was stored is damaged.
    DataLoss,
}

macro_rules! reasons {
    ($($(#[doc = $doc:expr])+ $variant:ident $name:literal $class:ident $remedy:literal;)+) => {
        /// A stable code. Codes are only ever added; their meaning never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($(#[doc = $doc])+ $variant,)+ }

        impl Reason {
            /// Every code, in the order of docs/errors.md.
            pub const ALL: &[Reason] = &[$(Reason::$variant,)+];

            /// The code as it stands on the wire.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Reason::$variant => $name,)+ } }

            /// What a caller should make of it.
            #[must_use]
            pub const fn class(self) -> Class { match self { $(Reason::$variant => Class::$class,)+ } }

            /// What went wrong, in general.
            #[must_use]
            pub const fn cause(self) -> &'static str { match self { $(Reason::$variant => concat!($($doc),+),)+ } }

            /// What to do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str { match self { $(Reason::$variant => $remedy,)+ } }
        }
    };
}

reasons! {
    // The bytes of a submission.
    /// The bytes are not protobuf of the expected message.
    Malformed "MALFORMED" Invalid "Serialise the message with a protobuf library from the published .proto files.";
    /// A field that this program does not know.
    UnknownField "UNKNOWN_FIELD" Invalid "Use the .proto files that the server publishes; a newer client needs a newer server.";
    /// An enum number that this program does not know.
    UnknownEnum "UNKNOWN_ENUM" Invalid "Use the .proto files that the server publishes; a newer client needs a newer server.";
    /// Fields are not in ascending order.
    FieldOrder "FIELD_ORDER" Invalid "Serialise fields by ascending number, as mainstream encoders do.";
    /// A singular field stands more than once.
    FieldRepeated "FIELD_REPEATED" Invalid "Write each singular field once.";
    /// A field holds its default value explicitly.
    ExplicitDefault "EXPLICIT_DEFAULT" Invalid "Leave out fields whose value is zero, empty or false; in JavaScript don't assign defaults to a message.";
    /// A varint is longer than needed.
    VarintNotMinimal "VARINT_NOT_MINIMAL" Invalid "Write each varint in its shortest form.";
    /// A repeated scalar is not packed.
    NotPacked "NOT_PACKED" Invalid "Write repeated enums and numbers packed, the proto3 default.";
    /// A required field is missing.
    FieldMissing "FIELD_MISSING" Invalid "Set the field.";
    /// A byte field does not have the length that its meaning fixes.
    LengthInvalid "LENGTH_INVALID" Invalid "Keys and hashes are 32 bytes, signatures 64.";
    /// A code is not `[a-z0-9][a-z0-9._-]*` of at most 64 bytes.
    CodeInvalid "CODE_INVALID" Invalid "Use lower-case letters, digits, '.', '_' and '-', starting with a letter or digit, at most 64.";
    /// A text is too long or holds control or invisible characters.
    TextInvalid "TEXT_INVALID" Invalid "Shorten the text, remove control and invisible characters.";
    /// A decimal's scale is above 12.
    DecimalInvalid "DECIMAL_INVALID" Invalid "Write the number as units / 10^scale with a scale of at most 12.";
    /// A period is none of 2024, 2024-H1, 2024-Q3, 2024-07, 2024-07-15.
    PeriodInvalid "PERIOD_INVALID" Invalid "Write the period in one of the five ISO 8601 forms.";
    /// The submission is too large.
    SubmissionTooLarge "SUBMISSION_TOO_LARGE" Invalid "Split the events over several submissions; name bulk data by its hash.";
    /// The submission is empty.
    SubmissionEmpty "SUBMISSION_EMPTY" Invalid "Send the serialised Submission in `signed.submission`.";
    /// The submission holds no event.
    EventsMissing "EVENTS_MISSING" Invalid "Put at least one event into the submission.";
    /// The submission holds too many events.
    EventsTooMany "EVENTS_TOO_MANY" Invalid "Split the events over several submissions.";
    /// A list holds too many elements.
    ListTooLong "LIST_TOO_LONG" Invalid "Split the list.";
    /// A list is not in ascending order, or holds an element twice.
    ListOrder "LIST_ORDER" Invalid "Sort the list and give each element once.";

    // Signatures and keys.
    /// The signature is not 64 bytes.
    SignatureLength "SIGNATURE_LENGTH" Invalid "Send the 64 bytes of an Ed25519 signature.";
    /// The signature's scalar is not below the group order.
    SignatureNotCanonical "SIGNATURE_NOT_CANONICAL" Invalid "Use a signer that follows RFC 8032.";
    /// The signature does not fit the bytes and the key.
    SignatureInvalid "SIGNATURE_INVALID" Invalid "Sign the DSSE pre-authentication encoding of exactly the bytes sent, with the key named in them.";
    /// The public key is not the canonical encoding of a curve point.
    KeyNotCanonical "KEY_NOT_CANONICAL" Invalid "Use a key made by a common Ed25519 library.";
    /// The public key is of small order.
    KeySmallOrder "KEY_SMALL_ORDER" Invalid "Use a key made by a common Ed25519 library.";
    /// The public key is not torsion-free.
    KeyTorsion "KEY_TORSION" Invalid "Use a key made by a common Ed25519 library.";
    /// The enrolment proof is not a signature of the new key over this ledger's id and this enrolment.
    EnrolmentProofInvalid "ENROLMENT_PROOF_INVALID" Invalid "Let the new key's holder sign the enrolment for this very ledger.";
    /// A checkpoint verifier key is not of the form `name+hash+key`.
    VerifierKeyInvalid "VERIFIER_KEY_INVALID" Invalid "Give the key as `origin+hash+base64` (C2SP signed-note, type 0x01), named like the origin.";

    // Position within the ledger and the key's own chain.
    /// The submission names another ledger.
    LedgerMismatch "LEDGER_MISMATCH" Invalid "Fetch the ledger id from the server and sign again.";
    /// The key is not enrolled.
    KeyUnknown "KEY_UNKNOWN" Denied "Ask an admin of your member to enrol the key.";
    /// The key was revoked.
    KeyRevoked "KEY_REVOKED" Denied "Use another key, or ask an admin of your member to enrol one.";
    /// The member is suspended.
    MemberSuspended "MEMBER_SUSPENDED" Denied "Ask the office about the suspension.";
    /// The member has withdrawn.
    MemberWithdrawn "MEMBER_WITHDRAWN" Denied "A member that left does not come back under the same code.";
    /// The key lacks the role that this event needs.
    RoleMissing "ROLE_MISSING" Denied "Ask an admin of your member to grant the role, or use another key.";
    /// The key number skips one or more.
    KeySeqGap "KEY_SEQ_GAP" Precondition "Send the missing submissions first; GetKeyState tells the last recorded one.";
    /// Another submission is recorded under this key number.
    KeySeqUsed "KEY_SEQ_USED" Conflict "Number the submission after the last recorded one and sign again; a key has one writer.";
    /// key_prev is not the hash of the key's previous submission.
    KeyPrevMismatch "KEY_PREV_MISMATCH" Precondition "Link to the submission hash that GetKeyState tells and sign again.";
    /// The submission's not_after has passed.
    NotAfterPassed "NOT_AFTER_PASSED" Precondition "Decide whether it still holds, then sign it again with a later not_after.";
    /// An earlier submission of the same key in this stream was refused.
    PredecessorRefused "PREDECESSOR_REFUSED" Precondition "Mend the refused submission, then renumber and sign the following ones.";

    // Membership.
    /// LedgerOpened stands anywhere but alone at seq 0, or seq 0 holds anything else.
    GenesisMisplaced "GENESIS_MISPLACED" Precondition "A ledger is opened once, by `hefud init`.";
    /// The genesis submission is inconsistent.
    GenesisInvalid "GENESIS_INVALID" Invalid "Name two office keys or more, one recovery key and one operator key, all different, and sign with an office key.";
    /// The member exists already.
    MemberExists "MEMBER_EXISTS" Conflict "Choose another code.";
    /// The member does not exist.
    MemberUnknown "MEMBER_UNKNOWN" Precondition "Admit the member first, or correct the code.";
    /// The member's status does not allow this change.
    MemberStatusWrong "MEMBER_STATUS_WRONG" Precondition "Look at the member's status first.";
    /// The office or the operator can't be suspended or withdrawn.
    MemberProtected "MEMBER_PROTECTED" Precondition "Replace keys instead.";
    /// The key was enrolled before; a key is enrolled once, ever.
    KeyExists "KEY_EXISTS" Conflict "Make a new key.";
    /// The holder's pseudonym belongs to another member.
    HolderTaken "HOLDER_TAKEN" Denied "Choose another pseudonym; if it is the same person, let the office enrol the key.";
    /// The named key is not enrolled.
    KeyNotFound "KEY_NOT_FOUND" Precondition "Correct the key.";
    /// The event names another member than it may.
    MemberMismatch "MEMBER_MISMATCH" Denied "A member's admin speaks for that member only.";
    /// The recovery mark does not fit: the office sets it for an existing member, nobody else does.
    RecoveryMarkWrong "RECOVERY_MARK_WRONG" Precondition "Let the office set `recovery`, and an admin of the member leave it out.";
    /// The first key of a member must hold the role admin.
    FirstKeyNotAdmin "FIRST_KEY_NOT_ADMIN" Precondition "Give the first key the role admin.";
    /// The role is reserved for keys of the office or of the operator.
    RoleReserved "ROLE_RESERVED" Denied "Only the office holds the role office, only the operator the role operator.";
    /// The key holds the role already, or does not hold it.
    RoleStateWrong "ROLE_STATE_WRONG" Precondition "Look at the key's roles first.";
    /// The office would be left without a key that can act for it.
    LastOfficeKey "LAST_OFFICE_KEY" Precondition "Enrol another office key first.";
    /// The office has as many keys as it may have at a time.
    OfficeKeysTooMany "OFFICE_KEYS_TOO_MANY" Precondition "Revoke an office key that is no longer needed first.";
    /// The recovery key can do nothing but replace office keys.
    RecoveryKeyOnly "RECOVERY_KEY_ONLY" Denied "Use an office key.";
    /// Only the recovery key may replace office keys.
    RecoveryKeyNeeded "RECOVERY_KEY_NEEDED" Denied "Sign with the recovery key.";
    /// The recovery key can be neither revoked nor given roles.
    RecoveryKeyProtected "RECOVERY_KEY_PROTECTED" Precondition "Keep the recovery key offline; it stays as the genesis named it.";
    /// since_seq is given without COMPROMISED, or lies in the future.
    SinceSeqInvalid "SINCE_SEQ_INVALID" Precondition "Give since_seq only with COMPROMISED, at or below the present position.";
    /// The rules version is not a released one, or below the one in force.
    RulesVersionUnknown "RULES_VERSION_UNKNOWN" Precondition "Activate a version that the server has.";

    // Platform.
    /// The named key is not the checkpoint key in force, or its own overlap has not ended.
    CheckpointKeyWrong "CHECKPOINT_KEY_WRONG" Precondition "Name the checkpoint key in force, after the replaced one has signed its last checkpoint.";
    /// The replaced or the new checkpoint key did not sign this replacement for this ledger.
    CheckpointKeyProofInvalid "CHECKPOINT_KEY_PROOF_INVALID" Invalid "Let the operator make the request again, with `hefud checkpoint-key prepare`.";
    /// The overlap of two checkpoint keys ends before it begins, or after more than 100,000,000 entries.
    OverlapInvalid "OVERLAP_INVALID" Precondition "Give a size above the present one, large enough that witnesses and monitors see both keys.";
    /// The server does not hold the new checkpoint key.
    CheckpointKeyNotHeld "CHECKPOINT_KEY_NOT_HELD" Precondition "Operator: restart the server with the new key's file in its folder. Office: resend the same bytes then.";
    /// A view's digest names no view, or more entries than are recorded.
    ViewRecordInvalid "VIEW_RECORD_INVALID" Invalid "Record a view of at least one entry, up to the last recorded one, with its version.";

    // Plan.
    /// The plan does not exist.
    PlanUnknown "PLAN_UNKNOWN" Precondition "Publish the plan first, or correct the code.";
    /// The plan's description contradicts itself.
    PlanInvalid "PLAN_INVALID" Invalid "Order the years, give parts and areas once, and parents before children.";
    /// The part does not exist in the plan.
    PartUnknown "PART_UNKNOWN" Precondition "Correct the part, or publish the plan again with it.";
    /// The area does not exist in the plan.
    AreaUnknown "AREA_UNKNOWN" Precondition "Correct the area, or publish the plan again with it.";
    /// The task exists already.
    TaskExists "TASK_EXISTS" Conflict "Choose another code.";
    /// The task does not exist.
    TaskUnknown "TASK_UNKNOWN" Precondition "Define the task first, or correct the code.";
    /// The milestone exists already.
    MilestoneExists "MILESTONE_EXISTS" Conflict "Choose another code.";
    /// The indicator exists already.
    IndicatorExists "INDICATOR_EXISTS" Conflict "Choose another code, or revise the indicator.";
    /// The indicator does not exist.
    IndicatorUnknown "INDICATOR_UNKNOWN" Precondition "Correct the code, or ask the office to define the indicator.";
    /// The indicator is retired.
    IndicatorRetired "INDICATOR_RETIRED" Precondition "Report under the indicator that took its place.";
    /// The indicator's definition contradicts itself, or a revision changes what its numbers mean.
    IndicatorInvalid "INDICATOR_INVALID" Invalid "Never sum a ratio; give a weight exactly with a weighted mean; define a new indicator for another unit, measure or direction.";
    /// A target exists already for this indicator, area, year and strength.
    TargetExists "TARGET_EXISTS" Conflict "Adjust the target instead.";
    /// No target stands for this indicator, area, year and strength.
    TargetUnknown "TARGET_UNKNOWN" Precondition "Set the target first.";
    /// The comparator contradicts the indicator's direction, or the year lies outside the calendar.
    TargetInvalid "TARGET_INVALID" Invalid "Use ≥ or > when higher is better, ≤ or < when lower is better, or =.";
    /// A trajectory has no points, too many, or its points don't go on in time up to the target's year.
    TrajectoryInvalid "TRAJECTORY_INVALID" Invalid "Give 1 to 120 points, each ending after the one before, the last one before the target's year ends.";

    // Reporting.
    /// The signer's member is not a reporting unit of the indicator.
    NotReportingUnit "NOT_REPORTING_UNIT" Denied "Ask the office to list your unit as a reporting unit.";
    /// The area does not belong to the indicator.
    AreaNotObserved "AREA_NOT_OBSERVED" Precondition "Name an area that the indicator is observed in.";
    /// The kind of period does not belong to the indicator.
    PeriodTypeWrong "PERIOD_TYPE_WRONG" Precondition "Report for a kind of period that the indicator is observed for.";
    /// The value has more decimals than the indicator allows.
    DecimalsTooMany "DECIMALS_TOO_MANY" Precondition "Round the value, or ask the office to revise the indicator.";
    /// A status that says a value is missing came with a value.
    ValueForbidden "VALUE_FORBIDDEN" Invalid "Leave out value and qualifier, or choose another status.";
    /// A status that needs a value came without one.
    ValueRequired "VALUE_REQUIRED" Invalid "Give value and qualifier, or choose a status for a missing value.";
    /// The as-of date is not a day of the period.
    AsOfDateInvalid "AS_OF_DATE_INVALID" Invalid "Give a day within the period, such as 2024-07-15, or leave it out.";
    /// A cumulative stock falls without a break flag or a correction.
    StockFell "STOCK_FELL" Precondition "Check the value and its neighbours; flag a break with status B, or correct the neighbour that is wrong first.";
    /// An observation stands already for this indicator, area and period.
    ObservationStands "OBSERVATION_STANDS" Conflict "Name the standing observation in `supersedes` and say why.";
    /// There is no standing observation to correct or retract.
    NothingToSupersede "NOTHING_TO_SUPERSEDE" Precondition "Leave out `supersedes`, or correct the indicator, area or period.";
    /// The reference does not name the standing observation.
    SupersedesWrong "SUPERSEDES_WRONG" Conflict "Fetch the standing observation and name it.";
    /// A correction or retraction without a reason, or a reason without a correction.
    ReasonMismatch "REASON_MISMATCH" Invalid "Give `reason` exactly with `supersedes`.";
    /// Another unit reported the observation.
    NotYourObservation "NOT_YOUR_OBSERVATION" Denied "Ask the unit that reported it.";

    // Values that are not free.
    /// The value is not free, and stands in clear.
    ValueInClear "VALUE_IN_CLEAR" Invalid "Leave out the value and give its commitment, with the opening beside the submission. What stands in an entry is public for ever.";
    /// The value is not free, and nothing stands for it.
    CommitmentMissing "COMMITMENT_MISSING" Invalid "Give the commitment to the value, or a status for a missing value.";
    /// A commitment stands for a value that is free.
    CommitmentForbidden "COMMITMENT_FORBIDDEN" Invalid "Give the value in clear, or a confidentiality status.";
    /// An observation has this commitment already.
    CommitmentUsed "COMMITMENT_USED" Conflict "Commit anew, with 32 fresh random bytes.";
    /// An embargo without the status E, or the status E without one; or it ends before it begins, or in more than ten years.
    EmbargoInvalid "EMBARGO_INVALID" Invalid "Give a time that is still to come, within ten years, exactly with the status E.";
    /// A file of the evidence stands twice or is not described, or there are too many.
    EvidenceInvalid "EVIDENCE_INVALID" Invalid "Give each file once, at most 16, with its media type and its length.";
    /// Readers without a commitment, or too many, not ascending, or unknown.
    ReadersInvalid "READERS_INVALID" Invalid "Name members as readers only with a commitment: ascending, each once, at most 64.";
    /// A commitment came without its opening.
    OpeningMissing "OPENING_MISSING" Invalid "Send the opening beside the submission: 32 bytes of salt, and the bytes of the value.";
    /// An opening fits no commitment of the submission, or holds no number.
    OpeningWrong "OPENING_WRONG" Invalid "Send exactly one opening for each commitment, its value as the bytes of the message Decimal.";
    /// No observation has this commitment.
    CommitmentUnknown "COMMITMENT_UNKNOWN" Precondition "Correct the commitment.";
    /// The value was lawfully erased.
    ValueWasErased "VALUE_ERASED" Conflict "Look at the entry that says why; the value is gone.";

    // Cycles of reports.
    /// The cycle exists already.
    CycleExists "CYCLE_EXISTS" Conflict "Choose another code.";
    /// The cycle is not known.
    CycleUnknown "CYCLE_UNKNOWN" Precondition "Correct the code, or ask the office to open the cycle.";
    /// A cycle's times or indicators do not fit together.
    CycleInvalid "CYCLE_INVALID" Invalid "Open before it is due, be due before it locks, and ask for indicators of one plan.";
    /// The period of an indicator belongs to another cycle.
    CycleOverlaps "CYCLE_OVERLAPS" Conflict "Leave out the indicator, or choose another period.";
    /// The cycle has not begun.
    CycleNotOpen "CYCLE_NOT_OPEN" Precondition "Report from the day on that the cycle opens.";
    /// The cycle is locked.
    CycleLocked "CYCLE_LOCKED" Precondition "Ask the office for an exception.";
    /// The exception from a lock ends before it begins.
    ExceptionInvalid "EXCEPTION_INVALID" Invalid "Let it end later than now, and later than the lock.";
    /// The unit does not report in the cycle.
    UnitNotInCycle "UNIT_NOT_IN_CYCLE" Denied "Ask the office which cycle is yours.";
    /// The report was approved: it is corrected, and neither added to nor taken back.
    ReportApproved "REPORT_APPROVED" Precondition "Correct the observation, or ask for the report to be returned.";
    /// The step does not follow from the report's state.
    ReportStateWrong "REPORT_STATE_WRONG" Precondition "Look at the report's state first.";
    /// Observations changed since the report was submitted.
    ReportStale "REPORT_STALE" Precondition "Let the unit submit the report again.";
    /// There is nothing to submit.
    ReportEmpty "REPORT_EMPTY" Precondition "Report observations first, or declare that there is nothing to report.";
    /// The hash is not that of the report.
    ContentWrong "CONTENT_WRONG" Conflict "Look at the report again, and name the hash of what you saw.";
    /// Observations stand where nothing is said to be reported.
    NilContradicted "NIL_CONTRADICTED" Precondition "Submit the report, or retract the observations first.";
    /// The same holder took an earlier step of the report.
    SameHolder "SAME_HOLDER" Denied "Let somebody else take this step: four eyes see more than two.";
    /// A unit does not accept its own report, nor one that it reported for another.
    OwnReport "OWN_REPORT" Denied "Let the office or a lead unit accept it.";
    /// The unit accepts no report of the cycle.
    NotAcceptingUnit "NOT_ACCEPTING_UNIT" Denied "Let the office or a lead unit of the cycle take the step.";
    /// The unit does not let the signer's unit report this for it now.
    NotDelegated "NOT_DELEGATED" Denied "Ask an admin of the unit to delegate it (`hefu delegation grant`), or report as yourself.";
    /// A delegation names the unit itself, or has ended before it begins; or as many hold as may.
    DelegationInvalid "DELEGATION_INVALID" Precondition "Name another unit, and a time to come; end a delegation that is no longer needed.";
    /// No such delegation holds: it was never given, was ended, or has expired.
    DelegationUnknown "DELEGATION_UNKNOWN" Precondition "Look at the delegations (`hefu delegation list`).";

    // Opinions and challenges.
    /// A unit neither attests nor challenges what it reported itself.
    OwnObservation "OWN_OBSERVATION" Denied "Let another unit look at it; correct what is wrong.";
    /// An answer is asked for within less than a day.
    AnswerByInvalid "ANSWER_BY_INVALID" Invalid "Ask for the answer by a later time: a day from now at least.";
    /// A unit challenges an observation once at a time.
    ChallengeExists "CHALLENGE_EXISTS" Conflict "Wait until your challenge has ended.";
    /// The challenge is not known.
    ChallengeUnknown "CHALLENGE_UNKNOWN" Precondition "Name the event that challenged the observation.";
    /// The challenge was answered already.
    ChallengeWasAnswered "CHALLENGE_ANSWERED" Conflict "Wait for the office to decide.";
    /// The challenge has ended.
    ChallengeHasEnded "CHALLENGE_ENDED" Conflict "Look at how it ended; challenge the observation anew if need be.";
    /// The challenge was neither answered nor is the answer late.
    ChallengeOpen "CHALLENGE_OPEN" Precondition "Wait for the answer, or until it is late.";
    /// Only the challenger's unit withdraws a challenge, and only the office decides one.
    OutcomeNotYours "OUTCOME_NOT_YOURS" Denied "Withdraw your own challenge, or let the office decide.";
    /// Another unit reported what is challenged.
    AnswerNotYours "ANSWER_NOT_YOURS" Denied "Let the unit answer that reported the observation.";

    // The service.
    /// Certainly not written: the submission never reached the log.
    NotWritten "NOT_WRITTEN" Unavailable "Resend the same bytes.";
    /// Nobody knows whether it was written.
    OutcomeUnknown "OUTCOME_UNKNOWN" Unknown "Resend the same bytes: a recorded submission is recorded once.";
    /// Writes are refused since a storage failure.
    StorageLatched "STORAGE_LATCHED" Unavailable "Operator: look at the log, mend the disk, restart. Caller: resend the same bytes later.";
    /// The clock departed from the monotonic clock by more than the limit; writes are refused.
    ClockLatched "CLOCK_LATCHED" Unavailable "Operator: mend the clock, restart. Caller: resend the same bytes later.";
    /// Too few witnesses have said how far they have seen the log, so nobody knows that it was not rolled back; writes are refused.
    WitnessesUnreachable "WITNESSES_UNREACHABLE" Unavailable "Caller: resend the same bytes later. Operator: bring the witnesses of the policy back; or, if no entry that was answered can be missing, start with --accept-missing-witnesses.";
    /// The answer was to wait for a quorum of witnesses, and the server has no policy that names any.
    WitnessesNone "WITNESSES_NONE" Precondition "Caller: ask without waiting for a quorum; the bytes stay the same. Operator: name witnesses with `hefud serve --policy`.";
    /// Too many submissions are waiting.
    Overloaded "OVERLOADED" Exhausted "Resend the same bytes after the time that the answer names.";
    /// The server is stopping.
    ShuttingDown "SHUTTING_DOWN" Unavailable "Resend the same bytes in a moment.";
    /// The position lies beyond the log.
    SeqBeyondHead "SEQ_BEYOND_HEAD" NotFound "Ask for a position below the head.";
    /// The view did not reach the position in time.
    ViewBehind "VIEW_BEHIND" Unavailable "Ask again in a moment.";
    /// There is no such view.
    ViewUnknown "VIEW_UNKNOWN" NotFound "List the views.";
    /// There is no such member.
    MemberNotFound "MEMBER_NOT_FOUND" NotFound "List the members.";
    /// There is no such plan.
    PlanNotFound "PLAN_NOT_FOUND" NotFound "List the plans (`hefu plan show`).";
    /// There is no such indicator.
    IndicatorNotFound "INDICATOR_NOT_FOUND" NotFound "Look at the board, which lists the indicators.";
    /// There is no such cycle.
    CycleNotFound "CYCLE_NOT_FOUND" NotFound "List the cycles.";
    /// The unit has no report in the cycle.
    ReportNotFound "REPORT_NOT_FOUND" NotFound "List the reports of the cycle.";
    /// The value is not free, and not for who asks.
    NotAReader "NOT_A_READER" Denied "Ask the unit that reported it or the office; an embargoed value waits for its time.";
    /// A request to read is older or newer than five minutes.
    ReadRequestExpired "READ_REQUEST_EXPIRED" Denied "Sign the request anew; look at the clock.";
    /// There is no such confidential value.
    ValueNotFound "VALUE_NOT_FOUND" NotFound "Look at the series first, which names the commitments.";
    /// There is no observation to explain.
    ObservationNotFound "OBSERVATION_NOT_FOUND" NotFound "Look at the series first.";
    /// A request's argument is wrong.
    ArgumentInvalid "ARGUMENT_INVALID" Invalid "Correct the argument.";
    /// What is stored can't be read.
    StorageDamaged "STORAGE_DAMAGED" DataLoss "Operator: stop, keep the folder, restore from a verified copy.";
}

impl Reason {
    /// The reason with this code on the wire.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Reason> {
        Reason::ALL.iter().copied().find(|r| r.code() == code)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A refusal: the code, the field at fault and what is wrong with it. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Refusal {
    /// The stable code.
    pub reason: Reason,
    /// The field at fault, such as `events[0].observation_reported.value`; empty when no field is.
    pub field: String,
    /// What is wrong, in one sentence.
    pub detail: String,
}

impl Refusal {
    /// A refusal of a field.
    #[must_use]
    pub fn new(reason: Reason, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { reason, field: field.into(), detail: detail.into() }
    }

    /// The same refusal, with the field's path seen from one level further out.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.field = match (outer.is_empty(), self.field.is_empty()) {
            (true, _) => self.field,
            (false, true) => outer.to_owned(),
            (false, false) => format!("{outer}.{}", self.field),
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_upper_case_and_found_again() {
        for (i, r) in Reason::ALL.iter().enumerate() {
            assert!(r.code().chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{r}");
            assert!(Reason::ALL[..i].iter().all(|o| o.code() != r.code()), "{r} twice");
            assert_eq!(Reason::from_code(r.code()), Some(*r));
            assert!(!r.cause().trim().is_empty() && !r.remedy().is_empty());
        }
    }
}
