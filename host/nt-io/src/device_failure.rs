//! Devices that fail while they run: the `PnP` manager removes them by surprise, and starts them again if
//! their drivers ask for it.

use parking_lot::Mutex;

use crate::instance_path;

/// A device that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number.
    pub device: u32,
    /// Whether the driver wants it to be started again.
    pub restart: bool,
}

type Listener = Box<dyn Fn(Failure) + Send>;

/// The listener for failed devices, and the failures that wait for a listener.
struct Failures {
    listener: Option<Listener>,
    pending: Vec<Failure>,
}

static FAILURES: Mutex<Failures> = Mutex::new(Failures {
    listener: None,
    pending: Vec::new(),
});

/// Calls `listener` for each device that fails, also for those that have failed already. The call
/// happens within the driver's call, at up to `DISPATCH_LEVEL`. The listener must pass the failure to
/// another thread, since the removal of the device waits for the driver's call.
pub fn on_failure(listener: impl Fn(Failure) + Send + 'static) {
    let mut failures = FAILURES.lock();
    failures.pending.drain(..).for_each(&listener);
    failures.listener = Some(Box::new(listener));
}

/// Tells the listener of a failure, as soon as there is one.
pub fn report(failure: Failure) {
    let mut failures = FAILURES.lock();
    match &failures.listener {
        Some(listener) => listener(failure),
        None => failures.pending.push(failure),
    }
}

/// Reports the device whose physical device object is at `physical`.
pub(crate) fn fail(physical: usize, restart: bool) {
    if let Some(device) = instance_path::number_of(physical) {
        report(Failure { device, restart });
    }
}
