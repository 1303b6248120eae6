//! Writes a long ledger without gRPC: through admission, the rules and the journal, as the server would.

use std::collections::VecDeque;
use std::path::Path;

use hefu_journal::{Journal, Options, Ticket};
use hefu_rules::{Admitted, admit};
use hefu_tests::server::{config, seed};
use hefu_types::SignedSubmission;
use hefud::server::open_journal;
use rayon::prelude::*;

use crate::ledger::{Ledger, Shape};

/// Events that are signed and checked at a time.
const CHUNK: usize = 50_000;

/// Writes a ledger of at least so many submissions into a fresh folder; its keys go on from there.
pub(crate) fn write(data: &Path, shape: Shape, submissions: usize) -> anyhow::Result<Ledger> {
    let mut ledger = Ledger::new(shape);
    let config = config(data.to_owned());
    seed(&config, &ledger.world);
    let (journal, rows) = open_journal(&config)?;
    let (mut written, mut tickets) = (0, VecDeque::new());
    while written < submissions {
        let signed = ledger.sign((CHUNK / shape.events).min(submissions - written));
        let admitted: Vec<Vec<Admitted>> = signed.into_par_iter().map(admit_all).collect::<Result<_, _>>()?;
        for admitted in admitted.into_iter().flatten() {
            record(&journal, admitted, &mut tickets)?;
            written += 1;
        }
    }
    for ticket in tickets {
        ticket.wait()?;
    }
    journal.close();
    drop(rows);
    Ok(ledger)
}

fn admit_all(signed: Vec<SignedSubmission>) -> anyhow::Result<Vec<Admitted>> {
    signed.into_iter().map(|signed| Ok(admit(signed)?)).collect()
}

/// Hands a submission over, keeping half of the queue full.
fn record(journal: &Journal, admitted: Admitted, tickets: &mut VecDeque<Ticket>) -> anyhow::Result<()> {
    if tickets.len() >= Options::default().queue_submissions / 2 {
        tickets.pop_front().expect("a ticket").wait()?;
    }
    tickets.push_back(journal.submit(admitted)?);
    Ok(())
}
