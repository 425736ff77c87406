//! A `PnP` device that echoes: a timer completes its reads.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use abi::NtStatus;
use nthost_protocol::syscall::CallKind;
use tests::{Host, Plan, Process, has_own_framework, program, start_test_driver};

/// The device has no name, only an interface.
pub(crate) const ECHO: &str = r"\\?\ROOT#echo#0000#{6f1c2b0e-52a4-4c36-9a53-0b7e3f1d9c11}";
/// Sets how many milliseconds reads wait.
const SET_DELAY: u32 = 0x0022_A000;
/// Longer than any test.
const FOREVER: u32 = 1_000_000;

fn echo() -> Host {
    start_test_driver("echo", &[])
}

/// `nthost send`: its output, and whether the call succeeded.
fn send(host: &Host, arguments: &[&str]) -> (String, bool) {
    let output = Command::new(program("nthost"))
        .arg("send")
        .arg("--socket")
        .arg(host.socket())
        .args(arguments)
        .output()
        .expect("nthost starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text, output.status.success())
}

fn set_delay(process: &mut Process, handle: u64, milliseconds: u32) {
    let input = milliseconds.to_le_bytes();
    let reply = process.call(CallKind::DeviceControl, handle, SET_DELAY, &input, 0);
    assert_eq!(reply.status, NtStatus::SUCCESS);
}

#[test]
fn written_data_is_read_back() {
    let host = echo();
    let (text, ok) = send(&host, &["--open", ECHO, "--write", "--in", "48 69 21"]);
    assert!(
        ok && text.contains("call: STATUS_SUCCESS") && text.contains("information 3"),
        "{text}"
    );
    let (text, ok) = send(&host, &["--open", ECHO, "--read", "--out-len", "2"]);
    assert!(
        ok && text.contains("information 2") && text.ends_with("0000  48 69\n"),
        "{text}"
    );
    host.stop_clean();
}

#[test]
fn send_reads_its_input_from_a_file() {
    let host = echo();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), vec![0xA5; 1000]).unwrap();
    let input = format!("@{}", file.path().display());
    let (text, ok) = send(&host, &["--open", ECHO, "--write", "--in", &input]);
    assert!(ok && text.contains("information 1000"), "{text}");
    host.stop_clean();
}

#[test]
fn a_device_without_a_name_is_found_by_its_interface() {
    let host = echo();
    let (text, ok) = send(&host, &["--open", ECHO]);
    assert!(ok && text.starts_with("open: STATUS_SUCCESS"), "{text}");
    for name in [r"\\.\Echo", r"\Device\Echo"] {
        let (text, ok) = send(&host, &["--open", name]);
        assert!(
            !ok && text.starts_with("open: STATUS_OBJECT_NAME_NOT_FOUND"),
            "{name}: {text}"
        );
    }
    host.stop_clean();
}

#[test]
fn an_unknown_control_code_is_refused() {
    let host = echo();
    let (text, ok) = send(&host, &["--open", ECHO, "--ioctl", "0x22A004"]);
    assert!(
        !ok && text.contains("call: STATUS_INVALID_DEVICE_REQUEST"),
        "{text}"
    );
    host.stop_clean();
}

#[test]
fn a_read_waits_until_the_timer_completes_it() {
    const DELAY: u32 = 300;
    let host = echo();
    let mut process = host.connect();
    let handle = process.open(ECHO).unwrap();
    set_delay(&mut process, handle, DELAY);
    process.call(CallKind::Write, handle, 0, b"later", 0);
    let began = Instant::now();
    let reads: Vec<u64> = (0..5)
        .map(|_| process.begin(CallKind::Read, handle, 0, &[], 16))
        .collect();
    for read in reads {
        let reply = process.wait(read);
        assert_eq!(
            (reply.status, reply.output.as_slice()),
            (NtStatus::SUCCESS, &b"later"[..])
        );
    }
    assert!(began.elapsed() >= Duration::from_millis(DELAY.into()));
    host.stop_clean();
}

#[test]
fn send_cancels_a_read_after_a_time() {
    let host = echo();
    let forever = format!("{:08x}", FOREVER.swap_bytes());
    let (text, ok) = send(
        &host,
        &["--open", ECHO, "--ioctl", "0x22a000", "--in", &forever],
    );
    assert!(ok, "{text}");
    let (text, ok) = send(&host, &["--open", ECHO, "--read", "--cancel-after", "50"]);
    assert!(!ok && text.contains("call: STATUS_CANCELLED"), "{text}");
    host.stop_clean();
}

#[test]
fn a_read_cancelled_as_the_timer_fires_completes_once() {
    let host = echo();
    let mut process = host.connect();
    let handle = process.open(ECHO).unwrap();
    set_delay(&mut process, handle, 1);
    process.call(CallKind::Write, handle, 0, b"now", 0);
    let mut cancelled = 0;
    for _ in 0..300 {
        let read = process.begin(CallKind::Read, handle, 0, &[], 16);
        thread::sleep(Duration::from_micros(900));
        process.cancel(read);
        match process.wait(read).status {
            NtStatus::SUCCESS => {}
            NtStatus::CANCELLED => cancelled += 1,
            other => panic!("{other}"),
        }
    }
    println!("{cancelled} of 300 were cancelled");
    host.stop_clean();
}

/// The driver wants to complete a read and finds that it has been cancelled, or that it is not
/// cancelable: in both cases the read is completed exactly once.
#[test]
fn a_read_that_cannot_be_unmarked_completes_once() {
    const UNMARK: &str = "WdfRequestUnmarkCancelable";
    if !has_own_framework("it fails a function of KMDF") {
        return;
    }
    let host = echo();
    let (mut process, mut control) = (host.connect(), host.connect());
    let handle = process.open(ECHO).unwrap();
    set_delay(&mut process, handle, 1);
    let ends = [NtStatus::CANCELLED, NtStatus::SUCCESS];
    for (way, end) in (0..).zip(ends) {
        control.arm_among(UNMARK, Plan::Only, 0, way);
        let read = process.begin(CallKind::Read, handle, 0, &[], 16);
        assert_eq!(process.wait(read).status, end);
        let failed = control.disarm().expect("the call was made");
        assert_eq!((failed.function.as_str(), failed.ways), (UNMARK, 2));
    }
    host.stop_clean();
}

#[test]
fn closing_a_handle_cancels_only_its_own_reads() {
    let host = echo();
    let mut process = host.connect();
    let (closed, other) = (process.open(ECHO).unwrap(), process.open(ECHO).unwrap());
    set_delay(&mut process, closed, FOREVER);
    let read = process.begin(CallKind::Read, closed, 0, &[], 16);
    let stays = process.begin(CallKind::Read, other, 0, &[], 16);
    process.quiesce_after(read);
    process.quiesce_after(stays);
    assert_eq!(process.close(closed), NtStatus::SUCCESS);
    assert_eq!(process.wait(read).status, NtStatus::CANCELLED);
    assert!(process.cancel(stays), "it is still in flight");
    assert_eq!(process.wait(stays).status, NtStatus::CANCELLED);
    host.stop_clean();
}

#[test]
fn a_host_with_a_pending_read_unloads_cleanly() {
    let host = echo();
    let mut process = host.connect();
    let handle = process.open(ECHO).unwrap();
    set_delay(&mut process, handle, FOREVER);
    process.begin(CallKind::Read, handle, 0, &[], 16);
    host.stop_clean();
}
