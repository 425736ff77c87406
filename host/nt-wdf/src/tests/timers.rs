//! Timers and work items.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;
use std::{ptr, thread};

use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use crate::handle::{Handle, WdfObject, WdfTimer, WdfWorkItem};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::status;
use crate::test_driver::{Globals, TestDriver, attributes, wdf};
use crate::timer::TimerConfig;
use crate::work_item::WorkItemConfig;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Long enough for another thread to come to where it waits.
const A_WHILE: Duration = Duration::from_millis(100);

/// A timer that expires once, at `DISPATCH_LEVEL`.
fn config(function: extern "win64" fn(WdfTimer)) -> TimerConfig {
    TimerConfig {
        size: 40,
        function: Some(function),
        period: 0,
        automatic_serialization: 0,
        tolerable_delay: 0,
        unused: 0,
        high_resolution: 0,
    }
}

fn timer(
    driver: &TestDriver,
    config: &TimerConfig,
    attributes: &ObjectAttributes,
) -> Result<WdfTimer, NtStatus> {
    let mut timer = Handle::NULL;
    let status = wdf!(driver.globals, 318, In::from(config) => In<TimerConfig>,
        In::from(attributes) => In<ObjectAttributes>,
        Out::from(&mut timer) => Out<WdfTimer>; NtStatus);
    status.into_result().map(|()| timer)
}

fn below(driver: &TestDriver) -> ObjectAttributes {
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    ObjectAttributes {
        parent: Handle::new(device.0),
        ..attributes()
    }
}

#[test]
fn a_timer_comes_at_dispatch_level_or_passive_if_it_says_so() {
    static LEVELS: Mutex<Option<Sender<Irql>>> = Mutex::new(None);
    extern "win64" fn expired(_timer: WdfTimer) {
        if let Some(levels) = &*LEVELS.lock() {
            levels.send(irql::current()).unwrap();
        }
    }
    let (sender, levels) = mpsc::channel();
    *LEVELS.lock() = Some(sender);
    let driver = TestDriver::new();
    let config = TimerConfig {
        automatic_serialization: 1,
        ..config(expired)
    };
    let below = below(&driver);
    let passive = ObjectAttributes {
        execution_level: 2,
        ..below
    };
    for (attributes, level) in [(below, Irql::DISPATCH), (passive, Irql::PASSIVE)] {
        let timer = timer(&driver, &config, &attributes).unwrap();
        let started = wdf!(driver.globals, 319, timer => WdfTimer, -10_000 => i64; u8);
        assert_eq!((started, levels.recv_timeout(TIMEOUT).unwrap()), (0, level));
    }
    let periodic = TimerConfig {
        period: 10,
        ..config
    };
    let created = timer(&driver, &periodic, &passive).map(|timer| timer.0);
    assert_eq!(created, Err(NtStatus::NOT_SUPPORTED));
    let created = timer(&driver, &config, &attributes()).map(|timer| timer.0);
    assert_eq!(created, Err(status::WDF_PARENT_NOT_SPECIFIED));
    driver.unload();
}

#[test]
fn a_stopped_timer_does_not_come() {
    static COUNT: Mutex<u32> = Mutex::new(0);
    extern "win64" fn expired(_timer: WdfTimer) {
        *COUNT.lock() += 1;
    }
    let driver = TestDriver::new();
    let timer = timer(&driver, &config(expired), &below(&driver)).unwrap();
    wdf!(driver.globals, 319, timer => WdfTimer, -10_000_000 => i64; u8);
    let again = wdf!(driver.globals, 319, timer => WdfTimer, -10_000_000 => i64; u8);
    let stopped = wdf!(driver.globals, 320, timer => WdfTimer, 1 => u8; u8);
    let twice = wdf!(driver.globals, 320, timer => WdfTimer, 1 => u8; u8);
    assert_eq!((again, stopped, twice), (1, 1, 0));
    driver.unload();
    assert_eq!(*COUNT.lock(), 0);
}

