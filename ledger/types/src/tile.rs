//! The static files in which a log is published: tiles of the tree and bundles of entries.
//!
//! A tile of level L holds up to 256 nodes of the tree's level 8·L, a bundle up to 256 entries. A full one never changes; a
//! partial one, named by its width, is there for each size at which the log was published.
//! Source: C2SP tlog-tiles, <https://c2sp.org/tlog-tiles>.

use std::fmt;
use std::str::FromStr;

use crate::ids::Size;
use crate::limits::BUNDLE_ENTRIES;
use crate::tree::Node;

/// Levels of the tree in a tile.
pub const TILE_LEVELS: u8 = 8;
/// Nodes in a full tile, as entries in a full bundle.
pub const TILE_WIDTH: u64 = BUNDLE_ENTRIES;
/// The highest level of tiles that a tree of 64-bit positions can have.
const LEVEL_MAX: u8 = 63 / TILE_LEVELS;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contents {
    /// Entries, each after its length in two bytes.
    Entries,
    /// Nodes of the tree's level 8·L, 32 bytes each.
    Nodes(u8),
}

/// A file of the log: which 256 of what, and how many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub contents: Contents,
    /// Its number: it begins at 256 times this.
    pub number: u64,
    /// How many, 1 to 256.
    pub width: u16,
}

/// The text is no path of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a path such as tile/0/x001/067, tile/1/000.p/5 or tile/entries/000")]
pub struct TileError;

impl Tile {
    /// Whether it has all of its 256.
    #[must_use]
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// The position, among nodes of its level or entries, of its first one.
    #[must_use]
    pub const fn begin(&self) -> u64 {
        self.number.saturating_mul(TILE_WIDTH)
    }

    /// The position after its last one.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.begin().saturating_add(self.width as u64)
    }

    /// The level of the tree whose nodes it holds.
    #[must_use]
    pub const fn level(&self) -> u8 {
        match self.contents {
            Contents::Entries => 0,
            Contents::Nodes(level) => level * TILE_LEVELS,
        }
    }

    /// Whether a log of this size has it.
    #[must_use]
    pub const fn is_within(&self, size: Size) -> bool {
        self.end() <= size.get() >> self.level()
    }

    /// The tile that holds a node, or the nodes that it is folded from, in a log of this size.
    #[must_use]
    pub fn of_node(node: Node, size: Size) -> Self {
        let level = node.level / TILE_LEVELS;
        let number = (node.index << (node.level % TILE_LEVELS)) / TILE_WIDTH;
        Self::at(Contents::Nodes(level), number, size)
    }

    /// The file of this number, as wide as a log of this size makes it; it must have at least one.
    ///
    /// # Panics
    /// When the log is too small for it.
    #[must_use]
    pub fn at(contents: Contents, number: u64, size: Size) -> Self {
        let mut tile = Self { contents, number, width: 0 };
        let width = (size.get() >> tile.level()).saturating_sub(tile.begin()).min(TILE_WIDTH);
        assert!(width > 0, "{contents:?} {number} is beyond size {size}");
        tile.width = u16::try_from(width).expect("at most 256");
        tile
    }

    /// Every file of a log of this size: full ones, and a partial one where a row of 256 is not complete.
    pub fn all(size: Size) -> impl Iterator<Item = Self> {
        let levels = (0..=LEVEL_MAX).map(Contents::Nodes);
        std::iter::once(Contents::Entries).chain(levels).flat_map(move |contents| {
            let count = size.get() >> Self { contents, number: 0, width: 0 }.level();
            (0..count.div_ceil(TILE_WIDTH)).map(move |number| Self::at(contents, number, size))
        })
    }

    /// The path of the full file of the same number.
    fn full_path(&self) -> String {
        let mut path = match self.contents {
            Contents::Entries => "tile/entries/".to_owned(),
            Contents::Nodes(level) => format!("tile/{level}/"),
        };
        let mut groups = vec![];
        let mut rest = self.number;
        while groups.is_empty() || rest > 0 {
            groups.push(rest % 1_000);
            rest /= 1_000;
        }
        for (left, group) in groups.into_iter().enumerate().rev() {
            path.push_str(&if left > 0 { format!("x{group:03}/") } else { format!("{group:03}") });
        }
        path
    }
}

