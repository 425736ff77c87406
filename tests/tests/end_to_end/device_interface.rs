//! The device interface: programs that know only its class find the device by it, and open it.

use abi::Guid;
use abi::device::{INTERFACE_CLASS, USER_PATH};
use abi::{MibIpForwardRow2, NtStatus, Operation, Version};
use ipforward::{Interface, Route};
use nthost_protocol::syscall::CallKind;
use tests::{host_routes, start_host};
use zerocopy::{FromBytes, IntoBytes};

/// As Windows makes it: the instance of the device, and the class that the contract names. Which
/// instance that is depends on how the device was created, so programs ask for the list.
const PATH: &str = r"\\?\ROOT#IpForward#0000#{2de02548-1cf9-4bc1-bd62-66f497f2d9b9}";

#[test]
fn the_device_is_listed_only_under_the_contracts_class() {
    let host = start_host();
    let mut process = host.connect();
    assert_eq!(process.interfaces(&INTERFACE_CLASS), [PATH]);
    let other = Guid {
        data1: INTERFACE_CLASS.data1 + 1,
        ..INTERFACE_CLASS
    };
    assert_eq!(process.interfaces(&other), [""; 0]);
    drop(process);
    host.stop_clean();
}

#[test]
fn a_device_opened_by_its_interface_serves_requests() {
    let host = start_host();
    let mut process = host.connect();
    let path = process.interfaces(&INTERFACE_CLASS).remove(0);
    let handle = process.open(&path).unwrap();
    let mut control = |operation: Operation, input: &[u8]| {
        let code = operation.description().code.0;
        process.call(CallKind::DeviceControl, handle, code, input, 4096)
    };
    let reply = control(Operation::QueryVersion, &[]);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    let version = Version::read_from_bytes(&reply.output).unwrap();
    assert_eq!(version.abi_version, abi::version::ABI_VERSION);

    let prefix: ipnet::IpNet = "10.20.0.0/16".parse().unwrap();
    let route = Route::new(prefix, Interface::Index(7)).metric(5);
    let row = MibIpForwardRow2::from(&route);
    assert_eq!(
        control(Operation::CreateRoute, row.as_bytes()).status,
        NtStatus::SUCCESS
    );
    assert!(
        host_routes(&host)
            .iter()
            .any(|row| row.destination == prefix)
    );
    drop(process);
    host.stop_clean();
}

#[test]
fn a_removed_device_has_no_interface() {
    let host = start_host();
    let mut process = host.connect();
    assert_eq!(host.remove_device(), NtStatus::SUCCESS);
    assert_eq!(process.interfaces(&INTERFACE_CLASS), [""; 0]);
    assert_eq!(process.open(PATH), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    host.stop_clean();
}

#[test]
fn a_surprise_removed_device_with_an_open_handle_is_not_listed() {
    let host = start_host();
    let mut process = host.connect();
    process.open(USER_PATH).unwrap();
    assert_eq!(host.surprise_remove(), NtStatus::SUCCESS);
    assert_eq!(process.interfaces(&INTERFACE_CLASS), [""; 0]);
    drop(process);
    host.stop_clean();
}
