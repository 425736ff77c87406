//! A driver that uses IRPs, WDM objects, registry keys and the addresses of its caller.

use abi::NtStatus;
use nthost_protocol::syscall::CallKind;
use tests::{Host, Plan, Process, Reply, eventually, framework_image, start_test_driver};

const INSPECTOR: &str = r"\\.\Inspector";
/// The interface that the driver enables on request.
const HIDDEN: &str = r"\\?\ROOT#inspector#0000#{6f1c2b0f-52a4-4c36-9a53-0b7e3f1d9c11}";
const REPORT_OBJECTS: u32 = 0x0022_2000;
const KEYS: u32 = 0x0022_2004;
const REVERSE: u32 = 0x0022_200B;
const FAIL: u32 = 0x0022_2010;
const RESTART: u32 = 0x0022_2014;
const STATE: u32 = 0x0022_2018;
const SHOW: u32 = 0x0022_201C;
const HIDE: u32 = 0x0022_2020;
const LATE: u32 = 0x0022_200F;

/// `FO_HANDLE_CREATED`.
const HANDLE_CREATED: u32 = 0x4_0000;
/// `IRP_MJ_DEVICE_CONTROL`.
const DEVICE_CONTROL: u32 = 14;
/// `STATUS_DEVICE_BUSY`.
const DEVICE_BUSY: NtStatus = NtStatus::new(0x8000_0011);
const BUFFER_OVERFLOW: u32 = 0x8000_0005;

fn inspector() -> (Host, Process, u64) {
    let host = start_test_driver("inspector", &[]);
    let mut process = host.connect();
    let handle = process.open(INSPECTOR).expect("the device opens");
    (host, process, handle)
}

fn control(process: &mut Process, handle: u64, code: u32, input: &[u8], room: u32) -> Reply {
    process.call(CallKind::DeviceControl, handle, code, input, room)
}

/// The twelve numbers of `REPORT_OBJECTS`.
fn object_report(process: &mut Process, handle: u64) -> [u32; 12] {
    let reply = control(process, handle, REPORT_OBJECTS, &[], 48);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    let (numbers, rest) = reply.output.as_chunks::<4>();
    assert!(rest.is_empty());
    let numbers: Vec<u32> = numbers
        .iter()
        .map(|next| u32::from_le_bytes(*next))
        .collect();
    numbers.try_into().expect("twelve numbers")
}

#[test]
fn the_device_is_found_by_each_of_its_names() {
    let (host, mut process, _) = inspector();
    for name in [INSPECTOR, r"\Device\Inspector"] {
        assert!(process.open(name).is_ok(), "{name}");
    }
    assert_eq!(
        process.open(r"\\.\Other"),
        Err(NtStatus::OBJECT_NAME_NOT_FOUND)
    );
    host.stop_clean();
}

#[test]
fn an_interface_is_listed_while_its_driver_enables_it() {
    let (host, mut process, handle) = inspector();
    let not_found = Err(NtStatus::OBJECT_NAME_NOT_FOUND);
    assert_eq!(process.open(HIDDEN), not_found);
    for (code, is_seen) in [(SHOW, true), (HIDE, false)] {
        let reply = control(&mut process, handle, code, &[], 0);
        assert_eq!(reply.status, NtStatus::SUCCESS);
        assert_eq!(process.open(HIDDEN).is_ok(), is_seen);
    }
    host.stop_clean();
}

#[test]
fn device_objects_irps_and_files_are_as_on_windows() {
    let (host, mut process, handle) = inspector();
    let [
        attached,
        target,
        file,
        flags,
        query,
        status,
        major,
        code,
        same,
        triage,
        ..,
    ] = object_report(&mut process, handle);
    assert_eq!([attached, target, file, same, triage], [1; 5]);
    assert_eq!(flags, HANDLE_CREATED);
    assert_eq!(NtStatus::new(query), NtStatus::NOT_FOUND);
    assert_eq!(NtStatus::new(status), NtStatus::SUCCESS);
    assert_eq!([major, code], [DEVICE_CONTROL, REPORT_OBJECTS]);
    drop(process);
    host.stop_clean();
}

#[test]
fn creates_are_queued_and_can_be_refused_there() {
    let (host, mut process, handle) = inspector();
    assert_eq!(
        process.open(r"\\.\Inspector\refused"),
        Err(NtStatus::ACCESS_DENIED)
    );
    let other = process.open(r"\\.\Inspector\other").expect("it opens");
    assert_eq!(process.close(other), NtStatus::SUCCESS);
    assert_eq!(process.close(handle), NtStatus::SUCCESS);
    host.stop_clean();
}

