//! The routes of the scenarios, and the state before a run.

use std::net::Ipv6Addr;
use std::time::Duration;

use abi::AddressFamily;
use ipforward::{Interface, InterfaceChange, Route, RouteSet};
use tests::ScenarioContext;

/// The interface of all routes.
pub(crate) const INTERFACE: u32 = 7;

/// The same, as a value.
pub(crate) const AT: Interface = Interface::Index(INTERFACE);

/// After this time the driver has tried again to end a lease.
pub(crate) const RETRY: Duration = Duration::from_secs(1);

/// A gateway there.
pub(crate) const GATEWAY_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// 10.20.0.0/16 via 192.0.2.254 at interface 7.
pub(crate) fn route() -> Route {
    other(0)
}

/// 10.21.0.0/16 and so on, as [`route`].
pub(crate) fn other(number: u8) -> Route {
    to(&format!("10.{}.0.0/16", 20 + number)).via([192, 0, 2, 254])
}

/// On-link at interface 7.
pub(crate) fn to(destination: &str) -> Route {
    at(INTERFACE, destination)
}

/// On-link.
pub(crate) fn at(interface: u32, destination: &str) -> Route {
    let destination: ipnet::IpNet = destination.parse().expect("a prefix");
    Route::new(destination, Interface::Index(interface)).metric(5)
}

/// A route with host bits, which the stack refuses.
pub(crate) fn invalid_route() -> Route {
    to("10.30.0.1/16")
}

pub(crate) fn the_route_is_there(context: &ScenarioContext) {
    let created = context.observer().create_route(&route());
    created.expect("the route is created");
}

/// A row of another client, which a lease displaces.
pub(crate) fn another_client_has_it(context: &ScenarioContext) {
    let created = context.observer().create_route(&route().metric(77));
    created.expect("the route is created");
}

/// The observer holds two leases.
pub(crate) fn two_are_held(context: &ScenarioContext) {
    the_observer_holds(context, &RouteSet::new().with(&route()).with(&other(1)));
}

/// No settings of the interface are leased or changed any more.
pub(crate) fn settings_are_reset(context: &ScenarioContext) {
    context.pass_time(RETRY);
    let fresh = InterfaceChange::new()
        .automatic_metric()
        .default_routes(true);
    let reset = context
        .observer()
        .set_interface(AddressFamily::IPV4, AT, fresh);
    reset.expect("an answer");
}

/// The observer ends its leases.
pub(crate) fn none_is_held(context: &ScenarioContext) {
    the_observer_holds(context, &RouteSet::new());
}

fn the_observer_holds(context: &ScenarioContext, set: &RouteSet) {
    let outcome = context.observer().declare(set).expect("an answer");
    assert!(outcome.is_success(), "{outcome:?}");
}
