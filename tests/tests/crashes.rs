//! SIGKILL under load, a hundred times: what was acknowledged is there, what was not can be resent.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use hefu_proto::v1::log_service_client::LogServiceClient;
use hefu_proto::v1::submission_service_client::SubmissionServiceClient;
use hefu_proto::v1::submit_stream_response::Outcome;
use hefu_proto::v1::view_service_client::ViewServiceClient;
use hefu_proto::{convert, status, v1};
use hefu_tests::child::Hefud;
use hefu_tests::dump;
use hefu_tests::export::{entries_of, verify_log};
use hefu_tests::load::{Corrector, correctors};
use hefu_tests::server::{config, seed};
use hefu_tests::world::World;
use hefu_types::{Entry, SignedSubmission, hash};
use hefu_views::{Memory, Projector};
use hefud::server::open_journal;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::Channel;

const ROUNDS: u64 = 100;
const UNARY_KEYS: usize = 3;
/// Submissions of the streaming key that are under way together.
const WINDOW: usize = 32;

/// Chain hashes by position, as the server acknowledged them.
type Acknowledged = BTreeMap<u64, Vec<u8>>;

/// A key under load: what it has sent and not heard of.
struct Load {
    corrector: Corrector,
    unanswered: Vec<SignedSubmission>,
    acknowledged: Acknowledged,
    streams: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_submissions_survive_a_hundred_kills() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path().join("data"));
    let mut world = World::planned();
    let mut loads: Vec<Load> = correctors(&mut world, UNARY_KEYS + 1)
        .into_iter()
        .enumerate()
        .map(|(i, corrector)| Load {
            corrector,
            unanswered: Vec::new(),
            acknowledged: Acknowledged::new(),
            streams: i == UNARY_KEYS,
        })
        .collect();
    tokio::task::spawn_blocking({
        let (config, world) = (config.clone(), world.clone());
        move || seed(&config, &world)
    })
    .await
    .unwrap();

    let mut resent = 0;
    for round in 0..ROUNDS {
        resent += loads.iter().map(|load| load.unanswered.len()).sum::<usize>();
        loads = one_round(&config.data, loads, pause(round)).await;
    }
    let acknowledged: usize = loads.iter().map(|load| load.acknowledged.len()).sum();
    assert!(acknowledged > 1_000, "only {acknowledged} submissions were acknowledged in {ROUNDS} rounds");
    assert!(resent > 10, "only {resent} submissions were cut off: the kills came between them");

    let server = Hefud::start(&config.data, &[]);
    check_all(&server.address, &loads).await;
    views_complete(&server.address).await;
    server.kill();
    // What the views had in memory only is gone again.
    let server = Hefud::start(&config.data, &[]);
    views_complete(&server.address).await;
    server.stop();
    let (journal, store) = open_journal(&config).unwrap();
    let checked = move || {
        let entries = entries_of(&journal).into_iter().map(|bytes| Entry::parse(bytes).unwrap().decode().unwrap());
        let memory = Memory::new();
        Projector::new(&memory).apply_all(&entries.collect::<Vec<_>>()).unwrap();
        assert!(
            dump::rows(&store.rows().unwrap()) == dump::rows(&memory),
            "views of a log without crashes have other rows"
        );
        assert_eq!(dump::digests(&store.rows().unwrap()), dump::digests(&memory));
        drop(verify_log(&journal));
    };
    tokio::task::spawn_blocking(checked).await.unwrap();
}

/// Waits until the views have applied the whole log.
async fn views_complete(address: &str) {
    let size = LogServiceClient::new(connect(address).await).get_head(v1::GetHeadRequest {}).await.unwrap();
    let mut views = ViewServiceClient::new(connect(address).await);
    views.list_views(v1::ListViewsRequest { min_seq: size.into_inner().size - 1 }).await.unwrap();
}

