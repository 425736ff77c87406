//! What the driver does between requests, and who calls for it.
//!
//! Errands belong into a work item, which runs soon after it was enqueued, once, however often that
//! was; but again, and perhaps in another thread at the same time, if it is enqueued while it
//! runs. A request that one of two such threads holds is not seen by the other: therefore
//! everybody who has something for the errands counts a call, under the watch's lock, and whoever
//! has served the waiting requests looks whether it was called meanwhile.

use abi::MibIpForwardRow2;

use crate::handle::Lock;
use crate::keeper::keep;
use crate::ledger::Ledger;
use crate::stack::NetworkStack;
use crate::watch::{Change, Watch};

/// The work item that does the errands.
pub trait Enqueue {
    /// Has [`run`] called soon, at `PASSIVE_LEVEL`. Up to `DISPATCH_LEVEL`.
    fn enqueue(&self);
}

/// `WATCH` requests that have nothing to tell yet.
pub trait Waiting {
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
pub fn park(watch: &impl Lock<Watch>, work: &impl Enqueue, put: impl FnOnce()) {
    put();
    // Something may have happened between the look at the events and now.
    call(watch, work);
}

/// Calls for the errands: something is left to do. Up to `DISPATCH_LEVEL`.
pub fn call(watch: &impl Lock<Watch>, work: &impl Enqueue) {
    watch.with(Watch::call);
    work.enqueue();
}

/// The stack's notification says that a route changed. Needs only the keys of the row, and both of
/// its interface's names. `now` is in ticks of 100 ns. Neither waits nor allocates nor calls the
/// stack; up to `DISPATCH_LEVEL`.
pub fn route_changed(
    watch: &impl Lock<Watch>,
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
pub fn interface_changed(watch: &impl Lock<Watch>, work: &impl Enqueue, change: Change) {
    if change != Change::Removed {
        watch.with(Watch::interface_came);
        work.enqueue();
    }
}

/// Does the errands: puts guarded routes back, tries again what could not be ended, and tells those
/// who watch. `now` is in ticks of 100 ns since some moment, and never runs backwards. Answers
/// when to do so again, if nobody calls earlier.
pub fn run(
    stack: &impl NetworkStack,
    ledger: &impl Lock<Ledger>,
    watch: &impl Lock<Watch>,
    waiting: &impl Waiting,
    now: u64,
) -> Option<u64> {
    if watch.with(Watch::take_interface_came) {
        ledger.with(|ledger| ledger.interface_came(now));
    }
    let again = keep(stack, ledger, watch, now);
    serve_waiting(watch, waiting);
    again
}

/// Serves waiting requests again, until nobody called for it meanwhile.
fn serve_waiting(watch: &impl Lock<Watch>, waiting: &impl Waiting) {
    loop {
        let calls = watch.with(|watch| watch.calls());
        serve_queue(waiting, Queue::First, Queue::Second);
        serve_queue(waiting, Queue::Second, Queue::First);
        if watch.with(|watch| watch.calls()) == calls {
            break;
        }
    }
}

/// Serves the requests that are in a queue now. Those that go on waiting do so in the other.
fn serve_queue(waiting: &impl Waiting, from: Queue, to: Queue) {
    for _ in 0..waiting.count(from) {
        let Some(request) = waiting.take(from) else {
            break;
        };
        if let Some(waits) = waiting.serve(request) {
            waiting.put(to, waits);
        }
    }
}
