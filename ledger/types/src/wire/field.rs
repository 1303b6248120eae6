//! What can stand in a field: numbers, bytes, texts, codes, enums, messages, and lists of them.

use crate::ids::{
    ChainHash, Commitment, ContentHash, FileHash, KeySeq, LeafHash, LedgerId, Millis, Nonce, PublicKey, Seq, Signature,
    Size, SubmissionHash, ViewDigest,
};
use crate::limits::LIST_MAX;
use crate::period::Period;
use crate::reason::Reason;
use crate::text::{Code, Text};
use crate::wire::reader::{DecodeError, Reader};

/// How a value stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireType {
    /// A variable-length number.
    Varint,
    /// A length and that many bytes.
    Length,
    /// 4 or 8 bytes: no field of ours.
    Fixed,
}

impl WireType {
    /// What it is in a tag.
    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::Varint => 0,
            Self::Length => 2,
            Self::Fixed => unreachable!(),
        }
    }
}

/// What a field is, for order checks and for the comparison with the `.proto` files.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How one value stands on the wire.
    pub wire: WireType,
    /// The type's name in the `.proto` file.
    pub type_name: &'static str,
    /// Whether it is a list.
    pub repeated: bool,
    /// The message that it holds, if it holds one.
    pub message: Option<&'static MessageInfo>,
}

impl Shape {
    /// One value of type `T`.
    #[must_use]
    pub const fn singular<T: Value>() -> Self {
        Self { wire: T::WIRE, type_name: T::TYPE, repeated: false, message: T::MESSAGE }
    }
}

/// One declared field.
#[derive(Debug)]
pub struct FieldInfo {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub shape: Shape,
}

/// One declared message.
#[derive(Debug)]
pub struct MessageInfo {
    /// Its name.
    pub name: &'static str,
    /// Its fields, ascending.
    pub fields: &'static [FieldInfo],
}

impl MessageInfo {
    pub(crate) fn field(&self, number: u32) -> Option<&FieldInfo> {
        self.fields.iter().find(|f| f.number == number)
    }
}

/// One value on the wire.
pub trait Value: Sized {
    /// How it stands on the wire.
    const WIRE: WireType;
    /// Its type's name in the `.proto` file.
    const TYPE: &'static str;
    /// Its table, when it is a message.
    const MESSAGE: Option<&'static MessageInfo> = None;

    /// Reads a number, or, for bytes, texts and messages, everything that the reader holds.
    ///
    /// # Errors
    /// When the bytes are not the canonical form.
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Writes what [`Value::read`] reads.
    fn write(&self, out: &mut Vec<u8>);
}

/// A field of a message: how values stand under a field number.
pub trait Field: Sized {
    /// What it is.
    const SHAPE: Shape;

    /// Writes tag and value; nothing for an absent one.
    fn encode(&self, number: u32, out: &mut Vec<u8>);

    /// Reads the field at the cursor, or finds it absent.
    ///
    /// # Errors
    /// When its bytes are not canonical, or it is required and absent.
    fn decode(number: u32, r: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// Writes a varint in its shortest form.
pub fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes a tag and the value.
pub fn write_field<T: Value>(value: &T, number: u32, out: &mut Vec<u8>) {
    write_tag(number, T::WIRE, out);
    write_value(value, out);
}

/// Writes a length and the bytes.
fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn write_tag(number: u32, wire: WireType, out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | wire.number(), out);
}

fn write_value<T: Value>(value: &T, out: &mut Vec<u8>) {
    match T::WIRE {
        WireType::Length => {
            // Most values are shorter than 128 bytes: reserve one length byte and widen it when needed.
            let at = out.len();
            out.push(0);
            value.write(out);
            let len = out.len() - at - 1;
            if len < 0x80 {
                out[at] = len as u8;
            } else {
                let mut prefix = Vec::new();
                write_varint(len as u64, &mut prefix);
                out.splice(at..=at, prefix);
            }
        }
        _ => value.write(out),
    }
}

/// Reads a message: its fields in ascending order, and nothing else. Whatever is unknown, repeated, out of order or of another
/// wire type is left over at the end, so that the order of fields is looked at only to say what is wrong; that comes first.
///
/// # Errors
/// When the bytes are not canonical.
pub fn read_message<T>(
    r: &mut Reader<'_>,
    info: &MessageInfo,
    fields: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let start = r.clone();
    match fields(r) {
        Ok(message) if r.is_empty() => Ok(message),
        Ok(_) => Err(left_over(&start, info, r.offset())),
        Err(e) => start.check_order(info).and(Err(e)),
    }
}

fn left_over(start: &Reader<'_>, info: &MessageInfo, at: usize) -> DecodeError {
    let left = || DecodeError::new(Reason::Malformed, at, format!("bytes after the last field of {}", info.name));
    start.check_order(info).err().unwrap_or_else(left)
}

/// Reads a message that holds exactly one of its fields, and says which: a oneof and nothing else.
///
/// # Errors
/// When the bytes are not canonical, or no field is set, or two are.
pub fn read_choice<'a>(r: &mut Reader<'a>, info: &MessageInfo) -> Result<(u32, &'static str, Reader<'a>), DecodeError> {
    let start = r.clone();
    if let Some(choice) = choice(r, info) {
        return Ok(choice);
    }
    start.check_order(info)?;
    let mut r = start;
    let at = r.offset();
    let tag = r.tag()?.ok_or_else(|| DecodeError::missing(at))?;
    let name = info.field(tag.number).map_or("", |f| f.name);
    r.nested()?;
    Err(DecodeError::new(Reason::FieldRepeated, r.offset(), "two members of a oneof are set").within(name))
}

