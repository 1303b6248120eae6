//! A new ledger in a fresh folder: keys, and the genesis entry through the same write path as every other.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use hefu_client::keyfile::{self, KeyFile};
use hefu_journal::{Journal, Keeper, Options, RocksStore};
use hefu_rules::admit;
use hefu_types::event::membership::{GenesisKey, LedgerLimits, LedgerOpened};
use hefu_types::ids::Nonce;
use hefu_types::limits::{EVENTS_MAX, SUBMISSION_BYTES_MAX};
use hefu_types::note::NoteSigner;
use hefu_types::sign::Keypair;
use hefu_types::vkey::{VerifierKey, is_name};
use hefu_types::{Code, KeySeq, LedgerId, Millis, Name, PublicKey, Submission, SubmissionHash, Text, hash};

use crate::config::{checkpoint_key_of, head_file_of, journal_of};

/// What `hefud init` is told.
#[derive(Clone, Debug, clap::Args)]
pub struct InitArgs {
    /// The folder to make; it must not exist, or be empty.
    #[arg(long, env = "HEFUD_DATA", value_name = "DIR")]
    pub data: PathBuf,
    /// The log's origin, a URL without scheme, such as `example.org/guizhou`; it names the log for ever.
    #[arg(long)]
    pub origin: String,
    /// The ledger's title in Chinese.
    #[arg(long, default_value = "")]
    pub title_zh: String,
    /// The ledger's title in English.
    #[arg(long, default_value = "")]
    pub title_en: String,
    /// The office's member code.
    #[arg(long, default_value = "office")]
    pub office: String,
    /// The office's name in Chinese.
    #[arg(long, default_value = "联席会议办公室")]
    pub office_zh: String,
    /// The office's name in English.
    #[arg(long, default_value = "Office of the Joint Conference")]
    pub office_en: String,
    /// The operator's member code.
    #[arg(long, default_value = "operator")]
    pub operator: String,
    /// The operator's name in Chinese.
    #[arg(long, default_value = "平台运营单位")]
    pub operator_zh: String,
    /// The operator's name in English.
    #[arg(long, default_value = "Platform operator")]
    pub operator_en: String,
    /// A private key of the office, which signs the genesis entry [default: a new one].
    #[arg(long, value_name = "FILE")]
    pub office_key: Option<PathBuf>,
    /// The public key of another office key, in hex or as a PEM file; may be repeated [default: a new key].
    #[arg(long, value_name = "KEY")]
    pub office_public: Vec<String>,
    /// The recovery key's public key, in hex or as a PEM file [default: a new key].
    #[arg(long, value_name = "KEY")]
    pub recovery_public: Option<String>,
    /// The operator's public event key, in hex or as a PEM file [default: a new key].
    #[arg(long, value_name = "KEY")]
    pub operator_public: Option<String>,
    /// Where keys that were not given are written, without a passphrase [default: DIR/keys].
    #[arg(long, value_name = "DIR")]
    pub keys_dir: Option<PathBuf>,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The ledger's id.
    pub ledger_id: LedgerId,
    /// The checkpoint key, for whoever will verify the log.
    pub checkpoint_key: VerifierKey,
    /// Private keys that were made and belong elsewhere, with whose they are.
    pub made: Vec<(&'static str, PathBuf)>,
}

/// Makes keys as they are asked for, and remembers which.
struct Keys {
    dir: PathBuf,
    made: Vec<(&'static str, PathBuf)>,
}

impl Keys {
    fn make(&mut self, name: &'static str) -> anyhow::Result<Keypair> {
        let keys = keyfile::generate();
        let path = self.dir.join(format!("{name}.pem"));
        keyfile::create(&path, &keys, None)?;
        self.made.push((name, path));
        Ok(keys)
    }

