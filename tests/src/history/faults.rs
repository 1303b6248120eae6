//! What is wrong with an invalid submission, and the reason that must be given.

use hefu_rules::MemberStatus;
use hefu_types::event::membership::{
    MemberAdmitted, MemberSuspended, MemberType, OfficeKeyReplaced, RevocationReason, Role, RoleGranted, RulesActivated,
};
use hefu_types::event::plan::{IndicatorRetired, Measure, TargetAdjusted, TaskDefined, TrajectoryPoint};
use hefu_types::event::platform::CheckpointKeyReplaced;
use hefu_types::event::reporting::{ConfStatus, ObsStatus, ObservationReported, ObservationRetracted};
use hefu_types::report::ReportStatus;
use hefu_types::{
    Code, Commitment, ContentHash, Decimal, Event, EventRef, KeySeq, LedgerId, Millis, Name, Reason, Seq, Signature,
    Size, Submission, SubmissionHash, Text,
};

use crate::forge;
use crate::history::cast::{Actor, Said, Scene};
use crate::history::deeds::{last_units, moved_to, next_observation, standing};
use crate::history::{assurance, delegations, members::activate, plans, platform, reports, values};
use crate::rng::Rng;
use crate::world::{code, decimal, enrolment, name, replacement, text};

/// Where the fault is made; everything before it is as it should be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// In what is said, or who says it.
    Said(fn(&mut Scene<'_>) -> Option<Said>),
    /// In the frame around it, before it is signed; `false` when it does not apply.
    Frame(fn(&mut Submission) -> bool),
    /// In the bytes, before they are signed.
    Bytes(fn(&mut Vec<u8>)),
    /// In the signature.
    Signature(fn(&Signature) -> Signature),
}

use Fault::{Bytes, Frame, Said as Wrong};

/// Every fault.
pub(super) const FAULTS: &[(Reason, Fault)] = &[
    (Reason::LedgerMismatch, Frame(|s| set(&mut s.ledger_id, Some(LedgerId::from_bytes([9; 32]))))),
    (Reason::LedgerMismatch, Frame(|s| set(&mut s.ledger_id, None))),
    (Reason::KeySeqGap, Frame(skip_one)),
    (Reason::KeySeqUsed, Frame(|s| s.key_seq > KeySeq::new(1) && set(&mut s.key_seq, KeySeq::new(1)))),
    (Reason::KeyPrevMismatch, Frame(|s| set(&mut s.key_prev, SubmissionHash::from_bytes([3; 32])))),
    (Reason::NotAfterPassed, Frame(|s| set(&mut s.not_after, Millis::new(1)))),
    (Reason::KeyUnknown, Wrong(by_unknown_key)),
    (Reason::KeyRevoked, Wrong(by_revoked_key)),
    (Reason::MemberSuspended, Wrong(|s| by_member(s, MemberStatus::Suspended))),
    (Reason::MemberWithdrawn, Wrong(|s| by_member(s, MemberStatus::Withdrawn))),
    (Reason::EventsMissing, Frame(|s| set(&mut s.events, vec![]))),
    (Reason::FieldMissing, Frame(|s| set(&mut s.key_seq, KeySeq::NONE))),
    (Reason::Malformed, Bytes(|b| b.truncate(b.len() - 1))),
    (Reason::SubmissionEmpty, Bytes(Vec::clear)),
    (Reason::UnknownField, Bytes(|b| b.extend([0xf8, 0x01, 0x01]))),
    (Reason::FieldOrder, Bytes(|b| b.extend([0x28, 0x01]))),
    (Reason::VarintNotMinimal, Bytes(|b| b.extend([0xfa, 0x00, 0x00]))),
    (Reason::SignatureInvalid, Fault::Signature(flipped)),
    (Reason::SignatureNotCanonical, Fault::Signature(forge::malleated)),
    (Reason::RoleMissing, Wrong(|s| Some(Said::by(reporter(s)?, RulesActivated { version: 1 })))),
    (Reason::RulesVersionUnknown, Wrong(|s| after_valid(s, RulesActivated { version: 2 }))),
    (Reason::MemberExists, Wrong(|s| admission(s, "office"))),
    (Reason::FieldMissing, Wrong(nameless_member)),
    (Reason::MemberUnknown, Wrong(|s| after_valid(s, MemberSuspended { member: code("nobody"), reason: text("x") }))),
    (Reason::MemberProtected, Wrong(|s| after_valid(s, MemberSuspended { member: code("office"), reason: text("x") }))),
    (Reason::EnrolmentProofInvalid, Wrong(proof_of_another_ledger)),
    (Reason::RoleReserved, Wrong(|s| enrolled(s, &[Role::Office]))),
    (Reason::ListOrder, Wrong(|s| enrolled(s, &[Role::Reporter, Role::Admin]))),
    (Reason::KeyExists, Wrong(enrolled_again)),
    (Reason::MemberMismatch, Wrong(enrolled_elsewhere)),
    (Reason::KeyNotFound, Wrong(|s| granted(s, forge::small_order_key()))),
    (Reason::RoleStateWrong, Wrong(role_held_already)),
    (Reason::RecoveryKeyOnly, Wrong(by_recovery_key)),
    (Reason::RecoveryKeyNeeded, Wrong(replaced_by_office)),
    (Reason::GenesisMisplaced, Wrong(|s| after_valid(s, crate::world::genesis()))),
    (Reason::PlanUnknown, Wrong(task_of_no_plan)),
    (Reason::IndicatorUnknown, Wrong(|s| wrong(s, |e| e.indicator = code("none")))),
    (Reason::IndicatorRetired, Wrong(retired_twice)),
    (Reason::TargetUnknown, Wrong(target_of_no_year)),
    (Reason::TrajectoryInvalid, Wrong(trajectory_beyond_its_year)),
    (Reason::NotReportingUnit, Wrong(not_listed)),
    (Reason::AreaNotObserved, Wrong(|s| wrong(s, |e| e.area = code("999999")))),
    (Reason::PeriodTypeWrong, Wrong(|s| wrong(s, |e| e.period = "2024-07-15".parse().expect("a day")))),
    (Reason::DecimalsTooMany, Wrong(|s| wrong(s, |e| e.value = Some(decimal("1.23456789"))))),
    (Reason::ValueForbidden, Wrong(|s| wrong(s, |e| e.obs_status = ObsStatus::O))),
    (Reason::ValueRequired, Wrong(|s| wrong(s, |e| e.value = None))),
    (Reason::AsOfDateInvalid, Wrong(|s| wrong(s, |e| e.as_of_date = Some("2024".parse().expect("a year"))))),
    (Reason::ReasonMismatch, Wrong(|s| wrong(s, |e| e.reason = text("no correction")))),
    (Reason::NothingToSupersede, Wrong(|s| wrong(s, |e| supersede(e, EventRef { submission_hash: None, index: 9 })))),
    (Reason::StockFell, Wrong(fallen_stock)),
    (Reason::ObservationStands, Wrong(|s| on_a_standing_cell(s, |e| e.supersedes = None))),
    (
        Reason::SupersedesWrong,
        Wrong(|s| on_a_standing_cell(s, |e| supersede(e, EventRef { submission_hash: None, index: 7 }))),
    ),
    (Reason::NotYourObservation, Wrong(retracted_by_another)),
    (Reason::CycleExists, Wrong(|s| reports::wrong_cycle(s, |e, known| e.cycle = known.cycle.clone()))),
    (Reason::CycleInvalid, Wrong(|s| reports::wrong_cycle(s, |e, _| e.due_at = e.opens_at))),
    (Reason::CycleOverlaps, Wrong(reports::overlapping_cycle)),
    (Reason::CycleNotOpen, Wrong(|s| reports::untimely(s, ReportStatus::NotDue))),
    (Reason::CycleLocked, Wrong(|s| reports::untimely(s, ReportStatus::Locked))),
    (Reason::CycleUnknown, Wrong(|s| reports::submitted(s, |e| e.cycle = code("none")))),
    (Reason::UnitNotInCycle, Wrong(reports::not_in_cycle)),
    (Reason::ContentWrong, Wrong(|s| reports::submitted(s, |e| e.content = ContentHash::from_bytes([1; 32])))),
    (Reason::ReportStateWrong, Wrong(reports::submitted_twice)),
    (Reason::ReportStale, Wrong(reports::approved_stale)),
    (Reason::SameHolder, Wrong(reports::approved_by_reporter)),
    (Reason::OwnReport, Wrong(reports::accepted_by_unit)),
    (Reason::ValueInClear, Wrong(|s| wrong(s, |e| e.conf_status = Some(ConfStatus::C)))),
    (Reason::CommitmentMissing, Wrong(|s| wrong(s, values::withheld_without_commitment))),
    (Reason::CommitmentForbidden, Wrong(|s| wrong(s, |e| e.commitment = Some(Commitment::from_bytes([6; 32]))))),
    (Reason::CommitmentUsed, Wrong(values::committed_twice)),
    (Reason::EmbargoInvalid, Wrong(|s| wrong(s, values::embargoed_without_end))),
    (Reason::EvidenceInvalid, Wrong(|s| wrong(s, values::with_an_empty_file))),
    (Reason::ReadersInvalid, Wrong(|s| wrong(s, |e| e.readers = vec![code("office")]))),
    (Reason::CommitmentUnknown, Wrong(values::erased_unknown)),
    (Reason::ValueWasErased, Wrong(values::erased_twice)),
    (Reason::NotYourObservation, Wrong(values::erased_by_another)),
    (Reason::OwnObservation, Wrong(assurance::attested_by_owner)),
    (Reason::AnswerByInvalid, Wrong(assurance::answer_asked_for_too_soon)),
    (Reason::ChallengeExists, Wrong(assurance::challenged_twice)),
    (Reason::ChallengeUnknown, Wrong(assurance::answer_to_nothing)),
    (Reason::ChallengeWasAnswered, Wrong(assurance::answered_twice)),
    (Reason::ChallengeHasEnded, Wrong(assurance::answered_after_its_end)),
    (Reason::AnswerNotYours, Wrong(assurance::answered_by_another)),
    (Reason::ChallengeOpen, Wrong(assurance::decided_too_soon)),
    (Reason::OutcomeNotYours, Wrong(assurance::withdrawn_by_another)),
    (Reason::DelegationInvalid, Wrong(delegations::to_itself)),
    (Reason::DelegationUnknown, Wrong(delegations::ended_twice)),
    (Reason::NotDelegated, Wrong(delegations::not_delegated)),
    (Reason::HolderTaken, Wrong(delegations::holder_of_another)),
    (Reason::CheckpointKeyProofInvalid, Wrong(|s| replaced_badly(s, 9, |e| e.proof = None))),
    (Reason::OverlapInvalid, Wrong(|s| replaced_badly(s, 0, |_| ()))),
    (Reason::ViewRecordInvalid, Wrong(view_of_the_future)),
];

/// A fault, each as likely as any other.
pub(super) fn any(rng: &mut Rng) -> &'static (Reason, Fault) {
    rng.pick(FAULTS).expect("faults")
}

