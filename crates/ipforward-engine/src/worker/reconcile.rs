//! Reconciles leases with the route table: guarded routes are restored, pending releases are
//! retried, and leases end whose routes other programs removed.
//!
//! All of it calls the stack, at `PASSIVE_LEVEL`.

use core::hint::black_box;

use super::WorkerHost;
use crate::alloc::assert_live;
use crate::changed_interfaces::ChangedInterfaces;
use crate::events::event::LoggedEvent;
use crate::leases::LeaseTable;
use crate::leases::guard::{EventSink, GuardEvent, LeaseHolder};
use crate::leases::release::RETRY_DELAY;
use crate::lock::{Lock, StackLock};
use crate::network_stack::NetworkStack;
use crate::report::Loss;
use crate::route_key::RouteKey;
use crate::time::KernelTime;
use crate::watch::WatchState;

/// The number of routes to check before the lease-table lock is released, so that requests can run
/// in between.
const ROUTES_PER_HOLD: usize = 16;

/// Does all work that is due. Returns the time of the next call, unless an event requires an
/// earlier one.
pub(super) fn reconcile<Stack: NetworkStack>(
    stack: &mut Stack,
    leases: &impl StackLock<LeaseTable, Stack>,
    watch: &impl Lock<WatchState, Stack>,
    host: &impl WorkerHost,
    interfaces: &ChangedInterfaces,
    now: KernelTime,
) -> Option<KernelTime> {
    let mut sink = WatchEventSink { watch, host };
    if !interfaces.is_empty() {
        leases.with(stack, |leases, stack| {
            assert_live(leases.on_interfaces_changed(stack, interfaces, now, &mut sink));
        });
    }
    let mut has_to_retry = handle_changes(stack, leases, watch, host, now);
    while leases.with(stack, |leases, stack| leases.scan(stack, ROUTES_PER_HOLD)) {}
    has_to_retry |= leases.with(stack, |leases, stack| {
        let settings = assert_live(leases.write_lost_settings(stack)).unwrap_or(false);
        leases.restart_scan() || settings
    });
    let mut next = Some(now);
    while next.is_some_and(|next| next <= now) {
        next = leases.with(stack, |leases, stack| {
            assert_live(leases.run_guards(stack, now, ROUTES_PER_HOLD, &mut sink)).flatten()
        });
    }
    has_to_retry |= retry_releases(stack, leases);
    let retry = has_to_retry.then(|| now.after(RETRY_DELAY));
    next.into_iter().chain(retry).min()
}

/// Compares every lease with the route table, after a resume of the system. What is lost is restored
/// by the next [`reconcile`].
pub(super) fn resume<Stack: NetworkStack>(
    stack: &mut Stack,
    leases: &impl StackLock<LeaseTable, Stack>,
    now: KernelTime,
) {
    leases.with(stack, |leases, _| assert_live(leases.begin_resume(now)));
    let compare = |leases: &mut LeaseTable, stack: &mut Stack| {
        assert_live(leases.continue_resume(stack, now, ROUTES_PER_HOLD)).unwrap_or(false)
    };
    while leases.with(stack, compare) {}
}

/// Retries pending releases once. Returns whether any is left.
pub(super) fn retry_releases<Stack: NetworkStack>(
    stack: &mut Stack,
    leases: &impl StackLock<LeaseTable, Stack>,
) -> bool {
    leases.with(stack, |leases, _| leases.begin_retry());
    let retry = |leases: &mut LeaseTable, stack: &mut Stack| {
        assert_live(leases.retry(stack, ROUTES_PER_HOLD)).unwrap_or(false)
    };
    while leases.with(stack, retry) {}
    leases.with(stack, |leases, _| leases.has_pending_release())
}

/// Handles routes that changed. Returns whether the stack refused to say something about one: such
/// routes are kept for the next time.
fn handle_changes<Stack: NetworkStack>(
    stack: &mut Stack,
    leases: &impl StackLock<LeaseTable, Stack>,
    watch: &impl Lock<WatchState, Stack>,
    host: &impl WorkerHost,
    now: KernelTime,
) -> bool {
    let mut has_to_retry = false;
    // Changes that are kept from now on are in the log after all these.
    let mut left = watch.with(stack, |state| state.events.lease_changes());
    loop {
        let mut events = [LoggedEvent::default(); ROUTES_PER_HOLD];
        let limit = left.min(ROUTES_PER_HOLD);
        let room = events.get_mut(..limit).unwrap_or_default();
        let (count, lost) = watch.with(stack, |state| state.events.take_lease_changes(room));
        if count == 0 && !lost {
            return has_to_retry;
        }
        left = left.saturating_sub(count);
        leases.with(stack, |leases, stack| {
            if lost {
                assert_live(leases.on_notifications_lost(now));
            }
            for event in events.iter().take(count) {
                if leases.on_route_changed(stack, &event.key, now).is_err() {
                    has_to_retry = true;
                    if watch.with(stack, |state| state.events.keep_lease_change(*event)) {
                        host.report(&Loss::ChangesLost);
                    }
                }
            }
        });
    }
}

/// Logs the events of guards, and reports those that gave up.
struct WatchEventSink<'a, WatchLock, Host> {
    watch: &'a WatchLock,
    host: &'a Host,
}

impl<Stack, WatchLock: Lock<WatchState, Stack>, Host: WorkerHost> EventSink<Stack>
    for WatchEventSink<'_, WatchLock, Host>
{
    fn emit(&mut self, stack: &mut Stack, holder: LeaseHolder, event: GuardEvent, key: &RouteKey) {
        // The lock raises the IRQL, and the lease table is in paged memory. The compiler would remove a
        // plain copy and read the key under the lock.
        let resident = black_box(*key);
        let required = self.watch.with(stack, |state| {
            let required = state.events.on_guard_event(holder, event, &resident);
            if required.any() {
                state.work.request();
            }
            required
        });
        required.losses().for_each(|loss| self.host.report(&loss));
        if event == GuardEvent::GaveUp {
            self.host.report(&Loss::GuardGaveUp(key.into()));
        }
    }
}
