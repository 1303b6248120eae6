//! `hefu-bench`: how fast the platform is here, beside what this machine could do at best.
//!
//! It opens a small ledger in a fresh folder, starts `hefud` as a process of its own, and submits observations that were
//! signed beforehand, so that signing is not measured. Around that it measures the machine itself, in the same run: strict
//! signature verifications, which bound every honest design, and synced writes to the same disk. Then it verifies and
//! replays what was written, as an auditor would.
//!
//! It never measures a part in isolation that a user can't get in isolation, never warms up a server beyond a quarter of a
//! second, and never lets the server skip a sync or a signature. Load and server share the machine's cores, and the report
//! says so. It is no test: it asserts that everything sent was recorded, and no speed.
//!
//! Read next: `ledger.rs` (what is written), `load.rs` (how it is sent), docs/benchmarks.md (how to read the figures).

mod ledger;
mod limits;
mod load;
mod long;
mod offline;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use hefu_tests::child::Hefud;
use hefu_tests::server::{config, seed};
use hefu_tests::world::{ORIGIN, keys};
use hefu_types::vkey::VerifierKey;

use ledger::Bench;
use load::{Way, run};
use report::Report;

/// Measures submissions, verification and replay beside this machine's own limits.
#[derive(Parser)]
#[command(name = "hefu-bench", version)]
struct Cli {
    /// How long each load lasts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Instead build a ledger of 100,000 entries and one of ten million, and measure the server's starts, memory and proofs.
    #[arg(long)]
    long: bool,
    /// How many entries `--long` and `--fill` mean; fewer for a try.
    #[arg(long, default_value_t = 10_000_000, hide = true)]
    entries: usize,
    /// Measure nothing: only write a ledger of `--entries` into this fresh folder, for programs that want a long log.
    #[arg(long, value_name = "DIR", hide = true)]
    fill: Option<PathBuf>,
    /// Write the figures to this file, too, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The folder to work in; a new folder is made inside, and removed [default: the system's temporary folder].
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// The stream with receipts and without, in turns: so many pairs.
const PAIRS: usize = 5;
const PAIRED_IN_FLIGHT: usize = 256;

/// Submissions in flight that are measured, each way.
const IN_FLIGHT: [usize; 3] = [1, 64, 256];

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Some(data) = &cli.fill {
        return fill(data, cli.entries);
    }
    let folder = cli.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new().prefix("hefu-bench-").tempdir_in(folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = Report { machine: limits::machine(), ..Report::default() };
    report.limits = limits::measure(folder.path())?;
    print!("{}", report.head());
    if cli.long {
        let long = long::measure(folder.path(), cli.entries, &runtime)?;
        println!("{long}");
        report.long = Some(long);
    } else {
        measure(&cli, &folder.path().join("data"), &runtime, &mut report)?;
    }
    if let Some(path) = &cli.json {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

/// Writes a ledger, and names the key of its checkpoints as `hefud init` does.
fn fill(data: &std::path::Path, entries: usize) -> anyhow::Result<()> {
    long::write(data, entries)?;
    println!("checkpoint key  {}", VerifierKey::new(ORIGIN, keys("checkpoint").public())?);
    Ok(())
}

fn measure(
    cli: &Cli,
    data: &std::path::Path,
    runtime: &tokio::runtime::Runtime,
    report: &mut Report,
) -> anyhow::Result<()> {
    let ways = IN_FLIGHT.into_iter().flat_map(|n| [Way::Unary { in_flight: n }, Way::stream(n)]);
    let paired = [Way::stream(PAIRED_IN_FLIGHT), Way::declining(PAIRED_IN_FLIGHT)];
    let ways: Vec<Way> = ways.chain(paired.into_iter().cycle().take(2 * PAIRS)).collect();
    let mut bench = Bench::new(&ways);
    seed(&config(data.to_owned()), &bench.world);
    report.ledger = bench.describe();
    println!("{}\n\n{}", report.ledger, report::Load::HEAD);
    let server = Hefud::spawn(hefud(data)?);
    let address = format!("http://{}", server.address);
    for (index, way) in ways.iter().enumerate() {
        let signed = bench.sign(index, limits::enough(*way, cli.seconds, &report.limits));
        let measured = runtime.block_on(run(&address, *way, signed, Duration::from_secs(cli.seconds)))?;
        let load = report::Load::new(*way, &measured, &report.limits);
        println!("{load}");
        report.loads.push(load);
    }
    println!("\n{}", report.compare_receipts());
    let offline = offline::measure(&address, &data.with_file_name("export"), runtime)?;
    server.kill();
    println!("\n{offline}");
    report.offline = offline;
    Ok(())
}

/// `hefud serve` over a folder, built beside this program.
fn hefud(data: &std::path::Path) -> anyhow::Result<std::process::Command> {
    let program = std::env::current_exe()?.with_file_name("hefud");
    anyhow::ensure!(program.is_file(), "{} is not built; run `cargo xtask bench`", program.display());
    let mut command = std::process::Command::new(program);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--log", "warn", "--data"])
        .arg(data);
    Ok(command)
}
