//! `hefu witness`: watch over logs, and cosign what follows from what was seen before.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hefu_http::Limits;
use hefu_types::VerifierKey;
use tokio::net::TcpListener;

use crate::failure::{Exit, Failure};
use crate::lang::note;
use crate::signals::{self, cannot_listen};
use crate::witness::{self, Witness, WitnessError};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum WitnessCommand {
    /// Make a witness's folder with a new key, and print the key for policies.
    Init {
        /// The folder.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The witness's name, best a URL without scheme, such as `witness.example.org`; it is part of the key.
        #[arg(long)]
        name: String,
    },
    /// Serve a witness over HTTP (C2SP tlog-witness) until told to stop.
    Serve(ServeArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The folder that `hefu witness init` made.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to listen; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7410")]
    listen: SocketAddr,
    /// The verifier key of a log to look after; may be repeated.
    #[arg(long, value_name = "VKEY", required = true)]
    log: Vec<VerifierKey>,
}

pub(crate) async fn run(command: WitnessCommand) -> Result<(), Failure> {
    match command {
        WitnessCommand::Init { data, name } => {
            println!("{}", Witness::init(&data, &name)?);
            let data = data.display();
            note!(
                "{data} is made; keep its key, nobody can make it again",
                "已生成 {data}；请保管好其中的密钥，任何人都无法再次生成"
            );
            Ok(())
        }
        WitnessCommand::Serve(args) => serve(&args).await,
    }
}

async fn serve(args: &ServeArgs) -> Result<(), Failure> {
    let witness = Arc::new(Witness::open(&args.data, &args.log)?);
    let stop = signals::stop()?;
    let listener = TcpListener::bind(args.listen).await.map_err(|e| cannot_listen(args.listen, &e))?;
    println!("witness on http://{}", listener.local_addr()?);
    println!("{}", witness.vkey());
    witness::serve(listener, witness, Limits::default(), stop).await;
    Ok(())
}

impl From<WitnessError> for Failure {
    fn from(error: WitnessError) -> Self {
        match error {
            WitnessError::Key(error) => error.into(),
            WitnessError::File { path, source } => Self::file(&path, &source),
            WitnessError::Busy { .. } => {
                Self::new(Exit::Refused, "WITNESS_BUSY", error.to_string(), "Stop the other one first.")
            }
            WitnessError::Damaged { .. } => {
                let remedy = "Bring back the file that the witness last wrote; an older one would let a fork pass.";
                Self::new(Exit::Refused, "WITNESS_DAMAGED", error.to_string(), remedy)
            }
            WitnessError::NameInvalid(_) | WitnessError::KeyEncrypted { .. } | WitnessError::NoLogKey(_) => {
                Self::usage(error.to_string(), "Correct it and try again.")
            }
        }
    }
}
