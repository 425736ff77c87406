//! Devices that the `PnP` manager finds, starts, powers and removes.

use nt_types::NtStatus;
use parking_lot::Mutex;

use super::wdm_driver::{
    TestDriver, attach, complete, create_device, ends_file_irp, extension, io, packet_at, pass_on,
};
use crate::driver_object::DriverObject;
use crate::major_function::{PNP, POWER};
use crate::packet::StatusBlock;
use crate::pnp_minor as minor;

/// `AddDevice` of a driver that has one device on each.
extern "win64" fn add_device(driver_object: usize, physical: usize) -> NtStatus {
    let driver_object: *mut DriverObject = std::ptr::with_exposed_provenance_mut(driver_object);
    attach(driver_object, physical, |_, packet| {
        ends_file_irp(packet).unwrap_or_else(|| complete(packet, NtStatus::SUCCESS, 0))
    });
    NtStatus::SUCCESS
}

/// The next IRPs of a driver, as major and minor function.
type Seen = Mutex<Vec<(u8, u8)>>;

fn note(seen: &Seen, packet: usize) {
    let own = packet_at(packet).current().unwrap();
    seen.lock()
        .push((own.major_function.get(), own.minor_function.get()));
}

#[test]
fn a_device_is_started_powered_and_removed_by_irps() {
    static SEEN: Seen = Mutex::new(Vec::new());
    extern "win64" fn watch(device_object: usize, packet: usize) -> NtStatus {
        note(&SEEN, packet);
        let own = packet_at(packet).current().unwrap();
        let is_removal =
            own.minor_function.get() == minor::REMOVE_DEVICE && own.major_function.get() == PNP;
        packet_at(packet).io_status.set(StatusBlock {
            status: NtStatus::SUCCESS,
            information: 0,
        });
        let status = pass_on(device_object, packet);
        if is_removal {
            let lower = extension(device_object).lower;
            io!(IoDetachDevice(lower => usize) -> ());
            io!(IoDeleteDevice(device_object => usize) -> ());
        }
        status
    }
    let driver = TestDriver::new();
    driver.set_add_device(add_device);
    for major in [PNP, POWER] {
        driver.set(0x70 + 8 * usize::from(major), watch as *const () as usize);
    }
    let started = crate::pnp::start(driver.object, &[driver.object], driver.service(), 0);
    assert_eq!(started, Ok(true));
    assert_eq!(crate::pnp::sleep(driver.object, 0), Ok(()));
    assert_eq!(crate::pnp::resume(driver.object, 0), Ok(()));
    assert_eq!(crate::pnp::remove(driver.object, 0), Ok(()));
    assert!(crate::devices_of(driver.object).is_empty());
    let expected = [
        (PNP, minor::START_DEVICE),
        (PNP, minor::QUERY_CAPABILITIES),
        (POWER, minor::QUERY_POWER),
        (POWER, minor::SET_POWER),
        (POWER, minor::SET_POWER),
        (PNP, minor::QUERY_REMOVE_DEVICE),
        (PNP, minor::REMOVE_DEVICE),
    ];
    assert_eq!(*SEEN.lock(), expected);
}

#[test]
fn a_device_that_is_open_is_removed_by_surprise_only() {
    let driver = TestDriver::new();
    driver.set_add_device(add_device);
    assert_eq!(
        crate::pnp::start(driver.object, &[driver.object], driver.service(), 0),
        Ok(true)
    );
    let name = crate::devices_of(driver.object)[0]
        .lower()
        .and_then(|physical| physical.name().map(str::to_owned))
        .unwrap();
    let process = nt_kernel::process::Process::user(77, 1000);
    let file = crate::open(&process, &name, 1).expect("the device opens");
    assert!(crate::pnp::remove(driver.object, 0).is_err());
    let gone = crate::pnp::surprise_remove(driver.object, 0).unwrap();
    assert!(crate::open(&process, &name, 1).is_err());
    crate::close(file);
    gone.wait_closed();
    assert_eq!(crate::pnp::remove(driver.object, 0), Ok(()));
    assert!(crate::devices_of(driver.object).is_empty());
}

#[test]
fn a_driver_need_not_add_a_device() {
    extern "win64" fn add_none(_driver_object: usize, _physical: usize) -> NtStatus {
        NtStatus::SUCCESS
    }
    let driver = TestDriver::new();
    let start = || crate::pnp::start(driver.object, &[driver.object], driver.service(), 0);
    assert_eq!(start(), Ok(false));
    driver.set_add_device(add_none);
    assert_eq!(start(), Ok(false));
    let device_object = create_device(driver.object, None);
    io!(IoDeleteDevice(device_object => usize) -> ());
}
