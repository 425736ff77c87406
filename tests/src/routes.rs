//! Routes of the tests, and the route table in a form that can be compared before and after a change.

use std::net::Ipv4Addr;

use ipforward::{AddressFamily, Device, Interface, Route};
use ipnet::Ipv4Net;
use nthost_testkit::{Host, Process};

/// 10.20.N.0/24 via 192.0.2.254 at interface 7, metric 5.
///
/// # Panics
///
/// Never: 24 is a prefix length.
#[must_use]
pub fn numbered_route(number: u8) -> Route {
    let prefix = Ipv4Net::new([10, 20, number, 0].into(), 24).expect("24 is a prefix length");
    Route::new(prefix.into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

/// A host's route with this number, behind 192.0.2.254 at interface 7. The routes of all numbers below
/// 2^24 are different. Consecutive numbers are distant destinations, as in a table from a routing
/// protocol.
///
/// # Panics
///
/// If the number is larger.
#[must_use]
pub fn scattered_route(number: u32) -> Route {
    /// Bits of an address behind 10.0.0.0/8.
    const BITS: u32 = 24;
    /// Odd, so that multiplication maps different numbers to different ones.
    const SCATTER: u32 = 0x009E_3779;
    assert!(number < 1 << BITS, "numbers are unique below 2^{BITS}");
    let low = number.wrapping_mul(SCATTER) & ((1 << BITS) - 1);
    let address = Ipv4Addr::from_bits(0x0A00_0000 | low);
    Route::new(Ipv4Net::from(address).into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

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
