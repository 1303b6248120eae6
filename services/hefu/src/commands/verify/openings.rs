//! Values that are not free: what is known of them, and whether openings that somebody has are theirs.

use std::collections::BTreeMap;
use std::path::Path;

use hefu_types::{Commitment, Opening, Seq};
use hefu_verify::Committed;

use crate::failure::Failure;
use crate::output::record;

record! {
    /// How many values stand as commitments, and what became of them.
    struct Values {
        both commitments: u64,
        both opened: u64,
        both withheld: u64,
        both lawfully_erased: u64,
        both wrong: u64,
    }
}

/// An opening that is not that of the commitment in the entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) commitment: Commitment,
    /// The entry that has the commitment; nothing when none has it.
    pub(super) seq: Option<Seq>,
}

/// Compares the files of a folder, if one is given, with the commitments of a log that was verified.
pub(super) fn compare(
    known: &BTreeMap<Commitment, Committed>,
    folder: Option<&Path>,
) -> Result<(Values, Vec<Wrong>), Failure> {
    let (mut opened, mut wrong) = (0, vec![]);
    for (commitment, bytes) in folder.map(files).transpose()?.unwrap_or_default() {
        let fits = Opening::from_file(&bytes).is_some_and(|o| commitment.is_opened_by(&o) && o.number().is_some());
        let place = known.get(&commitment);
        match place {
            // Whoever kept a copy has it still; the log says that it is not to be shown.
            Some(place) if fits && place.erased.is_some() => {}
            Some(_) if fits => opened += 1,
            _ => wrong.push(Wrong { commitment, seq: place.map(|place| place.seq) }),
        }
    }
    let erased = known.values().filter(|place| place.erased.is_some()).count() as u64;
    let commitments = known.len() as u64;
    let not_shown = commitments - erased - opened;
    let wrong_count = wrong.len() as u64;
    let values = Values { commitments, opened, withheld: not_shown, lawfully_erased: erased, wrong: wrong_count };
    Ok((values, wrong))
}

/// The files that have the name of a commitment.
fn files(folder: &Path) -> Result<Vec<(Commitment, Vec<u8>)>, Failure> {
    let mut found = vec![];
    for file in std::fs::read_dir(folder).map_err(|e| Failure::file(folder, &e))? {
        let path = file.map_err(|e| Failure::file(folder, &e))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Ok(commitment) = name.parse() {
            found.push((commitment, std::fs::read(&path).map_err(|e| Failure::file(&path, &e))?));
        }
    }
    found.sort_unstable_by_key(|(commitment, _): &(Commitment, _)| *commitment);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(n: u8) -> Opening {
        Opening::of_number([n; 32], "4711.42".parse().unwrap())
    }

    #[test]
    fn each_value_is_opened_withheld_erased_or_wrong() {
        let place = |seq, erased| Committed { seq: Seq::new(seq), event_index: 0, erased };
        let known = BTreeMap::from([
            (opening(1).commitment(), place(4, None)),
            (opening(2).commitment(), place(5, None)),
            (opening(3).commitment(), place(6, Some(Seq::new(9)))),
        ]);
        let counts = |folder: Option<&Path>| {
            let (values, wrong) = compare(&known, folder).unwrap();
            let Values { commitments, opened, withheld, lawfully_erased, wrong: count } = values;
            assert_eq!(count, wrong.len() as u64);
            ([commitments, opened, withheld, lawfully_erased], wrong)
        };
        assert_eq!(counts(None), ([3, 0, 2, 1], vec![]));
        let dir = tempfile::tempdir().unwrap();
        let write = |name: Commitment, of: &Opening| {
            std::fs::write(dir.path().join(name.to_string()), of.to_file()).unwrap();
        };
        write(opening(1).commitment(), &opening(1));
        write(opening(3).commitment(), &opening(3));
        assert_eq!(counts(Some(dir.path())), ([3, 1, 1, 1], vec![]), "an erased one is never missing");
        write(opening(2).commitment(), &opening(7));
        write(opening(8).commitment(), &opening(8));
        let wrong = |n: u8, seq: Option<u64>| Wrong { commitment: opening(n).commitment(), seq: seq.map(Seq::new) };
        let (values, mut found) = counts(Some(dir.path()));
        found.sort_by_key(|wrong| wrong.seq);
        assert_eq!((values, found), ([3, 1, 1, 1], vec![wrong(8, None), wrong(2, Some(5))]));
    }
}
