//! Files behind a value.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::str::FromStr;

use hefu_types::event::reporting::EvidenceFile;
use hefu_types::{FileHash, Text};

use crate::failure::Failure;

/// A file, and where others can have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EvidenceArg {
    path: PathBuf,
    uri: Text,
}

impl FromStr for EvidenceArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, uri) = text.split_once(',').unwrap_or((text, ""));
        Ok(Self { path: path.into(), uri: Text::new(uri).map_err(|e| e.to_string())? })
    }
}

impl EvidenceArg {
    /// What the ledger says of the file: plain BLAKE3, length, and the kind that its name tells.
    pub(super) fn read(&self) -> Result<EvidenceFile, Failure> {
        let failed = |e: io::Error| Failure::file(&self.path, &e);
        let (mut file, mut hasher, mut size) = (File::open(&self.path).map_err(failed)?, blake3::Hasher::new(), 0);
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            size += read as u64;
        }
        let media_type = Text::new(media_type(&self.path.to_string_lossy())).expect("a short text");
        Ok(EvidenceFile {
            blake3: FileHash::from_bytes(hasher.finalize().into()),
            media_type,
            size,
            uri: self.uri.clone(),
        })
    }
}

/// The IANA media type that the end of a name stands for.
fn media_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    match extension.as_str() {
        "csv" => "text/csv",
        "txt" | "md" => "text/plain",
        "htm" | "html" => "text/html",
        "json" => "application/json",
        "xml" => "application/xml",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_described_and_not_copied() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("Table.CSV");
        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        let given = format!("{},https://example.org/t.csv", path.display());
        let file = given.parse::<EvidenceArg>().unwrap().read().unwrap();
        assert_eq!(file.blake3, FileHash::from_bytes(blake3::hash(b"a,b\n1,2\n").into()));
        assert_eq!((file.media_type.as_str(), file.size), ("text/csv", 8));
        assert_eq!(file.uri.as_str(), "https://example.org/t.csv");
        assert!("none.pdf".parse::<EvidenceArg>().unwrap().read().is_err());
        assert_eq!(media_type("a.tar.gz"), "application/octet-stream");
    }
}