fn set<T>(field: &mut T, value: T) -> bool {
    *field = value;
    true
}

/// The next replacement of the checkpoint key, if one may come now, with a fault.
fn replaced_badly(
    scene: &mut Scene<'_>,
    overlap: u64,
    change: impl FnOnce(&mut CheckpointKeyReplaced),
) -> Option<Said> {
    let said = platform::replace_checkpoint_key(scene)?;
    let mut event = replacement(scene.state, Size::new(scene.size + overlap));
    change(&mut event);
    Some(Said { events: vec![event.into()], ..said })
}

fn view_of_the_future(scene: &mut Scene<'_>) -> Option<Said> {
    let mut said = platform::record_view(scene)?;
    let [Event::ViewsRecorded(e)] = said.events.as_mut_slice() else { unreachable!("one event") };
    e.size = Size::new(scene.size + 1);
    Some(said)
}

fn skip_one(submission: &mut Submission) -> bool {
    submission.key_seq = submission.key_seq.next();
    true
}

fn flipped(signature: &Signature) -> Signature {
    let mut bytes = *signature.as_bytes();
    bytes[33] ^= 4;
    Signature::from_bytes(bytes)
}

fn reporter<'a>(scene: &mut Scene<'a>) -> Option<&'a Actor> {
    scene.actor(|_, record| record.roles.has(Role::Reporter) && !record.roles.has(Role::Office))
}

