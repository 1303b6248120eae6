//! A plan's figures on one sheet, to be read line by line against its source.

use crate::{Catalogue, Milestone, Target, WithheldFigure};

const TARGET_COLUMNS: [&str; 10] =
    ["indicator", "name", "area", "year", "comparator", "value", "unit", "strength", "printed", "section"];
const WITHHELD_COLUMNS: [&str; 10] =
    ["indicator", "name", "area", "year", "value", "unit", "fault", "printed", "section", "reason"];
const GOAL_COLUMNS: [&str; 3] = ["milestone", "name", "section"];

impl Catalogue {
    /// The plan's targets as a Markdown table, in the order of the file; beneath it the figures that are printed but are no
    /// targets, and the goals without a year.
    ///
    /// The sheet of each plan is committed as `TARGETS.md` in its folder.
    #[must_use]
    pub fn target_sheet(&self) -> String {
        let targets = self.targets.iter().map(|target| self.target_row(target));
        let withheld = self.withheld.iter().map(|figure| self.withheld_row(figure));
        let yearless = self.milestones.iter().filter(|goal| goal.year == 0).map(goal_row);
        let title = &self.plan.title;
        [
            format!("# {}\n\n{}\n\nRendered from the tables of this folder.\n", title.en, title.zh),
            section("Targets", &TARGET_COLUMNS, targets.collect()),
            section("Printed, but no targets", &WITHHELD_COLUMNS, withheld.collect()),
            section("Goals without a year", &GOAL_COLUMNS, yearless.collect()),
        ]
        .join("\n")
    }

    fn target_row(&self, target: &Target) -> String {
        let (name, unit) = self.name_and_unit(&target.indicator);
        row(&[
            &target.indicator,
            name,
            &target.area,
            &target.year.to_string(),
            &target.comparator.to_string(),
            &target.value,
            unit,
            &target.strength.to_string(),
            &target.printed,
            &target.section.join("; "),
        ])
    }

    fn withheld_row(&self, figure: &WithheldFigure) -> String {
        let (name, unit) = self.name_and_unit(&figure.indicator);
        let year = if figure.year == 0 { String::new() } else { figure.year.to_string() };
        row(&[
            &figure.indicator,
            name,
            &figure.area,
            &year,
            &figure.value,
            unit,
            &figure.fault.to_string(),
            &figure.printed,
            &figure.section.join("; "),
            &figure.reason,
        ])
    }

    fn name_and_unit(&self, indicator: &str) -> (&str, &str) {
        self.indicator(indicator).map_or(("", ""), |found| (found.zh.as_str(), found.unit.as_str()))
    }
}

fn goal_row(goal: &Milestone) -> String {
    row(&[&goal.milestone, &goal.zh, &goal.section.join("; ")])
}

fn section(title: &str, columns: &[&str], rows: Vec<String>) -> String {
    let heading = format!("## {title}: {}\n", rows.len());
    if rows.is_empty() {
        return heading;
    }
    format!("{heading}\n{}{}{}", row(columns), row(&vec!["---"; columns.len()]), rows.concat())
}

fn row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