/// A callback that runs until another thread waits for it, and that starts its timer again.
#[test]
fn a_timer_started_while_it_is_stopped_does_not_run() {
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    static CAME: Mutex<Option<Sender<u8>>> = Mutex::new(None);
    extern "win64" fn expired(timer: WdfTimer) {
        let globals: Globals = ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst));
        let came = CAME.lock().clone().unwrap();
        came.send(0).unwrap();
        thread::sleep(A_WHILE);
        let was_armed = wdf!(globals, 319, timer => WdfTimer, -10_000 => i64; u8);
        came.send(was_armed).unwrap();
    }
    let (sender, came) = mpsc::channel();
    *CAME.lock() = Some(sender);
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    let timer = timer(&driver, &config(expired), &below(&driver)).unwrap();
    let start = || wdf!(driver.globals, 319, timer => WdfTimer, -10_000 => i64; u8);
    let stop = || wdf!(driver.globals, 320, timer => WdfTimer, 1 => u8; u8);
    start();
    assert_eq!(came.recv_timeout(TIMEOUT), Ok(0));
    assert_eq!(stop(), 1, "the start of the callback was stopped");
    assert_eq!(came.try_recv(), Ok(0), "the callback has ended");
    assert!(came.recv_timeout(A_WHILE).is_err(), "it does not come");
    start();
    assert_eq!(came.recv_timeout(TIMEOUT), Ok(0), "a later start counts");
    stop();
    driver.unload();
}

fn work_item(
    driver: &TestDriver,
    function: extern "win64" fn(WdfWorkItem),
    attributes: &ObjectAttributes,
) -> Result<WdfWorkItem, NtStatus> {
    let config = WorkItemConfig {
        size: 24,
        function: Some(function),
        automatic_serialization: 0,
    };
    let mut item = Handle::NULL;
    let status = wdf!(driver.globals, 379, In::from(&config) => In<WorkItemConfig>,
        In::from(attributes) => In<ObjectAttributes>,
        Out::from(&mut item) => Out<WdfWorkItem>; NtStatus);
    status.into_result().map(|()| item)
}

/// Each run but the last enqueues its own item and waits for the next one to begin.
#[test]
fn a_work_item_that_enqueues_itself_runs_beside_itself() {
    const RUNS: u32 = 3;
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    static BEGUN: (Mutex<u32>, Condvar) = (Mutex::new(0), Condvar::new());
    static MET: AtomicU32 = AtomicU32::new(0);
    extern "win64" fn work(item: WdfWorkItem) {
        let globals: Globals = ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst));
        let mut begun = BEGUN.0.lock();
        let number = *begun;
        *begun += 1;
        BEGUN.1.notify_all();
        if *begun < RUNS {
            wdf!(globals, 380, item => WdfWorkItem; ());
        }
        let waited = BEGUN
            .1
            .wait_while_for(&mut begun, |begun| *begun < RUNS, TIMEOUT);
        drop(begun);
        // A flush waits for all runs of the item, also for the one that ends last.
        thread::sleep(A_WHILE * number);
        MET.fetch_add((!waited.timed_out()).into(), Ordering::SeqCst);
    }
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    let item = work_item(&driver, work, &below(&driver)).unwrap();
    wdf!(driver.globals, 380, item => WdfWorkItem; ());
    wdf!(driver.globals, 382, item => WdfWorkItem; ());
    assert_eq!(MET.load(Ordering::SeqCst), RUNS);
    driver.unload();
}

#[test]
fn a_work_item_runs_once_for_each_enqueue_when_idle() {
    static COUNT: Mutex<u32> = Mutex::new(0);
    extern "win64" fn work(_work_item: WdfWorkItem) {
        assert_eq!(irql::current(), Irql::PASSIVE);
        *COUNT.lock() += 1;
    }
    let driver = TestDriver::new();
    let of_driver = ObjectAttributes {
        parent: WdfObject::new(driver.handle().0),
        ..attributes()
    };
    let refused = work_item(&driver, work, &of_driver).map(|item| item.0);
    assert_eq!(refused, Err(NtStatus::INVALID_DEVICE_REQUEST));
    let item = work_item(&driver, work, &below(&driver)).unwrap();
    let old = irql::raise(Irql::DISPATCH);
    wdf!(driver.globals, 380, item => WdfWorkItem; ());
    irql::lower(old);
    wdf!(driver.globals, 382, item => WdfWorkItem; ());
    assert_eq!(*COUNT.lock(), 1);
    driver.unload();
}
