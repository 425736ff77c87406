//! `ZwQueryKey` and `ZwEnumerateKey`: what is known of a key.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::information::{InformationBuffer, KeyInformation, NO_MORE_ENTRIES, utf16};
use super::{open_key, store};
use crate::exports::{Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};

/// `KeyBasicInformation`: the last part of the name.
const BASIC: u32 = 0;
/// `KeyNodeInformation`: the same, and the class.
const NODE: u32 = 1;
/// `KeyFullInformation`: the class, and how much is in the key.
const FULL: u32 = 2;
/// `KeyNameInformation`: the full name.
const NAME: u32 = 3;
/// What stands for no class.
const NO_CLASS: usize = 0xFFFF_FFFF;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![ZwEnumerateKey, ZwQueryKey]
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwQueryKey(
    handle: usize,
    class: u32,
    buffer: *mut u8,
    length: u32,
    needed: *mut u32,
) -> NtStatus {
    const FUNCTION: &str = "ZwQueryKey";
    irql::require_at_most(FUNCTION, Irql::PASSIVE);
    let path = match open_key::existing(FUNCTION, handle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    if fault::inject(FUNCTION) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let output = InformationBuffer {
        buffer,
        length,
        needed,
    };
    // SAFETY: by contract the caller's buffer and variable.
    unsafe { write(class, &path, output) }
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ZwEnumerateKey(
    handle: usize,
    index: u32,
    class: u32,
    buffer: *mut u8,
    length: u32,
    needed: *mut u32,
) -> NtStatus {
    const FUNCTION: &str = "ZwEnumerateKey";
    irql::require_at_most(FUNCTION, Irql::PASSIVE);
    let path = match open_key::existing(FUNCTION, handle) {
        Ok(path) => path,
        Err(status) => return status,
    };
    let subkeys = store::subkeys(&path);
    let Some(name) = subkeys.get(index as usize) else {
        return NO_MORE_ENTRIES;
    };
    let output = InformationBuffer {
        buffer,
        length,
        needed,
    };
    // SAFETY: by contract the caller's buffer and variable.
    unsafe { write(class, &format!(r"{path}\{name}"), output) }
}

/// Writes what a class has of a key. The host does not keep when it was written.
///
/// # Safety
///
/// The output is the caller's buffer and variable.
unsafe fn write(class: u32, path: &str, output: InformationBuffer) -> NtStatus {
    let last = path.rsplit('\\').next().unwrap_or_default();
    let (full_name, last) = (utf16(path), utf16(last));
    let timed = || KeyInformation::default().number(0).number(0).number(0);
    let information = match class {
        BASIC => timed().number(last.len()).rest(&last),
        NODE => timed()
            .number(NO_CLASS)
            .number(0)
            .number(last.len())
            .rest(&last),
        FULL => {
            let (subkeys, values) = (store::subkeys(path), store::values(path));
            let longest = |names: &mut dyn Iterator<Item = &String>| {
                names.map(|name| utf16(name).len()).max().unwrap_or(0)
            };
            let data = values.iter().map(|(_, value)| value.bytes.len());
            timed()
                .number(NO_CLASS)
                .number(0)
                .number(subkeys.len())
                .number(longest(&mut subkeys.iter()))
                .number(0)
                .number(values.len())
                .number(longest(&mut values.iter().map(|(name, _)| name)))
                .number(data.max().unwrap_or(0))
        }
        NAME => KeyInformation::default()
            .number(full_name.len())
            .rest(&full_name),
        _ => return NtStatus::INVALID_PARAMETER,
    };
    // SAFETY: by contract.
    unsafe { information.write(output) }
}
