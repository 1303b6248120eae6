//! `cargo xtask tidy`: the walls of the design. Each is a rule with its reason; a breach names the file, the line and why.

mod dependencies;
mod source;
mod walls;
mod words;

use std::fmt;

use anyhow::bail;

use source::Tree;

/// A breach of a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// File, or file and line.
    place: String,
    /// What stands there, and why it should not.
    says: String,
}

impl Finding {
    fn new(place: impl Into<String>, says: impl Into<String>) -> Self {
        Self { place: place.into(), says: says.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.says)
    }
}

/// Checks every rule, and lists every breach.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    crate::no_arguments(arguments)?;
    let tree = Tree::read()?;
    let mut findings = walls::check(&tree);
    findings.extend(words::check(&tree));
    findings.extend(dependencies::check(&tree)?);
    findings.extend(errors_md()?);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files keep the walls", tree.files.len());
            Ok(())
        }
        n => bail!("{n} breaches"),
    }
}

/// docs/errors.md lists exactly the codes.
fn errors_md() -> anyhow::Result<Option<Finding>> {
    use crate::errors_md::{DOCUMENT, document};
    let stands = std::fs::read_to_string(crate::shell::root().join(DOCUMENT)).unwrap_or_default();
    let says = "it is not what the table of codes says; do: cargo xtask errors-md > docs/errors.md";
    Ok((stands != document()?).then(|| Finding::new(DOCUMENT, says)))
}
