//! The values of registry keys that are text.

use nt_io::unicode::UnicodeString;
use nt_kernel::registry::store::Value;
use nt_types::status::NtStatus;

use super::query;
use crate::call::FrameworkCall;
use crate::collection::CollectionBody;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfCollection, WdfKey, WdfString};
use crate::object::{
    Attributes, Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules, deletion,
};
use crate::pointer::{In, Out};
use crate::status;
use crate::string::StringBody;

functions! {
    PASSIVE WdfRegistryQueryMultiString = query_multi_string(
        key: WdfKey, name: In<UnicodeString>, attributes: In<ObjectAttributes>,
        collection: WdfCollection) -> NtStatus;
    PASSIVE WdfRegistryQueryUnicodeString = query_unicode_string(
        key: WdfKey, name: In<UnicodeString>, length: Out<u16>,
        value: Out<UnicodeString>) -> NtStatus;
    PASSIVE WdfRegistryQueryString = query_string(
        key: WdfKey, name: In<UnicodeString>, string: WdfString) -> NtStatus;
    PASSIVE WdfRegistryAssignMultiString = assign_multi_string(
        key: WdfKey, name: In<UnicodeString>, strings: WdfCollection) -> NtStatus;
    PASSIVE WdfRegistryAssignUnicodeString = assign_unicode_string(
        key: WdfKey, name: In<UnicodeString>, value: In<UnicodeString>) -> NtStatus;
    PASSIVE WdfRegistryAssignString = assign_string(
        key: WdfKey, name: In<UnicodeString>, string: WdfString) -> NtStatus;
}

/// `REG_SZ`.
const REG_SZ: u32 = 1;
/// `REG_EXPAND_SZ`.
const REG_EXPAND_SZ: u32 = 2;
/// `REG_MULTI_SZ`.
const REG_MULTI_SZ: u32 = 7;

/// The bytes of a value that is text.
fn find_text(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
) -> Result<Vec<u8>, NtStatus> {
    let value = query::find(call, key, name)?;
    if is_text(&value) {
        Ok(value.bytes)
    } else {
        Err(status::OBJECT_TYPE_MISMATCH)
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value.kind, REG_SZ | REG_EXPAND_SZ)
}

fn query_string(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    string: WdfString,
) -> NtStatus {
    let string = call.object(string, "String");
    let found = find_text(call, key, name);
    status::from_result(found.map(|bytes| string.set(&text(&bytes))))
}

/// The characters; half of one at the end is left out.
fn characters(bytes: &[u8]) -> Vec<u16> {
    let (pairs, _odd) = bytes.as_chunks::<2>();
    pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
}

/// The text up to its NUL.
fn text(bytes: &[u8]) -> String {
    let characters = characters(bytes);
    let text = characters.split(|character| *character == 0).next();
    String::from_utf16_lossy(text.unwrap_or_default())
}

fn query_unicode_string(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    length: Out<u16>,
    value: Out<UnicodeString>,
) -> NtStatus {
    let room = value.as_in().optional();
    if let Some(status) = call.fails() {
        // The injected failure means that the value is longer than the buffer.
        if status == status::BUFFER_OVERFLOW {
            let length_of_room = room.map_or(0, |room| room.maximum_length);
            length.set(length_of_room.saturating_add(2));
        }
        return status;
    }
    if room.is_some_and(|room| room.maximum_length == 0) {
        return NtStatus::INVALID_PARAMETER;
    }
    let found = match query::find(call, key, name) {
        Ok(found) => found,
        Err(status) => return status,
    };
    let count = u16::try_from(found.bytes.len()).unwrap_or(u16::MAX);
    match room {
        Some(room) if count <= room.maximum_length => {
            if !is_text(&found) {
                return status::OBJECT_TYPE_MISMATCH;
            }
            length.set(count);
            value.set(fill(room, &found.bytes));
            NtStatus::SUCCESS
        }
        // Without a large enough buffer only the length is returned, whatever the type.
        Some(_) | None => {
            length.set(count);
            status::BUFFER_OVERFLOW
        }
    }
}

