//! Reports what the driver lost: a counter for `QUERY_STATISTICS`, and a line for the debugger.

use engine::{Loss, LossCounters, LossDetail};

use crate::wdf::debug_print;

/// The losses since the driver was loaded, of all its devices.
static LOSSES: LossCounters = LossCounters::new();

/// The counters.
pub(crate) const fn losses() -> &'static LossCounters {
    &LOSSES
}

/// Counts a loss, and prints it unless it repeats the one before. May be called at every IRQL.
pub(crate) fn report(loss: &Loss) {
    if !LOSSES.count(loss) {
        return;
    }
    match loss.detail() {
        LossDetail::None => debug_print::print(loss.text()),
        LossDetail::Status(status) => debug_print::print_with_status(loss.text(), status),
        LossDetail::Count(count) => debug_print::print_with_count(loss.text(), u64::from(count)),
        LossDetail::Routes(count, route) => {
            debug_print::print_with_routes(loss.text(), count, &route.prefix, route.luid);
        }
    }
}

/// Prints that the stack has registered the driver for notifications, if it refused before.
pub(crate) fn registered() {
    if let Some(failed) = LOSSES.on_registered() {
        let text = c"the stack has registered for notifications, attempts that failed";
        debug_print::print_with_count(text, failed);
    }
}
