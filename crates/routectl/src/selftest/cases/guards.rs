//! Routes that the driver restores.

use ipforward::{Batch, Device, Entry, EventKind, LeaseTerms, Route, Watch};

use crate::selftest::case::NamedCase;
use crate::selftest::context::{CaseContext, METRIC, metric};
use crate::selftest::not_passed::{CaseResult, NotPassed, expect, expect_equal};

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::of_family(
        "guard-restores-deleted",
        "a guarded route that another handle deletes comes back",
        guard_restores_deleted,
    ),
    NamedCase::of_family(
        "guard-restores-changed",
        "a guarded route that another handle changes is changed back",
        guard_restores_changed,
    ),
    NamedCase::of_family(
        "guard-follows-owner",
        "the owner of a guarded route may change it",
        guard_follows_owner,
    ),
    NamedCase::of_family(
        "guard-ends-with-handle",
        "a guard restores nothing when its handle is closed",
        guard_ends_with_handle,
    ),
];

/// Waits until the guard of the handle tells that it has restored the route.
fn wait_until_restored(context: &CaseContext<'_>, watch: &mut Watch, route: &Route) -> CaseResult {
    let what = format!("the guard restores {}", route.key());
    context.wait_for(&what, || {
        let is_restoration = |kind: &EventKind| match kind {
            EventKind::GuardRestored(restored) => restored.destination == route.destination,
            _ => false,
        };
        let events = watch.poll()?;
        let mut kinds = events.iter().map(|event| &event.kind);
        Ok(kinds.any(is_restoration).then_some(()))
    })
}

/// A guarded route is disturbed by another handle, and restored.
fn disturb(
    context: &CaseContext<'_>,
    disturbance: impl FnOnce(&Device, &Route) -> Result<(), ipforward::Error>,
) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    let lease = owner.lease_on(&route, LeaseTerms::GUARDED)?;
    let mut watch = owner.watch(&context.filter().only_guards())?;
    disturbance(&other, &route)?;
    wait_until_restored(context, &mut watch, &route)?;
    expect_equal("metric", &metric(&other, &route)?, &Some(METRIC))?;
    let leases = owner.leases()?;
    let mut guards = leases
        .iter()
        .filter(|lease| lease.route.destination == route.destination)
        .filter_map(|lease| lease.guard);
    expect_equal(
        "restorations",
        &guards.next().map(|guard| guard.times),
        &Some(1),
    )?;
    lease.release()?;
    Ok(())
}

fn guard_restores_deleted(context: &CaseContext<'_>) -> CaseResult {
    disturb(context, |other, route| other.delete_route(&route.key()))
}

fn guard_restores_changed(context: &CaseContext<'_>) -> CaseResult {
    disturb(context, |other, route| {
        other.set_route(&route.metric(METRIC + 1))
    })
}

fn guard_follows_owner(context: &CaseContext<'_>) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    let changed = route.metric(METRIC + 1);
    let lease = owner.lease_on(&route, LeaseTerms::GUARDED)?;
    let mut watch = owner.watch(&context.filter())?;
    owner.set_route(&changed)?;
    expect_equal("metric", &metric(&other, &route)?, &Some(METRIC + 1))?;
    // The guard now restores the new metric.
    other.delete_route(&route.key())?;
    wait_until_restored(context, &mut watch, &route)?;
    expect_equal(
        "restored metric",
        &metric(&other, &route)?,
        &Some(METRIC + 1),
    )?;
    lease.release()?;
    Ok(())
}

fn guard_ends_with_handle(context: &CaseContext<'_>) -> CaseResult {
    let (owner, other) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    let guarded = Batch::new().with(Entry::create(&route).guard());
    let _done = owner.apply(&guarded)?.into_result()?;
    drop(owner);
    context.wait_until_gone(&other, &route)?;
    let leases = other.leases()?;
    let is_held = leases
        .iter()
        .any(|lease| lease.route.destination == route.destination);
    expect(!is_held, || "the lease is still listed".to_owned())?;
    // A guard would restore the route of this lease, too.
    other.lease(&route)?.release().map_err(NotPassed::from)?;
    expect_equal("metric", &metric(&other, &route)?, &None)
}
