//! What a case works with: handles of the device, and routes that no other program has.

use std::thread;
use std::time::{Duration, Instant};

use ipforward::{
    Access, AddressFamily, Device, Error, Interface, IpNet, Reason, Route, RouteKey, WatchFilter,
};

use super::not_passed::{CaseResult, NotPassed};
use super::tested_computer::TestedComputer;

/// How long a case sleeps before it looks again.
const INTERVAL: Duration = Duration::from_millis(5);

/// The metric of the routes.
pub(super) const METRIC: u32 = 5;

/// What a case works with.
#[derive(Debug)]
pub(super) struct CaseContext<'a> {
    pub(super) computer: &'a TestedComputer,
    pub(super) family: AddressFamily,
    /// The prefix that all routes of the case are inside of.
    pub(super) prefix: IpNet,
}

impl CaseContext<'_> {
    /// Opens a handle: another one is another program for the driver.
    pub(super) fn open(&self) -> Result<Device, Error> {
        self.computer.open(Access::ReadWrite)
    }

    pub(super) const fn interface(&self) -> Interface {
        self.computer.interface
    }

    /// One of at least 16 on-link routes.
    pub(super) fn route(&self, number: usize) -> Result<Route, NotPassed> {
        let length = self.prefix.prefix_len() + 4;
        let parts = self.prefix.subnets(length).ok();
        let prefix = parts.and_then(|mut parts| parts.nth(number));
        let prefix = prefix.ok_or_else(|| NotPassed::Failed(format!("no route {number}")))?;
        Ok(Route::new(prefix, self.interface()).metric(METRIC))
    }

    /// Selects the routes of the case.
    pub(super) const fn filter(&self) -> WatchFilter {
        WatchFilter::new().inside(self.prefix)
    }

    /// The keys of the routes within the prefix.
    pub(super) fn routes_left(&self) -> Result<Vec<RouteKey>, Error> {
        let routes = self.computer.open(Access::ReadOnly)?.routes(self.family)?;
        let mine = routes
            .iter()
            .filter(|route| self.prefix.contains(&route.destination));
        Ok(mine.map(Route::key).collect())
    }

    /// Looks again until there is a value, and fails when the time to wait is over.
    pub(super) fn wait_for<T>(
        &self,
        what: &str,
        mut look: impl FnMut() -> Result<Option<T>, Error>,
    ) -> Result<T, NotPassed> {
        let end = Instant::now() + self.computer.wait;
        loop {
            // Looks once more after the end: the computer may have been busy.
            let is_over = Instant::now() >= end;
            if let Some(value) = look()? {
                return Ok(value);
            }
            if is_over {
                let waited = humantime::format_duration(self.computer.wait);
                let text = format!("{what}: not within {waited}");
                return Err(NotPassed::Failed(text));
            }
            thread::sleep(INTERVAL);
        }
    }

    /// Waits until the route does not exist any more.
    pub(super) fn wait_until_gone(&self, device: &Device, route: &Route) -> CaseResult {
        let what = format!("{} is removed", route.key());
        self.wait_for(&what, || Ok(find(device, route)?.is_none().then_some(())))
    }
}

/// The route with the same key, if it exists.
pub(super) fn find(device: &Device, route: &Route) -> Result<Option<Route>, Error> {
    match device.get_route(&route.key()) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.reason() == Some(Reason::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The metric of the route with the same key, if it exists.
pub(super) fn metric(device: &Device, route: &Route) -> Result<Option<u32>, Error> {
    Ok(find(device, route)?.map(|found| found.metric))
}
