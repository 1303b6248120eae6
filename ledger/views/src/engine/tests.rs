use super::*;
use crate::Memory;
use crate::store::{Changes, ViewId};
use crate::store::{Rows, StoreError};
use crate::testing::{
    Log, OFFICE, REPORTER, adjusted, admission, code, indicator, key, milestone, observed, period, retracted, target,
    task, text, trajectory, withheld,
};
use hefu_types::event::EventRef;
use hefu_types::event::assurance::{
    ChallengeAnswered, ChallengeOutcome, ChallengeResolved, ObservationAttested, ObservationChallenged, Opinion,
};
use hefu_types::event::cycle::{
    LockExceptionGranted, NilReportDeclared, ReportAccepted, ReportApproved, ReportReturned, ReportSubmitted,
    ReportingCycleOpened,
};
use hefu_types::event::delegation::{DelegationEnded, ReportingDelegated};
use hefu_types::event::membership::{
    KeyRevoked, MemberReinstated, MemberSuspended, MemberWithdrawn, RevocationReason, Role, RoleGranted, RoleRevoked,
};
use hefu_types::event::plan::{Comparator, Direction, IndicatorRetired, IndicatorRevised};
use hefu_types::event::reporting::ValueErased;
use hefu_types::{Commitment, ContentHash, Millis, Seq};

fn log() -> Log {
    let mut log = Log::open();
    log.say(
        OFFICE,
        [indicator("i", Direction::Higher, &["52"]).into(), target("i", "52", 2026, Comparator::AtLeast, "10").into()],
    );
    log.say(REPORTER, [observed("i", "52", "2024", "1"), observed("i", "52", "2025", "")]);
    log.say(REPORTER, [retracted("i", "52", "2024")]);
    log
}

fn cursors(memory: &Memory) -> Vec<Cursor> {
    VIEWS.iter().map(|view| Projector::new(memory).cursor(*view).unwrap()).collect()
}

#[test]
fn an_entry_that_does_not_follow_is_refused_with_its_whole_batch() {
    let (log, memory) = (log(), Memory::new());
    let projector = Projector::new(&memory);
    projector.apply_all(&log.0[..2]).unwrap();
    let before = cursors(&memory);
    for batch in [vec![log.0[3].clone()], vec![log.0[2].clone(), log.0[4].clone()]] {
        assert!(matches!(projector.apply_all(&batch), Err(ViewError::Gap { .. })));
        assert_eq!(cursors(&memory), before);
    }
    let gap = projector.apply(VIEWS[0], &log.0[4..]).unwrap_err();
    assert_eq!(gap.to_string(), "seq 4 where the view needs 2");
}

#[test]
fn what_is_applied_already_is_skipped() {
    let (log, memory) = (log(), Memory::new());
    let projector = Projector::new(&memory);
    projector.apply_all(&log.0[..3]).unwrap();
    projector.apply_all(&log.0).unwrap();
    projector.apply_all(&log.0).unwrap();
    projector.apply_all(&[]).unwrap();
    assert_eq!(cursors(&memory), cursors(&log.store()));
    assert_eq!(applied(&memory).unwrap(), Size::new(5));
}

#[test]
fn the_slowest_view_says_what_is_applied() {
    let (log, memory) = (log(), Memory::new());
    assert_eq!(applied(&memory).unwrap(), Size::EMPTY);
    Projector::new(&memory).apply_all(&log.0[..2]).unwrap();
    Projector::new(&memory).apply(VIEWS[1], &log.0).unwrap();
    assert_eq!(applied(&memory).unwrap(), Size::new(2));
}

#[test]
fn cursors_count_entries_without_rows_too() {
    let (log, memory) = (log(), Memory::new());
    let cursor = Projector::new(&memory).apply(&crate::series::SeriesView, &log.0[..3]).unwrap();
    assert_eq!((cursor.size(), cursor.rows()), (Size::new(3), 0));
    let cursor = Projector::new(&memory).apply(&crate::series::SeriesView, &log.0).unwrap();
    assert_eq!((cursor.size(), cursor.rows()), (Size::new(5), 3));
}

