//! What keys, members and roles forbid.

use hefu_tests::world::{code, enrolment, genesis, keys, name, observation, text};
use hefu_tests::{World, forge};
use hefu_types::event::membership::{
    KeyEnrolled, KeyRevoked, MemberAdmitted, MemberReinstated, MemberSuspended, MemberWithdrawn, OfficeKeyReplaced,
    RevocationReason, Role, RoleGranted, RoleRevoked, RulesActivated,
};
use hefu_types::{Event, KeySeq, LedgerId, Millis, Name, PublicKey, Reason, Seq, Submission, SubmissionHash};

use crate::bytes::torsioned_key;
use crate::table::Make::Frame;
use crate::table::{Bad, say, spare};

const ADMIN: &str = "alpha-admin";
const OFFICE: &str = "office-1";
const REPORTER: &str = "alpha-reporter";

pub(crate) fn rows() -> Vec<Bad> {
    [frames(), admissions(), enrolments(), changes(), office_keys()].into_iter().flatten().collect()
}

const fn frame(
    signer: &'static str,
    name: &'static str,
    reason: Reason,
    field: &'static str,
    make: fn(&mut Submission),
) -> Bad {
    Bad { name, signer, make: Frame(make), reason, field }
}

const fn unchanged(_: &mut Submission) {}

fn frames() -> Vec<Bad> {
    vec![
        frame(REPORTER, "another ledger", Reason::LedgerMismatch, "ledger_id", |s| {
            s.ledger_id = Some(LedgerId::from_bytes([1; 32]));
        }),
        frame(REPORTER, "no ledger", Reason::LedgerMismatch, "ledger_id", |s| s.ledger_id = None),
        frame("stranger", "key unknown", Reason::KeyUnknown, "key", unchanged),
        frame("alpha-old", "key revoked one entry ago", Reason::KeyRevoked, "key", unchanged),
        frame("gamma-reporter", "suspended member speaks", Reason::MemberSuspended, "key", unchanged),
        frame("delta-reporter", "member that withdrew speaks", Reason::MemberWithdrawn, "key", unchanged),
        frame(REPORTER, "key_seq skips one", Reason::KeySeqGap, "key_seq", |s| s.key_seq = s.key_seq.next()),
        frame(REPORTER, "key_seq far ahead", Reason::KeySeqGap, "key_seq", |s| s.key_seq = KeySeq::new(u64::MAX)),
        frame(REPORTER, "other bytes under a recorded key_seq", Reason::KeySeqUsed, "key_seq", |s| {
            s.key_seq = KeySeq::new(1);
        }),
        frame("alpha-old", "other bytes under a revoked key's key_seq", Reason::KeySeqUsed, "key_seq", |s| {
            s.key_seq = KeySeq::new(1);
        }),
        frame(REPORTER, "key_prev is not the last", Reason::KeyPrevMismatch, "key_prev", |s| {
            s.key_prev = SubmissionHash::from_bytes([7; 32]);
        }),
        frame(REPORTER, "key_prev of a first submission", Reason::KeyPrevMismatch, "key_prev", |s| {
            s.key_prev = SubmissionHash::NONE;
        }),
        frame(REPORTER, "not_after has passed", Reason::NotAfterPassed, "not_after", |s| s.not_after = Millis::new(1)),
        say("a reporter suspends", REPORTER, Reason::RoleMissing, "events[0].member_suspended", |_| {
            vec![MemberSuspended { member: code("beta"), reason: text("x") }.into()]
        }),
        say("an admin reports", ADMIN, Reason::RoleMissing, "events[0].observation_reported", |_| {
            vec![observation("free", "2001", "1").into()]
        }),
        say("a second genesis", OFFICE, Reason::GenesisMisplaced, "events[0].ledger_opened", |_| {
            vec![genesis().into()]
        }),
    ]
}

