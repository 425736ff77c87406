//! Deferred work: the work that the driver does in its work item and its timer.
//!
//! A work item runs soon after it was enqueued. If it is enqueued again while it runs, it may run
//! in a second thread at the same time. That thread would only wait for the lease-table lock; and a
//! batch that holds the lock brings a notification for each of its changes. So each caller that
//! needs work increments a request counter under the watch lock. A thread that finds the work
//! running increments the counter, too, and returns. The thread that runs the work checks the
//! counter at the end, and runs the work again if it has changed.

mod power;
mod reconcile;

use abi::watch::WATCH_REQUESTS_MAX;
use abi::{MibIpForwardRow2, NtStatus};

use crate::changed_interfaces::ANY_INTERFACE;
use crate::events::Change;
use crate::events::log::RequiredWork;
use crate::leases::LeaseTable;
use crate::leases::release::RETRY_DELAY;
use crate::lock::{Lock, StackLock};
use crate::network_stack::NetworkStack;
use crate::report::Loss;
use crate::time::{KernelTime, Ticks};
use crate::watch::power::Power;
use crate::watch::{PendingWatch, WatchState, answer};
pub use power::{on_resume, on_sleep};

/// What deferred work needs of the driver.
pub trait WorkerHost {
    /// A parked request.
    type Parked: ParkedRequest;

    /// The time.
    fn now(&self) -> KernelTime;

    /// Has [`run`] called soon, at `PASSIVE_LEVEL`. May be called up to `DISPATCH_LEVEL`.
    fn enqueue(&self);

    /// Has [`run`] called after `delay`, instead of at any time that was set before.
    fn wake_in(&self, delay: Ticks);

    /// Counts a loss, and tells it to the person at the debugger. May be called up to
    /// `DISPATCH_LEVEL`.
    fn report(&self, loss: &Loss);

    /// Number of requests in a queue.
    fn parked(&self, queue: ParkingQueue) -> u32;

    /// Takes the oldest request that `wanted` selects out of a queue. It is asked about each request,
    /// with the number of requests before it. If a request leaves the queue meanwhile, the search
    /// begins again at 0.
    fn take(&self, queue: ParkingQueue, wanted: WantedRequest<'_>) -> Option<Self::Parked>;

    /// Puts a request at the end of a queue.
    fn park(&self, queue: ParkingQueue, request: Self::Parked);
}

/// Whether a search takes the request at a position in its queue.
pub type WantedRequest<'a> = &'a mut dyn FnMut(u32, &PendingWatch) -> bool;

/// The driver's registrations for the notifications of the stack.
pub trait Notifications<Stack> {
    /// Registers the driver, unless it is registered already. Returns whether it was not. Only one
    /// thread calls it at a time.
    ///
    /// # Errors
    ///
    /// The status with which the stack refused: deferred work tries again.
    fn register(&self, stack: &mut Stack) -> Result<bool, NtStatus>;
}

/// A `WATCH` request without an event.
pub trait ParkedRequest {
    /// The parameters of the request, decoded when the driver received it.
    ///
    /// # Errors
    ///
    /// The status with which the framework refused.
    fn watch(&self) -> Result<PendingWatch, NtStatus>;

    /// The memory for the answer.
    ///
    /// # Errors
    ///
    /// The status with which the framework refused.
    fn output(&mut self) -> Result<&mut [u8], NtStatus>;

    /// Completes the request, with the number of bytes written.
    fn complete(self, outcome: Result<usize, NtStatus>);
}

/// Where requests are parked. There are two queues, because the framework does not put a request
/// back at the end of the queue that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParkingQueue {
    /// The queue of new requests.
    First,
    /// Requests that were taken from the first queue and still wait; and vice versa.
    Second,
}

/// Parks a new request. If [`WATCH_REQUESTS_MAX`] requests of its handle wait already, it is
/// completed with `STATUS_QUOTA_EXCEEDED`.
pub fn park<Context, Host: WorkerHost>(
    watch: &impl Lock<WatchState, Context>,
    context: &mut Context,
    host: &Host,
    request: Host::Parked,
) {
    let pending = request.watch();
    host.park(ParkingQueue::First, request);
    if let Ok(pending) = pending
        && let Some(request) = take_if_too_many(host, &pending)
    {
        request.complete(Err(NtStatus::QUOTA_EXCEEDED));
        return;
    }
    // The stack may have notified an event since the events were taken.
    schedule(watch, context, host);
}

