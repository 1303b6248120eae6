//! The events of a submission, one after another: each is decided against the state that its predecessors left, then applied.

use hefu_types::event::membership::Role;
use hefu_types::{Code, Event, PublicKey, Reason, Refusal, Submission};

use crate::membership::{self, MemberStatus, Roles};
use crate::state::{Position, State};
use crate::{assurance, confidential, cycle, delegation, plan, platform, report, reporting, trajectory};

/// Who signs, as it stands before the event at hand.
pub(crate) struct Speaker {
    pub(crate) key: PublicKey,
    pub(crate) member: Code,
    pub(crate) roles: Roles,
    pub(crate) office_recovery: bool,
    /// Who is behind the key, as a number.
    pub(crate) holder: u32,
}

impl Speaker {
    pub(crate) fn needs(&self, role: Role) -> Result<(), Refusal> {
        if self.roles.has(role) {
            return Ok(());
        }
        let detail = format!("key {} of {} lacks the role {role}", self.key, self.member);
        Err(Refusal::new(Reason::RoleMissing, "", detail))
    }
}

/// The event's place: the submission's position and the event's index within it.
pub(crate) struct Context<'a> {
    pub(crate) at: &'a Position,
    pub(crate) index: u32,
}

impl State {
    fn speaker(&self, key: PublicKey) -> Result<Speaker, Refusal> {
        let record = self.may_speak(&key)?;
        let (member, roles) = (record.member.clone(), record.roles);
        Ok(Speaker { key, member, roles, office_recovery: record.office_recovery, holder: record.holder_number })
    }

    /// Records the events of a submission, whose signer may change by what it says: a key can revoke itself.
    pub(crate) fn record_events(&mut self, submission: &Submission, at: &Position) -> Result<(), Refusal> {
        let mut speaker = self.speaker(submission.key)?;
        for (event, index) in submission.events.iter().zip(0..) {
            let within = |refusal: Refusal| refusal.within(&format!("events[{index}].{}", event.kind()));
            if self.speakers_changed() {
                speaker = self.speaker(submission.key).map_err(within)?;
            }
            self.record_event(&speaker, event, &Context { at, index }).map_err(within)?;
        }
        Ok(())
    }

