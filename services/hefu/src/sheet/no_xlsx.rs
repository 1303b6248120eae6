//! XLSX in a program that was built without it.

use super::{Sheet, Takes};
use crate::failure::{Exit, Failure};
use crate::lang::both;
use crate::output::Record;

pub(super) fn read(_: Vec<u8>) -> Result<Sheet, Failure> {
    Err(missing())
}

pub(super) fn write<R: Record>(_: &[R], _: impl Fn(&str) -> Takes) -> Result<Vec<u8>, Failure> {
    Err(missing())
}

fn missing() -> Failure {
    let remedy = both!(
        "Use CSV, or build hefu with its default features, or with `--features xlsx`.",
        "请改用 CSV，或以默认功能、`--features xlsx` 构建 hefu。"
    );
    Failure::new(
        Exit::Usage,
        "FEATURE_MISSING",
        both!("hefu was built without the feature `xlsx`", "hefu 构建时未包含 `xlsx` 功能"),
        remedy,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_feature_is_named() {
        assert!(missing().detail.contains("xlsx") && read(vec![]).is_err());
    }
}