/// Takes a request out again if too many requests of its handle are parked before it. Every thread
/// that parks a request looks after it has parked, so that each sees the requests of the others.
fn take_if_too_many<Host: WorkerHost>(host: &Host, parked: &PendingWatch) -> Option<Host::Parked> {
    let first = host.parked(ParkingQueue::First);
    let all = first.saturating_add(host.parked(ParkingQueue::Second));
    if all <= WATCH_REQUESTS_MAX {
        return None;
    }
    let mut before = 0_u32;
    // A request in the second queue has waited for longer.
    for queue in [ParkingQueue::Second, ParkingQueue::First] {
        let in_other_queue = before;
        let mut is_excess = |position: u32, other: &PendingWatch| {
            if position == 0 {
                before = in_other_queue;
            }
            if other.number == parked.number {
                return before >= WATCH_REQUESTS_MAX;
            }
            before = before.saturating_add(u32::from(other.handle == parked.handle));
            false
        };
        let excess = host.take(queue, &mut is_excess);
        if excess.is_some() {
            return excess;
        }
    }
    None
}

/// Requests deferred work. May be called up to `DISPATCH_LEVEL`.
pub fn schedule<Context>(
    watch: &impl Lock<WatchState, Context>,
    context: &mut Context,
    host: &impl WorkerHost,
) {
    watch.with(context, |state| state.work.request());
    host.enqueue();
}

/// Handles the stack's notification of a route. It needs only the keys of the row, and both
/// identifiers of its interface. It neither waits nor allocates nor calls the stack, and may be
/// called up to `DISPATCH_LEVEL`.
pub fn on_route_changed<Context>(
    watch: &impl Lock<WatchState, Context>,
    context: &mut Context,
    host: &impl WorkerHost,
    change: Change,
    row: &MibIpForwardRow2,
) {
    let required = watch.with(context, |state| {
        let required = state.events.on_route_changed(change, row, || host.now());
        if required.any() {
            state.work.request();
        }
        required
    });
    if required != RequiredWork::default() {
        report_and_enqueue(host, required);
    }
}

/// Reports losses, and queues the work item if work is required. It is not inlined: otherwise a
/// notification without readers would save this function's registers.
#[inline(never)]
fn report_and_enqueue(host: &impl WorkerHost, required: RequiredWork) {
    required.losses().for_each(|loss| host.report(&loss));
    if required.any() {
        host.enqueue();
    }
}

/// Handles the stack's notification of an interface or of one of its addresses, like
/// [`on_route_changed`]. It needs only the LUID of the interface. For leases, an interface or an
/// address that was removed needs no work: the notifications of the routes follow.
pub fn on_interface_changed<Context>(
    watch: &impl Lock<WatchState, Context>,
    context: &mut Context,
    host: &impl WorkerHost,
    change: Change,
    luid: u64,
) {
    let concerns_leases = change != Change::Removed;
    let required = watch.with(context, |state| {
        let required = state.events.on_interface_changed(luid);
        if concerns_leases {
            state.work.request_for_interface(luid);
        } else if required.any() {
            state.work.request();
        }
        required
    });
    required.losses().for_each(|loss| host.report(&loss));
    if concerns_leases || required.any() {
        host.enqueue();
    }
}

/// Runs deferred work until no more is requested: registers for notifications, restores guarded
/// routes, retries pending releases, and serves parked requests. While the system sleeps, it serves
/// parked requests only. If another thread runs it already, that thread handles this call, too.
pub fn run<Stack: NetworkStack>(
    stack: &mut Stack,
    leases: &impl StackLock<LeaseTable, Stack>,
    watch: &impl Lock<WatchState, Stack>,
    host: &impl WorkerHost,
    notifications: &impl Notifications<Stack>,
) {
    if !watch.with(stack, |state| state.work.begin()) {
        return;
    }
    loop {
        let seen = watch.with(stack, |state| state.work.requests());
        let again = match watch.with(stack, |state| state.power.begin_run()) {
            Power::Asleep => None,
            power => work_on_routes(stack, leases, watch, host, notifications, power),
        };
        serve_queue(
            stack,
            watch,
            host,
            ParkingQueue::First,
            ParkingQueue::Second,
        );
        serve_queue(
            stack,
            watch,
            host,
            ParkingQueue::Second,
            ParkingQueue::First,
        );
        if let Some(again) = again {
            host.wake_in(again.since(host.now()));
        }
        if watch.with(stack, |state| state.work.end(seen)) {
            break;
        }
    }
}

