//! The writer and the reader against a ledger that loses requests, answers and connections.

mod batches;
mod ledger;

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use hefu_client::{ClientError, Outbox, Position, Reader, Retry, Server, Writer};
use hefu_types::sign::Keypair;
use hefu_types::{Event, Reason, Refusal, Seq, Size};
use ledger::{FakeLedger, Fault, event, office};
use tempfile::TempDir;

const FAULTS: [Fault; 3] = [Fault::AnswerLost, Fault::RequestLost, Fault::NotWritten];

const QUICK: Retry = Retry {
    first: Duration::from_millis(1),
    most: Duration::from_millis(20),
    give_up_after: Duration::from_millis(500),
};

/// Far more than anything here takes, and far less than a hanging call.
const PATIENCE: Duration = Duration::from_secs(10);

struct Desk {
    ledger: FakeLedger,
    folder: TempDir,
}

impl Desk {
    async fn new() -> Self {
        Self { ledger: FakeLedger::start().await, folder: tempfile::tempdir().unwrap() }
    }

    fn outbox(&self) -> &Path {
        self.folder.path()
    }

    async fn writer(&self) -> Result<Writer, ClientError> {
        Writer::open(self.ledger.server(), office(), self.outbox()).await
    }

    /// Everything that is stored was answered.
    fn assert_settled(&self) {
        let id = self.ledger.book().state.ledger().unwrap().id;
        assert!(Outbox::open(self.outbox(), id, office().public()).unwrap().pending().is_empty());
    }
}

type Outcomes = Vec<(usize, Result<Position, Refusal>)>;

async fn submit_all(writer: &mut Writer, years: impl IntoIterator<Item = u32>) -> (Outcomes, Result<(), ClientError>) {
    let mut outcomes = vec![];
    let batches: Vec<Vec<Event>> = years.into_iter().map(|year| vec![event(year)]).collect();
    let result = writer
        .submit_all(batches, |index, outcome| {
            outcomes.push((index, outcome));
            ControlFlow::Continue(())
        })
        .await;
    (outcomes, result)
}

#[tokio::test]
async fn a_lost_answer_changes_nothing() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    for (n, fault) in (0..).zip(FAULTS) {
        desk.ledger.order([fault, fault]);
        let position = writer.submit(vec![event(2000 + n)]).await.unwrap();
        assert_eq!((position.seq, position.already_recorded), (Seq::new(1 + u64::from(n)), fault == Fault::AnswerLost));
    }
    assert_eq!(desk.ledger.book().said(), [2000, 2001, 2002]);
    drop(writer);
    desk.assert_settled();
}

#[tokio::test]
async fn a_refusal_consumes_no_number() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    let refusal = writer.submit(vec![event(1)]).await.unwrap_err();
    assert_eq!((refusal.code(), refusal.field()), ("PLAN_INVALID", "events[0].plan_published.first_year"));
    drop(writer);
    desk.assert_settled();
    let mut writer = desk.writer().await.unwrap();
    writer.submit(vec![event(2001)]).await.unwrap();
    assert_eq!(desk.ledger.book().said(), [2001]);
}

#[tokio::test]
async fn a_stream_records_each_batch_once_in_order_whatever_breaks() {
    for window in [1, 2, 7, 64] {
        let desk = Desk::new().await;
        // Every fault at many places of the window; as many ordinary answers between as the patience allows.
        desk.ledger.order((0..600).map(|n| if n % 5 == 3 { FAULTS[n / 5 % 3] } else { Fault::None }));
        let mut writer = desk.writer().await.unwrap();
        writer.set_window(window);
        let (outcomes, result) = submit_all(&mut writer, 1900..2150).await;
        result.unwrap();
        assert_eq!(outcomes.iter().map(|(index, _)| *index).collect::<Vec<_>>(), (0..250).collect::<Vec<_>>());
        assert!(outcomes.iter().all(|(index, outcome)| outcome.as_ref().unwrap().seq.get() == *index as u64 + 1));
        assert_eq!(desk.ledger.book().said(), (1900..2150).collect::<Vec<_>>(), "window {window}");
        drop(writer);
        desk.assert_settled();
    }
}

