//! `hefu member admit`.

use hefu_seeds::Admission;
use hefu_types::event::Name;
use hefu_types::event::membership::{ConferenceRole, MemberAdmitted, MemberType};
use hefu_types::{Code, Text};

use crate::commands::key::text;
use crate::commands::plan::built_in;
use crate::commands::request::RequestArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::signer::WriterArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct AdmitArgs {
    #[command(flatten)]
    signer: WriterArgs,
    #[command(flatten)]
    request: RequestArgs,
    /// Take name, type and conference role from the units of a built-in plan, such as guizhou.
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["name_zh", "name_en", "member_type", "conference_role"])]
    from: Option<String>,
    /// The Chinese name.
    #[arg(long, value_parser = text, default_value = "")]
    name_zh: Text,
    /// The English name.
    #[arg(long, value_parser = text, default_value = "")]
    name_en: Text,
    /// department, area_government, enterprise, institution or platform.
    #[arg(long = "type", value_name = "TYPE", required_unless_present = "from")]
    member_type: Option<MemberType>,
    /// convener, deputy_convener or member; none for members outside the joint conference.
    #[arg(long)]
    conference_role: Option<ConferenceRole>,
}

pub(crate) async fn run(context: &Context, args: AdmitArgs) -> Result<(), Failure> {
    let request = args.request.read()?;
    let Admission { member, name, member_type, conference_role } = admission(&args, &request.key_enrolled.member)?;
    let mut writer = context.writer(&args.signer).await?;
    let first_key = request.for_ledger(writer.ledger())?;
    let event = MemberAdmitted { member, name, member_type, conference_role, first_key };
    let position = writer.submit(vec![event.into()]).await?;
    context.recorded(&writer, &position)
}

fn admission(args: &AdmitArgs, member: &Code) -> Result<Admission, Failure> {
    let Some(plan) = &args.from else {
        return Ok(Admission {
            member: member.clone(),
            name: Name { zh: args.name_zh.clone(), en: args.name_en.clone() },
            member_type: args.member_type.expect("required by the command line"),
            conference_role: args.conference_role,
        });
    };
    let units = built_in(plan)?.admissions().map_err(|e| Failure::usage(e.to_string(), "Mend the catalogue."))?;
    units.into_iter().find(|unit| unit.member == *member).ok_or_else(|| {
        let detail = format!("{plan} has no unit {member}, which the request is for");
        Failure::usage(detail, format!("`hefu plan units {plan}` lists them; else give names and type yourself."))
    })
}
