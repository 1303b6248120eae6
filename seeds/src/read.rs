//! From text to rows, with the line of every fault.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use crate::{Plan, SeedError};

/// Reads a table with a header row.
pub(crate) fn table<T: DeserializeOwned>(folder: &str, name: &str, text: &str) -> Result<Vec<T>, SeedError> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|source| table_error(format!("{folder}/{name}"), source))
}

fn table_error(file: String, source: csv::Error) -> SeedError {
    let line = source.position().map_or(1, csv::Position::line);
    SeedError::Table { file, line, source }
}

/// Reads `plan.toml`.
pub(crate) fn plan(folder: &str, text: &str) -> Result<Plan, SeedError> {
    toml::from_str(text).map_err(|source| SeedError::Plan {
        file: format!("{folder}/plan.toml"),
        line: source.span().map_or(1, |span| line_at(text, span.start)),
        source: Box::new(source),
    })
}

fn line_at(text: &str, offset: usize) -> u64 {
    let before = text.bytes().take(offset);
    1 + before.map(|byte| u64::from(byte == b'\n')).sum::<u64>()
}

/// Reads a field that lists values joined by `;`: empty is no value, and no listed value may be empty.
pub(crate) fn list<'de, T, D>(field: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(field)?;
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(';').map(item).collect()
}

fn item<'de, T: Deserialize<'de>, E: Error>(text: &str) -> Result<T, E> {
    if text.is_empty() || text.trim() != text {
        return Err(E::custom(format!("`{text}` in a list: empty, or with blanks around it")));
    }
    T::deserialize(StrDeserializer::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PLANS, PlanFiles, Reporter};

    #[test]
    fn a_table_fault_names_file_and_line() {
        let text = "indicator,reporting_unit\na,b\nonly-one\n";
        let fault = table::<Reporter>("p", "r.csv", text).expect_err("short row");
        assert_eq!((fault.file(), fault.line()), ("p/r.csv", 3));
    }

    #[test]
    fn an_unknown_column_is_a_fault() {
        let text = "indicator,reporting_unit,extra\na,b,c\n";
        assert!(table::<Reporter>("p", "r.csv", text).is_err());
    }

    #[test]
    fn a_plan_fault_names_file_and_line() {
        let fault = plan("p", "code = \"p\"\nfirst_year = \"2022\"\n").expect_err("year as text");
        assert_eq!((fault.file(), fault.line()), ("p/plan.toml", 2));
    }

    #[test]
    fn a_word_that_is_not_allowed_is_a_fault() {
        let targets = PLANS[0].targets.replacen(",stretch,", ",perhaps,", 1);
        let files = PlanFiles { targets: &targets, ..PLANS[0] };
        let fault = crate::Catalogue::load(&files).expect_err("strength perhaps");
        assert_eq!((fault.file(), fault.line()), ("guizhou/targets.csv", 2));
    }

    #[test]
    fn a_list_with_a_hole_is_a_fault() {
        let tasks = "task,part,number,zh,en,lead_units,supporting_units,document,section\n\
                     t,p,1,z,e,a;;b,,d,s\n";
        assert!(table::<crate::Task>("p", "tasks.csv", tasks).is_err());
    }
}