#[tokio::test]
async fn a_refused_batch_costs_nothing_but_itself() {
    for window in [1, 3, 64] {
        let desk = Desk::new().await;
        let mut writer = desk.writer().await.unwrap();
        writer.set_window(window);
        let years: Vec<u32> = (0..40).map(|n| if n % 6 == 2 { n } else { 2000 + n }).collect();
        let (mut outcomes, result) = submit_all(&mut writer, years.clone()).await;
        result.unwrap();
        outcomes.sort_by_key(|(index, _)| *index);
        for ((index, outcome), year) in outcomes.iter().zip(&years) {
            let reason = outcome.as_ref().err().map(|r| r.reason);
            assert_eq!(reason, (*year < 1900).then_some(Reason::PlanInvalid), "{index}, window {window}");
        }
        let expected: Vec<u32> = years.into_iter().filter(|year| *year >= 1900).collect();
        assert_eq!(desk.ledger.book().said(), expected, "window {window}");
    }
}

#[tokio::test]
async fn a_caller_that_breaks_stops_behind_the_refusal() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    let mut outcomes = vec![];
    let batches = [2000, 2001, 7, 2003, 2004].map(|year| vec![event(year)]);
    let stopped = writer.submit_all(batches, |index, outcome| {
        let refused = outcome.is_err();
        outcomes.push((index, outcome.err().map(|r| r.reason)));
        if refused { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    stopped.await.unwrap();
    assert_eq!(desk.ledger.book().said(), [2000, 2001]);
    assert_eq!(outcomes[2], (2, Some(Reason::PlanInvalid)));
    assert!(outcomes[3..].iter().all(|(_, reason)| *reason == Some(Reason::PredecessorRefused)));
    writer.submit(vec![event(2010)]).await.unwrap();
}

#[tokio::test]
async fn what_was_never_answered_is_sent_again_by_the_next_run() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    desk.ledger.order([Fault::AnswerLost].into_iter().chain([Fault::RequestLost; 1_000]));
    let error = writer.submit(vec![event(2000)]).await.unwrap_err();
    assert_eq!(error.code(), "OUTCOME_UNKNOWN");
    drop(writer);
    desk.ledger.order([]);
    let mut writer = desk.writer().await.unwrap();
    let recovered = writer.recovered();
    assert_eq!(recovered.len(), 1);
    assert_eq!(recovered[0].events, [event(2000)]);
    assert!(recovered[0].outcome.as_ref().unwrap().already_recorded);
    writer.submit(vec![event(2001)]).await.unwrap();
    assert_eq!(desk.ledger.book().said(), [2000, 2001]);
}

#[tokio::test]
async fn a_server_that_comes_up_late_is_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let late = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(150)).await;
        FakeLedger::at(address).await
    });
    let server = Server::new(&format!("http://{address}"), Retry { give_up_after: PATIENCE, ..QUICK }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    Writer::open(server, office(), folder.path()).await.unwrap().submit(vec![event(2000)]).await.unwrap();
    assert_eq!(late.await.unwrap().book().said(), [2000]);
}

