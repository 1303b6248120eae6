//! `cargo xtask errors-md`: docs/errors.md, from the tables of codes in ledger/types and in the command line, and the table of
//! statuses in proto.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, bail};

use crate::shell::root;

/// Where the document stands.
pub(crate) const DOCUMENT: &str = "docs/errors.md";
const CODES: &str = "ledger/types/src/reason.rs";
const STATUSES: &str = "proto/src/status.rs";
const LOCAL: &str = "services/hefu/src/codes.rs";

const INTRODUCTION: &str = "\
# Errors

Whatever is refused is refused whole. Every refusal carries one of the codes below. Each but `OUTCOME_UNKNOWN` means that this
call wrote nothing, and a refusal by the rules leaves the key's number free. `OVERLOADED`, `STORAGE_LATCHED`, `SHUTTING_DOWN`
and `WITNESSES_NONE` say nothing about an *earlier* call with the same bytes: after an unanswered call, send the same bytes
until there is a position or a refusal by the rules. Codes are only ever added, and their meaning never changes: match on the
code, never on the text.

Over gRPC a refusal is a status with `google.rpc.ErrorInfo` (`reason` = the code, `domain` = `hefu`, `metadata.remedy`)
and, where a field is at fault, `google.rpc.BadRequest` with its path, such as `events[0].observation_reported.value`. In a
stream it is a `Refusal` with the same code, field and remedy, and the stream goes on. `hefu` prints code, field and remedy
and exits with 1; with 3 when the same call can succeed later. What `hefu` finds by itself has codes of its own, at the end.

What to do follows from the status:

- `INVALID_ARGUMENT`: the request is wrong and stays wrong. Mend the program or the input.
- `FAILED_PRECONDITION`, `ALREADY_EXISTS`, `PERMISSION_DENIED`: the request is well made, but the ledger as it stands forbids
  it. Look at the ledger, then decide.
- `NOT_FOUND`: a question about something that is not there.
- `RESOURCE_EXHAUSTED`: too much at once, certainly not written. Send the same bytes again after the time in `RetryInfo`.
- `UNAVAILABLE`: the service can't do it now. Send the same bytes again later.
- `UNKNOWN`, a broken connection, a timeout, or any failure without one of these codes: nobody knows whether it was
  written. Send the same bytes again; what was recorded is recorded once, and the answer names its position.
- `DATA_LOSS`: what is stored is damaged. The operator stops the server and keeps the folder as it is.

This file is made by `cargo xtask errors-md` from the tables in `ledger/types/src/reason.rs` and
`services/hefu/src/codes.rs`; `cargo xtask check` holds them together.
";

const LOCAL_HEADING: &str = "
## What `hefu` finds by itself

No server said these. Each is printed with what to do about it.

| code | exit | cause |
|---|---|---|
";

/// A line of the table of codes.
#[derive(Debug, PartialEq, Eq)]
struct Code {
    code: String,
    class: String,
    cause: String,
    remedy: String,
}

/// A heading and its codes.
type Section = (String, Vec<Code>);

pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    crate::no_arguments(arguments)?;
    print!("{}", document()?);
    Ok(())
}

/// What docs/errors.md must be.
pub(crate) fn document() -> anyhow::Result<String> {
    let read = |path| fs::read_to_string(root().join(path)).with_context(|| format!("{path} can't be read"));
    let statuses = statuses(&read(STATUSES)?);
    let mut text = INTRODUCTION.to_owned();
    for (heading, codes) in sections(&read(CODES)?)? {
        let _ = write!(text, "\n## {heading}\n\n| code | gRPC status | cause | what to do |\n|---|---|---|---|\n");
        for Code { code, class, cause, remedy } in codes {
            let status = statuses.get(&class).with_context(|| format!("{STATUSES} has no status for {class}"))?;
            let _ = writeln!(text, "| `{code}` | `{status}` | {} | {} |", cell(&cause), cell(&remedy));
        }
    }
    text.push_str(LOCAL_HEADING);
    for (code, exit, cause) in local(&read(LOCAL)?)? {
        let _ = writeln!(text, "| `{code}` | {exit} | {} |", cell(&cause));
    }
    Ok(text)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The codes of the macro's table, by the comments that divide it.
fn sections(source: &str) -> anyhow::Result<Vec<Section>> {
    let table = source.split_once("reasons! {").and_then(|(_, rest)| rest.split_once("\n}")).map(|(table, _)| table);
    let mut sections: Vec<Section> = vec![];
    let mut cause = String::new();
    for line in table.with_context(|| format!("{CODES} has no table"))?.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            cause.push_str(text);
        } else if let Some(heading) = line.strip_prefix("//") {
            sections.push((heading.trim().trim_end_matches('.').to_owned(), vec![]));
        } else if !line.is_empty() {
            let code = code(line, std::mem::take(&mut cause).trim())?;
            sections.last_mut().with_context(|| format!("{} stands before any heading", code.code))?.1.push(code);
        }
    }
    Ok(sections)
}

