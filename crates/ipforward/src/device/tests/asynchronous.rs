//! Calls as futures, a watch as a stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, MutexGuard};

use abi::watch::{EVENT_ADDED, WATCH_NO_WAIT};
use abi::{WatchEvent, WatchHeader, WatchRequest};
use futures_lite::{StreamExt, future};

use super::*;
use crate::asynchronous::AsyncDevice;
use crate::watch::{EventKind, WatchFilter};

/// A fake driver with one route, and endless events or none.
#[derive(Default)]
struct EventDriver {
    endless: bool,
    sequence: Mutex<u64>,
    /// The number of waiting calls, and true if they are cancelled.
    waiting: Mutex<(u32, bool)>,
    changed: Condvar,
    cancelled: AtomicU32,
}

impl EventDriver {
    fn waiting(&self) -> MutexGuard<'_, (u32, bool)> {
        self.waiting.lock().unwrap()
    }

    /// Waits until the call is cancelled.
    fn wait(&self) -> TransportError {
        let mut waiting = self.waiting();
        waiting.0 += 1;
        self.changed.notify_all();
        let mut waiting = self
            .changed
            .wait_while(waiting, |(_, cancelled)| !*cancelled)
            .unwrap();
        waiting.0 -= 1;
        self.cancelled.fetch_add(1, Ordering::Relaxed);
        TransportError::Refused(DriverError::from_status(NtStatus::CANCELLED))
    }

    fn answer(&self, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        let request = WatchRequest::read_from_bytes(input).unwrap();
        if request.flags & WATCH_NO_WAIT == 0 && !self.endless {
            return Err(self.wait());
        }
        let mut sequence = self.sequence.lock().unwrap();
        let count = u32::from(request.flags & WATCH_NO_WAIT == 0);
        *sequence += u64::from(count);
        let header = WatchHeader {
            sequence: *sequence,
            count,
            ..WatchHeader::default()
        };
        let event = WatchEvent {
            sequence: *sequence,
            kind: EVENT_ADDED,
            row: MibIpForwardRow2::from(&route(20)),
            ..WatchEvent::default()
        };
        let events = &[event][..count as usize];
        Ok([header.as_bytes(), events.as_bytes()].concat())
    }
}

impl Transport for Arc<EventDriver> {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        let version = Version {
            abi_version: ABI_VERSION,
            ..Version::default()
        };
        let bytes = match Operation::from_code(code).unwrap() {
            Operation::QueryVersion => version.as_bytes().to_vec(),
            Operation::GetTable => page(0, 1, &[route(20)]),
            Operation::Watch => self.answer(input)?,
            other => panic!("{other:?} is not expected"),
        };
        output[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn cancel(&self, _code: ControlCode) {
        self.waiting().1 = true;
        self.changed.notify_all();
    }
}

fn device_on(ring: &Arc<EventDriver>) -> AsyncDevice {
    AsyncDevice::new(Device::with_transport(Arc::clone(ring)).unwrap())
}

#[test]
fn a_call_is_made_on_another_thread() {
    let device = device_on(&Arc::default());
    let here = std::thread::current().id();
    let (there, routes) = future::block_on(device.call(|device| {
        let routes = device.routes(AddressFamily::IPV4);
        (std::thread::current().id(), routes)
    }));
    assert_ne!(there, here);
    assert_eq!(routes, Ok(vec![route(20)]));
}

#[test]
fn events_follow_the_snapshot() {
    let ring = Arc::new(EventDriver {
        endless: true,
        ..EventDriver::default()
    });
    let device = device_on(&ring);
    future::block_on(async {
        let mut events = device.watch(&WatchFilter::new()).await.unwrap();
        // The table of this driver covers the events up to 40.
        assert_eq!(events.snapshot().await, Ok(vec![route(20)]));
        for sequence in 41..100 {
            let event = events.next().await.unwrap().unwrap();
            assert_eq!(event.sequence, sequence);
            assert_eq!(event.kind, EventKind::Added(route(20)));
        }
    });
}

#[test]
fn a_slow_reader_blocks_only_the_watch_thread() {
    let ring = Arc::new(EventDriver {
        endless: true,
        ..EventDriver::default()
    });
    let device = device_on(&ring);
    let mut events = future::block_on(device.watch(&WatchFilter::new())).unwrap();
    future::block_on(events.next()).unwrap().unwrap();
    // The thread ends although it may be waiting to send an event.
    drop(events);
    assert!(*ring.sequence.lock().unwrap() < 40);
}

#[test]
fn dropping_a_stream_cancels_the_waiting_call() {
    let ring = Arc::new(EventDriver::default());
    let device = device_on(&ring);
    let events = future::block_on(device.watch(&WatchFilter::new())).unwrap();
    let waiting = ring
        .changed
        .wait_while(ring.waiting(), |(calls, _)| *calls == 0)
        .unwrap();
    drop(waiting);
    drop(events);
    assert_eq!(ring.waiting().0, 0);
    assert_eq!(ring.cancelled.load(Ordering::Relaxed), 1);
    // The device can be watched again.
    drop(future::block_on(device.watch(&WatchFilter::new())).unwrap());
}

#[test]
fn a_second_stream_of_a_device_is_an_error() {
    let device = device_on(&Arc::default());
    let first = future::block_on(device.watch(&WatchFilter::new())).unwrap();
    let second = future::block_on(device.watch(&WatchFilter::new()));
    assert_eq!(second.unwrap_err(), Error::WatchedAlready);
    drop(first);
}
