//! A control device that is a mailbox: a sequential queue, and requests that wait for messages.

use std::path::Path;
use std::thread;
use std::time::Duration;

use abi::NtStatus;
use nthost_protocol::syscall::CallKind;
use tests::{Host, Process, start_test_driver};

const MAILBOX: &str = r"\\.\Mailbox";
const PUT: u32 = 0x0022_A000;
const TAKE: u32 = 0x0022_6004;
const QUERY: u32 = 0x0022_6008;

const FILE_READ_DATA: u32 = 1;

fn mailbox() -> Host {
    start_test_driver("control", &[])
}

fn put(process: &mut Process, handle: u64, message: &[u8]) -> NtStatus {
    process
        .call(CallKind::DeviceControl, handle, PUT, message, 0)
        .status
}

/// The mailbox's counters: messages put, taken, queued, put by this handle; overlapping requests.
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

/// Puts numbered messages and waits until all are taken: the driver discards a closed handle's messages.
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
fn pending_requests_are_served_in_order_of_arrival() {
    let host = mailbox();
    let mut process = host.connect();
    let handle = process.open(MAILBOX).unwrap();
    let waiting: Vec<u64> = (0..3)
        .map(|_| {
            let id = process.begin(CallKind::DeviceControl, handle, TAKE, &[], 256);
            // Calls of different threads reach the driver in any order.
            process.quiesce_after(id);
            id
        })
        .collect();
    // The second request is cancelled.
    assert!(process.cancel(waiting[1]));
    assert_eq!(process.wait(waiting[1]).status, NtStatus::CANCELLED);
    for (id, message) in [(waiting[0], b"first"), (waiting[2], b"third")] {
        assert_eq!(put(&mut process, handle, message), NtStatus::SUCCESS);
        assert_eq!(process.wait(id).output, message);
    }
    host.stop_clean();
}

#[test]
fn a_message_too_long_for_one_buffer_stays_queued() {
    let host = mailbox();
    let mut process = host.connect();
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
fn messages_are_discarded_with_their_handle() {
    let host = mailbox();
    let mut process = host.connect();
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
    let mut process = host.connect();
    let handle = process.open_for(MAILBOX, FILE_READ_DATA).unwrap();
    assert_eq!(put(&mut process, handle, b"no"), NtStatus::ACCESS_DENIED);
    assert_eq!(query(&mut process, handle), [0; 5]);
    host.stop_clean();
}
