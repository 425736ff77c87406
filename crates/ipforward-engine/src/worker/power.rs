//! Sleep and resume of the system.
//!
//! While the system sleeps, the stack may lose routes, with notifications or without. That is no
//! act of another program, so deferred work leaves the leases alone until the resume; then it
//! compares every lease with the route table.

use super::WorkerHost;
use crate::lock::Lock;
use crate::watch::WatchState;

/// Handles the way of the device out of D0, to a state from which it returns. Deferred work that runs
/// now may still change routes; work that begins later does not until [`on_resume`].
pub fn on_sleep<Context>(watch: &impl Lock<WatchState, Context>, context: &mut Context) {
    watch.with(context, |state| {
        state.power.on_sleep();
        state.events.on_sleep();
    });
}

/// Handles the entry of the device to D0. Unless the device starts, every reader gets a resync, and
/// deferred work compares every lease with the route table.
pub fn on_resume<Context>(
    watch: &impl Lock<WatchState, Context>,
    context: &mut Context,
    host: &impl WorkerHost,
) {
    let resumes = watch.with(context, |state| {
        let resumes = state.power.on_resume();
        if resumes {
            state.events.on_resume();
            state.work.request();
        }
        resumes
    });
    if resumes {
        host.enqueue();
    }
}
