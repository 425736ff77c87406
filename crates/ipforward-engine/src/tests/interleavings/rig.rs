//! A driver whose parts run in threads of `loom`. It calls the engine exactly as `src/` does.

extern crate std;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec::Vec;

use abi::apply::APPLY_ATOMIC;
use abi::{ApplyEntry, NtStatus, WatchEvent, WatchHeader, WatchRequest};
use loom::sync::Mutex;
use loom::thread;
use zerocopy::FromBytes;

use crate::counters::{AtomicCounters, CounterScopes};
use crate::decode::{self, Command};
use crate::events::Change;
use crate::events::memory::EventMemory;
use crate::fake_stack::{FakeStackOver, FakeTables, TablesLock};
use crate::handle_id::HandleId;
use crate::leases::LeaseTable;
use crate::lock::{Lock, LockOrder, StackLock};
use crate::report::{Loss, LossCounters};
use crate::session::{Served, Session};
use crate::stop::{StopCheck, StopReason};
use crate::test_driver::{FakeHandleState, Registered};
use crate::time::{KernelTime, Ticks};
use crate::transaction::BatchRun;
use crate::transaction::batch::{BatchOutcome, EntryBatch};
use crate::watch::{PendingWatch, WatchState};
use crate::worker::{self, ParkedRequest, ParkingQueue, WantedRequest, WorkerHost};

/// A value behind a lock of `loom`: taking it is one step of a thread.
pub(super) struct LoomLock<T>(Mutex<T>);

impl<T> LoomLock<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(super) fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.lock().unwrap())
    }
}

impl<T: Default> Default for LoomLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T, Context> Lock<T, Context> for LoomLock<T> {
    fn with<R>(&self, _context: &mut Context, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.lock().unwrap())
    }
}

impl<T, Stack> StackLock<T, Stack> for LoomLock<T> {
    fn with<R>(&self, stack: &mut Stack, body: impl FnOnce(&mut T, &mut Stack) -> R) -> R {
        body(&mut self.0.lock().unwrap(), stack)
    }

    fn with_unless<R>(
        &self,
        stack: &mut Stack,
        _order: LockOrder,
        stop: StopCheck<'_>,
        body: impl FnOnce(&mut T, &mut Stack) -> R,
    ) -> Result<R, StopReason> {
        loop {
            if let Ok(mut value) = self.0.try_lock() {
                return Ok(body(&mut value, stack));
            }
            if let Some(reason) = stop() {
                return Err(reason);
            }
            thread::yield_now();
        }
    }
}

impl TablesLock for LoomLock<FakeTables> {
    fn with<R>(&self, body: impl FnOnce(&mut FakeTables) -> R) -> R {
        body(&mut self.0.lock().unwrap())
    }
}

type LoomStack = FakeStackOver<LoomLock<FakeTables>>;

/// An open handle, and the answers to its requests.
pub(super) struct Client {
    pub(super) state: LoomLock<FakeHandleState>,
    counters: AtomicCounters,
    answers: LoomLock<Vec<Answer>>,
}

/// The answer to a `WATCH`.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) sequence: u64,
    pub(super) lost: u64,
    pub(super) events: Vec<WatchEvent>,
}

impl Client {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: LoomLock::default(),
            counters: AtomicCounters::new(),
            answers: LoomLock::default(),
        })
    }

    pub(super) fn id(&self) -> HandleId {
        self.state.with(|state| state.id())
    }

    /// Takes the answers so far.
    pub(super) fn answers(&self) -> Vec<Answer> {
        self.answers.with(core::mem::take)
    }

    fn complete(&self, outcome: Result<&[u8], NtStatus>) {
        let output = match outcome {
            Ok(output) => output,
            Err(status) => return assert_eq!(status, NtStatus::INVALID_HANDLE),
        };
        let (header, rest) = WatchHeader::read_from_prefix(output).unwrap();
        let events = rest
            .chunks_exact(size_of::<WatchEvent>())
            .map(|event| WatchEvent::read_from_bytes(event).unwrap())
            .collect();
        self.answers.with(|answers| {
            answers.push(Answer {
                sequence: header.sequence,
                lost: header.lost,
                events,
            });
        });
    }
}

