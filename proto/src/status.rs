//! One table from stable codes to gRPC statuses, and back.

use std::collections::HashMap;

use hefu_types::{Class, Reason, Refusal};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{ERROR_DOMAIN, v1};

/// How long a caller should wait after an answer of class [`Class::Exhausted`].
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_millis(200);

/// The gRPC code of a class.
#[must_use]
pub const fn grpc_code(class: Class) -> Code {
    match class {
        Class::Invalid => Code::InvalidArgument,
        Class::Precondition => Code::FailedPrecondition,
        Class::Denied => Code::PermissionDenied,
        Class::NotFound => Code::NotFound,
        Class::Conflict => Code::AlreadyExists,
        Class::Exhausted => Code::ResourceExhausted,
        Class::Unavailable => Code::Unavailable,
        Class::Unknown => Code::Unknown,
        Class::DataLoss => Code::DataLoss,
    }
}

/// A gRPC status with `ErrorInfo` (reason, domain, remedy) and, where a field is at fault, a field violation.
#[must_use]
pub fn to_status(refusal: &Refusal) -> Status {
    let reason = refusal.reason;
    let metadata = HashMap::from([("remedy".to_owned(), reason.remedy().to_owned())]);
    let mut details = ErrorDetails::with_error_info(reason.code(), ERROR_DOMAIN, metadata);
    if !refusal.field.is_empty() {
        details.add_bad_request_violation(&refusal.field, &refusal.detail);
    }
    if reason.class() == Class::Exhausted {
        details.set_retry_info(Some(RETRY_AFTER));
    }
    Status::with_error_details(grpc_code(reason.class()), refusal.to_string(), details)
}

/// The refusal in a status of our own domain, if it is one.
#[must_use]
pub fn from_status(status: &Status) -> Option<Refusal> {
    let details = status.get_error_details();
    let info = details.error_info().filter(|info| info.domain == ERROR_DOMAIN)?;
    let reason = Reason::from_code(&info.reason)?;
    let violation = details.bad_request().and_then(|b| b.field_violations.first());
    let prefix = format!("{reason}: ");
    let detail = status.message().strip_prefix(&prefix).unwrap_or(status.message());
    Some(Refusal::new(reason, violation.map_or("", |v| v.field.as_str()), detail))
}

/// A refusal as one answer of a stream.
#[must_use]
pub fn to_message(refusal: &Refusal) -> v1::Refusal {
    v1::Refusal {
        reason: refusal.reason.code().to_owned(),
        message: refusal.detail.clone(),
        field: refusal.field.clone(),
        remedy: refusal.reason.remedy().to_owned(),
    }
}

/// The refusal in one answer of a stream; a code of a newer server stays visible in the detail.
#[must_use]
pub fn from_message(message: &v1::Refusal) -> Refusal {
    match Reason::from_code(&message.reason) {
        Some(reason) => Refusal::new(reason, &message.field, &message.message),
        None => Refusal::new(Reason::NotWritten, &message.field, format!("{}: {}", message.reason, message.message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_survives_the_wire() {
        for &reason in Reason::ALL {
            let refusal = Refusal::new(reason, "events[0].key_revoked.key", "what is wrong");
            assert_eq!(from_status(&to_status(&refusal)).as_ref(), Some(&refusal));
            assert_eq!(from_message(&to_message(&refusal)), refusal);
        }
    }
}
