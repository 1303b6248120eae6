//! Values that are not free: who reads them, where they stand and where not, and what is left of them once they are erased.

mod command_line;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use hefu_client::{ClientError, OpenedValue, Outbox, Retry, Server, Writer};
use hefu_journal::{Clock, Options, SystemClock};
use hefu_proto::v1::openings_service_client::OpeningsServiceClient;
use hefu_proto::{convert, status, v1};
use hefu_tests::export::{copy_folder, entries_of, verify_log};
use hefu_tests::server::{config, seed_with};
use hefu_tests::world::{code, keys, observation, opening, text, withheld};
use hefu_tests::{TestServer, World, dump};
use hefu_types::event::membership::{KeyRevoked, RevocationReason, Role};
use hefu_types::event::reporting::{ConfStatus, ObservationReported, ValueErased};
use hefu_types::{Commitment, Entry, Millis, ReadRequest, Reason, Seq, SignedSubmission};
use hefu_views::{Memory, Projector};

/// Members alpha, beta, gamma and a plan; gamma reports nothing.
fn world() -> World {
    let mut world = World::planned();
    world.say("office-1", vec![world.admission("gamma").into()]);
    let auditor = world.enrolment("gamma", "gamma-auditor", &[Role::Auditor]);
    world.say("gamma-admin", vec![auditor.into()]);
    world
}

/// What alpha reports, for beta to read.
fn secret(period: &str) -> ObservationReported {
    let mut e = observation("flow", period, "1");
    e.readers = vec![code("beta")];
    withheld(e, ConfStatus::N)
}

fn commitment(of: &ObservationReported) -> Commitment {
    of.commitment.expect("a commitment")
}

fn client(server: &TestServer) -> Server {
    Server::new(&format!("http://{}", server.server.address()), Retry::default()).expect("an address")
}

/// The value that is shown to the holder of a key, or to anybody.
async fn read(server: &TestServer, of: Commitment, key: Option<&str>) -> Result<String, Reason> {
    let keys = key.map(keys);
    match OpenedValue::read(&client(server), of, keys.as_ref()).await {
        Ok(opened) => Ok(opened.value.to_string()),
        Err(ClientError::Refused(refusal)) => Err(refusal.reason),
        Err(other) => panic!("{other}"),
    }
}

