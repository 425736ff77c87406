//! A driver in C, which `cargo xtask build --c` builds: writes go in, reads come out.

use abi::NtStatus;
use nthost_protocol::syscall::CallKind;
use tests::{Host, Process, has_own_framework, start_test_driver};

const PIPE: &str = r"\\.\PipeKmdf";
/// Asks how many bytes and reads wait.
const QUERY: u32 = 0x0022_6000;
/// The same, by an internal control request that the driver sends to its own device.
const ASK_ITSELF: u32 = 0x0022_6008;
/// Discards the bytes.
const CLEAR: u32 = 0x0022_A004;
/// How many bytes the pipe holds.
const CAPACITY: usize = 4096;
const DEVICE_BUSY: NtStatus = NtStatus::new(0x8000_0011);

fn pipe() -> (Host, Process, u64) {
    let host = start_test_driver("pipe_kmdf", &[]);
    let mut process = host.connect();
    let handle = process.open(PIPE).expect("the device opens");
    (host, process, handle)
}

fn read(process: &mut Process, handle: u64, room: u32) -> Vec<u8> {
    let reply = process.call(CallKind::Read, handle, 0, &[], room);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    reply.output
}

/// How many bytes and reads wait.
fn counts(process: &mut Process, handle: u64) -> [u32; 2] {
    counts_by(process, handle, QUERY)
}

/// What the pipe answers to a code for how many bytes and reads wait.
fn counts_by(process: &mut Process, handle: u64, code: u32) -> [u32; 2] {
    let reply = process.call(CallKind::DeviceControl, handle, code, &[], 8);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    let (counts, rest) = reply.output.as_chunks::<4>();
    assert!(rest.is_empty());
    let counts: Vec<u32> = counts
        .iter()
        .map(|&count| u32::from_le_bytes(count))
        .collect();
    counts.try_into().expect("two numbers")
}

#[test]
fn bytes_come_out_of_a_c_driver_in_order() {
    let (host, mut process, handle) = pipe();
    for part in [&b"one "[..], b"two"] {
        assert_eq!(process.write(handle, part).status, NtStatus::SUCCESS);
    }
    assert_eq!(counts(&mut process, handle), [7, 0]);
    assert_eq!(read(&mut process, handle, 6), b"one tw");
    assert_eq!(read(&mut process, handle, 6), b"o");
    host.stop_clean();
}

#[test]
fn a_c_driver_gets_an_internal_control_request() {
    if !has_own_framework("it opens a device by ZwCreateFile, for which the host has files only") {
        return;
    }
    let (host, mut process, handle) = pipe();
    assert_eq!(process.write(handle, b"abc").status, NtStatus::SUCCESS);
    assert_eq!(counts_by(&mut process, handle, ASK_ITSELF), [3, 0]);
    host.stop_clean();
}

#[test]
fn a_read_of_a_c_driver_waits_for_a_write() {
    let (host, mut process, handle) = pipe();
    let first = process.begin(CallKind::Read, handle, 0, &[], 2);
    process.quiesce_after(first);
    let second = process.begin(CallKind::Read, handle, 0, &[], 8);
    process.quiesce_after(second);
    assert_eq!(counts(&mut process, handle), [0, 2]);
    assert_eq!(process.write(handle, b"abc").status, NtStatus::SUCCESS);
    assert_eq!(process.wait(first).output, b"ab");
    assert_eq!(process.wait(second).output, b"c");
    host.stop_clean();
}

#[test]
fn a_waiting_read_of_a_c_driver_is_cancelled() {
    let (host, mut process, handle) = pipe();
    let read = process.begin(CallKind::Read, handle, 0, &[], 2);
    process.quiesce_after(read);
    assert!(process.cancel(read));
    assert_eq!(process.wait(read).status, NtStatus::CANCELLED);
    host.stop_clean();
}

#[test]
fn a_full_c_driver_is_busy_until_it_is_cleared() {
    let (host, mut process, handle) = pipe();
    let full = vec![1; CAPACITY];
    assert_eq!(process.write(handle, &full).status, NtStatus::SUCCESS);
    assert_eq!(process.write(handle, b"x").status, DEVICE_BUSY);
    let reply = process.call(CallKind::DeviceControl, handle, CLEAR, &[], 0);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    assert_eq!(process.write(handle, b"x").status, NtStatus::SUCCESS);
    assert_eq!(read(&mut process, handle, 8), b"x");
    host.stop_clean();
}

/// The device's descriptor is one of wdmsec.lib, which lets administrators alone open it.
#[test]
fn a_c_drivers_descriptor_refuses_other_users() {
    let host = start_test_driver("pipe_kmdf", &[]);
    let mut user = host.connect();
    user.set_token(&["S-1-1-0", "S-1-5-32-545"]);
    assert_eq!(user.open(PIPE), Err(NtStatus::ACCESS_DENIED));
    host.stop_clean();
}
