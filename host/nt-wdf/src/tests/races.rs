//! Many threads: every request is completed once, by whichever thread reaches it first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nt_io::FileHandle;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::handle::{WdfFileObject, WdfQueue, WdfRequest};
use crate::pointer::Out;
use crate::queue::QueueConfig;
use crate::test_driver::{
    ANY_CODE, Globals, MANUAL, PARALLEL, Sent, TestDriver, attributes, complete, control,
    queue_config, wdf,
};

const THREADS: usize = 4;
const REQUESTS: usize = 200;

/// Sends from several threads, does something to each request, and gives the answers.
fn storm(file: &Arc<FileHandle>, then: impl Fn(&Sent) + Sync) -> Vec<NtStatus> {
    let then = &then;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(move || {
                    let sent: Vec<_> = (0..REQUESTS)
                        .map(|_| {
                            let sent = control(file, ANY_CODE, &[1], 8);
                            then(&sent);
                            sent
                        })
                        .collect();
                    sent.iter()
                        .map(|sent| sent.wait().status)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn cancellation_races_with_forwarding_and_completion() {
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    static PARKING: AtomicUsize = AtomicUsize::new(0);
    fn globals() -> Globals {
        core::ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst))
    }
    /// Parks the new request and completes the oldest parked one.
    extern "win64" fn serve(_queue: WdfQueue, request: WdfRequest) {
        let parking = WdfQueue::new(PARKING.load(Ordering::SeqCst));
        let status = wdf!(globals(), 281, request => WdfRequest,
            parking => WdfQueue; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        let mut oldest = WdfRequest::NULL;
        let status = wdf!(globals(), 158, parking => WdfQueue,
            Out::from(&mut oldest) => Out<WdfRequest>; NtStatus);
        if status.is_success() {
            complete(globals(), oldest, NtStatus::SUCCESS, 0);
        }
    }
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    let (device, _) = driver.device(&QueueConfig {
        default: Some(serve),
        ..queue_config(PARALLEL)
    });
    let parking = driver
        .queue(device, &queue_config(MANUAL), &attributes())
        .unwrap();
    PARKING.store(parking.0, Ordering::SeqCst);
    let file = driver.open().unwrap();
    let answers = storm(&file, |sent| {
        // It may have been answered already.
        let _ = sent.cancel();
    });
    assert_eq!(answers.len(), THREADS * REQUESTS);
    let known = [NtStatus::SUCCESS, NtStatus::CANCELLED];
    assert!(answers.iter().all(|status| known.contains(status)));
    nt_io::close(file);
    driver.unload();
}

#[test]
fn cancellation_races_with_unmarking() {
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    static MARKED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    fn globals() -> Globals {
        core::ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst))
    }
    extern "win64" fn cancel(request: WdfRequest) {
        MARKED.lock().retain(|other| *other != request.0);
        complete(globals(), request, NtStatus::CANCELLED, 0);
    }
    /// Marks the new request and completes the one before, unless its cancellation does.
    extern "win64" fn serve(_queue: WdfQueue, request: WdfRequest) {
        type Routine = Option<extern "win64" fn(WdfRequest)>;
        let mut marked = MARKED.lock();
        let status = wdf!(globals(), 393, request => WdfRequest,
            Some(cancel) => Routine; NtStatus);
        let old = marked.pop();
        if status.is_success() {
            marked.push(request.0);
        }
        // Within the lock: a routine that has begun waits for it before it completes.
        let unmarked = old.map(WdfRequest::new).filter(|old| {
            let status = wdf!(globals(), 256, *old => WdfRequest; NtStatus);
            status.is_success()
        });
        drop(marked);
        if let Some(old) = unmarked {
            complete(globals(), old, NtStatus::SUCCESS, 0);
        }
        if !status.is_success() {
            complete(globals(), request, NtStatus::CANCELLED, 0);
        }
    }
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    driver.device(&QueueConfig {
        default: Some(serve),
        ..queue_config(PARALLEL)
    });
    let file = driver.open().unwrap();
    let answers = storm(&file, |sent| {
        let _ = sent.cancel();
    });
    assert_eq!(answers.len(), THREADS * REQUESTS);
    nt_io::close(file);
    driver.unload();
}

#[test]
fn a_file_is_closed_once_however_its_requests_end() {
    use crate::device_init::FileConfig;
    use crate::device_init::InitHandle;

    use crate::object::ObjectAttributes;
    use crate::pointer::In;
    static CLOSED: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn close(_file: WdfFileObject) {
        CLOSED.fetch_add(1, Ordering::SeqCst);
    }
    let driver = TestDriver::new();
    let init = driver.init();
    let config = FileConfig {
        size: 40,
        create: None,
        close: Some(close),
        cleanup: None,
        auto_forward: 2,
        class: 4,
    };
    wdf!(driver.globals, 71, init => InitHandle, In::from(&config) => In<FileConfig>,
        In::NULL => In<ObjectAttributes>; ());
    let device = driver.device_from(init, &attributes()).unwrap();
    let queue = QueueConfig {
        default_queue: 1,
        ..queue_config(MANUAL)
    };
    driver.queue(device, &queue, &attributes()).unwrap();
    driver.finish(device);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..50 {
                    let file = driver.open().unwrap();
                    let sent = control(&file, ANY_CODE, &[], 0);
                    let irp = sent.irp();
                    let other = thread::spawn(move || nt_io::cancel(&irp));
                    nt_io::close(file);
                    assert_eq!(sent.wait().status, NtStatus::CANCELLED);
                    other.join().unwrap();
                }
            });
        }
    });
    driver.unload();
    assert_eq!(CLOSED.load(Ordering::SeqCst), THREADS * 50);
}
