//! The values of registry keys.

use nt_io::unicode::UnicodeString;
use nt_kernel::registry::store::{self, Value};
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{WdfKey, WdfMemory};
use crate::memory::{MemoryBody, PoolBuffer};
use crate::object::{ObjectAttributes, ParentRule, Rules};
use crate::pointer::{In, Out};
use crate::request_api::MemoryOffset;
use crate::status;

functions! {
    PASSIVE WdfRegistryQueryValue = query_value(
        key: WdfKey, name: In<UnicodeString>, length: u32, value: *mut u8,
        queried: Out<u32>, kind: Out<u32>) -> NtStatus;
    PASSIVE WdfRegistryQueryMemory = query_memory(
        key: WdfKey, name: In<UnicodeString>, pool_type: i32,
        attributes: In<ObjectAttributes>, memory: Out<WdfMemory>,
        kind: Out<u32>) -> NtStatus;
    PASSIVE WdfRegistryQueryULong = query_ulong(
        key: WdfKey, name: In<UnicodeString>, value: Out<u32>) -> NtStatus;
    PASSIVE WdfRegistryAssignValue = assign_value(
        key: WdfKey, name: In<UnicodeString>, kind: u32, length: u32,
        value: *const u8) -> NtStatus;
    PASSIVE WdfRegistryAssignMemory = assign_memory(
        key: WdfKey, name: In<UnicodeString>, kind: u32, memory: WdfMemory,
        part: In<MemoryOffset>) -> NtStatus;
    PASSIVE WdfRegistryAssignULong = assign_ulong(
        key: WdfKey, name: In<UnicodeString>, value: u32) -> NtStatus;
    PASSIVE WdfRegistryRemoveValue = remove_value(
        key: WdfKey, name: In<UnicodeString>) -> NtStatus;
}

/// `REG_BINARY`.
const REG_BINARY: u32 = 3;
/// `REG_DWORD`.
const REG_DWORD: u32 = 4;

/// The value with this name.
pub(super) fn find(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
) -> Result<Value, NtStatus> {
    let key = call.object(key, "Key");
    let name = name.required_text(call, "ValueName");
    store::query(key.path(), &name).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)
}

/// Its bytes, if it is of this type.
fn find_typed(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    kind: u32,
) -> Result<Vec<u8>, NtStatus> {
    let value = find(call, key, name)?;
    if value.kind == kind {
        Ok(value.bytes)
    } else {
        Err(status::OBJECT_TYPE_MISMATCH)
    }
}

fn query_value(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    length: u32,
    value: *mut u8,
    queried: Out<u32>,
    kind: Out<u32>,
) -> NtStatus {
    let found = find(call, key, name);
    if let Some(status) = call.fails() {
        // The injected failure means that the value is longer than the buffer.
        if status == status::BUFFER_OVERFLOW {
            queried.set(length.saturating_add(1));
            kind.set(found.map_or(REG_BINARY, |found| found.kind));
        }
        return status;
    }
    let found = match found {
        Ok(found) => found,
        Err(status) => return status,
    };
    let room = if value.is_null() { 0 } else { length as usize };
    let count = found.bytes.len().min(room);
    if count > 0 {
        // SAFETY: the driver promises that the buffer has `length` bytes.
        unsafe { value.copy_from(found.bytes.as_ptr(), count) }
    }
    queried.set(u32::try_from(found.bytes.len()).unwrap_or(u32::MAX));
    kind.set(found.kind);
    if count < found.bytes.len() {
        status::BUFFER_OVERFLOW
    } else {
        NtStatus::SUCCESS
    }
}

fn query_memory(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    pool_type: i32,
    attributes: In<ObjectAttributes>,
    memory: Out<WdfMemory>,
    kind: Out<u32>,
) -> NtStatus {
    let memory = memory.required(call, "Memory");
    let buffer = find(call, key, name).and_then(|found| {
        let tag = call.binding.pool_tag();
        let buffer = PoolBuffer::new(pool_type, found.bytes.len().max(1), tag)?;
        buffer.fill(&found.bytes);
        Ok((buffer, found))
    });
    let (buffer, found) = match buffer {
        Ok(filled) => filled,
        Err(status) => return status,
    };
    let body = MemoryBody::owned(buffer, found.bytes.len());
    let status = call.create(attributes, Rules::plain(ParentRule::Optional), body, memory);
    if status.is_success() {
        kind.set(found.kind);
    }
    status
}

fn query_ulong(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    out: Out<u32>,
) -> NtStatus {
    let out = out.required(call, "Value");
    let found = find_typed(call, key, name, REG_DWORD).and_then(|bytes| {
        <[u8; 4]>::try_from(bytes).map_err(|_other_length| status::OBJECT_TYPE_MISMATCH)
    });
    status::from_result(found.map(|bytes| out.set(u32::from_le_bytes(bytes))))
}

fn assign_value(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    kind: u32,
    length: u32,
    value: *const u8,
) -> NtStatus {
    if value.is_null() {
        call.null("Value");
    }
    // SAFETY: the driver promises that `length` bytes can be read.
    let bytes = unsafe { std::slice::from_raw_parts(value, length as usize) };
    assign(call, key, name, kind, bytes)
}

fn assign_memory(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    kind: u32,
    memory: WdfMemory,
    part: In<MemoryOffset>,
) -> NtStatus {
    call.object(memory, "Memory");
    let Ok(part) = call.part(memory, part) else {
        return NtStatus::INVALID_PARAMETER;
    };
    let start: *const u8 = std::ptr::with_exposed_provenance(part.address);
    // SAFETY: a part of the memory's buffer.
    let bytes = unsafe { std::slice::from_raw_parts(start, part.length) };
    assign(call, key, name, kind, bytes)
}

fn remove_value(call: &FrameworkCall, key: WdfKey, name: In<UnicodeString>) -> NtStatus {
    let key = call.object(key, "Key");
    let name = name.required_text(call, "ValueName");
    let removed = store::delete_value(key.path(), &name);
    let status = removed.then_some(NtStatus::SUCCESS);
    status.unwrap_or(NtStatus::OBJECT_NAME_NOT_FOUND)
}

fn assign_ulong(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    value: u32,
) -> NtStatus {
    assign(call, key, name, REG_DWORD, &value.to_le_bytes())
}

/// Sets a value.
pub(super) fn assign(
    call: &FrameworkCall,
    key: WdfKey,
    name: In<UnicodeString>,
    kind: u32,
    bytes: &[u8],
) -> NtStatus {
    let key = call.object(key, "Key");
    let name = name.required_text(call, "ValueName");
    let bytes = bytes.to_vec();
    store::set(key.path(), &name, Value { kind, bytes });
    NtStatus::SUCCESS
}
