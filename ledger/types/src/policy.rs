//! Policies: which logs are known, which witnesses, and which of them together are enough.
//!
//! ```text
//! log <vkey> [<url>]
//! witness <name> <vkey> [<url>]
//! group <name> all|any|<k> <name>...
//! quorum <name>|none
//! ```
//!
//! Names mean something within the file only, and are octets; logs and witnesses are known by their keys. Of the key types that
//! the specification allows, those of [`KeyKind`] are read: 0x01 for a log, 0x04 for a witness.
//! Source: C2SP tlog-policy, <https://c2sp.org/tlog-policy>.

mod quorum;

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::limits::POLICY_BYTES_MAX;
use crate::vkey::{KeyKind, VerifierKey};

pub use quorum::QuorumError;

/// The name of the quorum that needs no witness.
const NONE: &[u8] = b"none";

/// Whom to trust: a checkpoint is valid if one of the logs signed it and a quorum of the witnesses cosigned it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<PolicyGroup>,
    quorum: Option<PolicyMember>,
}

/// A log that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key, named after its origin.
    pub key: VerifierKey,
    /// Where it is, if that was said.
    pub url: Option<Octets>,
}

/// A witness that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name in the policy, which need not be that of its key.
    pub name: Octets,
    /// Its key.
    pub key: VerifierKey,
    /// Where it is, if that was said: best, the prefix of its submission addresses.
    pub url: Option<Octets>,
}

/// Witnesses and groups of whom some are enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyGroup {
    /// Its name in the policy.
    pub name: Octets,
    /// How many of the members are enough: 1 to all of them.
    pub threshold: usize,
    /// The members, all of them defined before the group.
    pub members: Vec<PolicyMember>,
}

/// A member of a group, or the quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyMember {
    /// The witness at this place of [`Policy::witnesses`].
    Witness(usize),
    /// The group at this place of [`Policy::groups`].
    Group(usize),
}

/// A name or an address: octets but for controls and spaces, meant to be UTF-8.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Octets(Vec<u8>);

/// Why a policy can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is too large.
    #[error("a policy of more than {POLICY_BYTES_MAX} bytes")]
    TooLarge,
    /// The last line has no newline.
    #[error("the last line does not end in a newline")]
    LineUnended,
    /// A line is not in order.
    #[error("line {line} of the policy is not in order")]
    Line {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        source: PolicyLineError,
    },
    /// No line says what is enough.
    #[error("no quorum line")]
    QuorumMissing,
}

/// What is wrong with a line of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyLineError {
    /// A control character other than a tab.
    #[error("a control character")]
    Control,
    /// The first item is no keyword.
    #[error("not a line of log, witness, group or quorum")]
    KeywordUnknown,
    /// Too few or too many items.
    #[error("too few or too many items for its keyword")]
    ItemsWrong,
    /// No verifier key, or of another type.
    #[error("not a verifier key of type 0x01 for a log, 0x04 for a witness")]
    KeyInvalid,
    /// The public key was there before.
    #[error("the public key of an earlier log, or of an earlier witness")]
    KeyTwice,
    /// The name was defined before, or is `none`.
    #[error("a name that is taken")]
    NameTaken,
    /// The name was not defined before.
    #[error("a name that no earlier line defines")]
    NameUnknown,
    /// The name is a member of a group already.
    #[error("a name that is a member already")]
    MemberTwice,
    /// The threshold is not all, any or 1 to the number of members.
    #[error("a threshold that is not all, any or 1 to the number of members")]
    ThresholdWrong,
    /// There was a quorum line before.
    #[error("a second quorum line")]
    QuorumTwice,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// Any [`PolicyError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > POLICY_BYTES_MAX {
            return Err(PolicyError::TooLarge);
        }
        let lines = match bytes.split_last() {
            None => return Err(PolicyError::QuorumMissing),
            Some((b'\n', lines)) => lines,
            Some(_) => return Err(PolicyError::LineUnended),
        };
        let mut draft = Draft::default();
        for (line, text) in (1..).zip(lines.split(|&b| b == b'\n')) {
            draft.read(text).map_err(|source| PolicyError::Line { line, source })?;
        }
        draft.finish()
    }

    /// The logs, of which any one may sign.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// The groups, each after its members.
    #[must_use]
    pub fn groups(&self) -> &[PolicyGroup] {
        &self.groups
    }

    /// What is enough; `None` when no witness is needed.
    #[must_use]
    pub const fn quorum(&self) -> Option<PolicyMember> {
        self.quorum
    }

    /// The witnesses' keys, such as [`crate::SignedCheckpoint::cosignatures`] asks for.
    pub fn witness_keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.witnesses.iter().map(|witness| &witness.key)
    }
}

/// A policy as far as it was read.
#[derive(Default)]
struct Draft<'p> {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<PolicyGroup>,
    quorum: Option<Option<PolicyMember>>,
    names: HashMap<&'p [u8], PolicyMember>,
    members: HashSet<PolicyMember>,
}