fn admission(world: &World, change: impl FnOnce(&mut MemberAdmitted)) -> Vec<Event> {
    let mut admitted = world.admission("epsilon");
    change(&mut admitted);
    vec![admitted.into()]
}

fn admissions() -> Vec<Bad> {
    vec![
        say("member exists", OFFICE, Reason::MemberExists, "events[0].member_admitted.member", |w| {
            vec![w.admission("beta").into()]
        }),
        say("member without a name", OFFICE, Reason::FieldMissing, "events[0].member_admitted.name", |w| {
            admission(w, |e| e.name = Name { en: text(""), ..name("") })
        }),
        say(
            "first key of another member",
            OFFICE,
            Reason::MemberMismatch,
            "events[0].member_admitted.first_key.member",
            |w| admission(w, |e| e.first_key.member = code("beta")),
        ),
        say(
            "first key marked as a recovery",
            OFFICE,
            Reason::RecoveryMarkWrong,
            "events[0].member_admitted.first_key.recovery",
            |w| admission(w, |e| e.first_key.recovery = true),
        ),
        say("first key no admin", OFFICE, Reason::FirstKeyNotAdmin, "events[0].member_admitted.first_key.roles", |w| {
            admission(w, |e| e.first_key.roles = vec![Role::Reporter])
        }),
        say(
            "first key without proof",
            OFFICE,
            Reason::EnrolmentProofInvalid,
            "events[0].member_admitted.first_key.proof",
            |w| admission(w, |e| e.first_key.proof = None),
        ),
        say("first key enrolled before", OFFICE, Reason::KeyExists, "events[0].member_admitted.first_key.key", |w| {
            let first_key = w.enrolment("epsilon", "beta-admin", &[Role::Admin]);
            admission(w, |e| e.first_key = first_key)
        }),
        say("the same member twice at once", OFFICE, Reason::MemberExists, "events[1].member_admitted.member", |w| {
            [admission(w, |_| {}), admission(w, |_| {})].concat()
        }),
    ]
}

/// A new reporter of `alpha`, changed and proved again.
fn enrolled(world: &World, change: impl FnOnce(&mut KeyEnrolled)) -> Vec<Event> {
    let mut e = world.enrolment("alpha", "fresh", &[Role::Reporter]);
    change(&mut e);
    e.proof = Some(keys("fresh").prove_enrolment(&world.ledger(), &e));
    vec![e.into()]
}

fn with_key(world: &World, key: PublicKey) -> Vec<Event> {
    enrolled(world, |e| e.key = key)
}