fn by_unknown_key(scene: &mut Scene<'_>) -> Option<Said> {
    Some(Said { signer: format!("stranger{}", scene.rng.below(5)), ..activate(scene)? })
}

fn by_revoked_key(scene: &mut Scene<'_>) -> Option<Said> {
    Some(Said { signer: scene.rng.pick(&scene.cast.revoked)?.name.clone(), ..activate(scene)? })
}

fn by_member(scene: &mut Scene<'_>, status: MemberStatus) -> Option<Said> {
    let state = scene.state;
    let fits = |actor: &Actor| state.member(&actor.member).is_some_and(|known| known.status == status);
    Some(Said { signer: scene.rng.find(&scene.cast.live, fits)?.name.clone(), ..activate(scene)? })
}

/// A valid event of the office, then the wrong one: neither may leave a trace.
fn after_valid(scene: &mut Scene<'_>, event: impl Into<Event>) -> Option<Said> {
    let mut said = activate(scene)?;
    said.events.push(event.into());
    Some(said)
}

fn admission(scene: &mut Scene<'_>, member: &str) -> Option<Said> {
    let member = code(member);
    let first_key = scene.enrolment(&member, &[Role::Admin]);
    let (name, member_type, conference_role) = (name("again"), MemberType::Department, None);
    after_valid(scene, MemberAdmitted { member, name, member_type, conference_role, first_key })
}

