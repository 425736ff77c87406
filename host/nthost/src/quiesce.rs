//! Quiescing: waiting until the kernel has no activity except pending requests.

use std::time::Duration;

use nt_io::system_work;
use nt_kernel::{activity, clock, deferred_calls, timer_queue};

/// Waits until the network stack has reported every change, every due timer has run, and no work item
/// is queued or runs. Never returns if the driver keeps queueing work.
pub fn wait_idle() {
    loop {
        let before = activity::begun();
        nt_netio::stack().wait_idle();
        nt_wdf::alarm::wait_idle();
        timer_queue::wait_idle();
        deferred_calls::wait_idle();
        system_work::wait_idle();
        if activity::begun() == before {
            return;
        }
    }
}

/// From now on work items begin only while a thread is in [`wait_idle`].
pub fn defer_work() {
    system_work::put_off();
}

/// Advances the driver's clock, which stands still otherwise from now on, and waits until what is due
/// by then is done.
pub fn advance_clock(time: Duration) {
    clock::pass(time);
    nt_wdf::alarm::clock_advanced();
    timer_queue::clock_advanced();
    wait_idle();
}
