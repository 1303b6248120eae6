//! The wire: what clients and servers say to each other over gRPC.
//!
//! `hefu/v1/*.proto` is the published contract, one file a context; the messages, clients and servers in [`v1`] are generated
//! from it without an installed compiler. This crate and `services/` are the only places that know prost and tonic types;
//! [`convert`] turns them into domain types and back, [`status`] turns a [`hefu_types::Refusal`] into a gRPC status and back,
//! so that a code has one gRPC status everywhere.
//!
//! What a member signs is *not* decoded here: submissions travel as bytes and are read by the strict decoder of `hefu-types`.
//! The tests of this crate hold that the decoder and the published files agree, message by message and byte by byte.
//!
//! Nothing here decides, stores or listens. Read next: the `.proto` files, then `services/hefud/src/submit.rs`.

pub mod convert;
pub mod status;

/// Generated messages, clients and servers; documented in the `.proto` files.
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic, reason = "generated")]
pub mod v1 {
    tonic::include_proto!("hefu.v1");
}

/// The compiled `.proto` files that server reflection shows: all but the operator's.
pub const PUBLIC_DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/public_descriptors.bin"));

/// The compiled `.proto` files.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The error domain of [`tonic_types::ErrorInfo`].
pub const ERROR_DOMAIN: &str = "hefu";