fn choice<'a>(r: &mut Reader<'a>, info: &MessageInfo) -> Option<(u32, &'static str, Reader<'a>)> {
    let tag = r.tag().ok()??;
    let field = info.field(tag.number).filter(|_| tag.wire == WireType::Length)?;
    let body = r.nested().ok()?;
    r.is_empty().then_some((tag.number, field.name, body))
}

impl<T: Value> Field for Option<T> {
    const SHAPE: Shape = Shape::singular::<T>();

    fn encode(&self, number: u32, out: &mut Vec<u8>) {
        if let Some(value) = self {
            write_field(value, number, out);
        }
    }

    fn decode(number: u32, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = r.offset();
        if !r.tag_is(number, T::WIRE) {
            return Ok(None);
        }
        if T::WIRE == WireType::Varint {
            return T::read(r).map(Some);
        }
        let mut body = r.nested()?;
        if body.is_empty() && T::MESSAGE.is_none() { Err(explicit_default(at)) } else { T::read(&mut body).map(Some) }
    }
}

impl<T: Value> Field for Vec<T> {
    const SHAPE: Shape = Shape { repeated: true, ..Shape::singular::<T>() };

    fn encode(&self, number: u32, out: &mut Vec<u8>) {
        if T::WIRE == WireType::Varint {
            if !self.is_empty() {
                let mut packed = Vec::new();
                self.iter().for_each(|v| v.write(&mut packed));
                write_tag(number, WireType::Length, out);
                write_bytes(&packed, out);
            }
            return;
        }
        self.iter().for_each(|value| write_field(value, number, out));
    }

    fn decode(number: u32, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut list = Vec::new();
        let at = |list: &Vec<T>, e: DecodeError| e.within(&format!("[{}]", list.len()));
        let start = r.offset();
        while r.tag_is(number, WireType::Length) {
            if T::WIRE == WireType::Varint {
                let mut packed = r.nested()?;
                if packed.is_empty() {
                    return Err(explicit_default(start));
                }
                while !packed.is_empty() {
                    list.push(T::read(&mut packed).map_err(|e| at(&list, e))?);
                }
            } else {
                list.push(T::read(&mut r.nested()?).map_err(|e| at(&list, e))?);
            }
            if list.len() > LIST_MAX {
                let detail = format!("more than {LIST_MAX} elements");
                return Err(DecodeError::new(Reason::ListTooLong, r.offset(), detail));
            }
            if T::WIRE == WireType::Varint {
                // A packed list stands once; another one is left over.
                break;
            }
        }
        Ok(list)
    }
}

fn explicit_default(at: usize) -> DecodeError {
    DecodeError::new(Reason::ExplicitDefault, at, "a field holds its default value explicitly")
}

