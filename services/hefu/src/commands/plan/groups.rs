//! `hefu plan groups`: the working group of each part of a plan.

use hefu_proto::v1;
use hefu_types::Code;

use crate::args::AsOfArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::lang::note;
use crate::output::record;

#[derive(Debug, clap::Args)]
pub(crate) struct GroupsArgs {
    /// The plan; all plans without it.
    #[arg(long, value_name = "CODE")]
    plan: Option<Code>,
    /// Only the groups that this unit is in, and what it has to do there; all units without it.
    #[arg(long, value_name = "CODE")]
    unit: Option<Code>,
    #[command(flatten)]
    as_of: AsOfArgs,
}

record! {
    /// A unit in the working group of a part of a plan.
    struct GroupRow {
        both plan: String,
        both part: String,
        data title_zh: String,
        data title_en: String,
        both unit: String,
        both name_zh: String,
        data name_en: String,
        both leads_part: bool,
        both tasks_led: u64,
        both tasks_supported: u64,
        both milestones_led: u64,
        both indicators_led: u64,
        data part_tasks: u64,
        data part_milestones: u64,
        data part_indicators: u64,
    }
}

pub(super) async fn run(context: &Context, args: &GroupsArgs) -> Result<(), Failure> {
    let text = |code: &Option<Code>| code.as_ref().map(Code::to_string).unwrap_or_default();
    let request = v1::ListWorkingGroupsRequest {
        plan: text(&args.plan),
        unit: text(&args.unit),
        as_of: args.as_of.moment(),
        min_seq: args.as_of.min_seq,
    };
    let server = context.server()?;
    let answer = server.ask(async |server| server.plans().list_working_groups(request.clone()).await).await?;
    let asked = |unit: &&v1::GroupUnit| request.unit.is_empty() || unit.unit == request.unit;
    let rows: Vec<GroupRow> = answer
        .groups
        .iter()
        .flat_map(|group| group.units.iter().filter(asked).map(|unit| group_row(group, unit)))
        .collect();
    note!("as of size {}", "截至规模 {}", answer.size);
    context.rows(&rows)
}

fn group_row(group: &v1::WorkingGroup, unit: &v1::GroupUnit) -> GroupRow {
    let (title, name) = (group.title.clone().unwrap_or_default(), unit.name.clone().unwrap_or_default());
    GroupRow {
        plan: group.plan.clone(),
        part: group.part.clone(),
        title_zh: title.zh,
        title_en: title.en,
        unit: unit.unit.clone(),
        name_zh: name.zh,
        name_en: name.en,
        leads_part: unit.leads_part,
        tasks_led: unit.tasks_led.into(),
        tasks_supported: unit.tasks_supported.into(),
        milestones_led: unit.milestones_led.into(),
        indicators_led: unit.indicators_led.into(),
        part_tasks: group.tasks.into(),
        part_milestones: group.milestones.into(),
        part_indicators: group.indicators.into(),
    }
}
