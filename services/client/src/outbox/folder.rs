//! The files of an outbox.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hefu_types::limits::PROOF_BYTES_MAX;
use hefu_types::{KeySeq, LedgerId, Opening, PublicKey, Refusal, Signature, SignedSubmission, TlogProof};

use zeroize::Zeroizing;

use super::{Link, OutboxError};
use crate::Position;
use crate::files::{create_new, fingerprint, replace, sync_directory};
use crate::position::field;

const SUBMISSION: &str = "sub";
const POSITION: &str = "ack";
const RECEIPT: &str = "tlog-proof";
const OPENINGS: &str = "openings";
/// Hex digits of the submission hash in the name of a refused one: several may be refused under one number.
const HASH_DIGITS: usize = 16;

/// The directory of an outbox.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Opens or makes the directory and takes its lock.
    pub(super) fn open(path: &Path) -> Result<(Self, File), OutboxError> {
        let io = |source| OutboxError::io(path, source);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        let mut options = OpenOptions::new();
        let lock = options.create(true).append(true).mode(0o600).open(path.join("lock")).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok((Self(path.to_owned()), lock)),
            Err(TryLockError::WouldBlock) => Err(OutboxError::Busy { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// The directory, to be read only.
    pub(super) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The outbox belongs to this ledger and key; a new one does so from now on.
    pub(super) fn check_identity(&self, ledger: LedgerId, key: PublicKey) -> Result<(), OutboxError> {
        if self.belongs_to(ledger, key)? {
            return Ok(());
        }
        self.create("identity", format!("ledger {ledger}\nkey {key}\n").as_bytes())
    }

    /// The ledger and the key that the outbox belongs to; nothing when to none yet.
    pub(super) fn identity(&self) -> Result<Option<(LedgerId, PublicKey)>, OutboxError> {
        let Some(text) = self.text("identity")? else { return Ok(None) };
        let damaged = |_| self.damaged("identity");
        let mut lines = text.lines();
        let ledger = field(lines.next(), "ledger").map_err(damaged)?;
        Ok(Some((ledger, field(lines.next(), "key").map_err(damaged)?)))
    }

    /// Whether the outbox belongs to this ledger and key; `false` when it belongs to none yet, an error when to others.
    pub(super) fn belongs_to(&self, ledger: LedgerId, key: PublicKey) -> Result<bool, OutboxError> {
        let Some((of_ledger, of_key)) = self.identity()? else { return Ok(false) };
        self.check_same("ledger", of_ledger.to_string(), ledger.to_string())?;
        self.check_same("key", of_key.to_string(), key.to_string())?;
        Ok(true)
    }

    fn check_same(&self, what: &'static str, found: String, expected: String) -> Result<(), OutboxError> {
        if found == expected {
            return Ok(());
        }
        Err(OutboxError::Foreign { path: self.0.clone(), what, found, expected })
    }

    pub(super) fn base(&self) -> Result<Option<Link>, OutboxError> {
        let Some(text) = self.text("base")? else { return Ok(None) };
        let damaged = |_| self.damaged("base");
        let mut lines = text.lines();
        let key_seq = KeySeq::new(field(lines.next(), "key_seq").map_err(damaged)?);
        Ok(Some(Link { key_seq, hash: field(lines.next(), "submission_hash").map_err(damaged)? }))
    }

    pub(super) fn set_base(&self, base: Link) -> Result<(), OutboxError> {
        self.create("base", format!("key_seq {}\nsubmission_hash {}\n", base.key_seq, base.hash).as_bytes())
    }

    /// Every stored submission that was not moved aside, by number.
    pub(super) fn submissions(&self) -> Result<Vec<(KeySeq, SignedSubmission)>, OutboxError> {
        self.numbers()?.into_iter().map(|key_seq| Ok((key_seq, self.read(key_seq)?))).collect()
    }

    /// The numbers under which submissions are stored.
    pub(super) fn numbers(&self) -> Result<Vec<KeySeq>, OutboxError> {
        let mut numbers = Vec::new();
        for file in fs::read_dir(&self.0).map_err(|e| OutboxError::io(&self.0, e))? {
            let file = file.map_err(|e| OutboxError::io(&self.0, e))?;
            numbers.extend(number_of(&file.path()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(super) fn read(&self, key_seq: KeySeq) -> Result<SignedSubmission, OutboxError> {
        let name = name(key_seq, SUBMISSION);
        let bytes = fs::read(self.0.join(&name)).map_err(|e| OutboxError::io(&self.0.join(&name), e))?;
        let mut bytes = Bytes::from(bytes);
        if bytes.len() <= Signature::LEN {
            return Err(self.damaged(&name));
        }
        let signature = Signature::from_slice(&bytes.split_to(Signature::LEN)).expect("its length");
        Ok(SignedSubmission { submission: bytes, signature })
    }

    /// Stores a submission; it is durable when this returns.
    pub(super) fn store(&self, key_seq: KeySeq, signed: &SignedSubmission) -> Result<(), OutboxError> {
        let bytes = [signed.signature.as_bytes().as_slice(), &signed.submission].concat();
        self.create(&name(key_seq, SUBMISSION), &bytes)
    }

    /// Stores what opens the commitments of a submission that is to be stored; durable when this returns. What a crash left of another
    /// one gives way.
    pub(super) fn store_openings(&self, key_seq: KeySeq, openings: &[&Opening]) -> Result<(), OutboxError> {
        if openings.is_empty() {
            return self.forget_openings(key_seq);
        }
        let mut bytes = Zeroizing::new(vec![]);
        for opening in openings {
            let file = opening.to_file();
            bytes.extend(u32::try_from(file.len()).expect("a short value").to_be_bytes());
            bytes.extend_from_slice(&file);
        }
        let path = self.0.join(name(key_seq, OPENINGS));
        replace(&path, &bytes).map_err(|e| OutboxError::io(&path, e))
    }

    /// What opens the commitments of a stored submission; nothing when it has none.
    pub(super) fn openings(&self, key_seq: KeySeq) -> Result<Vec<Opening>, OutboxError> {
        let name = name(key_seq, OPENINGS);
        let path = self.0.join(&name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
            Err(e) => return Err(OutboxError::io(&path, e)),
        };
        let (mut rest, mut found) = (&bytes[..], vec![]);
        while !rest.is_empty() {
            let (opening, behind) = split_opening(rest).ok_or_else(|| self.damaged(&name))?;
            found.push(opening);
            rest = behind;
        }
        Ok(found)
    }

    /// Deletes what opens the commitments of a submission, which is answered or refused.
    pub(super) fn forget_openings(&self, key_seq: KeySeq) -> Result<(), OutboxError> {
        let path = self.0.join(name(key_seq, OPENINGS));
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(OutboxError::io(&path, e)),
            _ => Ok(()),
        }
    }

    /// The position that the submission has beside it. A torn or foreign one counts as none.
    pub(super) fn position(&self, link: Link) -> Option<Position> {
        let text = fs::read_to_string(self.0.join(name(link.key_seq, POSITION))).unwrap_or_default();
        text.parse::<Position>().ok().filter(|position| position.submission_hash == link.hash)
    }

    /// The file of a receipt that was kept.
    pub(super) fn receipt(&self, key_seq: KeySeq) -> Option<PathBuf> {
        Some(self.0.join(name(key_seq, RECEIPT))).filter(|path| path.is_file())
    }

    /// A receipt that was kept, if there is one: its file, and as many bytes as a receipt can have and one more.
    pub(super) fn read_receipt(&self, key_seq: KeySeq) -> Result<Option<(PathBuf, Vec<u8>)>, OutboxError> {
        let path = self.0.join(name(key_seq, RECEIPT));
        let mut bytes = vec![];
        let read = File::open(&path).and_then(|file| file.take(PROOF_BYTES_MAX as u64 + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) => Ok(Some((path, bytes))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(OutboxError::io(&path, e)),
        }
    }

    /// Puts another receipt into the place of one.
    pub(super) fn replace_receipt(&self, key_seq: KeySeq, receipt: &[u8]) -> Result<(), OutboxError> {
        let path = self.0.join(name(key_seq, RECEIPT));
        replace(&path, receipt).map_err(|e| OutboxError::io(&path, e))
    }

    /// Keeps a receipt. Another one that was given before is moved aside, unless a crash tore it: both are the log's word.
    pub(super) fn keep_receipt(&self, key_seq: KeySeq, receipt: &[u8]) -> Result<(), OutboxError> {
        let before = self.read_receipt(key_seq)?.map(|(_, before)| before);
        if before.is_some_and(|before| before != receipt && TlogProof::from_bytes(&before).is_ok()) {
            self.move_receipt_aside(key_seq)?;
        }
        let path = self.0.join(name(key_seq, RECEIPT));
        fs::write(&path, receipt).map_err(|e| OutboxError::io(&path, e))
    }

    /// Moves a receipt aside, if there is one, under a name that tells it from others of its number.
    fn move_receipt_aside(&self, key_seq: KeySeq) -> Result<(), OutboxError> {
        let Some((path, receipt)) = self.read_receipt(key_seq)? else { return Ok(()) };
        let aside = self.0.join(format!("{:020}-{}.{RECEIPT}", key_seq.get(), fingerprint(&receipt)));
        fs::rename(&path, aside).map_err(|e| OutboxError::io(&path, e))
    }

    /// Writes a position. Not synced: without it the same bytes are sent again and answered with the same position.
    pub(super) fn note_position(&self, key_seq: KeySeq, position: &Position) -> Result<(), OutboxError> {
        let path = self.0.join(name(key_seq, POSITION));
        fs::write(&path, position.to_string()).map_err(|e| OutboxError::io(&path, e))
    }

    /// Moves a refused submission aside: first its reason, then, by one rename, its number is free.
    pub(super) fn set_aside(&self, link: Link, refusal: &Refusal) -> Result<(), OutboxError> {
        let hash = link.hash.to_string();
        let stem = format!("{:020}-{}", link.key_seq.get(), &hash[..HASH_DIGITS]);
        let reason = self.0.join(format!("{stem}.reason"));
        let text = format!("reason {}\nfield {}\ndetail {}\n", refusal.reason, refusal.field, refusal.detail);
        fs::write(&reason, text).map_err(|e| OutboxError::io(&reason, e))?;
        // It was recorded first and refused later, if there is one: nothing that comes under the number may hide that.
        self.move_receipt_aside(link.key_seq)?;
        self.forget_openings(link.key_seq)?;
        let from = self.0.join(name(link.key_seq, SUBMISSION));
        fs::rename(&from, self.0.join(format!("{stem}.refused"))).map_err(|e| OutboxError::io(&from, e))?;
        sync_directory(&self.0).map_err(|e| OutboxError::io(&self.0, e))
    }

    fn text(&self, name: &str) -> Result<Option<String>, OutboxError> {
        let path = self.0.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(OutboxError::io(&path, e)),
        }
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), OutboxError> {
        let path = self.0.join(name);
        create_new(&path, bytes).map_err(|e| OutboxError::io(&path, e))
    }

    pub(super) fn damaged(&self, name: &str) -> OutboxError {
        OutboxError::Damaged { path: self.0.join(name) }
    }
}

/// The first of several openings, each with its length before it, and the rest.
fn split_opening(bytes: &[u8]) -> Option<(Opening, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (file, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some((Opening::from_file(file)?, rest))
}

fn name(key_seq: KeySeq, extension: &str) -> String {
    format!("{:020}.{extension}", key_seq.get())
}

fn number_of(path: &Path) -> Option<KeySeq> {
    let stem = path.file_stem()?.to_str()?;
    let is_submission = path.extension()? == SUBMISSION && stem.len() == 20;
    stem.parse().ok().filter(|_| is_submission).map(KeySeq::new)
}
