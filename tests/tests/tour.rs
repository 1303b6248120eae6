//! One submission through every room: sign, submit, read back, explain, export, verify, replay, restart. Read this first.

use hefu_proto::v1;
use hefu_tests::world::{World, observation};
use hefu_tests::{TestServer, export};
use hefu_types::{Entry, EventRef, Text};
use hefu_views::{AsOf, Memory, Projector, RowStore, VIEWS};

#[tokio::test(flavor = "multi_thread")]
async fn one_submission_walks_through_every_room() {
    // A ledger with two members and a plan; a server over it.
    let mut world = World::planned();
    let mut server = TestServer::with(&world).await;

    // A member unit signs what it observed, and submits it.
    let signed = world.signer("alpha-reporter").sign(vec![observation("stock", "2024-Q1", "840").into()]);
    let position = server.submit(&signed).await.expect("accepted");
    assert_eq!(position.seq, world.entries.len() as u64);
    assert!(!position.already_recorded);

    // The same bytes again: the same position, recorded once.
    let again = server.submit(&signed).await.expect("accepted");
    assert!(again.already_recorded);
    assert_eq!((again.seq, &again.chain_hash), (position.seq, &position.chain_hash));

    // The board shows the value once it is asked to have seen that position.
    let request = v1::GetIndicatorRequest { indicator: "stock".into(), min_seq: position.seq, as_of: None };
    let row = server.views.get_indicator(request).await.expect("an answer").into_inner().rows.swap_remove(0);
    assert_eq!(row.latest.expect("an observation").value.expect("a value").units, 840);
    assert_eq!(row.targets[0].status(), v1::TargetStatus::OnTrack);

    // A correction names what it corrects, and why.
    let mut correction = observation("stock", "2024-Q1", "850");
    correction.supersedes = Some(EventRef { submission_hash: Some(signed.hash()), index: 0 });
    correction.reason = Text::new("late returns of one county").unwrap();
    let corrected = world.signer("alpha-reporter").sign(vec![correction.into()]);
    let corrected = server.submit(&corrected).await.expect("accepted");

    // Behind the number: both vintages, the definition, the target, the admission.
    let request = v1::ExplainValueRequest {
        indicator: "stock".into(),
        area: "520000".into(),
        min_seq: corrected.seq,
        ..v1::ExplainValueRequest::default()
    };
    let explained = server.views.explain_value(request).await.expect("an answer").into_inner();
    let role_of = |seq| explained.evidence.iter().find(|e| e.seq == seq).map(v1::Evidence::role);
    assert_eq!(role_of(corrected.seq), Some(v1::EvidenceRole::Value));
    assert_eq!(role_of(position.seq), Some(v1::EvidenceRole::Superseded));

    // As it was before the correction.
    let moment = v1::as_of::Moment::Seq(position.seq);
    let request = v1::GetSeriesRequest {
        indicator: "stock".into(),
        as_of: Some(v1::AsOf { moment: Some(moment) }),
        ..v1::GetSeriesRequest::default()
    };
    let series = server.views.get_series(request).await.expect("an answer").into_inner();
    assert_eq!(series.observations[0].value.as_ref().expect("a value").units, 840);

    // An auditor replays the export and gets the same views.
    let entries = export::entries_of(server.server.journal());
    let memory = Memory::new();
    let decoded: Vec<_> = entries.iter().map(|b| Entry::parse(b.clone()).unwrap().decode().unwrap()).collect();
    Projector::new(&memory).apply_all(&decoded).expect("replayed");
    let listed = server.views.list_views(v1::ListViewsRequest { min_seq: corrected.seq }).await.expect("an answer");
    for (view, live) in VIEWS.iter().zip(listed.into_inner().views) {
        let cursor = memory.cursor(&view.id()).unwrap().expect("built");
        assert_eq!(live.digest, cursor.digest().as_bytes()[..], "{}", live.name);
    }
    assert_eq!(hefu_views::board::list(&hefu_views::Tables::of(&memory), None, None, AsOf::LATEST).unwrap().len(), 6);

    // The server restarts and stands where it stood; what it wrote verifies.
    let (config, _dir) = server.stop().await;
    let mut server = TestServer::over(config).await;
    let head = server.log.get_head(v1::GetHeadRequest {}).await.expect("an answer").into_inner();
    assert_eq!((head.size, head.chain_hash), (corrected.seq + 1, corrected.chain_hash));
    server.verify_and_stop().await;
}
