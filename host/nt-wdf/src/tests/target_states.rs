//! The state of an I/O target, and what becomes of the requests that are sent to it.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use nt_types::status::NtStatus;

use super::io_targets::{AT_ONCE, call, limited};
use crate::handle::{WdfIoTarget, WdfMemory, WdfRequest};
use crate::pointer::In;
use crate::request::CompletionParams;
use crate::request_api::{SEND_AND_FORGET, SYNCHRONOUS, SendOptions};
use crate::status;
use crate::test_driver::server::{Client, EMPTY, KEPT};
use crate::test_driver::wdf;

/// Sends the status to the test, whose sender is the context.
extern "win64" fn routine(
    _: WdfRequest,
    _: WdfIoTarget,
    params: &CompletionParams,
    context: usize,
) {
    let sender: *mut Sender<NtStatus> = std::ptr::with_exposed_provenance_mut(context);
    // SAFETY: made for this one call.
    let sender = unsafe { Box::from_raw(sender) };
    sender.send(params.status).expect("the test waits");
}

/// Sends a request without buffers. Gives its outcome.
fn send(client: &Client, code: u32, options: In<SendOptions>) -> (WdfRequest, Receiver<NtStatus>) {
    let (sender, receiver) = mpsc::channel();
    let context: *mut Sender<NtStatus> = Box::into_raw(Box::new(sender));
    let request = client.request();
    client.format(request, code, WdfMemory::NULL, 0);
    client.set_routine(request, routine, context.expose_provenance());
    assert!(client.send(request, options));
    (request, receiver)
}

#[test]
fn the_time_of_a_request_that_waits_for_a_start_is_limited() {
    let client = Client::new();
    client.stop();
    let (_, outcome) = send(&client, EMPTY, In::from(&limited(0, AT_ONCE)));
    assert_eq!(outcome.recv(), Ok(status::IO_TIMEOUT));
    client.unload();
}

#[test]
fn a_request_that_waits_for_a_start_is_sent_then_or_cancelled() {
    let client = Client::new();
    client.stop();
    let (started, first) = send(&client, EMPTY, In::NULL);
    let (cancelled, second) = send(&client, EMPTY, In::NULL);
    assert!(first.try_recv().is_err());
    assert!(client.cancel(cancelled));
    assert_eq!(second.try_recv(), Ok(NtStatus::CANCELLED));
    client.start();
    assert_eq!(first.try_recv(), Ok(NtStatus::SUCCESS));
    assert!(!client.cancel(started));
    client.unload();
}

#[test]
fn a_call_of_a_stopped_target_waits_for_its_start() {
    let client = Client::new();
    client.stop();
    let late = call(&client, EMPTY, In::from(&limited(0, AT_ONCE)));
    assert_eq!(late, status::IO_TIMEOUT);
    thread::scope(|scope| {
        let called = scope.spawn(|| call(&client, EMPTY, In::NULL));
        client.start();
        assert_eq!(called.join().unwrap(), NtStatus::SUCCESS);
    });
    client.unload();
}

#[test]
fn a_purged_target_takes_no_call() {
    /// `WdfIoTargetPurgeIo`.
    const PURGE: i32 = 2;
    let client = Client::new();
    wdf!(client.globals(), 420, client.target => WdfIoTarget, PURGE => i32; ());
    let refused = call(&client, EMPTY, In::NULL);
    assert_eq!(refused, NtStatus::INVALID_DEVICE_STATE);
    let request = client.request();
    client.format(request, EMPTY, WdfMemory::NULL, 0);
    let options = SendOptions {
        size: 16,
        flags: SYNCHRONOUS,
        timeout: 0,
    };
    assert!(!client.send(request, In::from(&options)));
    assert_eq!(client.status(request), NtStatus::INVALID_DEVICE_STATE);
    client.unload();
}

#[test]
fn a_request_of_the_drivers_own_cannot_be_forgotten() {
    let client = Client::new();
    let request = client.request();
    client.format(request, EMPTY, WdfMemory::NULL, 0);
    let options = SendOptions {
        size: 16,
        flags: SEND_AND_FORGET,
        timeout: 0,
    };
    assert!(!client.send(request, In::from(&options)));
    assert_eq!(client.status(request), NtStatus::INVALID_DEVICE_STATE);
    client.unload();
}

#[test]
fn a_close_cancels_a_call_that_is_under_way() {
    let client = Client::new();
    thread::scope(|scope| {
        let called = scope.spawn(|| call(&client, KEPT, In::NULL));
        // The call has come to the server by then, or finds the target closed.
        thread::sleep(Duration::from_millis(50));
        client.close();
        let outcome = called.join().unwrap();
        let is_refused = outcome == NtStatus::INVALID_DEVICE_STATE;
        assert!(is_refused || outcome == NtStatus::CANCELLED, "{outcome}");
    });
    client.unload();
}

#[test]
fn a_target_that_is_not_open_cannot_be_stopped() {
    let client = Client::unopened();
    client.stop();
    assert_eq!(client.state(), 4);
    client.unload();
}
