//! A driver whose parts run in threads of `loom`: what `src/` does around the engine, and nothing
//! else.

extern crate std;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec::Vec;

use abi::{
    ApplyEntry, MibIpForwardRow2, MibIpInterfaceRow, NtStatus, WatchEvent, WatchHeader,
    WatchRequest,
};
use loom::sync::Mutex;
use zerocopy::FromBytes;

use super::shared_stack::SharedStack;
use crate::counters::{AtomicCounters, CounterScopes};
use crate::decode::Command;
use crate::events::{EventLog, Memory};
use crate::handle::{HandleState, Lock};
use crate::leases::LeaseTable;
use crate::session::Session;
use crate::transaction::batch::Batch;
use crate::worker::{self, Clock, Enqueue, ParkedRequests, Queue};

type State = HandleState<Vec<MibIpForwardRow2>, Vec<MibIpInterfaceRow>>;

pub(super) struct Step<T>(Mutex<T>);

impl<T> Step<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }
}

impl<T> Lock<T> for Step<T> {
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.lock().unwrap())
    }
}

/// An open handle, and what its requests were told.
pub(super) struct Client {
    pub(super) state: Step<State>,
    counters: AtomicCounters,
    told: Step<Vec<Told>>,
}

/// The answer to a `WATCH`.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) sequence: u64,
    pub(super) lost: u64,
    pub(super) events: Vec<WatchEvent>,
}

impl Client {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Step::new(State::default()),
            counters: AtomicCounters::new(),
            told: Step::new(Vec::new()),
        })
    }

    pub(super) fn number(&self) -> u64 {
        self.state.with(|state| state.number())
    }

    /// What it was told so far.
    pub(super) fn told(&self) -> Vec<Told> {
        self.told.with(core::mem::take)
    }
}

/// A `WATCH` that waits.
pub(super) struct Request {
    client: Arc<Client>,
    request: WatchRequest,
}

/// The driver.
pub(super) struct Rig {
    pub(super) stack: SharedStack,
    pub(super) leases: Step<LeaseTable>,
    pub(super) watch: Step<EventLog>,
    queues: [Step<VecDeque<Request>>; 2],
    /// Whether the work item is enqueued.
    enqueued: Step<bool>,
    /// No step of its own: that nobody comes between two looks at it tells nothing.
    now: AtomicU64,
    /// When the timer goes off.
    alarm: Step<Option<u64>>,
    total: AtomicCounters,
}

