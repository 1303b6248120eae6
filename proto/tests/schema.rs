//! The strict decoder of `hefu-types` and the published `.proto` files say the same.

use std::collections::BTreeMap;

use hefu_proto::DESCRIPTORS;
use hefu_types::event::{membership, plan, reporting};
use hefu_types::wire::{MessageInfo, Value};
use hefu_types::{PeriodType, ReadRequest, Submission};
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

fn files() -> FileDescriptorSet {
    FileDescriptorSet::decode(DESCRIPTORS).expect("compiled descriptors")
}

fn messages(set: &FileDescriptorSet) -> BTreeMap<&str, &DescriptorProto> {
    set.file.iter().flat_map(|f| &f.message_type).map(|m| (m.name(), m)).collect()
}

fn type_name(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::String => "string".into(),
        Type::Bytes => "bytes".into(),
        Type::Uint32 => "uint32".into(),
        Type::Uint64 => "uint64".into(),
        Type::Int64 => "int64".into(),
        Type::Sint64 => "sint64".into(),
        Type::Bool => "bool".into(),
        Type::Message | Type::Enum => field.type_name().rsplit('.').next().unwrap_or_default().to_owned(),
        other => panic!("{} has type {other:?}, which the canonical form does not use", field.name()),
    }
}

fn published(message: &DescriptorProto) -> Vec<(u32, String, String, bool)> {
    let mut fields: Vec<_> = message
        .field
        .iter()
        .map(|f| (f.number().unsigned_abs(), f.name().to_owned(), type_name(f), f.label() == Label::Repeated))
        .collect();
    fields.sort();
    fields
}

fn declared(info: &MessageInfo) -> Vec<(u32, String, String, bool)> {
    info.fields.iter().map(|f| (f.number, f.name.to_owned(), f.shape.type_name.to_owned(), f.shape.repeated)).collect()
}

fn compare(
    info: &'static MessageInfo,
    published_by_name: &BTreeMap<&str, &DescriptorProto>,
    seen: &mut Vec<&'static str>,
) {
    if seen.contains(&info.name) {
        return;
    }
    seen.push(info.name);
    let message = published_by_name.get(info.name).unwrap_or_else(|| panic!("no message {}", info.name));
    assert_eq!(declared(info), published(message), "{}", info.name);
    info.fields.iter().filter_map(|f| f.shape.message).for_each(|inner| compare(inner, published_by_name, seen));
}

#[test]
fn every_declared_message_equals_the_published_one() {
    let set = files();
    let mut seen = Vec::new();
    compare(Submission::MESSAGE.expect("a message"), &messages(&set), &mut seen);
    compare(ReadRequest::MESSAGE.expect("a message"), &messages(&set), &mut seen);
    assert!(seen.len() > 25, "only {seen:?} were compared");
}

macro_rules! compare_enums {
    ($set:ident; $($ty:ty),+) => {$({
        let name = stringify!($ty).rsplit("::").next().expect("a name").trim();
        let published = $set.file.iter().flat_map(|f| &f.enum_type).find(|e| e.name() == name).expect(name);
        let values: Vec<_> = published.value.iter().filter(|v| v.number() != 0)
            .map(|v| (v.number().unsigned_abs(), v.name().to_owned())).collect();
        let declared: Vec<_> = <$ty>::ALL.iter()
            .map(|v| (v.number(), format!("{}_{}", <$ty>::PREFIX, v.name()))).collect();
        assert_eq!(declared, values, "{name}");
    })+};
}

#[test]
fn every_declared_enum_equals_the_published_one() {
    let set = files();
    compare_enums!(set;
        membership::Algorithm, membership::Role, membership::MemberType, membership::ConferenceRole,
        membership::RevocationReason, plan::Measure, plan::Direction, plan::RollUp, plan::Comparator, plan::Strength,
        PeriodType, reporting::ObsStatus, reporting::Qualifier, reporting::ConfStatus);
}

/// What makes a decode–encode round trip a check of the canonical form.
#[test]
fn signed_messages_have_at_most_one_oneof_numbered_above_all_other_fields() {
    let set = files();
    for message in messages(&set).values() {
        let oneofs: Vec<_> = message.oneof_decl.iter().collect();
        assert!(oneofs.len() <= 1, "{} has {} oneofs", message.name(), oneofs.len());
        let (inside, outside): (Vec<_>, Vec<_>) = message.field.iter().partition(|f| f.oneof_index.is_some());
        let highest_outside = outside.iter().map(|f| f.number()).max().unwrap_or(0);
        assert!(inside.iter().all(|f| f.number() > highest_outside), "{}: a oneof below other fields", message.name());
        assert!(message.nested_type.is_empty() && message.extension_range.is_empty(), "{}", message.name());
    }
}
