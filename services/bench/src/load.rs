//! Sending: many calls at once, or one stream.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hdrhistogram::Histogram;
use hefu_proto::v1::submission_service_client::SubmissionServiceClient;
use hefu_proto::v1::submit_stream_response::Outcome;
use hefu_proto::{convert, v1};
use hefu_types::SignedSubmission;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};

/// Connections that unary calls are spread over.
const CONNECTIONS: usize = 8;

/// Answers before this are not counted: connections are made, caches filled.
const WARM_UP: Duration = Duration::from_millis(250);

/// How submissions are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// A call each.
    Unary {
        /// Calls at a time.
        in_flight: usize,
    },
    /// One stream.
    Stream {
        /// Submissions at a time.
        in_flight: usize,
        /// Whether a receipt is wanted for each.
        receipts: bool,
    },
}

impl Way {
    pub(crate) const fn stream(in_flight: usize) -> Self {
        Self::Stream { in_flight, receipts: true }
    }

    /// A stream that declines receipts.
    pub(crate) const fn declining(in_flight: usize) -> Self {
        Self::Stream { in_flight, receipts: false }
    }

    pub(crate) const fn in_flight(self) -> usize {
        match self {
            Self::Unary { in_flight } | Self::Stream { in_flight, .. } => in_flight,
        }
    }

    /// Keys that sign. A key's submissions follow one another, so that unary calls need a key each; a stream keeps their
    /// order, so that one key for each member is enough.
    pub(crate) fn keys(self, members: usize) -> usize {
        match self {
            Self::Unary { in_flight } => in_flight,
            Self::Stream { .. } => members,
        }
    }

    pub(crate) fn connections(self) -> usize {
        match self {
            Self::Unary { in_flight } => in_flight.min(CONNECTIONS),
            Self::Stream { .. } => 1,
        }
    }
}

/// What was measured.
pub(crate) struct Measured {
    /// Microseconds from sending to the answer.
    pub(crate) latencies: Histogram<u64>,
    /// From the end of the warm-up to the last counted answer.
    pub(crate) elapsed: Duration,
}

/// When a load begins to count, and when it ends.
#[derive(Clone, Copy)]
struct Clock {
    counts_from: Instant,
    ends: Instant,
}

struct Counter {
    clock: Clock,
    latencies: Histogram<u64>,
    last: Instant,
}

impl Counter {
    fn new(clock: Clock) -> Self {
        let latencies = Histogram::new_with_bounds(1, 600_000_000, 3).expect("bounds that fit");
        Self { clock, latencies, last: clock.counts_from }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.clock.ends
    }

    /// An answer arrived for what was sent then.
    fn answered(&mut self, sent: Instant) {
        let now = Instant::now();
        if now >= self.clock.counts_from && now <= self.clock.ends {
            let micros = u64::try_from((now - sent).as_micros()).unwrap_or(u64::MAX);
            self.latencies.saturating_record(micros);
            self.last = now;
        }
    }
}

/// Sends submissions, given by key, until the time is over or all are sent.
pub(crate) async fn run(
    address: &str,
    way: Way,
    signed: Vec<Vec<SignedSubmission>>,
    time: Duration,
) -> anyhow::Result<Measured> {
    let mut channels = vec![];
    for _ in 0..way.connections() {
        channels.push(Endpoint::from_shared(address.to_owned())?.tcp_nodelay(true).connect().await?);
    }
    let counts_from = Instant::now() + WARM_UP;
    let clock = Clock { counts_from, ends: counts_from + time };
    let counters = match way {
        Way::Unary { .. } => unary(channels, signed, clock).await?,
        Way::Stream { in_flight, receipts } => {
            vec![stream(channels.remove(0), signed, in_flight, receipts, clock).await?]
        }
    };
    let last = counters.iter().map(|counter| counter.last).max().context("nobody counted")?;
    let mut total = Counter::new(clock);
    counters.iter().try_for_each(|counter| total.latencies.add(&counter.latencies))?;
    Ok(Measured { latencies: total.latencies, elapsed: last - counts_from })
}

/// One task a key, each with one call at a time.
async fn unary(
    channels: Vec<Channel>,
    signed: Vec<Vec<SignedSubmission>>,
    clock: Clock,
) -> anyhow::Result<Vec<Counter>> {
    let mut tasks = JoinSet::new();
    for (n, submissions) in signed.into_iter().enumerate() {
        tasks.spawn(one_by_one(channels[n % channels.len()].clone(), submissions, clock));
    }
    let mut counters = vec![];
    while let Some(counter) = tasks.join_next().await {
        counters.push(counter??);
    }
    Ok(counters)
}

async fn one_by_one(channel: Channel, submissions: Vec<SignedSubmission>, clock: Clock) -> anyhow::Result<Counter> {
    let mut client = SubmissionServiceClient::new(channel);
    let mut counter = Counter::new(clock);
    for signed in submissions {
        if counter.is_over() {
            break;
        }
        let request = v1::SubmitRequest { signed: Some(convert::signed_to_wire(&signed)), ..Default::default() };
        let sent = Instant::now();
        client.submit(request).await.context("a submission was refused")?;
        counter.answered(sent);
    }
    Ok(counter)
}

/// The keys take turns; answers come in the order sent.
async fn stream(
    channel: Channel,
    signed: Vec<Vec<SignedSubmission>>,
    in_flight: usize,
    receipts: bool,
    clock: Clock,
) -> anyhow::Result<Counter> {
    let (requests, receiver) = tokio::sync::mpsc::channel(in_flight);
    let mut client = SubmissionServiceClient::new(channel);
    let mut answers = client.submit_stream(ReceiverStream::new(receiver)).await?.into_inner();
    let (mut counter, mut waiting) = (Counter::new(clock), VecDeque::new());
    let mut next = in_turns(signed).zip(0..);
    loop {
        while waiting.len() < in_flight && !counter.is_over() {
            let Some((signed, correlation)) = next.next() else { break };
            let signed = Some(convert::signed_to_wire(&signed));
            waiting.push_back(Instant::now());
            requests
                .send(v1::SubmitStreamRequest { correlation, signed, decline_receipt: !receipts, ..Default::default() })
                .await?;
        }
        let Some(sent) = waiting.pop_front() else { return Ok(counter) };
        match answers.message().await?.context("the stream ended")?.outcome {
            Some(Outcome::Position(_)) => counter.answered(sent),
            other => bail!("a submission was not recorded: {other:?}"),
        }
    }
}

/// The first of each key, then the second of each, and so on.
fn in_turns(signed: Vec<Vec<SignedSubmission>>) -> impl Iterator<Item = SignedSubmission> {
    let mut keys: Vec<_> = signed.into_iter().map(Vec::into_iter).collect();
    let mut turn = 0;
    std::iter::from_fn(move || {
        let key = turn % keys.len();
        turn += 1;
        keys[key].next()
    })
}
