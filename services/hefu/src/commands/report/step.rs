//! Steps of a report, each bound to exactly what was seen.

use std::str::FromStr;

use hefu_client::{Reviewed, Server};
use hefu_types::event::cycle::{NilReportDeclared, ReportAccepted, ReportApproved, ReportReturned, ReportSubmitted};
use hefu_types::{Code, ContentHash, PublicKey, Text};

use super::show;
use crate::args::KeyArg;
use crate::commands::key::text;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::{both, note};
use crate::signer::WriterArgs;

/// Digits that name a content hash, at least: with fewer, somebody could make two reports that both fit.
const DIGITS_MIN: usize = 32;

#[derive(Debug, clap::Args)]
pub(crate) struct DraftArgs {
    /// The unit's public key: hex, or a file.
    #[arg(long)]
    key: KeyArg,
    /// The cycle.
    cycle: Code,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The cycle.
    cycle: Code,
    /// The unit, when another one lets yours report all that it does.
    #[arg(long, value_name = "CODE")]
    on_behalf_of: Option<Code>,
    /// What the report says, as `hefu report draft` shows it: `auto` for whatever stands, or its hash.
    #[arg(long, default_value = "auto")]
    content: ContentArg,
}

#[derive(Debug, clap::Args)]
pub(crate) struct NilArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The cycle.
    cycle: Code,
    /// The unit, when another one lets yours report all that it does.
    #[arg(long, value_name = "CODE")]
    on_behalf_of: Option<Code>,
    /// Why there is nothing to report, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The cycle.
    cycle: Code,
    /// What you have seen, as `hefu report show` shows it: the hash or 32 digits of it at least, or `auto` for
    /// whatever stands.
    #[arg(long)]
    content: ContentArg,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReturnArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The cycle.
    cycle: Code,
    /// The unit.
    unit: Code,
    /// What is to be mended, for the record.
    #[arg(long, value_parser = text)]
    reason: Text,
    /// What the report's last step named, as `hefu report history` shows it: `auto` for whatever it did, the hash or 32 digits of it at
    /// least, or `nil` for a nil report.
    #[arg(long, default_value = "auto")]
    content: ContentArg,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AcceptArgs {
    #[command(flatten)]
    signer: WriterArgs,
    /// The cycle.
    cycle: Code,
    /// The unit.
    unit: Code,
    /// What you have seen, as `hefu report show` shows it: the hash or 32 digits of it at least, `nil` for a nil report, or
    /// `auto` for whatever stands.
    #[arg(long)]
    content: ContentArg,
}

/// What somebody stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContentArg {
    /// Whatever stands.
    Auto,
    /// That there is nothing.
    Nil,
    /// The report whose hash begins so.
    Begins(String),
}

impl FromStr for ContentArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches('…');
        match text {
            "auto" => Ok(Self::Auto),
            "nil" => Ok(Self::Nil),
            _ if digits.len() >= DIGITS_MIN && digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(Self::Begins(digits.to_ascii_lowercase()))
            }
            _ => Err(format!("neither `auto`, nor `nil`, nor {DIGITS_MIN} hex digits of a hash at least")),
        }
    }
}

impl ContentArg {
    /// Refuses what is not what was seen.
    fn check(&self, content: Option<ContentHash>) -> Result<(), Failure> {
        let stands = content.map(|hash| hash.to_string());
        let fits = match self {
            Self::Auto => true,
            Self::Nil => stands.is_none(),
            Self::Begins(digits) => stands.as_ref().is_some_and(|hash| hash.starts_with(digits)),
        };
        if fits {
            return Ok(());
        }
        let detail = stands.map_or("the report says nothing".to_owned(), |hash| format!("the report is {hash}"));
        let remedy = both!(
            "Look at the report again, and name the hash of what you saw.",
            "请重新查看报表，写明所见内容的哈希。"
        );
        Err(Failure::new(Exit::Refused, "CONTENT_WRONG", detail, remedy))
    }
}

/// The unit of a key.
pub(super) async fn unit_of(server: &Server, key: &PublicKey) -> Result<Code, Failure> {
    let member = server.key_state(key).await?.answer.member;
    let remedy = both!(
        "Let an admin of your member enrol the key, see `hefu key enrol`.",
        "请本单位的管理密钥登记该密钥，见 `hefu key enrol`。"
    );
    Code::new(&member).map_err(|_| {
        Failure::new(Exit::Refused, "KEY_UNKNOWN", both!("the key is not enrolled", "密钥没有登记"), remedy)
    })
}

/// The unit that is named, or the key's own.
async fn reports_for(server: &Server, key: &PublicKey, named: Option<Code>) -> Result<Code, Failure> {
    match named {
        Some(unit) => Ok(unit),
        None => unit_of(server, key).await,
    }
}

