//! SDMX-CSV 2.0: <https://github.com/sdmx-twg/sdmx-csv/blob/v2.0.0/data-message/docs/sdmx-csv-field-guide.md>.
//!
//! The first three columns name the structure and the action, then come the dimensions, the measure and the attributes. An
//! action is `I` (information), `R` (replace: what was recorded since some time), or `D` (delete: a retraction). A row that
//! deletes holds nothing but dimensions: with an attribute it would delete that attribute alone.

use hefu_types::{Period, PeriodType};

use super::DataRow;
use crate::output::{Cell, Number};

/// The dataflow that all exports are of; its columns are described in docs/reporting.md, and change with the version.
const STRUCTURE_ID: &str = "HEFU:OBSERVATIONS(1.0.0)";

const HEADER: [&str; 3] = ["STRUCTURE", "STRUCTURE_ID", "ACTION"];

const DIMENSIONS: [&str; 4] = ["FREQ", "INDICATOR", "REF_AREA", "TIME_PERIOD"];

/// A column that is no dimension, and what stands there.
type Component = (&'static str, fn(&DataRow) -> String);

const COMPONENTS: [Component; 23] = [
    ("OBS_VALUE", |row| row.value.as_ref().map(Number::text).unwrap_or_default()),
    ("OBS_STATUS", |row| row.obs_status.clone()),
    ("UNIT_MEASURE", |row| row.unit_of_measure.clone()),
    ("DECIMALS", |row| row.decimals.to_string()),
    ("QUALIFIER", |row| row.qualifier.clone()),
    ("AS_OF_DATE", |row| row.as_of_date.clone()),
    ("REPORTING_UNIT", |row| row.member.clone()),
    ("VALID_FROM", |row| row.valid_from.text()),
    ("VALID_TO", |row| row.valid_to.text()),
    ("SOURCE_TITLE", |row| row.source_title.clone()),
    ("SOURCE_URI", |row| row.source_uri.clone()),
    ("SOURCE_DATE", |row| row.source_date.clone()),
    ("COMMENT_OBS", |row| row.note.clone()),
    ("REVISION_REASON", |row| row.reason.clone()),
    ("CONF_STATUS", |row| row.conf_status.clone()),
    ("EMBARGO_TIME", |row| row.embargo_until.text()),
    ("CONF_REDIST", |row| row.readers.clone()),
    ("COLL_METHOD", |row| row.method.clone()),
    ("EVIDENCE", |row| row.evidence.clone()),
    ("COMMITMENT", |row| row.commitment.text()),
    ("LEDGER_SEQ", |row| row.seq.to_string()),
    ("EVENT_INDEX", |row| row.event_index.to_string()),
    ("SUBMISSION_HASH", |row| row.submission_hash.text()),
];

/// Rows as SDMX-CSV; as updates of what somebody has, or for information.
pub(super) fn text(rows: &[DataRow], updates: bool) -> String {
    let mut writer = csv::Writer::from_writer(vec![]);
    let mut write = |fields: Vec<String>| writer.write_record(fields).expect("memory takes rows of one length");
    let components = COMPONENTS.iter().map(|(name, _)| name);
    write(HEADER.iter().chain(&DIMENSIONS).chain(components).map(|name| (*name).to_owned()).collect());
    for row in rows {
        let action = match row.retracted {
            true => "D",
            false if updates => "R",
            false => "I",
        };
        let said = |(_, text): &Component| if row.retracted { String::new() } else { text(row) };
        let structure = ["dataflow", STRUCTURE_ID, action].map(str::to_owned);
        write(structure.into_iter().chain(dimensions(row)).chain(COMPONENTS.iter().map(said)).collect());
    }
    String::from_utf8(writer.into_inner().expect("memory takes everything")).expect("strings are UTF-8")
}

fn dimensions(row: &DataRow) -> [String; 4] {
    let (frequency, period) = match row.period.parse::<Period>().map(Period::kind) {
        Ok(PeriodType::Year) => ("A", row.period.clone()),
        Ok(PeriodType::Half) => ("S", row.period.replace('H', "S")),
        Ok(PeriodType::Quarter) => ("Q", row.period.clone()),
        Ok(PeriodType::Month) => ("M", row.period.clone()),
        Ok(PeriodType::Day) => ("D", row.period.clone()),
        Err(_) => ("_U", row.period.clone()),
    };
    [frequency.to_owned(), row.indicator.clone(), row.area.clone(), period]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::data::example;
    use crate::output::Time;

    fn fields(rows: &[DataRow], updates: bool) -> Vec<Vec<String>> {
        let text = text(rows, updates);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn the_structure_comes_first_then_dimensions_then_what_is_said() {
        let row = DataRow { note: "a, \"b\"".into(), ..example("520000", "2024-H1", "60.5") };
        let rows = fields(&[row], false);
        let start =
            ["STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", "INDICATOR", "REF_AREA", "TIME_PERIOD", "OBS_VALUE"];
        assert_eq!(rows[0][..8], start);
        let said =
            ["dataflow", "HEFU:OBSERVATIONS(1.0.0)", "I", "S", "gz-5g", "520000", "2024-S1", "60.5", "A", "count", "1"];
        assert_eq!(rows[1][..11], said);
        let at = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
        assert_eq!(rows[1][at("COMMENT_OBS")], "a, \"b\"");
        assert_eq!(
            (rows[1][at("VALID_FROM")].as_str(), rows[1][at("VALID_TO")].as_str()),
            ("2023-11-14T22:13:20.123Z", "")
        );
    }

    #[test]
    fn every_kind_of_period_has_its_frequency() {
        let of = |period: &str| {
            let [frequency, .., time] = dimensions(&example("1", period, "1"));
            format!("{frequency} {time}")
        };
        let periods = ["2024", "2024-H2", "2024-Q3", "2024-07", "2024-07-15"];
        assert_eq!(periods.map(of), ["A 2024", "S 2024-S2", "Q 2024-Q3", "M 2024-07", "D 2024-07-15"]);
    }

    #[test]
    fn a_retraction_deletes_and_an_update_replaces() {
        let stood = DataRow { valid_to: Some(Time(1_700_000_100_000)), ..example("1", "2024", "1") };
        let retraction = DataRow { retracted: true, value: None, ..example("1", "2024", "1") };
        let actions = |updates| {
            fields(&[stood.clone(), retraction.clone()], updates)[1..].iter().map(|f| f[2].clone()).collect::<Vec<_>>()
        };
        assert_eq!([actions(false), actions(true)], [["I", "D"], ["R", "D"]]);
        let deleted = fields(std::slice::from_ref(&retraction), true).remove(1);
        assert!(deleted[7..].iter().all(String::is_empty), "{deleted:?}");
    }
}
