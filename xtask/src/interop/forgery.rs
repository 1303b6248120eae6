//! Copies of a log, and checkpoints that nobody signed so.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Copies a folder of files; sockets and the like stay behind.
pub(super) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// The checkpoint with one character of a witness's line changed: a bit of the last byte but one of the signature.
pub(super) fn flipped(checkpoint: &str, witness: &str) -> anyhow::Result<String> {
    let line = line_of(checkpoint, witness)?;
    let at = line.trim_end_matches('=').len() - 2;
    let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
    let mut forged = line.to_owned();
    forged.replace_range(at..=at, other);
    Ok(checkpoint.replace(line, &forged))
}

/// The checkpoint with the line that a witness gave for another one.
pub(super) fn grafted(checkpoint: &str, another: &str, witness: &str) -> anyhow::Result<String> {
    Ok(checkpoint.replace(line_of(checkpoint, witness)?, line_of(another, witness)?))
}

fn line_of<'a>(checkpoint: &'a str, witness: &str) -> anyhow::Result<&'a str> {
    let start = format!("\u{2014} {witness} ");
    checkpoint.lines().find(|line| line.starts_with(&start)).with_context(|| format!("{witness} did not cosign"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKPOINT: &str = "log\n4\nroot\n\n\u{2014} log AAAA\n\u{2014} w BBBBAAA=\n";

    #[test]
    fn only_the_line_of_the_witness_changes() {
        let another = "log\n3\nother\n\n\u{2014} w CCCCCCC=\n";
        assert_eq!(flipped(CHECKPOINT, "w").unwrap(), "log\n4\nroot\n\n\u{2014} log AAAA\n\u{2014} w BBBBABA=\n");
        assert_eq!(
            grafted(CHECKPOINT, another, "w").unwrap(),
            "log\n4\nroot\n\n\u{2014} log AAAA\n\u{2014} w CCCCCCC=\n"
        );
        assert!(flipped(CHECKPOINT, "x").is_err());
    }
}
