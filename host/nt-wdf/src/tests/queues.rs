//! Order and measure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::io_targets::call;
use crate::handle::{Handle, WdfQueue, WdfRequest};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::queue::QueueConfig;
use crate::status;
use crate::test_driver::server::Client;
use crate::test_driver::{
    ANY_CODE, Log, MANUAL, PARALLEL, SEQUENTIAL, TestDriver, attributes, complete, control, lines,
    note, queue_config, wdf,
};

extern "win64" fn nothing(_queue: WdfQueue, _request: WdfRequest) {}

#[test]
fn wrong_configurations_have_their_statuses() {
    let driver = TestDriver::new();
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    let queue = |config: QueueConfig| driver.queue(device, &config, &attributes());
    let parallel = QueueConfig {
        default: Some(nothing),
        ..queue_config(PARALLEL)
    };
    let cases = [
        (
            QueueConfig {
                size: 88,
                ..parallel
            },
            status::INFO_LENGTH_MISMATCH,
        ),
        (
            QueueConfig {
                dispatch_type: 0,
                ..parallel
            },
            NtStatus::INVALID_PARAMETER,
        ),
        (
            QueueConfig {
                dispatch_type: 4,
                ..parallel
            },
            NtStatus::INVALID_PARAMETER,
        ),
        (
            QueueConfig {
                power_managed: 3,
                ..parallel
            },
            NtStatus::INVALID_PARAMETER,
        ),
        (
            QueueConfig {
                dispatch_type: MANUAL,
                ..parallel
            },
            NtStatus::INVALID_PARAMETER,
        ),
        (queue_config(PARALLEL), status::WDF_NO_CALLBACK),
    ];
    for (config, expected) in cases {
        assert_eq!(queue(config).map(|queue| queue.0), Err(expected));
    }
    let default = QueueConfig {
        default_queue: 1,
        ..parallel
    };
    assert!(queue(default).is_ok());
    assert_eq!(
        queue(default).map(|queue| queue.0),
        Err(NtStatus::UNSUCCESSFUL)
    );
    driver.unload();
}

#[test]
fn a_default_queue_comes_before_the_device_is_finished() {
    let driver = TestDriver::new();
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    driver.finish(device);
    let config = QueueConfig {
        default_queue: 1,
        default: Some(nothing),
        ..queue_config(PARALLEL)
    };
    let created = driver.queue(device, &config, &attributes());
    assert_eq!(
        created.map(|queue| queue.0),
        Err(NtStatus::INVALID_DEVICE_STATE)
    );
    driver.unload();
}

#[test]
fn a_sequential_queue_gives_one_request_at_a_time() {
    static OWNED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    extern "win64" fn keep(_queue: WdfQueue, request: WdfRequest) {
        OWNED.lock().push(request.0);
    }
    let driver = TestDriver::new();
    driver.device(&QueueConfig {
        default: Some(keep),
        ..queue_config(SEQUENTIAL)
    });
    let file = driver.open().unwrap();
    let first = control(&file, ANY_CODE, &[], 0);
    let second = control(&file, ANY_CODE, &[], 0);
    assert_eq!(OWNED.lock().len(), 1);
    let request = Handle::new(OWNED.lock()[0]);
    complete(driver.globals, request, NtStatus::SUCCESS, 0);
    assert_eq!(
        (first.answer().status, OWNED.lock().len()),
        (NtStatus::SUCCESS, 2)
    );
    let request = Handle::new(OWNED.lock()[1]);
    complete(driver.globals, request, NtStatus::SUCCESS, 0);
    assert_eq!(second.answer().status, NtStatus::SUCCESS);
    nt_io::close(file);
    driver.unload();
}

#[test]
fn a_parallel_queue_that_presents_none_delivers_none() {
    let driver = TestDriver::new();
    driver.device(&QueueConfig {
        default: Some(nothing),
        presented_requests: 0,
        ..queue_config(PARALLEL)
    });
    let file = driver.open().unwrap();
    let sent = control(&file, ANY_CODE, &[], 0);
    assert!(sent.is_pending());
    nt_io::close(file);
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    driver.unload();
}

#[test]
fn a_callback_of_a_parallel_queue_asks_its_own_device() {
    /// The callback sends another request to its own device, and waits.
    const OUTER: u32 = ANY_CODE + 4;
    static CLIENT: Mutex<Option<Arc<Client>>> = Mutex::new(None);
    extern "win64" fn serve(_: WdfQueue, request: WdfRequest, _: usize, _: usize, code: u32) {
        let client = CLIENT.lock().clone().expect("the test has made it");
        let status = if code == OUTER {
            call(&client, ANY_CODE, In::NULL)
        } else {
            NtStatus::SUCCESS
        };
        complete(client.globals(), request, status, 0);
    }
    let driver = TestDriver::new();
    let (device, _) = driver.device(&QueueConfig {
        device_control: Some(serve),
        ..queue_config(PARALLEL)
    });
    let client = Arc::new(Client::of(driver, device));
    *CLIENT.lock() = Some(client.clone());
    let name = client.driver.device_name();
    assert_eq!(client.open(&name), NtStatus::SUCCESS);
    assert_eq!(call(&client, OUTER, In::NULL), NtStatus::SUCCESS);
    client.close();
    *CLIENT.lock() = None;
    let client = Arc::into_inner(client).expect("no callback has it");
    client.unload();
}

