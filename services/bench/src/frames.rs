//! Requests as they go over the wire, laid out before the clock starts.

use std::ops::Range;

use bytes::{BufMut as _, Bytes, BytesMut};
use hefu_proto::{convert, v1};
use hefu_types::SignedSubmission;
use prost::Message;

/// Messages one after another in the order of sending, each with gRPC's prefix, so that any run of them is one slice.
pub(crate) struct Frames {
    bytes: Bytes,
    /// Where each message ends.
    ends: Vec<usize>,
}

impl Frames {
    /// Requests of a stream.
    pub(crate) fn streamed<'s>(signed: impl Iterator<Item = &'s SignedSubmission>, receipts: bool) -> Self {
        Self::new(signed.zip(0..).map(|(signed, correlation)| v1::SubmitStreamRequest {
            correlation,
            signed: Some(convert::signed_to_wire(signed)),
            decline_receipt: !receipts,
            ..Default::default()
        }))
    }

    /// Requests of a call each.
    pub(crate) fn unary<'s>(signed: impl Iterator<Item = &'s SignedSubmission>) -> Self {
        Self::new(signed.map(|signed| {
            let signed = Some(convert::signed_to_wire(signed));
            v1::SubmitRequest { signed, ..Default::default() }
        }))
    }

    /// One request.
    pub(crate) fn one(message: &impl Message) -> Bytes {
        let mut bytes = BytesMut::new();
        put(message, &mut bytes);
        bytes.freeze()
    }

    /// Any requests.
    pub(crate) fn new(messages: impl Iterator<Item = impl Message>) -> Self {
        let (mut bytes, mut ends) = (BytesMut::new(), vec![]);
        for message in messages {
            put(&message, &mut bytes);
            ends.push(bytes.len());
        }
        Self { bytes: bytes.freeze(), ends }
    }

    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// A run of messages, without copying them.
    pub(crate) fn slice(&self, range: Range<usize>) -> Bytes {
        let begin = |n: usize| n.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.slice(begin(range.start)..begin(range.end))
    }
}

/// Not compressed, its length, the message.
fn put(message: &impl Message, bytes: &mut BytesMut) {
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.encoded_len()).expect("a message below 4 GiB"));
    message.encode(bytes).expect("room that grows");
}