/// The driver's string with this text in it; a NUL at the end does not count.
fn fill(room: UnicodeString, bytes: &[u8]) -> UnicodeString {
    // SAFETY: the driver promises that its buffer has `maximum_length` bytes, and these are not more.
    unsafe {
        room.buffer
            .cast_mut()
            .cast::<u8>()
            .copy_from(bytes.as_ptr(), bytes.len());
    }
    let text = bytes.strip_suffix(&[0, 0]).unwrap_or(bytes);
    UnicodeString {
        length: u16::try_from(text.len()).unwrap_or(u16::MAX),
        ..room
    }
}

fn query_multi_string(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    attributes: In<ObjectAttributes>,
    collection: WdfCollection,
) -> NtStatus {
    let collection = call.object(collection, "Collection");
    status::from_result(try_query_multi_string(
        call,
        key,
        name,
        attributes,
        &collection,
    ))
}

fn try_query_multi_string(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    attributes: In<ObjectAttributes>,
    collection: &Ref<CollectionBody>,
) -> Result<(), NtStatus> {
    let attributes = attributes.check(call, Rules::plain(ParentRule::Optional))?;
    let value = query::find(call, key, name)?;
    let texts = texts(&value)?;
    let mut strings = Vec::new();
    for text in texts {
        match create_string(call, &attributes, &text) {
            Ok(string) => strings.push(string),
            Err(status) => {
                for string in strings {
                    deletion::delete(string.object());
                }
                return Err(status);
            }
        }
    }
    for string in strings {
        collection.push(string.object().clone());
    }
    Ok(())
}

fn create_string(
    call: &FrameworkCall,
    attributes: &Attributes,
    text: &str,
) -> Result<Ref<StringBody>, NtStatus> {
    let plan = ObjectPlan::below(call.driver().object(), attributes.clone());
    Object::create(call.binding, plan, StringBody::new(text))
}

/// The texts of a list that ends with an empty one.
fn texts(value: &Value) -> Result<Vec<String>, NtStatus> {
    if value.kind != REG_MULTI_SZ {
        return Err(status::OBJECT_TYPE_MISMATCH);
    }
    if value.bytes.is_empty() {
        return Err(status::RESOURCE_DATA_NOT_FOUND);
    }
    let characters = characters(&value.bytes);
    if !value.bytes.len().is_multiple_of(2) || !characters.ends_with(&[0, 0]) {
        return Err(status::OBJECT_TYPE_MISMATCH);
    }
    let texts = characters.split(|character| *character == 0);
    let texts = texts.take_while(|text| !text.is_empty());
    Ok(texts.map(String::from_utf16_lossy).collect())
}

/// The bytes of a text with its NUL.
fn with_end(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().chain([0]);
    units.flat_map(u16::to_le_bytes).collect()
}

fn assign_unicode_string(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    value: In<UnicodeString>,
) -> NtStatus {
    let value = value.required_text(call, "Value");
    query::assign(call, key, name, REG_SZ, &with_end(&value))
}

fn assign_string(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    string: WdfString,
) -> NtStatus {
    let string = call.object(string, "String");
    query::assign(call, key, name, REG_SZ, &with_end(&string.text()))
}

/// A list of texts ends with an empty one. All items have to be strings, and there has to be one.
fn assign_multi_string(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    strings: WdfCollection,
) -> NtStatus {
    let items = call.object(strings, "StringsCollection").items();
    if items.is_empty() || items.iter().any(|item| item.kind() != Kind::String) {
        return NtStatus::INVALID_PARAMETER;
    }
    let texts = items
        .into_iter()
        .map(|item| Ref::<StringBody>::new(item).text());
    let mut bytes: Vec<u8> = texts.flat_map(|text| with_end(&text)).collect();
    bytes.extend([0; 2]);
    query::assign(call, key, name, REG_MULTI_SZ, &bytes)
}
