//! `hefu plan`: built-in catalogues, and what the ledger holds of them.

mod catalogue;
mod groups;
mod known;
mod load;
mod show;
mod try_out;

use std::path::PathBuf;

use hefu_types::Code;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::signer::WriterArgs;
pub(crate) use catalogue::built_in;
pub(crate) use known::Known;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum PlanCommand {
    /// Publish a built-in plan with its tasks, milestones, indicators and targets; what the ledger has already is skipped.
    /// By the office, once the reporting units are members.
    Load {
        /// A built-in plan, such as guizhou.
        plan: String,
        #[command(flatten)]
        signer: WriterArgs,
    },
    /// Try a built-in plan on a ledger of your own: make keys for all its units, admit them, and load the plan. You then speak
    /// for everybody: never do this where others report. By the office.
    Try {
        /// A built-in plan, such as guizhou.
        plan: String,
        #[command(flatten)]
        signer: WriterArgs,
        /// The folder that gets the keys: UNIT/reporter.pem (admin, reporter) and UNIT/approver.pem.
        #[arg(long, value_name = "DIR")]
        units: PathBuf,
    },
    /// List the plans of the ledger.
    List,
    /// Show a plan of the ledger and its parts.
    Show {
        /// The plan's code.
        plan: Code,
    },
    /// Show the working group of each part: the units that lead or support its tasks, milestones and indicators.
    Groups(groups::GroupsArgs),
    /// List the units of a built-in plan, as `member admit --from` takes them. Needs no server.
    Units {
        /// A built-in plan.
        plan: String,
    },
    /// Print published figures of a built-in plan, as `submit --csv` takes them (with --output csv). Needs no server.
    Reports {
        /// A built-in plan.
        plan: String,
        /// Only those that this unit reports in a demo.
        #[arg(long, value_name = "CODE")]
        reporter: Option<Code>,
    },
}

pub(crate) async fn run(context: &Context, command: PlanCommand) -> Result<Exit, Failure> {
    match command {
        PlanCommand::Load { plan, signer } => return load::run(context, &plan, &signer).await,
        PlanCommand::Try { plan, signer, units } => return try_out::run(context, &plan, &signer, &units).await,
        PlanCommand::List => show::list(context).await?,
        PlanCommand::Show { plan } => show::show(context, &plan).await?,
        PlanCommand::Groups(args) => groups::run(context, &args).await?,
        PlanCommand::Units { plan } => catalogue::units(context, &plan)?,
        PlanCommand::Reports { plan, reporter } => catalogue::reports(context, &plan, reporter.as_ref())?,
    }
    Ok(Exit::Done)
}
