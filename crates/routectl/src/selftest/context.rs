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

/// The part of the prefix that belongs to one case alone. The stack may notify late: a case that waits for
/// events would see those of the routes of the cases before it.
///
/// All other cases create the routes with the numbers 0 to 3, which are in the parts 0 and 1.
#[derive(Clone, Copy, Debug)]
pub(super) enum OwnPart {
    SetWritesDifferences = 2,
    EqualSet = 3,
    SnapshotThenEvents = 4,
    ChangesAttributed = 5,
    WaitingWatch = 6,
}

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
        let prefix = self.subnet(4, number)?;
        Ok(Route::new(prefix, self.interface()).metric(METRIC))
    }

    /// The same with the routes of a part of the prefix, which no other case has.
    pub(super) fn part(&self, part: OwnPart) -> Result<Self, NotPassed> {
        let prefix = self.subnet(3, part as usize)?;
        Ok(Self { prefix, ..*self })
    }

    /// The subnet with this number, whose prefix is longer by so many bits.
    fn subnet(&self, bits: u8, number: usize) -> Result<IpNet, NotPassed> {
        let length = self.prefix.prefix_len() + bits;
        let subnets = self.prefix.subnets(length).ok();
        let subnet = subnets.and_then(|mut subnets| subnets.nth(number));
        subnet.ok_or_else(|| NotPassed::Failed(format!("{} has no part {number}", self.prefix)))
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

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [OwnPart; 5] = [
        OwnPart::SetWritesDifferences,
        OwnPart::EqualSet,
        OwnPart::SnapshotThenEvents,
        OwnPart::ChangesAttributed,
        OwnPart::WaitingWatch,
    ];

    #[test]
    fn the_routes_of_a_part_are_those_of_no_other_case() {
        let computer = TestedComputer {
            device: "nowhere".into(),
            interface: Interface::Index(1),
            wait: Duration::ZERO,
        };
        for (family, prefix) in [
            (AddressFamily::IPV4, "203.0.113.0/24"),
            (AddressFamily::IPV6, "2001:db8:f000::/48"),
        ] {
            let context = CaseContext {
                computer: &computer,
                family,
                prefix: prefix.parse().unwrap(),
            };
            let shared = (0..4).map(|number| context.route(number).unwrap().destination);
            let parts = PARTS.map(|part| context.part(part).unwrap());
            let of_part = parts.iter().map(|part| part.prefix);
            let all: Vec<_> = shared.chain(of_part).collect();
            for (place, one) in all.iter().enumerate() {
                let mut others = all.iter().skip(place + 1);
                let is_apart = others.all(|other| !one.contains(other) && !other.contains(one));
                assert!(is_apart, "{one} of {all:?}");
            }
            for part in parts {
                let last = part.route(15).unwrap().destination;
                assert!(part.prefix.contains(&last), "{last}");
            }
        }
    }
}
