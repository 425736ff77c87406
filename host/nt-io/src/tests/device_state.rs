//! A device whose driver reports a failure, or wants to be started again.

use nt_types::{Guid, NtStatus};
use parking_lot::Mutex;

use super::wdm_driver::{TestDriver, attach, complete, extension, io, packet_at, pass_on};
use crate::device_failure::{self, Failure};
use crate::driver_object::DriverObject;
use crate::major_function::PNP;
use crate::packet::StatusBlock;
use crate::{devices, pnp, pnp_minor as minor, system_work};

/// `PNP_DEVICE_FAILED`.
const FAILED: u64 = 4;

/// The failures that the `PnP` manager was told, in this program.
static FAILURES: Mutex<Vec<Failure>> = Mutex::new(Vec::new());

fn listen() {
    device_failure::on_failure(|failure| FAILURES.lock().push(failure));
}

/// `AddDevice`.
extern "win64" fn add_device(driver_object: usize, physical: usize) -> NtStatus {
    let driver_object: *mut DriverObject = std::ptr::with_exposed_provenance_mut(driver_object);
    attach(driver_object, physical, |_, packet| {
        complete(packet, NtStatus::SUCCESS, 0)
    });
    NtStatus::SUCCESS
}

/// The dispatch routine for `IRP_MJ_PNP` of a driver whose device has failed.
extern "win64" fn failed(device_object: usize, packet: usize) -> NtStatus {
    let minor_function = packet_at(packet).current().unwrap().minor_function.get();
    if minor_function == minor::QUERY_INTERFACE {
        return pass_on(device_object, packet);
    }
    let is_asked = minor_function == minor::QUERY_PNP_DEVICE_STATE;
    packet_at(packet).io_status.set(StatusBlock {
        status: NtStatus::SUCCESS,
        information: if is_asked { FAILED } else { 0 },
    });
    let status = pass_on(device_object, packet);
    if minor_function == minor::REMOVE_DEVICE {
        let lower = extension(device_object).lower;
        io!(IoDetachDevice(lower => usize) -> ());
        io!(IoDeleteDevice(device_object => usize) -> ());
    }
    status
}

/// A started device with this number, and the bus driver's device object below it.
fn started(number: u32) -> (TestDriver, usize) {
    let driver = TestDriver::new();
    driver.set_add_device(add_device);
    driver.set(0x70 + 8 * usize::from(PNP), failed as *const () as usize);
    assert_eq!(
        pnp::start(driver.object, &[driver.object], driver.service(), number),
        Ok(true)
    );
    let device = devices::devices_of(driver.object).remove(0);
    let physical = device.lower().expect("it is attached").address();
    (driver, physical)
}

fn is_reported(device: u32, restart: bool) -> bool {
    FAILURES.lock().contains(&Failure { device, restart })
}

#[test]
fn a_driver_says_that_its_device_has_failed_when_it_is_asked() {
    const NUMBER: u32 = 41;
    listen();
    let (driver, physical) = started(NUMBER);
    io!(IoInvalidateDeviceState(physical => usize) -> ());
    system_work::wait_idle();
    assert!(is_reported(NUMBER, false));
    assert_eq!(pnp::remove(driver.object, NUMBER), Ok(()));
}

#[test]
fn a_driver_has_its_device_found_again_by_an_interface() {
    const NUMBER: u32 = 42;
    const KIND: &str = "{2aeb0243-6a6e-486b-82fc-d815f6b97006}";
    const SIZE: usize = 40;
    listen();
    let (driver, physical) = started(NUMBER);
    let kind: Guid = KIND.parse().unwrap();
    let mut interface = [0_usize; SIZE / 8];
    let place = interface.as_mut_ptr().expose_provenance();
    let sent = pnp::send(physical, PNP, minor::QUERY_INTERFACE, |location| {
        let [of, size, out, _] = &location.parameters;
        of.set((&raw const kind).expose_provenance());
        size.set(1 << 16 | SIZE);
        out.set(place);
    });
    assert_eq!(sent, Ok(0));
    let [size_and_version, context, _, _, routine] = interface;
    assert_eq!(size_and_version & 0xFFFF_FFFF, 1 << 16 | SIZE);
    let routine = std::ptr::with_exposed_provenance::<()>(routine);
    // SAFETY: the last member of the interface is a function of this type.
    let routine = unsafe { std::mem::transmute::<*const (), extern "win64" fn(usize)>(routine) };
    routine(context);
    assert!(is_reported(NUMBER, true));
    assert_eq!(pnp::remove(driver.object, NUMBER), Ok(()));
}
