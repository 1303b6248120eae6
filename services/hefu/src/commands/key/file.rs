//! Key files: nothing here talks to a server.

use std::path::PathBuf;

use hefu_client::keyfile;
use hefu_types::PublicKey;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::lang::{both, note};
use crate::output::{Hash, record};
use crate::signer;

#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// The file to make, such as me.pem; an existing one is never overwritten.
    out: PathBuf,
    /// Encrypt it with a passphrase that is asked for.
    #[arg(long, conflicts_with = "passphrase_file")]
    encrypt: bool,
    /// Encrypt it with the first line of this file.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// A private key, or a public key as hex or PEM.
    file: PathBuf,
    /// A file whose first line is the private key's passphrase.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

record! {
    /// A public key in its forms.
    struct KeyRow {
        both key: Hash,
        both pem: String,
    }
}

fn row(key: &PublicKey) -> KeyRow {
    KeyRow { key: Hash::of(key.as_bytes()), pem: keyfile::public_pem(key).trim_end().to_owned() }
}

pub(crate) fn new(context: &Context, args: &NewArgs) -> Result<(), Failure> {
    let passphrase = match &args.passphrase_file {
        Some(file) => Some(signer::from_file(file)?),
        None if args.encrypt => Some(chosen()?),
        None => None,
    };
    let keys = keyfile::generate();
    keyfile::create(&args.out, &keys, passphrase.as_ref().map(|p| p.as_str()))?;
    let out = args.out.display();
    note!("{out} is made; keep it, nobody can make it again", "已生成 {out}；请妥善保管，任何人都无法再次生成");
    context.one(&row(&keys.public()))
}

fn chosen() -> Result<Zeroizing<String>, Failure> {
    let first = signer::ask("New passphrase: ")?;
    let second = signer::ask("The same again: ")?;
    if first.is_empty() || first != second {
        return Err(Failure::usage(both!("the passphrases are empty or differ", "口令为空或两次不一致"), "Try again."));
    }
    Ok(first)
}

pub(crate) fn show(context: &Context, args: &ShowArgs) -> Result<(), Failure> {
    let text = std::fs::read_to_string(&args.file).map(Zeroizing::new).map_err(|e| Failure::file(&args.file, &e))?;
    let key = match keyfile::parse_public(&text) {
        Some(key) => key,
        None => signer::load(&args.file, args.passphrase_file.as_deref())?.public(),
    };
    context.one(&row(&key))
}
