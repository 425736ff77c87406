//! The rules for the drivers of a device's stack: a driver that breaks one stops the machine.

use nt_kernel::testing::expect_stop;
use nt_types::NtStatus;

use super::wdm_driver::{TestDriver, attach, complete, extension, io, packet_at, pass_on};
use crate::device::{DO_BUFFERED_IO, DO_DIRECT_IO, DeviceObject};
use crate::driver_object::DriverObject;
use crate::major_function::{PNP, POWER};
use crate::packet::StatusBlock;

/// The place of a dispatch routine in a driver object.
fn routine_of(major: u8) -> usize {
    0x70 + 8 * usize::from(major)
}

/// `AddDevice` of a driver that passes on what it gets.
extern "win64" fn add_device(driver_object: usize, physical: usize) -> NtStatus {
    add_with_flags(driver_object, physical, 0)
}

fn add_with_flags(driver_object: usize, physical: usize, flags: u32) -> NtStatus {
    let driver_object: *mut DriverObject = std::ptr::with_exposed_provenance_mut(driver_object);
    let device = attach(driver_object, physical, pass_on);
    // SAFETY: a device object of this driver.
    unsafe { DeviceObject::at(device) }.change_flags(flags, 0);
    NtStatus::SUCCESS
}

extern "win64" fn add_buffered(driver_object: usize, physical: usize) -> NtStatus {
    add_with_flags(driver_object, physical, DO_BUFFERED_IO)
}

extern "win64" fn add_with_both(driver_object: usize, physical: usize) -> NtStatus {
    add_with_flags(driver_object, physical, DO_BUFFERED_IO | DO_DIRECT_IO)
}

type AddDevice = extern "win64" fn(usize, usize) -> NtStatus;

/// A function driver and a filter above it.
struct Stack {
    function: TestDriver,
    filter: TestDriver,
}

impl Stack {
    fn new(function: AddDevice, filter: AddDevice) -> Self {
        let [function, filter] = [function, filter].map(|add| {
            let driver = TestDriver::new();
            driver.set_add_device(add);
            driver
        });
        Self { function, filter }
    }

    fn start(&self) -> Result<bool, NtStatus> {
        let drivers = [self.function.object, self.filter.object];
        crate::pnp::start(self.function.object, &drivers, self.function.service(), 0)
    }
}

/// A stack whose filter does this with the IRPs of `major`: its start and its sleep.
fn live_with(major: u8, routine: extern "win64" fn(usize, usize) -> NtStatus) {
    let stack = Stack::new(add_device, add_device);
    stack
        .filter
        .set(routine_of(major), routine as *const () as usize);
    let _ = stack.start();
    let _ = crate::pnp::sleep(stack.function.object, 0);
}

fn assert_says(report: &str, first: &str, words: &str) {
    assert!(report.contains("*** STOP 0x000000C9"), "{report}");
    assert!(report.contains(first), "{first} in {report}");
    assert!(report.contains(words), "{words} in {report}");
}

/// Behaviours of the filter.
macro_rules! routine {
    ($device:ident, $packet:ident => $body:expr) => {{
        extern "win64" fn routine($device: usize, $packet: usize) -> NtStatus {
            $body
        }
        routine
    }};
}

#[test]
fn a_pnp_irp_is_completed_and_not_passed_on() {
    let report = expect_stop!(|| live_with(
        PNP,
        routine!(_device, packet => complete(packet, NtStatus::SUCCESS, 0)),
    ));
    assert_says(&report, "(0x22e, ", "completed IRP_MJ_PNP successfully");
}

#[test]
fn a_pnp_irp_is_completed_as_it_came() {
    let report = expect_stop!(|| live_with(
        PNP,
        routine!(_device, packet => complete(packet, NtStatus::NOT_SUPPORTED, 0)),
    ));
    assert_says(&report, "(0x22f, ", "that it came with");
}

#[test]
fn a_power_irp_is_completed_and_not_passed_on() {
    let report = expect_stop!(|| live_with(
        POWER,
        routine!(_device, packet => complete(packet, NtStatus::SUCCESS, 0)),
    ));
    assert_says(&report, "(0x231, ", "completed IRP_MJ_POWER successfully");
}

