//! The system sleeps, and the stack loses routes: leases get them back after the resume, whatever fails.

use std::time::Duration;

use ipforward::{Entry, Error, EventKind, GuardState, WatchFilter};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::routes::{other, route};

/// After this time deferred work has tried again what failed for lack of memory, or on an interface
/// that the stack may still configure.
const RETRY: Duration = Duration::from_secs(1);

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("leases return after a sleep", leases_return).claims(),
        Scenario::new("a watch over a sleep", watch_over_a_sleep).claims(),
        Scenario::new("leases that end in a sleep", |context| {
            let owner = context.device()?;
            hold(context, &owner, Entry::create(&route()).lease())?;
            hold(context, &owner, Entry::create(&other(1)).guard())?;
            context.sleep_and_lose_routes();
            drop(owner);
            context.wake();
            context.disarm();
            context.pass_time(RETRY);
            let are_gone = [route(), other(1)]
                .iter()
                .all(|route| context.metric(route).is_none());
            context.claim("no lease is put back", are_gone);
            Ok(())
        })
        .claims(),
    ]
}

/// Sleeps, resumes, and waits until nothing fails any more and all is tried again.
fn sleep_through(context: &ScenarioContext) {
    context.sleep_and_lose_routes();
    context.wake();
    context.disarm();
    for _ in 0..4 {
        context.pass_time(RETRY);
    }
}

fn leases_return(context: &ScenarioContext) -> Result<(), Error> {
    let owner = context.device()?;
    hold(context, &owner, Entry::create(&route()).lease())?;
    hold(context, &owner, Entry::create(&other(1)).guard())?;
    sleep_through(context);
    context.claim("the route of a lease is back", context.has(&route()));
    context.claim("the guarded route is back", context.has(&other(1)));
    let leases = owner.leases()?;
    context.claim("both leases are there", leases.len() == 2);
    let holds = |state| state == GuardState::Holding;
    let mut guards = leases.iter().filter_map(|lease| lease.guard);
    context.claim("the guard holds", guards.all(|guard| holds(guard.state)));
    Ok(())
}

fn watch_over_a_sleep(context: &ScenarioContext) -> Result<(), Error> {
    let reader = context.device()?;
    let mut watch = reader.watch(&WatchFilter::new())?;
    context.sleep_and_lose_routes();
    context.wake();
    let events = watch.poll()?;
    let is_resync = |kind| matches!(kind, EventKind::Resync);
    let has_resync = events.iter().any(|event| is_resync(event.kind));
    context.claim("the reader has to read the table again", has_resync);
    Ok(())
}