/// Moments that differ from round to round and not from run to run.
fn pause(round: u64) -> Duration {
    Duration::from_millis(5 + u64::from(blake3::hash(&round.to_be_bytes()).as_bytes()[0]) / 3)
}

async fn one_round(data: &Path, loads: Vec<Load>, pause: Duration) -> Vec<Load> {
    let server = Hefud::start(data, &[]);
    check_all(&server.address, &loads).await;
    let channel = connect(&server.address).await;
    let tasks: Vec<_> = loads.into_iter().map(|load| tokio::spawn(run(load, channel.clone()))).collect();
    tokio::time::sleep(pause).await;
    server.kill();
    let mut loads = Vec::new();
    for task in tasks {
        loads.push(task.await.unwrap());
    }
    loads
}

async fn connect(address: &str) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// Every acknowledged position holds the entry that was acknowledged.
async fn check_all(address: &str, loads: &[Load]) {
    let mut log = LogServiceClient::new(connect(address).await);
    let mut stream = log.read_entries(v1::ReadEntriesRequest::default()).await.unwrap().into_inner();
    let mut hashes = Vec::new();
    while let Some(message) = stream.next().await {
        hashes.extend(message.unwrap().entries.iter().map(|entry| hash::chain_hash(entry)));
    }
    for (seq, expected) in loads.iter().flat_map(|load| &load.acknowledged) {
        let found = hashes.get(usize::try_from(*seq).unwrap()).map(|h| h.as_bytes().to_vec());
        assert_eq!(found.as_ref(), Some(expected), "acknowledged entry {seq} is gone or another");
    }
}

async fn run(load: Load, channel: Channel) -> Load {
    let client = SubmissionServiceClient::new(channel);
    if load.streams { stream(load, client).await } else { unary(load, client).await }
}

async fn unary(mut load: Load, mut client: SubmissionServiceClient<Channel>) -> Load {
    loop {
        let signed = load.unanswered.pop().unwrap_or_else(|| load.corrector.submission());
        let request = v1::SubmitRequest { signed: Some(convert::signed_to_wire(&signed)), ..Default::default() };
        match client.submit(request).await {
            Ok(answer) => acknowledge(&mut load, answer.into_inner().position.unwrap()),
            Err(e) => {
                assert_eq!(status::from_status(&e), None, "a valid submission was refused");
                load.unanswered.push(signed);
                return load;
            }
        }
    }
}

fn acknowledge(load: &mut Load, position: v1::Position) {
    let before = load.acknowledged.insert(position.seq, position.chain_hash.to_vec());
    assert_eq!(before, None, "position {} was given twice", position.seq);
}

async fn stream(mut load: Load, mut client: SubmissionServiceClient<Channel>) -> Load {
    let (requests, sent) = mpsc::unbounded_channel();
    let again = std::mem::take(&mut load.unanswered);
    again.into_iter().for_each(|signed| send(&mut load, &requests, signed));
    while load.unanswered.len() < WINDOW {
        let signed = load.corrector.submission();
        send(&mut load, &requests, signed);
    }
    let Ok(answers) = client.submit_stream(UnboundedReceiverStream::new(sent)).await else { return load };
    let mut answers = answers.into_inner();
    while let Some(Ok(answer)) = answers.next().await {
        match answer.outcome.unwrap() {
            Outcome::Position(position) => acknowledge(&mut load, position),
            Outcome::Refusal(refusal) => panic!("a valid submission was refused: {refusal:?}"),
        }
        load.unanswered.remove(0);
        let signed = load.corrector.submission();
        send(&mut load, &requests, signed);
    }
    load
}

fn send(load: &mut Load, requests: &mpsc::UnboundedSender<v1::SubmitStreamRequest>, signed: SignedSubmission) {
    let request = v1::SubmitStreamRequest {
        correlation: 0,
        signed: Some(convert::signed_to_wire(&signed)),
        ..Default::default()
    };
    // A closed stream keeps it among the unanswered.
    let _closed = requests.send(request);
    load.unanswered.push(signed);
}
