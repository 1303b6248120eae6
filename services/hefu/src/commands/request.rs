//! An enrolment as a file: made and proved by the key's holder, signed by whoever may enrol it.

use std::path::{Path, PathBuf};

use hefu_types::event::membership::KeyEnrolled;
use hefu_types::{LedgerId, sign};
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure};
use crate::lang::both;

/// What travels from the holder to the admin or the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRequest {
    /// The ledger that the proof is for.
    pub(crate) ledger_id: LedgerId,
    /// The enrolment with its proof.
    pub(crate) key_enrolled: KeyEnrolled,
}

/// Where the request is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RequestArgs {
    /// The request, as printed by `hefu key request`.
    #[arg(long, value_name = "FILE")]
    pub(crate) request: PathBuf,
}

impl RequestArgs {
    pub(crate) fn read(&self) -> Result<KeyRequest, Failure> {
        let text = std::fs::read_to_string(&self.request).map_err(|e| Failure::file(&self.request, &e))?;
        parse(&self.request, &text)
    }
}

impl KeyRequest {
    /// The enrolment, if it is for this ledger and proved.
    pub(crate) fn for_ledger(self, ledger: LedgerId) -> Result<KeyEnrolled, Failure> {
        if self.ledger_id != ledger {
            let detail = format!("the request is for ledger {}, the server holds {ledger}", self.ledger_id);
            return Err(Failure::new(
                Exit::Refused,
                "LEDGER_MISMATCH",
                detail,
                both!("Let the holder make it again.", "请持有人重新生成。"),
            ));
        }
        sign::verify_enrolment(&ledger, &self.key_enrolled)
            .map_err(|reason| Failure::new(Exit::Refused, reason.code(), reason.cause().trim(), reason.remedy()))?;
        Ok(self.key_enrolled)
    }
}

fn parse(path: &Path, text: &str) -> Result<KeyRequest, Failure> {
    serde_json::from_str(text).map_err(|e| {
        let detail = format!("{} is no key request", path.display());
        Failure::usage(detail, both!("Give the output of `hefu key request`.", "请给出 `hefu key request` 的输出。"))
            .because(&e)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hefu_client::keyfile;
    use hefu_types::event::membership::{Algorithm, Role};
    use hefu_types::{Code, Text};

    const LEDGER: LedgerId = LedgerId::from_bytes([7; 32]);

    fn request() -> KeyRequest {
        let keys = keyfile::generate();
        let mut key_enrolled = KeyEnrolled {
            member: Code::new("dept").unwrap(),
            key: keys.public(),
            algorithm: Algorithm::Ed25519,
            roles: vec![Role::Admin],
            holder: Text::new("holder").unwrap(),
            recovery: false,
            proof: None,
        };
        key_enrolled.proof = Some(keys.prove_enrolment(&LEDGER, &key_enrolled));
        KeyRequest { ledger_id: LEDGER, key_enrolled }
    }

    #[test]
    fn a_request_survives_its_file_and_proves_itself() {
        let request = request();
        let text = serde_json::to_string_pretty(&request).unwrap();
        assert_eq!(parse(Path::new("r.json"), &text).unwrap(), request);
        assert_eq!(request.clone().for_ledger(LEDGER).unwrap(), request.key_enrolled);
        assert_eq!(parse(Path::new("r.json"), "{}").unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn a_changed_request_is_found_before_it_is_sent() {
        let code = |request: KeyRequest| request.for_ledger(LEDGER).unwrap_err().code;
        let mut changed = request();
        changed.key_enrolled.roles.push(Role::Reporter);
        assert_eq!(code(changed), "ENROLMENT_PROOF_INVALID");
        let mut elsewhere = request();
        elsewhere.ledger_id = LedgerId::from_bytes([8; 32]);
        assert_eq!(code(elsewhere), "LEDGER_MISMATCH");
    }
}
