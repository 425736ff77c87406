//! The system sleeps, and the stack loses routes: leases get them back after the resume, whatever fails.

use ipforward::{AddressFamily, Entry, Error, EventKind, GuardState, InterfaceChange, WatchFilter};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::routes::{AT, RETRY, other, route, settings_are_reset};

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("leases return after a sleep", leases_return).claims(),
        Scenario::new("settings return after a sleep", settings_return)
            .finally(settings_are_reset)
            .claims(),
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

/// The settings are written again, unless the stack said that the interface is gone.
fn settings_return(context: &ScenarioContext) -> Result<(), Error> {
    let (owner, other) = (context.device()?, context.device()?);
    let metric = InterfaceChange::new().metric(5);
    owner.lease_interface(AddressFamily::IPV4, AT, metric)?;
    context.sleep_and_lose_routes();
    let automatic = InterfaceChange::new().automatic_metric();
    let lost = other.set_interface(AddressFamily::IPV4, AT, automatic);
    context.wake();
    lost?;
    let failed = context.disarm();
    context.pass_time(RETRY);
    let is_gone = failed.is_some_and(|failed| !failed.status.is_transient());
    let after = other.interface(AddressFamily::IPV4, AT)?;
    context.claim("the metric is back", is_gone || after.metric == 5);
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