fn enrolments() -> Vec<Bad> {
    let row = |name, reason, field, make| say(name, ADMIN, reason, field, make);
    vec![
        row("key enrolled twice", Reason::KeyExists, "events[0].key_enrolled.key", |w| {
            vec![w.enrolment("alpha", REPORTER, &[Role::Reporter]).into()]
        }),
        row("revoked key enrolled again", Reason::KeyExists, "events[0].key_enrolled.key", |w| {
            vec![w.enrolment("alpha", "alpha-old", &[Role::Reporter]).into()]
        }),
        row("checkpoint key as an event key", Reason::KeyExists, "events[0].key_enrolled.key", |w| {
            vec![w.enrolment("alpha", "checkpoint", &[Role::Reporter]).into()]
        }),
        row("proof for another ledger", Reason::EnrolmentProofInvalid, "events[0].key_enrolled.proof", |_| {
            vec![enrolment(LedgerId::from_bytes([2; 32]), "alpha", "fresh", &[Role::Reporter]).into()]
        }),
        row("no proof", Reason::EnrolmentProofInvalid, "events[0].key_enrolled.proof", |w| {
            vec![KeyEnrolled { proof: None, ..w.enrolment("alpha", "fresh", &[Role::Reporter]) }.into()]
        }),
        row("proof by another key", Reason::EnrolmentProofInvalid, "events[0].key_enrolled.proof", |w| {
            let other = w.enrolment("alpha", "other", &[Role::Reporter]).proof;
            vec![KeyEnrolled { proof: other, ..w.enrolment("alpha", "fresh", &[Role::Reporter]) }.into()]
        }),
        row("proof of fewer roles", Reason::EnrolmentProofInvalid, "events[0].key_enrolled.proof", |w| {
            let roles = vec![Role::Admin, Role::Reporter];
            vec![KeyEnrolled { roles, ..w.enrolment("alpha", "fresh", &[Role::Reporter]) }.into()]
        }),
        row("key of small order", Reason::KeySmallOrder, "events[0].key_enrolled.key", |w| {
            with_key(w, forge::small_order_key())
        }),
        row("torsioned key", Reason::KeyTorsion, "events[0].key_enrolled.key", |w| with_key(w, torsioned_key())),
        row("key not canonical", Reason::KeyNotCanonical, "events[0].key_enrolled.key", |w| {
            with_key(w, forge::key_not_canonical())
        }),
        row("key without a holder", Reason::FieldMissing, "events[0].key_enrolled.holder", |w| {
            enrolled(w, |e| e.holder = text(""))
        }),
        row("key without a role", Reason::FieldMissing, "events[0].key_enrolled.roles", |w| {
            enrolled(w, |e| e.roles.clear())
        }),
        row("roles out of order", Reason::ListOrder, "events[0].key_enrolled.roles", |w| {
            enrolled(w, |e| e.roles = vec![Role::Approver, Role::Reporter])
        }),
        row("role twice", Reason::ListOrder, "events[0].key_enrolled.roles", |w| {
            enrolled(w, |e| e.roles = vec![Role::Reporter, Role::Reporter])
        }),
        row("role of the office", Reason::RoleReserved, "events[0].key_enrolled.roles", |w| {
            enrolled(w, |e| e.roles = vec![Role::Office])
        }),
        row("role of the operator", Reason::RoleReserved, "events[0].key_enrolled.roles", |w| {
            enrolled(w, |e| e.roles = vec![Role::Operator])
        }),
        row("key for another member", Reason::MemberMismatch, "events[0].key_enrolled.member", |w| {
            enrolled(w, |e| e.member = code("beta"))
        }),
        row("key for an unknown member", Reason::MemberUnknown, "events[0].key_enrolled.member", |w| {
            enrolled(w, |e| e.member = code("nobody"))
        }),
        row("own key marked as a recovery", Reason::RecoveryMarkWrong, "events[0].key_enrolled.recovery", |w| {
            enrolled(w, |e| e.recovery = true)
        }),
        say("recovery without its mark", OFFICE, Reason::RecoveryMarkWrong, "events[0].key_enrolled.recovery", |w| {
            enrolled(w, |_| {})
        }),
        say(
            "recovery of a member that withdrew",
            OFFICE,
            Reason::MemberStatusWrong,
            "events[0].key_enrolled.member",
            |w| enrolled(w, |e| (e.member, e.recovery) = (code("delta"), true)),
        ),
        say("a reporter enrols", REPORTER, Reason::RoleMissing, "events[0].key_enrolled", |w| enrolled(w, |_| {})),
    ]
}

fn revoked(key: &str, reason: RevocationReason, since: u64) -> Vec<Event> {
    vec![KeyRevoked { key: keys(key).public(), reason, since_seq: Seq::new(since) }.into()]
}

/// The other office key ceases, whichever it is by now.
fn spare_revoked(world: &World) -> Vec<Event> {
    revoked(&spare(world), RevocationReason::Ceased, 0)
}

fn granted(key: &str, role: Role) -> Vec<Event> {
    vec![RoleGranted { key: keys(key).public(), role }.into()]
}

fn taken(key: &str, role: Role) -> Vec<Event> {
    vec![RoleRevoked { key: keys(key).public(), role }.into()]
}