#[test]
fn a_power_irp_is_completed_as_it_came() {
    let report = expect_stop!(|| live_with(
        POWER,
        routine!(_device, packet => complete(packet, NtStatus::NOT_SUPPORTED, 0)),
    ));
    assert_says(&report, "(0x232, ", "that it came with");
}

/// Sets this status, and passes the IRP on.
fn fail_and_pass_on(device: usize, packet: usize) -> NtStatus {
    packet_at(packet).io_status.set(StatusBlock {
        status: NtStatus::UNSUCCESSFUL,
        information: 0,
    });
    pass_on(device, packet)
}

#[test]
fn a_failed_pnp_irp_is_passed_on() {
    let report = expect_stop!(|| live_with(
        PNP,
        routine!(device, packet => fail_and_pass_on(device, packet)),
    ));
    assert_says(&report, "(0x215, ", "passed IRP_MJ_PNP on with");
}

#[test]
fn a_failed_power_irp_is_passed_on() {
    let report = expect_stop!(|| live_with(
        POWER,
        routine!(device, packet => fail_and_pass_on(device, packet)),
    ));
    assert_says(&report, "(0x219, ", "passed IRP_MJ_POWER on with");
}

#[test]
fn an_irp_skips_a_device_of_the_stack() {
    let report = expect_stop!(|| live_with(
        PNP,
        routine!(device, packet => {
            let known = packet_at(packet);
            known.move_to(known.current_location.get() + 1);
            let physical = extension(extension(device).lower).lower;
            io!(IofCallDriver(physical => usize, packet => usize) -> NtStatus)
        }),
    ));
    assert_says(&report, "(0x211, ", "below the one that it is attached to");
}

#[test]
fn a_filter_leaves_the_io_flags_out() {
    let report = expect_stop!(|| {
        let _ = Stack::new(add_buffered, add_device).start();
    });
    assert_says(&report, "(0x244, ", "lacks the DO_BUFFERED_IO");
}

#[test]
fn a_device_has_both_io_flags() {
    let report = expect_stop!(|| {
        let _ = Stack::new(add_device, add_with_both).start();
    });
    assert_says(&report, "(0x245, ", "exclude each other");
}

#[test]
fn a_driver_of_a_stack_lacks_a_dispatch_routine() {
    let report = expect_stop!(|| {
        let stack = Stack::new(add_device, add_device);
        let unset = crate::create_driver("Unset", 0, 0, 0);
        let invalid = crate::driver_object::dispatch_routine(unset, POWER);
        stack.filter.set(routine_of(POWER), invalid);
        let _ = stack.start();
    });
    assert_says(&report, "(0x21f, ", "no dispatch routine for IRP_MJ_POWER");
}

/// What a filter may do: answer after the drivers below, fail an IRP without them, and pass on the rest.
#[test]
fn a_filter_that_keeps_the_rules_is_not_stopped() {
    let stack = Stack::new(add_buffered, add_buffered);
    assert_eq!(stack.start(), Ok(true));
    let object = stack.function.object;
    assert_eq!(crate::pnp::sleep(object, 0), Ok(()));
    assert_eq!(crate::pnp::resume(object, 0), Ok(()));
    let veto = routine!(device, packet => {
        let is_query = packet_at(packet).current().unwrap().minor_function.get() == 1;
        if is_query {
            return complete(packet, NtStatus::UNSUCCESSFUL, 0);
        }
        pass_on(device, packet)
    });
    let usual = crate::driver_object::dispatch_routine(stack.filter.object, PNP);
    stack
        .filter
        .set(routine_of(PNP), veto as *const () as usize);
    assert_eq!(crate::pnp::remove(object, 0), Err(crate::pnp::QUERY_VETOED));
    stack.filter.set(routine_of(PNP), usual);
    assert_eq!(crate::pnp::remove(object, 0), Ok(()));
    assert!(crate::devices_of(stack.filter.object).is_empty());
}
