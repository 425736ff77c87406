//! `RtlQueryRegistryValues`: a table says what a driver wants of a key.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::relative_path::{full_path, is_optional, text};
use super::store::{self, Value};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::unicode::UnicodeString;
use crate::{callback_guard, fault, pool};

/// `STATUS_OBJECT_TYPE_MISMATCH`.
const OBJECT_TYPE_MISMATCH: NtStatus = NtStatus::new(0xC000_0024);
/// The pool tag of strings that the function allocates: `RtlS`.
const TAG: u32 = u32::from_le_bytes(*b"RtlS");
/// `REG_NONE`, and the types of text.
const REG_NONE: u32 = 0;
const REG_SZ: u32 = 1;
const REG_EXPAND_SZ: u32 = 2;
const REG_MULTI_SZ: u32 = 7;

/// Bits of an entry's flags.
mod flag {
    /// The next entries are about the key with this name.
    pub(super) const SUBKEY: u32 = 0x1;
    /// The next entries are about the first key again.
    pub(super) const TOPKEY: u32 = 0x2;
    /// The value must be there.
    pub(super) const REQUIRED: u32 = 0x4;
    /// The routine is called without a value.
    pub(super) const NOVALUE: u32 = 0x8;
    /// Lists of texts are not taken apart.
    pub(super) const NOEXPAND: u32 = 0x10;
    /// The value is stored at the entry's context.
    pub(super) const DIRECT: u32 = 0x20;
    /// The value is deleted then.
    pub(super) const DELETE: u32 = 0x40;
    /// The value must have the type in the highest byte of the default type.
    pub(super) const TYPECHECK: u32 = 0x100;
}

/// `QueryRoutine`: name, type, data, length, context, the entry's context.
type Routine = unsafe extern "win64" fn(*const u16, u32, *const u8, u32, usize, usize) -> NtStatus;

/// An `RTL_QUERY_REGISTRY_TABLE`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Entry {
    routine: Option<Routine>,
    flags: u32,
    name: *const u16,
    context: usize,
    default_type: u32,
    default_data: *const u8,
    default_length: u32,
}

const _: () = assert!(size_of::<Entry>() == 0x38);