    fn public(&mut self, given: Option<&str>, name: &'static str) -> anyhow::Result<PublicKey> {
        match given {
            None => Ok(self.make(name)?.public()),
            Some(text) => read_public(text),
        }
    }
}

fn read_public(text: &str) -> anyhow::Result<PublicKey> {
    let content = if Path::new(text).is_file() { std::fs::read_to_string(text)? } else { text.to_owned() };
    keyfile::parse_public(&content).with_context(|| format!("{text} is no public key in hex or PEM"))
}

/// Opens a new ledger.
///
/// # Errors
/// When the folder is not fresh, a key can't be read or written, or the genesis contradicts itself.
pub fn init(args: &InitArgs) -> anyhow::Result<Opened> {
    check_fresh(&args.data)?;
    if !is_name(&args.origin) || args.origin.contains("://") {
        bail!("the origin {:?} must be 1 to 255 characters without spaces and '+', and without a scheme", args.origin);
    }
    // Everything that can be wrong with what was given is found before the first file is written.
    let given = args.office_public.iter().chain(&args.recovery_public).chain(&args.operator_public);
    given.into_iter().try_for_each(|text| read_public(text).map(drop))?;
    let dir = args.keys_dir.clone().unwrap_or_else(|| args.data.join("keys"));
    std::fs::create_dir_all(&dir).with_context(|| format!("can't make {}", dir.display()))?;
    let mut keys = Keys { dir, made: Vec::new() };
    let signer = match &args.office_key {
        None => keys.make("office-1")?,
        Some(path) => match keyfile::read(path)? {
            KeyFile::Plain(pair) => pair,
            KeyFile::Encrypted(_) => bail!("{} is encrypted; decrypt it for this one step", path.display()),
        },
    };
    let checkpoint = keyfile::generate();
    keyfile::create(&checkpoint_key_of(&args.data), &checkpoint, None)?;
    let vkey = VerifierKey::new(&args.origin, checkpoint.public())?;
    let opened = genesis(args, &mut keys, &signer, &vkey)?;
    let checkpoints = NoteSigner::new(&args.origin, checkpoint)?;
    let ledger_id = record(&args.data, &signer, checkpoints, opened)?;
    Ok(Opened { ledger_id, checkpoint_key: vkey, made: keys.made })
}

fn check_fresh(data: &Path) -> anyhow::Result<()> {
    if data.exists()
        && std::fs::read_dir(data).with_context(|| format!("can't read {}", data.display()))?.next().is_some()
    {
        bail!("{} is not empty; a ledger is opened in a fresh folder", data.display());
    }
    std::fs::create_dir_all(data).with_context(|| format!("can't make {}", data.display()))?;
    // Keys, and views of what is public anyway; nobody else has business there.
    std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("can't close {} to others", data.display()))
}

fn genesis(args: &InitArgs, keys: &mut Keys, signer: &Keypair, vkey: &VerifierKey) -> anyhow::Result<LedgerOpened> {
    let name = |zh: &str, en: &str| anyhow::Ok(Name { zh: Text::new(zh)?, en: Text::new(en)? });
    let named = |key, holder: String| anyhow::Ok(GenesisKey { key, holder: Text::new(&holder)? });
    let mut office_keys = vec![named(signer.public(), format!("{}-1", args.office))?];
    if args.office_public.is_empty() {
        office_keys.push(named(keys.make("office-2")?.public(), format!("{}-2", args.office))?);
    }
    for (text, number) in args.office_public.iter().zip(2..) {
        office_keys.push(named(read_public(text)?, format!("{}-{number}", args.office))?);
    }
    let mut nonce = [0; Nonce::LEN];
    getrandom::fill(&mut nonce).map_err(|e| anyhow::anyhow!("no randomness: {e}"))?;
    Ok(LedgerOpened {
        origin: Text::new(&args.origin)?,
        title: name(&args.title_zh, if args.title_en.is_empty() { &args.origin } else { &args.title_en })?,
        office: Code::new(&args.office)?,
        office_name: name(&args.office_zh, &args.office_en)?,
        office_keys,
        recovery_key: keys.public(args.recovery_public.as_deref(), "recovery")?,
        operator: Code::new(&args.operator)?,
        operator_name: name(&args.operator_zh, &args.operator_en)?,
        operator_key: named(keys.public(args.operator_public.as_deref(), "operator")?, format!("{}-1", args.operator))?,
        checkpoint_key: Text::new(&vkey.to_string())?,
        rules_version: 1,
        limits: LedgerLimits {
            max_events: u32::try_from(EVENTS_MAX)?,
            max_submission_bytes: u32::try_from(SUBMISSION_BYTES_MAX)?,
        },
        nonce: Nonce::from_bytes(nonce),
    })
}

/// The genesis entry walks the same way as every other: signed, admitted, decided, chained, synced.
fn record(data: &Path, signer: &Keypair, checkpoints: NoteSigner, opened: LedgerOpened) -> anyhow::Result<LedgerId> {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let submission = Submission {
        ledger_id: None,
        key: signer.public(),
        key_seq: KeySeq::NONE.next(),
        key_prev: SubmissionHash::NONE,
        created_at: Millis::new(i64::try_from(clock.as_millis())?),
        not_after: Millis::default(),
        events: vec![opened.into()],
    };
    let signed = submission.sign(signer);
    let ledger_id = hash::ledger_id(&signed.submission);
    let store = RocksStore::create(&journal_of(data)).context("the journal can't be created")?;
    let keeper = Keeper { signers: vec![checkpoints], path: head_file_of(data), accept_missing: false };
    let journal = Journal::open(Arc::new(store), keeper, Options::default())?;
    journal.submit(admit(signed)?)?.wait()?;
    journal.close();
    Ok(ledger_id)
}