#[tokio::test]
async fn a_silent_server_is_given_up_when_patience_ends() {
    // Connections are accepted by the kernel, and nothing ever answers: a stopped process.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::new(&address, Retry { give_up_after: Duration::from_millis(200), ..QUICK }).unwrap();
    let started = Instant::now();
    let reader = Reader::new(server.clone());
    let asked = [
        reader.head().await.unwrap_err(),
        reader.entries(Seq::FIRST, Size::new(1)).next().await.unwrap_err(),
        Writer::open(server, office(), tempfile::tempdir().unwrap().path()).await.unwrap_err(),
    ];
    assert_eq!(asked.map(|error| error.code()), ["SERVER_UNREACHABLE"; 3]);
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_server_that_falls_silent_leaves_the_outcome_open() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    desk.ledger.order([Fault::Silent]);
    let error = writer.submit(vec![event(2000)]).await.unwrap_err();
    assert_eq!(error.code(), "OUTCOME_UNKNOWN");
    desk.ledger.order([]);
    writer.submit(vec![event(2001)]).await.unwrap();
    assert_eq!(desk.ledger.book().said(), [2000, 2001]);
}

#[tokio::test]
async fn a_stream_that_gives_up_leaves_what_it_sent_for_the_next_run() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    writer.set_window(4);
    desk.ledger.order([Fault::None, Fault::AnswerLost].into_iter().chain([Fault::RequestLost; 1_000]));
    let (outcomes, result) = submit_all(&mut writer, 2000..2010).await;
    assert_eq!((outcomes.len(), result.unwrap_err().code()), (1, "OUTCOME_UNKNOWN"));
    drop(writer);
    desk.ledger.order([]);
    let writer = desk.writer().await.unwrap();
    assert_eq!(writer.recovered().len(), 4);
    assert_eq!(desk.ledger.book().said(), [2000, 2001, 2002, 2003, 2004]);
}

#[tokio::test]
async fn another_writer_of_the_same_key_is_refused() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    assert_eq!(desk.writer().await.unwrap_err().code(), "OUTBOX_BUSY");
    writer.submit(vec![event(2000)]).await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let error = Writer::open(desk.ledger.server(), office(), elsewhere.path()).await.unwrap_err();
    assert_eq!(error.code(), "OUTBOX_BEHIND");
    let other = Keypair::from_seed(&[2; 32]);
    assert!(Writer::open(desk.ledger.server(), other, tempfile::tempdir().unwrap().path()).await.is_ok());
}

#[tokio::test]
async fn a_ledger_that_forgot_an_answer_is_found_out() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    writer.submit(vec![event(2000)]).await.unwrap();
    drop(writer);
    let rolled_back = Desk { ledger: FakeLedger::start().await, ..desk };
    assert_eq!(rolled_back.writer().await.unwrap_err().code(), "LEDGER_ROLLED_BACK");
}

#[tokio::test]
async fn readers_see_each_entry_once_across_broken_streams() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    submit_all(&mut writer, 1900..1930).await.1.unwrap();
    let reader = Reader::new(desk.ledger.server());
    let head = reader.head().await.unwrap();
    assert_eq!(head.size, Size::new(31));
    let mut entries = reader.entries(Seq::new(5), head.size);
    let mut followed = reader.follow(Seq::new(5));
    for seq in 5..31 {
        assert_eq!(entries.next().await.unwrap().unwrap().seq(), Seq::new(seq));
        assert_eq!(followed.next().await.unwrap().unwrap().seq(), Seq::new(seq));
    }
    assert_eq!(entries.next().await.unwrap(), None);
    assert_eq!(entries.checker().chain_hash(), Some(head.chain_hash));
    writer.submit(vec![event(1930)]).await.unwrap();
    assert_eq!(followed.next().await.unwrap().unwrap().seq(), Seq::new(31));
}

#[tokio::test]
async fn a_reader_notices_a_log_that_jumps() {
    let desk = Desk::new().await;
    let mut writer = desk.writer().await.unwrap();
    submit_all(&mut writer, 1900..1905).await.1.unwrap();
    desk.ledger.book().log.swap(2, 3);
    let mut entries = Reader::new(desk.ledger.server()).entries(Seq::FIRST, Size::new(6));
    let error = loop {
        if let Err(error) = entries.next().await {
            break error;
        }
    };
    assert!(matches!(error, ClientError::LogBroken { seq, .. } if seq == Seq::new(2)), "{error}");
}
