//! Who may speak: members, their keys and the keys' roles.

use crate::event::Name;
use crate::ids::{Nonce, PublicKey, Seq, Signature};
use crate::text::{Code, Text};
use crate::wire::{code_enum, message};

code_enum! {
    /// A signature algorithm; fixed for a key by its enrolment.
    pub enum Algorithm "ALGORITHM" {
        /// Pure Ed25519, RFC 8032, verified strictly.
        1 => Ed25519 "ED25519",
    }
}

code_enum! {
    /// What a key may do for its member.
    pub enum Role "ROLE" {
        /// Enrols and revokes the member's other keys and grants their roles.
        1 => Admin "ADMIN",
        /// Speaks for the joint conference's office; only keys of the office hold it.
        2 => Office "OFFICE",
        /// Signs the platform's own events; only keys of the operator hold it.
        3 => Operator "OPERATOR",
        /// Reports observations.
        4 => Reporter "REPORTER",
        /// Approves what a reporter of the same member submitted.
        5 => Approver "APPROVER",
        /// Attests observations of other members.
        6 => Auditor "AUDITOR",
        /// Deals in data products, computing power and algorithms.
        7 => Trader "TRADER",
    }
}

code_enum! {
    /// What kind of body a member is.
    pub enum MemberType "MEMBER_TYPE" {
        /// A department of the provincial government or party committee.
        1 => Department "DEPARTMENT",
        /// The government of a prefecture-level division or special area.
        2 => AreaGovernment "AREA_GOVERNMENT",
        /// A company.
        3 => Enterprise "ENTERPRISE",
        /// A public institution, such as a university or an exchange.
        4 => Institution "INSTITUTION",
        /// The office of the joint conference, or the operator of the platform.
        5 => Platform "PLATFORM",
    }
}

code_enum! {
    /// A member's part in the joint conference.
    pub enum ConferenceRole "CONFERENCE_ROLE" {
        /// Its head convenes the conference.
        1 => Convener "CONVENER",
        /// Its head is a deputy convener.
        2 => DeputyConvener "DEPUTY_CONVENER",
        /// An ordinary member unit.
        3 => Member "MEMBER",
    }
}

code_enum! {
    /// Why a key was revoked.
    pub enum RevocationReason "REVOCATION_REASON" {
        /// Another key took its place.
        1 => Superseded "SUPERSEDED",
        /// Somebody else may have used it since `since_seq`.
        2 => Compromised "COMPROMISED",
        /// Its holder no longer acts for the member.
        3 => Ceased "CEASED",
    }
}

message! {
    /// A key named by the genesis submission.
    pub struct GenesisKey {
        /// The public key, 32 bytes.
        1 => key: PublicKey,
        /// Its holder's pseudonym.
        2 => holder: Text,
    }
}

message! {
    /// Bounds that this ledger sets below the format's own.
    pub struct LedgerLimits {
        /// Events in a submission, at most 1,000.
        1 => max_events: u32,
        /// Bytes of a submission, at most 65,420.
        2 => max_submission_bytes: u32,
    }
}

message! {
    /// Entry 0: what the ledger is and who may speak first. Signed by one of its office keys.
    pub struct LedgerOpened {
        /// The log's origin, a schema-less URL such as `example.org/guizhou`; also the checkpoint key's name.
        1 => origin: Text,
        /// The ledger's title.
        2 => title: Name,
        /// The office's member code.
        3 => office: Code,
        /// The office's name.
        4 => office_name: Name,
        /// At least two keys of the office; each holds the roles admin and office.
        5 => office_keys: Vec<GenesisKey>,
        /// An offline key that can do nothing but replace office keys, 32 bytes.
        6 => recovery_key: PublicKey,
        /// The operator's member code.
        7 => operator: Code,
        /// The operator's name.
        8 => operator_name: Name,
        /// The operator's event key; it holds the roles admin and operator.
        9 => operator_key: GenesisKey,
        /// The checkpoint key as a signed-note verifier key, `name+hash+base64`.
        10 => checkpoint_key: Text,
        /// The version of the rules from seq 0 on.
        11 => rules_version: u32,
        /// The ledger's own limits.
        12 => limits: LedgerLimits,
        /// 32 random bytes, so that no two ledgers share an id.
        13 => nonce: Nonce,
    }
}

