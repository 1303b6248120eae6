//! `cargo xtask demo`: one small ledger from its first entry to a crash, told while it happens.
//!
//! It drives `hefud` and `hefu` as people would, in a folder that is gone afterwards, and checks each step itself: a
//! chapter that does not do what it says ends the demo with an error.

mod audit;
mod chapters;
mod export;
mod janitor;
mod stage;
mod witnesses;

use anyhow::{Context as _, bail};

use crate::setup::Purpose;
use crate::{setup, shell};
pub(crate) use janitor::{NAME as JANITOR, clean_up_after};
use stage::Stage;

/// A heading, and what happens under it.
type Chapter = (&'static str, fn(&mut Stage) -> anyhow::Result<()>);

const CHAPTERS: &[Chapter] = &[
    ("Open a ledger", chapters::open),
    ("Appoint witnesses", witnesses::appoint),
    ("Start the server", chapters::serve),
    ("Admit the member units", chapters::admit),
    ("Publish the plan", chapters::publish),
    ("Report what was published", chapters::report),
    ("Look at the board", chapters::board),
    ("Ask where a number comes from", chapters::explain),
    ("Take the log away", audit::export),
    ("Verify it offline", audit::verify),
    ("Keep a receipt", witnesses::receipt),
    ("See who else saw it", witnesses::cosignatures),
    ("Change one byte", audit::tamper),
    ("Build the views again", audit::replay),
    ("Pull the plug", chapters::kill),
];

pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let (keep, port) = parse(arguments)?;
    println!(
        "This demo runs a ledger for the plan of Guizhou province for new infrastructure, 2022-2024, on this machine."
    );
    println!(
        "Names, targets and figures are published ones; keys are made now, and thrown away with everything else.\n"
    );
    println!("== 1. Build (the first time, RocksDB takes minutes)");
    setup::ensure(Purpose::Build)?;
    shell::build_all()?;
    let mut stage = Stage::set(keep, port)?;
    for ((title, chapter), number) in CHAPTERS.iter().zip(2..) {
        println!("\n== {number}. {title}");
        chapter(&mut stage).with_context(|| format!("chapter {number}, {title:?}"))?;
    }
    stage.end()
}

fn parse(arguments: &[String]) -> anyhow::Result<(bool, u16)> {
    let (mut keep, mut port) = (false, 0);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--keep" => keep = true,
            "--port" => port = arguments.next().and_then(|n| n.parse().ok()).context("--port needs a number")?,
            other => bail!("{other:?} is not expected; the demo takes --keep and --port N"),
        }
    }
    Ok((keep, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_few() {
        let parse = |words: &[&str]| parse(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()).ok();
        assert_eq!(parse(&[]), Some((false, 0)));
        assert_eq!(parse(&["--port", "7400", "--keep"]), Some((true, 7400)));
        assert_eq!(parse(&["--port"]), None);
        assert_eq!(parse(&["--fast"]), None);
    }
}
