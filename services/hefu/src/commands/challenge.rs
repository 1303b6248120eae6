//! `hefu challenge` and `hefu attest`.

use hefu_proto::v1;
use hefu_types::event::assurance::{
    ChallengeAnswered, ChallengeOutcome, ChallengeResolved, ObservationAttested, ObservationChallenged, Opinion,
};
use hefu_types::{Code, EventRef, Period, SubmissionHash, Text};

use super::key::text;
use super::submit::Standing;
use crate::args::{AsOfArgs, DayEnd, StandingArg};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Hash, Time, Word, record};
use crate::signer::WriterArgs;
use crate::words;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ChallengeCommand {
    /// Doubt what another unit reported, and ask for an answer by a time.
    Raise(RaiseArgs),
    /// Answer a challenge of what your unit reported.
    Answer(AnswerArgs),
    /// End a challenge: the office upholds or dismisses it, the challenger withdraws it.
    Resolve(ResolveArgs),
    /// List challenges.
    List(ListArgs),
}

/// A standing observation of another unit.
#[derive(Debug, clap::Args)]
pub(crate) struct CellArgs {
    /// The indicator's code.
    #[arg(long, value_name = "CODE")]
    indicator: Code,
    /// The area's code.
    #[arg(long, value_name = "CODE")]
    area: Code,
    /// The period.
    #[arg(long)]
    period: Period,
    /// The standing observation that you have seen: HASH/INDEX, or `auto` for whatever stands.
    #[arg(long)]
    observation: StandingArg,
}

impl CellArgs {
    async fn named(&self, context: &Context) -> Result<EventRef, Failure> {
        match self.observation {
            StandingArg::Event(hash, index) => Ok(StandingArg::event(hash, index)),
            StandingArg::Auto => {
                let cell = (self.indicator.clone(), self.area.clone(), self.period);
                Ok(Standing::of_cell(context, &cell).await?.named(&cell)?)
            }
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct AttestArgs {
    #[command(flatten)]
    signer: WriterArgs,
    #[command(flatten)]
    cell: CellArgs,
    /// unqualified, qualified or adverse.
    #[arg(long)]
    opinion: Opinion,
    /// On what grounds; needed with any opinion that is not unqualified.
    #[arg(long, value_parser = text, default_value = "")]
    reason: Text,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RaiseArgs {
    #[command(flatten)]
    signer: WriterArgs,
    #[command(flatten)]
    cell: CellArgs,
    /// What is doubted, and why, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
    /// By when an answer is due: a time (RFC 3339) or a date (its end, UTC).
    #[arg(long, value_name = "TIME|DATE")]
    answer_by: DayEnd,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AnswerArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The challenge: HASH/INDEX, as `hefu challenge list` shows it.
    challenge: EventArg,
    /// The answer, for the record.
    #[arg(long, value_parser = text)]
    answer: Text,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ResolveArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The challenge: HASH/INDEX, as `hefu challenge list` shows it.
    challenge: EventArg,
    /// upheld, dismissed or withdrawn.
    #[arg(long)]
    outcome: ChallengeOutcome,
    /// Why, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// The indicator; all indicators without it.
    #[arg(long, value_name = "CODE")]
    indicator: Option<Code>,
    /// The area; all areas without it.
    #[arg(long, value_name = "CODE", requires = "indicator")]
    area: Option<Code>,
    /// Only those that have not ended.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    as_of: AsOfArgs,
}

/// An event: submission hash and index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventArg(SubmissionHash, u32);

impl std::str::FromStr for EventArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(StandingArg::Event(hash, index)) => Ok(Self(hash, index)),
            _ => Err("no event such as 9f…/0: submission hash and index".into()),
        }
    }
}

record! {
    /// A challenge.
    struct ChallengeRow {
        both indicator: String,
        both area: String,
        both period: String,
        both owner: String,
        both challenger: String,
        both state: Word,
        both answer_by: Time,
        both reason: String,
        both answer: String,
        both outcome_reason: String,
        data answered_at: Option<Time>,
        data ended_at: Option<Time>,
        both challenge: String,
        data seq: u64,
        data recorded_at: Time,
    }
}

pub(crate) async fn attest(context: &Context, args: AttestArgs) -> Result<(), Failure> {
    let observation = args.cell.named(context).await?;
    let AttestArgs { signer, cell: CellArgs { indicator, area, period, .. }, opinion, reason } = args;
    let event = ObservationAttested { indicator, area, period, observation, opinion, reason };
    context.submit(&signer, event).await
}

pub(crate) async fn run(context: &Context, command: ChallengeCommand) -> Result<(), Failure> {
    match command {
        ChallengeCommand::Raise(args) => {
            let observation = args.cell.named(context).await?;
            let RaiseArgs { signer, cell: CellArgs { indicator, area, period, .. }, reason, answer_by } = args;
            let answer_by = answer_by.0;
            let event = ObservationChallenged { indicator, area, period, observation, reason, answer_by };
            context.submit(&signer, event).await
        }
        ChallengeCommand::Answer(AnswerArgs { signer, challenge, answer }) => {
            let challenge = StandingArg::event(challenge.0, challenge.1);
            context.submit(&signer, ChallengeAnswered { challenge, answer }).await
        }
        ChallengeCommand::Resolve(ResolveArgs { signer, challenge, outcome, reason }) => {
            let challenge = StandingArg::event(challenge.0, challenge.1);
            context.submit(&signer, ChallengeResolved { challenge, outcome, reason }).await
        }
        ChallengeCommand::List(args) => list(context, &args).await,
    }
}

async fn list(context: &Context, args: &ListArgs) -> Result<(), Failure> {
    let text = |code: &Option<Code>| code.as_ref().map(Code::to_string).unwrap_or_default();
    let request = v1::ListChallengesRequest {
        indicator: text(&args.indicator),
        area: text(&args.area),
        open_only: args.open,
        at: 0,
        as_of: args.as_of.moment(),
        min_seq: args.as_of.min_seq,
    };
    let server = context.server()?;
    let answer = server.ask(async |server| server.assurances().list_challenges(request.clone()).await).await?;
    context.rows(&answer.challenges.into_iter().map(challenge_row).collect::<Vec<_>>())
}

pub(crate) fn challenge_row(challenge: v1::Challenge) -> ChallengeRow {
    let challenged = challenge.challenged.unwrap_or_default();
    let said = challenge.said.unwrap_or_default();
    let given = |time: i64| (time != 0).then_some(Time(time));
    ChallengeRow {
        indicator: challenged.indicator,
        area: challenged.area,
        period: challenged.period,
        owner: challenge.owner,
        challenger: said.member,
        state: words::challenge_state(challenge.state),
        answer_by: Time(challenged.answer_by),
        reason: challenged.reason,
        answer: challenge.answer,
        outcome_reason: challenge.reason,
        answered_at: given(challenge.answered_at),
        ended_at: given(challenge.ended_at),
        challenge: format!("{}/{}", Hash::of(&said.submission_hash).whole(), said.event_index),
        seq: said.seq,
        recorded_at: Time(said.recorded_at),
    }
}
