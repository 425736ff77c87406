//! The time that a driver gives an I/O target for a request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use nt_kernel::{activity, clock};
use nt_types::status::NtStatus;

use crate::alarm::Alarm;
use crate::status;
use crate::wait_lock::duration;

/// Cancels a request when its time is up.
pub(crate) struct SendTimeout {
    alarm: Arc<Alarm>,
    is_over: AtomicBool,
    /// The thread that cancels.
    thread: OnceLock<ThreadId>,
}

impl SendTimeout {
    /// Calls `cancel` when the time is up: in 100 ns, negative from now, positive since 1601.
    pub(crate) fn start(timeout: i64, cancel: impl FnOnce() + Send + 'static) -> Arc<Self> {
        let started = Arc::new(Self {
            alarm: Alarm::create(),
            is_over: AtomicBool::new(false),
            thread: OnceLock::new(),
        });
        let end = clock::now() + duration(timeout);
        if let (_, Some(setting)) = started.alarm.arm(end) {
            let waits = started.clone();
            thread::Builder::new()
                .name("timeout of a request".to_owned())
                .spawn(move || waits.run(setting, end, cancel))
                .expect("a thread");
        }
        started
    }

    fn run(&self, setting: u64, end: Duration, cancel: impl FnOnce()) {
        self.thread.get_or_init(|| thread::current().id());
        if self.alarm.expire(setting, end, Duration::ZERO) {
            self.is_over.store(true, Ordering::SeqCst);
            activity::begin();
            cancel();
            self.alarm.called_back();
        }
    }

    /// Whether the time is up, and the request has been or will be cancelled.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// The target has completed the request; a cancellation on another thread has returned, too. The status
    /// that the driver sees: that of a cancellation because of the time is `STATUS_IO_TIMEOUT`.
    pub(crate) fn end(&self, status: NtStatus) -> NtStatus {
        let cancels = self.thread.get() == Some(&thread::current().id());
        self.alarm.end(cancels.into());
        if self.is_over() && status == NtStatus::CANCELLED {
            status::IO_TIMEOUT
        } else {
            status
        }
    }
}
