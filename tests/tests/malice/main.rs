//! What an operator can try who holds the keys of the log, and what finds it.
//!
//! Each row of [`CRIMES`] is committed with real servers ([`hefu_tests::operator`]) against members who use our client. What is
//! shown then passes the checks of whoever sees nothing else: that is what makes it a crime and no accident. The named
//! commands find it, and print evidence that needs nobody's word: what the log's own key signed, or an entry that nobody can
//! have signed. `docs/audit.md` has the table in words.
//!
//! In the commands, `LOG` is where everybody finds the log's files, `MIRROR` where only the second log is, `KEY` the log's
//! key, `POLICY` names its witness, `COPY` is an export made after the crime, `KEPT` a checkpoint from before it, `STATE` the folder of a monitor that looked
//! before it, `ALPHA` a member's key, and `MINE` and `THEIRS` the outboxes of the members alpha and beta, of whom beta keeps
//! `BETA.pem`.

mod evidence;
mod stage;

use evidence::Evidence::{self, Entry, Kept, Receipt, Said, SignedByOperator, TwoSigned};
use hefu_types::Millis;
use stage::Stage;

const HOUR: i64 = 3_600_000;

/// A crime, and who notices.
struct Crime {
    name: &'static str,
    commit: fn(&mut Stage),
    /// Commands that find nothing.
    unnoticed: &'static [&'static str],
    /// Commands that find it, each with the code that it ends with, and what it shows.
    found: &'static [(&'static str, &'static str, Evidence)],
}

