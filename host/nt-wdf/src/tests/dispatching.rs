//! Requests that the framework delivers to another queue than the default one.

use std::sync::atomic::{AtomicPtr, Ordering};

use nt_io::Call;
use nt_types::status::NtStatus;

use crate::driver_binding::DriverGlobals;
use crate::handle::{WdfDevice, WdfQueue, WdfRequest};
use crate::queue::QueueConfig;
use crate::status;
use crate::test_driver::{PARALLEL, TestDriver, attributes, complete, queue_config, send, wdf};

/// `WdfRequestTypeCreate`, `WdfRequestTypeRead` and `WdfRequestTypeClose`.
const CREATE: i32 = 0;
const READ: i32 = 3;
const CLOSE: i32 = 2;

static GLOBALS: AtomicPtr<DriverGlobals> = AtomicPtr::new(std::ptr::null_mut());

extern "win64" fn by_default(_queue: WdfQueue, request: WdfRequest) {
    let globals = GLOBALS.load(Ordering::SeqCst);
    complete(globals, request, NtStatus::NOT_FOUND, 0);
}

extern "win64" fn by_reader(_queue: WdfQueue, request: WdfRequest, _length: usize) {
    let globals = GLOBALS.load(Ordering::SeqCst);
    complete(globals, request, NtStatus::SUCCESS, 0);
}

#[test]
fn reads_go_to_the_queue_that_was_configured_for_them() {
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals, Ordering::SeqCst);
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    let default = QueueConfig {
        default_queue: 1,
        default: Some(by_default),
        ..queue_config(PARALLEL)
    };
    let default = driver.queue(device, &default, &attributes()).unwrap();
    let config = QueueConfig {
        read: Some(by_reader),
        ..queue_config(PARALLEL)
    };
    let reader = driver.queue(device, &config, &attributes()).unwrap();
    let configure_queue = |queue: WdfQueue, kind: i32| {
        wdf!(driver.globals, 93, device => WdfDevice, queue => WdfQueue,
            kind => i32; NtStatus)
    };
    let configure = |kind: i32| configure_queue(reader, kind);
    // The default queue receives every type without a queue of its own, except for creates, so it
    // cannot be configured for one.
    assert_eq!(
        configure_queue(default, READ),
        NtStatus::INVALID_DEVICE_REQUEST
    );
    assert_eq!(configure(READ), NtStatus::SUCCESS);
    assert_eq!(configure(READ), status::WDF_BUSY);
    // Creates have no callback of their own.
    assert_eq!(configure(CREATE), NtStatus::INVALID_DEVICE_REQUEST);
    assert_eq!(configure(CLOSE), NtStatus::INVALID_PARAMETER);
    driver.finish(device);
    assert_eq!(configure(READ), NtStatus::INVALID_DEVICE_STATE);
    let file = driver.open().unwrap();
    let read = send(&file, Call::Read { length: 4 });
    let write = send(&file, Call::Write { data: vec![1] });
    assert_eq!(read.wait().status, NtStatus::SUCCESS);
    assert_eq!(write.wait().status, NtStatus::NOT_FOUND);
    nt_io::close(file);
    driver.unload();
}
