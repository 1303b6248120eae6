//! `hefud`: opens a ledger and serves it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hefu_client::CheckpointKeyRequest;
use hefu_journal::OpenError;
use hefu_proto::v1;
use hefu_types::{Refusal, Size};
use hefud::config::Settings;
use hefud::init::{self, InitArgs};
use hefud::witnesses::Evidence;
use hefud::{Server, operator, telemetry};
use tokio::signal::unix::{SignalKind, signal};

/// Threads of different priority free what others allocated: with an allocator that takes locks for it, the one that works
/// behind the others can hold them up.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The ledger's server. Exits with 0 when all went well, 1 when not, 2 when called wrongly.
#[derive(Parser)]
#[command(name = "hefud", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Opens a new ledger in a fresh folder.
    Init(InitArgs),
    /// Serves the ledger of a folder until it is told to stop (SIGTERM or Ctrl-C).
    Serve {
        /// A TOML file with the same settings; flags and environment win over it.
        #[arg(long, env = "HEFUD_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Looks after the views of a running server.
    #[command(subcommand)]
    View(ViewCommand),
    /// Looks after the keys that sign checkpoints.
    #[command(subcommand)]
    CheckpointKey(CheckpointKeyCommand),
    /// Shows how the witnesses of a running server stand.
    Witnesses {
        /// The server's data folder.
        #[arg(long, env = "HEFUD_DATA", value_name = "DIR")]
        data: PathBuf,
    },
}

#[derive(Subcommand)]
enum ViewCommand {
    /// Builds a view again from the log, beside the one that is read, while the server runs.
    Rebuild {
        /// The server's data folder.
        #[arg(long, env = "HEFUD_DATA", value_name = "DIR")]
        data: PathBuf,
        /// The view: members, plan or series.
        name: String,
    },
}

#[derive(Subcommand)]
enum CheckpointKeyCommand {
    /// Makes a new key on a running server, and the request that the office records with `hefu checkpoint-key replace`.
    Prepare {
        /// The server's data folder.
        #[arg(long, env = "HEFUD_DATA", value_name = "DIR")]
        data: PathBuf,
        /// The largest size of the log at which the present key signs beside the new one: leave witnesses and monitors the
        /// time to learn the new key.
        #[arg(long, value_name = "SIZE")]
        valid_to: u64,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Init(args) => init(&args),
        Command::Serve { config, settings } => serve(config, settings),
        Command::View(ViewCommand::Rebuild { data, name }) => rebuild(&data, name),
        Command::CheckpointKey(CheckpointKeyCommand::Prepare { data, valid_to }) => prepare(&data, valid_to),
        Command::Witnesses { data } => witnesses(&data),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let code = e.chain().find_map(|cause| cause.downcast_ref::<OpenError>()).map(OpenError::code);
            let refusal = e.chain().find_map(|cause| cause.downcast_ref::<Refusal>()).map(|refusal| refusal.reason);
            let evidence = e.chain().find_map(|cause| cause.downcast_ref::<Evidence>()).map(Evidence::code);
            match code.or(refusal).or(evidence) {
                Some(reason) => eprintln!("hefud: {reason}: {e:#}\n  do  {}", reason.remedy()),
                None => eprintln!("hefud: {e:#}"),
            }
            ExitCode::FAILURE
        }
    }
}

fn init(args: &InitArgs) -> anyhow::Result<()> {
    let opened = init::init(args)?;
    println!("ledger id       {}", opened.ledger_id);
    println!("checkpoint key  {}", opened.checkpoint_key);
    for (whose, path) in &opened.made {
        println!("made            {whose}: {}", path.display());
    }
    if !opened.made.is_empty() {
        eprintln!("Give these keys to their holders and delete them here; keep the recovery key offline.");
    }
    eprintln!("Next: hefud serve --data {}", args.data.display());
    Ok(())
}

fn serve(file: Option<PathBuf>, settings: Settings) -> anyhow::Result<()> {
    let settings = match file {
        Some(path) => settings.or(Settings::from_file(&path)?),
        None => settings,
    };
    let config = settings.resolve()?;
    telemetry::install(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let server = Server::start(&config).await?;
        // All that goes to stdout: a script that asked for port 0 reads the ports here.
        let addresses = format!("listening on {}\nfiles on http://{}\n", server.address(), server.http_address());
        // In one piece, and never mind whether anybody reads it: a closed pipe must not stop a server.
        drop(std::io::stdout().write_all(addresses.as_bytes()));
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        tracing::info!("stopping");
        server.stop().await;
        Ok(())
    })
}

fn rebuild(data: &std::path::Path, name: String) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(operator::rebuild_view(data, name))?;
    println!("size    {}", answer.size);
    println!("digest  {}", hex::encode(&answer.digest));
    Ok(())
}

fn prepare(data: &std::path::Path, valid_to: u64) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ledger_id, event) = runtime.block_on(operator::prepare_checkpoint_key(data, Size::new(valid_to)))?;
    eprintln!("The new key is {}", event.replacement);
    eprintln!("Next: let the office record this request with `hefu checkpoint-key replace`.");
    println!("{}", serde_json::to_string_pretty(&CheckpointKeyRequest { ledger_id, checkpoint_key_replaced: event })?);
    Ok(())
}

fn witnesses(data: &std::path::Path) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(operator::list_witnesses(data))?;
    println!("size    {}", answer.size);
    println!("writes  {}", if answer.gate_closed { "wait for a quorum of witnesses" } else { "are taken" });
    for v1::Witness { name, size, trouble, since } in answer.witnesses {
        let state = if trouble.is_empty() { "well".to_owned() } else { trouble };
        println!(
            "{name}  cosigned {size}, {} behind; since {}: {state}",
            answer.size.saturating_sub(size),
            time(since)
        );
    }
    Ok(())
}

fn time(millis: i64) -> String {
    hefu_types::Millis::new(millis).utc()
}