pub(super) fn exports() -> Vec<Export> {
    let mut exports = ntoskrnl![RtlQueryRegistryValues];
    exports.push(Export::ntoskrnl(
        "RtlQueryRegistryValuesEx",
        RtlQueryRegistryValues as *const () as usize,
    ));
    exports
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn RtlQueryRegistryValues(
    relative_to: u32,
    path: *const u16,
    table: *const Entry,
    context: usize,
    _environment: usize,
) -> NtStatus {
    const NAME: &str = "RtlQueryRegistryValues";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    // SAFETY: by contract.
    let top = match unsafe { full_path(NAME, relative_to, path) } {
        Ok(top) => top,
        Err(status) => return status,
    };
    if !store::exists(&top) && !is_optional(relative_to) {
        return NtStatus::OBJECT_NAME_NOT_FOUND;
    }
    let mut key = top.clone();
    let mut next = table;
    loop {
        // SAFETY: by contract the table ends with an entry without a routine and a name.
        let entry = unsafe { next.read() };
        next = next.wrapping_add(1);
        if entry.routine.is_none() && entry.name.is_null() {
            break;
        }
        if entry.flags & (flag::SUBKEY | flag::TOPKEY) != 0 {
            key.clone_from(&top);
        }
        // SAFETY: by contract.
        let status = unsafe { entry.run(&mut key, context) };
        if !status.is_success() {
            return status;
        }
    }
    NtStatus::SUCCESS
}

impl Entry {
    /// Does what the entry says with the key, which it may change.
    ///
    /// # Safety
    ///
    /// The entry is one of a driver's table.
    unsafe fn run(&self, key: &mut String, context: usize) -> NtStatus {
        // SAFETY: by contract NUL-terminated text.
        let name = unsafe { text(self.name) };
        if self.flags & flag::SUBKEY != 0 {
            *key = format!(r"{key}\{name}");
            let is_missing = self.flags & flag::REQUIRED != 0 && !store::exists(key);
            return if is_missing {
                NtStatus::OBJECT_NAME_NOT_FOUND
            } else {
                NtStatus::SUCCESS
            };
        }
        if self.flags & flag::NOVALUE != 0 {
            // SAFETY: by contract.
            return unsafe { self.call(&name, REG_NONE, &[], context) };
        }
        if self.name.is_null() {
            return self.run_for_all(key, context);
        }
        // SAFETY: by contract.
        unsafe { self.run_for_value(key, &name, context) }
    }

    /// Calls the routine for each value of the key.
    fn run_for_all(&self, key: &str, context: usize) -> NtStatus {
        for (name, value) in store::values(key) {
            // SAFETY: the values are the host's.
            let status = unsafe { self.give(&name, &value, context) };
            if !status.is_success() {
                return status;
            }
        }
        NtStatus::SUCCESS
    }

    /// Gives the driver one value, or its default.
    ///
    /// # Safety
    ///
    /// As for [`run`](Self::run).
    unsafe fn run_for_value(&self, key: &str, name: &str, context: usize) -> NtStatus {
        let found = store::query(key, name);
        let expected = self.default_type >> 24;
        if let Some(value) = &found
            && self.flags & flag::TYPECHECK != 0
            && value.kind != expected
        {
            return OBJECT_TYPE_MISMATCH;
        }
        let is_there = found.is_some();
        // SAFETY: by contract.
        let Some(value) = found.or_else(|| unsafe { self.default_value() }) else {
            return if self.flags & flag::REQUIRED == 0 {
                NtStatus::SUCCESS
            } else {
                NtStatus::OBJECT_NAME_NOT_FOUND
            };
        };
        // SAFETY: by contract.
        let status = unsafe { self.give(name, &value, context) };
        if status.is_success() && is_there && self.flags & flag::DELETE != 0 {
            store::delete_value(key, name);
        }
        status
    }

    /// What a value is that is not there and need not be.
    ///
    /// # Safety
    ///
    /// The default data have the default length; those of text may end with a NUL instead.
    unsafe fn default_value(&self) -> Option<Value> {
        let kind = self.default_type & 0xFF_FFFF;
        if kind == REG_NONE || self.flags & flag::REQUIRED != 0 {
            return None;
        }
        let is_text = matches!(kind, REG_SZ | REG_EXPAND_SZ);
        let bytes = if is_text && self.default_length == 0 {
            // SAFETY: by contract.
            let text = unsafe { text(self.default_data.cast()) };
            let units = text.encode_utf16().chain([0]);
            units.flat_map(u16::to_le_bytes).collect()
        } else {
            // SAFETY: by contract.
            unsafe { super::value::bytes_of(self.default_data, self.default_length) }
        };
        Some(Value { kind, bytes })
    }

    /// Stores a value where the entry says, or calls the routine with it.
    ///
    /// # Safety
    ///
    /// As for [`run`](Self::run).
    unsafe fn give(&self, name: &str, value: &Value, context: usize) -> NtStatus {
        let Value { kind, bytes } = value;
        if self.flags & flag::DIRECT != 0 {
            // SAFETY: by contract.
            return unsafe { store_direct(self.context, *kind, bytes) };
        }
        if *kind != REG_MULTI_SZ || self.flags & flag::NOEXPAND != 0 {
            // SAFETY: by contract.
            return unsafe { self.call(name, *kind, bytes, context) };
        }
        for text in texts(bytes) {
            // SAFETY: by contract.
            let status = unsafe { self.call(name, REG_SZ, &text, context) };
            if !status.is_success() {
                return status;
            }
        }
        NtStatus::SUCCESS
    }

    /// Calls the driver's routine.
    ///
    /// # Safety
    ///
    /// As for [`run`](Self::run).
    unsafe fn call(&self, name: &str, kind: u32, data: &[u8], context: usize) -> NtStatus {
        let Some(routine) = self.routine else {
            return NtStatus::INVALID_PARAMETER;
        };
        let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        callback_guard::run("the QueryRoutine", || {
            // SAFETY: the driver gave this routine for exactly this call.
            unsafe {
                routine(
                    name.as_ptr(),
                    kind,
                    data.as_ptr(),
                    length,
                    context,
                    self.context,
                )
            }
        })
    }
}

/// The texts of a list, each with its NUL.
fn texts(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (pairs, _odd) = bytes.as_chunks::<2>();
    let texts = pairs.split_inclusive(|unit| *unit == [0, 0]);
    let texts = texts.take_while(|text| text.len() > 1);
    texts.map(<[[u8; 2]]>::concat).collect()
}

/// Stores a value at `place`, as its type demands.
///
/// # Safety
///
/// `place` is a counted string for text; for other data a buffer, which begins with its own size if the data
/// are longer than a number.
unsafe fn store_direct(place: usize, kind: u32, bytes: &[u8]) -> NtStatus {
    if matches!(kind, REG_SZ | REG_EXPAND_SZ | REG_MULTI_SZ) {
        let string = std::ptr::with_exposed_provenance_mut::<UnicodeString>(place);
        // SAFETY: by contract.
        let string = unsafe { &mut *string };
        // SAFETY: by contract.
        return unsafe { store_text(string, kind, bytes) };
    }
    let target = std::ptr::with_exposed_provenance_mut::<u8>(place);
    let numbers = std::ptr::with_exposed_provenance_mut::<[u32; 2]>(place);
    if bytes.len() <= size_of::<u32>() {
        // SAFETY: by contract.
        unsafe { target.copy_from(bytes.as_ptr(), bytes.len()) };
        return NtStatus::SUCCESS;
    }
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    // SAFETY: by contract.
    let room = unsafe { numbers.cast::<i32>().read_unaligned() };
    // A negative number is that of a buffer for the data alone.
    let header = if room < 0 { 0 } else { 2 * size_of::<u32>() };
    if (room.unsigned_abs() as usize) < header + bytes.len() {
        return NtStatus::BUFFER_TOO_SMALL;
    }
    if header != 0 {
        // SAFETY: by contract.
        unsafe { numbers.write_unaligned([length, kind]) };
    }
    // SAFETY: by contract.
    let data = unsafe { target.add(header) };
    // SAFETY: by contract.
    unsafe { data.copy_from(bytes.as_ptr(), bytes.len()) };
    NtStatus::SUCCESS
}

/// Stores text in a driver's string. A string without a buffer gets one, which the driver frees.
///
/// # Safety
///
/// The string's buffer has its maximal length.
unsafe fn store_text(string: &mut UnicodeString, kind: u32, bytes: &[u8]) -> NtStatus {
    let Ok(length) = u16::try_from(bytes.len()) else {
        return NtStatus::BUFFER_TOO_SMALL;
    };
    if string.buffer.is_null() {
        let Some(block) = pool::allocate(false, bytes.len().max(2), TAG) else {
            return NtStatus::INSUFFICIENT_RESOURCES;
        };
        string.buffer = block.as_ptr().cast();
        string.maximum_length = length;
    } else if string.maximum_length < length {
        return NtStatus::BUFFER_TOO_SMALL;
    }
    let buffer = string.buffer.cast_mut().cast::<u8>();
    // SAFETY: by contract, or just allocated with this length.
    unsafe { buffer.copy_from(bytes.as_ptr(), bytes.len()) };
    // The NUL of a text does not count; a list keeps both of its own.
    let has_nul = kind != REG_MULTI_SZ && bytes.ends_with(&[0, 0]);
    string.length = if has_nul { length - 2 } else { length };
    NtStatus::SUCCESS
}