fn changes() -> Vec<Bad> {
    use RevocationReason::{Ceased, Compromised, Superseded};
    vec![
        say("unknown key revoked", ADMIN, Reason::KeyNotFound, "events[0].key_revoked.key", |_| {
            revoked("nobody", Ceased, 0)
        }),
        say("key revoked twice", ADMIN, Reason::KeyRevoked, "events[0].key_revoked.key", |_| {
            revoked("alpha-old", Ceased, 0)
        }),
        say("another member's key revoked", ADMIN, Reason::MemberMismatch, "events[0].key_revoked.key", |_| {
            revoked("beta-reporter", Ceased, 0)
        }),
        say("since_seq ahead", ADMIN, Reason::SinceSeqInvalid, "events[0].key_revoked.since_seq", |_| {
            revoked(REPORTER, Compromised, 1 << 40)
        }),
        say(
            "since_seq of a key not compromised",
            ADMIN,
            Reason::SinceSeqInvalid,
            "events[0].key_revoked.since_seq",
            |_| revoked(REPORTER, Superseded, 1),
        ),
        say("role held already", ADMIN, Reason::RoleStateWrong, "events[0].role_granted.role", |_| {
            granted(REPORTER, Role::Reporter)
        }),
        say("role not held", ADMIN, Reason::RoleStateWrong, "events[0].role_revoked.role", |_| {
            taken(REPORTER, Role::Trader)
        }),
        say("reserved role granted", ADMIN, Reason::RoleReserved, "events[0].role_granted.role", |_| {
            granted(REPORTER, Role::Office)
        }),
        say("role for another member's key", ADMIN, Reason::MemberMismatch, "events[0].role_granted.key", |_| {
            granted("beta-reporter", Role::Trader)
        }),
        say("role for a key unknown", ADMIN, Reason::KeyNotFound, "events[0].role_granted.key", |_| {
            granted("nobody", Role::Trader)
        }),
        say("unknown member suspended", OFFICE, Reason::MemberUnknown, "events[0].member_suspended.member", |_| {
            vec![MemberSuspended { member: code("nobody"), reason: text("x") }.into()]
        }),
        say("member suspended twice", OFFICE, Reason::MemberStatusWrong, "events[0].member_suspended.member", |_| {
            vec![MemberSuspended { member: code("gamma"), reason: text("x") }.into()]
        }),
        say(
            "active member reinstated",
            OFFICE,
            Reason::MemberStatusWrong,
            "events[0].member_reinstated.member",
            |_| vec![MemberReinstated { member: code("beta"), reason: text("x") }.into()],
        ),
        say("member withdrawn twice", OFFICE, Reason::MemberStatusWrong, "events[0].member_withdrawn.member", |_| {
            vec![MemberWithdrawn { member: code("delta"), reason: text("x") }.into()]
        }),
        say("suspension without a reason", OFFICE, Reason::FieldMissing, "events[0].member_suspended.reason", |_| {
            vec![MemberSuspended { member: code("beta"), reason: text("") }.into()]
        }),
        say("the office suspended", OFFICE, Reason::MemberProtected, "events[0].member_suspended.member", |_| {
            vec![MemberSuspended { member: code("office"), reason: text("x") }.into()]
        }),
        say(
            "a key revokes itself and goes on",
            REPORTER,
            Reason::KeyRevoked,
            "events[1].observation_reported.key",
            |_| [revoked(REPORTER, Ceased, 0), vec![observation("free", "2001", "1").into()]].concat(),
        ),
        say("an admin gives up its role and goes on", ADMIN, Reason::RoleMissing, "events[1].role_revoked", |_| {
            [taken(ADMIN, Role::Admin), taken(REPORTER, Role::Reporter)].concat()
        }),
        say("a member withdraws and goes on", ADMIN, Reason::MemberWithdrawn, "events[1].role_revoked.key", |_| {
            let withdrawn = MemberWithdrawn { member: code("alpha"), reason: text("x") };
            [vec![withdrawn.into()], taken(REPORTER, Role::Reporter)].concat()
        }),
        say("unknown rules version", OFFICE, Reason::RulesVersionUnknown, "events[0].rules_activated.version", |_| {
            vec![RulesActivated { version: 2 }.into()]
        }),
        say("rules version 0", OFFICE, Reason::RulesVersionUnknown, "events[0].rules_activated.version", |_| {
            vec![RulesActivated { version: 0 }.into()]
        }),
    ]
}