fn nameless_member(scene: &mut Scene<'_>) -> Option<Said> {
    let mut said = admission(scene, "nameless")?;
    if let Some(Event::MemberAdmitted(e)) = said.events.last_mut() {
        e.name = Name { zh: Text::default(), en: Text::default() };
    }
    Some(said)
}

fn admin<'a>(scene: &mut Scene<'a>) -> Option<&'a Actor> {
    scene.actor(|actor, record| record.roles.has(Role::Admin) && actor.member.as_str().starts_with('m'))
}

fn enrolled(scene: &mut Scene<'_>, roles: &[Role]) -> Option<Said> {
    let admin = admin(scene)?;
    Some(Said::by(admin, scene.enrolment(&admin.member, roles)))
}

fn proof_of_another_ledger(scene: &mut Scene<'_>) -> Option<Said> {
    let admin = admin(scene)?;
    let name = scene.cast.fresh_key();
    Some(Said::by(admin, enrolment(LedgerId::from_bytes([4; 32]), admin.member.as_str(), &name, &[Role::Reporter])))
}

fn enrolled_again(scene: &mut Scene<'_>) -> Option<Said> {
    let (admin, known) = (admin(scene)?, scene.rng.pick(&scene.cast.live)?);
    Some(Said::by(admin, enrolment(scene.ledger(), admin.member.as_str(), &known.name, &[Role::Reporter])))
}

fn enrolled_elsewhere(scene: &mut Scene<'_>) -> Option<Said> {
    let admin = admin(scene)?;
    Some(Said::by(admin, scene.enrolment(&code("operator"), &[Role::Reporter])))
}

fn granted(scene: &mut Scene<'_>, key: hefu_types::PublicKey) -> Option<Said> {
    Some(Said::by(admin(scene)?, RoleGranted { key, role: Role::Trader }))
}

fn role_held_already(scene: &mut Scene<'_>) -> Option<Said> {
    let admin = admin(scene)?;
    Some(Said::by(admin, RoleGranted { key: admin.public, role: Role::Admin }))
}

fn by_recovery_key(scene: &mut Scene<'_>) -> Option<Said> {
    Some(Said { signer: "recovery".to_owned(), ..activate(scene)? })
}

fn replaced_by_office(scene: &mut Scene<'_>) -> Option<Said> {
    let office = scene.office()?;
    let replacement = scene.enrolment(&code("office"), &[Role::Admin, Role::Office]);
    let (reason, since_seq) = (RevocationReason::Ceased, Seq::FIRST);
    Some(Said::by(office, OfficeKeyReplaced { replaced: office.public, reason, since_seq, replacement }))
}