#[test]
fn a_write_is_completed_as_an_irp_or_reaches_its_queue() {
    let (host, mut process, handle) = inspector();
    for (data, information) in [(&b"odd"[..], 3), (b"even", 0)] {
        let reply = process.call(CallKind::Write, handle, 0, data, 0);
        assert_eq!(
            (reply.status, reply.information),
            (NtStatus::SUCCESS, information)
        );
    }
    host.stop_clean();
}

#[test]
fn user_addresses_are_valid_only_in_the_callers_context() {
    let (host, mut process, handle) = inspector();
    let reply = control(&mut process, handle, REVERSE, b"abc", 3);
    assert_eq!(
        (reply.status, reply.output.as_slice()),
        (NtStatus::SUCCESS, &b"cba"[..])
    );
    let reply = control(&mut process, handle, REVERSE, b"abc", 2);
    assert_eq!(reply.status, NtStatus::BUFFER_TOO_SMALL);
    let reply = control(&mut process, handle, LATE, b"abc", 3);
    assert_eq!(reply.status, NtStatus::INVALID_DEVICE_REQUEST);
    host.stop_clean();
}

#[test]
fn a_reserved_request_is_used_when_memory_is_exhausted() {
    let (host, mut process, handle) = inspector();
    let mut control = host.connect();
    for (fails, is_reserved) in [(false, 0), (true, 1), (false, 0), (true, 1)] {
        arm(&mut control, fails);
        let [.., found, made] = object_report(&mut process, handle);
        assert_eq!([found, made], [is_reserved, 1]);
    }
    arm(&mut control, false);
    host.stop_clean();
}

/// Lets the driver report that its device failed. The framework removes it, except for open files.
fn fail(host: &Host, process: &mut Process, handle: u64, code: u32) {
    const NO_SUCH_DEVICE: NtStatus = NtStatus::new(0xC000_000E);
    let reply = control(process, handle, code, &[], 0);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    // This order comes after that of the framework.
    assert_eq!(host.surprise_remove(), NO_SUCH_DEVICE);
}

#[test]
fn a_failed_device_is_removed_by_surprise() {
    let (host, mut process, handle) = inspector();
    fail(&host, &mut process, handle, FAIL);
    let reply = control(&mut process, handle, REPORT_OBJECTS, &[], 48);
    // The driver passes on the answer of WdfDeviceEnqueueRequest, STATUS_WDF_BUSY.
    assert_eq!(reply.status, DEVICE_BUSY);
    assert!(process.open(INSPECTOR).is_err());
    assert_eq!(process.close(handle), NtStatus::SUCCESS);
    host.stop_clean();
}

/// The driver has its device started again until the host does so no more, and counts with the help
/// of the registry.
#[test]
fn a_failed_device_is_restarted_five_times() {
    const RESTARTS_MAX: u32 = 5;
    let (host, mut process, mut handle) = inspector();
    for count in 1..=RESTARTS_MAX {
        let reply = control(&mut process, handle, STATE, &[], 4);
        assert_eq!(
            (reply.status, reply.output),
            (NtStatus::SUCCESS, count.to_le_bytes().to_vec())
        );
        fail(&host, &mut process, handle, RESTART);
        assert_eq!(process.close(handle), NtStatus::SUCCESS);
        eventually("the device is there again", || {
            process.open(INSPECTOR).is_ok_and(|new| {
                handle = new;
                true
            })
        });
    }
    fail(&host, &mut process, handle, RESTART);
    assert_eq!(process.close(handle), NtStatus::SUCCESS);
    eventually("the driver has been unloaded", || {
        process.outstanding() == 0
    });
    let ended = host.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // KMDF counts the restarts as well, and then asks for none.
    if framework_image().is_none() {
        let words = "has failed after 5 restarts, and is not started again";
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

/// Lets the first call that can fail do so, which creates the request, or disarms the fault.
fn arm(control: &mut Process, fails: bool) {
    if fails {
        control.arm(Plan::Only, 0, 0);
    } else {
        control.disarm();
    }
}

#[test]
fn strings_are_read_from_the_registry() {
    const SIZE: u32 = 28;
    let (host, mut process, handle) = inspector();
    let reply = control(&mut process, handle, KEYS, &[], SIZE);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    let long = |at: usize| u32::from_le_bytes(reply.output[at..at + 4].try_into().unwrap());
    let short = |at: usize| u16::from_le_bytes(reply.output[at..at + 2].try_into().unwrap());
    let [has_handle, texts, second_length] = [0, 4, 8].map(long);
    assert_eq!([has_handle, texts, second_length], [1, 2, 6]);
    // With its NUL the text has ten bytes, and eight without.
    assert_eq!([12, 14, 16].map(short), [10, 10, 8]);
    assert_eq!(short(18), u16::from(b't'));
    // The list is longer than its buffer, and KMDF looks at that before the type.
    assert_eq!([20, 24].map(long), [BUFFER_OVERFLOW; 2]);
    host.stop_clean();
}
