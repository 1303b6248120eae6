//! Proofs to keep: that an entry is in a log whose checkpoint others have seen, in one file.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64>            (optional)
//! index <decimal>
//! <base64 of a hash>        (0 to 64 of them, from the leaf's sibling up)
//!
//! <the checkpoint's signed note>
//! ```
//!
//! A proof that is read proves nothing yet: the log's signature, the witnesses' and the path up to the root are to be verified.
//! The extra data are signed by nobody.
//! Source: C2SP tlog-proof, <https://c2sp.org/tlog-proof>.

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::ids::{NodeHash, Seq};
use crate::limits::{PROOF_BYTES_MAX, PROOF_HASHES_MAX};
use crate::lines::{decimal, from_base64, push_base64};
use crate::note::{Note, NoteError};
use crate::vkey::VerifierKey;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A position, the path from there to a root, and the checkpoint that signs the root. None of it was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    extra: Option<Vec<u8>>,
    index: Seq,
    hashes: Vec<NodeHash>,
    checkpoint: Note,
}

/// Why a proof can't be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// It is too large.
    #[error("a proof of more than {PROOF_BYTES_MAX} bytes")]
    TooLarge,
    /// The first line is another one.
    #[error("the first line is not {HEADER}")]
    HeaderWrong,
    /// The extra data are not base64.
    #[error("the extra data are not base64")]
    ExtraMalformed,
    /// The index is missing or no decimal number.
    #[error("no line `index <decimal>`")]
    IndexMalformed,
    /// A line is not the base64 of 32 bytes.
    #[error("a line of the path is not the base64 of 32 bytes")]
    HashMalformed,
    /// The path is longer than any tree is high.
    #[error("more than {PROOF_HASHES_MAX} hashes")]
    HashesTooMany,
    /// No empty line, or no checkpoint after it.
    #[error("no checkpoint after an empty line")]
    CheckpointMalformed(#[source] CheckpointError),
}

impl TlogProof {
    /// A proof with the path from the leaf's sibling up, and a checkpoint's note.
    ///
    /// # Errors
    /// `HashesTooMany`, `CheckpointMalformed` when the note is no checkpoint, or `TooLarge`.
    pub fn new(
        extra: Option<Vec<u8>>,
        index: Seq,
        hashes: Vec<NodeHash>,
        checkpoint: Note,
    ) -> Result<Self, TlogProofError> {
        if hashes.len() > PROOF_HASHES_MAX {
            return Err(TlogProofError::HashesTooMany);
        }
        Checkpoint::parse_body(checkpoint.text()).map_err(TlogProofError::CheckpointMalformed)?;
        let proof = Self { extra, index, hashes, checkpoint };
        if proof.to_string().len() > PROOF_BYTES_MAX { Err(TlogProofError::TooLarge) } else { Ok(proof) }
    }

    /// Reads a proof. Nothing of it is verified.
    ///
    /// # Errors
    /// Any [`TlogProofError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(TlogProofError::TooLarge);
        }
        let malformed = |e: NoteError| TlogProofError::CheckpointMalformed(e.into());
        let text = str::from_utf8(bytes).map_err(|_| malformed(NoteError::NotText))?;
        let (path, checkpoint) = text.split_once("\n\n").ok_or_else(|| malformed(NoteError::TextUnended))?;
        let (extra, index, hashes) = parse_path(path)?;
        Self::new(extra, index, hashes, checkpoint.parse().map_err(malformed)?)
    }

    /// What the application added. Signed by nobody.
    #[must_use]
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The entry's position.
    #[must_use]
    pub const fn index(&self) -> Seq {
        self.index
    }

    /// The path from the leaf's sibling to the root's child.
    #[must_use]
    pub fn hashes(&self) -> &[NodeHash] {
        &self.hashes
    }

    /// The checkpoint's note.
    #[must_use]
    pub const fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }

    /// Verifies the log's signature of the checkpoint. Says nothing of the path and the witnesses.
    ///
    /// # Errors
    /// Any [`CheckpointError`].
    pub fn open_checkpoint(&self, log: &VerifierKey) -> Result<SignedCheckpoint, CheckpointError> {
        SignedCheckpoint::from_note(self.checkpoint.clone(), log)
    }

    /// The proof's bytes, as they were read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