/// Numbers whose absence means zero.
macro_rules! number_field {
    ($($ty:ty, $type:literal, $to:expr, $from:expr;)+) => {$(
        impl Value for $ty {
            const WIRE: WireType = WireType::Varint;
            const TYPE: &'static str = $type;
            fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let at = r.offset();
                let from: fn(u64) -> Option<$ty> = $from;
                from(r.varint()?).ok_or_else(|| DecodeError::new(Reason::Malformed, at, "a number out of range"))
            }
            fn write(&self, out: &mut Vec<u8>) {
                let to: fn($ty) -> u64 = $to;
                write_varint(to(*self), out);
            }
        }

        impl Field for $ty {
            const SHAPE: Shape = Shape::singular::<$ty>();
            fn encode(&self, number: u32, out: &mut Vec<u8>) {
                if *self != Self::default() {
                    write_field(self, number, out);
                }
            }
            fn decode(number: u32, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let at = r.offset();
                match Option::<$ty>::decode(number, r)? {
                    Some(value) if value == Self::default() => Err(explicit_default(at)),
                    value => Ok(value.unwrap_or_default()),
                }
            }
        }
    )+};
}

/// A signed number in zigzag form, the wire type of `sint64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ZigZag(pub(crate) i64);

impl ZigZag {
    const fn to_wire(self) -> u64 {
        ((self.0 << 1) ^ (self.0 >> 63)).cast_unsigned()
    }

    const fn from_wire(n: u64) -> Self {
        Self((n >> 1).cast_signed() ^ -((n & 1).cast_signed()))
    }
}

number_field! {
    u32, "uint32", u64::from, |n| u32::try_from(n).ok();
    u64, "uint64", |n| n, Some;
    bool, "bool", u64::from, |n| match n { 0 => Some(false), 1 => Some(true), _ => None };
    ZigZag, "sint64", ZigZag::to_wire, |n| Some(ZigZag::from_wire(n));
    Millis, "int64", |n| n.get().cast_unsigned(), |n| Some(Millis::new(n.cast_signed()));
    Seq, "uint64", Seq::get, |n| Some(Seq::new(n));
    KeySeq, "uint64", KeySeq::get, |n| Some(KeySeq::new(n));
    Size, "uint64", Size::get, |n| Some(Size::new(n));
}

/// Byte strings of a fixed length, required.
macro_rules! bytes_field {
    ($($ty:ty),+) => {$(
        impl Value for $ty {
            const WIRE: WireType = WireType::Length;
            const TYPE: &'static str = "bytes";
            fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let at = r.offset();
                let bytes = r.take_rest();
                <$ty>::from_slice(bytes).ok_or_else(|| {
                    let detail = format!("{} bytes instead of {}", bytes.len(), <$ty>::LEN);
                    DecodeError::new(Reason::LengthInvalid, at, detail)
                })
            }
            fn write(&self, out: &mut Vec<u8>) { out.extend_from_slice(self.as_bytes()); }
        }
        crate::wire::required_field!($ty);
    )+};
}

bytes_field!(
    Commitment,
    ContentHash,
    FileHash,
    PublicKey,
    Signature,
    LedgerId,
    SubmissionHash,
    ChainHash,
    LeafHash,
    Nonce,
    ViewDigest
);

fn read_str<'a>(r: &mut Reader<'a>) -> Result<(usize, &'a str), DecodeError> {
    let at = r.offset();
    std::str::from_utf8(r.take_rest())
        .map(|text| (at, text))
        .map_err(|e| DecodeError::new(Reason::Malformed, at + e.valid_up_to(), "a string is not UTF-8"))
}

/// Strings with a grammar, required.
macro_rules! string_field {
    ($($ty:ty, $reason:ident, $parse:expr;)+) => {$(
        impl Value for $ty {
            const WIRE: WireType = WireType::Length;
            const TYPE: &'static str = "string";
            fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let (at, text) = read_str(r)?;
                let parse: fn(&str) -> Result<$ty, _> = $parse;
                parse(text).map_err(|e| DecodeError::new(Reason::$reason, at, e.to_string()))
            }
            fn write(&self, out: &mut Vec<u8>) { out.extend_from_slice(self.to_string().as_bytes()); }
        }
    )+};
}

string_field! {
    Code, CodeInvalid, Code::new;
    Text, TextInvalid, Text::new;
    Period, PeriodInvalid, |text| text.parse();
}
crate::wire::required_field!(Code, Period);

impl Field for Text {
    const SHAPE: Shape = Shape::singular::<Text>();

    fn encode(&self, number: u32, out: &mut Vec<u8>) {
        if !self.is_empty() {
            write_field(self, number, out);
        }
    }

    fn decode(number: u32, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Option::decode(number, r)?.unwrap_or_default())
    }
}
