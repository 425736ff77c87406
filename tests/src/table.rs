//! Routes, to compare before and after.

use ipforward::{AddressFamily, Device, Route};

/// The same route without its age: time passes between two looks.
#[must_use]
pub fn without_age(mut route: Route) -> Route {
    route.age = 0;
    route
}

/// All routes of both families, without their ages.
///
/// # Panics
///
/// If the table cannot be read.
#[must_use]
pub fn table(device: &Device) -> Vec<Route> {
    let routes = device
        .routes(AddressFamily::UNSPECIFIED)
        .expect("the table can be read");
    routes.into_iter().map(without_age).collect()
}
