//! DPCs.

use std::sync::atomic::{AtomicBool, Ordering};

use super::assert_says;
use crate::export_by_name::{free, nt, storage};
use crate::irql::{self, Irql};
use crate::testing::expect_stop;
use crate::unload;

type Routine = extern "win64" fn(usize, usize, usize, usize);

extern "win64" fn ignore(_dpc: usize, _context: usize, _first: usize, _second: usize) {}

/// A DPC in a pool block, with this routine.
fn dpc(routine: Routine) -> usize {
    let dpc = storage(0x40);
    nt!(KeInitializeDpc(dpc => usize, routine => Routine, 0 => usize) -> ());
    dpc
}

fn insert(dpc: usize) {
    nt!(KeInsertQueueDpc(dpc => usize, 0 => usize, 0 => usize) -> u8);
}

/// Runs a DPC with this routine.
fn run(routine: Routine) {
    insert(dpc(routine));
    nt!(KeFlushQueuedDpcs() -> ());
}

/// Keeps both processors busy for ever.
fn occupy_processors() {
    static BUSY: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];
    extern "win64" fn spin(_dpc: usize, _context: usize, _first: usize, _second: usize) {
        let free = |busy: &AtomicBool| !busy.swap(true, Ordering::SeqCst);
        assert!(BUSY.iter().any(free));
        loop {
            std::thread::park();
        }
    }
    insert(dpc(spin));
    insert(dpc(spin));
    while !BUSY.iter().all(|busy| busy.load(Ordering::SeqCst)) {
        std::thread::yield_now();
    }
}

#[test]
fn memory_with_a_queued_dpc_is_freed() {
    let report = expect_stop!(|| {
        occupy_processors();
        let dpc = dpc(ignore);
        insert(dpc);
        free(dpc);
    });
    assert_says(&report, "0x000000C7", "0x1", "a KDPC that is queued");
}

#[test]
fn a_dpc_is_queued_at_unload() {
    let report = expect_stop!(|| {
        occupy_processors();
        insert(dpc(ignore));
        unload::require_nothing_active();
    });
    assert_says(&report, "0x000000C7", "0x1", "the driver was unloaded");
}

#[test]
fn a_dpc_routine_returns_at_another_level() {
    extern "win64" fn raise(_dpc: usize, _context: usize, _first: usize, _second: usize) {
        irql::raise(Irql(5));
    }
    let report = expect_stop!(|| run(raise));
    assert_says(&report, "0x000000C8", "0x50200", "returned at IRQL 5");
}

#[test]
fn a_dpc_routine_lowers_its_level() {
    extern "win64" fn lower(_dpc: usize, _context: usize, _first: usize, _second: usize) {
        nt!(KeLowerIrql(0 => u8) -> ());
    }
    let report = expect_stop!(|| run(lower));
    assert_says(&report, "0x000000C4", "0x31", "within a DPC routine");
}

#[test]
fn a_dpc_routine_waits() {
    extern "win64" fn wait(_dpc: usize, _context: usize, _first: usize, _second: usize) {
        let interval = -1i64;
        let interval = &raw const interval;
        nt!(KeDelayExecutionThread(0 => u8, 0 => u8, interval => *const i64) -> u32);
    }
    let report = expect_stop!(|| run(wait));
    assert_says(&report, "0x000000C4", "0x2000f", "KeDelayExecutionThread");
}

#[test]
fn a_dpc_routine_enters_a_critical_region_for_good() {
    extern "win64" fn enter(_dpc: usize, _context: usize, _first: usize, _second: usize) {
        crate::critical_regions::enter();
    }
    let report = expect_stop!(|| run(enter));
    assert_says(&report, "0x000000C7", "0x4", "critical regions");
}

#[test]
fn a_dpc_is_in_paged_memory() {
    let report = expect_stop!(|| {
        let block = crate::pool::allocate(false, 0x40, 1).expect("memory");
        let dpc = block.expose_provenance().get();
        nt!(KeInitializeDpc(dpc => usize, ignore => Routine, 0 => usize) -> ());
    });
    assert!(report.contains("STOP 0x0000000A"), "{report}");
    assert!(report.contains("KeInitializeDpc touches"), "{report}");
}

#[test]
fn a_dpc_is_queued_that_is_not_initialised() {
    let report = expect_stop!(|| insert(storage(0x40)));
    assert_says(
        &report,
        "0x000000C4",
        "0x444449",
        "KeInitializeDpc has not made",
    );
}

#[test]
fn queued_dpcs_are_flushed_at_dispatch() {
    let report = expect_stop!(|| {
        irql::raise(Irql::DISPATCH);
        nt!(KeFlushQueuedDpcs() -> ());
    });
    assert_says(&report, "0x000000C4", "0x444449", "KeFlushQueuedDpcs");
}
