//! Clients that append, each with a key and a connection of its own.

use std::time::{Duration, Instant};

use anyhow::ensure;
use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::cluster::Cluster;

/// Answers before this are not counted.
const WARM_UP: Duration = Duration::from_millis(500);

/// What so many clients did.
#[derive(Serialize)]
pub(crate) struct Measured {
    clients: usize,
    appends_per_second: f64,
    p50_micros: u64,
    p99_micros: u64,
}

/// Makes tables and the function.
pub(crate) async fn prepare(cluster: &Cluster) -> anyhow::Result<()> {
    Ok(cluster.connect().await?.batch_execute(include_str!("schema.sql")).await?)
}

/// Lets so many clients append for a time.
pub(crate) async fn run(cluster: &Cluster, clients: usize, time: Duration, bytes: usize) -> anyhow::Result<Measured> {
    let mut connected = vec![];
    for _ in 0..clients {
        connected.push(cluster.connect().await?);
    }
    let counts_from = Instant::now() + WARM_UP;
    let mut tasks = JoinSet::new();
    for (n, client) in connected.into_iter().enumerate() {
        let key = format!("{clients:>16}{n:>16}").into_bytes();
        tasks.spawn(append(client, key, counts_from, counts_from + time, bytes));
    }
    let mut all = histogram();
    while let Some(waits) = tasks.join_next().await {
        all.add(&waits??)?;
    }
    Ok(Measured {
        clients,
        appends_per_second: all.len() as f64 / time.as_secs_f64(),
        p50_micros: all.value_at_quantile(0.5),
        p99_micros: all.value_at_quantile(0.99),
    })
}

/// The log holds as many entries as its head says, and each is chained to the one before it.
pub(crate) async fn check(cluster: &Cluster) -> anyhow::Result<()> {
    let broken = "select (select size from head) - count(*), count(*) filter (where hash is distinct from \
                  sha256(before || payload)) from (select hash, payload, coalesce(lag(hash) over (order by seq), sha256('')) \
                  as before from entry) as chained";
    let row = cluster.connect().await?.query_one(broken, &[]).await?;
    let (missing, unchained): (i64, i64) = (row.get(0), row.get(1));
    ensure!(missing == 0 && unchained == 0, "{missing} entries are missing, {unchained} are not chained");
    Ok(())
}

async fn append(
    client: Client,
    key: Vec<u8>,
    counts_from: Instant,
    ends: Instant,
    bytes: usize,
) -> anyhow::Result<Histogram<u64>> {
    let statement = client.prepare("select append($1, $2, $3)").await?;
    let (mut waits, mut payload) = (histogram(), vec![0; bytes]);
    for key_seq in 1_i64.. {
        scramble(&mut payload, key_seq.unsigned_abs());
        let sent = Instant::now();
        client.query_one(&statement, &[&key, &key_seq, &payload]).await?;
        let now = Instant::now();
        if now > ends {
            break;
        }
        if now >= counts_from {
            waits.saturating_record(u64::try_from((now - sent).as_micros())?);
        }
    }
    Ok(waits)
}

/// Bytes that do not compress, as signatures and hashes don't.
fn scramble(payload: &mut [u8], seed: u64) {
    let mut state = seed;
    for chunk in payload.chunks_mut(8) {
        state = (state ^ state >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9).wrapping_add(0x9e37_79b9_7f4a_7c15);
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("bounds that fit")
}
