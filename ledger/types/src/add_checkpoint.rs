//! What a log asks of a witness, and how the witness says how far it has come.
//!
//! ```text
//! old <decimal>             (the size that the witness cosigned last)
//! <base64 of a hash>        (0 to 63 of them, the consistency proof from there)
//!
//! <the checkpoint's signed note>
//! ```
//!
//! Nothing of a request that is read was verified. A witness answers with cosignature lines
//! ([`crate::NoteSignature::parse_lines`]), or, when `old` is another size than its own, with its size ([`size_body`]).
//! Source: C2SP tlog-witness, <https://c2sp.org/tlog-witness>.

use std::fmt;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::ids::{NodeHash, Size};
use crate::limits::{ADD_CHECKPOINT_BYTES_MAX, CONSISTENCY_HASHES_MAX};
use crate::lines::{decimal, from_base64, to_base64};
use crate::note::{Note, NoteError};

/// The content type of a witness's size.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// The body of a request `add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the checkpoint that the witness is thought to have cosigned last; 0 when nobody knows.
    pub old: Size,
    /// The proof that the tree of that size begins the new one.
    pub proof: Vec<NodeHash>,
    /// The new checkpoint, signed by its log.
    pub note: Note,
}

/// Why a request can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointError {
    /// It is too large.
    #[error("a request of more than {ADD_CHECKPOINT_BYTES_MAX} bytes")]
    TooLarge,
    /// It is not UTF-8, or no empty line follows the proof.
    #[error("no lines of text that an empty line ends")]
    ProofUnended,
    /// The first line says no size.
    #[error("the first line is not `old <decimal>`")]
    OldMalformed,
    /// A line of the proof is not the base64 of 32 bytes.
    #[error("a line of the proof is not the base64 of 32 bytes")]
    HashMalformed,
    /// The proof is longer than any tree is high.
    #[error("more than {CONSISTENCY_HASHES_MAX} hashes")]
    HashesTooMany,
    /// What follows is no checkpoint.
    #[error("no checkpoint after the empty line")]
    Checkpoint(#[from] CheckpointError),
}

impl AddCheckpoint {
    /// Reads a request, and the checkpoint in its note. Nothing of it is verified.
    ///
    /// # Errors
    /// Any [`AddCheckpointError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Checkpoint), AddCheckpointError> {
        if bytes.len() > ADD_CHECKPOINT_BYTES_MAX {
            return Err(AddCheckpointError::TooLarge);
        }
        let text = str::from_utf8(bytes).map_err(|_| AddCheckpointError::ProofUnended)?;
        let (proof, note) = text.split_once("\n\n").ok_or(AddCheckpointError::ProofUnended)?;
        let mut lines = proof.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let old = Size::new(old.ok_or(AddCheckpointError::OldMalformed)?);
        let proof = parse_proof(lines)?;
        let note: Note = note.parse().map_err(|e: NoteError| CheckpointError::from(e))?;
        let checkpoint = Checkpoint::parse_body(note.text())?;
        Ok((Self { old, proof, note }, checkpoint))
    }

    /// The request's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

fn parse_proof<'l>(lines: impl Iterator<Item = &'l str> + Clone) -> Result<Vec<NodeHash>, AddCheckpointError> {
    if lines.clone().count() > CONSISTENCY_HASHES_MAX {
        return Err(AddCheckpointError::HashesTooMany);
    }
    let hash = |line: &str| from_base64(line).and_then(|bytes| NodeHash::from_slice(&bytes));
    lines.map(|line| hash(line).ok_or(AddCheckpointError::HashMalformed)).collect()
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.proof {
            writeln!(f, "{}", to_base64(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.note)
    }
}

/// How a witness says which size it cosigned last.
#[must_use]
pub fn size_body(size: Size) -> String {
    format!("{size}\n")
}

/// The size that a witness says it cosigned last.
#[must_use]
pub fn parse_size_body(body: &[u8]) -> Option<Size> {
    str::from_utf8(body).ok()?.strip_suffix('\n').and_then(decimal).map(Size::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's example, with proof hashes and signatures as it prints them.
    const EXAMPLE: &str = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    #[test]
    fn the_specification_s_example_is_read_and_written() {
        let (request, checkpoint) = AddCheckpoint::from_bytes(EXAMPLE.as_bytes()).unwrap();
        assert_eq!((request.old.get(), request.proof.len()), (20_852_014, 4));
        assert_eq!((checkpoint.origin(), checkpoint.size().get()), ("example.com/behind-the-sofa", 20_852_163));
        assert_eq!(request.to_string(), EXAMPLE);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
        let proof_of = |n: usize| EXAMPLE.replacen(hash, &hash.repeat(n), 1);
        assert!(AddCheckpoint::from_bytes(proof_of(60).as_bytes()).is_ok(), "63 in all");
        let cases = [
            (EXAMPLE.replacen("old 20852014", "old 020852014", 1), AddCheckpointError::OldMalformed),
            (EXAMPLE.replacen("old 20852014", "Old 20852014", 1), AddCheckpointError::OldMalformed),
            (EXAMPLE.replacen("old 20852014", "old -1", 1), AddCheckpointError::OldMalformed),
            (EXAMPLE.replacen("old 20852014", "old 18446744073709551616", 1), AddCheckpointError::OldMalformed),
            (EXAMPLE.replacen("PlRN", "PlR", 1), AddCheckpointError::HashMalformed),
            (EXAMPLE.replacen(hash, "AAAA\n", 1), AddCheckpointError::HashMalformed),
            (proof_of(61), AddCheckpointError::HashesTooMany),
            ("old 1\n".to_owned(), AddCheckpointError::ProofUnended),
            ("x".repeat(ADD_CHECKPOINT_BYTES_MAX + 1), AddCheckpointError::TooLarge),
            (EXAMPLE.replacen("20852163", "x", 1), CheckpointError::Malformed.into()),
            (EXAMPLE.replacen('\u{2014}', "-", 1), CheckpointError::from(NoteError::SignatureMalformed).into()),
        ];
        for (bytes, expected) in cases {
            assert_eq!(AddCheckpoint::from_bytes(bytes.as_bytes()), Err(expected), "{bytes:.80}");
        }
        let unclean = [EXAMPLE.as_bytes(), &[0xff]].concat();
        assert_eq!(AddCheckpoint::from_bytes(&unclean), Err(AddCheckpointError::ProofUnended));
    }

    #[test]
    fn a_size_has_one_form() {
        assert_eq!(size_body(Size::new(7)), "7\n");
        assert_eq!(parse_size_body(b"7\n"), Some(Size::new(7)));
        for bad in ["", "7", "07\n", "7\n\n", " 7\n", "x\n"] {
            assert_eq!(parse_size_body(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
