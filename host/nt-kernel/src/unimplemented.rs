//! Stubs for what this host does not implement: calling one stops the machine with its name.
//!
//! An image is loaded although something that it imports is missing, since it may never call it.
//! The stubs are a table of code, written once and then made executable: memory that is writable is
//! never executable.

use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::{LazyLock, Mutex, PoisonError};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect};

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};

/// How many different functions can be missing.
const STUBS: usize = 4096;
/// Length of one stub, in bytes.
const STUB_SIZE: usize = 16;
/// Where the code that all stubs share begins.
const SHARED_CODE: usize = STUBS * STUB_SIZE;
/// Bytes of the whole table: the stubs and a page for what they share.
const TABLE_SIZE: NonZeroUsize = NonZeroUsize::new(SHARED_CODE + 4096).unwrap();

/// The host's own first parameter for a call of something that it does not implement; no cause of
/// Driver Verifier has this number.
const NOT_IMPLEMENTED: u64 = 0x4E_4F54;

/// Bytes of address space for each missing datum.
const RESERVED_SIZE: usize = 4096;

static DATA_NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static RESERVED: LazyLock<usize> = LazyLock::new(reserve_addresses);
static TABLE: LazyLock<usize> = LazyLock::new(build_table);
static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The address of a function that stops the machine with `name`, such as `ntoskrnl.exe!KeFoo`. The
/// same name gives the same address.
///
/// # Panics
///
/// After 4096 different names.
#[must_use]
pub fn function(name: String) -> usize {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let stub = names
        .iter()
        .position(|known| *known == name)
        .unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
    assert!(stub < STUBS, "more than {STUBS} functions are missing");
    *TABLE + stub * STUB_SIZE
}

/// The name with which the stub at `address` stops, if there is one.
#[must_use]
pub fn name_of(address: usize) -> Option<String> {
    let stub = address.checked_sub(*TABLE)? / STUB_SIZE;
    let names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    names.get(stub).cloned()
}

/// An address without memory, for data called `name` that this host does not have: touching it
/// faults, and [`name_of_data`] knows it. The same name gives the same address.
///
/// # Panics
///
/// After 4096 different names.
#[must_use]
pub fn data(name: String) -> usize {
    let mut names = DATA_NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let number = names
        .iter()
        .position(|known| *known == name)
        .unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
    assert!(number < STUBS, "more than {STUBS} data are missing");
    *RESERVED + number * RESERVED_SIZE
}

/// The name of the missing datum that should have been at `address`. Does not wait for a lock.
#[must_use]
pub fn name_of_data(address: usize) -> Option<String> {
    let names = DATA_NAMES
        .try_lock()
        .ok()
        .filter(|names| !names.is_empty())?;
    let number = address.checked_sub(*RESERVED)? / RESERVED_SIZE;
    names.get(number).cloned()
}

/// What every stub calls.
extern "win64" fn on_call(stub: usize) -> ! {
    let names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let name = names.get(stub).cloned().unwrap_or_default();
    drop(names);
    stop(&name)
}

/// Stops the machine because it lacks what `name` says.
pub fn stop(name: &str) -> ! {
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [NOT_IMPLEMENTED, 0, 0, 0],
        rule: format!("{name} is not implemented by this host"),
    })
}

/// Reserves addresses where there is no memory.
fn reserve_addresses() -> usize {
    let size = NonZeroUsize::new(STUBS * RESERVED_SIZE).expect("not zero");
    let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_NORESERVE;
    // SAFETY: a new private mapping, at a place of the system's choice.
    let reserved = unsafe { mmap_anonymous(None, size, ProtFlags::PROT_NONE, flags) };
    reserved.expect("16 MiB of addresses").addr().get()
}

fn build_table() -> usize {
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new private mapping, at a place of the system's choice.
    let table = unsafe { mmap_anonymous(None, TABLE_SIZE, protection, MapFlags::MAP_PRIVATE) }
        .expect("64 KiB of memory");
    let code = code();
    // SAFETY: the mapping has `TABLE_SIZE` writable bytes, no less than the code.
    unsafe { std::ptr::copy_nonoverlapping(code.as_ptr(), table.cast().as_ptr(), code.len()) };
    make_executable(table);
    table.addr().get()
}

fn make_executable(table: NonNull<core::ffi::c_void>) {
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_EXEC;
    // SAFETY: the whole of the mapping made above, which nothing writes any more.
    unsafe { mprotect(table, TABLE_SIZE.get(), protection) }.expect("an executable mapping");
}

/// The table's machine code: each stub loads its number and jumps to the shared code, which jumps to
/// [`on_call`]. No stub touches the stack, so it looks to that function as if it had been
/// called directly.
fn code() -> Vec<u8> {
    const MOV_ECX: u8 = 0xB9;
    const JMP: u8 = 0xE9;
    const MOV_RAX: [u8; 2] = [0x48, 0xB8];
    const JMP_RAX: [u8; 2] = [0xFF, 0xE0];
    const BREAKPOINT: u8 = 0xCC;
    let mut code = Vec::with_capacity(TABLE_SIZE.get());
    for stub in 0..STUBS {
        let start = stub * STUB_SIZE;
        code.push(MOV_ECX);
        code.extend(u32::try_from(stub).expect("small").to_le_bytes());
        code.push(JMP);
        let distance = SHARED_CODE - (start + 10);
        code.extend(u32::try_from(distance).expect("small").to_le_bytes());
        code.resize(start + STUB_SIZE, BREAKPOINT);
    }
    code.extend(MOV_RAX);
    code.extend((on_call as *const () as usize).to_le_bytes());
    code.extend(JMP_RAX);
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    #[test]
    fn a_name_has_one_address_and_an_address_its_name() {
        let first = function("ntoskrnl.exe!First".to_owned());
        let second = function("ntoskrnl.exe!Second".to_owned());
        assert_ne!(first, second);
        assert_eq!(first, function("ntoskrnl.exe!First".to_owned()));
        assert_eq!(name_of(second).as_deref(), Some("ntoskrnl.exe!Second"));
    }

    #[test]
    fn calling_it_stops_with_its_name() {
        let report = expect_stop!(|| {
            let _ = function("ntoskrnl.exe!Other".to_owned());
            let address = function("ntoskrnl.exe!KeFoo".to_owned());
            // SAFETY: a stub is code of the x64 calling convention that takes nothing.
            let function: extern "win64" fn() = unsafe { std::mem::transmute(address) };
            function();
        });
        let words = "ntoskrnl.exe!KeFoo is not implemented by this host";
        assert!(report.contains(words), "{report}");
    }
}
