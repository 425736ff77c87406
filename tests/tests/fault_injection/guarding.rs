//! Guarded routes: whatever fails, they are put back in the end; and whoever insists wins.

use std::time::Duration;

use ipforward::{Device, Entry, Error, EventKind, GuardState, WatchFilter};
use tests::{Bench, Scenario};

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
        Scenario::new("a guarded route is deleted", |bench| {
            let owner = bench.device()?;
            hold(bench, &owner, Entry::create(&route()).guard())?;
            let disturbed = disturb(bench);
            it_comes_back(bench);
            disturbed
        })
        .claims(),
        Scenario::new("a guarded route is changed, and its owner told", changed).claims(),
        Scenario::new(
            "a guarded route is deleted again and again",
            again_and_again,
        )
        .claims(),
        Scenario::new("a guard gives up", gives_up)
            .after(|bench| fight(bench, TIMES - 1))
            .claims(),
        Scenario::new("a fight that is over is forgotten", |bench| {
            bench.pass_time(CALM);
            let disturbed = disturb(bench);
            it_comes_back(bench);
            disturbed
        })
        .after(|bench| fight(bench, 4))
        .claims(),
        Scenario::new("a guard ends while it waits for its turn", |bench| {
            let owner = bench.device()?;
            hold(bench, &owner, Entry::create(&route()).guard())?;
            for _ in 0..2 {
                disturb(bench)?;
            }
            drop(owner);
            bench.pass_time(TRUCE);
            Ok(())
        })
        .claims(),
        Scenario::new("a guard of two owners", two_owners).claims(),
        Scenario::new("two guards and a third party", two_guards)
            .after(|bench| {
                guarded(bench, &[route(), other(1)]);
                for _ in 0..TIMES {
                    attack(bench).expect("the routes are there");
                }
            })
            .claims(),
    ]
}

/// Once nothing fails any more, the route is put back.
fn it_comes_back(bench: &Bench) {
    bench.disarm();
    for _ in 0..2 {
        bench.pass_time(BACK_OFF);
    }
    bench.claim("the guarded route is there", bench.has(&route()));
}

/// Other handles guard a route each.
fn guarded(bench: &Bench, routes: &[ipforward::Route]) {
    bench.open_others(routes.len());
    for (owner, route) in bench.others().iter().zip(routes) {
        let guarded = hold(bench, owner, Entry::create(route).guard());
        guarded.expect("the route is guarded");
    }
}

/// Another handle guards the route, which somebody has deleted so often.
fn fight(bench: &Bench, times: u32) {
    guarded(bench, &[route()]);
    for _ in 0..times {
        disturb(bench).expect("the route is deleted");
        bench.pass_time(TRUCE);
    }
}

/// Somebody deletes the route, if it is there.
fn disturb(bench: &Bench) -> Result<(), Error> {
    let deleted = bench.observer().delete_route(&route().key());
    bench.settle();
    deleted.or_else(unless_absent)
}

fn unless_absent(error: Error) -> Result<(), Error> {
    match error.status() {
        Some(status) if status.is_absent() => Ok(()),
        _ => Err(error),
    }
}

fn changed(bench: &Bench) -> Result<(), Error> {
    let owner = bench.device()?;
    hold(bench, &owner, Entry::create(&route()).guard())?;
    let mut watch = owner.watch(&WatchFilter::new())?;
    bench.observer().set_route(&route().metric(99))?;
    it_comes_back(bench);
    let events = watch.poll()?;
    let is_told = |kind| matches!(kind, EventKind::GuardRestored(_) | EventKind::Resync);
    let told = events.iter().any(|event| is_told(event.kind));
    bench.claim("its owner is told", told);
    Ok(())
}

fn again_and_again(bench: &Bench) -> Result<(), Error> {
    let owner = bench.device()?;
    hold(bench, &owner, Entry::create(&route()).guard())?;
    for _ in 0..3 {
        disturb(bench)?;
        bench.pass_time(BACK_OFF);
    }
    it_comes_back(bench);
    Ok(())
}

/// Once more it is put back, and then not any more. What the guard tried in vain counts.
fn gives_up(bench: &Bench) -> Result<(), Error> {
    let insisted = (0..2).try_for_each(|_| {
        disturb(bench)?;
        // What it cannot see at once it looks at again, and then waits.
        for _ in 0..3 {
            bench.pass_time(TRUCE);
        }
        Ok(())
    });
    bench.disarm();
    for _ in 0..2 {
        bench.pass_time(TRUCE);
    }
    let is_gone = bench.metric(&route()).is_none();
    bench.table_is_changed(is_gone);
    bench.claim("whoever insists wins", is_gone || insisted.is_err());
    let gave_up = has_given_up(&bench.others()[0]);
    bench.claim("what has been given up is told", is_gone == gave_up);
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
fn two_owners(bench: &Bench) -> Result<(), Error> {
    let guarded = Entry::create(&route()).share().guard();
    let (first, second) = (bench.device()?, bench.device()?);
    hold(bench, &first, guarded)?;
    hold(bench, &second, guarded)?;
    disturb(bench)?;
    bench.pass_time(BACK_OFF);
    drop(first);
    bench.settle();
    let disturbed = disturb(bench);
    it_comes_back(bench);
    disturbed
}

/// Deletes both routes, and writes its own in place of one of them.
fn attack(bench: &Bench) -> Result<(), Error> {
    let hostile = bench.observer();
    for route in [route(), other(1)] {
        hostile.delete_route(&route.key()).or_else(unless_absent)?;
        bench.settle();
        bench.table_is_changed(true);
    }
    let own = other(1).metric(99);
    if bench.metric(&own).is_some() {
        hostile.set_route(&own)?;
    } else {
        hostile.create_route(&own)?;
    }
    bench.settle();
    bench.pass_time(TRUCE);
    Ok(())
}

/// Whoever insists wins.
fn two_guards(bench: &Bench) -> Result<(), Error> {
    for _ in 0..2 {
        attack(bench)?;
    }
    let own = bench.has(&other(1).metric(99)) && bench.metric(&route()).is_none();
    bench.claim("whoever insists wins", own);
    Ok(())
}