#[test]
fn a_manual_queue_gives_the_oldest_and_takes_back_at_the_head() {
    let driver = TestDriver::new();
    let (_, queue) = driver.device(&queue_config(MANUAL));
    let file = driver.open().unwrap();
    let sent = [1, 2].map(|input| control(&file, ANY_CODE, &[input], 0));
    let next = || {
        let mut request = WdfRequest::NULL;
        let status = wdf!(driver.globals, 158, queue => WdfQueue,
            Out::from(&mut request) => Out<WdfRequest>; NtStatus);
        status.into_result().map(|()| request)
    };
    let first = next().unwrap();
    let status = wdf!(driver.globals, 283, first => WdfRequest; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let again = next().unwrap();
    assert_eq!(again.0, first.0);
    complete(driver.globals, again, NtStatus::SUCCESS, 0);
    complete(driver.globals, next().unwrap(), NtStatus::SUCCESS, 0);
    assert_eq!(
        next().map(|request| request.0),
        Err(status::NO_MORE_ENTRIES)
    );
    assert!(
        sent.iter()
            .all(|sent| sent.answer().status == NtStatus::SUCCESS)
    );
    nt_io::close(file);
    driver.unload();
}

#[test]
fn a_manual_queue_tells_when_it_is_not_empty_any_more() {
    static READY: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn ready(_queue: WdfQueue, context: usize) {
        READY.fetch_add(context, Ordering::SeqCst);
    }
    type Ready = Option<extern "win64" fn(WdfQueue, usize)>;
    let driver = TestDriver::new();
    let (_, queue) = driver.device(&queue_config(MANUAL));
    let register = |callback: Ready| wdf!(driver.globals, 166, queue => WdfQueue, callback => Ready, 5 => usize; NtStatus);
    assert_eq!(register(Some(ready)), NtStatus::SUCCESS);
    assert_eq!(register(Some(ready)), NtStatus::INVALID_DEVICE_REQUEST);
    let file = driver.open().unwrap();
    let sent = [0; 2].map(|_| control(&file, ANY_CODE, &[], 0));
    assert_eq!(READY.load(Ordering::SeqCst), 5);
    assert_eq!(register(None), NtStatus::SUCCESS);
    nt_io::close(file);
    assert!(
        sent.iter()
            .all(|sent| sent.answer().status == NtStatus::CANCELLED)
    );
    driver.unload();
}

#[test]
fn a_passive_queue_is_served_at_passive_level() {
    static LEVELS: Mutex<Vec<(Irql, bool)>> = Mutex::new(Vec::new());
    static GLOBALS: Mutex<usize> = Mutex::new(0);
    static CALLER: Mutex<Option<std::thread::ThreadId>> = Mutex::new(None);
    extern "win64" fn serve(_queue: WdfQueue, request: WdfRequest) {
        let same = *CALLER.lock() == Some(std::thread::current().id());
        LEVELS.lock().push((irql::current(), same));
        let globals = core::ptr::with_exposed_provenance_mut(*GLOBALS.lock());
        complete(globals, request, NtStatus::SUCCESS, 0);
    }
    *CALLER.lock() = Some(std::thread::current().id());
    let driver = TestDriver::new();
    *GLOBALS.lock() = driver.globals.expose_provenance();
    let passive = ObjectAttributes {
        execution_level: 2,
        ..attributes()
    };
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    let config = QueueConfig {
        default: Some(serve),
        default_queue: 1,
        ..queue_config(PARALLEL)
    };
    driver.queue(device, &config, &passive).unwrap();
    driver.finish(device);
    let file = driver.open().unwrap();
    control(&file, ANY_CODE, &[], 0).answer();
    let old = irql::raise(Irql::DISPATCH);
    let sent = control(&file, ANY_CODE, &[], 0);
    irql::lower(old);
    sent.wait();
    assert_eq!(
        *LEVELS.lock(),
        [(Irql::PASSIVE, true), (Irql::PASSIVE, false)]
    );
    nt_io::close(file);
    driver.unload();
}

#[test]
fn a_purge_cancels_what_waits_and_tells_when_it_is_done() {
    static LOG: Log = Mutex::new(Vec::new());
    extern "win64" fn purged(_queue: WdfQueue, _context: usize) {
        note(&LOG, "purged");
    }
    type Purged = Option<extern "win64" fn(WdfQueue, usize)>;
    let driver = TestDriver::new();
    let (_, queue) = driver.device(&queue_config(MANUAL));
    let file = driver.open().unwrap();
    let sent = control(&file, ANY_CODE, &[], 0);
    wdf!(driver.globals, 165, queue => WdfQueue, Some(purged) => Purged, 0 => usize; ());
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    assert_eq!(lines(&LOG), ["purged"]);
    let late = control(&file, ANY_CODE, &[], 0).answer();
    assert_eq!(late.status, NtStatus::INVALID_DEVICE_STATE);
    wdf!(driver.globals, 154, queue => WdfQueue; ());
    assert!(control(&file, ANY_CODE, &[], 0).is_pending());
    nt_io::close(file);
    driver.unload();
}
