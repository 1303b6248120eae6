//! Where the log must end, and what it must pass through: from files, or under the log's key.

use hefu_types::checkpoint::CheckpointError;
use hefu_types::note::NoteError;
use hefu_types::{ChainHash, Checkpoint, Cosignature, Note, Policy, SignedCheckpoint, Size, VerifierKey};
use hefu_verify::{End, Export, Head, LogKeys};
use serde::Deserialize;

use super::VerifyArgs;
use crate::args::read_policy;
use crate::failure::{Exit, Failure};
use crate::lang::{both, note};
use crate::output::{Cell as _, Time};

/// The part of a printed head that counts.
#[derive(Debug, Deserialize)]
struct PrintedHead {
    size: u64,
    chain_hash: ChainHash,
}

/// The end that the log must have, from a source that is not the export, or signed by its key.
pub(super) fn end(args: &VerifyArgs, export: &Export) -> Result<End, Failure> {
    let Some(key) = &args.key else { return Ok(head(args)?.into()) };
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    let mut signed = Signed { key, export, heirs: None };
    let note = match &args.checkpoint {
        Some(path) => std::fs::read(path).map_err(|e| Failure::file(path, &e))?.into(),
        None => export.checkpoint()?.ok_or_else(|| {
            Failure::usage(
                both!("the export holds no checkpoint", "导出中没有检查点"),
                "Give one with --checkpoint, or a head with --head.",
            )
        })?,
    };
    let last = signed.open(&note)?;
    let cosignatures = policy.as_ref().map(|policy| quorum(&last, policy)).transpose()?.unwrap_or_default();
    cosignatures.iter().for_each(tell);
    args.through.iter().try_fold(End::at(last, &cosignatures), |end, path| {
        let note = std::fs::read(path).map_err(|e| Failure::file(path, &e))?;
        let older = signed.open_older(&note).map_err(|failure| failure.of_file(path))?;
        if older.checkpoint().size() > end.size() {
            let detail =
                format!("{} is of {} entries, the log of {}", path.display(), older.checkpoint().size(), end.size());
            return Err(Failure::usage(detail, "Give older checkpoints than the one that the log must end in."));
        }
        // One that no quorum cosigned still says what the log must pass through, if not when.
        let cosignatures = policy.as_ref().and_then(|policy| quorum(&older, policy).ok()).unwrap_or_default();
        Ok(end.through(older, &cosignatures))
    })
}

/// Reads checkpoints that the log signed: with the key that is trusted, or, if the log has replaced it, with one that follows it.
struct Signed<'a> {
    key: &'a VerifierKey,
    export: &'a Export,
    heirs: Option<LogKeys>,
}

impl Signed<'_> {
    fn open(&mut self, bytes: &[u8]) -> Result<SignedCheckpoint, Failure> {
        let opened = self.open_known(bytes)?;
        Self::signed(opened)
    }

    /// One from before: also of a key that the trusted one replaced. The entries name that one, and the verification, which ends
    /// in what the trusted key signed, holds that it signed at that size.
    fn open_older(&mut self, bytes: &[u8]) -> Result<SignedCheckpoint, Failure> {
        let opened = match self.open_known(bytes)? {
            Err(CheckpointError::Note(NoteError::NotSigned(_))) => {
                let (size, note) = Self::signed(parse(bytes))?;
                let keys = self.export.own_log_keys(size)?;
                SignedCheckpoint::from_note_by_any(note, keys.iter().flat_map(LogKeys::keys))
            }
            opened => opened,
        };
        Self::signed(opened)
    }

    fn open_known(&mut self, bytes: &[u8]) -> Result<Result<SignedCheckpoint, CheckpointError>, Failure> {
        match SignedCheckpoint::open(bytes, self.key) {
            Err(CheckpointError::Note(NoteError::NotSigned(_))) => self.open_by_heirs(bytes),
            opened => Ok(opened),
        }
    }

    fn signed<T>(opened: Result<T, CheckpointError>) -> Result<T, Failure> {
        opened.map_err(|e| {
            let remedy = both!(
                "Keep the export: it may be evidence. Check that the key is the one of this log.",
                "请保留该导出，它可能是证据；并确认密钥属于该日志。"
            );
            let detail = "the checkpoint is not signed by this key";
            Failure::new(Exit::Broken, "CHECKPOINT_INVALID", detail, remedy).because(&e)
        })
    }

    /// With the keys that the entries before the checkpoint name, each endorsed by the one before.
    fn open_by_heirs(&mut self, bytes: &[u8]) -> Result<Result<SignedCheckpoint, CheckpointError>, Failure> {
        let (size, note) = match parse(bytes) {
            Ok(parsed) => parsed,
            Err(e) => return Ok(Err(e)),
        };
        let heirs = match self.heirs.take() {
            Some(heirs) => heirs,
            None => self.export.log_keys(self.key, size)?,
        };
        Ok(SignedCheckpoint::from_note_by_any(note, self.heirs.insert(heirs).keys()))
    }
}

/// A checkpoint's size and note; nobody's signature is looked at.
fn parse(bytes: &[u8]) -> Result<(Size, Note), CheckpointError> {
    let note = Note::from_bytes(bytes)?;
    Ok((Checkpoint::parse_body(note.text())?.size(), note))
}

/// The cosignatures of the witnesses of a policy, if they are enough.
fn quorum(signed: &SignedCheckpoint, policy: &Policy) -> Result<Vec<Cosignature>, Failure> {
    let remedy = "Keep the checkpoint; ask the operator, or the witnesses, for one that they cosigned.";
    policy.check(signed).map_err(|e| {
        let detail = "the checkpoint is not cosigned as the policy asks";
        Failure::new(Exit::Broken, "CHECKPOINT_INVALID", detail, remedy).because(&e)
    })
}

fn tell(cosignature: &Cosignature) {
    let millis = i64::try_from(cosignature.timestamp().saturating_mul(1_000)).unwrap_or(i64::MAX);
    let (witness, at) = (cosignature.key().name(), Time(millis).short());
    note!("cosigned by {witness} at {at}", "由 {witness} 于 {at} 见证签名");
}

fn head(args: &VerifyArgs) -> Result<Head, Failure> {
    if let (Some(size), Some(chain_hash)) = (args.size, args.chain_hash) {
        return Ok(Head { size: Size::new(size), chain_hash });
    }
    let path = args.head.as_ref().expect("the command line asks for one of the two");
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))?;
    let printed: PrintedHead = serde_json::from_str(&text).map_err(|e| {
        let detail = format!("{} is no head", path.display());
        Failure::usage(
            detail,
            both!("Give the output of `hefu --output json log head`.", "请给出 `hefu --output json log head` 的输出。"),
        )
        .because(&e)
    })?;
    Ok(Head { size: Size::new(printed.size), chain_hash: printed.chain_hash })
}
