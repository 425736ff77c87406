//! A batch that is ended while the driver works on it or while it waits for another: by its caller,
//! that cancels it, or by the end of the process that made it. What it had changed is undone.

use abi::apply::{APPLY_ATOMIC, OUTCOME_CANCELLED};
use abi::{ApplyAnswer, NtStatus, Operation};
use ipforward::Device;
use tests::{Host, Process, RawClient, creating_batch, eventually, start_host, table};
use zerocopy::FromBytes;

/// As many entries as a batch may have.
const ENTRIES: u32 = 4096;
/// How many routes are there when the batch is held.
const HALF_WAY: u64 = 2000;
/// Room for the answers to them.
const ROOM: u32 = 1 << 20;

/// A process that has begun an atomic batch, and the call's id.
fn begin_batch(host: &Host) -> (RawClient, u64) {
    let mut client = RawClient::open(&host.socket()).unwrap();
    let id = client.begin(
        Operation::Apply,
        &creating_batch(APPLY_ATOMIC, ENTRIES),
        ROOM,
    );
    (client, id)
}

/// Begins a batch, has `end` end it while the driver is in the middle of it, and demands that the
/// table is as before.
fn half_way(end: impl FnOnce(&mut Process, RawClient, u64)) {
    let host = start_host();
    let mut control = host.connect();
    let observer = Device::open(host.socket()).unwrap();
    let before = table(&observer);
    control.pause_at("CreateIpForwardEntry2", HALF_WAY);
    let (client, id) = begin_batch(&host);
    eventually("the batch is half way", || control.is_paused());
    assert!(table(&observer).len() > before.len());
    end(&mut control, client, id);
    eventually("the table is as before", || table(&observer) == before);
    drop((observer, control));
    host.stop_clean();
}

#[test]
fn a_cancelled_atomic_batch_is_undone() {
    half_way(|control, mut client, id| {
        assert!(client.cancel(id), "the batch was running");
        control.resume();
        let reply = client.wait(id);
        assert!(reply.status.is_success(), "{:?}", reply.status);
        let (answer, _) = ApplyAnswer::read_from_prefix(&reply.output).unwrap();
        assert_eq!(answer.outcome, OUTCOME_CANCELLED);
        assert_eq!(u64::from(answer.failed_index), HALF_WAY + 1);
    });
}

#[test]
fn an_atomic_batch_of_a_killed_process_is_undone() {
    // None of these routes is a lease: they would stay if the driver executed the batch to its end.
    // The thread is in the driver, so that the system cannot cancel its request.
    half_way(|control, client, _| {
        drop(client);
        eventually("the thread is terminating", || {
            control.list_in_flight().contains("thread is terminating")
        });
        assert!(!control.list_in_flight().contains("cancelled"));
        control.resume();
    });
}

/// Has a batch hold the lease-table lock, and `end` end a request that waits for it. The request
/// must have left the driver before the batch goes on.
fn while_another_batch_runs(end: impl FnOnce(&mut Process, RawClient, u64)) {
    let host = start_host();
    let mut control = host.connect();
    let observer = Device::open(host.socket()).unwrap();
    let before = table(&observer);
    control.pause_at("CreateIpForwardEntry2", HALF_WAY);
    let (mut holder, held) = begin_batch(&host);
    eventually("the batch is half way", || control.is_paused());
    let (waiting, id) = begin_batch(&host);
    eventually("the other batch is in the driver", || {
        in_flight(&mut control) == 2
    });
    end(&mut control, waiting, id);
    eventually("the other batch has left", || in_flight(&mut control) == 1);
    control.resume();
    assert!(holder.wait(held).status.is_success());
    assert_eq!(table(&observer).len(), before.len() + ENTRIES as usize);
    drop((holder, observer, control));
    host.stop_clean();
}

fn in_flight(control: &mut Process) -> usize {
    control.list_in_flight().lines().count()
}

#[test]
fn a_batch_cancelled_while_it_waits_for_another_leaves_at_once() {
    while_another_batch_runs(|_, mut client, id| {
        assert!(client.cancel(id), "the batch was waiting");
        assert_eq!(client.wait(id).status, NtStatus::CANCELLED);
    });
}

#[test]
fn a_killed_process_waiting_for_another_batch_ends_at_once() {
    while_another_batch_runs(|_, client, _| drop(client));
}