    /// Decides an event and applies it. What is applied never refuses.
    fn record_event(&mut self, speaker: &Speaker, event: &Event, context: &Context<'_>) -> Result<(), Refusal> {
        membership::check_recovery_key(speaker, event)?;
        match event {
            Event::LedgerOpened(_) => {
                return Err(Refusal::new(Reason::GenesisMisplaced, "", "the ledger is open already"));
            }
            Event::MemberAdmitted(e) => {
                membership::decide_admitted(self, speaker, e)?;
                membership::apply_admitted(self, e);
            }
            Event::MemberSuspended(e) => {
                membership::decide_suspended(self, speaker, e)?;
                membership::apply_status(self, &e.member, MemberStatus::Suspended);
            }
            Event::MemberReinstated(e) => {
                membership::decide_reinstated(self, speaker, e)?;
                membership::apply_status(self, &e.member, MemberStatus::Active);
            }
            Event::MemberWithdrawn(e) => {
                membership::decide_withdrawn(self, speaker, e)?;
                membership::apply_status(self, &e.member, MemberStatus::Withdrawn);
            }
            Event::KeyEnrolled(e) => {
                membership::decide_enrolled(self, speaker, e)?;
                membership::apply_enrolled(self, e);
            }
            Event::KeyRevoked(e) => {
                membership::decide_revoked(self, speaker, e, context)?;
                membership::apply_revoked(self, &e.key);
            }
            Event::RoleGranted(e) => {
                membership::decide_granted(self, speaker, e)?;
                membership::apply_granted(self, e);
            }
            Event::RoleRevoked(e) => {
                membership::decide_role_revoked(self, speaker, e)?;
                membership::apply_role_revoked(self, e);
            }
            Event::OfficeKeyReplaced(e) => {
                membership::decide_replaced(self, speaker, e, context)?;
                membership::apply_replaced(self, e);
            }
            Event::RulesActivated(e) => {
                membership::decide_activated(self, speaker, e)?;
                membership::apply_activated(self, e);
            }
            Event::PlanPublished(e) => {
                plan::decide_published(self, speaker, e)?;
                plan::apply_published(self, e);
            }
            Event::TaskDefined(e) => {
                plan::decide_task(self, speaker, e)?;
                plan::apply_task(self, e);
            }
            Event::MilestoneSet(e) => {
                plan::decide_milestone(self, speaker, e)?;
                plan::apply_milestone(self, e);
            }
            Event::IndicatorDefined(e) => {
                plan::decide_indicator(self, speaker, e)?;
                plan::apply_indicator(self, e);
            }
            Event::IndicatorRevised(e) => {
                plan::decide_revised(self, speaker, e)?;
                plan::apply_indicator(self, &e.definition);
            }
            Event::IndicatorRetired(e) => {
                plan::decide_retired(self, speaker, e)?;
                plan::apply_retired(self, e);
            }
            Event::TargetSet(e) => {
                plan::decide_target(self, speaker, e)?;
                plan::apply_target(self, e);
            }
            Event::TargetAdjusted(e) => plan::decide_adjusted(self, speaker, e)?,
            Event::TrajectoryDeclared(e) => trajectory::decide_declared(self, speaker, e)?,
            Event::ReportingCycleOpened(e) => {
                cycle::decide_opened(self, speaker, e)?;
                cycle::apply_opened(self, e);
            }
            Event::LockExceptionGranted(e) => {
                cycle::decide_exception(self, speaker, e, context)?;
                cycle::apply_exception(self, e);
            }
            Event::NilReportDeclared(e) => {
                report::decide_nil(self, speaker, e, context)?;
                report::apply_nil(self, speaker, e);
            }
            Event::ReportSubmitted(e) => {
                report::decide_submitted(self, speaker, e, context)?;
                report::apply_submitted(self, speaker, e);
            }
            Event::ReportApproved(e) => {
                report::decide_approved(self, speaker, e, context)?;
                report::apply_approved(self, speaker, e);
            }
            Event::ReportReturned(e) => {
                report::decide_returned(self, speaker, e, context)?;
                report::apply_returned(self, e);
            }
            Event::ReportAccepted(e) => {
                report::decide_accepted(self, speaker, e, context)?;
                report::apply_accepted(self, e);
            }
            Event::ObservationAttested(e) => assurance::decide_attested(self, speaker, e, context)?,
            Event::ObservationChallenged(e) => {
                assurance::decide_challenged(self, speaker, e, context)?;
                assurance::apply_challenged(self, speaker, e, context);
            }
            Event::ChallengeAnswered(e) => {
                assurance::decide_answered(self, speaker, e, context)?;
                assurance::apply_answered(self, speaker, e, context);
            }
            Event::ChallengeResolved(e) => {
                assurance::decide_resolved(self, speaker, e, context)?;
                assurance::apply_resolved(self, e, context);
            }
            Event::ReportingDelegated(e) => {
                delegation::decide_delegated(self, speaker, e, context)?;
                delegation::apply_delegated(self, e, context);
            }
            Event::DelegationEnded(e) => {
                delegation::decide_ended(self, speaker, e, context)?;
                delegation::apply_ended(self, e, context);
            }
            Event::ObservationReported(e) => {
                let report = reporting::decide_reported(self, speaker, e, context)?;
                reporting::apply_reported(self, e, report, context);
            }
            Event::ObservationRetracted(e) => {
                let place = reporting::decide_retracted(self, speaker, e, context)?;
                reporting::apply_retracted(self, place);
            }
            Event::ValueErased(e) => {
                confidential::decide_erased(self, speaker, e)?;
                confidential::apply_erased(self, e);
            }
            Event::CheckpointKeyReplaced(e) => {
                platform::decide_replaced(self, speaker, e, context)?;
                platform::apply_replaced(self, e, context);
            }
            Event::ViewsRecorded(e) => platform::decide_recorded(speaker, e, context)?,
        }
        Ok(())
    }
}
