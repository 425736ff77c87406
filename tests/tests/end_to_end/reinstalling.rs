//! The device is installed again while a program has the old one open.

use abi::device::{INTERFACE_CLASS, USER_PATH};
use abi::{NtStatus, Operation};
use nthost_protocol::syscall::CallKind;
use tests::{Process, eventually, start_host};

/// The status of `QUERY_VERSION` on a handle.
fn query_version(process: &mut Process, handle: u64) -> NtStatus {
    let code = Operation::QueryVersion.description().code.0;
    let reply = process.call(CallKind::DeviceControl, handle, code, &[], 256);
    reply.status
}

#[test]
fn reinstalling_while_an_old_handle_is_open_starts() {
    let host = start_host();
    let mut old = host.connect();
    let old_handle = old.open(USER_PATH).unwrap();
    assert_eq!(host.surprise_remove(), NtStatus::SUCCESS);
    // The old device object exists until its handle is closed.
    assert_eq!(host.add_device(), Ok(1));
    let mut new = host.connect();
    let paths = new.interfaces(&INTERFACE_CLASS);
    assert_eq!(paths.len(), 1, "{paths:?}");
    for path in [paths[0].as_str(), USER_PATH] {
        let handle = new.open(path).unwrap();
        assert_eq!(query_version(&mut new, handle), NtStatus::SUCCESS, "{path}");
    }
    let refused = query_version(&mut old, old_handle);
    assert_eq!(refused, NtStatus::INVALID_DEVICE_STATE);
    drop((old, new));
    host.stop_clean();
}

#[test]
fn a_new_device_beside_a_running_one_has_no_link() {
    let host = start_host();
    let mut process = host.connect();
    let old_path = process.interfaces(&INTERFACE_CLASS).remove(0);
    let old_handle = process.open(USER_PATH).unwrap();
    // An orderly removal is vetoed, and the old device works on until the restart.
    assert_eq!(host.add_device(), Ok(1));
    let mut paths = process.interfaces(&INTERFACE_CLASS);
    paths.retain(|path| *path != old_path);
    let handle = process.open(&paths[0]).unwrap();
    assert_eq!(query_version(&mut process, handle), NtStatus::SUCCESS);
    assert_eq!(query_version(&mut process, old_handle), NtStatus::SUCCESS);
    assert_eq!(process.close(old_handle), NtStatus::SUCCESS);
    // The link leads to the old device, and goes with it.
    eventually("the old device is removed", || {
        host.remove_device() == NtStatus::SUCCESS
    });
    assert_eq!(
        process.open(USER_PATH),
        Err(NtStatus::OBJECT_NAME_NOT_FOUND)
    );
    assert_eq!(query_version(&mut process, handle), NtStatus::SUCCESS);
    drop(process);
    host.stop_clean();
}

#[test]
fn a_client_needs_no_link() {
    let host = start_host();
    let mut process = host.connect();
    process.open(USER_PATH).unwrap();
    assert_eq!(host.add_device(), Ok(1));
    drop(process);
    eventually("the old device is removed", || {
        host.remove_device() == NtStatus::SUCCESS
    });
    let device = ipforward::Device::open(host.socket()).unwrap();
    drop(device);
    host.stop_clean();
}
