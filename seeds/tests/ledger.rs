//! A ledger takes the whole catalogue: every event, in order, under the rules and the limits.

mod book;

use book::Book;
use hefu_seeds::{Catalogue, EventError, PLANS};
use hefu_types::{Event, EventRef};

/// Events of one submission: far enough below the limits that any of them fits.
const BATCH: usize = 100;

#[test]
fn the_rules_accept_every_row_of_every_plan_alone() {
    for catalogue in plans() {
        load(&mut Book::open(), &catalogue);
    }
}

#[test]
fn one_ledger_takes_all_plans() {
    let mut book = Book::open();
    plans().for_each(|catalogue| load(&mut book, &catalogue));
}

fn plans() -> impl Iterator<Item = Catalogue> {
    PLANS.iter().map(|files| Catalogue::load(files).expect("a readable plan"))
}

fn load(book: &mut Book, catalogue: &Catalogue) {
    catalogue.admissions().expect("member units").iter().for_each(|unit| book.admit(unit));
    let events = catalogue.plan_events().expect("plan events");
    events.chunks(BATCH).for_each(|batch| book.say_as_office(batch.to_vec()));
    report_all(book, catalogue);
}

fn report_all(book: &mut Book, catalogue: &Catalogue) {
    for report in catalogue.reports().expect("reports") {
        let fact = match report.corrects {
            None => report.fact().clone(),
            Some(_) => report.superseding(standing(book, report.fact())),
        };
        book.say(&report.reporter, vec![Event::from(fact)]);
    }
}

fn standing(book: &Book, fact: &hefu_types::event::reporting::ObservationReported) -> EventRef {
    let cell = (fact.indicator.clone(), fact.area.clone(), fact.period);
    let found = book.state().standing(&cell).expect("the corrected row stands");
    EventRef { submission_hash: Some(found.submission_hash), index: found.index }
}

fn guizhou() -> Catalogue {
    Catalogue::guizhou().expect("the Guizhou plan")
}

#[test]
fn guizhou_gives_an_event_for_every_row() {
    let plan = guizhou();
    let kinds = |kind: &str| plan.plan_events().unwrap().iter().filter(|e| e.kind() == kind).count();
    let expected = [("plan_published", 1), ("task_defined", 89), ("milestone_set", 28), ("indicator_defined", 59)];
    for (kind, count) in expected.into_iter().chain([("target_set", 84)]) {
        assert_eq!(kinds(kind), count, "{kind}");
    }
    assert_eq!((plan.admissions().unwrap().len(), plan.reports().unwrap().len()), (28, 20));
}

#[test]
fn a_correction_splits_its_note_and_comes_last() {
    let reports = guizhou().reports().unwrap();
    let last = reports.last().unwrap();
    assert_eq!((last.id.as_str(), last.corrects.as_deref()), ("gz-obs-055", Some("gz-obs-054")));
    assert_eq!(last.fact().reason.as_str(), "the later source prints one more digit for the same date");
    assert_eq!(last.fact().note.as_str(), "8.43万个");
}

#[test]
fn a_withheld_figure_stands_in_the_note_of_its_indicator() {
    let zhangzhou = plans().find(|c| c.plan.code == "zhangzhou").unwrap();
    let events = zhangzhou.plan_events().unwrap();
    let definitions = events.iter().filter_map(|event| match event {
        Event::IndicatorDefined(e) if e.indicator.as_str() == "zz-home-gigabit-coverage" => e.provenance.as_ref(),
        _ => None,
    });
    let notes: Vec<&str> = definitions.map(|provenance| provenance.note.as_str()).collect();
    assert!(notes[0].contains("printed, but no target (impossible): 290%"), "{notes:?}");
}

/// Breaks one thing and expects the error to name it.
fn check(break_once: impl Fn(&mut Catalogue), file: &str, row: usize, column: &str) {
    let mut broken = guizhou();
    break_once(&mut broken);
    let all =
        |c: &Catalogue| -> Result<(), EventError> { c.admissions().and(c.plan_events()).and(c.reports()).map(drop) };
    let found = all(&broken).expect_err(column);
    assert_eq!((found.file.as_str(), found.row, found.column), (file, row, column));
}

#[test]
fn a_fault_names_file_row_and_column() {
    check(|c| c.members[3].zh = "x".repeat(2_049), "guizhou/members.csv", 4, "zh");
    check(|c| c.plan.areas[2].parent = "贵州".into(), "guizhou/plan.toml", 0, "areas.parent");
    check(|c| c.targets[5].value = "1,5".into(), "guizhou/targets.csv", 6, "value");
    check(|c| c.tasks[0].number = "a\tb".into(), "guizhou/tasks.csv", 1, "number");
    check(|c| c.observations[2].as_of_date = "soon".into(), "guizhou/observations.csv", 3, "as_of_date");
    check(|c| c.observations[54].note = "no reason".into(), "guizhou/observations.csv", 55, "note");
}
