//! The machine at rest: when nothing is under way in it but requests.

use std::time::Duration;

use crate::io::system_work;
use crate::kernel::{activity, clock};
use crate::{netio, wdf};

/// Waits until every change has been told, every timer that is due has gone off, and no work item
/// is queued or runs. A machine that keeps itself busy never comes to rest.
pub fn settle() {
    loop {
        let before = activity::begun();
        netio::stack().wait_idle();
        wdf::timer::wait_idle();
        system_work::wait_idle();
        if activity::begun() == before {
            return;
        }
    }
}

/// From now on work items begin only while somebody waits for them, as [`settle`] does.
pub fn put_work_off() {
    system_work::put_off();
}

/// Lets time pass for the driver, whose clock stands still otherwise from now on, and waits until
/// what is due because of it is done.
pub fn pass(time: Duration) {
    clock::pass(time);
    wdf::timer::look_again();
    settle();
}
