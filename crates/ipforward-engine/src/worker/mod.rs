//! What the driver does between requests, and who calls for it.
//!
//! Errands belong into a work item, which runs soon after it was enqueued, once, however often that
//! was; but again, and perhaps in another thread at the same time, if it is enqueued while it
//! runs. One thread is enough: one that finds another at work would wait for the leases, with a
//! worker thread of the system's, and be one of many if a batch that holds the leases brings a
//! notification for each of its changes. So everybody who has something for the worker counts a
//! call, under the watch's lock; whoever comes while they are done counts one, too, and goes; and
//! whoever has done them looks whether it was called meanwhile.

use abi::MibIpForwardRow2;

use crate::handle::Lock;
mod reconcile;

use crate::events::{Change, EventLog};
use crate::leases::LeaseTable;
use crate::network_stack::NetworkStack;
use reconcile::{keep, retry};

/// The work item that does the worker.
pub trait Enqueue {
    /// Has [`run`] called soon, at `PASSIVE_LEVEL`. Up to `DISPATCH_LEVEL`.
    fn enqueue(&self);
}

/// The time, and what is to be done at another one.
pub trait Clock {
    /// Ticks of 100 ns since some moment. It never runs backwards.
    fn now(&self) -> u64;

    /// Has [`run`] called in so many ticks, and no more at the time that was set before.
    fn wake_in(&self, ticks: u64);
}

/// `WATCH` requests that have nothing to tell yet.
pub trait ParkedRequests {
    /// A request.
    type Request;

    /// How many requests are in a queue now.
    fn count(&self, queue: Queue) -> u32;

    /// Takes the request out that has been in a queue for longest.
    fn take(&self, queue: Queue) -> Option<Self::Request>;

    /// Puts a request at the end of a queue.
    fn put(&self, queue: Queue, request: Self::Request);

    /// Serves a request once more. It comes back if it has to wait on.
    fn serve(&self, request: Self::Request) -> Option<Self::Request>;
}

/// Where requests wait. There are two queues, for a request cannot go back to the end of the one
/// that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// That of requests that are new.
    First,
    /// That of requests which came out of the first and wait on; and the other way round.
    Second,
}

/// Keeps a request that has nothing to tell yet: `put` puts it into the first queue.
pub fn park(watch: &impl Lock<EventLog>, work: &impl Enqueue, put: impl FnOnce()) {
    put();
    // Something may have happened between the look at the events and now.
    call(watch, work);
}

/// Calls for the worker: something is left to do. Up to `DISPATCH_LEVEL`.
pub fn call(watch: &impl Lock<EventLog>, work: &impl Enqueue) {
    watch.with(EventLog::call);
    work.enqueue();
}

/// The stack's notification says that a route changed. Needs only the keys of the row, and both of
/// its interface's names. `now` is in ticks of 100 ns. Neither waits nor allocates nor calls the
/// stack; up to `DISPATCH_LEVEL`.
pub fn route_changed(
    watch: &impl Lock<EventLog>,
    work: &impl Enqueue,
    change: Change,
    row: &MibIpForwardRow2,
    now: u64,
) {
    let wake = watch.with(|watch| watch.notify(change, row, now));
    if wake.is_wanted() {
        work.enqueue();
    }
}

/// The stack's notification says that an interface changed. As [`route_changed`].
pub fn interface_changed(watch: &impl Lock<EventLog>, work: &impl Enqueue, change: Change) {
    if change != Change::Removed {
        watch.with(EventLog::interface_came);
        work.enqueue();
    }
}

/// Does the worker, until nobody calls for them any more: puts guarded routes back, tries again
/// what could not be ended, and tells those who watch. If somebody is at it already, he does it all.
pub fn run(
    stack: &impl NetworkStack,
    leases: &impl Lock<LeaseTable>,
    watch: &impl Lock<EventLog>,
    waiting: &impl ParkedRequests,
    clock: &impl Clock,
) {
    if !watch.with(EventLog::begin_work) {
        return;
    }
    loop {
        let calls = watch.with(|watch| watch.calls());
        let now = clock.now();
        if watch.with(EventLog::take_interface_came) {
            leases.with(|leases| leases.interface_came(now));
        }
        let again = keep(stack, leases, watch, now);
        serve_queue(waiting, Queue::First, Queue::Second);
        serve_queue(waiting, Queue::Second, Queue::First);
        if let Some(again) = again {
            clock.wake_in(again.saturating_sub(clock.now()));
        }
        if watch.with(|watch| watch.end_work(calls)) {
            break;
        }
    }
}

/// Tries once more to end what closed handles held, before the driver goes. Answers whether anything
/// is left.
pub fn release_remaining(stack: &impl NetworkStack, leases: &impl Lock<LeaseTable>) -> bool {
    retry(stack, leases)
}

/// Serves the requests that are in a queue now. Those that go on waiting do so in the other.
fn serve_queue(waiting: &impl ParkedRequests, from: Queue, to: Queue) {
    for _ in 0..waiting.count(from) {
        let Some(request) = waiting.take(from) else {
            break;
        };
        if let Some(waits) = waiting.serve(request) {
            waiting.put(to, waits);
        }
    }
}