type Path = (Option<Vec<u8>>, Seq, Vec<NodeHash>);

fn parse_path(path: &str) -> Result<Path, TlogProofError> {
    let mut lines = path.split('\n').peekable();
    lines.next_if_eq(&HEADER).ok_or(TlogProofError::HeaderWrong)?;
    let extra = lines.next_if(|line| line.starts_with("extra ")).map(parse_extra).transpose()?;
    let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
    let index = Seq::new(index.ok_or(TlogProofError::IndexMalformed)?);
    let hashes: Result<_, _> = lines.map(parse_hash).collect();
    Ok((extra, index, hashes?))
}

fn parse_extra(line: &str) -> Result<Vec<u8>, TlogProofError> {
    line.strip_prefix("extra ").and_then(from_base64).ok_or(TlogProofError::ExtraMalformed)
}

fn parse_hash(line: &str) -> Result<NodeHash, TlogProofError> {
    from_base64(line).and_then(|bytes| NodeHash::from_slice(&bytes)).ok_or(TlogProofError::HashMalformed)
}

impl FromStr for TlogProof {
    type Err = TlogProofError;

    fn from_str(text: &str) -> Result<Self, TlogProofError> {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write(self.extra.as_deref(), self.index, &self.hashes, &self.checkpoint.to_string()))
    }
}

