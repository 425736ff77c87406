//! The system sleeps and resumes under a driver with a power-managed queue.

use std::process::Command;

use abi::NtStatus;
use nthost_protocol::syscall::CallKind;
use tests::{Host, Process, Sleep, eventually, program, start_test_driver};

use crate::echo::ECHO;

/// `STATUS_POWER_STATE_INVALID`.
const POWER_STATE_INVALID: NtStatus = NtStatus::new(0xC000_02D3);
/// `STATUS_PLUGPLAY_QUERY_VETOED`.
const VETOED: NtStatus = NtStatus::new(0x8000_0028);

fn echo() -> Host {
    start_test_driver("echo", &[])
}

/// `nthost send` with one command.
fn send(host: &Host, command: &[&str]) -> String {
    let output = Command::new(program("nthost"))
        .arg("send")
        .arg("--socket")
        .arg(host.socket())
        .args(command)
        .output()
        .expect("nthost starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Begins a write, and waits until it is in the queue of the device.
fn begin_write(process: &mut Process, handle: u64) -> u64 {
    let write = process.begin(CallKind::Write, handle, 0, b"late", 0);
    process.quiesce_after(write);
    write
}

#[test]
fn a_request_to_a_sleeping_device_waits_for_the_resume() {
    let host = echo();
    let (mut process, mut control) = (host.connect(), host.connect());
    let handle = process.open(ECHO).unwrap();
    assert_eq!(control.sleep(Sleep::default()), NtStatus::SUCCESS);
    let write = begin_write(&mut process, handle);
    let waits = control.list_in_flight();
    assert_eq!(waits.lines().count(), 1, "{waits}");
    assert_eq!(control.wake(), NtStatus::SUCCESS);
    let reply = process.wait(write);
    assert_eq!((reply.status, reply.information), (NtStatus::SUCCESS, 4));
    host.stop_clean();
}

#[test]
fn a_request_to_a_sleeping_device_can_be_cancelled() {
    let host = echo();
    let mut process = host.connect();
    let handle = process.open(ECHO).unwrap();
    assert_eq!(host.connect().sleep(Sleep::default()), NtStatus::SUCCESS);
    let write = begin_write(&mut process, handle);
    assert!(process.cancel(write));
    assert_eq!(process.wait(write).status, NtStatus::CANCELLED);
    host.stop_clean();
}

#[test]
fn a_sleeping_system_refuses_the_commands_of_the_pnp_manager() {
    let host = echo();
    let mut control = host.connect();
    assert_eq!(control.wake(), POWER_STATE_INVALID);
    assert_eq!(control.sleep(Sleep::default()), NtStatus::SUCCESS);
    assert_eq!(control.sleep(Sleep::default()), POWER_STATE_INVALID);
    assert_eq!(control.remove_device(), POWER_STATE_INVALID);
    assert_eq!(control.surprise_remove(), POWER_STATE_INVALID);
    assert_eq!(control.add_device(), Err(POWER_STATE_INVALID));
    assert!(control.unload().is_err());
    assert_eq!(control.wake(), NtStatus::SUCCESS);
    assert_eq!(control.remove_device(), NtStatus::SUCCESS);
    host.stop_clean();
}

#[test]
fn a_fast_startup_logs_off_users_and_spares_services() {
    let host = echo();
    let (mut user, mut service, mut control) = (host.connect(), host.connect(), host.connect());
    service.set_token(&["S-1-1-0", "S-1-5-19", "S-1-5-6"]);
    user.open(ECHO).unwrap();
    let handle = service.open(ECHO).unwrap();
    let text = send(&host, &["--sleep", "fast-startup"]);
    assert!(text.starts_with("command: STATUS_SUCCESS"), "{text}");
    let text = send(&host, &["--resume"]);
    assert!(text.starts_with("command: STATUS_SUCCESS"), "{text}");
    assert_eq!(service.write(handle, b"on").status, NtStatus::SUCCESS);
    assert_eq!(control.remove_device(), VETOED);
    assert_eq!(service.close(handle), NtStatus::SUCCESS);
    eventually("the user's handle was closed, too", || {
        control.remove_device() == NtStatus::SUCCESS
    });
    host.stop_clean();
}

#[test]
fn a_device_that_was_removed_by_surprise_stays_out_of_a_sleep() {
    let host = echo();
    let (mut process, mut control) = (host.connect(), host.connect());
    let handle = process.open(ECHO).unwrap();
    assert_eq!(control.surprise_remove(), NtStatus::SUCCESS);
    assert_eq!(control.sleep(Sleep::default()), NtStatus::SUCCESS);
    assert_eq!(process.close(handle), NtStatus::SUCCESS);
    assert_eq!(control.wake(), NtStatus::SUCCESS);
    host.stop_clean();
}
