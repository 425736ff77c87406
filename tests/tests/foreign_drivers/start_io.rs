//! A WDM driver in C that works on one IRP at a time, by `StartIo` and the device's queue.

use std::time::Duration;

use abi::NtStatus;
use nthost_protocol::syscall::CallKind;
use tests::{Host, Process, start_test_driver};

const WORKER: &str = r"\\.\StartIoWdm";
/// How long the device works on a read.
const WORK_TIME: Duration = Duration::from_millis(10);

/// The device, whose time passes when the test says so.
fn worker() -> (Host, Process, u64) {
    let host = start_test_driver("start_io_wdm", &[]);
    let mut process = host.connect();
    process.pass_time(Duration::ZERO);
    let handle = process.open(WORKER).expect("the device opens");
    (host, process, handle)
}

/// Begins reads, one after the other.
fn begin_reads<const COUNT: usize>(process: &mut Process, handle: u64) -> [u64; COUNT] {
    [(); COUNT].map(|()| {
        let read = process.begin(CallKind::Read, handle, 0, &[], 4);
        process.quiesce_after(read);
        read
    })
}

/// How many reads the device had ended with this one.
fn answer(process: &mut Process, read: u64) -> u32 {
    let reply = process.wait(read);
    assert_eq!(reply.status, NtStatus::SUCCESS);
    u32::from_le_bytes(reply.output.try_into().expect("a number"))
}

#[test]
fn the_reads_of_a_device_with_startio_take_turns() {
    let (host, mut process, handle) = worker();
    let reads = begin_reads::<3>(&mut process, handle);
    for (read, number) in reads.into_iter().zip(1..) {
        process.pass_time(WORK_TIME);
        assert_eq!(answer(&mut process, read), number);
        let waiting = 3 - number as usize;
        assert_eq!(process.list_in_flight().lines().count(), waiting);
    }
    host.stop_clean();
}

#[test]
fn a_read_is_cancelled_in_the_queue_of_its_device() {
    let (host, mut process, handle) = worker();
    let [first, second, third] = begin_reads(&mut process, handle);
    assert!(process.cancel(second));
    assert_eq!(process.wait(second).status, NtStatus::CANCELLED);
    process.pass_time(WORK_TIME);
    assert_eq!(answer(&mut process, first), 1);
    process.pass_time(WORK_TIME);
    assert_eq!(answer(&mut process, third), 2);
    host.stop_clean();
}