fn replaced(world: &World, change: impl FnOnce(&mut OfficeKeyReplaced)) -> Vec<Event> {
    let mut e = OfficeKeyReplaced {
        replaced: keys(&spare(world)).public(),
        reason: RevocationReason::Superseded,
        since_seq: Seq::FIRST,
        replacement: world.enrolment("office", "fresh", &[Role::Admin, Role::Office]),
    };
    change(&mut e);
    vec![e.into()]
}

fn office_keys() -> Vec<Bad> {
    let by_recovery = |name, reason, field, make| say(name, "recovery", reason, field, make);
    vec![
        say("both office keys revoked", OFFICE, Reason::LastOfficeKey, "events[1].key_revoked.key", |w| {
            [spare_revoked(w), revoked(OFFICE, RevocationReason::Ceased, 0)].concat()
        }),
        say("last office key loses its role", OFFICE, Reason::LastOfficeKey, "events[1].role_revoked.key", |w| {
            [taken(&spare(w), Role::Admin), taken(OFFICE, Role::Office)].concat()
        }),
        say("recovery key revoked", OFFICE, Reason::RecoveryKeyProtected, "events[0].key_revoked.key", |_| {
            revoked("recovery", RevocationReason::Ceased, 0)
        }),
        say("recovery key gets a role", OFFICE, Reason::RecoveryKeyProtected, "events[0].role_granted.key", |_| {
            granted("recovery", Role::Office)
        }),
        say(
            "office key replaced by the office",
            OFFICE,
            Reason::RecoveryKeyNeeded,
            "events[0].office_key_replaced",
            |w| replaced(w, |_| {}),
        ),
        by_recovery("recovery key suspends", Reason::RecoveryKeyOnly, "events[0].member_suspended", |_| {
            vec![MemberSuspended { member: code("beta"), reason: text("x") }.into()]
        }),
        by_recovery(
            "recovery key replaces itself",
            Reason::RecoveryKeyProtected,
            "events[0].office_key_replaced.replaced",
            |w| replaced(w, |e| e.replaced = keys("recovery").public()),
        ),
        by_recovery("member's key replaced", Reason::MemberMismatch, "events[0].office_key_replaced.replaced", |w| {
            replaced(w, |e| e.replaced = keys(REPORTER).public())
        }),
        by_recovery(
            "replacement of another member",
            Reason::MemberMismatch,
            "events[0].office_key_replaced.replacement.member",
            |w| replaced(w, |e| e.replacement.member = code("alpha")),
        ),
        by_recovery(
            "replacement with fewer roles",
            Reason::RoleStateWrong,
            "events[0].office_key_replaced.replacement.roles",
            |w| replaced(w, |e| e.replacement.roles = vec![Role::Office]),
        ),
        by_recovery(
            "replacement marked as a recovery",
            Reason::RecoveryMarkWrong,
            "events[0].office_key_replaced.replacement.recovery",
            |w| replaced(w, |e| e.replacement.recovery = true),
        ),
        by_recovery(
            "replacement without proof",
            Reason::EnrolmentProofInvalid,
            "events[0].office_key_replaced.replacement.proof",
            |w| replaced(w, |e| e.replacement.proof = None),
        ),
        by_recovery(
            "replacement since the future",
            Reason::SinceSeqInvalid,
            "events[0].office_key_replaced.since_seq",
            |w| replaced(w, |e| (e.reason, e.since_seq) = (RevocationReason::Compromised, Seq::new(1 << 40))),
        ),
    ]
}
