//! What a scenario works with.

use std::cell::{Cell, OnceCell, RefCell, RefMut};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipforward::{Device, Error, Route};

use crate::control::{Failed, Plan};
use crate::process::Process;

/// The machine, as a scenario sees it.
pub struct ScenarioContext {
    socket: PathBuf,
    /// Not part of the scenario: arms faults, and asks the host beside the driver.
    pub(super) control: RefCell<Process>,
    observer: OnceCell<Device>,
    others: RefCell<Vec<Device>>,
    /// The routes of the machine before anybody came.
    base: Vec<Route>,
    armed: Cell<Option<Plan>>,
    failed: RefCell<Option<Failed>>,
    changed: Cell<bool>,
    broken: RefCell<Broken>,
}

/// The promises that were not kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Broken {
    pub(super) claims: Vec<&'static str>,
    pub(super) in_any_case: Vec<&'static str>,
}

impl ScenarioContext {
    /// On the host at `socket`, whose time stands still from now on. What the driver leaves for a
    /// work item is done when the machine settles.
    pub(super) fn new(socket: PathBuf) -> Self {
        let mut control = Process::start(&socket);
        control.pass_time(Duration::ZERO);
        control.defer_work();
        Self {
            socket,
            base: control.routes(),
            control: RefCell::new(control),
            observer: OnceCell::new(),
            others: RefCell::default(),
            armed: Cell::new(None),
            failed: RefCell::new(None),
            changed: Cell::new(false),
            broken: RefCell::default(),
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

    /// Somebody else, who has the device open before and after each run.
    ///
    /// # Panics
    ///
    /// If he comes only when calls fail already.
    pub fn observer(&self) -> &Device {
        self.observer.get_or_init(|| {
            assert!(
                self.armed.get().is_none(),
                "the observer is there before the run"
            );
            self.device().expect("the device opens")
        })
    }

    /// Opens so many more handles, which are there until the run is over.
    ///
    /// # Panics
    ///
    /// If one does not open.
    pub fn open_others(&self, count: usize) {
        let open = |_| self.device().expect("the device opens");
        self.others.borrow_mut().extend((0..count).map(open));
    }

    /// What [`open_others`](Self::open_others) has opened.
    pub fn others(&self) -> RefMut<'_, Vec<Device>> {
        self.others.borrow_mut()
    }

    /// Where the host is.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Waits until nothing is under way in the machine but requests. Whatever it does by itself
    /// because of a step must be done before the next step: else nobody could number the calls.
    pub fn quiesce(&self) {
        self.control.borrow_mut().quiesce();
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

    /// The metric of the route with the keys of this one, if it is there.
    #[must_use]
    pub fn metric(&self, route: &Route) -> Option<u32> {
        let routes = self.routes();
        let found = routes.iter().find(|there| is_same(there, route));
        found.map(|there| there.metric)
    }

    /// Whether there is a route with these keys and this metric.
    #[must_use]
    pub fn has(&self, route: &Route) -> bool {
        self.metric(route) == Some(route.metric)
    }

    /// A step that changes the table has succeeded (or one that undoes it: `false`).
    pub fn table_is_changed(&self, changed: bool) {
        self.changed.set(changed);
    }

    /// What has to be so, unless the stack refused for good what it takes or said of a route that
    /// it is not there, although it is.
    pub fn claim(&self, what: &'static str, is_so: bool) {
        if !is_so {
            self.broken.borrow_mut().claims.push(what);
        }
    }

    /// What has to be so, whatever failed.
    pub fn require(&self, what: &'static str, is_so: bool) {
        if !is_so {
            self.broken.borrow_mut().in_any_case.push(what);
        }
    }

    /// Whether what fails goes on failing: then what failed cannot be undone either.
    #[must_use]
    pub fn goes_on_failing(&self) -> bool {
        self.armed.get() == Some(Plan::From)
    }

    /// From now on nothing fails. What failed first, if anything did.
    pub fn disarm(&self) -> Option<Failed> {
        if self.armed.take().is_some() {
            self.quiesce();
            self.failed.replace(self.control.borrow_mut().disarm());
        }
        self.failed.borrow().clone()
    }

    pub(super) fn arm(&self, plan: Plan, number: u64, way: u8) {
        self.begin();
        self.armed.set(Some(plan));
        self.control.borrow_mut().arm(plan, number, way);
    }

    /// A run begins.
    pub(super) fn begin(&self) {
        self.failed.replace(None);
        self.changed.set(false);
        self.broken.replace(Broken::default());
    }

    /// A run is over: nobody is left, nor anything that it did to the table.
    pub(super) fn take_back(&self) {
        self.others().clear();
        self.quiesce();
        let is_new = |route: &Route| !self.base.iter().any(|there| is_same(there, route));
        for route in self.routes().into_iter().filter(is_new) {
            let deleted = self.observer().delete_route(&route.key());
            deleted.expect("the route is deleted");
        }
        self.quiesce();
    }

    pub(super) fn has_changed_the_table(&self) -> bool {
        self.changed.get()
    }

    pub(super) fn broken(&self) -> Broken {
        self.broken.borrow().clone()
    }

    pub(super) fn outstanding(&self) -> u64 {
        self.control.borrow_mut().outstanding()
    }

    pub(super) fn list_outstanding(&self) -> String {
        self.control.borrow_mut().list_outstanding()
    }
}

/// Whether two routes, whose interfaces are known by index, have the same keys.
fn is_same(one: &Route, other: &Route) -> bool {
    let keys = |route: &Route| (route.destination, route.next_hop, route.interface.index());
    keys(one) == keys(other)
}