fn files(server: &TestServer) -> Vec<String> {
    let folder = fs::read_dir(server.config.openings()).expect("a folder");
    let mut names: Vec<String> =
        folder.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

async fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The files below a folder that hold some bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = vec![];
    for file in fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file")) {
        let path = file.path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if fs::read(&path).is_ok_and(|content| content.windows(bytes.len()).any(|at| at == bytes)) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_shown_to_its_unit_the_office_and_its_readers_and_stands_nowhere_else() {
    let server = TestServer::with(&world()).await;
    let outbox = tempfile::tempdir().expect("a folder");
    let secret = secret("2024");
    let of = commitment(&secret);
    let path = outbox.path().join("alpha.outbox");
    let mut writer = Writer::open(client(&server), keys("alpha-reporter"), &path).await.expect("a writer");
    writer.know([opening(&secret)]);
    writer.submit(vec![secret.clone().into()]).await.expect("recorded");
    assert_eq!(files(&server), [of.to_string()], "a receipt implies that it is kept");

    for reader in ["alpha-reporter", "alpha-admin", "office-1", "office-2", "beta-reporter", "beta-admin"] {
        assert_eq!(read(&server, of, Some(reader)).await.as_deref(), Ok("4711.42"), "{reader}");
    }
    for other in [Some("gamma-auditor"), Some("operator-1"), None] {
        assert_eq!(read(&server, of, other).await, Err(Reason::NotAReader), "{other:?}");
    }
    assert_eq!(read(&server, of, Some("nobody")).await, Err(Reason::KeyUnknown));
    assert_eq!(read(&server, Commitment::from_bytes([7; 32]), Some("office-1")).await, Err(Reason::ValueNotFound));

    // Neither what the log holds, nor what anybody else is shown, nor what the client keeps has salt or value.
    let (opening, data) = (opening(&secret), server.config.data.clone());
    let entries: Vec<u8> = entries_of(server.server.journal()).concat();
    let kept = server.config.openings().join(of.to_string()).display().to_string();
    let (mut applied, size) = (server.server.projection().applied(), server.server.journal().head().size);
    applied.wait_for(|applied| *applied >= size).await.expect("a projection");
    let projection = Arc::clone(server.server.projection());
    let rows = tokio::task::spawn_blocking(move || dump::rows(projection.read().1)).await.expect("rows");
    let rows: Vec<u8> = rows.into_values().flatten().flat_map(|(key, value)| [key, value].concat()).collect();
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|at| at == part);
    assert!(has(&rows, of.as_bytes()) && has(&entries, of.as_bytes()), "what is looked for would be found");
    for (bytes, name) in [(&opening.salt()[..], "salt"), (opening.value(), "value")] {
        assert!(!has(&entries, bytes), "{name} in the log");
        assert!(!has(&rows, bytes), "{name} in the views");
        assert_eq!(holding(outbox.path(), bytes), [""; 0], "{name} in the outbox");
    }
    assert_eq!(holding(&data, opening.salt()), [kept]);

    let mut views = server.views.clone();
    let min_seq = server.server.journal().head().size.get() - 1;
    let request = v1::GetSeriesRequest { indicator: "flow".into(), min_seq, ..Default::default() };
    let series = views.get_series(request).await.expect("an answer").into_inner().observations;
    let [shown] = series.as_slice() else { panic!("{series:?}") };
    assert_eq!((shown.value, &shown.commitment[..]), (None, &of.as_bytes()[..]));
    assert_eq!((shown.conf_status, &shown.readers), (v1::ConfStatus::N as i32, &vec!["beta".to_owned()]));
    let request = v1::ListIndicatorsRequest { plan: "test".into(), min_seq, ..Default::default() };
    let board = views.list_indicators(request).await.expect("an answer").into_inner().rows;
    let row = board.iter().find(|row| row.indicator == "flow" && row.latest.is_some()).expect("a row");
    assert!(row.targets.iter().all(|target| target.status() == v1::TargetStatus::Withheld), "{row:?}");
    server.verify_and_stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_live_key_asks_with_its_own_signature_and_now() {
    let mut world = world();
    let mut server = TestServer::with(&world).await;
    let secret = secret("2024");
    server.submit(&world.say("alpha-reporter", vec![secret.clone().into()])).await.expect("recorded");
    let address = format!("http://{}", server.server.address());
    let openings = OpeningsServiceClient::connect(address).await.expect("a connection");
    let now = SystemClock::default().wall().get();
    let asks = async |change: fn(&mut ReadRequest), signer: &str| {
        let (key, created_at) = (Some(keys("beta-reporter").public()), Millis::new(now));
        let mut asked =
            ReadRequest { ledger_id: world_ledger(&server), key, commitment: commitment(&secret), created_at };
        change(&mut asked);
        let (request, signature) = asked.sign(Some(&keys(signer)));
        let signature = signature.expect("signed").as_bytes().to_vec().into();
        let answer = openings.clone().open_value(v1::OpenValueRequest { request: request.into(), signature }).await;
        answer.map(drop).map_err(|e| status::from_status(&e).expect("one of ours").reason)
    };
    const MINUTES: i64 = 60_000;
    assert_eq!(asks(|_| {}, "beta-reporter").await, Ok(()));
    assert_eq!(asks(|_| {}, "beta-admin").await, Err(Reason::SignatureInvalid));
    assert_eq!(asks(|e| e.key = None, "beta-reporter").await, Err(Reason::SignatureInvalid));
    assert_eq!(
        asks(|e| e.created_at = Millis::new(e.created_at.get() - 6 * MINUTES), "beta-reporter").await,
        Err(Reason::ReadRequestExpired)
    );
    assert_eq!(
        asks(|e| e.created_at = Millis::new(e.created_at.get() + 6 * MINUTES), "beta-reporter").await,
        Err(Reason::ReadRequestExpired)
    );
    assert_eq!(
        asks(|e| e.ledger_id = hefu_types::LedgerId::from_bytes([1; 32]), "beta-reporter").await,
        Err(Reason::LedgerMismatch)
    );
    let key = keys("beta-reporter").public();
    let revoked = KeyRevoked { key, reason: RevocationReason::Compromised, since_seq: Seq::FIRST };
    server.submit(&world.say("beta-admin", vec![revoked.into()])).await.expect("recorded");
    assert_eq!(read(&server, commitment(&secret), Some("beta-reporter")).await, Err(Reason::KeyRevoked));
    server.verify_and_stop().await;
}

fn world_ledger(server: &TestServer) -> hefu_types::LedgerId {
    server.server.journal().ledger().expect("a ledger").id
}

/// Sends a submission with the openings of the tests beside it, or without.
async fn send(server: &mut TestServer, signed: &SignedSubmission, with: bool) -> Result<v1::Position, Reason> {
    if with {
        return server.submit(signed).await.map_err(|refusal| refusal.reason);
    }
    let request = v1::SubmitRequest { signed: Some(convert::signed_to_wire(signed)), ..Default::default() };
    let answer = server.submissions.submit(request).await;
    let answer = answer.map_err(|e| status::from_status(&e).expect("one of ours").reason)?;
    Ok(answer.into_inner().position.expect("a position"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_value_is_gone_and_everybody_can_tell_that_it_is_lawful() {
    let mut world = world();
    let mut server = TestServer::with(&world).await;
    let [erased, kept] = ["2023", "2024"].map(secret);
    let submitted = world.say("alpha-reporter", vec![erased.clone().into(), kept.clone().into()]);
    assert_eq!(send(&mut server, &submitted, false).await, Err(Reason::OpeningMissing));
    assert_eq!(files(&server), [""; 0], "nothing is left of a refused one");
    let first = send(&mut server, &submitted, true).await.expect("recorded");
    let again = v1::Position { already_recorded: true, ..first };
    assert_eq!(
        send(&mut server, &submitted, false).await.as_ref(),
        Ok(&again),
        "once recorded, openings are not asked for"
    );
    assert_eq!(read(&server, commitment(&erased), Some("beta-reporter")).await.as_deref(), Ok("4711.42"));
    // The observation was corrected since: its value is still one that can be erased.
    let mut corrected = observation("flow", "2023", "5");
    let (hash, index) = (Some(submitted.hash()), 0);
    corrected.supersedes = Some(hefu_types::EventRef { submission_hash: hash, index });
    corrected.reason = text("it is no secret any more");
    server.submit(&world.say("alpha-reporter", vec![corrected.into()])).await.expect("recorded");

    let said = ValueErased { commitment: commitment(&erased), reason: text("as the law asks") };
    let by = server.submit(&world.say("alpha-admin", vec![said.into()])).await.expect("recorded");
    wait_until("it is erased", || files(&server) == [commitment(&kept).to_string()]).await;
    for reader in ["alpha-reporter", "office-1", "beta-reporter"] {
        assert_eq!(read(&server, commitment(&erased), Some(reader)).await, Err(Reason::ValueWasErased), "{reader}");
    }
    assert_eq!(read(&server, commitment(&erased), None).await, Err(Reason::NotAReader));
    assert_eq!(read(&server, commitment(&kept), Some("beta-reporter")).await.as_deref(), Ok("4711.42"));
    assert_eq!(send(&mut server, &submitted, true).await, Ok(again), "the same bytes, the same position");
    assert_eq!(files(&server), [commitment(&kept).to_string()], "and the erased value does not come back");

    // An auditor sees which one, and a replay of the views needs neither.
    let journal = Arc::clone(server.server.journal());
    let report = tokio::task::spawn_blocking(move || verify_log(&journal)).await.expect("a log that verifies");
    let places: Vec<_> = [&erased, &kept].map(|e| report.commitments[&commitment(e)].erased).to_vec();
    assert_eq!((places, report.commitments.len()), (vec![Some(Seq::new(by.seq)), None], 2));
    let memory = Memory::new();
    let entries = entries_of(server.server.journal()).into_iter().map(|bytes| Entry::parse(bytes).expect("an entry"));
    let decoded: Vec<_> = entries.map(|entry| entry.decode().expect("an entry")).collect();
    Projector::new(&memory).apply_all(&decoded).expect("views");
    let mut applied = server.server.projection().applied();
    let size = server.server.journal().head().size;
    applied.wait_for(|applied| *applied >= size).await.expect("a projection");
    let projection = Arc::clone(server.server.projection());
    let of_server = tokio::task::spawn_blocking(move || dump::digests(projection.read().1)).await.expect("digests");
    assert_eq!(of_server, dump::digests(&memory));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_removes_what_was_erased_and_what_nobody_recorded_and_keeps_the_rest() {
    let mut world = world();
    let mut server = TestServer::with(&world).await;
    let [erased, kept, unknown, recent] = ["2022", "2023", "2024", "2025"].map(secret);
    server
        .submit(&world.say("alpha-reporter", vec![erased.clone().into(), kept.clone().into()]))
        .await
        .expect("recorded");
    let said = ValueErased { commitment: commitment(&erased), reason: text("as the law asks") };
    server.submit(&world.say("office-1", vec![said.into()])).await.expect("recorded");
    wait_until("it is erased", || files(&server).len() == 1).await;
    let (config, _dir) = server.stop().await;

    // As if the process had died between entry and deletion, and between an opening and its entry; or as in an older copy.
    let folder = config.openings();
    // What nobody recorded stays for a month: the newest log may be brought back.
    let long_ago = SystemTime::now() - Duration::from_secs(31 * 24 * 3_600);
    for of in [&erased, &unknown, &recent] {
        fs::write(folder.join(commitment(of).to_string()), opening(of).to_file()).expect("written");
    }
    fs::write(folder.join(".half.new"), b"half").expect("written");
    let copy = tempfile::tempdir().expect("a folder");
    copy_folder(&config.data, &copy.path().join("data"));
    for config in [config, hefu_tests::server::config(copy.path().join("data"))] {
        let path = config.openings().join(commitment(&unknown).to_string());
        fs::File::options().write(true).open(path).expect("a file").set_modified(long_ago).expect("a time");
        let server = TestServer::over(config).await;
        let mut left = [commitment(&kept).to_string(), commitment(&recent).to_string()];
        left.sort();
        assert_eq!(files(&server), left);
        assert_eq!(read(&server, commitment(&kept), Some("beta-reporter")).await.as_deref(), Ok("4711.42"));
        assert_eq!(read(&server, commitment(&erased), Some("office-1")).await, Err(Reason::ValueWasErased));
        server.verify_and_stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_brings_openings_too_and_a_refusal_leaves_none() {
    let mut world = world();
    let mut server = TestServer::with(&world).await;
    let [first, second, third] = ["2022", "2023", "2024"].map(secret);
    let signed = [&first, &second, &third].map(|e| world.signer("alpha-reporter").sign(vec![e.clone().into()]));
    let request = |(correlation, with): (u64, bool)| {
        let signed = &signed[usize::try_from(correlation).expect("small")];
        let openings = hefu_tests::world::openings(signed).iter().map(convert::opening_to_wire).collect();
        let openings = if with { openings } else { vec![] };
        v1::SubmitStreamRequest {
            correlation,
            signed: Some(convert::signed_to_wire(signed)),
            openings,
            ..Default::default()
        }
    };
    let requests: Vec<_> = [(0, true), (1, false), (2, true)].map(request).to_vec();
    let mut answers =
        server.submissions.submit_stream(tokio_stream::iter(requests)).await.expect("a stream").into_inner();
    let mut outcomes = vec![];
    while let Some(answer) = answers.message().await.expect("an answer") {
        use v1::submit_stream_response::Outcome;
        outcomes.push(match answer.outcome.expect("an outcome") {
            Outcome::Position(_) => "recorded".to_owned(),
            Outcome::Refusal(refusal) => refusal.reason,
        });
    }
    assert_eq!(outcomes, ["recorded", "OPENING_MISSING", "PREDECESSOR_REFUSED"]);
    wait_until("refused ones are removed", || files(&server) == [commitment(&first).to_string()]).await;
    server.verify_and_stop().await;
}

/// A clock that stands.
struct Standing(Millis);

impl Clock for Standing {
    fn wall(&self) -> Millis {
        self.0
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embargo_ends_for_everybody() {
    const DAY: i64 = 24 * 3_600_000;
    let now = SystemClock::default().wall().get();
    let embargoed = |period: &str, until: i64| {
        let mut e = observation("flow", period, "1");
        e.embargo_until = Millis::new(until);
        withheld(e, ConfStatus::E)
    };
    // Recorded two days ago: one embargo ended yesterday, one ends tomorrow.
    let [ended, lasting] = [embargoed("2023", now - DAY), embargoed("2024", now + DAY)];
    let mut world = world();
    let recorded_at = Millis::new(now - 2 * DAY);
    world.now = recorded_at;
    world.say("alpha-reporter", vec![ended.clone().into(), lasting.clone().into()]);
    let dir = tempfile::tempdir().expect("a folder");
    let config = config(dir.path().join("data"));
    let (seeding, entries) = (config.clone(), world.entries.clone());
    let seed = move || {
        let options = Options { clock: Box::new(Standing(recorded_at)), ..Options::default() };
        seed_with(&seeding, options, entries.iter().map(Entry::signed));
        fs::create_dir_all(seeding.openings()).expect("a folder");
    };
    tokio::task::spawn_blocking(seed).await.expect("seeded");
    for e in [&ended, &lasting] {
        fs::write(config.openings().join(commitment(e).to_string()), opening(e).to_file()).expect("written");
    }
    let server = TestServer::over(config).await;
    for anybody in [None, Some("gamma-auditor")] {
        assert_eq!(read(&server, commitment(&ended), anybody).await.as_deref(), Ok("4711.42"));
        assert_eq!(read(&server, commitment(&lasting), anybody).await, Err(Reason::NotAReader));
    }
    assert_eq!(read(&server, commitment(&lasting), Some("alpha-reporter")).await.as_deref(), Ok("4711.42"));
    server.verify_and_stop().await;
}

/// The client has stored, and not sent: the next run sends the opening along.
#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_keeps_openings_until_the_answer() {
    let server = TestServer::with(&world()).await;
    let dir = tempfile::tempdir().expect("a folder");
    let (path, secret) = (dir.path().join("alpha.outbox"), secret("2024"));
    let mut outbox = Outbox::open(&path, world_ledger(&server), keys("alpha-reporter").public()).expect("an outbox");
    outbox.know([opening(&secret)]);
    let created_at = Millis::new(1_700_000_000_000);
    outbox.enclose(&keys("alpha-reporter"), vec![secret.clone().into()], created_at).expect("stored");
    drop(outbox);
    assert_eq!(holding(&path, opening(&secret).salt()).len(), 1);
    let writer = Writer::open(client(&server), keys("alpha-reporter"), &path).await.expect("a writer");
    assert!(writer.recovered()[0].outcome.is_ok(), "{:?}", writer.recovered());
    drop(writer);
    assert_eq!(read(&server, commitment(&secret), Some("beta-admin")).await.as_deref(), Ok("4711.42"));
    assert_eq!(holding(&path, opening(&secret).salt()), [""; 0]);
    server.verify_and_stop().await;
}