/// Writes a proof from parts that are known to fit, without making a [`TlogProof`] first: a server writes one for each answer.
#[must_use]
pub fn write(extra: Option<&[u8]>, index: Seq, hashes: &[NodeHash], checkpoint: &str) -> String {
    let mut text = String::with_capacity(128 + 2 * extra.map_or(0, <[u8]>::len) + 45 * hashes.len() + checkpoint.len());
    text.push_str(HEADER);
    if let Some(extra) = extra {
        text.push_str("\nextra ");
        push_base64(&mut text, extra);
    }
    text.push_str("\nindex ");
    text.push_str(&index.to_string());
    for hash in hashes {
        text.push('\n');
        push_base64(&mut text, hash.as_bytes());
    }
    text.push_str("\n\n");
    text.push_str(checkpoint);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::NoteSigner;
    use crate::sign::Keypair;
    use proptest::prelude::*;

    // The example of the specification. Its signatures are abbreviated there, so its checkpoint is signed by a key of ours.
    const PATH: &str = "c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=
";
    const BODY: &str = "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n";

    fn log() -> NoteSigner {
        NoteSigner::new("example.com/fancylog", Keypair::from_seed(&[1; 32])).unwrap()
    }

    fn checkpoint() -> Note {
        let body = Checkpoint::parse_body(BODY).unwrap();
        let signed = SignedCheckpoint::sign(&body, &log()).unwrap();
        let witness = NoteSigner::cosigner("witness1.example", Keypair::from_seed(&[2; 32])).unwrap();
        let line = witness.cosign(BODY, 1_700_000_000).unwrap();
        signed.with_cosignature(&line, witness.vkey()).unwrap().note().clone()
    }

    fn read(path: &str) -> Result<TlogProof, TlogProofError> {
        format!("{path}\n{}", checkpoint()).parse()
    }

    #[test]
    fn reads_the_example_of_the_specification() {
        let proof = read(PATH).unwrap();
        assert_eq!((proof.index(), proof.hashes().len()), (Seq::new(73_894), 5));
        assert!(proof.extra().unwrap().starts_with(b"age-v1.2.1-darwin-arm64.tar.gz"));
        assert_eq!(
            crate::lines::to_base64(proof.hashes()[4].as_bytes()),
            "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk="
        );
        assert_eq!(proof.to_string(), format!("{PATH}\n{}", checkpoint()));
        assert_eq!(proof.open_checkpoint(log().vkey()).unwrap().body(), BODY);
        let other = NoteSigner::new("example.com/fancylog", Keypair::from_seed(&[3; 32])).unwrap();
        assert!(proof.open_checkpoint(other.vkey()).is_err());
    }

    #[test]
    fn the_smallest_proof_has_no_extra_and_no_hashes() {
        let proof = read(&format!("{HEADER}\nindex 0\n")).unwrap();
        assert_eq!((proof.extra(), proof.index(), proof.hashes()), (None, Seq::FIRST, [].as_slice()));
    }

    #[test]
    fn refuses_what_is_no_proof() {
        use TlogProofError::{ExtraMalformed, HashMalformed, HashesTooMany, HeaderWrong, IndexMalformed};
        let hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=";
        for (bad, error) in [
            (String::new(), HeaderWrong),
            ("c2sp.org/tlog-proof@v2\nindex 0\n".to_owned(), HeaderWrong),
            (format!(" {HEADER}\nindex 0\n"), HeaderWrong),
            (format!("{HEADER}\n"), IndexMalformed),
            (format!("{HEADER}\n{hash}\n"), IndexMalformed),
            (format!("{HEADER}\nindex\n"), IndexMalformed),
            (format!("{HEADER}\nindex 01\n"), IndexMalformed),
            (format!("{HEADER}\nindex  1\n"), IndexMalformed),
            (format!("{HEADER}\nindex 1 \n"), IndexMalformed),
            (format!("{HEADER}\nindex 18446744073709551616\n"), IndexMalformed),
            (format!("{HEADER}\nextra\nindex 1\n"), IndexMalformed),
            (format!("{HEADER}\nextra AA==\nextra AA==\nindex 1\n"), IndexMalformed),
            (format!("{HEADER}\nextra AA\nindex 1\n"), ExtraMalformed),
            (format!("{HEADER}\nextra  AA==\nindex 1\n"), ExtraMalformed),
            (format!("{HEADER}\nindex 1\nextra AA==\n"), HashMalformed),
            (format!("{HEADER}\nindex 1\n{hash} \n"), HashMalformed),
            (format!("{HEADER}\nindex 1\n{}\n", &hash[..40]), HashMalformed),
            (format!("{HEADER}\nindex 1\n{}", format!("{hash}\n").repeat(65)), HashesTooMany),
        ] {
            assert_eq!(read(&bad), Err(error), "{bad:?}");
        }
        assert!(read(&format!("{HEADER}\nindex 1\n{}", format!("{hash}\n").repeat(64))).is_ok());
    }

    #[test]
    fn refuses_what_holds_no_checkpoint() {
        let text = "not a checkpoint\n";
        let note = Note::new(text.to_owned(), vec![log().sign_note(text).unwrap()]).unwrap();
        let malformed = TlogProofError::CheckpointMalformed(CheckpointError::Malformed);
        assert_eq!(format!("{PATH}\n{note}").parse::<TlogProof>(), Err(malformed.clone()));
        assert_eq!(TlogProof::new(None, Seq::FIRST, vec![], note), Err(malformed));
        for bad in
            [PATH.to_owned(), format!("{PATH}\n"), format!("{PATH}\n{BODY}"), format!("{PATH}\n\n{}", checkpoint())]
        {
            let error = bad.parse::<TlogProof>().unwrap_err();
            assert!(matches!(error, TlogProofError::CheckpointMalformed(_)), "{bad:?}: {error}");
        }
        assert_eq!(TlogProof::from_bytes(&vec![b'x'; PROOF_BYTES_MAX + 1]), Err(TlogProofError::TooLarge));
    }

    proptest! {
        #[test]
        fn proofs_round_trip(
            extra in prop::option::of(prop::collection::vec(any::<u8>(), 0..50)),
            index: u64,
            hashes in prop::collection::vec(any::<[u8; 32]>(), 0..=PROOF_HASHES_MAX),
        ) {
            let hashes = hashes.into_iter().map(NodeHash::from_bytes).collect();
            let proof = TlogProof::new(extra, Seq::new(index), hashes, checkpoint()).unwrap();
            prop_assert_eq!(TlogProof::from_bytes(&proof.to_bytes()), Ok(proof));
        }
    }
}
