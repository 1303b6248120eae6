//! What is accepted is what the encoder writes, and nothing else.

#![expect(unreachable_pub, reason = "the macro declares public messages")]

use proptest::prelude::*;

use super::*;
use crate::period::PeriodType;
use crate::reason::Reason;
use crate::text::Text;

message! {
    /// A number, a packed list, a text, and one of its own kind.
    pub struct Sample {
        /// A number.
        1 => number: u64,
        /// A packed list.
        2 => list: Vec<PeriodType>,
        /// A text.
        3 => text: Text,
        /// A message.
        20 => inner: Option<Inner>,
    }

    /// A number.
    pub struct Inner {
        /// A number.
        1 => number: u64,
    }
}

fn refused(bytes: &[u8]) -> Reason {
    from_bytes::<Sample>(bytes).expect_err("not canonical").reason
}

#[test]
fn each_way_to_say_it_otherwise_has_its_reason() {
    // A length where a number is declared, and a number where a length is.
    assert_eq!(refused(&[0x0a, 5]), Reason::Malformed);
    assert_eq!(refused(&[0x18, 1]), Reason::Malformed);
    // Two lists instead of one, an unpacked one, an empty one.
    assert_eq!(refused(&[0x12, 1, 1, 0x12, 1, 2]), Reason::FieldRepeated);
    assert_eq!(refused(&[0x10, 1]), Reason::NotPacked);
    assert_eq!(refused(&[0x12, 0]), Reason::ExplicitDefault);
    // A field twice, out of order, unknown, and a tag that is longer than needed.
    assert_eq!(refused(&[0x08, 1, 0x08, 2]), Reason::FieldRepeated);
    assert_eq!(refused(&[0x12, 1, 1, 0x08, 1]), Reason::FieldOrder);
    assert_eq!(refused(&[0x20, 1]), Reason::UnknownField);
    assert_eq!(refused(&[0x88, 0x00, 1]), Reason::VarintNotMinimal);
    // The order of the outer message is looked at before what is within.
    assert_eq!(refused(&[0xa2, 0x01, 2, 0x08, 0, 0x08, 1]), Reason::FieldOrder);
    assert_eq!(refused(&[0xa2, 0x01, 2, 0x08, 0]), Reason::ExplicitDefault);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn what_is_accepted_is_what_the_encoder_writes(
        bytes in prop::collection::vec(
            prop::sample::select(&[0x00, 0x01, 0x02, 0x03, 0x08, 0x0a, 0x10, 0x12, 0x18, 0x1a, 0x61, 0x80, 0xa2][..]),
            0..9,
        )
    ) {
        if let Ok(sample) = from_bytes::<Sample>(&bytes) {
            prop_assert_eq!(to_bytes(&sample), bytes);
        }
    }
}
