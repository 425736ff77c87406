//! The processor block of each thread, to which its gs register points.
//!
//! Code of a driver reads the block inline, as `KeGetCurrentThread` does. Nothing is mapped where
//! its members lie: a read faults, and `emulation` answers those that this host has. Right below lies
//! what the thunks of exports write, see `export_thunk`.

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;

use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use crate::export_call::{ExportCall, KeptRegisters};

/// Bytes in front of the block that are mapped: a page.
const MAPPED_SIZE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
/// Bytes of the block, of which none is mapped.
pub(crate) const BLOCK_SIZE: usize = 0x1_0000;
/// The whole of it.
const SIZE: NonZeroUsize = MAPPED_SIZE.checked_add(BLOCK_SIZE).unwrap();
/// `ARCH_SET_GS` of `arch_prctl`.
const SET_GS: libc::c_int = 0x1001;

/// Room for the record of a call, right in front of the block.
pub(crate) const RECORD_SIZE: usize = 64;
const _: () = assert!(size_of::<ExportCall>() <= RECORD_SIZE);
/// Room for the registers that a call keeps, in front of that.
pub(crate) const KEPT_SIZE: usize = 256;
const _: () = assert!(size_of::<KeptRegisters>() <= KEPT_SIZE);

/// The addresses of one thread's block.
struct Block {
    start: usize,
}

thread_local! {
    /// The start of the block; 0 before the thread has one.
    static BLOCK: Cell<usize> = const { Cell::new(0) };
    static OWNER: RefCell<Option<Block>> = const { RefCell::new(None) };
}

/// Gives this thread a block, if it has none. Called before the thread enters the driver: a new
/// thread has the gs register of the thread that made it.
#[inline]
pub(crate) fn prepare_thread() {
    if BLOCK.get() != 0 {
        return;
    }
    let Some(block) = Block::new() else {
        return;
    };
    BLOCK.set(block.start);
    OWNER.set(Some(block));
}

/// Gives this thread a block if a thunk has written to `address` because it has none: gs is 0. Called by
/// the fault handler, between two instructions of a thunk.
pub(crate) fn prepare_for(address: usize) -> bool {
    let is_record = address > usize::MAX - RECORD_SIZE - KEPT_SIZE;
    if is_record {
        prepare_thread();
    }
    is_record && BLOCK.get() != 0
}

/// The export that this thread called last, and replaces the record of it.
pub(crate) fn replace_call(call: ExportCall) -> ExportCall {
    record().map_or_else(ExportCall::default, |record| {
        // SAFETY: the record is this thread's own, and only its thunks write there.
        unsafe { record.replace(call) }
    })
}

/// The export that this thread called last.
pub(crate) fn last_call() -> ExportCall {
    record().map_or_else(ExportCall::default, |record| {
        // SAFETY: as above.
        unsafe { record.read_volatile() }
    })
}

/// The call of an export that the code at stack pointer `pointer` runs in.
pub(crate) fn call_at(pointer: usize) -> Option<ExportCall> {
    Some(last_call()).filter(|call| call.runs_at(pointer))
}

/// The call that the code at stack pointer `pointer` runs in, if an exception can come out of it, and the
/// registers that the call keeps.
pub(crate) fn raising_call_at(pointer: usize) -> Option<(ExportCall, KeptRegisters)> {
    let call = call_at(pointer).filter(ExportCall::is_raising)?;
    let kept = start()? - RECORD_SIZE - KEPT_SIZE;
    let kept = std::ptr::with_exposed_provenance::<KeptRegisters>(kept);
    // SAFETY: this thread's own place for them, which the thunk of the call has filled.
    Some((call, unsafe { kept.read_volatile() }))
}

/// Where this thread's block begins; `None` if it has none.
pub(crate) fn start() -> Option<usize> {
    Some(BLOCK.get()).filter(|start| *start != 0)
}

fn record() -> Option<*mut ExportCall> {
    let address = start()? - RECORD_SIZE;
    Some(std::ptr::with_exposed_provenance_mut(address))
}

impl Block {
    fn new() -> Option<Self> {
        // SAFETY: a new private mapping, at a place of the system's choice.
        let whole = unsafe {
            mmap_anonymous(
                None,
                SIZE,
                ProtFlags::PROT_NONE,
                MapFlags::MAP_PRIVATE | MapFlags::MAP_NORESERVE,
            )
        }
        .ok()?;
        let writable = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: the first page of the mapping made above.
        unsafe { nix::sys::mman::mprotect(whole, MAPPED_SIZE.get(), writable) }.ok()?;
        let start = whole.expose_provenance().get() + MAPPED_SIZE.get();
        let block = Self { start };
        set_gs(start);
        Some(block)
    }
}

fn set_gs(base: usize) {
    // SAFETY: changes the gs register of this thread, which no code of Linux uses.
    unsafe { libc::syscall(libc::SYS_arch_prctl, SET_GS, base) };
}

impl Drop for Block {
    fn drop(&mut self) {
        BLOCK.set(0);
        set_gs(0);
        let whole = std::ptr::with_exposed_provenance_mut(self.start - MAPPED_SIZE.get());
        if let Some(whole) = std::ptr::NonNull::new(whole) {
            // SAFETY: the whole mapping of this block, to which gs no longer points.
            let _ = unsafe { munmap(whole, SIZE.get()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_a_block_of_its_own() {
        let prepare = || {
            prepare_thread();
            let first = start();
            prepare_thread();
            assert_eq!(start(), first);
            first
        };
        let here = prepare();
        let there = std::thread::spawn(prepare).join().unwrap();
        assert!(here.is_some() && there.is_some() && here != there);
    }
}
