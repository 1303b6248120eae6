//! Words that belong to one machine or one workplace, and not into a public repository.

use super::Finding;
use super::source::{File, Tree};

/// Folders of one machine. Written in two pieces, so that this file does not find itself.
const MACHINE: &[&str] = &[concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];

/// Marks of unfinished work.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X "), concat!("dbg", "!("), concat!("todo", "!(")];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.files.iter().filter(|file| file.path != "Cargo.lock" && !file.path.ends_with("/LICENSE"));
    files.flat_map(of_file).collect()
}

fn of_file(file: &File) -> Vec<Finding> {
    let find =
        |words: &[&str], line: &str| words.iter().find(|word| line.contains(*word)).map(|word| (*word).to_owned());
    let lines = file.text.lines().zip(1..).filter_map(|(line, n)| {
        if let Some(word) = find(MACHINE, line) {
            return Some(Finding::new(
                file.at(n),
                format!("{word} is a path of one machine; it means nothing elsewhere"),
            ));
        }
        let word = find(UNFINISHED, line).filter(|_| file.path.ends_with(".rs"))?;
        Some(Finding::new(file.at(n), format!("{word}: finish it, or write an issue")))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_one_machine_are_found_anywhere_and_open_ends_in_code() {
        let say = |path: &str, text: String| of_file(&File { path: path.into(), text }).len();
        assert_eq!(say("docs/a.md", format!("see {}x", MACHINE[0])), 1);
        assert_eq!(say("docs/a.md", UNFINISHED[0].to_owned()), 0);
        assert_eq!(say("a.rs", format!("// {}: later", UNFINISHED[0])), 1);
        assert_eq!(say("a.rs", "let home = \"~\"; // homework".into()), 0);
    }
}
