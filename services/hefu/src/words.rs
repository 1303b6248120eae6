//! Words of the wire as words for people.

use hefu_proto::v1;
use hefu_types::Decimal;

use crate::output::{Number, Time};

/// The name of a number of an enum, lower-case, without its prefix; empty for "not given", the number for a newer one.
pub(crate) fn word<E: TryFrom<i32>>(number: i32, name: impl Fn(&E) -> &'static str, prefix: &str) -> String {
    match E::try_from(number) {
        _ if number == 0 => String::new(),
        Ok(value) => name(&value).trim_start_matches(prefix).trim_start_matches('_').to_ascii_lowercase(),
        Err(_) => number.to_string(),
    }
}

macro_rules! words {
    ($($function:ident $name:ident $prefix:literal;)+) => {$(
        pub(crate) fn $function(number: i32) -> String { word(number, v1::$name::as_str_name, $prefix) }
    )+};
}

words! {
    role Role "ROLE";
    member_type MemberType "MEMBER_TYPE";
    member_status MemberStatus "MEMBER_STATUS";
    conference_role ConferenceRole "CONFERENCE_ROLE";
    revocation_reason RevocationReason "REVOCATION_REASON";
    challenge_state ChallengeState "CHALLENGE_STATE";
    opinion Opinion "OPINION";
    report_status ReportStatus "REPORT_STATUS";
    report_step ReportStepKind "REPORT_STEP_KIND";
    target_status TargetStatus "TARGET_STATUS";
    strength Strength "STRENGTH";
    qualifier Qualifier "QUALIFIER";
    evidence_role EvidenceRole "EVIDENCE_ROLE";
}

/// The status of an observation: one letter, as SDMX writes it.
pub(crate) fn obs_status(number: i32) -> String {
    word(number, v1::ObsStatus::as_str_name, "OBS_STATUS").to_ascii_uppercase()
}

/// The confidentiality status of an observation: one letter, as SDMX writes it; F for free.
pub(crate) fn conf_status(number: i32) -> String {
    match word(number, v1::ConfStatus::as_str_name, "CONF_STATUS").to_ascii_uppercase() {
        free if free.is_empty() => "F".to_owned(),
        status => status,
    }
}

/// A time, if there is one.
pub(crate) fn time(millis: i64) -> Option<Time> {
    (millis != 0).then_some(Time(millis))
}

/// A file behind a value: its hash, and where it can be had.
pub(crate) fn evidence(file: &v1::EvidenceFile) -> String {
    format!("blake3:{} {} {} {}", hex::encode(&file.blake3), file.size, file.media_type, file.uri).trim_end().to_owned()
}

/// The sign of a comparator.
pub(crate) fn comparator(number: i32) -> String {
    match v1::Comparator::try_from(number) {
        Ok(v1::Comparator::AtLeast) => "≥".into(),
        Ok(v1::Comparator::MoreThan) => ">".into(),
        Ok(v1::Comparator::Equal) => "=".into(),
        Ok(v1::Comparator::AtMost) => "≤".into(),
        Ok(v1::Comparator::LessThan) => "<".into(),
        Ok(v1::Comparator::Unspecified) => String::new(),
        Err(_) => number.to_string(),
    }
}

/// A decimal of the wire.
pub(crate) fn decimal(message: &v1::Decimal) -> Option<Decimal> {
    Decimal::new(message.units, message.scale).ok()
}

/// A decimal of the wire, in its written form.
pub(crate) fn number(message: Option<&v1::Decimal>) -> Option<Number> {
    message.and_then(decimal).map(|value| Number(value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_their_prefix_only() {
        assert_eq!(role(v1::Role::Reporter as i32), "reporter");
        assert_eq!(target_status(v1::TargetStatus::NoReport as i32), "no_report");
        assert_eq!(conference_role(0), "");
        assert_eq!(obs_status(v1::ObsStatus::B as i32), "B");
        assert_eq!((conf_status(0).as_str(), conf_status(v1::ConfStatus::N as i32).as_str()), ("F", "N"));
        assert_eq!(role(99), "99");
        assert_eq!(comparator(v1::Comparator::AtMost as i32), "≤");
        assert_eq!(number(Some(&v1::Decimal { units: -150, scale: 2 })), Some(Number("-1.50".into())));
    }
}
