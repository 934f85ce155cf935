//! Tiles: which stretch of the tree's hashes a tile holds, and the path it is asked for by.
//!
//! A tile of level `L` and number `N` lists up to 256 hashes of the tree's height `8 L`, beginning
//! with the `256 N`th. Its path is `tile/8/L/N`, `N` in groups of three digits (`x001/x234/567`),
//! with `.p/W` behind it when it lists fewer than 256. Data tiles (`tile/8/data/…`) hold the
//! records themselves; no proof needs them. Which tiles a proof needs: `plan`.
//!
//! A [`Tile`] cannot name hashes beyond a tree of 2^63 - 1 records, so arithmetic on it is safe.

use std::fmt;
use std::str::FromStr as _;

use crate::hash::HASH_SIZE;

/// How many hashes a full tile lists.
pub const FULL_WIDTH: u16 = 256;

/// How many of the tree's levels one tile spans: `FULL_WIDTH` is 2 to this power.
pub(crate) const HEIGHT: u32 = 8;

/// The largest tree that the go command, which counts in a signed integer, can speak of.
pub(crate) const MAX_TREE_SIZE: u64 = i64::MAX as u64;

/// The coordinates and width of a tile of hashes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    level: u8,
    number: u64,
    width: u16,
}

/// The coordinates and width of a tile of records.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DataTile(Tile);

/// A path that no tile has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not the path of a tile")]
pub struct TilePathError {
    path: String,
}

impl Tile {
    /// The tile at these coordinates, unless no tree could have it.
    pub fn new(level: u8, number: u64, width: u16) -> Option<Self> {
        if width == 0 || width > FULL_WIDTH {
            return None;
        }
        let end = number.checked_mul(u64::from(FULL_WIDTH))?.checked_add(u64::from(width))?;
        let shift = u32::from(level).checked_mul(HEIGHT)?;
        let largest = MAX_TREE_SIZE.checked_shr(shift)?;
        (end <= largest).then_some(Self { level, number, width })
    }

    /// The widest tile at these coordinates in a tree of `tree_size` records, if it has one.
    pub fn within(tree_size: u64, level: u8, number: u64) -> Option<Self> {
        let hashes = tree_size.checked_shr(u32::from(level).checked_mul(HEIGHT)?)?;
        let before = number.checked_mul(u64::from(FULL_WIDTH))?;
        let width = hashes.checked_sub(before)?.min(u64::from(FULL_WIDTH));
        Self::new(level, number, u16::try_from(width).ok()?)
    }

    /// Reads `tile/8/L/N[.p/W]`; only the one canonical spelling is a path.
    pub fn parse_path(path: &str) -> Result<Self, TilePathError> {
        let tile = path
            .strip_prefix("tile/8/")
            .and_then(|rest| rest.split_once('/'))
            .and_then(|(level, rest)| parse_coordinates(u8::from_str(level).ok()?, rest));
        tile.filter(|tile| tile.path() == path)
            .ok_or_else(|| TilePathError { path: path.to_owned() })
    }

    /// The path, without a leading slash.
    pub fn path(&self) -> String {
        format!("tile/8/{}/{}", self.level, self.number_and_width())
    }

    /// The path without its width: the same for a tile and for what it grows into.
    pub fn coordinates(&self) -> String {
        format!("tile/8/{}/{}", self.level, number_path(self.number))
    }

    /// Which of the tree's heights it lists: its hashes stand for `256^level` records each.
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// Its place within the level.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// How many hashes it lists, from 1 to 256.
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether it lists 256 hashes and so never grows again.
    pub const fn is_full(&self) -> bool {
        self.width == FULL_WIDTH
    }

    /// The full tile at the same coordinates, unless no tree could have it.
    pub fn full(&self) -> Option<Self> {
        Self::new(self.level, self.number, FULL_WIDTH)
    }

    /// How many bytes its content has.
    pub const fn byte_len(&self) -> usize {
        self.width as usize * HASH_SIZE
    }

    /// How large a tree must be to have it at this width.
    pub fn needed_tree_size(&self) -> u64 {
        // `new` has checked that this stays below 2^63.
        (self.number * u64::from(FULL_WIDTH) + u64::from(self.width))
            << (u32::from(self.level) * HEIGHT)
    }

    fn number_and_width(&self) -> String {
        let number = number_path(self.number);
        if self.is_full() { number } else { format!("{number}.p/{}", self.width) }
    }
}

impl DataTile {
    /// Reads `tile/8/data/N[.p/W]`.
    pub fn parse_path(path: &str) -> Result<Self, TilePathError> {
        let tile =
            path.strip_prefix("tile/8/data/").and_then(|rest| parse_coordinates(0, rest)).map(Self);
        tile.filter(|tile| tile.path() == path)
            .ok_or_else(|| TilePathError { path: path.to_owned() })
    }

    /// The path, without a leading slash.
    pub fn path(&self) -> String {
        format!("tile/8/data/{}", self.0.number_and_width())
    }

