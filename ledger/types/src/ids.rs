//! Numbers and hashes that must not be mistaken for one another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! bytes_newtype {
    ($(#[doc = $doc:expr])+ $name:ident $len:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Wraps the bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $len]) -> Self { Self(bytes) }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] { &self.0 }

            /// Wraps a slice of the right length.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> { bytes.try_into().ok().map(Self) }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&hex::encode(self.0)) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = hex::FromHexError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0; $len];
                hex::decode_to_slice(s, &mut bytes)?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.collect_str(self) } else { s.serialize_bytes(&self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                if d.is_human_readable() {
                    String::deserialize(d)?.parse().map_err(D::Error::custom)
                } else {
                    let bytes = <&[u8]>::deserialize(d)?;
                    Self::from_slice(bytes).ok_or_else(|| D::Error::custom("wrong length"))
                }
            }
        }
    };
}

bytes_newtype!(
    /// An Ed25519 public key, which is its own name. Only its length is certain; [`crate::key::check`] says more.
    PublicKey 32
);
bytes_newtype!(
    /// An Ed25519 signature.
    Signature 64
);
bytes_newtype!(
    /// The hash of the genesis submission, which names the ledger.
    LedgerId 32
);
bytes_newtype!(
    /// The hash of a submission's bytes, without the signature.
    SubmissionHash 32
);
bytes_newtype!(
    /// The hash of an entry, which the next entry repeats.
    ChainHash 32
);
bytes_newtype!(
    /// The RFC 6962 hash of an entry as a leaf of the tree.
    LeafHash 32
);
bytes_newtype!(
    /// A node of the RFC 6962 tree: a leaf, or the hash over two nodes.
    NodeHash 32
);
bytes_newtype!(
    /// The root of an RFC 6962 tree, which a checkpoint signs.
    RootHash 32
);
bytes_newtype!(
    /// Random bytes that make a ledger unlike any other.
    Nonce 32
);

bytes_newtype!(
    /// The hash of exactly the observations that a report says.
    ContentHash 32
);

bytes_newtype!(
    /// The digest of all rows of a view: two views of one version with equal digests have equal rows.
    ViewDigest 32
);

bytes_newtype!(
    /// `B3("hefu v1 commitment", salt || value)`: what stands in an entry for a value that does not, see [`crate::commitment`].
    Commitment 32
);

bytes_newtype!(
    /// The plain BLAKE3 hash of a file that stays outside the ledger.
    FileHash 32
);

impl SubmissionHash {
    /// What a key's first submission links to.
    pub const NONE: Self = Self([0; 32]);
}

impl ChainHash {
    /// What the first entry links to.
    pub const NONE: Self = Self([0; 32]);
}

macro_rules! number_newtype {
    ($(#[doc = $doc:expr])+ $name:ident $inner:ty) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// Wraps the number.
            #[must_use]
            pub const fn new(n: $inner) -> Self { Self(n) }

            /// The number.
            #[must_use]
            pub const fn get(self) -> $inner { self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }

    };
}

number_newtype!(
    /// The 0-based position of an entry.
    Seq u64
);
number_newtype!(
    /// The number of entries of a log: the seq of the last one + 1.
    Size u64
);
number_newtype!(
    /// A key's own count of its submissions: 1, 2, 3, …; 0 before the first.
    KeySeq u64
);
number_newtype!(
    /// Unix time in milliseconds.
    Millis i64
);

impl Millis {
    /// For people: in RFC 3339, UTC; as its number beyond the years -9999 to 9999.
    #[must_use]
    pub fn utc(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(|_| self.0.to_string(), |time| time.to_string())
    }
}

impl Seq {
    /// The position of the genesis entry.
    pub const FIRST: Self = Self(0);

    /// The size of the log that ends with this entry.
    ///
    /// # Panics
    /// After 2^64 - 1 entries.
    #[must_use]
    pub const fn size(self) -> Size {
        Size(self.0.checked_add(1).expect("a log of 2^64 entries"))
    }
}

impl Size {
    /// An empty log.
    pub const EMPTY: Self = Self(0);

    /// The position that the next entry gets.
    #[must_use]
    pub const fn next_seq(self) -> Seq {
        Seq(self.0)
    }

    /// The position of the last entry, if any.
    #[must_use]
    pub const fn last_seq(self) -> Option<Seq> {
        match self.0.checked_sub(1) {
            Some(n) => Some(Seq(n)),
            None => None,
        }
    }
}

impl KeySeq {
    /// Before a key's first submission.
    pub const NONE: Self = Self(0);

    /// The next count.
    ///
    /// # Panics
    /// After 2^64 - 1 submissions of one key.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.checked_add(1).expect("2^64 submissions of one key"))
    }
}
