//! What the functions of a scenario work with.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell, RefMut};
use std::path::Path;
use std::time::Duration;

use ipforward::{Device, Error, Lifetime, Route};
use nthost_testkit::Failed;
use nthost_testkit::sweep::SweepControl;

use crate::routes::stack_routes;

/// A host with the driver, and the promises that a run has broken.
pub struct ScenarioContext {
    pub(super) control: SweepControl,
    observer: OnceCell<Device>,
    others: RefCell<Vec<Device>>,
    kept: RefCell<Option<Box<dyn Any>>>,
    /// The routes before the first run.
    base: Vec<Route>,
    /// The routes before this run.
    before: RefCell<Vec<Route>>,
    changed: Cell<bool>,
    broken: RefCell<Broken>,
}

/// The promises that a run has broken.
#[derive(Clone, Debug, Default)]
pub(super) struct Broken {
    pub(super) claims: Vec<&'static str>,
    pub(super) requirements: Vec<&'static str>,
}

impl ScenarioContext {
    pub(super) fn new(control: SweepControl) -> Self {
        let base = stack_routes(&mut control.process());
        Self {
            control,
            observer: OnceCell::new(),
            others: RefCell::default(),
            kept: RefCell::default(),
            base,
            before: RefCell::default(),
            changed: Cell::new(false),
            broken: RefCell::default(),
        }
    }

    /// Opens the device.
    ///
    /// # Errors
    ///
    /// As [`Device::open`].
    pub fn device(&self) -> Result<Device, Error> {
        Device::open(self.socket())
    }

    /// A handle of another client, which stays open between runs.
    ///
    /// # Panics
    ///
    /// If it is opened while a fault is armed.
    pub fn observer(&self) -> &Device {
        self.observer.get_or_init(|| {
            assert!(
                !self.control.is_armed(),
                "the observer is opened before the first run"
            );
            self.device().expect("the device opens")
        })
    }

    /// Opens `count` more handles, which stay open until the run ends.
    ///
    /// # Panics
    ///
    /// If one does not open.
    pub fn open_others(&self, count: usize) {
        let open = |_| self.device().expect("the device opens");
        self.others.borrow_mut().extend((0..count).map(open));
    }

    /// The handles that [`open_others`](Self::open_others) has opened.
    pub fn others(&self) -> RefMut<'_, Vec<Device>> {
        self.others.borrow_mut()
    }

    /// Keeps a value from the preparation of a run until its end.
    pub fn keep<T: 'static>(&self, value: T) {
        self.kept.replace(Some(Box::new(value)));
    }

    /// The value that is [kept](Self::keep).
    ///
    /// # Panics
    ///
    /// If none of this type is kept.
    pub fn kept<T: 'static>(&self) -> RefMut<'_, T> {
        RefMut::map(self.kept.borrow_mut(), |kept| {
            let value = kept.as_mut().and_then(|value| value.downcast_mut());
            value.expect("the preparation has kept a value")
        })
    }

    /// The socket of the host.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.control.socket()
    }

    /// Waits until the driver has nothing left to do but pending requests. Each step that starts
    /// asynchronous work is followed by this, so that the calls of all runs have the same order.
    pub fn quiesce(&self) {
        self.control.quiesce();
    }

    /// Advances the driver's clock, and waits as [`quiesce`](Self::quiesce) does.
    pub fn pass_time(&self, time: Duration) {
        self.control.pass_time(time);
    }

    /// The routes of the host's stack, without their ages. The driver is not asked.
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        stack_routes(&mut self.control.process())
    }

    /// The metric of the route with the same key as this one, if the stack has it.
    #[must_use]
    pub fn metric(&self, route: &Route) -> Option<u32> {
        let routes = self.routes();
        let found = routes.iter().find(|other| has_same_key(other, route));
        found.map(|found| found.metric)
    }

    /// True if the stack has a route with this key and this metric.
    #[must_use]
    pub fn has(&self, route: &Route) -> bool {
        self.metric(route) == Some(route.metric)
    }

    /// Records that a step has changed the table, or (`false`) that a step has restored it.
    pub fn table_is_changed(&self, changed: bool) {
        self.changed.set(changed);
    }

    /// Records a claim. A claim may be false only if the stack permanently refused, or said that an
    /// existing route does not exist.
    pub fn claim(&self, what: &'static str, is_true: bool) {
        if !is_true {
            self.broken.borrow_mut().claims.push(what);
        }
    }

    /// Records a requirement: it must be true whatever failed.
    pub fn require(&self, what: &'static str, is_true: bool) {
        if !is_true {
            self.broken.borrow_mut().requirements.push(what);
        }
    }

    /// True if all calls after the first failure fail as well: then the driver cannot undo what it
    /// has done.
    #[must_use]
    pub fn fails_persistently(&self) -> bool {
        self.control.fails_persistently()
    }

    /// Disarms the fault. The result is the first call that failed, if one did.
    pub fn disarm(&self) -> Option<Failed> {
        self.control.disarm()
    }

    /// Begins a run.
    pub(super) fn begin(&self) {
        self.before.replace(self.routes());
        self.changed.set(false);
        self.broken.replace(Broken::default());
    }

    /// Ends a run: drops what is kept, closes the other handles and deletes the routes that the run has left.
    pub(super) fn clean_up(&self) {
        drop(self.kept.take());
        self.others().clear();
        self.quiesce();
        let is_new = |route: &Route| !self.base.iter().any(|base| has_same_key(base, route));
        for route in self.routes().into_iter().filter(is_new) {
            let deleted = self.observer().delete_route(&route.key());
            deleted.expect("the route is deleted");
        }
    }

    /// True if the table is as the run says: unchanged, or changed if a step has recorded that.
    pub(super) fn table_is_as_recorded(&self) -> bool {
        differ(&self.before.borrow(), &self.routes()) == self.changed.get()
    }

    pub(super) fn broken(&self) -> Broken {
        self.broken.borrow().clone()
    }
}

/// Compares the keys of two routes whose interfaces are known by index.
fn has_same_key(one: &Route, other: &Route) -> bool {
    let key = |route: &Route| (route.destination, route.next_hop, route.interface.index());
    key(one) == key(other)
}

/// True if two tables differ in more than their order and the time that their routes have left.
fn differ(before: &[Route], after: &[Route]) -> bool {
    let [before, after] = [before, after].map(without_time_left);
    before.len() != after.len() || before.iter().any(|route| !after.contains(route))
}

fn without_time_left(routes: &[Route]) -> Vec<Route> {
    let mut routes = routes.to_vec();
    for route in &mut routes {
        for lifetime in [&mut route.valid_lifetime, &mut route.preferred_lifetime] {
            if let Lifetime::Seconds(left) = lifetime {
                *left = 0;
            }
        }
    }
    routes
}
