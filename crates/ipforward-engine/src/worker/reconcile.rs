//! Looking after leases between requests: guarded routes are put back, leases of closed handles
//! that could not be ended are tried again, and routes that others removed are forgotten.
//!
//! All of it is done at `PASSIVE_LEVEL`: it calls the stack.

use crate::events::{Event, EventLog};
use crate::handle::Lock;
use crate::leases::LeaseTable;
use crate::leases::guard::EventSink;
use crate::leases::release::RETRY;
use crate::network_stack::NetworkStack;
use crate::route_key::RouteKey;

/// Routes that are looked at while the leases is held once, so that requests get their turn.
const AT_A_TIME: u32 = 16;

/// Does all that is due. `now` is in ticks of 100 ns since some moment, and never runs backwards.
/// Answers when to do so again, if there is no reason to do so earlier.
pub(crate) fn keep(
    stack: &impl NetworkStack,
    leases: &impl Lock<LeaseTable>,
    watch: &impl Lock<EventLog>,
    now: u64,
) -> Option<u64> {
    let doubtful = on_route_changed(stack, leases, watch, now);
    while leases.with(|leases| leases.scan(stack, AT_A_TIME)) {}
    let unsure = leases.with(LeaseTable::restart_scan);
    let mut teller = WatchEventSink(watch);
    let mut again = Some(now);
    while again.is_some_and(|again| again <= now) {
        again = leases.with(|leases| leases.run_guard(stack, now, AT_A_TIME as usize, &mut teller));
    }
    let pending_release = retry(stack, leases);
    let retry = (pending_release || doubtful || unsure).then(|| now.saturating_add(RETRY));
    again.into_iter().chain(retry).min()
}

/// Tries once more to end the leases of closed handles that could not be ended. Answers whether any
/// are left.
pub(crate) fn retry(stack: &impl NetworkStack, leases: &impl Lock<LeaseTable>) -> bool {
    leases.with(LeaseTable::begin_retry);
    while leases.with(|leases| leases.retry(stack, AT_A_TIME as usize)) {}
    leases.with(|leases| leases.has_pending_release())
}

/// Looks at the routes that changed. Answers whether the stack could not be asked for some: these
/// are kept for the next time.
fn on_route_changed(
    stack: &impl NetworkStack,
    leases: &impl Lock<LeaseTable>,
    watch: &impl Lock<EventLog>,
    now: u64,
) -> bool {
    let mut doubtful = false;
    // Those that are kept come behind all these.
    let mut left = watch.with(|watch| watch.touched());
    loop {
        let mut events = [Event::default(); AT_A_TIME as usize];
        let limit = left.min(AT_A_TIME as usize);
        let room = events.get_mut(..limit).unwrap_or_default();
        let (count, lost) = watch.with(|watch| watch.take_touched(room));
        if count == 0 && !lost {
            return doubtful;
        }
        left = left.saturating_sub(count);
        leases.with(|leases| {
            if lost {
                leases.on_notifications_lost(now);
            }
            for event in events.iter().take(count) {
                if leases.on_route_changed(stack, &event.key, now).is_err() {
                    doubtful = true;
                    watch.with(|watch| watch.touch(*event));
                }
            }
        });
    }
}

struct WatchEventSink<'a, WatchLock>(&'a WatchLock);

impl<WatchLock: Lock<EventLog>> EventSink for WatchEventSink<'_, WatchLock> {
    fn tell(&mut self, handle: u64, kind: u32, key: &RouteKey) {
        self.0.with(|watch| watch.tell(handle, kind, key));
    }
}