type Output = [u8; size_of::<WatchHeader>() + 8 * size_of::<WatchEvent>()];

/// A parked `WATCH`.
pub(super) struct Request {
    client: Arc<Client>,
    watch: PendingWatch,
    output: Output,
}

impl ParkedRequest for Request {
    fn watch(&self) -> Result<PendingWatch, NtStatus> {
        Ok(self.watch)
    }

    fn output(&mut self) -> Result<&mut [u8], NtStatus> {
        Ok(&mut self.output)
    }

    fn complete(self, outcome: Result<usize, NtStatus>) {
        let outcome = outcome.map(|written| &self.output[..written]);
        self.client.complete(outcome);
    }
}

/// The driver.
pub(super) struct Rig {
    pub(super) stack: LoomStack,
    pub(super) leases: LoomLock<LeaseTable>,
    pub(super) watch: LoomLock<WatchState>,
    queues: [LoomLock<VecDeque<Request>>; 2],
    /// Whether the work item is enqueued.
    enqueued: LoomLock<bool>,
    /// No step of its own: it makes no difference whether another thread runs between two reads.
    now: AtomicU64,
    /// When the timer expires.
    timer: LoomLock<Option<KernelTime>>,
    total: AtomicCounters,
    losses: LossCounters,
}

const START: KernelTime = KernelTime::from_ticks(1);

