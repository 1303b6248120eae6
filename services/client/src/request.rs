use hefu_types::event::platform::CheckpointKeyReplaced;
use hefu_types::{LedgerId, PublicKey, Reason, Refusal, Signature, Text, VerifierKey, sign};
use serde::{Deserialize, Serialize};

/// The replacement of a checkpoint key as a file: made and signed by the operator's server, recorded by the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointKeyRequest {
    /// The ledger that both keys speak of.
    pub ledger_id: LedgerId,
    /// The event, signed by both keys.
    pub checkpoint_key_replaced: CheckpointKeyReplaced,
}

impl CheckpointKeyRequest {
    /// The event, if it is for this ledger and both keys signed it.
    ///
    /// # Errors
    /// `LEDGER_MISMATCH`, `VERIFIER_KEY_INVALID`, `CHECKPOINT_KEY_PROOF_INVALID`, or what is wrong with a key.
    pub fn for_ledger(self, ledger: LedgerId) -> Result<CheckpointKeyReplaced, Refusal> {
        if self.ledger_id != ledger {
            let detail = format!("the request is for ledger {}, the server holds {ledger}", self.ledger_id);
            return Err(Refusal::new(Reason::LedgerMismatch, "ledger_id", detail));
        }
        let event = self.checkpoint_key_replaced;
        let check = |key: &Text, signature: Option<&Signature>, field: &str| {
            sign::verify_replacement(&public(key, field)?, &ledger, &event, signature)
                .map_err(|reason| Refusal::new(reason, field, reason.cause().trim()))
        };
        check(&event.replaced, event.endorsement.as_ref(), "endorsement")?;
        check(&event.replacement, event.proof.as_ref(), "proof")?;
        Ok(event)
    }
}

fn public(key: &Text, field: &str) -> Result<PublicKey, Refusal> {
    let vkey: Result<VerifierKey, _> = key.as_str().parse();
    vkey.map(|vkey| vkey.key()).map_err(|e| Refusal::new(Reason::VerifierKeyInvalid, field, e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_types::Size;
    use hefu_types::sign::Keypair;

    const LEDGER: LedgerId = LedgerId::from_bytes([7; 32]);

    fn request() -> CheckpointKeyRequest {
        let keys = [1, 2].map(|seed| Keypair::from_seed(&[seed; 32]));
        let [replaced, replacement] = keys
            .each_ref()
            .map(|keys| Text::new(&VerifierKey::new("example.org/log", keys.public()).unwrap().to_string()).unwrap());
        let valid_to = Size::new(9);
        let mut event = CheckpointKeyReplaced { replaced, replacement, valid_to, endorsement: None, proof: None };
        let [endorsement, proof] = keys.map(|keys| Some(keys.sign_replacement(&LEDGER, &event)));
        (event.endorsement, event.proof) = (endorsement, proof);
        CheckpointKeyRequest { ledger_id: LEDGER, checkpoint_key_replaced: event }
    }

    #[test]
    fn a_request_survives_its_file_and_proves_itself() {
        let text = serde_json::to_string(&request()).unwrap();
        let read: CheckpointKeyRequest = serde_json::from_str(&text).unwrap();
        assert_eq!(read.for_ledger(LEDGER).unwrap(), request().checkpoint_key_replaced);
    }

    #[test]
    fn a_changed_request_is_found_before_it_is_sent() {
        let reason = |change: fn(&mut CheckpointKeyRequest)| {
            let mut changed = request();
            change(&mut changed);
            let refusal = changed.for_ledger(LEDGER).unwrap_err();
            (refusal.reason, refusal.field)
        };
        let invalid = |field: &str| (Reason::CheckpointKeyProofInvalid, field.to_owned());
        assert_eq!(reason(|r| r.ledger_id = LedgerId::from_bytes([8; 32])).0, Reason::LedgerMismatch);
        assert_eq!(reason(|r| r.checkpoint_key_replaced.valid_to = Size::new(8)), invalid("endorsement"));
        assert_eq!(reason(|r| r.checkpoint_key_replaced.proof = None), invalid("proof"));
        assert_eq!(
            reason(|r| r.checkpoint_key_replaced.endorsement = r.checkpoint_key_replaced.proof),
            invalid("endorsement")
        );
        let no_key = reason(|r| r.checkpoint_key_replaced.replacement = Text::new("x").unwrap());
        assert_eq!(no_key, invalid("endorsement"));
    }
}
