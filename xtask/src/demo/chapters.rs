//! The ledger's life: opened, filled, read, killed.

use std::fs;

use anyhow::{Context as _, ensure};

use super::stage::Stage;

const OFFICE: &str = "--key keys/office-1.pem";

pub(super) fn open(stage: &mut Stage) -> anyhow::Result<()> {
    println!("The operator opens a ledger in a fresh folder. Entry 0 names the office, its keys, and a recovery key");
    println!("that belongs in a safe. From here on, whoever runs the server can speak for nobody.");
    let said = stage.tell(
        "hefud init --data ledger --keys-dir keys --origin example.org/guizhou --title-zh 贵州省新型基础设施建设三年行动方案",
    )?;
    let key = said.lines().find_map(|line| line.strip_prefix("checkpoint key  "));
    stage.log_key = key.context("no checkpoint key")?.to_owned();
    Ok(())
}

pub(super) fn serve(stage: &mut Stage) -> anyhow::Result<()> {
    println!("One program, one folder.");
    stage.start_server()?;
    println!("$ export HEFU_SERVER={}", stage.address());
    Ok(())
}

pub(super) fn admit(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "28 departments form the joint conference. Each makes its own key and asks to be enrolled; the office admits"
    );
    println!(
        "it with that first key, which then enrols a second one for reporting. Private keys never leave their makers."
    );
    let units = stage.quiet("hefu --output csv plan units guizhou")?;
    stage.units = column(&units, "member")?
        .into_iter()
        .zip(column(&units, "reports")?)
        .map(|(unit, reports)| Ok((unit, reports.parse()?)))
        .collect::<anyhow::Result<_>>()?;
    ensure!(stage.units.len() == 28, "{} units, not 28", stage.units.len());
    for (n, (unit, _)) in stage.units.iter().enumerate() {
        admission(unit).iter().try_for_each(|words| {
            if n == 0 {
                println!("$ {words}");
            }
            stage.quiet(words).map(drop)
        })?;
    }
    let members = stage.until("hefu --output csv member list", |csv| csv.contains(&stage.units[27].0))?;
    let listed = column(&members, "member")?;
    ensure!(stage.units.iter().all(|(unit, _)| listed.contains(unit)), "a unit is not a member");
    println!("… and so on: {} units admitted, each with two keys.", stage.units.len());
    Ok(())
}

/// What a unit and the office do, in turns.
fn admission(unit: &str) -> [String; 6] {
    let request = |role: &str| {
        format!(
            "hefu key request --key keys/{unit}-{role}.pem --member {unit} --role {role} --holder {unit}-{role}-demo \
             -o requests/{unit}-{role}.json"
        )
    };
    [
        format!("hefu key new keys/{unit}-admin.pem"),
        request("admin"),
        format!("hefu member admit {OFFICE} --request requests/{unit}-admin.json --from guizhou"),
        format!("hefu key new keys/{unit}-reporter.pem"),
        request("reporter"),
        format!("hefu key enrol --key keys/{unit}-admin.pem --request requests/{unit}-reporter.json"),
    ]
}

pub(super) fn publish(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "The office publishes the plan: its parts, numbered tasks, goals without a number, indicators and targets,"
    );
    println!("each with the section of the document that it comes from.");
    let load = format!("hefu plan load guizhou {OFFICE}");
    stage.show(&load)?;
    let again = stage.quiet(&format!("hefu --output csv {}", load.trim_start_matches("hefu ")))?;
    let complete = column(&again, "existing")? == column(&again, "in_plan")?;
    ensure!(complete && column(&again, "kind")?.len() >= 5, "the plan is not complete:\n{again}");
    println!("Loading it once more would add nothing.");
    Ok(())
}

