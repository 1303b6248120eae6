//! Receipts, checkpoints and proofs of a real server, verified with nothing but the log's key.

use std::sync::Arc;

use hefu_proto::v1;
use hefu_proto::v1::proof_service_client::ProofServiceClient;
use hefu_tests::export::entries_of;
use hefu_tests::load::{Corrector, correctors};
use hefu_tests::server::{TestServer, config, seed};
use hefu_tests::world::{ORIGIN, World, keys};
use hefu_types::tile::Tile;
use hefu_types::{
    Checkpoint, Entry, NodeHash, RootHash, Seq, SignedCheckpoint, SignedSubmission, Size, TlogProof, VerifierKey, tree,
};
use tonic::transport::Channel;

fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, keys("checkpoint").public()).expect("a name")
}

async fn served() -> (TestServer, Corrector, ProofServiceClient<Channel>) {
    let mut world = World::planned();
    let corrector = correctors(&mut world, 1).remove(0);
    let server = TestServer::with(&world).await;
    let address = format!("http://{}", server.server.address());
    let proofs = ProofServiceClient::connect(address).await.expect("a connection");
    (server, corrector, proofs)
}

async fn submit(server: &mut TestServer, signed: &SignedSubmission, decline_receipt: bool) -> v1::SubmitResponse {
    let signed = Some(hefu_proto::convert::signed_to_wire(signed));
    let request = v1::SubmitRequest { signed, decline_receipt, ..Default::default() };
    server.submissions.submit(request).await.expect("recorded").into_inner()
}

/// What an outsider does with a receipt: the entry from `extra` and the member's own submission, the path, the signature.
fn verified(receipt: &[u8], submission: &SignedSubmission) -> (Entry, Checkpoint) {
    let proof = TlogProof::from_bytes(receipt).expect("a receipt");
    let bytes = [proof.extra().expect("the entry's beginning"), &submission.submission].concat();
    let entry = Entry::parse(bytes.into()).expect("an entry");
    assert_eq!(entry.seq(), proof.index());
    let signed = proof.open_checkpoint(&log_key()).expect("signed by the log");
    let (size, root) = (signed.checkpoint().size(), signed.checkpoint().root());
    tree::verify_inclusion(tree::leaf(entry.bytes()), proof.index(), size, root, proof.hashes()).expect("included");
    (entry, signed.checkpoint().clone())
}

#[tokio::test]
async fn a_receipt_proves_its_entry_with_the_submission_and_the_key_alone() {
    let (mut server, mut corrector, mut proofs) = served().await;
    let mut last = None;
    for _ in 0..20 {
        let signed = corrector.submission();
        let answer = submit(&mut server, &signed, false).await;
        let (entry, checkpoint) = verified(&answer.receipt, &signed);
        let position = answer.position.expect("a position");
        assert_eq!((entry.seq().get(), entry.signed()), (position.seq, signed.clone()));
        assert_eq!(entry.chain_hash().as_bytes(), &position.chain_hash[..]);
        assert_eq!(checkpoint.size(), entry.seq().size(), "sealed with its own block");
        last = Some((signed, checkpoint));
    }
    let (signed, checkpoint) = last.expect("some");
    let declined = corrector.submission();
    assert!(submit(&mut server, &declined, true).await.receipt.is_empty());
    // What had been recorded before is proved under the head.
    let again = submit(&mut server, &signed, false).await;
    assert!(again.position.expect("a position").already_recorded);
    let (_, later) = verified(&again.receipt, &signed);
    assert_eq!(later.size().get(), checkpoint.size().get() + 1);
    let request = v1::GetConsistencyProofRequest { old_size: checkpoint.size().get(), new_size: later.size().get() };
    let steps = hashes(proofs.get_consistency_proof(request).await.expect("a proof").into_inner().hashes);
    let of = |c: &Checkpoint| (c.size(), c.root());
    tree::verify_consistency(of(&checkpoint), of(&later), &steps).expect("one log");
    server.verify_and_stop().await;
}

