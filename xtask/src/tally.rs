//! Counting what passed.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::shell::words;

/// What passed, failed and was skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// One thing that was skipped, named on stdout with its reason.
    pub(crate) fn skip(&mut self, what: &str, why: impl fmt::Display) {
        println!("skipped: {what} ({why})");
        self.skipped += 1;
    }

    /// The counts of a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`, or `3 passed, 0 failed`.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let counts = line.strip_prefix("test result:").unwrap_or(line);
        let of = |word: &str| {
            let words: Vec<&str> = counts.split([' ', ';', ',']).filter(|w| !w.is_empty()).collect();
            words.windows(2).find(|pair| pair[1] == word).and_then(|pair| pair[0].parse().ok())
        };
        let skipped: usize = of("ignored").or(of("skipped")).unwrap_or(0);
        Some(Self { passed: of("passed")?, failed: of("failed")?, skipped })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Runs a test runner, passes its output through as it comes, and adds up the counts that it prints. One that prints none
/// is one test; one that fails without a failed test, such as a crash, is one failure.
pub(crate) fn count(command: &mut Command) -> anyhow::Result<Tally> {
    println!("$ {}", words(command));
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("{} can't start", words(command)))?;
    let mut tally = follow(BufReader::new(child.stdout.take().expect("a pipe")), std::io::stdout())?;
    match child.wait()?.success() {
        true if tally == Tally::default() => tally.passed = 1,
        true => {}
        false => tally.failed = tally.failed.max(1),
    }
    Ok(tally)
}

fn follow(from: impl BufRead, mut to: impl Write) -> std::io::Result<Tally> {
    let mut tally = Tally::default();
    for line in from.split(b'\n') {
        let line = line?;
        to.write_all(&line)?;
        to.write_all(b"\n")?;
        to.flush()?;
        tally.add(Tally::of_line(&String::from_utf8_lossy(&line)).unwrap_or_default());
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
running 2 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 5 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.10s
";

    #[test]
    fn result_lines_are_added_and_everything_passes_through() {
        let mut out = vec![];
        let tally = follow(OUTPUT.as_bytes(), &mut out).unwrap();
        assert_eq!(tally, Tally { passed: 7, failed: 1, skipped: 3 });
        assert_eq!(out, OUTPUT.as_bytes());
    }

    #[test]
    fn counts_of_other_runners_are_read() {
        assert_eq!(Tally::of_line("321 passed, 2 failed"), Some(Tally { passed: 321, failed: 2, skipped: 0 }));
        assert_eq!(Tally::of_line("1 passed, 0 failed, 4 skipped").unwrap().skipped, 4);
        assert_eq!(Tally::of_line("all is well"), None);
    }
}
