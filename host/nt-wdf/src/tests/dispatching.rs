//! Requests that the framework delivers to another queue than the default one.

use std::sync::atomic::{AtomicPtr, Ordering};

use nt_io::Call;
use nt_types::status::NtStatus;

use crate::driver_binding::DriverGlobals;
use crate::handle::{WdfDevice, WdfIoTarget, WdfQueue, WdfRequest};
use crate::pointer::{In, Out};
use crate::queue::QueueConfig;
use crate::request_api::{MemoryDescriptor, SendOptions};
use crate::status;
use crate::test_driver::server::Client;
use crate::test_driver::{
    ANY_CODE, PARALLEL, TestDriver, attributes, complete, queue_config, send, wdf,
};

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

#[test]
fn a_request_between_drivers_needs_its_own_callback() {
    extern "win64" fn control(_: WdfQueue, _: WdfRequest, _: usize, _: usize, _: u32) {
        panic!("it is for requests of programs");
    }
    let driver = TestDriver::new();
    driver.device(&QueueConfig {
        device_control: Some(control),
        ..queue_config(PARALLEL)
    });
    let client = Client::unopened();
    assert_eq!(client.open(&driver.device_name()), NtStatus::SUCCESS);
    let refused = wdf!(client.globals(), 188, client.target => WdfIoTarget,
        WdfRequest::NULL => WdfRequest, ANY_CODE => u32, In::NULL => In<MemoryDescriptor>,
        In::NULL => In<MemoryDescriptor>, In::NULL => In<SendOptions>,
        Out::NULL => Out<usize>; NtStatus);
    assert_eq!(refused, NtStatus::INVALID_DEVICE_REQUEST);
    client.unload();
    driver.unload();
}