#[tokio::test]
async fn a_stream_gives_receipts_too() {
    let (mut server, mut corrector, _) = served().await;
    let sent: Vec<SignedSubmission> = (0..300).map(|_| corrector.submission()).collect();
    let requests: Vec<_> = (0..)
        .zip(&sent)
        .map(|(correlation, signed)| v1::SubmitStreamRequest {
            correlation,
            signed: Some(hefu_proto::convert::signed_to_wire(signed)),
            decline_receipt: correlation % 3 == 0,
            ..Default::default()
        })
        .collect();
    let stream = server.submissions.submit_stream(tokio_stream::iter(requests)).await.expect("a stream");
    let (mut answers, mut count) = (stream.into_inner(), 0);
    while let Some(answer) = answers.message().await.expect("an answer") {
        let signed = &sent[usize::try_from(answer.correlation).unwrap()];
        match answer.correlation % 3 {
            0 => assert!(answer.receipt.is_empty()),
            _ => assert_eq!(verified(&answer.receipt, signed).0.signed(), *signed),
        }
        count += 1;
    }
    assert_eq!(count, sent.len());
    server.verify_and_stop().await;
}

fn hashes(wire: Vec<bytes::Bytes>) -> Vec<NodeHash> {
    wire.iter().map(|hash| NodeHash::from_slice(hash).expect("32 bytes")).collect()
}

#[tokio::test]
async fn proofs_of_any_entry_and_any_two_sizes_lead_to_the_published_root() {
    let (mut server, mut corrector, mut proofs) = served().await;
    for _ in 0..300 {
        submit(&mut server, &corrector.submission(), true).await;
    }
    let journal = Arc::clone(server.server.journal());
    let entries = entries_of(&journal);
    let request = v1::GetCheckpointRequest { size_min: entries.len() as u64 };
    let published = proofs.get_checkpoint(request).await.expect("published").into_inner().checkpoint.expect("one");
    let signed = SignedCheckpoint::open(&published.note, &log_key()).expect("signed by the log");
    let (size, root) = (signed.checkpoint().size(), signed.checkpoint().root());
    assert_eq!((size.get(), published.size), (entries.len() as u64, entries.len() as u64));
    for (entry, seq) in entries.iter().zip(0..).step_by(17) {
        let request = v1::GetInclusionProofRequest { seq, size: 0 };
        let answer = proofs.get_inclusion_proof(request).await.expect("a proof").into_inner();
        tree::verify_inclusion(tree::leaf(entry), Seq::new(seq), size, root, &hashes(answer.hashes)).expect("included");
    }
    let mut edge = tree::Edge::default();
    let mut roots: Vec<(Size, RootHash)> = vec![(Size::EMPTY, edge.root())];
    for entry in &entries {
        edge.push(tree::leaf(entry), |_, _| ());
        roots.push((edge.size(), edge.root()));
    }
    for old in (0..=entries.len()).step_by(13) {
        let request = v1::GetConsistencyProofRequest { old_size: old as u64, new_size: 0 };
        let steps = hashes(proofs.get_consistency_proof(request).await.expect("a proof").into_inner().hashes);
        tree::verify_consistency(roots[old], (size, root), &steps).expect("one log");
    }
    let refused = |status| hefu_proto::status::from_status(&status).expect("a refusal").reason;
    for (seq, size) in [(size.get(), 0), (0, size.get() + 1), (7, 7)] {
        let beyond = proofs.get_inclusion_proof(v1::GetInclusionProofRequest { seq, size }).await.unwrap_err();
        assert_eq!(refused(beyond), hefu_types::Reason::SeqBeyondHead, "{seq} {size}");
    }
    for (old_size, new_size) in [(1, size.get() + 1), (size.get() + 1, 0), (8, 7)] {
        let beyond = v1::GetConsistencyProofRequest { old_size, new_size };
        let beyond = proofs.get_consistency_proof(beyond).await.unwrap_err();
        assert_eq!(refused(beyond), hefu_types::Reason::SeqBeyondHead, "{old_size} {new_size}");
    }
    let listed = proofs.list_checkpoints(v1::ListCheckpointsRequest::default()).await.unwrap().into_inner().checkpoints;
    assert!(listed.is_sorted_by(|a, b| a.size > b.size) && listed[0] == published);
    for other in &listed {
        let signed = SignedCheckpoint::open(&other.note, &log_key()).expect("signed by the log");
        assert_eq!(roots[usize::try_from(other.size).unwrap()].1, signed.checkpoint().root());
    }
    server.verify_and_stop().await;
}