message! {
    /// The office admits a member together with its first key, which must hold the role admin.
    pub struct MemberAdmitted {
        /// The member's code, unique in the ledger for ever.
        1 => member: Code,
        /// Its name.
        2 => name: Name,
        /// What kind of body it is.
        3 => member_type: MemberType,
        /// Its part in the joint conference.
        4 => conference_role: Option<ConferenceRole>,
        /// Its first key; names the same member.
        5 => first_key: KeyEnrolled,
    }
}

message! {
    /// The office suspends a member: its keys may record nothing until it is reinstated.
    pub struct MemberSuspended {
        /// The member's code.
        1 => member: Code,
        /// Why, for the record.
        2 => reason: Text,
    }
}

message! {
    /// The office lifts a suspension.
    pub struct MemberReinstated {
        /// The member's code.
        1 => member: Code,
        /// Why, for the record.
        2 => reason: Text,
    }
}

message! {
    /// A member leaves for good: by the office, or by its own admin key.
    pub struct MemberWithdrawn {
        /// The member's code.
        1 => member: Code,
        /// Why, for the record.
        2 => reason: Text,
    }
}

message! {
    /// A key is enrolled, once ever: by an admin key of the same member, or by the office as a recovery.
    pub struct KeyEnrolled {
        /// The member it speaks for.
        1 => member: Code,
        /// The public key, 32 bytes: canonical, not of small order, torsion-free.
        2 => key: PublicKey,
        /// Its algorithm.
        3 => algorithm: Algorithm,
        /// Its roles, ascending, each once, at least one.
        4 => roles: Vec<Role>,
        /// The pseudonym of the person or device behind it; four-eyes rules compare holders.
        5 => holder: Text,
        /// The office enrolled it for an existing member; shown as such for ever.
        6 => recovery: bool,
        /// The new key's own signature, 64 bytes: DSSE over ledger_id and this message with `proof` empty.
        15 => proof: Option<Signature>,
    }
}

message! {
    /// A key ends: by an admin key of its member, by itself, or by the office. History stays as it is.
    pub struct KeyRevoked {
        /// The public key, 32 bytes.
        1 => key: PublicKey,
        /// Why.
        2 => reason: RevocationReason,
        /// With COMPROMISED: the key's entries from this seq on are flagged. 0 otherwise.
        3 => since_seq: Seq,
    }
}

message! {
    /// A role is granted to a key of the same member by an admin key.
    pub struct RoleGranted {
        /// The public key, 32 bytes.
        1 => key: PublicKey,
        /// The role.
        2 => role: Role,
    }
}

message! {
    /// A role is taken from a key of the same member by an admin key.
    pub struct RoleRevoked {
        /// The public key, 32 bytes.
        1 => key: PublicKey,
        /// The role.
        2 => role: Role,
    }
}

message! {
    /// The recovery key replaces an office key: the old one ends and the new one takes its roles.
    pub struct OfficeKeyReplaced {
        /// The office key that ends, 32 bytes.
        1 => replaced: PublicKey,
        /// Why it ends.
        2 => reason: RevocationReason,
        /// With COMPROMISED: the replaced key's entries from this seq on are flagged. 0 otherwise.
        3 => since_seq: Seq,
        /// The key that takes its place; names the office, with exactly the roles admin and office.
        4 => replacement: KeyEnrolled,
    }
}

message! {
    /// The office puts a released version of the rules in force from the next seq on.
    pub struct RulesActivated {
        /// The version, not below the one in force.
        1 => version: u32,
    }
}
