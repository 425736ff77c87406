//! Several devices of one driver: each has its own `EvtDriverDeviceAdd`, and starts although a name
//! is taken.

use abi::device::{INTERFACE_CLASS, USER_PATH};
use abi::{NtStatus, Operation};
use nthost_protocol::syscall::CallKind;
use tests::{start_host_with, start_test_driver};

/// The echo driver's device with this number: it has no name, only an interface.
fn echo(number: u32) -> String {
    format!(r"\\?\ROOT#echo#{number:04}#{{6f1c2b0e-52a4-4c36-9a53-0b7e3f1d9c11}}")
}

#[test]
fn devices_without_names_each_have_their_own_context() {
    /// Sets how many milliseconds reads wait.
    const SET_DELAY: u32 = 0x0022_A000;
    let host = start_test_driver("echo", &["--devices", "2"]);
    let mut process = host.connect();
    let handles = [0, 1].map(|number| process.open(&echo(number)).unwrap());
    for (handle, text) in handles.into_iter().zip([b"one", b"two"]) {
        let delay = 1_u32.to_le_bytes();
        let set = process.call(CallKind::DeviceControl, handle, SET_DELAY, &delay, 0);
        assert_eq!(set.status, NtStatus::SUCCESS);
        let written = process.call(CallKind::Write, handle, 0, text, 0);
        assert_eq!(written.status, NtStatus::SUCCESS);
    }
    for (handle, text) in handles.into_iter().zip([b"one", b"two"]) {
        let read = process.call(CallKind::Read, handle, 0, &[], 8);
        assert_eq!(
            (read.status, read.output),
            (NtStatus::SUCCESS, text.to_vec())
        );
    }
    assert_eq!(process.open(&echo(2)), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    host.stop_clean();
}

#[test]
fn removing_one_device_does_not_affect_the_other() {
    let host = start_test_driver("echo", &["--devices", "2"]);
    let mut process = host.connect();
    let second = process.open(&echo(1)).unwrap();
    // The first one.
    assert_eq!(host.remove_device(), NtStatus::SUCCESS);
    assert_eq!(process.open(&echo(0)), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    let written = process.call(CallKind::Write, second, 0, b"two", 0);
    assert_eq!(written.status, NtStatus::SUCCESS);
    host.stop_clean();
}

#[test]
fn a_second_device_starts_although_the_link_is_taken() {
    let host = start_host_with(&["--devices", "2"]);
    let mut process = host.connect();
    let paths = process.interfaces(&INTERFACE_CLASS);
    assert_eq!(paths.len(), 2, "{paths:?}");
    for path in paths.iter().map(String::as_str).chain([USER_PATH]) {
        let handle = process.open(path).unwrap();
        let code = Operation::QueryVersion.description().code.0;
        let reply = process.call(CallKind::DeviceControl, handle, code, &[], 256);
        assert_eq!(reply.status, NtStatus::SUCCESS, "{path}");
    }
    drop(process);
    host.stop_clean();
}
