//! An export in a directory.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use hefu_types::tile::{Contents, Tile};

use crate::export::Source;

/// The directory.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    root: PathBuf,
}

impl Directory {
    /// `None` when it holds no bundles.
    pub(crate) fn open(root: &Path) -> Option<Self> {
        root.join("tile/entries").is_dir().then(|| Self { root: root.to_owned() })
    }

    /// Tells every file below a folder of the tree whose path is that of a tile.
    fn each_below(&self, below: &str, tell: &mut dyn FnMut(Tile)) -> io::Result<()> {
        let folder = self.root.join(below);
        if !folder.is_dir() {
            return Ok(());
        }
        for file in fs::read_dir(folder)? {
            let path = file?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let below = format!("{below}/{name}");
            if path.is_dir() && (name.starts_with('x') || name.ends_with(".p")) {
                self.each_below(&below, tell)?;
            } else if let Ok(tile) = below.parse::<Tile>()
                && path.is_file()
            {
                tell(tile);
            }
        }
        Ok(())
    }
}

fn folder(contents: Contents) -> String {
    match contents {
        Contents::Entries => "tile/entries".to_owned(),
        Contents::Nodes(level) => format!("tile/{level}"),
    }
}

impl Source for Directory {
    fn read(&self, path: &str, max: u64) -> io::Result<Option<Bytes>> {
        let path = self.root.join(path);
        if !path.is_file() {
            return Ok(None);
        }
        let mut bytes = vec![];
        File::open(path)?.take(max + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes.into()))
    }

    fn widths(&self, contents: Contents, number: u64) -> io::Result<BTreeSet<u16>> {
        let full = Tile { contents, number, width: 256 };
        let mut widths = BTreeSet::new();
        if self.root.join(full.to_string()).is_file() {
            widths.insert(full.width);
        }
        self.each_below(&format!("{full}.p"), &mut |tile| widths.extend([tile.width]))?;
        Ok(widths)
    }

    fn last(&self, contents: Contents) -> io::Result<Option<u64>> {
        let mut last = None;
        self.each_below(&folder(contents), &mut |tile| last = last.max(Some(tile.number)))?;
        Ok(last)
    }

    fn has_tree(&self) -> bool {
        self.root.join("tile/0").is_dir()
    }

    fn name(&self) -> String {
        self.root.display().to_string()
    }
}
