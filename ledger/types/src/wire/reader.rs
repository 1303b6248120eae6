//! Reading protobuf strictly, with offsets.

use crate::reason::{Reason, Refusal};
use crate::wire::{FieldInfo, MessageInfo, WireType};

/// Bytes are not the canonical form of the expected message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail} (byte {offset}{}{field})", if field.is_empty() { "" } else { ", field " })]
pub struct DecodeError {
    /// The stable code.
    pub reason: Reason,
    /// Offset of the first byte at fault.
    pub offset: usize,
    /// The field at fault, as a path.
    pub field: String,
    /// What is wrong.
    pub detail: String,
}

impl DecodeError {
    /// An error at an offset.
    #[must_use]
    pub fn new(reason: Reason, offset: usize, detail: impl Into<String>) -> Self {
        Self { reason, offset, field: String::new(), detail: detail.into() }
    }

    /// A required field is missing from the message that ends at, or goes on at, `offset`.
    #[must_use]
    pub fn missing(offset: usize) -> Self {
        Self::new(Reason::FieldMissing, offset, "a required field is missing")
    }

    /// An enum number that this program does not know.
    #[must_use]
    pub fn unknown_enum(offset: usize, number: u64) -> Self {
        match number {
            0 => Self::new(Reason::ExplicitDefault, offset, "an enum field holds 0, which means that it is not given"),
            _ => Self::new(Reason::UnknownEnum, offset, format!("enum number {number} is not known to this program")),
        }
    }

    /// The same error, with the field's path seen from one level further out.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.field = match self.field.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }
}

impl From<DecodeError> for Refusal {
    fn from(e: DecodeError) -> Self {
        Refusal::new(e.reason, e.field.clone(), format!("{} (byte {})", e.detail, e.offset))
    }
}

/// A cursor over one message's bytes; offsets count from the start of the outermost.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

/// A field's number and wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) number: u32,
    pub(crate) wire: WireType,
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// Where the cursor stands.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything that is left.
    pub fn take_rest(&mut self) -> &'a [u8] {
        let rest = std::mem::take(&mut self.rest);
        self.offset += rest.len();
        rest
    }

    /// The next bytes.
    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(len) else {
            let detail = format!("{len} bytes announced, {} left", self.rest.len());
            return Err(DecodeError::new(Reason::Malformed, self.offset, detail));
        };
        self.rest = rest;
        self.offset += len;
        Ok(taken)
    }

    /// A varint in its shortest form.
    pub fn varint(&mut self) -> Result<u64, DecodeError> {
        if let Some((&byte, rest)) = self.rest.split_first().filter(|(byte, _)| **byte < 0x80) {
            self.rest = rest;
            self.offset += 1;
            return Ok(byte.into());
        }
        let start = self.offset;
        let mut value = 0_u64;
        for index in 0..10 {
            let byte = self.take(1).map_err(|_| DecodeError::new(Reason::Malformed, start, "a varint is cut off"))?[0];
            value |= u64::from(byte & 0x7f) << (7 * index);
            if index == 9 && byte > 1 {
                break;
            }
            if byte & 0x80 == 0 {
                return if byte == 0 && index > 0 {
                    Err(DecodeError::new(Reason::VarintNotMinimal, start, "a varint is longer than needed"))
                } else {
                    Ok(value)
                };
            }
        }
        Err(DecodeError::new(Reason::Malformed, start, "a varint does not fit 64 bits"))
    }

    /// A length and a cursor over that many bytes.
    pub(crate) fn nested(&mut self) -> Result<Reader<'a>, DecodeError> {
        let at = self.offset;
        let len = self.varint()?;
        let len =
            usize::try_from(len).map_err(|_| DecodeError::new(Reason::Malformed, at, "a length beyond memory"))?;
        let offset = self.offset;
        Ok(Reader { rest: self.take(len)?, offset })
    }

    /// The next tag, or `None` at the end.
    pub(crate) fn tag(&mut self) -> Result<Option<Tag>, DecodeError> {
        if self.is_empty() {
            return Ok(None);
        }
        let at = self.offset;
        let key = self.varint()?;
        let wire = match key & 7 {
            0 => WireType::Varint,
            2 => WireType::Length,
            1 | 5 => WireType::Fixed,
            other => return Err(DecodeError::new(Reason::Malformed, at, format!("wire type {other} does not exist"))),
        };
        match u32::try_from(key >> 3) {
            Ok(number) if number > 0 => Ok(Some(Tag { number, wire })),
            _ => Err(DecodeError::new(Reason::Malformed, at, "a field number out of range")),
        }
    }

    /// Consumes the next tag when it is the expected one, in its shortest form.
    pub(crate) fn tag_is(&mut self, number: u32, wire: WireType) -> bool {
        let key = u64::from(number) << 3 | wire.number();
        let mut bytes = [0; 5];
        let len = shortest(key, &mut bytes);
        let found = self.rest.starts_with(&bytes[..len]);
        if found {
            self.rest = &self.rest[len..];
            self.offset += len;
        }
        found
    }

    /// Walks over all fields: known, of their wire type, ascending, singular ones once. Leaves the cursor in place.
    pub(crate) fn check_order(&self, info: &MessageInfo) -> Result<(), DecodeError> {
        let mut ahead = self.clone();
        let mut last = 0;
        loop {
            let at = ahead.offset;
            let Some(tag) = ahead.tag()? else { return Ok(()) };
            let field = check_tag(tag, last, at, info)?;
            let named = |e: DecodeError| e.within(field.name);
            match tag.wire {
                WireType::Varint => {
                    ahead.varint().map_err(named)?;
                }
                WireType::Length => {
                    ahead.nested().map_err(named)?;
                }
                WireType::Fixed => {
                    return Err(DecodeError::new(Reason::Malformed, at, "no field has a fixed wire type"));
                }
            }
            last = tag.number;
        }
    }
}

/// A tag as a varint; how many bytes it has.
fn shortest(mut key: u64, bytes: &mut [u8; 5]) -> usize {
    let mut len = 0;
    while key >= 0x80 {
        bytes[len] = (key as u8) | 0x80;
        key >>= 7;
        len += 1;
    }
    bytes[len] = key as u8;
    len + 1
}

fn check_tag(tag: Tag, last: u32, at: usize, info: &MessageInfo) -> Result<&FieldInfo, DecodeError> {
    let error = |reason, detail: String| -> Result<&FieldInfo, _> { Err(DecodeError::new(reason, at, detail)) };
    let Some(field) = info.field(tag.number) else {
        return error(Reason::UnknownField, format!("{} has no field {} known to this program", info.name, tag.number));
    };
    let FieldInfo { name, shape, .. } = field;
    let named = |e: DecodeError| e.within(name);
    if tag.number < last {
        return error(Reason::FieldOrder, format!("field {name} stands after field {last}")).map_err(named);
    }
    if tag.number == last && !(shape.repeated && shape.wire == WireType::Length) {
        return error(Reason::FieldRepeated, format!("field {name} stands twice")).map_err(named);
    }
    match (shape.repeated, shape.wire, tag.wire) {
        (true, WireType::Varint, WireType::Length) => Ok(field),
        (true, WireType::Varint, WireType::Varint) => {
            error(Reason::NotPacked, format!("repeated field {name} is not packed")).map_err(named)
        }
        (_, declared, found) if declared == found => Ok(field),
        _ => error(Reason::Malformed, format!("field {name} has another wire type")).map_err(named),
    }
}
