//! Three witnesses, appointed before the server starts, and what they add to a checkpoint.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use super::stage::Stage;

const NAMES: [&str; 3] = ["w1", "w2", "w3"];

/// The file that names them, and how many of them are enough.
pub(super) const POLICY: &str = "policy";

pub(super) fn appoint(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "Three parties that trust neither the operator nor each other each run a witness: a small program that signs a"
    );
    println!(
        "checkpoint of the log only if it continues the one that it signed before. The policy says that two are enough."
    );
    let mut lines = format!("log {}\n", stage.log_key);
    for name in NAMES {
        let (key, address) = start(stage, name)?;
        lines.push_str(&format!("witness {name} {key} {address}\n"));
    }
    lines.push_str(&format!("group two 2 {}\nquorum two\n", NAMES.join(" ")));
    fs::write(stage.folder.join(POLICY), &lines)?;
    println!("\n$ cat {POLICY}\n{}", lines.trim_end());
    Ok(())
}

/// Makes and starts a witness; returns its key and its address.
fn start(stage: &mut Stage, name: &str) -> anyhow::Result<(String, String)> {
    let key = stage.tell(&format!("hefu witness init --data {name} --name {name}.example.org"))?;
    let words = format!("hefu witness serve --data {name} --listen 127.0.0.1:0 --log {}", stage.log_key);
    println!("\n$ {words} 2>>{name}.log &");
    let log = File::create(stage.folder.join(format!("{name}.log")))?;
    let mut child = stage.command(&words)?.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
    let stdout = child.stdout.take().expect("a pipe");
    stage.keeps(child)?;
    // It says two lines: where it listens, and its key.
    let said: Vec<String> = BufReader::new(stdout).lines().take(2).collect::<Result<_, _>>()?;
    let address = said.first().and_then(|line| line.strip_prefix("witness on "));
    let address = address.with_context(|| format!("the witness {name} did not start; see its log"))?;
    println!("witness on {address}");
    Ok((key.trim().to_owned(), address.to_owned()))
}

pub(super) fn receipt(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "Each unit got a receipt with every answer, and kept it beside its key. It holds with nothing but the log's key."
    );
    let reporter = stage.units.iter().find(|(_, reports)| *reports > 0).context("nobody reported")?;
    let outbox = format!("keys/{}-reporter.outbox", reporter.0);
    stage.show(&format!("hefu receipt verify {outbox}/{:020}.tlog-proof --log-key {}", 1, stage.log_key))?;
    println!(
        "\nNo witness has seen its checkpoint, so the unit asks the log for one that two witnesses cosigned, and for the"
    );
    println!(
        "proof that it continues that of the receipt. From then on the receipt holds with their word, too, offline."
    );
    let check = format!("hefu receipt check --key keys/{}-reporter.pem --policy {POLICY}", reporter.0);
    stage.until(&check, |said| !said.contains("pending"))?;
    stage.show(&check)?;
    let policy = format!("--log-key {} --policy {POLICY}", stage.log_key);
    stage.show(&format!("hefu receipt verify {outbox}/{:020}.tlog-proof {policy}", 1))?;
    println!(
        "\nAnd nothing of what it said was left out: its numbers run on, and every answer stands where it was given."
    );
    let key = format!("keys/{}-reporter.pem", reporter.0);
    stage.show(&format!("hefu audit member {key} export --outbox {outbox}"))
}

pub(super) fn cosignatures(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "The export ends in the checkpoint that the log published. Below the log's own signature stand those of the"
    );
    println!("witnesses. Whoever asks for two of them can be shown a second log only if a witness breaks its word:");
    println!("any two pairs of the three share one.");
    println!("\n$ cat export/checkpoint");
    let checkpoint = fs::read_to_string(stage.folder.join("export/checkpoint"))?;
    print!("{checkpoint}");
    for name in NAMES {
        let signature = format!("\u{2014} {name}.example.org ");
        ensure!(checkpoint.lines().any(|line| line.starts_with(&signature)), "{name} did not cosign");
    }
    stage.show(&format!("hefu verify export --key {} --policy {POLICY}", stage.log_key))
}
