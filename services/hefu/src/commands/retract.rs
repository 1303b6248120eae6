//! `hefu retract`.

use hefu_types::event::reporting::ObservationRetracted;
use hefu_types::{Code, Event, Period, Refusal, Text};

use super::key::text;
use super::submit::Standing;
use crate::args::StandingArg;
use crate::context::{Context, recovered};
use crate::failure::Failure;
use crate::signer::WriterArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct RetractArgs {
    #[command(flatten)]
    signer: WriterArgs,
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
    /// The unit whose observation it is, when another unit lets yours report.
    #[arg(long, value_name = "CODE")]
    on_behalf_of: Option<Code>,
}

impl RetractArgs {
    /// Whether an event is this very retraction; when it may take back whatever stands, it may name anything.
    fn is_said_by(&self, event: &Event) -> bool {
        let Event::ObservationRetracted(said) = event else { return false };
        let named = match self.observation {
            StandingArg::Auto => said.observation.clone(),
            StandingArg::Event(hash, index) => StandingArg::event(hash, index),
        };
        (&said.indicator, &said.area, said.period) == (&self.indicator, &self.area, self.period)
            && said.reason == self.reason
            && said.on_behalf_of == self.on_behalf_of
            && said.observation == named
    }
}

pub(crate) async fn run(context: &Context, args: RetractArgs) -> Result<(), Failure> {
    let mut writer = context.writer(&args.signer).await?;
    if let Some(position) = recovered(&writer, |event| args.is_said_by(event)) {
        return context.recorded(&writer, position);
    }
    let RetractArgs { indicator, area, period, reason, on_behalf_of, .. } = args;
    let observation = match args.observation {
        StandingArg::Event(hash, index) => StandingArg::event(hash, index),
        StandingArg::Auto => {
            let cell = (indicator.clone(), area.clone(), period);
            let standing = Standing::of_cell(context, &cell).await?;
            standing.named(&cell).map_err(|refusal| Refusal { field: "observation".into(), ..refusal })?
        }
    };
    let event = ObservationRetracted { indicator, area, period, observation, reason, on_behalf_of };
    let position = writer.submit(vec![event.into()]).await?;
    context.recorded(&writer, &position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;
    use hefu_types::SubmissionHash;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: RetractArgs,
    }

    fn args(period: &str, observation: &str, reason: &str) -> RetractArgs {
        let line = ["retract", "--key", "me.pem", "--indicator", "gz-5g", "--area", "520000", "--period", period];
        let more = ["--observation", observation, "--reason", reason];
        Line::parse_from(line.iter().chain(&more)).args
    }

    #[test]
    fn the_same_retraction_is_known_again() {
        let hash = SubmissionHash::from_bytes([1; 32]);
        let event = Event::from(ObservationRetracted {
            indicator: Code::new("gz-5g").unwrap(),
            area: Code::new("520000").unwrap(),
            period: "2024".parse().unwrap(),
            observation: StandingArg::event(hash, 0),
            reason: Text::new("a slip").unwrap(),
            on_behalf_of: None,
        });
        assert!(args("2024", "auto", "a slip").is_said_by(&event));
        assert!(args("2024", &format!("{hash}/0"), "a slip").is_said_by(&event));
        assert!(!args("2024", &format!("{hash}/1"), "a slip").is_said_by(&event));
        assert!(!args("2023", "auto", "a slip").is_said_by(&event));
        assert!(!args("2024", "auto", "another").is_said_by(&event));
    }
}
