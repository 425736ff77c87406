//! Drivers that share nothing with ours run in the host unchanged: a `PnP` device that echoes, a
//! control device that is a mailbox, and two that look below the framework.

mod inspector;
mod miniport;

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use abi::NtStatus;
use nthost_protocol::CallKind;
use tests::{Host, Plan, Process, program};

const ECHO: &str = r"\\?\ROOT#echo#0000#{6f1c2b0e-52a4-4c36-9a53-0b7e3f1d9c11}";
/// Sets how many milliseconds reads wait.
const SET_DELAY: u32 = 0x0022_A000;
/// Longer than any test.
const FOREVER: u32 = 1_000_000;

const MAILBOX: &str = r"\\.\Mailbox";
const PUT: u32 = 0x0022_A000;
const TAKE: u32 = 0x0022_6004;
const QUERY: u32 = 0x0022_6008;

const FILE_READ_DATA: u32 = 1;

fn echo() -> Host {
    Host::start_other("echo", &[])
}

fn mailbox() -> Host {
    Host::start_other("control", &[])
}

/// `nthost send`: what it printed, and whether the call succeeded.
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

fn put(process: &mut Process, handle: u64, message: &[u8]) -> NtStatus {
    process
        .call(CallKind::DeviceControl, handle, PUT, message, 0)
        .status
}

/// The mailbox's counters: put, taken, here, put by this handle, overlaps.
fn query(process: &mut Process, handle: u64) -> [u32; 5] {
    let reply = process.call(CallKind::DeviceControl, handle, QUERY, &[], 20);
    let (numbers, rest) = reply.output.as_chunks::<4>();
    assert!(rest.is_empty());
    let numbers: Vec<u32> = numbers
        .iter()
        .map(|next| u32::from_le_bytes(*next))
        .collect();
    numbers.try_into().expect("five counters")
}