impl<'p> Draft<'p> {
    fn read(&mut self, line: &'p [u8]) -> Result<(), PolicyLineError> {
        if line.iter().any(|&b| b.is_ascii_control() && b != b'\t') {
            return Err(PolicyLineError::Control);
        }
        let items: Vec<&[u8]> = line.split(|b| matches!(b, b' ' | b'\t')).filter(|item| !item.is_empty()).collect();
        match items[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key, ref url @ ..] => self.log(key, url),
            [b"witness", name, key, ref url @ ..] => self.witness(name, key, url),
            [b"group", name, threshold, ref members @ ..] => self.group(name, threshold, members),
            [b"quorum", name] => self.quorum(name),
            [b"log" | b"witness" | b"group" | b"quorum", ..] => Err(PolicyLineError::ItemsWrong),
            _ => Err(PolicyLineError::KeywordUnknown),
        }
    }

    fn log(&mut self, key: &[u8], url: &[&[u8]]) -> Result<(), PolicyLineError> {
        let log = PolicyLog { key: parse_key(key, KeyKind::Note)?, url: parse_url(url)? };
        check_once(&log.key, self.logs.iter().map(|log| &log.key))?;
        self.logs.push(log);
        Ok(())
    }

    fn witness(&mut self, name: &'p [u8], key: &[u8], url: &[&[u8]]) -> Result<(), PolicyLineError> {
        let key = parse_key(key, KeyKind::Cosignature)?;
        check_once(&key, self.witnesses.iter().map(|witness| &witness.key))?;
        let witness = PolicyWitness { name: Octets(name.to_owned()), key, url: parse_url(url)? };
        self.define(name, PolicyMember::Witness(self.witnesses.len()))?;
        self.witnesses.push(witness);
        Ok(())
    }

    fn group(&mut self, name: &'p [u8], threshold: &[u8], members: &[&[u8]]) -> Result<(), PolicyLineError> {
        if members.is_empty() {
            return Err(PolicyLineError::ItemsWrong);
        }
        let threshold = parse_threshold(threshold, members.len())?;
        let members: Vec<PolicyMember> = members.iter().map(|name| self.defined(name)).collect::<Result<_, _>>()?;
        if !members.iter().all(|&member| self.members.insert(member)) {
            return Err(PolicyLineError::MemberTwice);
        }
        self.define(name, PolicyMember::Group(self.groups.len()))?;
        self.groups.push(PolicyGroup { name: Octets(name.to_owned()), threshold, members });
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), PolicyLineError> {
        if self.quorum.is_some() {
            return Err(PolicyLineError::QuorumTwice);
        }
        self.quorum = Some(if name == NONE { None } else { Some(self.defined(name)?) });
        Ok(())
    }

    fn define(&mut self, name: &'p [u8], member: PolicyMember) -> Result<(), PolicyLineError> {
        if name == NONE || self.names.contains_key(name) {
            return Err(PolicyLineError::NameTaken);
        }
        self.names.insert(name, member);
        Ok(())
    }

    fn defined(&self, name: &[u8]) -> Result<PolicyMember, PolicyLineError> {
        self.names.get(name).copied().ok_or(PolicyLineError::NameUnknown)
    }

    fn finish(self) -> Result<Policy, PolicyError> {
        let quorum = self.quorum.ok_or(PolicyError::QuorumMissing)?;
        Ok(Policy { logs: self.logs, witnesses: self.witnesses, groups: self.groups, quorum })
    }
}

fn parse_key(item: &[u8], kind: KeyKind) -> Result<VerifierKey, PolicyLineError> {
    let key: Option<VerifierKey> = str::from_utf8(item).ok().and_then(|item| item.parse().ok());
    key.filter(|key| key.kind() == kind).ok_or(PolicyLineError::KeyInvalid)
}

fn parse_url(items: &[&[u8]]) -> Result<Option<Octets>, PolicyLineError> {
    match items {
        [] => Ok(None),
        [url] => Ok(Some(Octets((*url).to_owned()))),
        _ => Err(PolicyLineError::ItemsWrong),
    }
}

/// `all`, `any`, or a decimal number, in which the specification does not forbid leading zeros.
fn parse_threshold(item: &[u8], members: usize) -> Result<usize, PolicyLineError> {
    let threshold = match item {
        b"all" => Some(members),
        b"any" => Some(1),
        digits if digits.iter().all(u8::is_ascii_digit) => str::from_utf8(digits).ok().and_then(|k| k.parse().ok()),
        _ => None,
    };
    threshold.filter(|k| (1..=members).contains(k)).ok_or(PolicyLineError::ThresholdWrong)
}

/// Keys are the same if their public keys are, whatever their names.
fn check_once<'k>(
    key: &VerifierKey,
    mut earlier: impl Iterator<Item = &'k VerifierKey>,
) -> Result<(), PolicyLineError> {
    if earlier.any(|other| other.key() == key.key()) { Err(PolicyLineError::KeyTwice) } else { Ok(()) }
}

impl std::str::FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Self::from_bytes(text.as_bytes())
    }
}

impl Octets {
    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        str::from_utf8(&self.0).ok()
    }
}

impl fmt::Display for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests;