impl Rig {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            stack: LoomStack::default(),
            leases: LoomLock::new(LeaseTable::new(7)),
            watch: LoomLock::default(),
            queues: [LoomLock::default(), LoomLock::default()],
            enqueued: LoomLock::new(false),
            now: AtomicU64::new(START.ticks()),
            timer: LoomLock::new(None),
            total: AtomicCounters::new(),
            losses: LossCounters::new(),
        })
    }

    /// Runs `body` in a thread of its own.
    pub(super) fn spawn<R: 'static>(
        self: &Arc<Self>,
        body: impl FnOnce(&Self) -> R + Send + 'static,
    ) -> thread::JoinHandle<R> {
        let rig = Arc::clone(self);
        thread::spawn(move || body(&rig))
    }

    fn session<'a>(
        &'a self,
        client: &'a Client,
    ) -> Session<
        'a,
        &'a LoomStack,
        LoomLock<FakeHandleState>,
        LoomLock<LeaseTable>,
        LoomLock<WatchState>,
    > {
        Session {
            stack: &self.stack,
            handle: &client.state,
            leases: &self.leases,
            watch: &self.watch,
            counters: CounterScopes {
                total: &self.total,
                handle: &client.counters,
                losses: &self.losses,
            },
            now: START,
        }
    }

    /// Lets a handle watch from now on, in a ring of this size.
    pub(super) fn begin(&self, client: &Client, ring: u16) {
        self.begin_with(client, &WatchRequest::default(), ring);
    }

    /// Likewise, with the filter of a request.
    pub(super) fn begin_with(&self, client: &Client, request: &WatchRequest, ring: u16) {
        let mut memory = EventMemory::small(ring);
        let command = decode::watch::decode(request).unwrap();
        let id = client.id();
        let begun = self
            .watch
            .with(|state| state.events.begin(id, &command, &mut memory));
        assert_eq!(begun, Ok(()));
    }

    /// Lets guards have a ring of this size.
    pub(super) fn begin_guard(&self, ring: u16) {
        let mut memory = EventMemory::small(ring);
        let begun = self
            .watch
            .with(|state| state.events.begin_for_leases(&mut memory, true));
        assert_eq!(begun, Ok(()));
    }

    /// Serves a new `WATCH`. Returns it if it has to wait.
    fn serve_new(&self, client: &Arc<Client>, request: &WatchRequest) -> Option<Request> {
        let mut output: Output = [0; size_of::<Output>()];
        let mut command = Command::Watch(decode::watch::decode(request).unwrap());
        let served = self
            .session(client)
            .execute(&mut command, &mut output, &|| None);
        match served {
            Ok(Served::Pending(watch)) => Some(Request {
                client: Arc::clone(client),
                watch,
                output,
            }),
            Ok(Served::Done(written)) => {
                client.complete(Ok(&output[..written]));
                None
            }
            Err(status) => {
                client.complete(Err(status));
                None
            }
        }
    }

    /// `EvtIoDeviceControl` of a `WATCH`.
    pub(super) fn watch(&self, client: &Arc<Client>, request: &WatchRequest) {
        if let Some(waits) = self.serve_new(client, request) {
            worker::park(&self.watch, &mut (), self, waits);
        }
    }

    /// Puts a `WATCH` that was served before into a queue.
    pub(super) fn park_in(
        &self,
        queue: ParkingQueue,
        client: &Arc<Client>,
        request: &WatchRequest,
    ) {
        if let Some(waits) = self.serve_new(client, request) {
            self.park(queue, waits);
        }
    }

    /// `EvtIoDeviceControl` of an `APPLY` of one entry: its status.
    pub(super) fn apply(&self, client: &Client, entry: ApplyEntry) -> NtStatus {
        let mut batch = EntryBatch::of(0, &[entry]);
        match self.session(client).apply(&mut batch, &|| None) {
            Ok(()) => NtStatus::new(batch.entry_answer(0).status),
            Err(status) => status,
        }
    }

    /// `EvtIoDeviceControl` of an atomic `APPLY` whose thread may be killed. Returns whether the
    /// batch was done.
    pub(super) fn apply_unless(
        &self,
        client: &Client,
        entries: &[ApplyEntry],
        stop: StopCheck<'_>,
    ) -> bool {
        let mut batch = EntryBatch::of(APPLY_ATOMIC, entries);
        let applied = self.session(client).apply(&mut batch, stop);
        assert!(matches!(applied, Ok(()) | Err(NtStatus::CANCELLED)));
        applied.is_ok()
            && batch.entry_answer(0).status == NtStatus::SUCCESS.bits()
            && batch.answer().outcome == BatchOutcome::Done
    }

    /// `EvtIoDeviceControl` of an `APPLY` that lets others in after each entry: the status of each.
    pub(super) fn apply_in_parts(
        &self,
        client: &Client,
        entries: &[ApplyEntry],
        stop: StopCheck<'_>,
    ) -> Vec<NtStatus> {
        let mut batch = EntryBatch::of(0, entries);
        let run = BatchRun::in_parts_of(1);
        let applied = self.session(client).apply_parts(&mut batch, run, stop);
        // The request has ended while it waited, or its handle was closed before.
        let ended = [NtStatus::CANCELLED, NtStatus::INVALID_HANDLE];
        assert!(applied.err().is_none_or(|status| ended.contains(&status)));
        let answers = (0..entries.len()).map(|index| batch.entry_answer(index).status);
        answers.map(NtStatus::new).collect()
    }

    /// `EvtFileCleanup`.
    pub(super) fn close(&self, client: &Client) {
        self.session(client).close(self);
    }

    /// What the framework does then: cancels the parked requests of the handle.
    pub(super) fn cancel_parked(&self, client: &Client) {
        let id = client.id();
        for queue in [ParkingQueue::First, ParkingQueue::Second] {
            let is_open = |request: &Request| request.client.id() != id;
            self.queue(queue).with(|queue| queue.retain(is_open));
        }
    }

    /// The stack's callback, if there is a notification.
    pub(super) fn notify(&self) -> bool {
        let Some((change, row)) = self.stack.next_notification() else {
            return false;
        };
        worker::on_route_changed(&self.watch, &mut (), self, change, &row);
        true
    }

    /// The stack's callback for interface 7.
    pub(super) fn notify_interface(&self, change: Change) {
        worker::on_interface_changed(&self.watch, &mut (), self, change, LoomStack::LUID);
    }

    /// `EvtDeviceD0Exit`, but for its wait for running work.
    pub(super) fn sleep(&self) {
        worker::on_sleep(&self.watch, &mut ());
    }

    /// `EvtDeviceD0Entry`.
    pub(super) fn resume(&self) {
        worker::on_resume(&self.watch, &mut (), self);
    }

    /// The callback of the work item and of the timer. It also runs when no work is due.
    pub(super) fn run(&self) {
        worker::run(
            &mut &self.stack,
            &self.leases,
            &self.watch,
            self,
            &Registered,
        );
    }

    /// The work item, if it is enqueued.
    pub(super) fn work(&self) -> bool {
        let enqueued = self.enqueued.with(core::mem::take);
        if enqueued {
            self.run();
        }
        enqueued
    }

    /// Lets time pass until this moment.
    pub(super) fn set_now(&self, now: KernelTime) {
        self.now.store(now.ticks(), Ordering::SeqCst);
    }

    /// Lets time pass until the timer expires, if it is set.
    pub(super) fn wait(&self) -> bool {
        let Some(due) = self.timer.with(core::mem::take) else {
            return false;
        };
        self.now.fetch_max(due.ticks(), Ordering::SeqCst);
        self.run();
        true
    }

    /// Delivers all notifications, and runs all work that is enqueued.
    pub(super) fn quiesce(&self) {
        while self.notify() || self.work() {}
    }

    /// Checks that no parked request has an event.
    pub(super) fn check_parked_requests(&self) {
        for queue in [ParkingQueue::First, ParkingQueue::Second] {
            while let Some(mut request) = self.take(queue, &mut |_, _| true) {
                let served = worker::serve_parked(&mut &self.stack, &self.watch, &mut request);
                assert_eq!(served, Ok(None), "a parked request was not served");
            }
        }
    }

    /// Whether no handle holds a lease.
    pub(super) fn is_empty(&self) -> bool {
        self.leases
            .with(|leases| leases.leases() == 0 && !leases.has_pending_release())
    }

    fn queue(&self, queue: ParkingQueue) -> &LoomLock<VecDeque<Request>> {
        let [first, second] = &self.queues;
        match queue {
            ParkingQueue::First => first,
            ParkingQueue::Second => second,
        }
    }
}

impl WorkerHost for Rig {
    type Parked = Request;

    fn now(&self) -> KernelTime {
        KernelTime::from_ticks(self.now.load(Ordering::SeqCst))
    }

    fn enqueue(&self) {
        self.enqueued.with(|enqueued| *enqueued = true);
    }

    fn wake_in(&self, delay: Ticks) {
        let due = self.now().after(delay);
        self.timer.with(|timer| *timer = Some(due));
    }

    fn report(&self, loss: &Loss) {
        let _ = self.losses.count(loss);
    }

    fn parked(&self, queue: ParkingQueue) -> u32 {
        self.queue(queue)
            .with(|queue| u32::try_from(queue.len()).unwrap())
    }

    fn take(&self, queue: ParkingQueue, wanted: WantedRequest<'_>) -> Option<Request> {
        self.queue(queue).with(|queue| {
            let mut numbered = (0..).zip(queue.iter());
            let (position, _) = numbered.find(|(position, request)| {
                let watch = request.watch();
                watch.is_ok_and(|watch| wanted(*position, &watch))
            })?;
            queue.remove(position as usize)
        })
    }

    fn park(&self, queue: ParkingQueue, request: Request) {
        self.queue(queue).with(|queue| queue.push_back(request));
    }
}
