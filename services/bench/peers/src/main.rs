//! `hefu-peers`: how fast a PostgreSQL of one's own making does the same: append under a hash chain, once, durably.
//!
//! It makes a cluster in a fresh folder, with Debian's PostgreSQL and as a user that is not root, and stops it in the end. A
//! function in the database appends a payload: it finds out whether the key has said this before, chains the payload to its
//! predecessor, and commits with a sync. No signature is verified, no rule decides, no receipt is made. One connection a
//! client, a prepared statement each; as many clients as are best.
//!
//! It prints a line of JSON for each number of clients, or one that says why there is nothing to measure. `hefu-bench` starts
//! it, and the program `umadb` beside it, which is UmaDB's own server.
//!
//! Read next: `schema.sql` (what is appended how), `cluster.rs` (the settings), docs/benchmarks.md.

mod cluster;
mod load;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use serde::Serialize;

use cluster::Cluster;

/// Measures PostgreSQL with a hash chain.
#[derive(Parser)]
#[command(name = "hefu-peers", version)]
struct Cli {
    /// A folder that the cluster's user may enter; a new one is made inside.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// How long each number of clients is measured.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Bytes of a payload: of a submission and its signature.
    #[arg(long, default_value_t = 348)]
    payload_bytes: usize,
    /// Numbers of clients.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4, 8, 16, 32, 64])]
    clients: Vec<usize>,
}

/// What is printed.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// There is nothing to measure.
    Skipped(String),
    Measured(load::Measured),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let Some(programs) = cluster::programs() else {
        return say(&Said::Skipped("PostgreSQL is not installed (Debian package postgresql)".to_owned()));
    };
    let cluster = Cluster::start(&programs, &cli.folder).await?;
    load::prepare(&cluster).await?;
    for clients in cli.clients {
        let measured = load::run(&cluster, clients, Duration::from_secs(cli.seconds), cli.payload_bytes).await?;
        say(&Said::Measured(measured))?;
    }
    load::check(&cluster).await
}

fn say(said: &Said) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(said)?);
    Ok(())
}
