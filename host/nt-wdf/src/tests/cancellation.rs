//! The caller changes its mind, or closes its file, or dies.

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::super::attributes::ObjectAttributes;
use super::super::device_init::InitHandle;
use super::super::file::{File, FileConfig};
use super::super::handle::{Any, Handle};
use super::super::pointer::{In, Out};
use super::super::queue::{Queue, QueueConfig};
use super::super::request::{Parameters, Request};
use super::super::status;
use super::super::test_driver::{
    ANY_CODE, Globals, Log, MANUAL, PARALLEL, TestDriver, attributes, complete, control, lines,
    note, queue_config, wdf,
};
use crate::io;

type Routine = Option<extern "win64" fn(Handle<Request>)>;

#[test]
fn a_queued_request_is_cancelled_without_the_driver() {
    let driver = TestDriver::new();
    driver.device(&queue_config(MANUAL));
    let file = driver.open().unwrap();
    let sent = control(&file, ANY_CODE, &[], 0);
    assert!(sent.cancel());
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    assert!(!sent.cancel());
    io::close(file);
    driver.unload();
}

#[test]
fn what_the_driver_owns_is_only_flagged_until_it_is_marked() {
    static OWNED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    static GLOBALS: Mutex<usize> = Mutex::new(0);
    extern "win64" fn keep(_queue: Handle<Queue>, request: Handle<Request>) {
        OWNED.lock().push(request.0);
    }
    extern "win64" fn cancel(request: Handle<Request>) {
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
    let mark = |request: Handle<Request>| wdf!(driver.globals, 393, request => Handle<Request>, Some(cancel) => Routine; NtStatus);
    let unmark =
        |request: Handle<Request>| wdf!(driver.globals, 256, request => Handle<Request>; NtStatus);

    let flagged = control(&file, ANY_CODE, &[], 0);
    assert!(flagged.cancel());
    assert!(flagged.is_pending());
    let request = Handle::new(OWNED.lock()[0]);
    assert_eq!(wdf!(driver.globals, 257, request => Handle<Request>; u8), 1);
    assert_eq!(mark(request), NtStatus::CANCELLED);
    complete(driver.globals, request, NtStatus::SUCCESS, 0);

    let marked = control(&file, ANY_CODE, &[], 0);
    let request = Handle::new(OWNED.lock()[1]);
    assert_eq!(mark(request), NtStatus::SUCCESS);
    assert_eq!(unmark(request), NtStatus::SUCCESS);
    assert_eq!(mark(request), NtStatus::SUCCESS);
    assert!(marked.cancel());
    assert_eq!(marked.answer().status, NtStatus::CANCELLED);
    io::close(file);
    driver.unload();
}

fn file_config(
    cleanup: extern "win64" fn(Handle<File>),
    close: extern "win64" fn(Handle<File>),
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

fn waiting(globals: Globals, queue: Handle<Queue>) -> u32 {
    let mut queued = 9;
    wdf!(globals, 153, queue => Handle<Queue>, Out::from(&mut queued) => Out<u32>,
        Out::NULL => Out<u32>; i32);
    queued
}

#[test]
fn at_cleanup_the_parked_requests_are_still_there_and_at_close_they_are_gone() {
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
    extern "win64" fn cleanup(file: Handle<File>) {
        assert_ne!(file.0, 0);
        look("cleanup");
    }
    extern "win64" fn close(_file: Handle<File>) {
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
    io::close(file);
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    assert!(others.is_pending());
    assert_eq!(
        lines(&LOG),
        ["cleanup: 2", "close: 1", "file object cleaned up"]
    );
    io::close(other);
    assert_eq!(others.answer().status, NtStatus::CANCELLED);
    driver.unload();
}

#[test]
fn a_found_request_can_be_gone_before_it_is_retrieved() {
    let driver = TestDriver::new();
    let (_, queue) = driver.device(&queue_config(MANUAL));
    let file = driver.open().unwrap();
    let sent = control(&file, ANY_CODE, &[], 0);
    let find = |after: Handle<Any>| {
        let mut found = Handle::<Any>::NULL;
        let status = wdf!(driver.globals, 160, queue => Handle<Queue>, after => Handle<Any>,
            Handle::NULL => Handle<File>, Out::NULL => Out<Parameters>,
            Out::from(&mut found) => Out<Handle<Any>>; NtStatus);
        status.into_result().map(|()| found)
    };
    let retrieve = |found: Handle<Any>| {
        let mut request = Handle::<Request>::NULL;
        wdf!(driver.globals, 161, queue => Handle<Queue>, found => Handle<Any>,
            Out::from(&mut request) => Out<Handle<Request>>; NtStatus)
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
    wdf!(driver.globals, 206, found => Handle<Any>, 0 => usize, 0 => i32, 0 => usize; ());
    io::close(file);
    driver.unload();
}

#[test]
fn a_forwarded_request_goes_to_the_callback_for_cancelled_ones() {
    static GLOBALS: Mutex<usize> = Mutex::new(0);
    static PARKING: Mutex<usize> = Mutex::new(0);
    extern "win64" fn park(_queue: Handle<Queue>, request: Handle<Request>) {
        let globals: Globals = core::ptr::with_exposed_provenance_mut(*GLOBALS.lock());
        let parking = Handle::new(*PARKING.lock());
        let status = wdf!(globals, 281, request => Handle<Request>,
            parking => Handle<Queue>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
    }
    extern "win64" fn cancelled(_queue: Handle<Queue>, request: Handle<Request>) {
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
    io::close(file);
    driver.unload();
}
