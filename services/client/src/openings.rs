use hefu_proto::{convert, v1};
use hefu_types::sign::Keypair;
use hefu_types::{Commitment, Decimal, Event, Opening, ReadRequest, Seq};

use crate::writer::now;
use crate::{ClientError, Reader, Server};

/// Commits to a value that is not free, with a fresh salt.
///
/// # Panics
/// When the operating system has no randomness.
#[must_use]
pub fn opening_of(value: Decimal) -> Opening {
    let mut salt = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *salt).expect("randomness of the operating system");
    Opening::of_number(*salt, value)
}

/// A value that is not free, and where its commitment stands.
#[derive(Clone, Debug)]
pub struct OpenedValue {
    /// The value, in the indicator's unit.
    pub value: Decimal,
    /// What opens the commitment.
    pub opening: Opening,
    /// The position of the entry that has the commitment.
    pub seq: Seq,
    /// The event within that entry.
    pub event_index: u32,
}

impl OpenedValue {
    /// Asks for the opening of a commitment, as a member's key or as anybody, and checks that it opens the commitment, and that the
    /// entry has it.
    ///
    /// # Errors
    /// When the server refuses or stays away; `Protocol` when it shows another value, or another entry.
    pub async fn read(server: &Server, commitment: Commitment, keys: Option<&Keypair>) -> Result<Self, ClientError> {
        let key = keys.map(Keypair::public);
        let ledger_id = Reader::new(server.clone()).head().await?.ledger;
        let answer = server
            .ask(async |server| {
                let (request, signature) = ReadRequest { ledger_id, key, commitment, created_at: now() }.sign(keys);
                let signature = signature.map(|signature| signature.as_bytes().to_vec().into()).unwrap_or_default();
                server.openings().open_value(v1::OpenValueRequest { request: request.into(), signature }).await
            })
            .await?;
        let opening = answer.opening.as_ref().and_then(convert::opening);
        let opening = opening.filter(|opening| commitment.is_opened_by(opening));
        let wrong = || ClientError::Protocol(format!("what was shown does not open {commitment}"));
        let opening = opening.ok_or_else(wrong)?;
        let value = opening.number().ok_or_else(wrong)?;
        let (seq, event_index) = (Seq::new(answer.seq), answer.event_index);
        let entry = Reader::new(server.clone()).entries(seq, seq.size()).next().await?;
        let entry = entry.map(|entry| entry.decode().map_err(ClientError::Refused)).transpose()?;
        let events = entry.map(|entry| entry.submission.events).unwrap_or_default();
        let said = usize::try_from(event_index).ok().and_then(|index| events.get(index));
        let has = |event: &Event| matches!(event, Event::ObservationReported(e) if e.commitment == Some(commitment));
        if !said.is_some_and(has) {
            return Err(ClientError::Protocol(format!("event {event_index} of entry {seq} has no {commitment}")));
        }
        Ok(Self { value, opening, seq, event_index })
    }
}
