use super::*;
use hefu_types::event::membership::MemberSuspended;
use hefu_types::{Code, Event, Text};
use tokio_stream::StreamExt as _;

const LINGER: Duration = Duration::from_millis(20);

fn event(bytes: usize) -> Event {
    let member = Code::new("member").unwrap();
    Event::from(MemberSuspended { member, reason: Text::new(&"x".repeat(bytes)).unwrap() })
}

fn limits(max_events: u32, max_submission_bytes: u32) -> LedgerLimits {
    LedgerLimits { max_events, max_submission_bytes }
}

async fn push(producer: &Producer, sizes: impl IntoIterator<Item = usize>) {
    for bytes in sizes {
        producer.push(event(bytes)).await.unwrap();
    }
}

/// The sizes of the next batch, and how long it was waited for.
async fn next(batches: &mut Batches) -> (usize, Duration) {
    let since = Instant::now();
    let batch = tokio::time::timeout(10 * LINGER, batches.next()).await.expect("a batch in time").expect("a batch");
    (batch.events.len(), since.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_batch_closes_by_count_and_by_bytes_without_waiting() {
    let (producer, feed) = feed(LINGER);
    let mut batches = feed.batches(limits(3, 4_000));
    push(&producer, [1, 1, 1, 1]).await;
    assert_eq!(next(&mut batches).await, (3, Duration::ZERO));
    push(&producer, [2_000, 2_000]).await;
    assert_eq!(
        next(&mut batches).await,
        (2, Duration::ZERO),
        "one is left of before, and the next but one is too much"
    );
}

#[tokio::test(start_paused = true)]
async fn the_oldest_event_waits_for_the_linger_and_no_longer() {
    let (producer, feed) = feed(LINGER);
    let mut batches = feed.batches(limits(1_000, 4_000));
    let pushing = async {
        for _ in 0..5 {
            push(&producer, [1]).await;
            tokio::time::sleep(LINGER / 4).await;
        }
    };
    let (first, ()) = tokio::join!(next(&mut batches), pushing);
    assert_eq!(first, (4, LINGER), "the fifth comes when the first has waited for a linger");
    // The fifth opened a batch of its own, and waited for a quarter of its linger until it is asked for.
    let (events, waited) = next(&mut batches).await;
    assert_eq!(events, 1);
    assert!(waited <= LINGER, "{waited:?}");
    // What closes a batch by its size begins the next one, and its wait begins then.
    push(&producer, [2_000]).await;
    let full = async {
        tokio::time::sleep(LINGER / 2).await;
        push(&producer, [2_000]).await;
        Instant::now()
    };
    let ((events, waited), since) = tokio::join!(next(&mut batches), full);
    assert_eq!((events, waited), (1, LINGER / 2));
    assert_eq!((next(&mut batches).await.0, since.elapsed()), (1, LINGER));
}

#[tokio::test(start_paused = true)]
async fn a_flush_and_the_last_producer_close_a_batch() {
    let (producer, feed) = feed(LINGER);
    let mut batches = feed.batches(limits(1_000, 65_420));
    push(&producer, [1, 1]).await;
    producer.flush().await.unwrap();
    push(&producer.clone(), [1]).await;
    drop(producer);
    assert_eq!(next(&mut batches).await, (2, Duration::ZERO));
    assert_eq!(next(&mut batches).await, (1, Duration::ZERO));
    assert!(batches.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_group_is_never_cut_and_shares_with_nobody() {
    let (producer, feed) = feed(LINGER);
    let mut batches = feed.batches(limits(2, 4_000));
    push(&producer, [1]).await;
    assert_eq!(producer.push(vec![event(1), event(2), event(3)]).await, Ok(1));
    push(&producer, [1]).await;
    drop(producer);
    assert_eq!([next(&mut batches).await.0, next(&mut batches).await.0, next(&mut batches).await.0], [1, 3, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_producer_waits_for_a_full_feed_and_learns_that_it_is_gone() {
    let (producer, feed) = feed(LINGER);
    push(&producer, (0..FEED_GROUPS_MAX).map(|_| 1)).await;
    let mut late = Box::pin(producer.push(event(1)));
    assert!(tokio::time::timeout(LINGER, &mut late).await.is_err(), "the feed is full");
    let mut batches = feed.batches(limits(1_000, 65_420));
    assert_eq!(next(&mut batches).await.0, 1_000);
    assert_eq!(late.await, Ok(1_000), "a push that was given up has no number");
    drop(batches);
    assert_eq!((producer.push(event(1)).await, producer.flush().await), (Err(FeedClosed), Err(FeedClosed)));
}
