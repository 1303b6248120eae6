//! `hefu challenge` and `hefu attest`.

use hefu_proto::v1;
use hefu_types::event::assurance::{
    ChallengeAnswered, ChallengeOutcome, ChallengeResolved, ObservationAttested, ObservationChallenged, Opinion,
};
use hefu_types::{Code, EventRef, Period, Refusal, SubmissionHash, Text};

use super::key::text;
use super::report::AtArgs;
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
                let standing = Standing::of_cell(context, &cell).await?;
                Ok(standing.named(&cell).map_err(|refusal| Refusal { field: "observation".into(), ..refusal })?)
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
    /// The unit that is challenged, or challenges; all units without it.
    #[arg(long, value_name = "CODE")]
    unit: Option<Code>,
    /// Only those that have not ended.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    at: AtArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct OpinionsArgs {
    /// The indicator; all indicators without it.
    #[arg(long, value_name = "CODE")]
    indicator: Option<Code>,
    /// The area; all areas without it.
    #[arg(long, value_name = "CODE", requires = "indicator")]
    area: Option<Code>,
    #[command(flatten)]
    as_of: AsOfArgs,
}

/// An event: submission hash and index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventArg(SubmissionHash, u32);

impl EventArg {
    /// The submission's hash, and the event within it.
    pub(crate) const fn parts(self) -> (SubmissionHash, u32) {
        (self.0, self.1)
    }
}

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
        data answered_by: Hash,
        data ended_at: Option<Time>,
        data ended_by: String,
        data ended_by_key: Hash,
        both challenge: String,
        data seq: u64,
        data recorded_at: Time,
    }
}

record! {
    /// An auditor's opinion, superseded or not.
    struct OpinionRow {
        both indicator: String,
        both area: String,
        both period: String,
        both opinion: Word,
        both auditor: String,
        both recorded_at: Time,
        both reason: String,
        data observation: String,
        data key: Hash,
        data seq: u64,
        data event_index: u64,
    }
}

pub(crate) async fn opinions(context: &Context, args: OpinionsArgs) -> Result<(), Failure> {
    let text = |code: &Option<Code>| code.as_ref().map(Code::to_string).unwrap_or_default();
    let request = v1::ListOpinionsRequest {
        indicator: text(&args.indicator),
        area: text(&args.area),
        as_of: args.as_of.moment(),
        min_seq: args.as_of.min_seq,
    };
    let server = context.server()?;
    let answer = server.ask(async |server| server.assurances().list_opinions(request.clone()).await).await?;
    context.rows(&answer.opinions.into_iter().map(opinion_row).collect::<Vec<_>>())
}

fn opinion_row(opinion: v1::Attestation) -> OpinionRow {
    let (attested, said) = (opinion.attested.unwrap_or_default(), opinion.said.unwrap_or_default());
    let named = attested.observation.unwrap_or_default();
    // Without a hash, the observation stands in the same submission.
    let of = if named.submission_hash.is_empty() { &said.submission_hash } else { &named.submission_hash };
    OpinionRow {
        indicator: attested.indicator,
        area: attested.area,
        period: attested.period,
        opinion: words::opinion(attested.opinion),
        auditor: said.member,
        recorded_at: Time(said.recorded_at),
        reason: attested.reason,
        observation: format!("{}/{}", Hash::of(of).whole(), named.index),
        key: Hash::of(&said.key),
        seq: said.seq,
        event_index: said.event_index.into(),
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
        unit: text(&args.unit),
        open_only: args.open,
        at: args.at.at(),
        as_of: args.at.as_of.moment(),
        min_seq: args.at.as_of.min_seq,
    };
    let server = context.server()?;
    let answer = server.ask(async |server| server.assurances().list_challenges(request.clone()).await).await?;
    context.rows(&answer.challenges.into_iter().map(challenge_row).collect::<Vec<_>>())
}

pub(crate) fn challenge_row(challenge: v1::Challenge) -> ChallengeRow {
    let challenged = challenge.challenged.unwrap_or_default();
    let (said, ended) = (challenge.said.unwrap_or_default(), challenge.ended.unwrap_or_default());
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
        answered_by: Hash::of(&challenge.answered.unwrap_or_default().key),
        ended_at: given(challenge.ended_at),
        ended_by: ended.member,
        ended_by_key: Hash::of(&ended.key),
        challenge: format!("{}/{}", Hash::of(&said.submission_hash).whole(), said.event_index),
        seq: said.seq,
        recorded_at: Time(said.recorded_at),
    }
}