fn task_of_no_plan(scene: &mut Scene<'_>) -> Option<Said> {
    let task = TaskDefined {
        plan: code("none"),
        task: code("t"),
        part: code("main"),
        number: text("1"),
        title: name("t"),
        lead_units: vec![],
        supporting_units: vec![],
        provenance: None,
    };
    after_valid(scene, task)
}

fn retired_twice(scene: &mut Scene<'_>) -> Option<Said> {
    let indicator = scene.cast.retired.first()?.clone();
    after_valid(scene, IndicatorRetired { indicator, reason: text("again") })
}

fn target_of_no_year(scene: &mut Scene<'_>) -> Option<Said> {
    let known = scene.indicator(|_| true)?;
    let adjusted = TargetAdjusted {
        indicator: known.indicator.clone(),
        area: known.areas.first()?.clone(),
        year: 1999,
        strength: hefu_types::event::plan::Strength::Hard,
        comparator: hefu_types::event::plan::Comparator::Equal,
        value: decimal("1"),
        reason: text("x"),
    };
    after_valid(scene, adjusted)
}

fn trajectory_beyond_its_year(scene: &mut Scene<'_>) -> Option<Said> {
    let cast = scene.cast;
    let set = scene.rng.find(&cast.targets, |t| !cast.retired.contains(&t.indicator))?;
    let point = TrajectoryPoint { period: set.year.to_string().parse().expect("a year"), value: decimal("1") };
    after_valid(scene, plans::trajectory(set, vec![point], text("x")))
}

/// An observation that is right but for one thing, sometimes after a right one of the same submission.
fn wrong(scene: &mut Scene<'_>, spoil: fn(&mut ObservationReported)) -> Option<Said> {
    let (series, definition, reporter) = scene.reporter_of(|_, _| true)?;
    let mut said = Said::by(reporter, next_observation(scene, (series, definition), 0, last_units(series)));
    let mut last = next_observation(scene, (series, definition), 1, last_units(series));
    spoil(&mut last);
    if scene.rng.percent(50) {
        said.events.clear();
    }
    said.events.push(last.into());
    Some(said)
}

fn not_listed(scene: &mut Scene<'_>) -> Option<Said> {
    let (series, definition, _) = scene.reporter_of(|_, _| true)?;
    let unlisted = |actor: &Actor| !definition.reporting_units.contains(&actor.member);
    let other = scene.actor(|actor, record| record.roles.has(Role::Reporter) && unlisted(actor))?;
    Some(Said::by(other, next_observation(scene, (series, definition), 0, last_units(series))))
}

fn supersede(e: &mut ObservationReported, named: EventRef) {
    (e.supersedes, e.reason) = (Some(named), text("x"));
}

fn fallen_stock(scene: &mut Scene<'_>) -> Option<Said> {
    let has_value = |value: &Option<Decimal>| value.is_some();
    let (series, definition, reporter) =
        scene.reporter_of(|d, s| d.measure == Measure::Stock && s.cells.iter().any(|(_, value)| has_value(value)))?;
    let mut fallen = next_observation(scene, (series, definition), 0, last_units(series) - 1);
    fallen.obs_status = ObsStatus::A;
    Some(Said::by(reporter, fallen))
}

fn on_a_standing_cell(scene: &mut Scene<'_>, spoil: fn(&mut ObservationReported)) -> Option<Said> {
    let (series, definition, reporter) = scene.reporter_of(|_, s| !s.cells.is_empty())?;
    let (period, _) = *scene.rng.pick(&series.cells)?;
    standing(scene, series, period)?;
    let mut again = moved_to(next_observation(scene, (series, definition), 0, 5), period);
    spoil(&mut again);
    Some(Said::by(reporter, again))
}

fn retracted_by_another(scene: &mut Scene<'_>) -> Option<Said> {
    let (series, _, _) = scene.reporter_of(|_, s| !s.cells.is_empty())?;
    let (period, _) = *scene.rng.pick(&series.cells)?;
    let (observation, member): (EventRef, Code) = standing(scene, series, period)?;
    let other = scene.actor(|actor, record| actor.member != member && record.roles.has(Role::Reporter))?;
    let (indicator, area) = (series.indicator.clone(), series.area.clone());
    Some(Said::by(
        other,
        ObservationRetracted { indicator, area, period, observation, reason: text("x"), on_behalf_of: None },
    ))
}
