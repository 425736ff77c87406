//! Synchronization scopes, the caller's context, and references that keep objects alive.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use nt_kernel::critical_regions;
use nt_kernel::irql::{self, Irql};
use nt_kernel::resource_tracker;
use nt_kernel::testing::expect_stop;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::device_init::InitHandle;
use crate::driver::DriverConfig;
use crate::handle::{Handle, WdfDevice, WdfDriver, WdfObject, WdfQueue, WdfRequest};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::queue::QueueConfig;
use crate::test_driver::{
    ANY_CODE, Globals, Log, MANUAL, PARALLEL, TestDriver, attributes, complete, control, lines,
    non_pnp, note, queue_config, wdf,
};

fn globals_at(address: &AtomicUsize) -> Globals {
    core::ptr::with_exposed_provenance_mut(address.load(Ordering::SeqCst))
}

#[test]
fn callbacks_of_one_queue_scope_never_run_side_by_side() {
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    static INSIDE: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn serve(_queue: WdfQueue, request: WdfRequest) {
        assert_eq!(INSIDE.fetch_add(1, Ordering::SeqCst), 0);
        assert_eq!(irql::current(), Irql::DISPATCH);
        thread::sleep(Duration::from_millis(2));
        INSIDE.fetch_sub(1, Ordering::SeqCst);
        complete(globals_at(&GLOBALS), request, NtStatus::SUCCESS, 0);
    }
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    let config = QueueConfig {
        default: Some(serve),
        default_queue: 1,
        ..queue_config(PARALLEL)
    };
    let scoped = ObjectAttributes {
        synchronization_scope: 3,
        ..attributes()
    };
    driver.queue(device, &config, &scoped).unwrap();
    driver.finish(device);
    let file = driver.open().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let answer = control(&file, ANY_CODE, &[], 0).wait();
                    assert_eq!(answer.status, NtStatus::SUCCESS);
                }
            });
        }
    });
    nt_io::close(file);
    driver.unload();
}

#[test]
fn a_queue_without_a_scope_has_no_lock() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let (_, queue) = driver.device(&queue_config(MANUAL));
        wdf!(driver.globals, 310, Handle::new(queue.0) => WdfObject; ());
    });
    assert!(report.contains("WDF_VIOLATION (0xb"), "{report}");
}

#[test]
fn a_device_without_a_scope_has_a_lock_nevertheless() {
    let driver = TestDriver::new();
    let (device, _) = driver.device(&queue_config(MANUAL));
    let device: WdfObject = Handle::new(device.0);
    wdf!(driver.globals, 310, device => WdfObject; ());
    assert_eq!(irql::current(), Irql::DISPATCH);
    wdf!(driver.globals, 311, device => WdfObject; ());
    assert_eq!(irql::current(), Irql::PASSIVE);
    driver.unload();
}

#[test]
fn a_passive_devices_lock_is_held_in_a_critical_region() {
    let driver = TestDriver::new();
    let passive = ObjectAttributes {
        execution_level: 2,
        ..attributes()
    };
    let device = driver.device_from(driver.init(), &passive).unwrap();
    driver.finish(device);
    let regions = critical_regions::count();
    let device: WdfObject = Handle::new(device.0);
    wdf!(driver.globals, 310, device => WdfObject; ());
    assert_eq!(irql::current(), Irql::PASSIVE);
    assert_eq!(critical_regions::count(), regions + 1);
    wdf!(driver.globals, 311, device => WdfObject; ());
    assert_eq!(critical_regions::count(), regions);
    driver.unload();
}

