//! Units: who leads, reports and confers (`members.csv`, `other-units.csv`).

use serde::Deserialize;

/// A unit that becomes a member (of the joint conference, or responsible), or another unit that a plan names as leading.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its code, as in `dept-industry`: `[a-z0-9][a-z0-9.-]{0,63}`.
    pub code: String,
    /// Its name as the plan prints it.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// Its highest part in the conference; none for units outside it.
    pub conference_role: Option<ConferenceRole>,
    /// What kind of body it is.
    pub member_type: MemberType,
    /// What a reader must know.
    pub note: String,
}

/// A unit's part in the joint conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConferenceRole {
    /// Its head convenes the conference.
    Convener,
    /// Its head is a deputy convener.
    DeputyConvener,
    /// An ordinary member unit.
    Member,
}

/// What kind of body a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberType {
    /// A department of government or party committee.
    Department,
    /// The government of a division or special area.
    AreaGovernment,
    /// A company.
    Enterprise,
    /// A public institution.
    Institution,
}
