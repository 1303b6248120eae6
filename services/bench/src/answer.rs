//! Whether an answer says what it must. Fields are looked at by their numbers and not decoded: that is the client's cost.

use anyhow::{Context as _, bail, ensure};
use hefu_proto::v1;
use prost::Message as _;
use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};

/// A submission of a stream was recorded, and there is a receipt.
pub(crate) fn streamed(message: &[u8]) -> anyhow::Result<()> {
    if has(message, &[2, 16])? {
        return Ok(());
    }
    bail!("a submission was not recorded, or there is no receipt: {:?}", v1::SubmitStreamResponse::decode(message)?)
}

/// A submission of a stream was recorded; no receipt was wanted.
pub(crate) fn declined(message: &[u8]) -> anyhow::Result<()> {
    if has(message, &[16])? {
        return Ok(());
    }
    bail!("a submission was not recorded: {:?}", v1::SubmitStreamResponse::decode(message)?)
}

/// A submission was recorded, and there is a receipt.
pub(crate) fn unary(message: &[u8]) -> anyhow::Result<()> {
    ensure!(has(message, &[1, 2])?, "an answer without position or receipt");
    Ok(())
}

/// An event was appended, and has a position.
pub(crate) fn appended(message: &[u8]) -> anyhow::Result<()> {
    ensure!(has(message, &[1])?, "an append without a position");
    Ok(())
}

/// A board with rows.
pub(crate) fn board(message: &[u8]) -> anyhow::Result<()> {
    ensure!(has(message, &[1])?, "an empty board");
    Ok(())
}

/// Whether a message has all of these fields.
fn has(mut message: &[u8], wanted: &[u32]) -> anyhow::Result<bool> {
    let mut found = 0;
    while message.has_remaining() {
        let (field, kind) = decode_key(&mut message)?;
        match kind {
            WireType::Varint => drop(decode_varint(&mut message)?),
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut message)?)?;
                message = message.get(length..).context("a field beyond its message")?;
            }
            _ => bail!("field {field} of an answer is of a kind that answers don't have"),
        }
        found += usize::from(wanted.contains(&field));
    }
    Ok(found >= wanted.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_and_missing_receipts_are_seen() {
        use v1::submit_stream_response::Outcome;
        let answer = |receipt: &'static [u8], outcome| {
            v1::SubmitStreamResponse { correlation: 9, receipt: receipt.into(), outcome: Some(outcome) }.encode_to_vec()
        };
        let position = || Outcome::Position(v1::Position { seq: 1, ..Default::default() });
        assert!(streamed(&answer(b"proof", position())).is_ok());
        assert!(streamed(&answer(b"", position())).is_err());
        assert!(declined(&answer(b"", position())).is_ok());
        let refused =
            answer(b"proof", Outcome::Refusal(v1::Refusal { reason: "NOT_WRITTEN".into(), ..Default::default() }));
        assert!(streamed(&refused).unwrap_err().to_string().contains("NOT_WRITTEN"));
        assert!(declined(&refused).is_err());
    }
}
