//! `hefu key request`.

use std::path::PathBuf;

use hefu_types::event::membership::{Algorithm, KeyEnrolled, Role};
use hefu_types::sign::Keypair;
use hefu_types::{Code, LedgerId, Text};

use crate::commands::request::KeyRequest;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::signer::SignerArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct MakeArgs {
    #[command(flatten)]
    signer: SignerArgs,
    /// The member that the key will speak for.
    #[arg(long, value_name = "CODE")]
    member: Code,
    /// A role: admin, office, operator, reporter, approver, auditor or trader; may be given again. A member's first key
    /// needs admin.
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<Role>,
    /// A pseudonym of the person or device behind the key: it is public for ever.
    #[arg(long, value_name = "PSEUDONYM", value_parser = text)]
    holder: Text,
    /// The office will enrol it for an existing member.
    #[arg(long)]
    recovery: bool,
    /// The ledger's id; asked from the server without it.
    #[arg(long, value_name = "HEX")]
    ledger: Option<LedgerId>,
    /// The file to make with the request, an existing one is never overwritten; stdout without it.
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A text of a command line.
pub(crate) fn text(text: &str) -> Result<Text, String> {
    Text::new(text).map_err(|e| e.to_string())
}

pub(crate) async fn run(context: &Context, args: MakeArgs) -> Result<(), Failure> {
    let keys = args.signer.load()?;
    let ledger = match args.ledger {
        Some(ledger) => ledger,
        None => context.reader()?.head().await?.ledger,
    };
    let out = args.out.clone();
    let request = make(&keys, ledger, args);
    let json = serde_json::to_string_pretty(&request).expect("a request is JSON") + "\n";
    match out {
        None => Ok(output::print(&json)?),
        Some(path) => output::create(&path, &json),
    }
}

fn make(keys: &Keypair, ledger_id: LedgerId, args: MakeArgs) -> KeyRequest {
    let MakeArgs { member, mut roles, holder, recovery, .. } = args;
    roles.sort_unstable();
    roles.dedup();
    let algorithm = Algorithm::Ed25519;
    let mut key_enrolled = KeyEnrolled { member, key: keys.public(), algorithm, roles, holder, recovery, proof: None };
    key_enrolled.proof = Some(keys.prove_enrolment(&ledger_id, &key_enrolled));
    KeyRequest { ledger_id, key_enrolled }
}
