//! The caller changes its mind, or closes its file, or dies.

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::device_init::{FileConfig, InitHandle};
use crate::handle::{Handle, WdfFileObject, WdfObject, WdfQueue, WdfRequest};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::queue::QueueConfig;
use crate::request::RequestParameters;
use crate::status;
use crate::test_driver::{
    ANY_CODE, Globals, Log, MANUAL, PARALLEL, TestDriver, attributes, complete, control, lines,
    note, queue_config, wdf,
};

type Routine = Option<extern "win64" fn(WdfRequest)>;

#[test]
fn a_queued_request_is_cancelled_without_the_driver() {
    let driver = TestDriver::new();
    driver.device(&queue_config(MANUAL));
    let file = driver.open().unwrap();
    let sent = control(&file, ANY_CODE, &[], 0);
    assert!(sent.cancel());
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    assert!(!sent.cancel());
    nt_io::close(file);
    driver.unload();
}

#[test]
fn what_the_driver_owns_is_only_flagged_until_it_is_marked() {
    static OWNED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    static GLOBALS: Mutex<usize> = Mutex::new(0);
    extern "win64" fn keep(_queue: WdfQueue, request: WdfRequest) {
        OWNED.lock().push(request.0);
    }
    extern "win64" fn cancel(request: WdfRequest) {
        let globals = core::ptr::with_exposed_provenance_mut(*GLOBALS.lock());
        complete(globals, request, NtStatus::CANCELLED, 0);
    }
    let driver = TestDriver::new();
    *GLOBALS.lock() = driver.globals.expose_provenance();
    driver.device(&QueueConfig {
        default: Some(keep),
        ..queue_config(PARALLEL)
    });
    let file = driver.open().unwrap();
    let mark = |request: WdfRequest| wdf!(driver.globals, 393, request => WdfRequest, Some(cancel) => Routine; NtStatus);
    let unmark = |request: WdfRequest| wdf!(driver.globals, 256, request => WdfRequest; NtStatus);

    let flagged = control(&file, ANY_CODE, &[], 0);
    assert!(flagged.cancel());
    assert!(flagged.is_pending());
    let request = Handle::new(OWNED.lock()[0]);
    assert_eq!(wdf!(driver.globals, 257, request => WdfRequest; u8), 1);
    assert_eq!(mark(request), NtStatus::CANCELLED);
    complete(driver.globals, request, NtStatus::SUCCESS, 0);

    let marked = control(&file, ANY_CODE, &[], 0);
    let request = Handle::new(OWNED.lock()[1]);
    assert_eq!(mark(request), NtStatus::SUCCESS);
    assert_eq!(unmark(request), NtStatus::SUCCESS);
    assert_eq!(mark(request), NtStatus::SUCCESS);
    assert!(marked.cancel());
    assert_eq!(marked.answer().status, NtStatus::CANCELLED);
    nt_io::close(file);
    driver.unload();
}

fn file_config(
    cleanup: extern "win64" fn(WdfFileObject),
    close: extern "win64" fn(WdfFileObject),
) -> FileConfig {
    FileConfig {
        size: 40,
        create: None,
        close: Some(close),
        cleanup: Some(cleanup),
        auto_forward: 2,
        class: 4,
    }
}

fn waiting(globals: Globals, queue: WdfQueue) -> u32 {
    let mut queued = 9;
    wdf!(globals, 153, queue => WdfQueue, Out::from(&mut queued) => Out<u32>,
        Out::NULL => Out<u32>; i32);
    queued
}