const CRIMES: &[Crime] = &[
    Crime {
        name: "forks: two logs from one beginning, each shown to somebody",
        commit: |stage| {
            let other = stage.fork();
            stage.alpha_reports();
            stage.operator.answer_from(other);
            stage.beta_reports();
            stage.operator.show(0);
        },
        unnoticed: &["verify LOG --key KEY", "verify MIRROR --key KEY", "monitor LOG --key KEY --state STATE --once"],
        found: &[("monitor LOG MIRROR --key KEY --once", "LOG_FORKED", TwoSigned)],
    },
    Crime {
        name: "rolls back: an older copy of everything is served again",
        commit: |stage| {
            let old = stage.fork();
            stage.alpha_reports();
            stage.operator.show(0);
            stage.look();
            stage.operator.answer_from(old);
            stage.operator.show(old);
        },
        unnoticed: &["verify LOG --key KEY", "monitor LOG --key KEY --once"],
        found: &[
            ("monitor LOG --key KEY --state STATE --once", "LOG_ROLLED_BACK", TwoSigned),
            ("monitor LOG --key KEY --receipts MINE --once --late 0", "LOG_ROLLED_BACK", TwoSigned),
        ],
    },
    Crime {
        name: "drops what it had answered, the last that the key said",
        commit: |stage| {
            stage.alpha_reports();
            stage.beta_reports();
            stage.show_anew(|parts| drop(parts.remove(parts.len() - 2)));
        },
        unnoticed: &["verify COPY --key KEY", "audit member ALPHA COPY"],
        found: &[
            ("audit member ALPHA COPY --outbox MINE", "SUBMISSION_OMITTED", Receipt("dropped")),
            ("monitor LOG --key KEY --receipts THEIRS --once --late 0", "LOG_ROLLED_BACK", TwoSigned),
        ],
    },
    Crime {
        name: "reorders what it had answered",
        commit: |stage| {
            stage.alpha_reports();
            stage.beta_reports();
            // The times stay where they are, or anybody would see it.
            stage.show_anew(|parts| {
                if let [.., (_, alphas), (_, betas)] = &mut parts[..] {
                    std::mem::swap(alphas, betas);
                }
            });
        },
        unnoticed: &["verify COPY --key KEY", "audit member ALPHA COPY"],
        found: &[
            ("audit member ALPHA COPY --outbox MINE", "SUBMISSION_OMITTED", Receipt("moved")),
            ("monitor LOG --key KEY --receipts MINE --once", "LOG_FORKED", TwoSigned),
        ],
    },
    Crime {
        name: "answers members differently: each from a log of its own, behind one address, and shows one of them",
        commit: |stage| {
            let other = stage.fork();
            stage.alpha_reports();
            stage.operator.answer_from(other);
            stage.beta_reports();
            stage.operator.answer_from(0);
            stage.operator.show(0);
        },
        unnoticed: &[
            "verify LOG --key KEY",
            "monitor LOG --key KEY --receipts MINE --once",
            "receipt verify THEIRS/00000000000000000002.tlog-proof --log-key KEY",
        ],
        found: &[
            ("monitor LOG --key KEY --receipts THEIRS --once", "LOG_FORKED", TwoSigned),
            ("receipt check --key BETA.pem --policy POLICY", "RECEIPT_CONTRADICTED", Kept),
        ],
    },
    Crime {
        name: "signs an altered history anew: nobody's words changed, but all is dated back by an hour",
        commit: |stage| {
            stage.show_anew(|parts| parts.iter_mut().for_each(|(time, _)| *time = Millis::new(time.get() - HOUR)))
        },
        unnoticed: &["verify LOG --key KEY", "audit member ALPHA COPY"],
        found: &[
            ("verify LOG --key KEY --checkpoint KEPT", "VERIFICATION_FAILED", Entry("head")),
            ("verify COPY --key KEY --through KEPT", "VERIFICATION_FAILED", Entry("checkpoint")),
            (
                "audit member ALPHA COPY --outbox MINE",
                "SUBMISSION_OMITTED",
                Receipt("rechained: the log before it was changed"),
            ),
            ("monitor LOG --key KEY --state STATE --once", "LOG_FORKED", TwoSigned),
        ],
    },
    Crime {
        name: "puts other words into a member's mouth, and signs all that follows anew",
        commit: Stage::show_other_words,
        unnoticed: &["monitor LOG --key KEY --once"],
        found: &[
            ("verify LOG --key KEY", "VERIFICATION_FAILED", Entry("signature")),
            ("monitor LOG --key KEY --state STATE --once", "LOG_FORKED", TwoSigned),
        ],
    },
    Crime {
        name: "serves a stale checkpoint: goes on answering, and shows nothing new",
        commit: |stage| {
            let frozen = stage.fork();
            stage.operator.show(frozen);
            stage.alpha_reports();
        },
        unnoticed: &["verify LOG --key KEY", "monitor LOG --key KEY --state STATE --once --late 0"],
        found: &[("monitor LOG --key KEY --receipts MINE --once --late 0", "LOG_ROLLED_BACK", TwoSigned)],
    },
    Crime {
        name: "forges the digest of a view",
        commit: Stage::lie_about_a_view,
        unnoticed: &["verify COPY --key KEY", "monitor LOG --key KEY --state STATE --once"],
        found: &[("replay COPY --to TABLES", "VIEW_DIFFERS", SignedByOperator)],
    },
    Crime {
        name: "gives the receipt of another submission",
        commit: Stage::mix_up_receipts,
        unnoticed: &["verify LOG --key KEY"],
        found: &[
            (
                "receipt verify MINE/00000000000000000001.tlog-proof --log-key KEY",
                "RECEIPT_INVALID",
                Said("does not hold"),
            ),
            (
                "monitor LOG --key KEY --receipts MINE --once",
                "RECEIPT_INVALID",
                Said("00000000000000000001.tlog-proof"),
            ),
        ],
    },
];

#[test]
fn every_crime_is_found_by_the_commands_that_the_table_names() {
    for crime in CRIMES {
        let mut stage = Stage::set();
        for (command, ..) in crime.found {
            stage.passes("before it", command);
        }
        (crime.commit)(&mut stage);
        for command in crime.unnoticed {
            stage.passes(crime.name, command);
        }
        for (command, code, evidence) in crime.found {
            let output = stage.run(command);
            evidence::check(evidence, &stage, code, &output, &format!("{}: {command}", crime.name));
        }
        stage.operator.verify_and_stop();
    }
}
