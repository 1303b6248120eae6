//! What `docs/format.md` quotes and lists is what the code has.

use hefu_types::wire::{MessageInfo, Value as _};
use hefu_types::{Event, Submission};

use crate::GOLDEN;

const FORMAT: &str = "../docs/format.md";

/// Every byte string in a block marked `hex` stands in the golden file; text after `#` is comment.
#[test]
fn the_specification_quotes_the_vectors() {
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    let format = std::fs::read_to_string(FORMAT).unwrap();
    let mut blocks = 0;
    for block in format.split("```hex\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let bytes = block.lines().map(|line| line.split('#').next().unwrap());
        let bytes: String = bytes.flat_map(str::split_whitespace).collect();
        assert!(!bytes.is_empty() && golden.contains(&bytes), "docs/format.md quotes what no vector holds:\n{block}");
        blocks += 1;
    }
    assert!(blocks >= 15, "{blocks} examples in docs/format.md");
}

/// Every message that a submission can hold has its row in the specification, with every field number.
#[test]
fn the_specification_lists_every_field() {
    let format = std::fs::read_to_string(FORMAT).unwrap();
    let mut todo = vec![Submission::MESSAGE.unwrap()];
    let mut done = Vec::new();
    while let Some(message) = todo.pop() {
        if done.contains(&message.name) {
            continue;
        }
        done.push(message.name);
        check_rows(&format, message);
        todo.extend(message.fields.iter().filter_map(|field| field.shape.message));
    }
    assert!(done.len() > Event::KINDS.len(), "{done:?}");
}

fn check_rows(format: &str, message: &MessageInfo) {
    let rows: Vec<_> = format.lines().filter(|l| l.starts_with(&format!("| `{}` |", message.name))).collect();
    assert!(!rows.is_empty(), "docs/format.md has no row for {}", message.name);
    for field in message.fields {
        let cell = format!(" {} `{}`", field.number, field.name);
        assert!(rows.iter().any(|row| row.contains(&cell)), "docs/format.md lacks{cell} of {}", message.name);
    }
}