pub(super) fn report(stage: &mut Stage) -> anyhow::Result<()> {
    println!("What newspapers and offices have published about these indicators is reported now. Who reports what is");
    println!(
        "illustrative: each figure is signed with the demo key of one of the lead units that the plan names; the real"
    );
    println!("units have signed nothing.");
    let reporting: Vec<&(String, usize)> = stage.units.iter().filter(|(_, reports)| *reports > 0).collect();
    let mut reported = 0;
    for (n, (unit, reports)) in reporting.iter().enumerate() {
        let list = format!("hefu --output csv plan reports guizhou --reporter {unit}");
        let submit = format!("hefu submit --key keys/{unit}-reporter.pem --csv reports/{unit}.csv");
        stage.save(&list, &format!("reports/{unit}.csv"))?;
        match n {
            0 => {
                println!("\n$ {list} >reports/{unit}.csv");
                stage.show(&submit)?;
            }
            _ => drop(stage.quiet(&submit)?),
        }
        reported += reports;
    }
    println!("… and so on: {reported} figures by {} units. A batch shares one signature.", reporting.len());
    ensure!(reported > 0, "nothing was published");
    Ok(())
}

pub(super) fn board(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "Every indicator against its targets. Most have no published figure: they show as not reported, never as zero,"
    );
    println!("and are left out here.");
    let all = stage
        .until("hefu --output csv board", |csv| column(csv, "value").is_ok_and(|v| v.iter().any(|v| !v.is_empty())))?;
    stage.show("hefu board --reported")?;
    let status = column(&all, "status")?;
    let count = |word: &str| status.iter().filter(|s| *s == word).count();
    println!(
        "{} targets: {} met, {} on track, {} at risk, {} behind, {} without a report.",
        status.iter().filter(|s| !s.is_empty()).count(),
        count("met"),
        count("on_track"),
        count("at_risk"),
        count("behind"),
        count("no_report")
    );
    ensure!(count("met") > 0 && count("no_report") > 0, "an odd board");
    println!(
        "\nThe operator signs into the log what its views amount to. From here on, whoever replays it can hold it to that."
    );
    stage.show("hefu views record --key keys/operator.pem")
}

pub(super) fn explain(stage: &mut Stage) -> anyhow::Result<()> {
    println!(
        "No number stands for itself: behind it are entries, each with its place in the log and the key that signed it."
    );
    println!("This is what makes a figure of the board what it is:");
    let board = stage.quiet("hefu --output csv board --reported")?;
    let (indicators, status) = (column(&board, "indicator")?, column(&board, "status")?);
    let behind = status.iter().position(|word| word == "behind").unwrap_or(0);
    let words = format!("hefu explain {}", indicators.get(behind).context("no figures")?);
    stage.show(&words)?;
    let evidence = stage.quiet(&words.replacen("hefu", "hefu --output csv", 1))?;
    let roles = column(&evidence, "role")?;
    for role in ["authority", "definition", "target", "value"] {
        ensure!(roles.iter().any(|word| word == role), "no {role} behind the number");
    }
    Ok(())
}

pub(super) fn kill(stage: &mut Stage) -> anyhow::Result<()> {
    println!("The server is killed in the middle of everything, with SIGKILL: it can't finish anything.");
    stage.show("hefu log head")?;
    let before = stage.quiet("hefu --output csv log head")?;
    let id = stage.kill_server()?;
    println!("\n$ kill -KILL {id}");
    stage.start_server()?;
    let after = stage.quiet("hefu --output csv log head")?;
    stage.show("hefu log head")?;
    ensure!(before == after, "the head changed:\n{before}{after}");
    ensure!(before == stage.head, "the head is not the one of the export");
    let log = fs::read_to_string(stage.folder.join("hefud.log")).unwrap_or_default();
    ensure!(!log.contains("panicked"), "the server panicked:\n{log}");
    println!("The same head. What was answered is there; what would not have been, could be sent again.");
    Ok(())
}

/// A column of CSV, by its name. Fields in quotes may hold commas.
pub(super) fn column(csv: &str, name: &str) -> anyhow::Result<Vec<String>> {
    let mut rows = csv.lines().map(fields);
    let header = rows.next().unwrap_or_default();
    let at =
        header.iter().position(|field| field == name).with_context(|| format!("no column {name} in {csv:.200}"))?;
    rows.map(|row| row.get(at).cloned().with_context(|| format!("a short row in {csv:.200}"))).collect()
}

fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().expect("a field").push(c),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        let csv = "a,b,c\n1,\"x, y\",3\n,,\n";
        assert_eq!(column(csv, "b").unwrap(), ["x, y", ""]);
        assert_eq!(column(csv, "c").unwrap(), ["3", ""]);
        assert!(column(csv, "d").is_err());
    }
}
