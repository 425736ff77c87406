//! What the framework asks of the owner of requests when their device loses its power.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::handle::{WdfQueue, WdfRequest};
use crate::object::Ref;
use crate::queue::{self, QueueBody, QueueConfig};
use crate::test_driver::{
    ANY_CODE, Globals, Log, PARALLEL, TestDriver, complete, control, lines, note, queue_config, wdf,
};

#[test]
fn the_driver_answers_for_each_request_that_it_owns() {
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    static LOG: Log = Mutex::new(Vec::new());
    fn globals() -> Globals {
        core::ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst))
    }
    extern "win64" fn keep(_queue: WdfQueue, _request: WdfRequest) {
        note(&LOG, "kept");
    }
    extern "win64" fn stop(_queue: WdfQueue, request: WdfRequest, flags: u32) {
        note(&LOG, format!("stop {flags}"));
        if flags == 1 {
            wdf!(globals(), 284, request => WdfRequest, 0 => u8; ());
        } else {
            complete(globals(), request, NtStatus::CANCELLED, 0);
        }
    }
    extern "win64" fn resume(_queue: WdfQueue, _request: WdfRequest) {
        note(&LOG, "resume");
    }
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    let (_, handle) = driver.device(&QueueConfig {
        default: Some(keep),
        stop: Some(stop),
        resume: Some(resume),
        ..queue_config(PARALLEL)
    });
    let queue = Ref::<QueueBody>::new(crate::object::handle_table::find(handle.0).unwrap());
    let file = driver.open().unwrap();
    let first = control(&file, ANY_CODE, &[], 0);
    queue::power_down(&queue);
    let second = control(&file, ANY_CODE, &[], 0);
    assert_eq!(lines(&LOG), ["kept", "stop 1"]);
    queue::power_up(&queue);
    // What the driver has comes first, then what has waited.
    assert_eq!(lines(&LOG), ["kept", "stop 1", "resume", "kept"]);
    queue::power_down(&queue);
    queue::purge_for_removal(&queue);
    assert_eq!(first.answer().status, NtStatus::CANCELLED);
    assert_eq!(second.answer().status, NtStatus::CANCELLED);
    assert_eq!(lines(&LOG)[4..], ["stop 1", "stop 1", "stop 2", "stop 2"]);
    nt_io::close(file);
    drop(queue);
    driver.unload();
}