#[test]
fn a_rebuilt_view_is_the_same() {
    let log = log();
    let memory = log.store();
    let (before, projector) = (cursors(&memory), Projector::new(&memory));
    for view in VIEWS {
        projector.rebuild(view).unwrap();
        assert_eq!(projector.cursor(view).unwrap(), Cursor::start());
        projector.apply(view, &log.0).unwrap();
    }
    assert_eq!(cursors(&memory), before);
}

#[test]
fn a_recount_finds_a_row_that_the_cursor_does_not_know() {
    let memory = log().store();
    let (view, projector) = (VIEWS[2], Projector::new(&memory));
    let cursor = projector.cursor(view).unwrap();
    assert_eq!(projector.recount(view).unwrap(), cursor);
    let foreign = Changes::new(vec![(b"foreign".to_vec(), vec![])]).unwrap();
    memory.commit(&view.id(), &foreign, &cursor).unwrap();
    assert_ne!(projector.recount(view).unwrap().digest(), cursor.digest());
}

/// A store that loses cursors as a drop cut short does, or fails to commit.
struct Broken<'a> {
    memory: &'a Memory,
    commits: bool,
}

impl RowStore for Broken<'_> {
    fn rows(&self, view: &ViewId) -> Box<dyn Rows + '_> {
        self.memory.rows(view)
    }

    fn cursor(&self, _: &ViewId) -> Result<Option<Cursor>, StoreError> {
        Ok(None)
    }

    fn commit(&self, view: &ViewId, changes: &Changes, cursor: &Cursor) -> Result<(), StoreError> {
        if self.commits { self.memory.commit(view, changes, cursor) } else { Err(StoreError::new("disk full")) }
    }

    fn drop_view(&self, view: &ViewId) -> Result<(), StoreError> {
        self.memory.drop_view(view)
    }
}

#[test]
fn rows_without_a_cursor_go_before_the_view_is_built() {
    let (log, memory) = (log(), log().store());
    let view = VIEWS[VIEWS.len() - 1];
    let foreign = Changes::new(vec![(b"foreign".to_vec(), vec![])]).unwrap();
    memory.commit(&view.id(), &foreign, &Cursor::start()).unwrap();
    Projector::new(&Broken { memory: &memory, commits: true }).apply(view, &log.0).unwrap();
    let projector = Projector::new(&memory);
    assert_eq!(projector.recount(view).unwrap(), projector.cursor(view).unwrap());
}

#[test]
fn a_failing_store_is_told_with_its_cause() {
    let (log, memory) = (log(), Memory::new());
    let error = Projector::new(&Broken { memory: &memory, commits: false }).apply_all(&log.0).unwrap_err();
    assert!(matches!(&error, ViewError::Store(cause) if cause.to_string() == "disk full"));
}

