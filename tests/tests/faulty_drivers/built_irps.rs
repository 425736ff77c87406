//! IRPs of `IoBuildAsynchronousFsdRequest`: without memory there is none, and what the driver does not free
//! is listed.

use abi::NtStatus;
use tests::{Ended, Host, Plan, Process, start_test_driver};

use crate::irps::{COMMIT, DEVICE};

/// The exit code of a host whose driver has leaked.
const LEFT_BEHIND: i32 = 87;
const FUNCTION: &str = "IoBuildAsynchronousFsdRequest";

fn faulty() -> (Host, Process, u64) {
    let host = start_test_driver("faulty_wdm", &[]);
    let mut process = host.connect();
    let handle = process.open(DEVICE).expect("the device opens");
    (host, process, handle)
}

/// What the driver answers when it has done this, and how the host ends.
fn end_after(what: &str) -> (NtStatus, Ended) {
    let (host, mut process, handle) = faulty();
    let answer = process.device_control(handle, COMMIT, what.as_bytes(), 0);
    drop(process);
    (answer.status, host.stop())
}

/// The list of what the driver has left behind: one block.
fn single_leak(what: &str) -> String {
    let (_, Ended { code, stderr }) = end_after(what);
    assert_eq!(code, Some(LEFT_BEHIND), "{stderr}");
    let list = stderr.split_once("left behind by the driver: 1");
    let (_, list) = list.unwrap_or_else(|| panic!("one block in {stderr}"));
    list.to_owned()
}

#[test]
fn a_built_irp_that_its_routine_frees_leaves_nothing() {
    let (status, ended) = end_after("a_built_irp_is_freed");
    assert_eq!(status, NtStatus::INVALID_DEVICE_REQUEST);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn without_memory_no_irp_is_built() {
    let (host, mut process, handle) = faulty();
    process.arm_among(FUNCTION, Plan::Only, 0, 0);
    let answer = process.device_control(handle, COMMIT, b"a_built_irp_is_freed", 0);
    assert_eq!(answer.status, NtStatus::INSUFFICIENT_RESOURCES);
    let failed = process.disarm().expect("the call failed");
    assert!(failed.function.contains(FUNCTION), "{failed:?}");
    drop(process);
    host.stop_clean();
}

#[test]
fn a_built_irp_that_is_not_freed_is_left_behind() {
    let list = single_leak("a_built_irp_is_left");
    assert!(list.contains("tag 'Irp '"), "{list}");
    assert!(list.contains("faulty_wdm.sys+"), "{list}");
}

#[test]
fn a_buffer_of_a_built_irp_is_left_behind() {
    let list = single_leak("the_buffer_of_a_built_irp_is_left");
    assert!(list.contains("tag 'IoSB'"), "{list}");
}