/// The path, such as `tile/0/x001/067` or `tile/entries/000.p/12`.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full_path())?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// Reads a path; there is one for each file.
impl FromStr for Tile {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        let (contents, rest) = path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(TileError)?;
        let contents = match contents {
            "entries" => Contents::Entries,
            level => Contents::Nodes(level.parse().ok().filter(|level| *level <= LEVEL_MAX).ok_or(TileError)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().map_err(|_| TileError)?),
            None => (rest, 256),
        };
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let tile = Self { contents, number: digits.parse().map_err(|_| TileError)?, width };
        // One spelling of each, so no leading zeros, and no partial file of width 0 or 256.
        let fits = (1..=TILE_WIDTH).contains(&u64::from(width)) && tile.number <= u64::MAX / TILE_WIDTH;
        if fits && tile.to_string() == path { Ok(tile) } else { Err(TileError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tile(contents: Contents, number: u64, width: u16) -> Tile {
        Tile { contents, number, width }
    }

    #[test]
    fn paths_follow_the_specification() {
        let check = |tile: Tile, path: &str| {
            assert_eq!(tile.to_string(), path);
            assert_eq!(path.parse(), Ok(tile));
        };
        check(tile(Contents::Entries, 67, 256), "tile/entries/067");
        check(tile(Contents::Entries, 0, 12), "tile/entries/000.p/12");
        check(tile(Contents::Nodes(0), 1_000, 256), "tile/0/x001/000");
        check(tile(Contents::Nodes(1), 1_234_067, 255), "tile/1/x001/x234/067.p/255");
    }

    #[test]
    fn there_is_one_path_for_each_file() {
        for other in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/x1/000",
            "tile/00/001",
            "tile/+1/001",
            "tile/8/001",
            "tile/-1/001",
            "tile/0/000.p",
            "tile/0/000.p/",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/+3",
            "tile/0/000.p/03",
            "tile/0/001~",
            "tile/0/../001",
            "/tile/0/001",
            "tile/data/001",
            "tile/0/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(other.parse::<Tile>(), Err(TileError), "{other}");
        }
    }

    #[test]
    fn a_log_has_the_files_of_its_size() {
        let paths = |size| Tile::all(Size::new(size)).map(|tile| tile.to_string()).collect::<Vec<_>>();
        assert!(paths(0).is_empty());
        assert_eq!(paths(1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
        assert_eq!(paths(256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
        let more = ["tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"];
        assert_eq!(paths(257), more);
        let full = paths(65_536);
        assert_eq!(full.len(), 256 + 256 + 1 + 1);
        assert!(full.contains(&"tile/1/000".to_owned()) && full.contains(&"tile/2/000.p/1".to_owned()));
    }

    proptest! {
        #[test]
        fn paths_round_trip(level in 0..=7_u8, number in 0..=u64::MAX >> 8, width in 1..=256_u16, entries: bool) {
            let contents = if entries { Contents::Entries } else { Contents::Nodes(level) };
            let tile = tile(contents, number, width);
            prop_assert_eq!(tile.to_string().parse(), Ok(tile));
        }

        #[test]
        fn a_node_lies_in_its_tile(level in 0..=40_u8, index in 0..=1_000_000_u64, more in 0..=10_000_u64) {
            let size = Size::new(((index + 1) << level) + more);
            let tile = Tile::of_node(Node { level, index }, size);
            prop_assert!(tile.is_within(size));
            let (below, step) = (tile.level(), level % TILE_LEVELS);
            prop_assert_eq!(below + step, level);
            prop_assert!(tile.begin() <= index << step && (index + 1) << step <= tile.end());
        }
    }
}