/// At least one event for each kind of row.
fn every_row() -> Log {
    let mut log = log();
    let revised = IndicatorRevised { definition: indicator("i", Direction::Higher, &["52"]), reason: text("finer") };
    let end = KeyRevoked { key: key(12), reason: RevocationReason::Ceased, since_seq: Seq::new(0) };
    log.say(
        OFFICE,
        [
            admission("e", 12, &[Role::Admin]).into(),
            RoleGranted { key: key(12), role: Role::Trader }.into(),
            RoleRevoked { key: key(12), role: Role::Trader }.into(),
            end.into(),
            MemberSuspended { member: code("e"), reason: text("why") }.into(),
            MemberReinstated { member: code("e"), reason: text("why") }.into(),
            MemberWithdrawn { member: code("e"), reason: text("why") }.into(),
            task("p", "t", "task").into(),
            milestone("p", "m", "milestone").into(),
            revised.into(),
            adjusted(&target("i", "52", 2026, Comparator::AtLeast, "10"), "11").into(),
            IndicatorRetired { indicator: code("i"), reason: text("over") }.into(),
        ],
    );
    let (cycle, unit, content) = (code("c"), code("d"), ContentHash::from_bytes([7; 32]));
    let opened = ReportingCycleOpened {
        cycle: cycle.clone(),
        plan: code("p"),
        period: period("2025"),
        opens_at: Millis::new(1),
        due_at: Millis::new(2),
        locks_at: Millis::new(3),
        indicators: vec![code("i")],
        units: vec![unit.clone()],
        accepting_units: vec![],
    };
    let granted = LockExceptionGranted {
        cycle: cycle.clone(),
        units: vec![],
        indicators: vec![],
        expires_at: Millis::new(4),
        reason: text("why"),
    };
    log.say(
        OFFICE,
        [
            opened.into(),
            granted.into(),
            NilReportDeclared { cycle: cycle.clone(), unit: unit.clone(), reason: text("none") }.into(),
            ReportSubmitted { cycle: cycle.clone(), unit: unit.clone(), content }.into(),
            ReportApproved { cycle: cycle.clone(), unit: unit.clone(), content }.into(),
            ReportAccepted { cycle: cycle.clone(), unit: unit.clone(), content: None }.into(),
            ReportReturned { cycle, unit, content: Some(content), reason: text("why") }.into(),
        ],
    );
    let (indicator, area, of) = (code("i"), code("52"), EventRef { submission_hash: None, index: 0 });
    let attested = ObservationAttested {
        indicator: indicator.clone(),
        area: area.clone(),
        period: period("2025"),
        observation: of.clone(),
        opinion: Opinion::Qualified,
        reason: text("why"),
    };
    let challenged = ObservationChallenged {
        indicator,
        area,
        period: period("2025"),
        observation: of.clone(),
        reason: text("why"),
        answer_by: Millis::new(5),
    };
    let resolved = ChallengeResolved { challenge: of.clone(), outcome: ChallengeOutcome::Upheld, reason: text("why") };
    log.say(
        OFFICE,
        [
            attested.into(),
            challenged.into(),
            ChallengeAnswered { challenge: of, answer: text("so") }.into(),
            resolved.into(),
        ],
    );
    log.say(OFFICE, [trajectory("i", "52", 2026, &[("2025", "10")]).into()]);
    let (unit, delegate, reason) = (code("a"), code("b"), text("why"));
    let delegation = EventRef { submission_hash: None, index: 0 };
    let delegated = ReportingDelegated {
        unit: unit.clone(),
        delegate: delegate.clone(),
        indicators: vec![code("i")],
        expires_at: Millis::new(9),
        reason: reason.clone(),
    };
    let ended = DelegationEnded { unit, delegate, delegation, reason };
    log.say(OFFICE, [delegated.into(), ended.into()]);
    let commitment = Commitment::from_bytes([7; 32]);
    let erased = ValueErased { commitment, reason: text("why") };
    log.say(REPORTER, [withheld("i", "52", "2026", 7), erased.into()]);
    log
}

/// Whoever changes a row's bytes meets this test: raise the view's version, then put the new digest here.
#[test]
fn rows_of_a_version_never_change() {
    let got: Vec<String> = VIEWS
        .iter()
        .zip(cursors(&every_row().store()))
        .map(|(view, cursor)| format!("{} {} {} {}", view.id().name, view.id().version, cursor.rows(), cursor.digest()))
        .collect();
    assert_eq!(
        got,
        [
            "assurance 1 4 ceb14a1e84f338a5fbbc4834b0da10048bd3915528244b4f7efe33de90cd04c3",
            "members 2 24 c7d42d942fda14ee87b0d2f3eebf5d285e3890fc564eacd82c4d0930149aa2b8",
            "plan 2 9 baa29dd20dccc9d0a10b2cac607b9c13d4655655ddaeb34abd29b0781b2887f4",
            "reports 1 7 9520cd67eff4b60b2e3f9ed88d95ed9a65415ee030e884fd59ee8aef37a55a8e",
            "series 2 6 30cec30d0c720f6f6383533342f997b2b3992818bcfeddf4e0d308b76d2aebed",
        ]
    );
}
