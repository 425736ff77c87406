//! The start and the removal of a root-enumerated device.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::device_init::{InitHandle, PnpCallbacks};
use crate::driver::DriverConfig;
use crate::handle::{WdfDevice, WdfDriver, WdfQueue, WdfResourceList};
use crate::object::ObjectAttributes;
use crate::pnp::{self, Failure};
use crate::pointer::{In, Out};
use crate::queue::QueueConfig;
use crate::test_driver::{
    Globals, Log, TestDriver, attributes, lines, non_pnp, note, queue_config, wdf,
};

static LOG: Log = Mutex::new(Vec::new());
static GLOBALS: AtomicUsize = AtomicUsize::new(0);
/// Which step fails.
static FAILING: Mutex<&str> = Mutex::new("");

fn step(name: &'static str) -> NtStatus {
    note(&LOG, name);
    if *FAILING.lock() == name {
        NtStatus::UNSUCCESSFUL
    } else {
        NtStatus::SUCCESS
    }
}

extern "win64" fn d0_entry(_: WdfDevice, previous: i32) -> NtStatus {
    step(match previous {
        5 => "d0 entry",
        4 => "d0 entry from d3",
        _ => "d0 entry from an unexpected state",
    })
}
extern "win64" fn d0_exit(_: WdfDevice, target: i32) -> NtStatus {
    step(match target {
        5 => "d0 exit",
        4 => "d0 exit to d3",
        _ => "d0 exit to an unexpected state",
    })
}
extern "win64" fn prepare(
    _: WdfDevice,
    raw: WdfResourceList,
    translated: WdfResourceList,
) -> NtStatus {
    assert!(raw.0 != 0 && translated.0 != 0);
    step("prepare hardware")
}
extern "win64" fn release(_: WdfDevice, _translated: WdfResourceList) -> NtStatus {
    step("release hardware")
}
extern "win64" fn self_managed_init(_: WdfDevice) -> NtStatus {
    step("self managed init")
}
extern "win64" fn self_managed_restart(_: WdfDevice) -> NtStatus {
    step("self managed restart")
}
extern "win64" fn self_managed_suspend(_: WdfDevice) -> NtStatus {
    step("self managed suspend")
}
extern "win64" fn self_managed_flush(_: WdfDevice) {
    note(&LOG, "self managed flush");
}
extern "win64" fn self_managed_cleanup(_: WdfDevice) {
    note(&LOG, "self managed cleanup");
}
extern "win64" fn query_remove(_: WdfDevice) -> NtStatus {
    step("query remove")
}
extern "win64" fn surprise_removal(_: WdfDevice) {
    note(&LOG, "surprise removal");
}
extern "win64" fn cleanup(_: usize) {
    note(&LOG, "cleanup");
}
extern "win64" fn destroy(_: usize) {
    note(&LOG, "destroy");
}

extern "win64" fn device_add(_: WdfDriver, init: usize) -> NtStatus {
    let globals: Globals = core::ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst));
    let mut init = InitHandle(init);
    let callbacks = PnpCallbacks {
        size: 144,
        d0_entry: Some(d0_entry),
        d0_exit: Some(d0_exit),
        prepare_hardware: Some(prepare),
        release_hardware: Some(release),
        self_managed_io_init: Some(self_managed_init),
        self_managed_io_suspend: Some(self_managed_suspend),
        self_managed_io_restart: Some(self_managed_restart),
        self_managed_io_flush: Some(self_managed_flush),
        self_managed_io_cleanup: Some(self_managed_cleanup),
        query_remove: Some(query_remove),
        surprise_removal: Some(surprise_removal),
        ..PnpCallbacks::default()
    };
    wdf!(globals, 55, init => InitHandle, In::from(&callbacks) => In<PnpCallbacks>; ());
    let watched = ObjectAttributes {
        cleanup: Some(cleanup),
        destroy: Some(destroy),
        ..attributes()
    };
    let mut device = WdfDevice::NULL;
    let status = wdf!(globals, 75, Out::from(&mut init) => Out<InitHandle>,
        In::from(&watched) => In<ObjectAttributes>,
        Out::from(&mut device) => Out<WdfDevice>; NtStatus);
    assert_eq!((status, init), (NtStatus::SUCCESS, InitHandle::NULL));
    let config = QueueConfig {
        default_queue: 1,
        ..queue_config(3)
    };
    wdf!(globals, 152, device => WdfDevice, In::from(&config) => In<QueueConfig>,
        In::NULL => In<ObjectAttributes>, Out::NULL => Out<WdfQueue>; NtStatus)
}

