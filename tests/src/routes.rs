//! The route table, in a form that can be compared before and after a change.

use ipforward::{AddressFamily, Device, Route};
use nthost_testkit::{Host, Process};

/// The same route with age 0: the age differs between two reads.
#[must_use]
pub fn without_age(mut route: Route) -> Route {
    route.age = 0;
    route
}

/// All routes of both families, read through the driver, without their ages.
///
/// # Panics
///
/// If the driver refuses.
#[must_use]
pub fn table(device: &Device) -> Vec<Route> {
    let routes = device
        .routes(AddressFamily::UNSPECIFIED)
        .expect("the table can be read");
    routes.into_iter().map(without_age).collect()
}

/// All routes of the host's network stack, without their ages, also when the driver is unloaded.
///
/// # Panics
///
/// If a row is invalid.
#[must_use]
pub fn host_routes(host: &Host) -> Vec<Route> {
    stack_routes(&mut host.connect())
}

/// As [`host_routes`], through a process of that host.
pub(crate) fn stack_routes(process: &mut Process) -> Vec<Route> {
    let rows = process.route_rows();
    rows.iter()
        .map(|row| without_age(Route::try_from(row).expect("a valid row")))
        .collect()
}
