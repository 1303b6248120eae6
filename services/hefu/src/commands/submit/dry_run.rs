//! What would become of the rows of a file, without signing anything.

use std::collections::{BTreeMap, BTreeSet};

use hefu_client::{ClientError, Server};
use hefu_proto::{convert, v1};
use hefu_types::wire::DecodeError;
use hefu_types::{Code, Millis, PublicKey, Reason, Refusal, Seq};

use super::Standing;
use super::check::{Checker, Cycle, Indicator, Known, Verdict};
use super::file::File;
use super::line::Line;
use super::report::column;
use crate::args::KeyArg;
use crate::context::Context;
use crate::failure::{Exit, Failure, remedy};
use crate::lang::{both, note};
use crate::output::{Word, record};
use crate::sheet::Fault;
use crate::signer::WriterArgs;

record! {
    /// What is wrong with a file.
    struct ProblemRow {
        both line: Option<u64>,
        both column: String,
        both code: String,
        both indicator: String,
        both area: String,
        both period: String,
        both text: String,
        both detail: String,
        both remedy: Word,
    }
}

/// Prints every problem that can be known; there is none when the file may be submitted.
pub(super) async fn run(context: &Context, signer: &WriterArgs, file: File) -> Result<Exit, Failure> {
    let key = public_key(signer)?;
    let server = context.server()?;
    let mut problems: Vec<ProblemRow> = file.faults.iter().map(of_file).collect();
    let speaker = server.key_state(&key).await?.answer;
    problems.extend(of_speaker(&speaker));
    let mut verdicts = vec![];
    if let Ok(unit) = Code::new(&speaker.member) {
        let known = ask(context, &server, unit, &file.lines).await?;
        let mut checker = Checker::new(&known);
        verdicts.extend(file.lines.iter().map(|line| checker.check(line)));
    }
    for (line, verdict) in file.lines.iter().zip(&verdicts) {
        if let Verdict::Wrong(found) = verdict {
            problems.extend(found.iter().map(|refusal| of_row(line, refusal)));
        }
    }
    problems.sort_by_key(|problem| problem.line);
    context.rows(&problems)?;
    let count = |test: fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| test(verdict)).count();
    let (new, standing) = (count(|v| *v == Verdict::New), count(|v| *v == Verdict::Standing));
    let (blank, wrong) = (count(|v| *v == Verdict::Blank), count(|v| matches!(v, Verdict::Wrong(_))));
    let found = problems.len();
    note!(
        "{new} new, {standing} standing, {blank} blank, {wrong} wrong; problems: {found}; nothing was signed",
        "新增 {new} 行，已有 {standing} 行，空白 {blank} 行，有误 {wrong} 行；问题 {found} 个；没有签署任何内容"
    );
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Usage })
}

/// A public key is enough, and spares a passphrase.
fn public_key(signer: &WriterArgs) -> Result<PublicKey, Failure> {
    let given = signer.signer.key.to_str().and_then(|text| text.parse().ok());
    match given {
        Some(KeyArg(key)) => Ok(key),
        None => Ok(signer.signer.load()?.public()),
    }
}

fn of_file(fault: &Fault) -> ProblemRow {
    ProblemRow {
        line: Some(fault.line),
        column: fault.column.clone(),
        code: "USAGE".into(),
        detail: fault.detail.clone(),
        remedy: Word::new(fault.remedy.clone(), None::<String>),
        ..nowhere()
    }
}

fn of_row(line: &Line, refusal: &Refusal) -> ProblemRow {
    let draft = line.draft.clone();
    ProblemRow {
        line: Some(line.line),
        column: column(&refusal.field).to_owned(),
        text: line.draft.text(&refusal.field).to_owned(),
        indicator: draft.indicator,
        area: draft.area,
        period: draft.period,
        ..of_refusal(refusal)
    }
}

fn of_refusal(refusal: &Refusal) -> ProblemRow {
    let code = refusal.reason.code().into();
    ProblemRow { code, detail: refusal.detail.clone(), remedy: remedy(refusal), ..nowhere() }
}

fn nowhere() -> ProblemRow {
    let [column, code, indicator, area, period, text, detail] = [const { String::new() }; 7];
    ProblemRow { line: None, column, code, indicator, area, period, text, detail, remedy: Word::default() }
}

