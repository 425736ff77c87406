//! What a scenario works with.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipforward::{Device, Error, Route};

use crate::control::{Failed, Plan};
use crate::process::Process;

/// The machine, as a scenario sees it.
pub struct Bench {
    socket: PathBuf,
    /// Not part of the scenario: arms faults, and asks the host beside the driver.
    control: RefCell<Process>,
    armed: Cell<bool>,
    failed: RefCell<Option<Failed>>,
    changed: Cell<bool>,
    broken: RefCell<Vec<&'static str>>,
}

impl Bench {
    /// On the host at `socket`, whose time stands still from now on.
    pub(super) fn new(socket: PathBuf) -> Self {
        let mut control = Process::start(&socket);
        control.pass_time(Duration::ZERO);
        Self {
            socket,
            control: RefCell::new(control),
            armed: Cell::new(false),
            failed: RefCell::new(None),
            changed: Cell::new(false),
            broken: RefCell::new(Vec::new()),
        }
    }

    /// The device, opened afresh.
    ///
    /// # Errors
    ///
    /// As [`Device::open`].
    pub fn device(&self) -> Result<Device, Error> {
        Device::open(&self.socket)
    }

    /// Where the host is.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Waits until nothing is under way in the machine but requests. Whatever it does by itself
    /// because of a step must be done before the next step: else nobody could number the calls.
    pub fn settle(&self) {
        self.control.borrow_mut().settle();
    }

    /// Lets time pass for the driver, and settles.
    pub fn pass_time(&self, time: Duration) {
        self.control.borrow_mut().pass_time(time);
    }

    /// The routes of the machine, without their ages. The driver is not asked.
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        self.control.borrow_mut().routes()
    }

    /// Whether there is a route with these keys and this metric.
    #[must_use]
    pub fn has(&self, route: &Route) -> bool {
        self.routes().iter().any(|there| {
            (there.destination, there.next_hop, there.metric)
                == (route.destination, route.next_hop, route.metric)
        })
    }

    /// A step that changes the table has succeeded (or one that undoes it: `false`).
    pub fn table_is_changed(&self, changed: bool) {
        self.changed.set(changed);
    }

    /// What has to be so, unless the stack refused for good what it takes or said of a route that
    /// it is not there, although it is.
    pub fn claim(&self, what: &'static str, is_so: bool) {
        if !is_so {
            self.broken.borrow_mut().push(what);
        }
    }

    /// From now on nothing fails. What failed first, if anything did.
    pub fn disarm(&self) -> Option<Failed> {
        if self.armed.replace(false) {
            self.settle();
            self.failed.replace(self.control.borrow_mut().disarm());
        }
        self.failed.borrow().clone()
    }

    pub(super) fn arm(&self, plan: Plan, number: u64, way: u8) {
        self.begin();
        self.armed.set(true);
        self.control.borrow_mut().arm(plan, number, way);
    }

    /// A run begins.
    pub(super) fn begin(&self) {
        self.failed.replace(None);
        self.changed.set(false);
        self.broken.borrow_mut().clear();
    }

    pub(super) fn has_changed_the_table(&self) -> bool {
        self.changed.get()
    }

    /// The claims that were not so.
    pub(super) fn broken_claims(&self) -> Vec<&'static str> {
        self.broken.borrow().clone()
    }

    pub(super) fn outstanding(&self) -> u64 {
        self.control.borrow_mut().outstanding()
    }

    pub(super) fn list_outstanding(&self) -> String {
        self.control.borrow_mut().list_outstanding()
    }
}
