//! Guarded routes: they are restored in the end, whatever fails; and a guard gives up against a
//! client that keeps deleting.

use std::time::Duration;

use ipforward::{Device, Entry, Error, EventKind, GuardState, WatchFilter};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::routes::{other, route};

/// After this time a guard has read a route again that it could not read; after the same time again
/// it has restored the route, if that was not its first attempt.
const BACK_OFF: Duration = Duration::from_secs(1);
/// After this time it has tried again, unless it gave up.
const COOLDOWN: Duration = Duration::from_mins(1);
/// After this time a guard has reset its back-off.
const QUIET: Duration = Duration::from_mins(11);
/// How often a guard restores a route before it gives up.
const TIMES: u32 = 10;

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("a guarded route is deleted", |context| {
            let owner = context.device()?;
            hold(context, &owner, Entry::create(&route()).guard())?;
            let disturbed = disturb(context);
            it_comes_back(context);
            disturbed
        })
        .claims(),
        Scenario::new(
            "a guarded route is changed, and its owner notified",
            changed,
        )
        .claims(),
        Scenario::new(
            "a guarded route is deleted again and again",
            again_and_again,
        )
        .claims(),
        Scenario::new("a guard gives up", gives_up)
            .after(|context| fight(context, TIMES - 1))
            .claims(),
        Scenario::new("a guard resets its back-off", |context| {
            context.pass_time(QUIET);
            let disturbed = disturb(context);
            it_comes_back(context);
            disturbed
        })
        .after(|context| fight(context, 4))
        .claims(),
        Scenario::new("a guard ends in back-off", |context| {
            let owner = context.device()?;
            hold(context, &owner, Entry::create(&route()).guard())?;
            for _ in 0..2 {
                disturb(context)?;
            }
            drop(owner);
            context.pass_time(COOLDOWN);
            Ok(())
        })
        .claims(),
        Scenario::new("a guard of two owners", two_owners).claims(),
        Scenario::new("two guards and a hostile client", two_guards)
            .after(|context| {
                guarded(context, &[route(), other(1)]);
                for _ in 0..TIMES {
                    attack(context).expect("the routes are there");
                }
            })
            .claims(),
    ]
}

/// Checks that the route is restored once nothing fails.
fn it_comes_back(context: &ScenarioContext) {
    context.disarm();
    for _ in 0..2 {
        context.pass_time(BACK_OFF);
    }
    context.claim("the guarded route is there", context.has(&route()));
}

/// Other handles guard a route each.
fn guarded(context: &ScenarioContext, routes: &[ipforward::Route]) {
    context.open_others(routes.len());
    for (owner, route) in context.others().iter().zip(routes) {
        let guarded = hold(context, owner, Entry::create(route).guard());
        guarded.expect("the route is guarded");
    }
}

/// Another handle guards the route, and the observer has deleted it `times` times.
fn fight(context: &ScenarioContext, times: u32) {
    guarded(context, &[route()]);
    for _ in 0..times {
        disturb(context).expect("the route is deleted");
        context.pass_time(COOLDOWN);
    }
}

/// The observer deletes the route, if it exists.
fn disturb(context: &ScenarioContext) -> Result<(), Error> {
    let deleted = context.observer().delete_route(&route().key());
    context.quiesce();
    deleted.or_else(unless_absent)
}

fn unless_absent(error: Error) -> Result<(), Error> {
    match error.status() {
        Some(status) if status.is_absent() => Ok(()),
        _ => Err(error),
    }
}

fn changed(context: &ScenarioContext) -> Result<(), Error> {
    let owner = context.device()?;
    hold(context, &owner, Entry::create(&route()).guard())?;
    let mut watch = owner.watch(&WatchFilter::new())?;
    context.observer().set_route(&route().metric(99))?;
    context.quiesce();
    it_comes_back(context);
    let events = watch.poll()?;
    let is_expected = |kind| matches!(kind, EventKind::GuardRestored(_) | EventKind::Resync);
    let notified = events.iter().any(|event| is_expected(event.kind));
    context.claim("the owner gets an event", notified);
    Ok(())
}

fn again_and_again(context: &ScenarioContext) -> Result<(), Error> {
    let owner = context.device()?;
    hold(context, &owner, Entry::create(&route()).guard())?;
    for _ in 0..3 {
        disturb(context)?;
        context.pass_time(BACK_OFF);
    }
    it_comes_back(context);
    Ok(())
}

/// The guard restores it once more, and then gives up. Failed attempts count.
fn gives_up(context: &ScenarioContext) -> Result<(), Error> {
    let insisted = (0..2).try_for_each(|_| {
        disturb(context)?;
        // A guard that cannot read the route reads it again, and then waits.
        for _ in 0..3 {
            context.pass_time(COOLDOWN);
        }
        Ok(())
    });
    context.disarm();
    for _ in 0..2 {
        context.pass_time(COOLDOWN);
    }
    let is_gone = context.metric(&route()).is_none();
    context.table_is_changed(is_gone);
    context.claim("the guard gives up", is_gone || insisted.is_err());
    let gave_up = has_given_up(&context.others()[0]);
    context.claim("the list says that the guard gave up", is_gone == gave_up);
    insisted
}

fn has_given_up(owner: &Device) -> bool {
    let leases = owner.leases().expect("nothing fails any more");
    let guards = leases.iter().filter_map(|lease| lease.guard);
    guards
        .map(|guard| guard.state)
        .any(|state| state == GuardState::GaveUp)
}

/// The guard outlives its first owner.
fn two_owners(context: &ScenarioContext) -> Result<(), Error> {
    let guarded = Entry::create(&route()).share().guard();
    let (first, second) = (context.device()?, context.device()?);
    hold(context, &first, guarded.clone())?;
    hold(context, &second, guarded)?;
    disturb(context)?;
    context.pass_time(BACK_OFF);
    drop(first);
    context.quiesce();
    let disturbed = disturb(context);
    it_comes_back(context);
    disturbed
}

/// Deletes both routes, and replaces one of them.
fn attack(context: &ScenarioContext) -> Result<(), Error> {
    let hostile = context.observer();
    for route in [route(), other(1)] {
        hostile.delete_route(&route.key()).or_else(unless_absent)?;
        context.quiesce();
        context.table_is_changed(true);
    }
    let own = other(1).metric(99);
    if context.metric(&own).is_some() {
        hostile.set_route(&own)?;
    } else {
        hostile.create_route(&own)?;
    }
    context.quiesce();
    context.pass_time(COOLDOWN);
    Ok(())
}

/// Both guards give up.
fn two_guards(context: &ScenarioContext) -> Result<(), Error> {
    for _ in 0..2 {
        attack(context)?;
    }
    let own = context.has(&other(1).metric(99)) && context.metric(&route()).is_none();
    context.claim("the guard gives up", own);
    Ok(())
}
