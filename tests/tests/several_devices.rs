//! Several devices of one driver: each has its own `EvtDriverDeviceAdd`, and names are given once.

use abi::device::USER_PATH;
use abi::{NtStatus, Operation};
use nthost_protocol::CallKind;
use tests::{Host, Process, driver_image};

#[test]
fn a_second_device_that_takes_the_same_name_does_not_start_and_harms_nobody() {
    let host = Host::start_with(&driver_image(), &["--devices", "2"]);
    let mut process = Process::start(&host.socket());
    let handle = process.open(USER_PATH).unwrap();
    let code = Operation::QueryVersion.description().code.0;
    let room = 256;
    let reply = process.call(CallKind::DeviceControl, handle, code, &[], room);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    drop(process);

    let ended = host.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let collision = NtStatus::OBJECT_NAME_COLLISION;
    let told = format!("device 1 did not start: {collision}");
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
}
