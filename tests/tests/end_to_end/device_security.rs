//! Which token opens the device, and which names are refused: the descriptor in the registry decides,
//! for the device interface and for the symbolic link.

use abi::NtStatus;
use abi::device::{INTERFACE_CLASS, SDDL, USER_PATH};
use tests::{Host, start_host, start_host_for};

/// Network Configuration Operators.
const OPERATOR: &[&str] = &["S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-32-556"];
/// An administrator with an elevated token.
const ADMINISTRATOR: &[&str] = &["S-1-1-0", "S-1-5-11", "S-1-5-32-544"];
/// A user who is neither.
const USER: &[&str] = &["S-1-1-0", "S-1-5-4", "S-1-5-11", "S-1-5-32-545"];

/// The status of an open for reading and writing, by each name of the device.
fn open(host: &Host, token: &[&str]) -> NtStatus {
    let mut process = host.connect();
    process.set_token(token);
    let path = process.interfaces(&INTERFACE_CLASS).remove(0);
    let outcome = [path.as_str(), USER_PATH].map(|name| {
        let handle = process.open(name);
        handle.map_or_else(|status| status, |handle| process.close(handle))
    });
    assert_eq!(outcome[0], outcome[1]);
    outcome[0]
}

#[test]
fn the_shipped_descriptor_admits_administrators_only() {
    let host = start_host();
    assert_eq!(open(&host, ADMINISTRATOR), NtStatus::SUCCESS);
    for token in [OPERATOR, USER] {
        assert_eq!(open(&host, token), NtStatus::ACCESS_DENIED);
    }
    host.stop_clean();
}

#[test]
fn a_delegated_group_opens_the_device_without_a_rebuild() {
    let host = start_host_for(&format!("{SDDL}(A;;GRGW;;;NO)"), &[]);
    assert_eq!(open(&host, ADMINISTRATOR), NtStatus::SUCCESS);
    assert_eq!(open(&host, OPERATOR), NtStatus::SUCCESS);
    assert_eq!(open(&host, USER), NtStatus::ACCESS_DENIED);
    host.stop_clean();
}

#[test]
fn names_below_the_device_are_refused() {
    let host = start_host();
    let mut process = host.connect();
    let path = process.interfaces(&INTERFACE_CLASS).remove(0);
    for name in [path.as_str(), USER_PATH] {
        for below in [r"\x", r"\", r"\x\y"] {
            let refused = process.open(&format!("{name}{below}"));
            assert_eq!(refused, Err(NtStatus::OBJECT_NAME_INVALID), "{name}{below}");
        }
    }
    // Access is decided first, so a refusal tells strangers nothing.
    process.set_token(USER);
    let refused = process.open(&format!(r"{USER_PATH}\x"));
    assert_eq!(refused, Err(NtStatus::ACCESS_DENIED));
    drop(process);
    host.stop_clean();
}
