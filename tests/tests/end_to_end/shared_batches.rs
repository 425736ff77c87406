//! A batch whose entries do not belong together lets other handles in between them.

use abi::apply::{APPLY_ATOMIC, OUTCOME_DONE};
use abi::{ApplyAnswer, Operation};
use ipforward::{Device, Route};
use tests::{Host, Process, RawClient, creating_batch, eventually, numbered_row, start_host};
use zerocopy::{FromBytes, IntoBytes};

/// As many entries as a batch may have.
const ENTRIES: u32 = 4096;
/// Room for the answers to them.
const ROOM: u32 = 1 << 20;

fn waits_for_the_lock(control: &mut Process) -> bool {
    control.list_in_flight().contains("waits for a mutex")
}

/// Begins a batch and, when it is at its first entries, another handle's request. Then the batch goes
/// on almost to its end, where it is held again. Returns both calls.
fn beside_a_batch(host: &Host, control: &mut Process, flags: u32) -> [(RawClient, u64); 2] {
    control.pause_at("CreateIpForwardEntry2", 10);
    let mut holder = RawClient::open(&host.socket()).unwrap();
    let batch = holder.begin(Operation::Apply, &creating_batch(flags, ENTRIES), ROOM);
    eventually("the batch has begun", || control.is_paused());
    let mut other = RawClient::open(&host.socket()).unwrap();
    let request = other.begin(Operation::CreateRoute, numbered_row(ENTRIES).as_bytes(), 0);
    eventually("the other request waits", || waits_for_the_lock(control));
    control.pause_at("CreateIpForwardEntry2", 4_000);
    eventually("the batch is almost done", || control.is_paused());
    [(holder, batch), (other, request)]
}

#[test]
fn another_handle_is_served_while_a_batch_runs() {
    let host = start_host();
    let mut control = host.connect();
    let [(mut holder, batch), (mut other, request)] = beside_a_batch(&host, &mut control, 0);
    // The batch is held by the test: the answer can only have come between its entries.
    assert!(other.wait(request).status.is_success());
    assert_eq!(control.list_in_flight().lines().count(), 1);
    control.resume();
    let reply = holder.wait(batch);
    let (answer, _) = ApplyAnswer::read_from_prefix(&reply.output).unwrap();
    assert_eq!((answer.outcome, answer.applied), (OUTCOME_DONE, ENTRIES));
    drop((holder, other, control));
    host.stop_clean();
}

#[test]
fn another_handle_waits_for_an_atomic_batch() {
    let host = start_host();
    let mut control = host.connect();
    let observer = Device::open(host.socket()).unwrap();
    let [(mut holder, batch), (mut other, request)] =
        beside_a_batch(&host, &mut control, APPLY_ATOMIC);
    assert_eq!(control.list_in_flight().lines().count(), 2);
    let late = Route::try_from(&numbered_row(ENTRIES)).unwrap();
    assert!(observer.get_route(&late.key()).is_err());
    control.resume();
    assert!(holder.wait(batch).status.is_success());
    assert!(other.wait(request).status.is_success());
    drop((holder, other, observer, control));
    host.stop_clean();
}
