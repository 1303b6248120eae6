//! `hefu plan try`: a plan on a ledger of one's own, with keys for everybody who has a part in it.

use std::path::Path;

use hefu_client::keyfile::{self, KeyFile};
use hefu_client::{Outbox, Server, Writer};
use hefu_proto::v1;
use hefu_seeds::Admission;
use hefu_types::event::membership::{Algorithm, KeyEnrolled, MemberAdmitted, Role};
use hefu_types::sign::Keypair;
use hefu_types::{Code, Event, LedgerId, Text};

use super::{built_in, load};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::lang::{both, note};
use crate::signer::WriterArgs;

/// The first key of a unit: it reports, and enrols the other one.
const REPORTER: (&str, &[Role]) = ("reporter", &[Role::Admin, Role::Reporter]);
const APPROVER: (&str, &[Role]) = ("approver", &[Role::Approver]);

/// Makes keys for every unit of a plan, admits the units, and loads the plan. What is there already stays: a second run goes on.
pub(super) async fn run(context: &Context, plan: &str, signer: &WriterArgs, units: &Path) -> Result<Exit, Failure> {
    let (server, ledger) = (context.server()?, context.reader()?.head().await?.ledger);
    let admissions = built_in(plan)?.admissions()?;
    let members =
        server.ask(async |server| server.views().list_members(v1::ListMembersRequest::default()).await).await?;
    let is_member = |unit: &Code| members.members.iter().any(|member| member.member == unit.as_str());
    let mut admitted = vec![];
    for unit in admissions.iter().filter(|unit| !is_member(&unit.member)) {
        let first_key = enrolment(&key_of(units, &unit.member, REPORTER)?, &unit.member, REPORTER, ledger)?;
        let Admission { member, name, member_type, conference_role } = unit.clone();
        admitted.push(Event::from(MemberAdmitted { member, name, member_type, conference_role, first_key }));
    }
    let count = admitted.len();
    if count > 0 {
        context.writer(signer).await?.submit(admitted).await?;
    }
    for unit in &admissions {
        enrol_approver(&server, units, &unit.member, ledger).await?;
    }
    let folder = units.display();
    note!(
        "{count} units admitted, their keys are below {folder}: whoever has these can speak for everybody",
        "已接纳 {count} 个成员单位，密钥在 {folder} 之下：持有者可代表所有单位"
    );
    load::run(context, plan, signer).await
}

/// A key that lies below the folder of a unit, or is made there.
fn key_of(units: &Path, unit: &Code, (name, _): (&str, &[Role])) -> Result<Keypair, Failure> {
    let folder = units.join(unit.as_str());
    let path = folder.join(format!("{name}.pem"));
    if path.exists() {
        return match keyfile::read(&path)? {
            KeyFile::Plain(keys) => Ok(keys),
            KeyFile::Encrypted(_) => Err(Failure::usage(
                format!("{} has a passphrase", path.display()),
                both!("Give another folder.", "请换一个目录。"),
            )),
        };
    }
    std::fs::create_dir_all(&folder).map_err(|e| Failure::file(&folder, &e))?;
    let keys = keyfile::generate();
    keyfile::create(&path, &keys, None)?;
    Ok(keys)
}

fn enrolment(
    keys: &Keypair,
    unit: &Code,
    (name, roles): (&str, &[Role]),
    ledger: LedgerId,
) -> Result<KeyEnrolled, Failure> {
    let holder =
        Text::new(&format!("{unit}-{name}")).map_err(|e| Failure::usage(e.to_string(), "Give a shorter code."))?;
    let (member, key, roles) = (unit.clone(), keys.public(), roles.to_vec());
    let mut enrolled =
        KeyEnrolled { member, key, algorithm: Algorithm::Ed25519, roles, holder, recovery: false, proof: None };
    enrolled.proof = Some(keys.prove_enrolment(&ledger, &enrolled));
    Ok(enrolled)
}

/// Lets a unit's first key enrol the other one, unless that is done.
async fn enrol_approver(server: &Server, units: &Path, unit: &Code, ledger: LedgerId) -> Result<(), Failure> {
    let approver = key_of(units, unit, APPROVER)?;
    if !server.key_state(&approver.public()).await?.answer.member.is_empty() {
        return Ok(());
    }
    let first = key_of(units, unit, REPORTER)?;
    let path = units.join(unit.as_str()).join(format!("{}.pem", REPORTER.0));
    let mut writer = Writer::open(server.clone(), first, &Outbox::beside(&path)).await?;
    writer.submit(vec![enrolment(&approver, unit, APPROVER, ledger)?.into()]).await?;
    Ok(())
}