/// `Variant "CODE" Class "remedy";`
fn code(line: &str, cause: &str) -> anyhow::Result<Code> {
    match line.splitn(5, '"').collect::<Vec<_>>()[..] {
        [_, code, class, remedy, ";"] => Ok(Code {
            code: code.to_owned(),
            class: class.trim().to_owned(),
            cause: cause.to_owned(),
            remedy: remedy.to_owned(),
        }),
        _ => bail!("{CODES}: not a line of the table: {line}"),
    }
}

/// `("CODE", "2", "Cause."),`
fn local(source: &str) -> anyhow::Result<Vec<(String, String, String)>> {
    let lines = source.lines().map(str::trim).filter(|line| line.starts_with('('));
    let rows = lines.map(|line| match line.splitn(7, '"').collect::<Vec<_>>()[..] {
        [_, code, _, exit, _, cause, _] => Ok((code.to_owned(), exit.to_owned(), cause.to_owned())),
        _ => bail!("{LOCAL}: not a line of the table: {line}"),
    });
    rows.collect()
}

/// `Class::NotFound => Code::NotFound,`
fn statuses(source: &str) -> BTreeMap<String, String> {
    let pairs = source.lines().filter_map(|line| {
        let (class, code) = line.trim().strip_prefix("Class::")?.split_once(" => Code::")?;
        Some((class.to_owned(), screaming(code.trim_end_matches(','))))
    });
    pairs.collect()
}

/// `NotFound` as `NOT_FOUND`.
fn screaming(camel: &str) -> String {
    let mut text = String::new();
    for c in camel.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(c.to_uppercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
reasons! {
    // The first kind.
    /// It is `this | that`.
    ThisThat "THIS_THAT" Denied "Don't.";
    /// Two
    /// lines.
    Two "TWO" NotFound "Look `here`.";
}
"#;

    #[test]
    fn the_table_is_read_with_its_headings() {
        let sections = sections(SOURCE).unwrap();
        let (heading, codes) = &sections[0];
        assert_eq!((sections.len(), heading.as_str(), codes.len()), (1, "The first kind", 2));
        assert_eq!((codes[1].code.as_str(), codes[1].class.as_str()), ("TWO", "NotFound"));
        assert_eq!((codes[1].cause.as_str(), codes[1].remedy.as_str()), ("Two lines.", "Look `here`."));
        assert!(sections_fail("reasons! {\n // A.\n /// x\n Odd \"ODD\" Denied;\n}"));
    }

    #[test]
    fn the_command_lines_own_codes_are_read() {
        let row = ("BUSY".to_owned(), "4 or 2".to_owned(), "It's `busy`.".to_owned());
        assert_eq!(local("x = [\n    (\"BUSY\", \"4 or 2\", \"It's `busy`.\"),\n];").unwrap(), [row]);
        assert!(local("(\"BUSY\", 4),").is_err());
    }

    fn sections_fail(source: &str) -> bool {
        sections(source).is_err()
    }

    #[test]
    fn statuses_are_spelt_as_grpc_spells_them() {
        let statuses = statuses("  Class::DataLoss => Code::DataLoss,\n  other => line,");
        assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [("DataLoss".into(), "DATA_LOSS".into())]);
    }
}