// One test: the log is shared.
#[test]
fn a_device_goes_up_and_down_in_order() {
    let driver = TestDriver::with_config(&DriverConfig {
        device_add: Some(device_add),
        init_flags: 0,
        ..non_pnp()
    });
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    assert_eq!(driver.start(0), Ok(true));
    assert_eq!(
        std::mem::take(&mut *LOG.lock()),
        ["prepare hardware", "d0 entry", "self managed init"]
    );
    assert_eq!(nt_io::pnp::remove(driver.object, 0), Ok(()));
    assert_eq!(
        std::mem::take(&mut *LOG.lock()),
        [
            "query remove",
            "self managed suspend",
            "d0 exit",
            "release hardware",
            "self managed flush",
            "self managed cleanup",
            "cleanup",
            "destroy",
        ]
    );
    *FAILING.lock() = "d0 entry";
    assert_eq!(driver.start(0), Err(NtStatus::UNSUCCESSFUL));
    let down = lines(&LOG);
    LOG.lock().clear();
    assert_eq!(down[..2], ["prepare hardware", "d0 entry"]);
    assert!(down.contains(&"release hardware".to_owned()), "{down:?}");
    // A device that did not enter D0 does not leave it.
    assert!(!down.contains(&"d0 exit".to_owned()), "{down:?}");
    assert_eq!(down[down.len() - 2..], ["cleanup", "destroy"]);
    *FAILING.lock() = "";
    two_devices_go_one_after_the_other(&driver);
    a_device_goes_by_surprise(&driver);
    a_removal_is_refused(&driver);
    a_device_sleeps_and_resumes(&driver);
    a_device_that_fails_to_resume_is_reported(&driver);
    driver.unload();
}

fn two_devices_go_one_after_the_other(driver: &TestDriver) {
    assert_eq!(driver.start(0), Ok(true));
    assert_eq!(driver.start(1), Ok(true));
    LOG.lock().clear();
    assert_eq!(nt_io::pnp::remove(driver.object, 1), Ok(()));
    assert_eq!(lines(&LOG).last().map(String::as_str), Some("destroy"));
    assert_eq!(
        nt_io::pnp::remove(driver.object, 1),
        Err(NtStatus::new(0xC000_000E))
    );
    assert_eq!(nt_io::pnp::remove(driver.object, 0), Ok(()));
    LOG.lock().clear();
}

fn a_device_goes_by_surprise(driver: &TestDriver) {
    assert_eq!(driver.start(0), Ok(true));
    LOG.lock().clear();
    assert!(nt_io::pnp::surprise_remove(driver.object, 0).is_ok());
    assert_eq!(
        std::mem::take(&mut *LOG.lock()),
        [
            "surprise removal",
            "self managed suspend",
            "d0 exit",
            "release hardware",
            "self managed flush",
        ]
    );
    assert!(nt_io::pnp::surprise_remove(driver.object, 0).is_err());
    assert_eq!(nt_io::pnp::remove(driver.object, 0), Ok(()));
    assert_eq!(
        std::mem::take(&mut *LOG.lock()),
        ["self managed cleanup", "cleanup", "destroy"]
    );
}

fn a_removal_is_refused(driver: &TestDriver) {
    assert_eq!(driver.start(0), Ok(true));
    *FAILING.lock() = "query remove";
    assert_eq!(
        nt_io::pnp::remove(driver.object, 0),
        Err(nt_io::pnp::QUERY_VETOED)
    );
    *FAILING.lock() = "";
    assert_eq!(nt_io::pnp::remove(driver.object, 0), Ok(()));
}

fn a_device_sleeps_and_resumes(driver: &TestDriver) {
    const INVALID: NtStatus = NtStatus::new(0xC000_02D3);
    assert_eq!(driver.start(0), Ok(true));
    LOG.lock().clear();
    assert_eq!(nt_io::pnp::resume(driver.object, 0), Err(INVALID));
    assert_eq!(nt_io::pnp::sleep(driver.object, 0), Ok(()));
    assert_eq!(nt_io::pnp::sleep(driver.object, 0), Err(INVALID));
    assert_eq!(nt_io::pnp::resume(driver.object, 0), Ok(()));
    assert_eq!(
        std::mem::take(&mut *LOG.lock()),
        [
            "self managed suspend",
            "d0 exit to d3",
            "d0 entry from d3",
            "self managed restart",
        ]
    );
    assert_eq!(nt_io::pnp::remove(driver.object, 0), Ok(()));
    LOG.lock().clear();
}

fn a_device_that_fails_to_resume_is_reported(driver: &TestDriver) {
    static FAILED: Mutex<Option<Failure>> = Mutex::new(None);
    pnp::on_failure(|failure| *FAILED.lock() = Some(failure));
    assert_eq!(driver.start(0), Ok(true));
    assert_eq!(nt_io::pnp::sleep(driver.object, 0), Ok(()));
    *FAILING.lock() = "d0 entry from d3";
    assert_eq!(
        nt_io::pnp::resume(driver.object, 0),
        Err(NtStatus::UNSUCCESSFUL)
    );
    *FAILING.lock() = "";
    let failure = Failure {
        device: 0,
        restart: false,
    };
    assert_eq!(*FAILED.lock(), Some(failure));
    LOG.lock().clear();
    assert!(nt_io::pnp::surprise_remove(driver.object, 0).is_ok());
    // It has left D0 already, and does so once.
    assert_eq!(
        std::mem::take(&mut *LOG.lock()),
        ["surprise removal", "release hardware", "self managed flush"]
    );
    assert_eq!(nt_io::pnp::remove(driver.object, 0), Ok(()));
}
