//! A whole plan, read.

use crate::files::GUIZHOU;
use crate::read::{plan, table};
use crate::{
    Discrepancy, Indicator, Milestone, Observation, Plan, PlanFiles, Reporter, SeedError, Target, Task, Unit,
    WithheldFigure,
};

/// Everything that is known about one plan, row by row in the order of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// The plan's head, parts and areas.
    pub plan: Plan,
    /// The units that become members: those of the joint conference or, without one, those that the plan names as
    /// responsible; where it names none, one of our own choice, marked as such.
    pub members: Vec<Unit>,
    /// Units named as leading that are no member units.
    pub other_units: Vec<Unit>,
    /// The numbered tasks of all parts.
    pub tasks: Vec<Task>,
    /// Goals without a figure.
    pub milestones: Vec<Milestone>,
    /// Quantities with a figure.
    pub indicators: Vec<Indicator>,
    /// The figures.
    pub targets: Vec<Target>,
    /// Figures that are printed and are no targets.
    pub withheld: Vec<WithheldFigure>,
    /// Published figures: those to submit, and those kept as evidence.
    pub observations: Vec<Observation>,
    /// Who reports which indicator in a demo; in no source.
    pub reporters: Vec<Reporter>,
    /// Where the sources are wrong, doubtful or silent, and what was decided.
    pub discrepancies: Vec<Discrepancy>,
}

impl Catalogue {
    /// Reads the Guizhou plan of 2022 to 2024.
    ///
    /// # Errors
    ///
    /// When an embedded file does not have the shape of its rows, which the tests of this crate exclude.
    pub fn guizhou() -> Result<Self, SeedError> {
        Self::load(&GUIZHOU)
    }

    /// Reads one plan from the text of its files.
    ///
    /// # Errors
    ///
    /// The first row that does not have the shape of its table, by file and line.
    pub fn load(files: &PlanFiles<'_>) -> Result<Self, SeedError> {
        let folder = files.folder;
        Ok(Self {
            plan: plan(folder, files.plan)?,
            members: table(folder, "members.csv", files.members)?,
            other_units: table(folder, "other-units.csv", files.other_units)?,
            tasks: table(folder, "tasks.csv", files.tasks)?,
            milestones: table(folder, "milestones.csv", files.milestones)?,
            indicators: table(folder, "indicators.csv", files.indicators)?,
            targets: table(folder, "targets.csv", files.targets)?,
            withheld: table(folder, "withheld-figures.csv", files.withheld)?,
            observations: table(folder, "observations.csv", files.observations)?,
            reporters: table(folder, "illustrative-reporters.csv", files.reporters)?,
            discrepancies: table(folder, "discrepancies.csv", files.discrepancies)?,
        })
    }

    /// Member units, then other units.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.members.iter().chain(&self.other_units)
    }

    /// The indicator with this code.
    #[must_use]
    pub fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|row| row.indicator == code)
    }

    /// What is printed about an indicator and is no target, in the order of the file.
    pub fn withheld_of<'a>(&'a self, indicator: &'a str) -> impl Iterator<Item = &'a WithheldFigure> {
        self.withheld.iter().filter(move |row| row.indicator == indicator)
    }

    /// The members that report an indicator in a demo, in the order of the file.
    pub fn reporters_of<'a>(&'a self, indicator: &'a str) -> impl Iterator<Item = &'a str> {
        self.reporters.iter().filter(move |row| row.indicator == indicator).map(|row| row.reporting_unit.as_str())
    }
}
