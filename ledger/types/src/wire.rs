//! Protobuf in canonical form: one byte string for one meaning.
//!
//! A message is declared once, a line a field, with the macro `message!`; the declaration is the domain type, its encoder and its
//! strict decoder. The decoder accepts exactly what the encoder writes: ascending field numbers, nothing unknown, nothing
//! repeated or defaulted, packed scalars, shortest varints. A refusal names the byte offset and the field. That the
//! declarations agree with the published `.proto` files, and the bytes with those of a mainstream library, is tested in
//! `hefu-proto`.

mod field;
mod reader;

pub(crate) use field::ZigZag;
pub use field::{
    Field, FieldInfo, MessageInfo, Shape, Value, WireType, read_choice, read_message, write_field, write_varint,
};
pub use reader::{DecodeError, Reader};

/// Declares messages: struct, field numbers, encoder, strict decoder, and the table that tests compare with the `.proto` file.
macro_rules! message {
    ($($(#[doc = $doc:expr])+ pub struct $name:ident {
        $($(#[doc = $fdoc:expr])+ $number:literal => $field:ident: $ty:ty,)*
    })+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name { $($(#[doc = $fdoc])+ pub $field: $ty,)* }

        impl $crate::wire::Value for $name {
            const WIRE: $crate::wire::WireType = $crate::wire::WireType::Length;
            const TYPE: &'static str = stringify!($name);
            const MESSAGE: Option<&'static $crate::wire::MessageInfo> = Some(&$crate::wire::MessageInfo {
                name: stringify!($name),
                fields: &[$($crate::wire::FieldInfo {
                    number: $number,
                    name: stringify!($field),
                    shape: <$ty as $crate::wire::Field>::SHAPE,
                }),*],
            });

            fn read(r: &mut $crate::wire::Reader<'_>) -> Result<Self, $crate::wire::DecodeError> {
                $crate::wire::read_message(r, Self::MESSAGE.expect("a message"), |_r| {
                    Ok(Self { $(
                        $field: <$ty as $crate::wire::Field>::decode($number, _r)
                            .map_err(|e| e.within(stringify!($field)))?,
                    )* })
                })
            }

            fn write(&self, _out: &mut Vec<u8>) {
                $($crate::wire::Field::encode(&self.$field, $number, _out);)*
            }
        }
        $crate::wire::required_field!($name);
    )+};
}

/// Declares an enum whose zero number means "not given" and never stands on the wire.
macro_rules! code_enum {
    ($(#[doc = $doc:expr])+ pub enum $name:ident $prefix:literal {
        $($(#[doc = $vdoc:expr])+ $number:literal => $variant:ident $text:literal,)+
    }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[doc = $vdoc])+ $variant = $number,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
            /// What each value's name in the `.proto` file begins with.
            pub const PREFIX: &str = $prefix;

            /// Its number on the wire.
            #[must_use]
            pub const fn number(self) -> u32 { self as u32 }

            /// Its name, without the prefix.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $text,)+ } }

            /// The value with this number.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// The value with this name, without the prefix, in either case.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.name().eq_ignore_ascii_case(name))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.name()) }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::from_name(text).ok_or_else(|| {
                    let names: Vec<_> = Self::ALL.iter().map(|v| v.name().to_ascii_lowercase()).collect();
                    format!("{text:?} is none of {}", names.join(", "))
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.serialize_str(self.name()) } else { s.serialize_u8(*self as u8) }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                if d.is_human_readable() {
                    String::deserialize(d)?.parse().map_err(D::Error::custom)
                } else {
                    let number = u8::deserialize(d)?;
                    Self::from_number(number.into()).ok_or_else(|| D::Error::custom("unknown number"))
                }
            }
        }

        impl $crate::wire::Value for $name {
            const WIRE: $crate::wire::WireType = $crate::wire::WireType::Varint;
            const TYPE: &'static str = stringify!($name);

            fn read(r: &mut $crate::wire::Reader<'_>) -> Result<Self, $crate::wire::DecodeError> {
                let at = r.offset();
                let number = r.varint()?;
                u32::try_from(number).ok().and_then(Self::from_number)
                    .ok_or_else(|| $crate::wire::DecodeError::unknown_enum(at, number))
            }

            fn write(&self, out: &mut Vec<u8>) { $crate::wire::write_varint(self.number().into(), out); }
        }
        $crate::wire::required_field!($name);
    };
}

/// Makes a value a field that must stand exactly once.
macro_rules! required_field {
    ($($ty:ty),+) => {$(
        impl $crate::wire::Field for $ty {
            const SHAPE: $crate::wire::Shape = $crate::wire::Shape::singular::<$ty>();
            fn encode(&self, number: u32, out: &mut Vec<u8>) {
                $crate::wire::write_field(self, number, out);
            }
            fn decode(number: u32, r: &mut $crate::wire::Reader<'_>) -> Result<Self, $crate::wire::DecodeError> {
                let at = r.offset();
                Option::<Self>::decode(number, r)?.ok_or_else(|| $crate::wire::DecodeError::missing(at))
            }
        }
    )+};
}

pub(crate) use {code_enum, message, required_field};

/// The canonical bytes of a message.
#[must_use]
pub fn to_bytes<T: Value>(message: &T) -> Vec<u8> {
    let mut out = Vec::new();
    message.write(&mut out);
    out
}

/// Decodes a message that fills the whole of `bytes`.
///
/// # Errors
/// When the bytes are not the canonical form of a `T`; names offset and field.
pub fn from_bytes<T: Value>(bytes: &[u8]) -> Result<T, DecodeError> {
    T::read(&mut Reader::new(bytes))
}

#[cfg(test)]
mod tests;
