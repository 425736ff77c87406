//! A guarded route that fails to be read back after it was written. Under the alternative profile the
//! stack stores the flags of a route otherwise than they are written.

use std::time::Duration;

use ipforward::{Device, Entry, Error};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::routes::{another_client_has_it, route};

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
    ]
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