#[test]
fn the_callers_context_comes_before_the_queue() {
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    static LOG: Log = Mutex::new(Vec::new());
    extern "win64" fn in_caller_context(device: WdfDevice, request: WdfRequest) {
        note(&LOG, "caller's context");
        let status = wdf!(globals_at(&GLOBALS), 91, device => WdfDevice,
            request => WdfRequest; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
    }
    extern "win64" fn serve(_queue: WdfQueue, request: WdfRequest) {
        note(&LOG, "queue");
        complete(globals_at(&GLOBALS), request, NtStatus::SUCCESS, 0);
    }
    type Callback = Option<extern "win64" fn(WdfDevice, WdfRequest)>;
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    let init = driver.init();
    wdf!(driver.globals, 74, init => InitHandle, Some(in_caller_context) => Callback; ());
    let device = driver.device_from(init, &attributes()).unwrap();
    let config = QueueConfig {
        default: Some(serve),
        default_queue: 1,
        ..queue_config(PARALLEL)
    };
    driver.queue(device, &config, &attributes()).unwrap();
    driver.finish(device);
    let file = driver.open().unwrap();
    let answer = control(&file, ANY_CODE, &[], 0).answer();
    assert_eq!(answer.status, NtStatus::SUCCESS);
    assert_eq!(lines(&LOG), ["caller's context", "queue"]);
    nt_io::close(file);
    driver.unload();
}

#[test]
fn a_removal_waits_for_the_last_file_and_its_requests() {
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    static NAME: Mutex<String> = Mutex::new(String::new());
    static LOG: Log = Mutex::new(Vec::new());
    extern "win64" fn keep(_queue: WdfQueue, _request: WdfRequest) {
        note(&LOG, "kept");
    }
    extern "win64" fn device_add(_: WdfDriver, init: usize) -> NtStatus {
        let globals = globals_at(&GLOBALS);
        let mut init = InitHandle(init);
        let name = nt_io::unicode::OwnedUnicodeString::new(&NAME.lock());
        let status = wdf!(globals, 67, init => InitHandle,
            In::from(&name.as_unicode_string()) => In<nt_io::unicode::UnicodeString>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        let mut device = WdfDevice::NULL;
        let status = wdf!(globals, 75, Out::from(&mut init) => Out<InitHandle>,
            In::NULL => In<ObjectAttributes>,
            Out::from(&mut device) => Out<WdfDevice>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        let config = QueueConfig {
            default: Some(keep),
            default_queue: 1,
            ..queue_config(PARALLEL)
        };
        wdf!(globals, 152, device => WdfDevice, In::from(&config) => In<QueueConfig>,
            In::NULL => In<ObjectAttributes>, Out::NULL => Out<WdfQueue>; NtStatus)
    }
    let driver = TestDriver::with_config(&DriverConfig {
        device_add: Some(device_add),
        init_flags: 0,
        ..non_pnp()
    });
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    *NAME.lock() = driver.device_name();
    assert_eq!(driver.start(0), Ok(true));
    let name = driver.device_name();
    let administrator = nt_kernel::process::Process::user(1, 0);
    let file = nt_io::open(&administrator, &name, 3).unwrap();
    let sent = control(&file, ANY_CODE, &[], 0);
    let object = driver.object.expose_provenance();
    // The file's handle is closed, but its request keeps it: the removal has to wait.
    nt_io::close(file);
    let removal = thread::spawn(move || {
        let object = core::ptr::with_exposed_provenance_mut(object);
        for device in nt_io::devices_of(object) {
            device.wait_closed();
        }
        assert_eq!(nt_io::pnp::remove(object, 0), Ok(()));
    });
    thread::sleep(Duration::from_millis(30));
    assert!(!removal.is_finished());
    assert_eq!(lines(&LOG), ["kept"]);
    // What really ends it is the driver: here, the test in its place.
    let request = find_owned(&driver);
    complete(driver.globals, request, NtStatus::SUCCESS, 0);
    assert_eq!(sent.wait().status, NtStatus::SUCCESS);
    removal.join().unwrap();
    driver.unload();
}

/// The one request that the driver owns.
fn find_owned(driver: &TestDriver) -> WdfRequest {
    use crate::handle::Kind;
    use crate::object::handle_table::find;
    let root = find(driver.handle().0).unwrap();
    let device = root
        .children()
        .into_iter()
        .find(|child| child.kind() == Kind::Device);
    let children = device.unwrap().children();
    let request = children
        .iter()
        .find(|child| child.kind() == Kind::Request)
        .unwrap();
    Handle::new(request.handle())
}

#[test]
fn an_object_kept_by_a_reference_is_a_leak_at_unload() {
    let driver = TestDriver::new();
    let object = driver.object(&attributes()).unwrap();
    wdf!(driver.globals, 205, object => WdfObject, 0 => usize, 0 => i32, 0 => usize; ());
    driver.unload();
    let left = resource_tracker::outstanding();
    assert!(left.iter().any(|entry| entry.address == object.0));
}