impl Rig {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            stack: SharedStack::new(),
            leases: Step::new(LeaseTable::new(7)),
            watch: Step::new(EventLog::new()),
            queues: [Step::new(VecDeque::new()), Step::new(VecDeque::new())],
            enqueued: Step::new(false),
            now: AtomicU64::new(1),
            alarm: Step::new(None),
            total: AtomicCounters::new(),
        })
    }

    fn session<'a>(
        &'a self,
        client: &'a Client,
    ) -> Session<'a, SharedStack, Step<State>, Step<LeaseTable>, Step<EventLog>> {
        Session {
            stack: &self.stack,
            handle: &client.state,
            leases: &self.leases,
            watch: &self.watch,
            counters: CounterScopes {
                total: &self.total,
                handle: &client.counters,
            },
            now: 1,
        }
    }

    /// Lets a handle watch from now on, in a ring of this size.
    pub(super) fn begin(&self, client: &Client, ring: u32) {
        let mut memory = Memory::small(ring);
        let all = WatchRequest::default();
        let number = client.number();
        let begun = self
            .watch
            .with(|watch| watch.begin(number, &all, &mut memory));
        assert_eq!(begun, Ok(()));
    }

    /// Lets the guard have a ring of this size.
    pub(super) fn begin_guard(&self, ring: u32) {
        let mut memory = Memory::small(ring);
        self.watch
            .with(|watch| watch.begin_guard(&mut memory, true));
    }

    /// `EvtIoDeviceControl` of a `WATCH`.
    pub(super) fn watch(&self, client: &Arc<Client>, request: WatchRequest) {
        let client = Arc::clone(client);
        if let Some(waits) = self.serve(Request { client, request }) {
            worker::park(&self.watch, self, || self.put(Queue::First, waits));
        }
    }

    /// Puts a `WATCH` that was served before into a queue.
    pub(super) fn park(&self, queue: Queue, client: &Arc<Client>, request: WatchRequest) {
        let client = Arc::clone(client);
        if let Some(waits) = self.serve(Request { client, request }) {
            self.put(queue, waits);
        }
    }

    /// `EvtIoDeviceControl` of an `APPLY` of one entry: its status.
    pub(super) fn apply(&self, client: &Client, entry: ApplyEntry) -> NtStatus {
        let mut batch = Batch::of(0, &[entry]);
        match self.session(client).apply(&mut batch, &|| false) {
            Ok(()) => NtStatus::new(batch.entry_answer(0).status),
            Err(status) => status,
        }
    }

    /// `EvtFileCleanup`.
    pub(super) fn close(&self, client: &Client) {
        self.session(client).close(self);
    }

    /// What the framework does then: cancels what the handle has in the queues.
    pub(super) fn cancel_waiting(&self, client: &Client) {
        let number = client.number();
        for queue in [Queue::First, Queue::Second] {
            let is_open = |request: &Request| request.client.number() != number;
            self.queue(queue).with(|queue| queue.retain(is_open));
        }
    }

    /// The stack's callback, if there is something to call it for.
    pub(super) fn notify(&self) -> bool {
        let Some((change, row)) = self.stack.notification() else {
            return false;
        };
        worker::route_changed(&self.watch, self, change, &row, 1);
        true
    }

    /// The callback of the work item and of the timer, whether it is due or not.
    pub(super) fn run(&self) {
        worker::run(&self.stack, &self.leases, &self.watch, self, self);
    }

    /// The work item, if it is enqueued.
    pub(super) fn work(&self) -> bool {
        let enqueued = self.enqueued.with(core::mem::take);
        if enqueued {
            self.run();
        }
        enqueued
    }

    /// Time passes, so much that it is this late.
    pub(super) fn be(&self, now: u64) {
        self.now.store(now, Ordering::SeqCst);
    }

    /// Time passes until the timer goes off, if it is set.
    pub(super) fn wait(&self) -> bool {
        let Some(due) = self.alarm.with(core::mem::take) else {
            return false;
        };
        self.now.fetch_max(due, Ordering::SeqCst);
        self.run();
        true
    }

    /// Lets happen what is still to happen.
    pub(super) fn settle(&self) {
        while self.notify() || self.work() {}
    }

    /// No request waits that has something to tell.
    pub(super) fn nobody_sleeps_for_nothing(&self) {
        for queue in [Queue::First, Queue::Second] {
            while let Some(request) = self.take(queue) {
                assert!(self.serve(request).is_some(), "a request sleeps for ever");
            }
        }
    }

    /// Nothing belongs to anybody, and nobody watches.
    pub(super) fn is_empty(&self) -> bool {
        self.leases
            .with(|leases| leases.leases() == 0 && !leases.has_pending_release())
    }

    fn queue(&self, queue: Queue) -> &Step<VecDeque<Request>> {
        let [first, second] = &self.queues;
        match queue {
            Queue::First => first,
            Queue::Second => second,
        }
    }
}

impl Enqueue for Rig {
    fn enqueue(&self) {
        self.enqueued.with(|enqueued| *enqueued = true);
    }
}

impl Clock for Rig {
    fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    fn wake_in(&self, ticks: u64) {
        let due = self.now() + ticks;
        self.alarm.with(|alarm| *alarm = Some(due));
    }
}

impl ParkedRequests for Rig {
    type Request = Request;

    fn count(&self, queue: Queue) -> u32 {
        self.queue(queue)
            .with(|queue| u32::try_from(queue.len()).unwrap())
    }

    fn take(&self, queue: Queue) -> Option<Request> {
        self.queue(queue).with(VecDeque::pop_front)
    }

    fn put(&self, queue: Queue, request: Request) {
        self.queue(queue).with(|queue| queue.push_back(request));
    }

    fn serve(&self, request: Request) -> Option<Request> {
        let mut output = [0; 24 + 8 * 120];
        let command = Command::Watch(request.request);
        let answer = self
            .session(&request.client)
            .serve(command, &mut output, &|| false);
        let written = match answer {
            Ok(written) => written,
            Err(NtStatus::PENDING) => return Some(request),
            Err(status) => {
                assert_eq!(status, NtStatus::INVALID_HANDLE);
                return None;
            }
        };
        let (header, rest) = WatchHeader::read_from_prefix(&output[..written]).unwrap();
        let events = rest
            .chunks_exact(size_of::<WatchEvent>())
            .map(|event| WatchEvent::read_from_bytes(event).unwrap())
            .collect();
        request.client.told.with(|told| {
            told.push(Told {
                sequence: header.sequence,
                lost: header.lost,
                events,
            });
        });
        None
    }
}
