//! A driver in C without the framework: the same pipe, against the kernel alone.

use abi::NtStatus;
use nthost_protocol::syscall::CallKind;
use tests::{Host, Process, start_test_driver};

pub(crate) const PIPE: &str = r"\\.\PipeWdm";
/// Asks how many bytes wait.
const QUERY: u32 = 0x0022_6000;
/// A device control that the driver does not have.
const UNKNOWN: u32 = 0x0022_6004;
/// How many bytes the pipe holds.
const CAPACITY: usize = 4096;
const DEVICE_BUSY: NtStatus = NtStatus::new(0x8000_0011);

fn pipe() -> (Host, Process, u64) {
    let host = start_test_driver("pipe_wdm", &[]);
    let mut process = host.connect();
    let handle = process.open(PIPE).expect("the device opens");
    (host, process, handle)
}

/// How many bytes wait.
fn count(process: &mut Process, handle: u64) -> u32 {
    let reply = process.device_control(handle, QUERY, &[], 4);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    u32::from_le_bytes(reply.output.try_into().expect("a number"))
}

/// Begins a read that waits for bytes.
fn begin_read(process: &mut Process, handle: u64, room: u32) -> u64 {
    let read = process.begin(CallKind::Read, handle, 0, &[], room);
    process.quiesce_after(read);
    read
}

#[test]
fn bytes_come_out_of_a_wdm_driver_in_order() {
    let (host, mut process, handle) = pipe();
    for part in [&b"one "[..], b"two"] {
        assert_eq!(process.write(handle, part).status, NtStatus::SUCCESS);
    }
    assert_eq!(count(&mut process, handle), 7);
    assert_eq!(process.read(handle, 6).output, b"one tw");
    assert_eq!(process.read(handle, 6).output, b"o");
    host.stop_clean();
}

#[test]
fn a_wdm_driver_refuses_what_it_does_not_have() {
    let (host, mut process, handle) = pipe();
    let unknown = process.device_control(handle, UNKNOWN, &[], 4);
    assert_eq!(unknown.status, NtStatus::INVALID_DEVICE_REQUEST);
    let short = process.device_control(handle, QUERY, &[], 3);
    assert_eq!(short.status, NtStatus::BUFFER_TOO_SMALL);
    let full = vec![1; CAPACITY];
    assert_eq!(process.write(handle, &full).status, NtStatus::SUCCESS);
    assert_eq!(process.write(handle, b"x").status, DEVICE_BUSY);
    host.stop_clean();
}

#[test]
fn reads_of_a_wdm_driver_wait_for_a_write() {
    let (host, mut process, handle) = pipe();
    let first = begin_read(&mut process, handle, 2);
    let second = begin_read(&mut process, handle, 8);
    assert_eq!(process.write(handle, b"abc").status, NtStatus::SUCCESS);
    assert_eq!(process.wait(first).output, b"ab");
    assert_eq!(process.wait(second).output, b"c");
    host.stop_clean();
}

#[test]
fn a_waiting_read_of_a_wdm_driver_is_cancelled() {
    let (host, mut process, handle) = pipe();
    let [first, second] = [(); 2].map(|()| begin_read(&mut process, handle, 2));
    assert!(process.cancel(first));
    assert_eq!(process.wait(first).status, NtStatus::CANCELLED);
    assert_eq!(process.write(handle, b"ab").status, NtStatus::SUCCESS);
    assert_eq!(process.wait(second).output, b"ab");
    host.stop_clean();
}

#[test]
fn a_close_ends_the_reads_of_that_file_alone() {
    let (host, mut process, handle) = pipe();
    let other = process.open(PIPE).expect("the device opens again");
    let closed = begin_read(&mut process, handle, 2);
    let stays = begin_read(&mut process, other, 2);
    assert_eq!(process.close(handle), NtStatus::SUCCESS);
    assert_eq!(process.wait(closed).status, NtStatus::CANCELLED);
    assert_eq!(process.write(other, b"ab").status, NtStatus::SUCCESS);
    assert_eq!(process.wait(stays).output, b"ab");
    host.stop_clean();
}

#[test]
fn a_surprise_removal_ends_the_reads_of_a_wdm_driver() {
    let (host, mut process, handle) = pipe();
    let read = begin_read(&mut process, handle, 2);
    assert_eq!(host.surprise_remove(), NtStatus::SUCCESS);
    assert_eq!(process.wait(read).status, NtStatus::CANCELLED);
    assert!(process.open(PIPE).is_err(), "the device has gone");
    assert_eq!(process.close(handle), NtStatus::SUCCESS);
    host.stop_clean();
}

#[test]
fn a_process_ends_with_a_read_that_waits() {
    let (host, mut process, handle) = pipe();
    begin_read(&mut process, handle, 2);
    drop(process);
    host.stop_clean();
}

