//! Thunks in front of the exports: each records the call in the thread's processor block and jumps
//! to the function. So the host knows exactly where the driver has called it.
//!
//! A thunk changes no register and nothing on the stack: to the function it looks as if the driver
//! had called it directly.

use std::mem::offset_of;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect};

use crate::export_call::{self, ExportCall, KeptRegisters};
use crate::exports::Export;
use crate::pool::PAGE_SIZE;
use crate::processor_block::{KEPT_SIZE, RECORD_SIZE};
use crate::stack;

/// Length of one thunk, in bytes.
const THUNK_SIZE: usize = 96;
/// Length of the thunk of a function out of which an exception can come.
const RAISING_SIZE: usize = 272;
/// Where in `ExportCall` the members lie that a thunk writes, and the first bytes of the instruction
/// that stores the register there (`mov gs:[offset], register`).
const STORES: [(i32, [u8; 5]); 6] = [
    (0, [0x65, 0x48, 0x89, 0x24, 0x25]),
    (8, [0x65, 0x48, 0x89, 0x2C, 0x25]),
    (24, [0x65, 0x48, 0x89, 0x0C, 0x25]),
    (32, [0x65, 0x48, 0x89, 0x14, 0x25]),
    (40, [0x65, 0x4C, 0x89, 0x04, 0x25]),
    (48, [0x65, 0x4C, 0x89, 0x0C, 0x25]),
];
/// The member for the number of the function, and `mov qword ptr gs:[offset], number`.
const NUMBER: (i32, [u8; 5]) = (16, [0x65, 0x48, 0xC7, 0x04, 0x25]);
const _: () = {
    assert!(offset_of!(ExportCall, slot) == 0);
    assert!(offset_of!(ExportCall, frame_pointer) == 8);
    assert!(offset_of!(ExportCall, function) == 16);
    assert!(offset_of!(ExportCall, arguments) == 24);
};
/// `jmp qword ptr [rip]`: the address follows.
const JUMP: [u8; 6] = [0xFF, 0x25, 0, 0, 0, 0];

/// The instructions that store a register of `KeptRegisters::general` (`mov gs:[offset], register`).
const KEEPS: [[u8; 5]; 7] = [
    [0x65, 0x48, 0x89, 0x1C, 0x25],
    [0x65, 0x48, 0x89, 0x34, 0x25],
    [0x65, 0x48, 0x89, 0x3C, 0x25],
    [0x65, 0x4C, 0x89, 0x24, 0x25],
    [0x65, 0x4C, 0x89, 0x2C, 0x25],
    [0x65, 0x4C, 0x89, 0x34, 0x25],
    [0x65, 0x4C, 0x89, 0x3C, 0x25],
];
const _: () = {
    assert!(offset_of!(KeptRegisters, general) == 0);
    assert!(offset_of!(KeptRegisters, vectors) == 64);
};

/// Where the record begins, seen from gs.
const RECORD: i32 = -64;
const _: () = assert!(RECORD_SIZE == 64);
/// Where the kept registers begin.
const KEPT: i32 = RECORD - 256;
const _: () = assert!(KEPT_SIZE == 256);

/// Whether an image has handlers for the exceptions that come out of functions.
static HAS_HANDLERS: AtomicBool = AtomicBool::new(false);

/// An image that will be loaded has exception handlers. Called before thunks are made.
pub fn expect_handlers() {
    HAS_HANDLERS.store(true, Ordering::Relaxed);
}

/// The functions behind the thunks of exports.
static TARGETS: RwLock<Vec<(usize, usize)>> = RwLock::new(Vec::new());

/// The function behind the thunk at `address`.
pub(crate) fn target_of(address: usize) -> Option<usize> {
    let targets = TARGETS.read().unwrap_or_else(PoisonError::into_inner);
    let (_, target) = targets.iter().find(|(thunk, _)| *thunk == address)?;
    Some(*target)
}

/// The same exports with thunks in front of the functions; data are left as they are.
#[must_use]
pub fn before(exports: &[Export]) -> Vec<Export> {
    let mut exports = exports.to_vec();
    let mut functions: Vec<&mut Export> = exports
        .iter_mut()
        .filter(|export| !nt_image::is_datum(export.name))
        .collect();
    let targets = functions.iter().map(|export| {
        let name = format!("{}!{}", export.module, export.name);
        (name, export.address)
    });
    let thunks = record_calls(targets.collect());
    for (export, thunk) in functions.iter_mut().zip(thunks) {
        let target = std::mem::replace(&mut export.address, thunk);
        TARGETS
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push((thunk, target));
    }
    exports
}