    /// The tile of the records' hashes, which has the same number and width.
    pub const fn hashes(&self) -> Tile {
        self.0
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.path())
    }
}

impl fmt::Debug for Tile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tile({self})")
    }
}

impl fmt::Debug for DataTile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "DataTile({})", self.path())
    }
}

/// A tile's number in groups of three digits.
fn number_path(number: u64) -> String {
    let mut text = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    text
}

/// Reads the number and the width. Lenient: the caller compares with the canonical spelling.
fn parse_coordinates(level: u8, text: &str) -> Option<Tile> {
    let (number, width) = match text.split_once(".p/") {
        Some((number, width)) => {
            (number, width.parse::<u16>().ok().filter(|&width| width < FULL_WIDTH)?)
        }
        None => (text, FULL_WIDTH),
    };
    let number = number.split('/').try_fold(0_u64, |number, group| {
        let group = u64::from(u16::from_str(group.strip_prefix('x').unwrap_or(group)).ok()?);
        number.checked_mul(1000)?.checked_add(group)
    })?;
    Tile::new(level, number, width)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(path: &str, expected: Option<(u8, u64, u16)>) {
        let tile = Tile::parse_path(path).ok();
        assert_eq!(tile.map(|tile| (tile.level, tile.number, tile.width)), expected, "{path}");
        if let Some(tile) = tile {
            assert_eq!(tile.path(), path);
            assert_eq!(Some(tile.coordinates().as_str()), path.split(".p/").next());
        }
    }

    #[test]
    fn the_canonical_spelling_is_read() {
        check("tile/8/0/000", Some((0, 0, 256)));
        check("tile/8/0/999.p/1", Some((0, 999, 1)));
        check("tile/8/1/x001/000", Some((1, 1000, 256)));
        check("tile/8/0/x001/x234/567.p/255", Some((0, 1_234_567, 255)));
        check("tile/8/7/000.p/127", Some((7, 0, 127)));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for path in [
            "",
            "tile",
            "tile/8",
            "tile/8/0",
            "tile/8/0/",
            "/tile/8/0/000",
            "tile/8/0/000/",
            "tile/9/0/000",
            "tile/08/0/000",
            "tile/8/00/000",
            "tile/8/+0/000",
            "tile/8/-1/000",
            "tile/8/0/0",
            "tile/8/0/1000",
            "tile/8/0/x000",
            "tile/8/0/x000/000",
            "tile/8/0/001/000",
            "tile/8/0/xx001/000",
            "tile/8/0/000.p/0",
            "tile/8/0/000.p/01",
            "tile/8/0/000.p/256",
            "tile/8/0/000.p/-1",
            "tile/8/0/000.p",
            "tile/8/0/../000",
            "tile/8/0/000?x",
            "tile/8/7/000.p/128",
            "tile/8/8/000.p/1",
            "tile/8/255/000.p/1",
            "tile/8/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/8/data/000",
        ] {
            check(path, None);
        }
    }

    #[test]
    fn data_tiles_have_paths_of_their_own() {
        let tile = DataTile::parse_path("tile/8/data/x001/234.p/5").unwrap();
        assert_eq!(tile.path(), "tile/8/data/x001/234.p/5");
        assert_eq!(tile.hashes().path(), "tile/8/0/x001/234.p/5");
        assert!(DataTile::parse_path("tile/8/0/000").is_err());
        assert!(DataTile::parse_path("tile/8/data/0").is_err());
    }

    #[test]
    fn a_tree_has_a_tile_as_wide_as_it_has_hashes() {
        let width = |size, level, number| Tile::within(size, level, number).map(|t| t.width());
        assert_eq!(width(0, 0, 0), None);
        assert_eq!(width(1, 0, 0), Some(1));
        assert_eq!(width(256, 0, 0), Some(256));
        assert_eq!(width(256, 0, 1), None);
        assert_eq!(width(256, 1, 0), Some(1));
        assert_eq!(width(65_535, 1, 0), Some(255));
        assert_eq!(width(MAX_TREE_SIZE, 7, 0), Some(127));
        assert_eq!(width(u64::MAX, 9, 0), None);
        assert_eq!(width(u64::MAX, 0, u64::MAX), None);
    }

    proptest! {
        #[test]
        fn path_and_tile_convert_both_ways(level in 0..8_u8, number: u64, width in 1..=256_u16) {
            let number = number >> (8 + 8 * u32::from(level)).min(63);
            if let Some(tile) = Tile::new(level, number, width) {
                prop_assert_eq!(Tile::parse_path(&tile.path()), Ok(tile));
                prop_assert!(tile.needed_tree_size() <= MAX_TREE_SIZE);
                let again = Tile::within(tile.needed_tree_size(), level, number);
                prop_assert_eq!(again, Some(tile));
            }
        }

        #[test]
        fn no_text_makes_it_panic(path in "(tile/8/)?[0-9x/.pdat]{0,40}") {
            if let Ok(tile) = Tile::parse_path(&path) {
                prop_assert_eq!(tile.path(), path);
            }
        }
    }
}