/// What keeps the key from reporting anything.
fn of_speaker(speaker: &v1::GetKeyStateResponse) -> Option<ProblemRow> {
    if speaker.member.is_empty() {
        return Some(of_refusal(&Refusal::new(
            Reason::KeyUnknown,
            "",
            both!("the key is not enrolled", "密钥没有登记"),
        )));
    }
    if !speaker.active {
        let detail = "the key was revoked, or its member is suspended or has left".into();
        return Some(ProblemRow { detail, remedy: remedy(&Refusal::new(Reason::KeyRevoked, "", "")), ..nowhere() });
    }
    let is_reporter = speaker.roles().any(|role| role == v1::Role::Reporter);
    let missing = || of_refusal(&Refusal::new(Reason::RoleMissing, "", "the key is not a reporter's"));
    (!is_reporter).then(missing)
}

/// Asks for all that decides about the rows, as of the head.
async fn ask(context: &Context, server: &Server, unit: Code, lines: &[Line]) -> Result<Known, Failure> {
    let seen = context.reader()?.head().await?.size.last_seq().unwrap_or(Seq::FIRST);
    let codes: BTreeSet<Code> = lines.iter().filter_map(|line| Code::new(&line.draft.indicator).ok()).collect();
    let min_seq = seen.get();
    let members = v1::ListMembersRequest { min_seq, ..Default::default() };
    let members = server.ask(async |server| server.views().list_members(members).await).await?.members;
    let withdrawn = members.iter().filter(|member| member.status() == v1::MemberStatus::Withdrawn);
    let (cycles, now) = cycles(server, &unit, min_seq).await?;
    Ok(Known {
        unit,
        now,
        indicators: indicators(server, &codes, min_seq).await?,
        cycles,
        standing: Standing::fetch(context, &codes, seen).await?,
        withdrawn: withdrawn.filter_map(|member| Code::new(&member.member).ok()).collect(),
    })
}

async fn indicators(
    server: &Server,
    codes: &BTreeSet<Code>,
    min_seq: u64,
) -> Result<BTreeMap<Code, Indicator>, Failure> {
    let mut found = BTreeMap::new();
    for code in codes {
        let request = v1::GetIndicatorRequest { indicator: code.to_string(), as_of: None, min_seq };
        match server.ask(async |server| server.views().get_indicator(request.clone()).await).await {
            Ok(answer) => {
                let definition = answer.definition.unwrap_or_default();
                let definition = convert::from_wire(&definition).map_err(|e| protocol(&e))?;
                found.insert(code.clone(), Indicator { definition, retired: answer.retired });
            }
            Err(ClientError::Refused(refusal)) if refusal.reason == Reason::IndicatorNotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

/// All cycles, with how far the unit's report has come, and the server's clock.
async fn cycles(server: &Server, unit: &Code, min_seq: u64) -> Result<(Vec<Cycle>, Millis), Failure> {
    let request = v1::ListCyclesRequest { min_seq, ..Default::default() };
    let cycles = server.ask(async |server| server.reports().list_cycles(request.clone()).await).await?.cycles;
    let request = v1::ListReportsRequest { unit: unit.to_string(), min_seq, ..Default::default() };
    let answer = server.ask(async |server| server.reports().list_reports(request.clone()).await).await?;
    let approves = |kind| matches!(kind, v1::ReportStepKind::Approved | v1::ReportStepKind::Accepted);
    let is_approved = |report: &&v1::Report| report.steps.last().is_some_and(|step| approves(step.kind()));
    let approved: BTreeSet<&str> = answer.reports.iter().filter(is_approved).map(|r| r.cycle.as_str()).collect();
    let cycle = |cycle: v1::ReportingCycle| -> Result<Cycle, Failure> {
        let opened = cycle.opened.unwrap_or_default();
        let granted = cycle.exceptions.iter().filter_map(|exception| exception.granted.as_ref());
        Ok(Cycle {
            approved: approved.contains(opened.cycle.as_str()),
            exceptions: granted.map(convert::from_wire).collect::<Result<_, _>>().map_err(|e| protocol(&e))?,
            opened: convert::from_wire(&opened).map_err(|e| protocol(&e))?,
        })
    };
    Ok((cycles.into_iter().map(cycle).collect::<Result<_, _>>()?, Millis::new(answer.at)))
}

fn protocol(error: &DecodeError) -> Failure {
    ClientError::Protocol(error.to_string()).into()
}
