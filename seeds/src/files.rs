//! The embedded files of every plan, and the table of plans.

/// The text of one plan's files: UTF-8, LF; the tables are CSV with a header row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanFiles<'a> {
    /// The folder, as in `guizhou`: also the plan's code, and the first part of file names in errors.
    pub folder: &'a str,
    /// `plan.toml`: head of the plan, parts, areas.
    pub plan: &'a str,
    /// `members.csv`: the units that become members.
    pub members: &'a str,
    /// `other-units.csv`: further units that the plan names as leading.
    pub other_units: &'a str,
    /// `tasks.csv`: the numbered tasks.
    pub tasks: &'a str,
    /// `milestones.csv`: goals without a figure.
    pub milestones: &'a str,
    /// `indicators.csv`: quantities with a figure.
    pub indicators: &'a str,
    /// `targets.csv`: the figures.
    pub targets: &'a str,
    /// `withheld-figures.csv`: figures that are printed and are no targets.
    pub withheld: &'a str,
    /// `observations.csv`: what has been published.
    pub observations: &'a str,
    /// `illustrative-reporters.csv`: who reports what in a demo.
    pub reporters: &'a str,
    /// `discrepancies.csv`: where the sources are wrong, doubtful or silent.
    pub discrepancies: &'a str,
}

/// Embeds the folder of one plan.
macro_rules! plan_files {
    ($folder:literal) => {
        PlanFiles {
            folder: $folder,
            plan: embedded!($folder, "plan.toml"),
            members: embedded!($folder, "members.csv"),
            other_units: embedded!($folder, "other-units.csv"),
            tasks: embedded!($folder, "tasks.csv"),
            milestones: embedded!($folder, "milestones.csv"),
            indicators: embedded!($folder, "indicators.csv"),
            targets: embedded!($folder, "targets.csv"),
            withheld: embedded!($folder, "withheld-figures.csv"),
            observations: embedded!($folder, "observations.csv"),
            reporters: embedded!($folder, "illustrative-reporters.csv"),
            discrepancies: embedded!($folder, "discrepancies.csv"),
        }
    };
}

/// Embeds one file of a plan's folder.
macro_rules! embedded {
    ($folder:literal, $file:literal) => {
        include_str!(concat!("../", $folder, "/", $file))
    };
}

/// The files of the Guizhou plan.
pub(crate) const GUIZHOU: PlanFiles<'static> = plan_files!("guizhou");

/// Every plan that this crate carries.
pub const PLANS: &[PlanFiles<'static>] =
    &[GUIZHOU, plan_files!("shanxi"), plan_files!("zhangzhou"), plan_files!("zhumadian")];