/// A report as it is in the log, printed to stderr in as many words as fit a line.
async fn review(server: &Server, cycle: &Code, unit: &Code, said: &ContentArg) -> Result<Reviewed, Failure> {
    let reviewed = Reviewed::read(server, cycle, unit).await?;
    said.check(reviewed.content)?;
    let report = reviewed.answer.report.clone().unwrap_or_default();
    let content = reviewed.content.map_or("nothing".to_owned(), |hash| hash.to_string());
    let (observations, missing) = (report.observations, report.missing);
    note!(
        "{cycle} {unit}: {observations} observations, {missing} missing; {content}",
        "{cycle} {unit}：观测值 {observations} 项，缺报 {missing} 项；{content}"
    );
    Ok(reviewed)
}

pub(crate) async fn draft(context: &Context, args: DraftArgs) -> Result<(), Failure> {
    let server = context.server()?;
    let unit = unit_of(&server, &args.key.0).await?;
    show::print(context, &Reviewed::read(&server, &args.cycle, &unit).await?.answer)
}

fn empty(cycle: &Code) -> Failure {
    let detail = format!("no observation of your unit stands in {cycle}");
    let remedy = both!(
        "Report observations first, or declare with `hefu report nil` that there is nothing to report.",
        "请先填报观测值，或用 `hefu report nil` 声明零报告。"
    );
    Failure::new(Exit::Refused, "REPORT_EMPTY", detail, remedy)
}

pub(crate) async fn submit(context: &Context, args: SubmitArgs) -> Result<(), Failure> {
    let SubmitArgs { signer, cycle, on_behalf_of, content } = args;
    let writer = context.writer(&signer).await?;
    let server = context.server()?;
    let unit = reports_for(&server, &writer.key(), on_behalf_of).await?;
    let content = review(&server, &cycle, &unit, &content).await?.content.ok_or_else(|| empty(&cycle))?;
    context.submit_by(writer, ReportSubmitted { cycle, unit, content }).await
}

pub(crate) async fn nil(context: &Context, args: NilArgs) -> Result<(), Failure> {
    let NilArgs { signer, cycle, on_behalf_of, reason } = args;
    let writer = context.writer(&signer).await?;
    let unit = reports_for(&context.server()?, &writer.key(), on_behalf_of).await?;
    context.submit_by(writer, NilReportDeclared { cycle, unit, reason }).await
}

pub(crate) async fn approve(context: &Context, args: ApproveArgs) -> Result<(), Failure> {
    let ApproveArgs { signer, cycle, content } = args;
    let writer = context.writer(&signer).await?;
    let server = context.server()?;
    let unit = unit_of(&server, &writer.key()).await?;
    let content = review(&server, &cycle, &unit, &content).await?.content.ok_or_else(|| empty(&cycle))?;
    context.submit_by(writer, ReportApproved { cycle, unit, content }).await
}

pub(crate) async fn send_back(context: &Context, args: ReturnArgs) -> Result<(), Failure> {
    let ReturnArgs { signer, cycle, unit, reason, content: named } = args;
    let writer = context.writer(&signer).await?;
    let reviewed = Reviewed::read(&context.server()?, &cycle, &unit).await?;
    let steps = reviewed.answer.report.unwrap_or_default().steps;
    let content = steps.last().and_then(|step| ContentHash::from_slice(&step.content));
    named.check(content)?;
    context.submit_by(writer, ReportReturned { cycle, unit, content, reason }).await
}

pub(crate) async fn accept(context: &Context, args: AcceptArgs) -> Result<(), Failure> {
    let AcceptArgs { signer, cycle, unit, content } = args;
    let writer = context.writer(&signer).await?;
    let content = review(&context.server()?, &cycle, &unit, &content).await?.content;
    context.submit_by(writer, ReportAccepted { cycle, unit, content }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_named_by_enough_of_its_hash() {
        let parse = |text: &str| text.parse::<ContentArg>();
        let hash = ContentHash::from_bytes([0xab; 32]);
        assert_eq!([parse("auto"), parse("nil")], [Ok(ContentArg::Auto), Ok(ContentArg::Nil)]);
        let begins = parse(&format!("AB{}…", "ab".repeat(15))).unwrap();
        assert_eq!(begins, ContentArg::Begins("ab".repeat(16)));
        assert!(begins.check(Some(hash)).is_ok() && parse(&hash.to_string()).unwrap().check(Some(hash)).is_ok());
        for bad in ["", &"ab".repeat(15), &format!("{}x", "ab".repeat(16)), "some"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let wrong = |arg: &ContentArg, content| arg.check(content).unwrap_err().code;
        assert_eq!(wrong(&begins, None), "CONTENT_WRONG");
        assert_eq!(wrong(&begins, Some(ContentHash::from_bytes([0xac; 32]))), "CONTENT_WRONG");
        assert_eq!(wrong(&ContentArg::Nil, Some(hash)), "CONTENT_WRONG");
        assert!(ContentArg::Nil.check(None).is_ok() && ContentArg::Auto.check(Some(hash)).is_ok());
    }
}