/// The addresses of thunks that record calls of these functions, each with its name. Without stacks,
/// the functions' own, but for those that raise exceptions if there are handlers; all if memory is short.
#[must_use]
pub fn record_calls(targets: Vec<(String, usize)>) -> Vec<usize> {
    let mut addresses: Vec<usize> = targets.iter().map(|(_, address)| *address).collect();
    let has_handlers = HAS_HANDLERS.load(Ordering::Relaxed);
    let is_raising: Vec<bool> = targets
        .iter()
        .map(|(name, _)| has_handlers && export_call::can_raise(name))
        .collect();
    let first = export_call::add_names(targets.into_iter().map(|(name, _)| name));
    let mut code = Vec::new();
    let mut places = Vec::new();
    for ((index, address), is_raising) in addresses.iter().enumerate().zip(is_raising) {
        // An exception begins with what the thunk has recorded, also without stacks.
        if is_raising || stack::keeping() {
            places.push((index, code.len()));
            code.extend(thunk(first + index, *address, is_raising));
        }
    }
    if let Some(start) = make_executable(&code) {
        for (index, place) in places {
            addresses[index] = start + place;
        }
    }
    addresses
}

/// The code of one thunk.
fn thunk(number: usize, address: usize, is_raising: bool) -> Vec<u8> {
    const BREAKPOINT: u8 = 0xCC;
    let size = if is_raising { RAISING_SIZE } else { THUNK_SIZE };
    let mut code = Vec::with_capacity(size);
    if is_raising {
        keep_registers(&mut code);
    }
    for (member, instruction) in STORES {
        code.extend(instruction);
        code.extend((RECORD + member).to_le_bytes());
    }
    code.extend(NUMBER.1);
    code.extend((RECORD + NUMBER.0).to_le_bytes());
    code.extend(u32::try_from(number).unwrap_or_default().to_le_bytes());
    code.extend(JUMP);
    code.extend((address as u64).to_le_bytes());
    assert!(code.len() <= size, "a thunk has room for its code");
    code.resize(size, BREAKPOINT);
    code
}

/// Stores the registers that a function must keep.
fn keep_registers(code: &mut Vec<u8>) {
    for (place, instruction) in (KEPT..).step_by(8).zip(KEEPS) {
        code.extend(instruction);
        code.extend(place.to_le_bytes());
    }
    // `movaps gs:[offset], register` for xmm6 to xmm15, the latter eight with a prefix for their number.
    for (place, register) in (KEPT + 64..).step_by(16).zip(6_u8..16) {
        code.push(0x65);
        if register >= 8 {
            code.push(0x44);
        }
        code.extend([0x0F, 0x29, 0x04 | (register & 7) << 3, 0x25]);
        code.extend(place.to_le_bytes());
    }
}

/// A mapping with this code, between two pages without access, so that it is never one range with other
/// code. It is never unmapped: the driver has its addresses.
fn make_executable(code: &[u8]) -> Option<usize> {
    let size = NonZeroUsize::new(code.len().checked_next_multiple_of(PAGE_SIZE)?)?;
    let whole = size.checked_add(2 * PAGE_SIZE)?;
    // SAFETY: a new private mapping, at a place of the system's choice.
    let whole =
        unsafe { mmap_anonymous(None, whole, ProtFlags::PROT_NONE, MapFlags::MAP_PRIVATE) }.ok()?;
    // SAFETY: the mapping has the page before as well.
    let mapping = unsafe { whole.byte_add(PAGE_SIZE) };
    let writable = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: all but the first and the last page of the mapping made above.
    unsafe { mprotect(mapping, size.get(), writable) }.ok()?;
    // SAFETY: the mapping has as many writable bytes.
    unsafe { std::ptr::copy_nonoverlapping(code.as_ptr(), mapping.cast().as_ptr(), code.len()) };
    let executable = ProtFlags::PROT_READ | ProtFlags::PROT_EXEC;
    // SAFETY: the same pages, which nothing writes any more.
    unsafe { mprotect(mapping, size.get(), executable) }.ok()?;
    Some(mapping.addr().get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processor_block::{self, prepare_thread};

    extern "win64" fn add(first: u64, second: u64) -> u64 {
        first + second
    }

    #[test]
    fn a_thunk_records_the_call_and_calls_the_function() {
        prepare_thread();
        let targets = vec![("test!Add".to_owned(), add as *const () as usize)];
        let thunk = record_calls(targets)[0];
        let thunk = std::ptr::with_exposed_provenance::<()>(thunk);
        // SAFETY: a thunk is called as its function is.
        let thunk =
            unsafe { std::mem::transmute::<*const (), extern "win64" fn(u64, u64) -> u64>(thunk) };
        assert_eq!(thunk(40, 2), 42);
        let call = processor_block::replace_call(ExportCall::default());
        let text = call.to_string();
        assert!(text.starts_with("test!Add (rcx 0x28, rdx 0x2,"), "{text}");
        let here = stack::pointer();
        assert!(stack::thread_stack().contains(&call.slot), "{call:?}");
        assert!(!call.runs_at(here), "the call has returned");
        assert_eq!(processor_block::last_call(), ExportCall::default());
    }
}