/// Copies bytes at an address of the caller's.
const PEEK: u32 = 0x0022_600B;
const ACCESS_VIOLATION: NtStatus = NtStatus::new(0xC000_0005);
const DATATYPE_MISALIGNMENT: NtStatus = NtStatus::new(0x8000_0002);
const INVALID_BUFFER_SIZE: NtStatus = NtStatus::new(0xC000_0206);
/// Bytes of the output buffer of a copy.
const ROOM: u32 = 16;

/// The ways in which the driver copies: with `RtlCopyMemory`, byte by byte, from locked pages.
const COPIED: u32 = 0;
const BYTE_BY_BYTE: u32 = 1;
const LOCKED: u32 = 2;
/// The address of the input itself.
const INPUT: u64 = u64::MAX;
/// Lets a function of the kernel raise an exception.
const RAISE: u32 = 0x0022_600C;

/// The input that asks for a copy.
fn peek_input(address: u64, length: u32, alignment: u32, way: u32) -> Vec<u8> {
    let mut input = address.to_le_bytes().to_vec();
    for number in [length, alignment, way, 0] {
        input.extend(number.to_le_bytes());
    }
    input
}

/// What the driver answers to a copy from `address`, for both ways to copy what has been probed.
fn peek(address: u64, length: u32, alignment: u32) -> [NtStatus; 2] {
    [COPIED, BYTE_BY_BYTE].map(|way| peek_in(way, address, length, alignment))
}

/// What the driver answers to a copy from `address`.
fn peek_in(way: u32, address: u64, length: u32, alignment: u32) -> NtStatus {
    let (host, mut process, handle) = pipe();
    let input = peek_input(address, length, alignment, way);
    let status = process.device_control(handle, PEEK, &input, ROOM).status;
    // The driver still works: its registers and locks are in order.
    assert_eq!(process.write(handle, b"ab").status, NtStatus::SUCCESS);
    assert_eq!(process.read(handle, 2).output, b"ab");
    host.stop_clean();
    status
}

#[test]
fn a_c_driver_reads_what_the_caller_has() {
    let (host, mut process, handle) = pipe();
    for way in [COPIED, BYTE_BY_BYTE, LOCKED] {
        let input = peek_input(INPUT, ROOM, 1, way);
        let answer = process.device_control(handle, PEEK, &input, ROOM);
        assert_eq!(answer.status, NtStatus::SUCCESS);
        assert_eq!(answer.output, input[..ROOM as usize]);
    }
    host.stop_clean();
}

#[test]
fn pages_that_the_caller_does_not_have_are_not_locked() {
    assert_eq!(peek_in(LOCKED, 0x1_0000, 8, 1), ACCESS_VIOLATION);
    let kernel = 0xFFFF_8000_0000_0000;
    assert_eq!(peek_in(LOCKED, kernel, 8, 1), ACCESS_VIOLATION);
    assert_eq!(peek_in(LOCKED, kernel - 4, 8, 1), ACCESS_VIOLATION);
}

#[test]
fn a_c_driver_handles_what_functions_of_the_kernel_raise() {
    let (host, mut process, handle) = pipe();
    let raised = [0_u32, 1, 2].map(|function| {
        let input = function.to_le_bytes();
        process.device_control(handle, RAISE, &input, 0).status
    });
    let expected = [
        NtStatus::new(0xC000_0047),
        NtStatus::new(0xC000_0046),
        NtStatus::INSUFFICIENT_RESOURCES,
    ];
    assert_eq!(raised, expected);
    host.stop_clean();
}

#[test]
fn a_c_driver_handles_a_fault_at_the_callers_address() {
    assert_eq!(peek(0x1_0000, 8, 1), [ACCESS_VIOLATION; 2]);
    assert_eq!(peek(0, 8, 1), [ACCESS_VIOLATION; 2]);
}

#[test]
fn a_probe_raises_an_exception_that_a_c_driver_handles() {
    assert_eq!(peek(0x1_0001, 8, 4), [DATATYPE_MISALIGNMENT; 2]);
    let kernel = 0xFFFF_8000_0000_0000;
    assert_eq!(peek(kernel, 8, 1), [ACCESS_VIOLATION; 2]);
    assert_eq!(peek(kernel - 4, 8, 1), [ACCESS_VIOLATION; 2]);
    // Nothing is probed, and nothing is copied.
    assert_eq!(peek(kernel, 0, 1), [NtStatus::SUCCESS; 2]);
}

#[test]
fn a_c_driver_handles_the_exception_that_it_raises() {
    assert_eq!(peek(0x1_0000, ROOM + 1, 1), [INVALID_BUFFER_SIZE; 2]);
}
