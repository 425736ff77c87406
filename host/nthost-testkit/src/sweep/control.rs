//! The calls of the host that a scenario can make during a run.

use std::cell::{Cell, RefCell, RefMut};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::fault::{Failed, Plan};
use crate::process::Process;

/// The host under a sweep: its clock stands still, and work items run only while the scenario waits
/// with [`quiesce`](Self::quiesce) or [`pass_time`](Self::pass_time).
pub struct SweepControl {
    socket: PathBuf,
    process: RefCell<Process>,
    armed: Cell<Option<Plan>>,
    failed: RefCell<Option<Failed>>,
}

impl SweepControl {
    pub(super) fn new(socket: PathBuf) -> Self {
        let mut process = Process::start(&socket);
        process.pass_time(Duration::ZERO);
        process.defer_work();
        Self {
            socket,
            process: RefCell::new(process),
            armed: Cell::new(None),
            failed: RefCell::new(None),
        }
    }

    /// The socket of the host.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Starts a client process.
    #[must_use]
    pub fn connect(&self) -> Process {
        Process::start(&self.socket)
    }

    /// Ends a client process, and returns when the host has closed its handles and the driver has no
    /// work left. A process that is dropped may end after the next [`quiesce`](Self::quiesce).
    pub fn end(&self, mut client: Process) {
        client.begin_exit();
        loop {
            // The driver may need its work items to complete the requests of the process.
            self.quiesce();
            if client.has_exited() {
                break;
            }
        }
        self.quiesce();
    }

    /// The process through which the sweep controls the host. It has no handles.
    ///
    /// # Panics
    ///
    /// If the caller has it already.
    pub fn process(&self) -> RefMut<'_, Process> {
        self.process.borrow_mut()
    }

    /// As [`Process::quiesce`].
    pub fn quiesce(&self) {
        self.process().quiesce();
    }

    /// As [`Process::pass_time`].
    pub fn pass_time(&self, time: Duration) {
        self.process().pass_time(time);
    }

    /// True while a persistent fault is armed: all later calls fail, too, so the driver cannot undo
    /// its changes.
    #[must_use]
    pub fn fails_persistently(&self) -> bool {
        self.armed.get() == Some(Plan::From)
    }

    /// True while a fault is armed.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        self.armed.get().is_some()
    }

    /// Disarms the fault of this run. The result is the first call that failed.
    pub fn disarm(&self) -> Option<Failed> {
        if self.armed.take().is_some() {
            self.quiesce();
            self.failed.replace(self.process().disarm());
        }
        self.failed.borrow().clone()
    }

    pub(super) fn arm(&self, plan: Plan, number: u64, way: u8) {
        self.failed.replace(None);
        self.armed.set(Some(plan));
        self.process().arm(plan, number, way);
    }
}
