//! Routes that belong to a handle.

use std::process;

use ipforward::{Entry, LeaseInfo, LeaseTerms, Lifetime, Reason};

use crate::selftest::case::NamedCase;
use crate::selftest::context::{CaseContext, METRIC, find, metric};
use crate::selftest::not_passed::{CaseResult, NotPassed, expect, expect_equal, expect_refused};
use crate::selftest::temporary_route::{LIFETIME, TemporaryRoute};

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::of_family(
        "lease-ends-with-handle",
        "leased routes are removed when their handle is closed",
        lease_ends_with_handle,
    ),
    NamedCase::of_family(
        "lease-released",
        "a released lease removes its route at once",
        lease_released,
    ),
    NamedCase::of_family(
        "displaced-route-restored",
        "the route that a lease has displaced comes back",
        displaced_route_restored,
    ),
    NamedCase::of_family(
        "lease-is-exclusive",
        "a second handle does not get a lease that is not shared",
        lease_is_exclusive,
    ),
    NamedCase::of_family(
        "lease-handed-over",
        "a shared route stays while one handle takes it over from another",
        lease_handed_over,
    ),
    NamedCase::of_family(
        "lease-listed",
        "every handle sees a lease, its process and its guard",
        lease_listed,
    ),
    NamedCase::of_family(
        "lease-ends-with-deletion",
        "a lease ends when another handle deletes its route",
        lease_ends_with_deletion,
    ),
];

fn lease_ends_with_handle(context: &CaseContext<'_>) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let routes = [context.route(0)?, context.route(1)?, context.route(2)?];
    // Entries of a batch: a `Lease` would end by itself.
    let leased = routes.map(|route| Entry::create(&route).lease());
    let _done = owner.apply(&leased.into_iter().collect())?.into_result()?;
    let [.., last] = routes;
    expect_equal("metric", &metric(&other, &last)?, &Some(METRIC))?;
    drop(owner);
    routes
        .iter()
        .try_for_each(|route| context.wait_until_gone(&other, route))
}

fn lease_released(context: &CaseContext<'_>) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    owner.lease(&route)?.release()?;
    expect_equal("released route", &find(&other, &route)?, &None)
}

fn displaced_route_restored(context: &CaseContext<'_>) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    let displaced = TemporaryRoute::create(&other, &route.metric(METRIC + 1))?;
    let lease = owner.lease(&route.valid_for(Lifetime::Seconds(LIFETIME)))?;
    expect_equal("metric", &metric(&other, &route)?, &Some(METRIC))?;
    lease.release()?;
    let restored = metric(&other, displaced.route())?;
    expect_equal("metric afterwards", &restored, &Some(METRIC + 1))
}

fn lease_is_exclusive(context: &CaseContext<'_>) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    let lease = owner.lease(&route)?;
    for terms in [LeaseTerms::empty(), LeaseTerms::SHARED] {
        let second = other.lease_on(&route, terms);
        expect_refused("a second lease", second, Reason::Held)?;
    }
    lease.release()?;
    other.lease(&route)?.release()?;
    Ok(())
}

fn lease_handed_over(context: &CaseContext<'_>) -> CaseResult {
    let observer = context.open()?;
    let route = context.route(0)?;
    let first = context.open()?;
    let first_lease = first.lease_on(&route, LeaseTerms::SHARED)?;
    let second = context.open()?;
    let second_lease = second.lease_on(&route, LeaseTerms::SHARED)?;
    drop((first_lease, first));
    let found = metric(&observer, &route)?;
    expect_equal("metric with the second handle", &found, &Some(METRIC))?;
    drop((second_lease, second));
    context.wait_until_gone(&observer, &route)
}

fn lease_listed(context: &CaseContext<'_>) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    let _lease = owner.lease_on(&route, LeaseTerms::GUARDED)?;
    for (device, is_mine) in [(&owner, true), (&other, false)] {
        let leases = device.leases()?;
        let mut of_case = leases
            .iter()
            .filter(|lease| context.prefix.contains(&lease.route.destination));
        let (Some(lease), None) = (of_case.next(), of_case.next()) else {
            return Err(NotPassed::Failed(format!("not one lease: {leases:?}")));
        };
        expect_equal("prefix", &lease.route.destination, &route.destination)?;
        expect_equal("process", &lease.owner.process_id, &process::id())?;
        expect_equal("held by this handle", &lease.owner.is_me, &is_mine)?;
        let terms = (lease.shared, lease.guard.is_some());
        expect_equal("shared, guarded", &terms, &(false, true))?;
    }
    Ok(())
}

fn lease_ends_with_deletion(context: &CaseContext<'_>) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    let lease = owner.lease(&route)?;
    other.delete_route(&route.key())?;
    context.wait_for("the lease ends", || {
        let is_of_route = |lease: &LeaseInfo| lease.route.destination == route.destination;
        let is_held = other.leases()?.iter().any(is_of_route);
        Ok((!is_held).then_some(()))
    })?;
    expect(find(&other, &route)?.is_none(), || {
        "the route is back without a guard".to_owned()
    })?;
    drop(lease);
    Ok(())
}
