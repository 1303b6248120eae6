//! `hefu-bench`: how fast the platform is here, beside what this machine could do at best.
//!
//! Each row opens a small ledger in a fresh folder, starts `hefud` as a process of its own, and submits observations that were
//! signed beforehand, so that signing is not measured. Around the rows it measures the machine itself, in the same run:
//! strict signature verifications one by one, and synced writes to the same disk. What an auditor does is measured as an
//! auditor does it, with the program `hefu`.
//!
//! It measures no part that a user can't get by itself, but for the views without their tables, and says so; it never warms up
//! a server beyond half a second, and never lets it skip a sync, a signature, a receipt or a view. Load and server share the
//! machine's cores, and the report says so. It is no test: it asserts that everything sent was recorded, and no speed.
//!
//! Read next: `rows.rs` (what is measured), `ledger.rs` (what is written), `stream.rs` (how it is sent), docs/benchmarks.md
//! (how to read the figures).

mod answer;
mod board;
mod figure;
mod fill;
mod frames;
mod grpc;
mod ledger;
mod limits;
mod load;
mod long;
mod machine;
mod offline;
mod peers;
mod process;
mod report;
mod rows;
mod serving;
mod stream;
mod suite;
mod table;
mod trial;
mod unary;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Parser;
use hefu_tests::world::{ORIGIN, keys};
use hefu_types::vkey::VerifierKey;

use report::Report;
use rows::{PEERS, ROWS, Row};
use suite::Suite;
use table::Table;

/// Measures submissions, verification and replay beside this machine's own limits.
#[derive(Parser)]
#[command(name = "hefu-bench", version)]
struct Cli {
    /// How long each load lasts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How often each row is measured; the table shows the median.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Only these rows.
    #[arg(long, value_name = "ROW", value_delimiter = ',')]
    only: Vec<String>,
    /// Instead build a ledger of 100,000 entries and one of ten million, and measure the server's starts, memory and proofs.
    #[arg(long)]
    long: bool,
    /// How many entries `--long` and `--fill` mean; fewer for a try.
    #[arg(long, default_value_t = 10_000_000, hide = true)]
    entries: usize,
    /// Measure nothing: only write a ledger of `--entries` into this fresh folder, for programs that want a long log.
    #[arg(long, value_name = "DIR", hide = true)]
    fill: Option<PathBuf>,
    /// Instead measure other stores beside the stream; their programs are in this folder (`cargo xtask bench peers`).
    #[arg(long, value_name = "DIR", conflicts_with_all = ["long", "fill"])]
    peers: Option<PathBuf>,
    /// Write the figures to this file, too, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The folder to work in; a new folder is made inside, and removed [default: the system's temporary folder].
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Some(data) = &cli.fill {
        return fill(data, cli.entries);
    }
    let rows = chosen(&cli)?;
    let folder = cli.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new().prefix("hefu-bench-").tempdir_in(folder)?;
    let machine = machine::machine(folder.path());
    println!("{machine}");
    let mut suite = Suite::new(folder.path(), cli.peers.clone(), cli.seconds, cli.runs as usize)?;
    println!("{}", suite.before);
    let mut outcomes = vec![];
    if cli.long {
        outcomes.push(long::measure(folder.path(), cli.entries, cli.runs as usize).inspect(|long| println!("{long}"))?);
    } else {
        for row in rows {
            outcomes.push(suite.row(row)?);
        }
    }
    let after = suite.limits()?;
    let report = Report::new(machine, suite.before.clone(), after, outcomes);
    println!("{}", Table(&report));
    if let Some(path) = &cli.json {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

/// The rows that were asked for, in their own order.
fn chosen(cli: &Cli) -> anyhow::Result<Vec<&'static Row>> {
    let rows = if cli.peers.is_some() { PEERS } else { ROWS };
    if let Some(unknown) = cli.only.iter().find(|name| rows.iter().all(|row| row.name != name.as_str())) {
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        bail!("there is no row {unknown:?}; there are {}", names.join(", "));
    }
    let is_chosen = |row: &&Row| cli.only.is_empty() || cli.only.iter().any(|name| name == row.name);
    Ok(rows.iter().filter(is_chosen).collect())
}

/// Writes a ledger, and names the key of its checkpoints as `hefud init` does.
fn fill(data: &Path, entries: usize) -> anyhow::Result<()> {
    fill::write(data, ledger::Shape::SINGLE, entries)?;
    println!("checkpoint key  {}", VerifierKey::new(ORIGIN, keys("checkpoint").public())?);
    Ok(())
}