/// Fetches a path as any HTTP client would; the status and the body.
async fn get(server: &TestServer, path: &str) -> (u16, String, Vec<u8>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(server.server.http_address()).await.expect("a connection");
    let request = format!("GET /{path} HTTP/1.1\r\nHost: log\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = vec![];
    stream.read_to_end(&mut answer).await.expect("answered");
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("headers");
    let headers = String::from_utf8(answer[..end].to_vec()).expect("text").to_lowercase();
    let status = headers.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, headers, answer[end + 4..].to_vec())
}

#[tokio::test]
async fn the_static_files_are_the_log() {
    let (mut server, mut corrector, _) = served().await;
    for _ in 0..300 {
        submit(&mut server, &corrector.submission(), true).await;
    }
    let journal = Arc::clone(server.server.journal());
    let entries = entries_of(&journal);
    let dir = tempfile::tempdir().unwrap();
    hefu_tests::export::write(dir.path(), &entries);
    hefu_tests::export::write_tree(dir.path(), &entries);
    for tile in Tile::all(Size::new(entries.len() as u64)) {
        let (status, headers, body) = get(&server, &tile.to_string()).await;
        assert_eq!((status, body), (200, std::fs::read(dir.path().join(tile.to_string())).unwrap()), "{tile}");
        assert!(headers.contains("application/octet-stream") && headers.contains("immutable"), "{headers}");
    }
    // Any narrower file, for whoever follows an older checkpoint.
    assert_eq!(get(&server, "tile/0/000.p/7").await.2.len(), 7 * 32);
    let (status, headers, body) = get(&server, "checkpoint").await;
    assert!(status == 200 && headers.contains("text/plain; charset=utf-8"), "{headers}");
    SignedCheckpoint::open(&body, &log_key()).expect("signed by the log");
    let absent =
        ["tile/0/009", "tile/0/001.p/255", "tile/2/000", "tile/9/000", "tile/entries/x", "tile/", "", "checkpoint/"];
    for path in
        absent.into_iter().chain(["tile/0/000.p/0", "tile/0/000.p/256", "tile/0/00", "../head", "tile/entries/009"])
    {
        assert_eq!(get(&server, path).await.0, 404, "{path}");
    }
    server.verify_and_stop().await;
}

#[tokio::test]
async fn half_a_request_for_a_file_takes_a_place_until_it_ends_and_no_more() {
    use tokio::io::AsyncWriteExt as _;
    const PLACES: usize = 4;
    let dir = tempfile::tempdir().unwrap();
    let config = hefud::Config { connections_max: PLACES, ..config(dir.path().join("data")) };
    let (seeding, world) = (config.clone(), World::planned());
    tokio::task::spawn_blocking(move || seed(&seeding, &world)).await.unwrap();
    let server = TestServer::over(config).await;
    let mut halves = vec![];
    for _ in 0..PLACES {
        let mut half = tokio::net::TcpStream::connect(server.server.http_address()).await.expect("a connection");
        half.write_all(b"GET /checkpoint HTTP/1.1\r\n").await.expect("sent");
        halves.push(half);
    }
    {
        let mut asking = std::pin::pin!(get(&server, "checkpoint"));
        let soon = std::time::Duration::from_millis(300);
        assert!(tokio::time::timeout(soon, &mut asking).await.is_err(), "there is no place left");
        halves.pop();
        assert_eq!(asking.await.0, 200);
    }
    drop(halves);
    server.verify_and_stop().await;
}
