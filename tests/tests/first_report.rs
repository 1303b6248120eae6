//! A new user's first report: the commands of docs/reporting.md, as they stand there.

use std::path::Path;
use std::process::Command;

use hefu_tests::child::{Hefud, program};

/// The blocks of shell lines.
fn blocks() -> Vec<Vec<String>> {
    // Cargo runs a test in the folder of its crate.
    let text = std::fs::read_to_string("../docs/reporting.md").expect("the document");
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().expect("a block"));
    blocks.map(|block| block.lines().map(str::to_owned).collect()).collect()
}

/// The words of a line; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let quoted = line.split('"').enumerate();
    let parts = quoted.flat_map(|(n, part)| match n % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    parts.collect()
}

/// Runs a line in a folder, and returns what it printed.
fn run(folder: &Path, server: &str, line: &str) -> String {
    let words = words(line);
    let output = Command::new(program(&words[0]))
        .args(&words[1..])
        .current_dir(folder)
        .env("HEFU_SERVER", server)
        .output()
        .expect("a process");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn eight_commands_lead_from_an_empty_folder_to_an_accepted_report() {
    let dir = tempfile::tempdir().expect("a folder");
    let blocks = blocks();
    let [first, questions, files, ..] = &blocks[..] else { panic!("three blocks") };
    assert!(first.len() <= 8, "{first:?}");
    let (mut server, mut url) = (None, String::new());
    for line in first {
        match line.strip_suffix(" &") {
            None => drop(run(dir.path(), &url, line)),
            Some(serve) => {
                // As it stands there, but for the port.
                assert_eq!(serve, "hefud serve --data ledger");
                let started = Hefud::start(&dir.path().join("ledger"), &[]);
                url = format!("http://{}", started.address);
                server = Some(started);
            }
        }
    }
    let answers: Vec<String> = questions.iter().map(|line| run(dir.path(), &url, line)).collect();
    assert!(answers[0].contains("2024-h1") && answers[0].contains("open"), "{}", answers[0]);
    let own = answers[1].lines().find(|line| line.contains("big-data-bureau")).expect("a row");
    assert!(own.contains("accepted"), "{own}");
    assert!(answers[2].contains("60.5"), "{}", answers[2]);
    let steps = ["submitted", "approved", "accepted"];
    assert!(steps.iter().all(|step| answers[3].contains(step)), "{}", answers[3]);
    assert!(answers[4].contains("2024-h1"), "{}", answers[4]);
    // A file of what stands already is taken, and adds nothing.
    let size = |url: &str| run(dir.path(), url, "hefu --output json log head");
    let before = size(&url);
    files.iter().for_each(|line| drop(run(dir.path(), &url, line)));
    assert_eq!(before, size(&url));
    let (export, head) = (dir.path().join("copy"), run(dir.path(), &url, "hefu --output json log head"));
    std::fs::write(dir.path().join("head.json"), head).expect("a file");
    run(dir.path(), &url, "hefu log export copy");
    run(dir.path(), &url, "hefu verify copy --head head.json");
    assert!(export.is_dir());
    server.expect("a server").stop();
}
