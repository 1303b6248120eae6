//! `hefu retract`.

use hefu_types::event::reporting::ObservationRetracted;
use hefu_types::{Code, Period, Seq, Text};

use super::key::text;
use super::submit::Standing;
use crate::args::StandingArg;
use crate::context::{Context, Receipt};
use crate::failure::Failure;
use crate::signer::SignerArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct RetractArgs {
    #[command(flatten)]
    signer: SignerArgs,
    /// The indicator's code.
    #[arg(long, value_name = "CODE")]
    indicator: Code,
    /// The area's code.
    #[arg(long, value_name = "CODE")]
    area: Code,
    /// The period.
    #[arg(long)]
    period: Period,
    /// The standing observation: `auto` for whatever stands, or HASH/INDEX.
    #[arg(long, default_value = "auto")]
    observation: StandingArg,
    /// Why, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
}

pub(crate) async fn run(context: &Context, args: RetractArgs) -> Result<(), Failure> {
    let mut writer = context.writer(&args.signer).await?;
    let RetractArgs { indicator, area, period, reason, .. } = args;
    let observation = match args.observation {
        StandingArg::Event(hash, index) => StandingArg::event(hash, index),
        StandingArg::Auto => {
            let seen = context.reader()?.head().await?.size.last_seq().unwrap_or(Seq::FIRST);
            let standing = Standing::fetch(context, [&indicator], seen).await?;
            standing.named(&(indicator.clone(), area.clone(), period))?
        }
    };
    let event = ObservationRetracted { indicator, area, period, observation, reason };
    let position = writer.submit(vec![event.into()]).await?;
    context.one(&Receipt::from(&position))
}
