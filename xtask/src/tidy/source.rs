//! The files that git knows or would add.

use std::fs;
use std::process::Command;

use crate::shell::{capture, root};

/// A text file.
pub(super) struct File {
    /// From the workspace's root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// The text files of the workspace.
pub(super) struct Tree {
    pub(super) files: Vec<File>,
}

impl Tree {
    pub(super) fn read() -> anyhow::Result<Self> {
        let mut git = Command::new("git");
        git.current_dir(root()).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let paths = capture(&mut git)?;
        let read = |path: &str| {
            // A file that was deleted and not yet committed, or that is no text, has nothing to say here.
            let text = fs::read_to_string(root().join(path)).ok()?;
            Some(File { path: path.to_owned(), text })
        };
        Ok(Self { files: paths.lines().filter_map(read).collect() })
    }

    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

impl File {
    pub(super) fn is_below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// Whether it is compiled for tests only, or a test program.
    pub(super) fn is_test(&self) -> bool {
        let path = &self.path;
        path.starts_with("tests/")
            || path.contains("/tests/")
            || path.ends_with("/tests.rs")
            || path.ends_with("/testing.rs")
    }

    /// Lines of code with their numbers: without comments, and without what follows the unit tests' heading.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().zip(1..).map(|(line, n)| (n, without_comment(line)));
        lines.take_while(|(_, line)| line.trim() != "mod tests {").filter(|(_, line)| !line.trim().is_empty())
    }

    /// A place in it.
    pub(super) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// A line up to its comment; `//` in a text counts as one only after a space, so that addresses survive.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    line.find(" // ").map_or(line, |at| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_what_is_no_comment_and_no_unit_test() {
        let text = "//! Doc.\nuse a; // why\n\nlet b = \"http://c\";\n#[cfg(test)]\nmod tests {\n    use d;\n}\n";
        let file = File { path: "x.rs".into(), text: text.into() };
        let code: Vec<_> = file.code().collect();
        assert_eq!(code, [(2, "use a;"), (4, "let b = \"http://c\";"), (5, "#[cfg(test)]")]);
    }
}