#[test]
fn what_is_written_is_read_back() {
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
fn input_comes_from_a_file_too() {
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
fn a_code_that_the_driver_does_not_know_is_refused() {
    let host = echo();
    let (text, ok) = send(&host, &["--open", ECHO, "--ioctl", "0x22A004"]);
    assert!(
        !ok && text.contains("call: STATUS_INVALID_DEVICE_REQUEST"),
        "{text}"
    );
    host.stop_clean();
}

#[test]
fn a_read_waits_until_the_timer_ends_it() {
    const DELAY: u32 = 300;
    let host = echo();
    let mut process = Process::start(&host.socket());
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
fn a_read_can_be_cancelled_after_a_time() {
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
fn reads_that_are_cancelled_while_the_timer_ends_them_end_once() {
    let host = echo();
    let mut process = Process::start(&host.socket());
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

/// The driver wants to end a read and finds that it has been cancelled, or that it is not
/// cancelable: in both cases somebody ends it, and nobody does so twice.
#[test]
fn a_read_that_cannot_be_unmarked_ends_once() {
    const UNMARK: &str = "WdfRequestUnmarkCancelable";
    let host = echo();
    let (mut process, mut control) = (
        Process::start(&host.socket()),
        Process::start(&host.socket()),
    );
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
fn reads_of_a_closed_handle_end_and_those_of_others_do_not() {
    let host = echo();
    let mut process = Process::start(&host.socket());
    let (closed, other) = (process.open(ECHO).unwrap(), process.open(ECHO).unwrap());
    set_delay(&mut process, closed, FOREVER);
    let read = process.begin(CallKind::Read, closed, 0, &[], 16);
    let stays = process.begin(CallKind::Read, other, 0, &[], 16);
    // Calls of different threads reach the driver in any order.
    thread::sleep(Duration::from_millis(100));
    assert_eq!(process.close(closed), NtStatus::SUCCESS);
    assert_eq!(process.wait(read).status, NtStatus::CANCELLED);
    assert!(process.cancel(stays), "it is still in flight");
    assert_eq!(process.wait(stays).status, NtStatus::CANCELLED);
    host.stop_clean();
}

#[test]
fn a_host_that_stops_while_a_read_waits_unloads_cleanly() {
    let host = echo();
    let mut process = Process::start(&host.socket());
    let handle = process.open(ECHO).unwrap();
    set_delay(&mut process, handle, FOREVER);
    process.begin(CallKind::Read, handle, 0, &[], 16);
    host.stop_clean();
}

#[test]
fn messages_keep_their_order_and_requests_come_one_at_a_time() {
    const CLIENTS: u8 = 4;
    const MESSAGES: u8 = 100;
    let host = mailbox();
    let socket = host.socket();
    let mut reader = Process::start(&socket);
    let handle = reader.open(MAILBOX).unwrap();
    let total = usize::from(CLIENTS) * usize::from(MESSAGES);
    let taken: Vec<[u8; 2]> = thread::scope(|scope| {
        for client in 0..CLIENTS {
            let socket = &socket;
            scope.spawn(move || put_all(socket, client, MESSAGES));
        }
        (0..total)
            .map(|_| {
                let reply = reader.call(CallKind::DeviceControl, handle, TAKE, &[], 256);
                assert_eq!(reply.status, NtStatus::SUCCESS);
                reply.output.try_into().expect("two bytes")
            })
            .collect()
    });
    for client in 0..CLIENTS {
        let own = taken.iter().filter(|[sender, _]| *sender == client);
        let numbers: Vec<u8> = own.map(|[_, number]| *number).collect();
        assert_eq!(
            numbers,
            (0..MESSAGES).collect::<Vec<_>>(),
            "client {client}"
        );
    }
    let [put, taken, here, put_by_me, overlaps] = query(&mut reader, handle);
    let total = u32::try_from(total).unwrap();
    assert_eq!(
        [put, taken, here, put_by_me, overlaps],
        [total, total, 0, 0, 0]
    );
    host.stop_clean();
}

/// Puts numbered messages and stays until they are all taken: its messages go with its handle.
fn put_all(socket: &Path, client: u8, messages: u8) {
    let mut process = Process::start(socket);
    let handle = process.open(MAILBOX).unwrap();
    for number in 0..messages {
        assert_eq!(
            put(&mut process, handle, &[client, number]),
            NtStatus::SUCCESS
        );
    }
    while query(&mut process, handle)[2] > 0 {
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn who_waits_is_served_first_come_first_served() {
    let host = mailbox();
    let mut process = Process::start(&host.socket());
    let handle = process.open(MAILBOX).unwrap();
    let waiting: Vec<u64> = (0..3)
        .map(|_| {
            let id = process.begin(CallKind::DeviceControl, handle, TAKE, &[], 256);
            // Calls of different threads reach the driver in any order.
            thread::sleep(Duration::from_millis(50));
            id
        })
        .collect();
    // The second one does not want to wait any more.
    assert!(process.cancel(waiting[1]));
    assert_eq!(process.wait(waiting[1]).status, NtStatus::CANCELLED);
    for (id, message) in [(waiting[0], b"first"), (waiting[2], b"third")] {
        assert_eq!(put(&mut process, handle, message), NtStatus::SUCCESS);
        assert_eq!(process.wait(id).output, message);
    }
    host.stop_clean();
}

#[test]
fn a_message_that_is_too_long_for_one_stays_for_others() {
    let host = mailbox();
    let mut process = Process::start(&host.socket());
    let handle = process.open(MAILBOX).unwrap();
    assert_eq!(
        put(&mut process, handle, &[1; 257]),
        NtStatus::INVALID_BUFFER_SIZE
    );
    assert_eq!(put(&mut process, handle, &[]), NtStatus::BUFFER_TOO_SMALL);
    assert_eq!(put(&mut process, handle, &[1; 256]), NtStatus::SUCCESS);
    let short = process.call(CallKind::DeviceControl, handle, TAKE, &[], 255);
    assert_eq!(
        (short.status, short.output.len()),
        (NtStatus::BUFFER_TOO_SMALL, 0)
    );
    let long = process.call(CallKind::DeviceControl, handle, TAKE, &[], 300);
    assert_eq!(
        (long.status, long.output),
        (NtStatus::SUCCESS, vec![1; 256])
    );
    host.stop_clean();
}

#[test]
fn messages_go_with_the_handle_that_they_came_through() {
    let host = mailbox();
    let mut process = Process::start(&host.socket());
    let (leaver, stayer) = (
        process.open(MAILBOX).unwrap(),
        process.open(MAILBOX).unwrap(),
    );
    for (handle, message) in [(leaver, b"a"), (stayer, b"b"), (leaver, b"c")] {
        assert_eq!(put(&mut process, handle, message), NtStatus::SUCCESS);
    }
    assert_eq!(process.close(leaver), NtStatus::SUCCESS);
    assert_eq!(query(&mut process, stayer), [3, 0, 1, 1, 0]);
    let taken = process.call(CallKind::DeviceControl, stayer, TAKE, &[], 8);
    assert_eq!(taken.output, b"b");
    host.stop_clean();
}

#[test]
fn a_handle_for_reading_cannot_put_messages() {
    let host = mailbox();
    let mut process = Process::start(&host.socket());
    let handle = process.open_for(MAILBOX, FILE_READ_DATA).unwrap();
    assert_eq!(put(&mut process, handle, b"no"), NtStatus::ACCESS_DENIED);
    assert_eq!(query(&mut process, handle), [0; 5]);
    host.stop_clean();
}
