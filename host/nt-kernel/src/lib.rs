//! A Windows kernel for one driver, on Linux: what ntoskrnl.exe exports, with its rules.
//!
//! `crt`, `dbg`, `ex`, `ke`, `mm`, `ob`, `ps` and `rtl` hold the exports of one prefix each; the other modules
//! are the state and the checks that the exports share. A broken rule stops the machine
//! ([`bugcheck`]).

#![cfg(target_os = "linux")]

pub mod active_objects;
pub mod activity;
pub mod address_map;
pub mod bugcheck;
pub mod callback_guard;
mod callback_stack;
pub mod clock;
pub mod console;
pub mod critical_regions;
mod crt;
mod dbg;
pub mod deferred_calls;
pub mod driver_image;
mod emulation;
mod etw;
pub mod event;
mod ex;
mod exception;
#[cfg(test)]
mod export_by_name;
pub mod export_call;
pub mod export_thunk;
pub mod exports;
pub mod fault;
pub mod fault_handler;
pub mod files;
pub mod irql;
mod ke;
mod level;
mod level_rules;
pub mod locks;
pub mod mdl;
mod mm;
pub mod ob;
pub mod on_windows;
pub mod paging;
pub mod pause_point;
pub mod poison;
pub mod pool;
pub mod pool_tracking;
pub mod process;
pub mod process_object;
mod processor_block;
mod ps;
pub mod registry;
pub mod resource_tracker;
mod rtl;
mod rtl_ansi;
mod rtl_bitmap;
mod rtl_case;
mod rtl_guid;
mod rtl_integer;
mod rtl_time;
#[cfg(test)]
mod rules;
mod saved_registers;
pub mod security;
pub mod spin_lock;
pub mod stack;
mod stack_api;
mod system_data;
mod system_threads;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod thread;
mod thread_exit;
pub mod timer_queue;
pub mod unicode;
pub mod unimplemented;
pub mod unload;
pub mod user_memory;
pub mod verification;
mod version;
pub mod watchdog;
mod wmi_trace;

use std::sync::atomic::{AtomicU64, Ordering};

use exports::Export;

static WARNINGS: AtomicU64 = AtomicU64::new(0);

/// Prints a warning: Windows would tolerate this, but it is a mistake of the driver. Any IRQL.
pub fn warning(text: impl AsRef<str>) {
    WARNINGS.fetch_add(1, Ordering::Relaxed);
    console::write_line(&format!("warning: {}", text.as_ref()));
}

/// The number of warnings so far.
#[must_use]
pub fn warnings() -> u64 {
    WARNINGS.load(Ordering::Relaxed)
}

/// How many bytes the driver has copied by calls of `memcpy`, `memmove`, `RtlCopyMemory` and
/// `RtlMoveMemory`.
#[must_use]
pub fn copied_bytes() -> u64 {
    rtl::copied_bytes()
}

/// All exports of this host's ntoskrnl.
#[must_use]
pub fn exports() -> Vec<Export> {
    [
        crt::exports(),
        dbg::exports(),
        etw::exports(),
        ex::exports(),
        exception::exports(),
        files::exports(),
        ke::exports(),
        mdl::exports(),
        mm::exports(),
        ob::exports(),
        ps::exports(),
        registry::exports(),
        rtl::exports(),
        rtl_ansi::exports(),
        rtl_bitmap::exports(),
        rtl_case::exports(),
        rtl_guid::exports(),
        rtl_integer::exports(),
        rtl_time::exports(),
        security::exports(),
        stack_api::exports(),
        system_data::exports(),
        version::exports(),
        wmi_trace::exports(),
    ]
    .concat()
}