#[test]
fn parked_requests_stay_at_cleanup_and_are_gone_at_close() {
    static LOG: Log = Mutex::new(Vec::new());
    static QUEUE: Mutex<(usize, usize)> = Mutex::new((0, 0));
    fn look(event: &str) {
        let (globals, queue) = *QUEUE.lock();
        let globals = core::ptr::with_exposed_provenance_mut(globals);
        note(
            &LOG,
            format!("{event}: {}", waiting(globals, Handle::new(queue))),
        );
    }
    extern "win64" fn cleanup(file: WdfFileObject) {
        assert_ne!(file.0, 0);
        look("cleanup");
    }
    extern "win64" fn close(_file: WdfFileObject) {
        look("close");
    }
    extern "win64" fn file_gone(_file: usize) {
        note(&LOG, "file object cleaned up");
    }
    let driver = TestDriver::new();
    let init = driver.init();
    let gone = ObjectAttributes {
        cleanup: Some(file_gone),
        ..attributes()
    };
    wdf!(driver.globals, 71, init => InitHandle,
        In::from(&file_config(cleanup, close)) => In<FileConfig>,
        In::from(&gone) => In<ObjectAttributes>; ());
    let device = driver.device_from(init, &attributes()).unwrap();
    let config = QueueConfig {
        default_queue: 1,
        ..queue_config(MANUAL)
    };
    let queue = driver.queue(device, &config, &attributes()).unwrap();
    driver.finish(device);
    *QUEUE.lock() = (driver.globals.expose_provenance(), queue.0);
    let (file, other) = (driver.open().unwrap(), driver.open().unwrap());
    let sent = control(&file, ANY_CODE, &[], 0);
    let others = control(&other, ANY_CODE, &[], 0);
    nt_io::close(file);
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    assert!(others.is_pending());
    assert_eq!(
        lines(&LOG),
        ["cleanup: 2", "close: 1", "file object cleaned up"]
    );
    nt_io::close(other);
    assert_eq!(others.answer().status, NtStatus::CANCELLED);
    driver.unload();
}

#[test]
fn a_found_request_can_be_gone_before_it_is_retrieved() {
    let driver = TestDriver::new();
    let (_, queue) = driver.device(&queue_config(MANUAL));
    let file = driver.open().unwrap();
    let sent = control(&file, ANY_CODE, &[], 0);
    let find = |after: WdfObject| {
        let mut found = WdfObject::NULL;
        let status = wdf!(driver.globals, 160, queue => WdfQueue, after => WdfObject,
            Handle::NULL => WdfFileObject, Out::NULL => Out<RequestParameters>,
            Out::from(&mut found) => Out<WdfObject>; NtStatus);
        status.into_result().map(|()| found)
    };
    let retrieve = |found: WdfObject| {
        let mut request = WdfRequest::NULL;
        wdf!(driver.globals, 161, queue => WdfQueue, found => WdfObject,
            Out::from(&mut request) => Out<WdfRequest>; NtStatus)
    };
    let found = find(Handle::NULL).unwrap();
    assert_eq!(
        find(found).map(|found| found.0),
        Err(status::NO_MORE_ENTRIES)
    );
    assert!(sent.cancel());
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    assert_eq!(find(found).map(|found| found.0), Err(NtStatus::NOT_FOUND));
    assert_eq!(retrieve(found), NtStatus::NOT_FOUND);
    wdf!(driver.globals, 206, found => WdfObject, 0 => usize, 0 => i32, 0 => usize; ());
    nt_io::close(file);
    driver.unload();
}

#[test]
fn a_forwarded_request_goes_to_the_callback_for_cancelled_ones() {
    static GLOBALS: Mutex<usize> = Mutex::new(0);
    static PARKING: Mutex<usize> = Mutex::new(0);
    extern "win64" fn park(_queue: WdfQueue, request: WdfRequest) {
        let globals: Globals = core::ptr::with_exposed_provenance_mut(*GLOBALS.lock());
        let parking = Handle::new(*PARKING.lock());
        let status = wdf!(globals, 281, request => WdfRequest,
            parking => WdfQueue; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
    }
    extern "win64" fn cancelled(_queue: WdfQueue, request: WdfRequest) {
        let globals: Globals = core::ptr::with_exposed_provenance_mut(*GLOBALS.lock());
        complete(globals, request, NtStatus::HOST_UNREACHABLE, 0);
    }
    let driver = TestDriver::new();
    *GLOBALS.lock() = driver.globals.expose_provenance();
    let (device, _) = driver.device(&QueueConfig {
        default: Some(park),
        ..queue_config(PARALLEL)
    });
    let parking = QueueConfig {
        canceled_on_queue: Some(cancelled),
        ..queue_config(MANUAL)
    };
    let parking = driver.queue(device, &parking, &attributes()).unwrap();
    *PARKING.lock() = parking.0;
    let file = driver.open().unwrap();
    let sent = control(&file, ANY_CODE, &[], 0);
    assert_eq!(waiting(driver.globals, parking), 1);
    assert!(sent.cancel());
    assert_eq!(sent.answer().status, NtStatus::HOST_UNREACHABLE);
    nt_io::close(file);
    driver.unload();
}
