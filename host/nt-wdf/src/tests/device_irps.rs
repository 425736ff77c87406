//! The IRPs about a device itself: of the `PnP` manager, and of power.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::device_init::{InitHandle, PnpCallbacks};
use crate::driver::DriverConfig;
use crate::handle::{WdfDevice, WdfDriver};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::test_driver::{Globals, Log, TestDriver, attributes, bytes, non_pnp, note, wdf};

static LOG: Log = Mutex::new(Vec::new());
static GLOBALS: AtomicUsize = AtomicUsize::new(0);

/// `IRP_MJ_POWER`.
const POWER: u8 = 0x16;
/// `IRP_MJ_PNP`.
const PNP: u8 = 0x1B;

fn globals() -> Globals {
    core::ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst))
}

fn read(address: usize) -> usize {
    usize::from_le_bytes(bytes(address, 8).try_into().unwrap())
}

/// `IoSkipCurrentIrpStackLocation`.
fn skip(packet: usize) {
    bytes(packet + 0x43, 1)[0] += 1;
    let location = read(packet + 0xB8) + 0x48;
    bytes(packet + 0xB8, 8).copy_from_slice(&location.to_le_bytes());
}

unsafe extern "win64" fn preprocess(device: WdfDevice, packet: usize) -> NtStatus {
    let own = bytes(read(packet + 0xB8), 2);
    let major = if own[0] == PNP { "pnp" } else { "power" };
    note(&LOG, format!("{major} {}", own[1]));
    skip(packet);
    wdf!(globals(), 34, device => WdfDevice, packet => usize; NtStatus)
}
extern "win64" fn d0_entry(_: WdfDevice, _previous: i32) -> NtStatus {
    note(&LOG, "d0 entry");
    NtStatus::SUCCESS
}
extern "win64" fn d0_exit(_: WdfDevice, _target: i32) -> NtStatus {
    note(&LOG, "d0 exit");
    NtStatus::SUCCESS
}

extern "win64" fn device_add(_: WdfDriver, init: usize) -> NtStatus {
    type Preprocess = unsafe extern "win64" fn(WdfDevice, usize) -> NtStatus;
    let mut init = InitHandle(init);
    for major in [PNP, POWER] {
        let status = wdf!(globals(), 73, init => InitHandle, preprocess => Preprocess,
            major => u8, core::ptr::null() => *const u8, 0 => u32; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
    }
    let callbacks = PnpCallbacks {
        size: 144,
        d0_entry: Some(d0_entry),
        d0_exit: Some(d0_exit),
        ..PnpCallbacks::default()
    };
    wdf!(globals(), 55, init => InitHandle, In::from(&callbacks) => In<PnpCallbacks>; ());
    let mut device = WdfDevice::NULL;
    wdf!(globals(), 75, Out::from(&mut init) => Out<InitHandle>,
        In::from(&attributes()) => In<ObjectAttributes>,
        Out::from(&mut device) => Out<WdfDevice>; NtStatus)
}

fn log() -> Vec<String> {
    std::mem::take(&mut *LOG.lock())
}

// One test: the log is shared.
#[test]
fn a_driver_preprocesses_the_irps_about_its_device() {
    let driver = TestDriver::with_config(&DriverConfig {
        device_add: Some(device_add),
        init_flags: 0,
        ..non_pnp()
    });
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    assert_eq!(driver.start(0), Ok(true));
    assert_eq!(log(), ["pnp 0", "d0 entry", "pnp 9"]);
    assert_eq!(nt_io::pnp::sleep(driver.object, 0), Ok(()));
    // A query, the state of the system, and within that the state of the device.
    assert_eq!(log(), ["power 3", "power 2", "power 2", "d0 exit"]);
    assert_eq!(nt_io::pnp::resume(driver.object, 0), Ok(()));
    assert_eq!(log(), ["power 2", "power 2", "d0 entry"]);
    assert!(nt_io::pnp::surprise_remove(driver.object, 0).is_ok());
    assert_eq!(log(), ["pnp 23", "d0 exit"]);
    assert_eq!(nt_io::pnp::remove(driver.object, 0), Ok(()));
    assert_eq!(log(), ["pnp 2"]);
    assert!(nt_io::devices_of(driver.object).is_empty());
    driver.unload();
}
