//! Parked requests: only those that have an answer are taken out of their queue.

extern crate std;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::vec;
use std::vec::Vec;

use abi::watch::WATCH_REQUESTS_MAX;

use super::*;
use crate::report::Loss;
use crate::test_driver::Registered;
use crate::watch::PendingWatch;
use crate::worker::{ParkedRequest, ParkingQueue, WantedRequest, WorkerHost};

/// A driver that parks requests.
#[derive(Default)]
struct ParkingHost {
    driver: TestDriver,
    queues: [RefCell<VecDeque<Parked>>; 2],
    taken: Cell<u32>,
    /// Number of requests after which the next search of the first queue begins again.
    disturbed: Cell<usize>,
}

struct Parked {
    watch: PendingWatch,
    output: Vec<u8>,
}

impl ParkedRequest for Parked {
    fn watch(&self) -> Result<PendingWatch, NtStatus> {
        Ok(self.watch)
    }

    fn output(&mut self) -> Result<&mut [u8], NtStatus> {
        Ok(&mut self.output)
    }

    fn complete(self, outcome: Result<usize, NtStatus>) {
        assert!(matches!(
            outcome,
            Ok(_) | Err(NtStatus::INVALID_HANDLE | NtStatus::QUOTA_EXCEEDED)
        ));
    }
}

impl ParkingHost {
    fn queue(&self, queue: ParkingQueue) -> &RefCell<VecDeque<Parked>> {
        let [first, second] = &self.queues;
        match queue {
            ParkingQueue::First => first,
            ParkingQueue::Second => second,
        }
    }

    /// Parks a `WATCH` of the routes within this one.
    fn watch(&self, client: &Client, row: &MibIpForwardRow2) {
        let request = WatchRequest {
            prefix: row.destination_prefix,
            ..WatchRequest::default()
        };
        let mut command = Command::Watch(decode::watch::decode(&request).unwrap());
        let mut output = vec![0; 1_000];
        let driver = &self.driver;
        let mut session = driver
            .state
            .session(&driver.stack, &client.state, &client.counters);
        match session.execute(&mut command, &mut output, NEVER) {
            Ok(Served::Pending(watch)) => {
                let watches = &driver.state.watch;
                worker::park(watches, &mut (), self, Parked { watch, output });
            }
            other => panic!("{other:?}"),
        }
    }

    fn work(&self) {
        worker::run(
            &mut &self.driver.stack,
            &self.driver.state.leases,
            &self.driver.state.watch,
            self,
            &Registered,
        );
    }

    fn parked_requests(&self) -> u32 {
        self.parked(ParkingQueue::First) + self.parked(ParkingQueue::Second)
    }
}

impl WorkerHost for ParkingHost {
    type Parked = Parked;

    fn now(&self) -> KernelTime {
        self.driver.now()
    }

    fn enqueue(&self) {}

    fn wake_in(&self, _delay: Ticks) {}

    fn report(&self, _loss: &Loss) {}

    fn parked(&self, queue: ParkingQueue) -> u32 {
        self.queue(queue).borrow().len().try_into().unwrap()
    }

    fn take(&self, from: ParkingQueue, wanted: WantedRequest<'_>) -> Option<Parked> {
        let mut queue = self.queue(from).borrow_mut();
        let watches: Vec<_> = queue.iter().map(|parked| parked.watch).collect();
        let all = (0..).zip(&watches);
        let disturbed = match from {
            ParkingQueue::First => self.disturbed.take(),
            ParkingQueue::Second => 0,
        };
        let mut seen = all.clone().take(disturbed).chain(all);
        let (index, _) = seen.find(|(index, watch)| wanted(*index, watch))?;
        self.taken.set(self.taken.get() + 1);
        queue.remove(index as usize)
    }

    fn park(&self, queue: ParkingQueue, request: Parked) {
        self.queue(queue).borrow_mut().push_back(request);
    }
}

#[test]
fn a_request_without_an_event_stays_in_its_queue() {
    let host = ParkingHost::default();
    let clients: [Client; 32] = core::array::from_fn(|_| Client::default());
    for (number, client) in (0..).zip(&clients) {
        host.watch(client, &route(number));
    }
    host.work();
    assert_eq!((host.taken.get(), host.parked_requests()), (0, 32));
    host.driver.stack.create(&route(7)).unwrap();
    host.driver.notify();
    host.work();
    assert_eq!((host.taken.get(), host.parked_requests()), (1, 31));
}

#[test]
fn each_of_two_requests_of_one_filter_is_answered() {
    let (host, client) = (ParkingHost::default(), Client::default());
    host.watch(&client, &route(1));
    host.watch(&client, &route(1));
    host.driver.stack.create(&route(1)).unwrap();
    host.driver.notify();
    host.work();
    assert_eq!((host.taken.get(), host.parked_requests()), (2, 0));
}

#[test]
fn a_request_of_a_closed_handle_is_answered() {
    let (host, client) = (ParkingHost::default(), Client::default());
    let other = Client::default();
    host.watch(&client, &route(1));
    host.watch(&other, &route(2));
    host.driver.close(&client);
    host.work();
    assert_eq!((host.taken.get(), host.parked_requests()), (1, 1));
}

#[test]
fn a_search_that_begins_again_counts_each_request_once() {
    let (host, client) = (ParkingHost::default(), Client::default());
    let other = Client::default();
    for _ in 0..40 {
        host.watch(&other, &route(1));
        host.watch(&client, &route(1));
    }
    for disturbed in 0..24 {
        host.disturbed.set(80 + disturbed);
        host.watch(&client, &route(1));
        host.watch(&other, &route(1));
    }
    assert_eq!(host.parked_requests(), 2 * WATCH_REQUESTS_MAX);
    host.disturbed.set(100);
    host.watch(&client, &route(1));
    assert_eq!(host.parked_requests(), 2 * WATCH_REQUESTS_MAX);
}

#[test]
fn a_handle_parks_no_more_requests_than_its_limit() {
    let (host, client) = (ParkingHost::default(), Client::default());
    let other = Client::default();
    for _ in 0..WATCH_REQUESTS_MAX + 3 {
        host.watch(&client, &route(1));
    }
    assert_eq!(host.parked_requests(), WATCH_REQUESTS_MAX);
    host.watch(&other, &route(1));
    assert_eq!(host.parked_requests(), WATCH_REQUESTS_MAX + 1);
}
