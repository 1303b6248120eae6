//! RocksDB is compiled once: whatever packages are selected, it and everything that its build script is made of have the
//! same features.

use anyhow::bail;

use crate::shell::{capture, cargo};

const EXPENSIVE: &str = "librocksdb-sys";

/// Selections that people build, the whole workspace first; the second word says whether dev-dependencies take part.
const SELECTIONS: &[(&[&str], &str)] = &[
    (&["--workspace"], "normal,build"),
    (&["--workspace"], "normal,build,dev"),
    (&["-p", "hefud"], "normal,build"),
    (&["-p", "hefu-journal"], "normal,build"),
    (&["-p", "hefu-journal"], "normal,build,dev"),
    (&["-p", "hefu-tests"], "normal,build,dev"),
    (&["-p", "hefu-bench"], "normal,build"),
];

/// Compares the trees below RocksDB.
pub(crate) fn check() -> anyhow::Result<()> {
    let (first, others) = SELECTIONS.split_first().expect("selections");
    let expected = tree(first)?;
    for selection in others {
        let found = tree(selection)?;
        if let Some((was, is)) = difference(&expected, &found) {
            bail!(
                "{EXPENSIVE} would be compiled anew for {} ({}): with {} it has {was:?}, there {is:?}. Name the crate \
                 that selects the feature as a build-dependency of hefu-journal, too.",
                selection.0.join(" "),
                selection.1,
                first.0.join(" ")
            );
        }
    }
    println!("{} selections share one build of {EXPENSIVE}", SELECTIONS.len());
    Ok(())
}

/// The lines below RocksDB: depth, package, features.
fn tree((selection, edges): &(&[&str], &str)) -> anyhow::Result<Vec<String>> {
    let mut command = cargo(["tree", "--no-dedupe", "--prefix", "depth", "--format", "{p} {f}"]);
    let text = capture(command.args(*selection).args(["--edges", edges]))?;
    let below = subtree(&text);
    if below.is_empty() {
        bail!("{EXPENSIVE} is not in the tree of {}", selection.join(" "));
    }
    Ok(below)
}

/// The first subtree, with depths counted from its root.
fn subtree(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let (depth, rest) = line.split_at(line.find(|c: char| !c.is_ascii_digit())?);
        Some((depth.parse::<usize>().ok()?, rest))
    });
    let mut lines = lines.skip_while(|(_, rest)| !rest.starts_with(EXPENSIVE));
    let Some((root, first)) = lines.next() else { return vec![] };
    let below = lines.take_while(|(depth, _)| *depth > root).map(|(depth, rest)| format!("{} {rest}", depth - root));
    std::iter::once(first.to_owned()).chain(below).collect()
}

fn difference<'a>(expected: &'a [String], found: &'a [String]) -> Option<(&'a str, &'a str)> {
    let longest = expected.len().max(found.len());
    let line = |lines: &'a [String], n: usize| lines.get(n).map_or("nothing", String::as_str);
    (0..longest).map(|n| (line(expected, n), line(found, n))).find(|(was, is)| was != is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subtree_ends_where_it_ends() {
        let text = "0hefud v1 \n1librocksdb-sys v1 lz4\n2cc v1 \n3shlex v1 \n1tokio v1 net\n0hefu v1 \n1librocksdb-sys v1 zstd";
        assert_eq!(subtree(text), ["librocksdb-sys v1 lz4", "1 cc v1 ", "2 shlex v1 "]);
        assert!(subtree("0hefu v1 \n").is_empty());
    }

    #[test]
    fn a_changed_feature_is_a_difference() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(difference(&lines("a\nb x"), &lines("a\nb x,y")), Some(("b x", "b x,y")));
        assert_eq!(difference(&lines("a"), &lines("a\nb")), Some(("nothing", "b")));
        assert_eq!(difference(&lines("a"), &lines("a")), None);
    }
}
