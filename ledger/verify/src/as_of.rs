//! A log as it was at a size, out of the files of a log that may have grown since.

use std::collections::BTreeSet;
use std::io;

use bytes::Bytes;
use hefu_types::Size;
use hefu_types::tile::{Contents, Tile};

use crate::export::{Export, ExportError, Source};

/// The files that the log had at a size, and no others.
struct AsOf {
    export: Export,
    size: Size,
}

impl Export {
    /// The same log at a size: later files are not there, and where a wider file took the place of a narrower one, its
    /// beginning is. For logs that grow while they are read, and can't be listed.
    #[must_use]
    pub fn as_of(self, size: Size) -> Self {
        Self::of(Box::new(AsOf { export: self, size }))
    }
}

impl Source for AsOf {
    fn read(&self, path: &str, _: u64) -> io::Result<Option<Bytes>> {
        let read = match path.parse::<Tile>() {
            Ok(tile) if tile.is_within(self.size) => self.export.tile_or_beginning(tile),
            Ok(_) => Ok(None),
            Err(_) => self.export.checkpoint(),
        };
        read.map_err(|error| match error {
            ExportError::Io { source, .. } => source,
            other => io::Error::other(other),
        })
    }

    fn widths(&self, _: Contents, _: u64) -> io::Result<BTreeSet<u16>> {
        Ok(BTreeSet::new())
    }

    fn last(&self, _: Contents) -> io::Result<Option<u64>> {
        Ok(None)
    }

    fn has_tree(&self) -> bool {
        self.export.has_tree()
    }

    fn name(&self) -> String {
        self.export.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_log_that_grew_still_shows_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, bytes: &[u8]| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        put("tile/entries/000.p/3", &[0, 1, 7, 0, 2, 8, 8, 0, 0]);
        put("tile/0/000.p/3", &[5; 96]);
        let open = |size| Export::open(folder.path()).unwrap().as_of(Size::new(size));
        let tile = |export: &Export, path: &str| export.tile(path.parse().unwrap()).unwrap().map(|b| b.to_vec());
        let two = open(2);
        assert_eq!(tile(&two, "tile/entries/000.p/2"), Some(vec![0, 1, 7, 0, 2, 8, 8]));
        assert_eq!(tile(&two, "tile/0/000.p/2"), Some(vec![5; 64]));
        assert_eq!(tile(&two, "tile/0/000.p/3"), None, "that came later");
        assert_eq!(tile(&open(3), "tile/0/000.p/3"), Some(vec![5; 96]));
        assert_eq!(tile(&open(9), "tile/0/000.p/9"), None, "never that long");
        // A file that is too short stays as it is, for whoever looks at it.
        put("tile/0/000.p/3", &[5; 40]);
        assert_eq!(tile(&two, "tile/0/000.p/2"), Some(vec![5; 40]));
    }
}
