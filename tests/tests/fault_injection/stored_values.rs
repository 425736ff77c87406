//! A guarded route that fails to be read back after it was written, and a displaced row that a router
//! refreshes. Under the alternative profile the stack stores the flags of a route otherwise than they
//! are written.

use std::time::Duration;

use ipforward::{Device, Entry, Error, Lifetime, Route};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::routes::{INTERFACE, another_client_has_it, at, route};

/// After this time a guard has read a route again that it could not read.
const UNREADABLE: Duration = Duration::from_secs(1);

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("a guarded route is written as it is", |context| {
            written_as_it_is(context, Entry::create(&route()))
        })
        .claims(),
        Scenario::new("a displacing route is written as it is", |context| {
            written_as_it_is(context, Entry::upsert(&route()))
        })
        .after(another_client_has_it)
        .claims(),
        Scenario::new("a displaced row that a router refreshes", |context| {
            refreshed(context, Entry::guard)
        })
        .after(|context| advertise(context, 1_800))
        .claims(),
        Scenario::new(
            "a displaced row that is refreshed under a lease",
            |context| refreshed(context, |lease| lease),
        )
        .after(|context| advertise(context, 1_800))
        .claims(),
    ]
}

const ROUTER: &str = "fe80::1";

/// The metric of a row that the stack has learnt.
const LEARNT: u32 = 256;

/// A route that the router advertises.
fn advertised() -> Route {
    let router: std::net::Ipv6Addr = ROUTER.parse().expect("an address");
    at(INTERFACE, "2001:db8:20::/48").via(router)
}

fn advertise(context: &ScenarioContext, seconds: u32) {
    let prefix = advertised().destination.to_string();
    context.advertise(INTERFACE, &prefix, ROUTER, seconds);
}

/// The router refreshes the row that a lease displaced, again and again. That disturbs no guard, and
/// the row returns with the lifetime that it was given last.
fn refreshed(context: &ScenarioContext, lease: fn(Entry) -> Entry) -> Result<(), Error> {
    let owner = context.device()?;
    hold(context, &owner, lease(Entry::upsert(&advertised()).lease()))?;
    for seconds in [1_800, 600] {
        advertise(context, seconds);
    }
    let restored = restorations(context, &owner);
    context.claim("the lease has its metric", context.has(&advertised()));
    drop(owner);
    context.quiesce();
    context.disarm();
    context.pass_time(UNREADABLE);
    let restored = restored?;
    context.claim("nothing was to be restored", restored == 0);
    let row = context.observer().get_route(&advertised().key())?;
    context.claim("the displaced row is back", row.metric == LEARNT);
    let lifetime = row.valid_lifetime;
    let was_given = matches!(lifetime, Lifetime::Seconds(left) if left <= 600);
    context.claim("with the lifetime of the router", was_given);
    Ok(())
}

/// Another program writes the route as the stack has stored it: that disturbs no guard.
fn written_as_it_is(context: &ScenarioContext, entry: Entry) -> Result<(), Error> {
    let owner = context.device()?;
    let guarded = hold(context, &owner, entry.guard());
    context.quiesce();
    context.disarm();
    guarded?;
    let stored = context.observer().get_route(&route().key())?;
    context.observer().set_route(&stored)?;
    let restored = restorations(context, &owner)?;
    context.claim("nothing is to be restored", restored == 0);
    context.observer().set_route(&route().metric(99))?;
    let restored = restorations(context, &owner)?;
    context.claim("the metric is restored", context.has(&route()));
    context.claim("the guard has restored it once", restored == 1);
    Ok(())
}

/// How often the guard has restored its route, once it has nothing left to do.
fn restorations(context: &ScenarioContext, owner: &Device) -> Result<u32, Error> {
    context.quiesce();
    for _ in 0..2 {
        context.pass_time(UNREADABLE);
    }
    let leases = owner.leases()?;
    let guards = leases.iter().filter_map(|lease| lease.guard);
    Ok(guards.map(|guard| guard.times).sum())
}
