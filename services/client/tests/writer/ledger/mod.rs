//! A ledger without a disk: the rules behind the generated services, on a free port, with faults to order.

mod service;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hefu_client::{Retry, Server};
use hefu_proto::v1;
use hefu_proto::v1::log_service_server::LogServiceServer;
use hefu_proto::v1::submission_service_server::SubmissionServiceServer;
use hefu_rules::{Position, State, admit};
use hefu_types::event::Name;
use hefu_types::event::membership::{GenesisKey, LedgerLimits, LedgerOpened};
use hefu_types::event::plan::{Area, PlanPart, PlanPublished};
use hefu_types::ids::Nonce;
use hefu_types::sign::Keypair;
use hefu_types::vkey::VerifierKey;
use hefu_types::{
    ChainHash, Code, Entry, Event, KeySeq, Millis, Reason, Refusal, Seq, SignedSubmission, Submission, SubmissionHash,
    Text,
};
use tokio_stream::wrappers::TcpListenerStream;

/// What happens to a submission instead of an ordinary answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: an ordinary answer.
    None,
    /// It is recorded, and the connection breaks before the answer.
    AnswerLost,
    /// The connection breaks before it is recorded.
    RequestLost,
    /// The server can't now.
    NotWritten,
    /// There is no answer at all, and the connection stays (not on a stream).
    Silent,
}

#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) state: State,
    pub(crate) log: Vec<Entry>,
    pub(crate) faults: VecDeque<Fault>,
    recorded: BTreeMap<SubmissionHash, usize>,
}

/// A ledger and its server.
#[derive(Clone, Debug)]
pub(crate) struct FakeLedger {
    book: Arc<Mutex<Book>>,
    address: String,
}

pub(crate) fn office() -> Keypair {
    Keypair::from_seed(&[1; 32])
}

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

impl FakeLedger {
    /// A ledger that was just opened, served until the test ends.
    pub(crate) async fn start() -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// The same, at this address.
    pub(crate) async fn at(address: SocketAddr) -> Self {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let ledger = Self { book: Arc::default(), address };
        ledger.book().record(genesis().sign(&office())).unwrap();
        let server = tonic::transport::Server::builder()
            .add_service(SubmissionServiceServer::new(ledger.clone()))
            .add_service(LogServiceServer::new(ledger.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        ledger
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// The way to it, with little patience.
    pub(crate) fn server(&self) -> Server {
        let ms = Duration::from_millis;
        Server::new(&self.address, Retry { first: ms(1), most: ms(5), give_up_after: ms(500) }).unwrap()
    }

    /// Whether the next submission gets no answer at all.
    pub(crate) fn is_silent(&self) -> bool {
        let mut book = self.book();
        let silent = book.faults.front() == Some(&Fault::Silent);
        if silent {
            book.faults.pop_front();
        }
        silent
    }

    pub(crate) fn order(&self, faults: impl IntoIterator<Item = Fault>) {
        self.book().faults = faults.into_iter().collect();
    }
}

impl Book {
    /// What the sequencer does: once, in order, after the rules.
    pub(crate) fn record(&mut self, signed: SignedSubmission) -> Result<v1::Position, Refusal> {
        if let Some(&index) = self.recorded.get(&signed.hash()) {
            return Ok(position(&self.log[index], true));
        }
        let admitted = admit(signed)?;
        let seq = Seq::new(self.log.len() as u64);
        let prev = self.log.last().map_or(ChainHash::NONE, Entry::chain_hash);
        let entry = Entry::new(seq, Millis::new(1), prev, admitted.signed());
        self.state.record(admitted.submission(), &Position::of(&entry))?;
        self.recorded.insert(admitted.hash(), self.log.len());
        self.log.push(entry);
        Ok(position(&self.log[self.log.len() - 1], false))
    }

    /// An answer, or nothing when the connection is to break.
    pub(crate) fn answer(&mut self, signed: SignedSubmission) -> Option<Result<v1::Position, Refusal>> {
        match self.faults.pop_front().unwrap_or(Fault::None) {
            Fault::None => Some(self.record(signed)),
            Fault::RequestLost | Fault::Silent => None,
            Fault::NotWritten => Some(Err(Refusal::new(Reason::NotWritten, "", "not now"))),
            Fault::AnswerLost => self.record(signed).map_or_else(|refusal| Some(Err(refusal)), |_| None),
        }
    }

    /// The years that were recorded, in order: what the tests submit.
    pub(crate) fn said(&self) -> Vec<u32> {
        self.plans().map(|plan| plan.first_year).collect()
    }

    /// The plans that were recorded, in order.
    pub(crate) fn plans(&self) -> impl Iterator<Item = PlanPublished> {
        let decoded = self.log.iter().flat_map(|entry| entry.decode().unwrap().submission.events);
        decoded.filter_map(|event| match event {
            Event::RulesActivated(_) | Event::LedgerOpened(_) => None,
            Event::PlanPublished(plan) => Some(*plan),
            other => panic!("{}", other.kind()),
        })
    }
}

fn position(entry: &Entry, already_recorded: bool) -> v1::Position {
    v1::Position {
        seq: entry.seq().get(),
        recorded_at: entry.recorded_at().get(),
        chain_hash: entry.chain_hash().as_bytes().to_vec().into(),
        submission_hash: entry.signed().hash().as_bytes().to_vec().into(),
        already_recorded,
    }
}

/// Something to say: years from 1900 to 2199 are accepted, others refused.
pub(crate) fn event(year: u32) -> Event {
    let name = || Name { zh: Text::default(), en: text("a plan") };
    Event::from(PlanPublished {
        plan: Code::new("plan").unwrap(),
        title: name(),
        issuer: name(),
        first_year: year,
        last_year: year,
        parts: vec![PlanPart { code: Code::new("main").unwrap(), title: name(), lead_units: vec![] }],
        areas: vec![Area { code: Code::new("520000").unwrap(), name: name(), parent: None, overlaps: false }],
        provenance: None,
    })
}

fn genesis() -> Submission {
    let key = |seed: u8| Keypair::from_seed(&[seed; 32]).public();
    let named = |seed: u8| GenesisKey { key: key(seed), holder: text("holder") };
    let name = || Name { zh: Text::default(), en: text("a name") };
    let opened = LedgerOpened {
        origin: text("example.org/ledger"),
        title: name(),
        office: Code::new("office").unwrap(),
        office_name: name(),
        office_keys: vec![named(1), named(2)],
        recovery_key: key(3),
        operator: Code::new("operator").unwrap(),
        operator_name: name(),
        operator_key: named(4),
        checkpoint_key: text(&VerifierKey::new("example.org/ledger", key(5)).unwrap().to_string()),
        rules_version: 1,
        limits: LedgerLimits { max_events: 1_000, max_submission_bytes: 65_420 },
        nonce: Nonce::from_bytes([9; 32]),
    };
    Submission {
        ledger_id: None,
        key: key(1),
        key_seq: KeySeq::new(1),
        key_prev: SubmissionHash::NONE,
        created_at: Millis::new(1),
        not_after: Millis::new(0),
        events: vec![Event::from(opened)],
    }
}