/// Does the part of deferred work that may change routes. Returns when to do it again.
fn work_on_routes<Stack: NetworkStack>(
    stack: &mut Stack,
    leases: &impl StackLock<LeaseTable, Stack>,
    watch: &impl Lock<WatchState, Stack>,
    host: &impl WorkerHost,
    notifications: &impl Notifications<Stack>,
    power: Power,
) -> Option<KernelTime> {
    let now = host.now();
    let retry = register(stack, watch, host, notifications, now);
    if power == Power::Resumed {
        reconcile::resume(stack, leases, now);
    }
    let interfaces = watch.with(stack, |state| state.work.take_interfaces());
    let again = reconcile::reconcile(stack, leases, watch, host, &interfaces, now);
    again.into_iter().chain(retry).min()
}

/// Registers for the notifications of the stack, unless the driver is registered. What happened
/// before is unknown: guards, leases and readers compare with the route table then. Returns when to
/// try again.
fn register<Stack>(
    stack: &mut Stack,
    watch: &impl Lock<WatchState, Stack>,
    host: &impl WorkerHost,
    notifications: &impl Notifications<Stack>,
    now: KernelTime,
) -> Option<KernelTime> {
    match notifications.register(stack) {
        Ok(false) => None,
        Ok(true) => {
            watch.with(stack, |state| {
                state.events.on_notifications_lost();
                state.work.request_for_interface(ANY_INTERFACE);
            });
            None
        }
        Err(status) => {
            host.report(&Loss::NotRegistered(status));
            Some(now.after(RETRY_DELAY))
        }
    }
}

/// Retries all pending releases once, before the device is removed, and reports the leases that are
/// left.
pub fn release_remaining<Stack: NetworkStack>(
    stack: &mut Stack,
    leases: &impl StackLock<LeaseTable, Stack>,
    host: &impl WorkerHost,
) {
    reconcile::retry_releases(stack, leases);
    let (left, settings) = leases.with(stack, |leases, _| {
        (leases.first_left(), leases.settings_left())
    });
    if let Some((count, first)) = left {
        host.report(&Loss::LeasesLeft { count, first });
    }
    if settings != 0 {
        host.report(&Loss::SettingsLeft(settings));
    }
}

/// Serves those requests of a queue that have an answer now. The others stay in the queue. A request
/// whose event another request has taken meanwhile is moved to the other queue.
fn serve_queue<Stack: NetworkStack>(
    stack: &mut Stack,
    watch: &impl Lock<WatchState, Stack>,
    host: &impl WorkerHost,
    from: ParkingQueue,
    to: ParkingQueue,
) {
    for _ in 0..host.parked(from) {
        let mut wanted = |_, pending: &PendingWatch| answer::is_due(pending, watch, stack);
        let Some(mut request) = host.take(from, &mut wanted) else {
            break;
        };
        match serve_parked(stack, watch, &mut request) {
            Ok(None) => host.park(to, request),
            Ok(Some(written)) => request.complete(Ok(written)),
            Err(status) => request.complete(Err(status)),
        }
    }
}

/// Writes the events of a parked request. Returns the number of bytes written; `None` if the
/// request has to wait on.
///
/// # Errors
///
/// `STATUS_INVALID_HANDLE`: the handle was closed.
pub fn serve_parked<Stack: NetworkStack>(
    stack: &mut Stack,
    watch: &impl Lock<WatchState, Stack>,
    request: &mut impl ParkedRequest,
) -> Result<Option<usize>, NtStatus> {
    let pending = request.watch()?;
    answer::write(&pending, watch, stack, request.output()?)
}
