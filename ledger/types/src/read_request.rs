//! A request to read a value that is not free, signed by a key of who wants to read it.

use crate::ids::{Commitment, LedgerId, Millis, PublicKey, Signature};
use crate::reason::Refusal;
use crate::sign::{self, Keypair};
use crate::wire::{self, message};

message! {
    /// What is asked for. Signed when it names a key; without one it asks as anybody.
    pub struct ReadRequest {
        /// The ledger.
        1 => ledger_id: LedgerId,
        /// The key that signs; absent for anybody.
        2 => key: Option<PublicKey>,
        /// The commitment to the value.
        3 => commitment: Commitment,
        /// When it was asked, Unix milliseconds.
        4 => created_at: Millis,
    }
}

impl ReadRequest {
    /// Its bytes and, when it names the key, the key's signature over them.
    #[must_use]
    pub fn sign(&self, keys: Option<&Keypair>) -> (Vec<u8>, Option<Signature>) {
        let bytes = wire::to_bytes(self);
        let signature = keys.map(|keys| keys.sign_read_request(&bytes));
        (bytes, signature)
    }

    /// What is asked, by the key that it names if it names one.
    ///
    /// # Errors
    /// What is wrong with the bytes; `SIGNATURE_LENGTH`, `SIGNATURE_INVALID` or the like when the key did not sign them, and when a
    /// signature came without a key.
    pub fn open(bytes: &[u8], signature: &[u8]) -> Result<Self, Refusal> {
        let request: Self = wire::from_bytes(bytes).map_err(Refusal::from)?;
        match (&request.key, signature) {
            (None, []) => {}
            (key, signature) => {
                let length = || {
                    let detail = format!("a signature of {} bytes", signature.len());
                    Refusal::new(crate::Reason::SignatureLength, "signature", detail)
                };
                let signature = Signature::from_slice(signature).ok_or_else(length)?;
                let invalid = crate::Reason::SignatureInvalid;
                let verdict =
                    key.as_ref().map_or(Err(invalid), |key| sign::verify_read_request(key, bytes, &signature));
                verdict.map_err(|reason| Refusal::new(reason, "signature", reason.cause().trim()))?;
            }
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    fn request(key: Option<PublicKey>) -> ReadRequest {
        let (ledger_id, commitment) = (LedgerId::from_bytes([1; 32]), Commitment::from_bytes([2; 32]));
        ReadRequest { ledger_id, key, commitment, created_at: Millis::new(7) }
    }

    #[test]
    fn only_the_named_key_asks() {
        let [keys, other] = [3, 4].map(|n| Keypair::from_seed(&[n; 32]));
        let named = request(Some(keys.public()));
        let (bytes, signature) = named.sign(Some(&keys));
        let signature = signature.unwrap();
        assert_eq!(ReadRequest::open(&bytes, signature.as_bytes()).unwrap(), named);
        let reason = |bytes: &[u8], signature: &[u8]| ReadRequest::open(bytes, signature).unwrap_err().reason;
        assert_eq!(reason(&bytes, &[]), Reason::SignatureLength);
        assert_eq!(reason(&bytes, other.sign_read_request(&bytes).as_bytes()), Reason::SignatureInvalid);
        assert_eq!(reason(&bytes, keys.sign_submission(&bytes).as_bytes()), Reason::SignatureInvalid);
        let (anybody, none) = request(None).sign(None);
        assert!(none.is_none());
        assert_eq!(ReadRequest::open(&anybody, &[]).unwrap(), request(None));
        assert_eq!(reason(&anybody, keys.sign_read_request(&anybody).as_bytes()), Reason::SignatureInvalid);
    }
}
