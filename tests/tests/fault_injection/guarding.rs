//! Guarded routes: whatever fails, they are put back in the end; and whoever insists wins.

use std::time::Duration;

use ipforward::{Device, Entry, Error, EventKind, GuardState, WatchFilter};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::routes::{other, route};

/// By then a guard has looked again at a route that it could not see; and once more by then, it has
/// put it back, if that was not its first try.
const BACK_OFF: Duration = Duration::from_secs(1);
/// By then it has tried again in any case, unless it gave up.
const TRUCE: Duration = Duration::from_mins(1);
/// By then a fight is over.
const CALM: Duration = Duration::from_mins(11);
/// How often a guard puts a route back in one fight.
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
            context.pass_time(CALM);
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
            context.pass_time(TRUCE);
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

/// Once nothing fails any more, the route is put back.
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

/// Another handle guards the route, which somebody has deleted so often.
fn fight(context: &ScenarioContext, times: u32) {
    guarded(context, &[route()]);
    for _ in 0..times {
        disturb(context).expect("the route is deleted");
        context.pass_time(TRUCE);
    }
}

/// Somebody deletes the route, if it is there.
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
    it_comes_back(context);
    let events = watch.poll()?;
    let is_told = |kind| matches!(kind, EventKind::GuardRestored(_) | EventKind::Resync);
    let told = events.iter().any(|event| is_told(event.kind));
    context.claim("its owner is told", told);
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

/// Once more it is put back, and then not any more. What the guard tried in vain counts.
fn gives_up(context: &ScenarioContext) -> Result<(), Error> {
    let insisted = (0..2).try_for_each(|_| {
        disturb(context)?;
        // What it cannot see at once it looks at again, and then waits.
        for _ in 0..3 {
            context.pass_time(TRUCE);
        }
        Ok(())
    });
    context.disarm();
    for _ in 0..2 {
        context.pass_time(TRUCE);
    }
    let is_gone = context.metric(&route()).is_none();
    context.table_is_changed(is_gone);
    context.claim("whoever insists wins", is_gone || insisted.is_err());
    let gave_up = has_given_up(&context.others()[0]);
    context.claim("what has been given up is told", is_gone == gave_up);
    insisted
}

fn has_given_up(owner: &Device) -> bool {
    let leases = owner.leases().expect("nothing fails any more");
    let guards = leases.iter().filter_map(|lease| lease.guard);
    guards
        .map(|guard| guard.state)
        .any(|state| state == GuardState::GaveUp)
}

/// It tells both of them, and outlives the first.
fn two_owners(context: &ScenarioContext) -> Result<(), Error> {
    let guarded = Entry::create(&route()).share().guard();
    let (first, second) = (context.device()?, context.device()?);
    hold(context, &first, guarded)?;
    hold(context, &second, guarded)?;
    disturb(context)?;
    context.pass_time(BACK_OFF);
    drop(first);
    context.quiesce();
    let disturbed = disturb(context);
    it_comes_back(context);
    disturbed
}

/// Deletes both routes, and writes its own in place of one of them.
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
    context.pass_time(TRUCE);
    Ok(())
}

/// Whoever insists wins.
fn two_guards(context: &ScenarioContext) -> Result<(), Error> {
    for _ in 0..2 {
        attack(context)?;
    }
    let own = context.has(&other(1).metric(99)) && context.metric(&route()).is_none();
    context.claim("whoever insists wins", own);
    Ok(())
}
