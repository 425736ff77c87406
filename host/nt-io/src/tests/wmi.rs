//! A device whose driver provides data to WMI.

use nt_kernel::resource_tracker;
use nt_types::NtStatus;
use parking_lot::Mutex;

use super::wdm_driver::{TestDriver, complete, io, packet_at};
use crate::major_function::SYSTEM_CONTROL;

const REGISTER: u32 = 1;
const DEREGISTER: u32 = 2;
const UPDATE_GUIDS: u32 = 4;
/// `IRP_MN_REGINFO_EX`.
const REGINFO_EX: u8 = 0xB;

fn control(device_object: usize, action: u32) -> NtStatus {
    io!(IoWMIRegistrationControl(device_object => usize, action => u32) -> NtStatus)
}

#[test]
fn a_registered_device_is_asked_for_its_data() {
    static ASKED: Mutex<Vec<(u8, u8, usize)>> = Mutex::new(Vec::new());
    let driver = TestDriver::new();
    let device = driver.create(|_, packet| {
        let own = packet_at(packet).current().unwrap();
        let asked = (
            own.major_function.get(),
            own.minor_function.get(),
            own.parameters[0].get(),
        );
        ASKED.lock().push(asked);
        complete(packet, NtStatus::SUCCESS, 0)
    });
    assert_eq!(control(device, REGISTER), NtStatus::SUCCESS);
    assert_eq!(control(device, UPDATE_GUIDS), NtStatus::SUCCESS);
    // Waits for the answers.
    assert_eq!(control(device, DEREGISTER), NtStatus::SUCCESS);
    let asked = (SYSTEM_CONTROL, REGINFO_EX, device);
    assert_eq!(*ASKED.lock(), [asked, asked]);
}

#[test]
fn a_device_that_is_not_registered_has_no_guids_to_update() {
    let driver = TestDriver::new();
    let device = driver.create(|_, packet| complete(packet, NtStatus::SUCCESS, 0));
    for action in [UPDATE_GUIDS, DEREGISTER, 9] {
        assert_eq!(control(device, action), NtStatus::INVALID_PARAMETER);
    }
}

#[test]
fn a_registration_is_tracked_until_it_ends() {
    let driver = TestDriver::new();
    let device = driver.create(|_, packet| complete(packet, NtStatus::SUCCESS, 0));
    let is_tracked = || {
        let entries = resource_tracker::outstanding();
        let own = |entry: &resource_tracker::Entry| {
            entry.kind == "WMI registration" && entry.address == device
        };
        entries.iter().any(own)
    };
    assert_eq!(control(device, REGISTER), NtStatus::SUCCESS);
    assert!(is_tracked());
    assert_eq!(control(device, DEREGISTER), NtStatus::SUCCESS);
    assert!(!is_tracked());
}
