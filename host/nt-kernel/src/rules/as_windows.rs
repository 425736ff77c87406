//! With `--as-windows` the host stops where Windows does, with its code.

use super::assert_says;
use crate::export_by_name::{nt, storage};
use crate::testing::expect_stop;
use crate::thread::Thread;
use crate::{critical_regions, on_windows, watchdog};

#[test]
fn a_thread_that_ends_in_a_critical_region_stops_with_0x20() {
    extern "win64" fn end(_context: usize) {
        critical_regions::enter();
    }
    let report = expect_stop!(|| {
        on_windows::imitate();
        super::threads::run(end);
    });
    assert_says(&report, "0x00000020", "0x0", "critical regions");
}

#[test]
fn a_reference_too_many_stops_with_0x18() {
    let report = expect_stop!(|| {
        on_windows::imitate();
        let object = Thread::new().object();
        nt!(ObfDereferenceObject(object => usize) -> isize);
    });
    assert_says(&report, "0x00000018", "0x0", "without a reference");
}

#[test]
fn a_thread_that_waits_for_itself_waits_for_the_watchdog() {
    let report = expect_stop!(|| {
        on_windows::imitate();
        watchdog::set_timeout(1);
        let resource = storage(0x68);
        nt!(ExInitializeResourceLite(resource => usize) -> u32);
        critical_regions::enter();
        nt!(ExAcquireResourceSharedLite(resource => usize, 1 => u8) -> u8);
        nt!(ExAcquireResourceExclusiveLite(resource => usize, 1 => u8) -> u8);
    });
    let words = "the call has not returned: ExAcquireResourceExclusiveLite";
    assert_says(&report, "0x000000C4", "0x48414e", words);
}
