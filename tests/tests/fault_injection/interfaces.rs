//! Leases and guards on a network interface that is removed and added again, loses its link or its
//! address, or is replaced.

use std::time::Duration;

use ipforward::{Entry, Error};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::routes::{INTERFACE, other, route};

/// After this time a guard has read the route again, or tried again to restore it.
const BACK_OFF: Duration = Duration::from_secs(1);

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "guarded routes are restored with their interface",
            |context| {
                let owner = context.device()?;
                hold(context, &owner, Entry::create(&route()).guard())?;
                hold(context, &owner, Entry::create(&other(1)).guard())?;
                for _ in 0..2 {
                    context.unplug(INTERFACE);
                    context.plug(INTERFACE);
                }
                context.disarm();
                for _ in 0..2 {
                    context.pass_time(BACK_OFF);
                }
                let both = context.has(&route()) && context.has(&other(1));
                context.claim("the guarded routes are there", both);
                Ok(())
            },
        )
        .claims(),
        Scenario::new("guarded routes are restored with their link", |context| {
            returns(context, || {
                for up in [false, true, false, true] {
                    context.set_link(INTERFACE, up);
                }
            })
        })
        .claims(),
        Scenario::new("guarded routes are restored with an address", |context| {
            returns(context, || {
                context.change_address(INTERFACE, "192.0.2.10/24");
            })
        })
        .claims(),
        Scenario::new("a guarded route on a recreated adapter", |context| {
            let owner = context.device()?;
            hold(context, &owner, Entry::create(&route()).guard())?;
            context.unplug(INTERFACE);
            context.plug_recreated(INTERFACE);
            context.disarm();
            for _ in 0..2 {
                context.pass_time(BACK_OFF);
            }
            // No claim: if the stack does not name the adapter when the lease is made, the guard
            // cannot recognize it under another LUID.
            drop(owner);
            context.pass_time(BACK_OFF);
            // The stack's own routes have the first LUID again.
            context.unplug(INTERFACE);
            context.plug(INTERFACE);
            Ok(())
        })
        .claims(),
        Scenario::new("a guarded route and another adapter", |context| {
            returns(context, || {
                context.unplug(INTERFACE);
                context.plug_another(INTERFACE);
                context.pass_time(BACK_OFF);
                context.unplug(INTERFACE);
                context.plug(INTERFACE);
            })
        })
        .claims(),
        Scenario::new("a guard without its interface is idle", |context| {
            away(context, || {
                let ((), calls) =
                    context.trace(None, || context.pass_time(Duration::from_hours(1)));
                context.claim("the guard rests", calls.is_empty());
            })
        })
        .claims(),
        Scenario::new("a lease whose interface is removed", not_guarded).claims(),
        Scenario::new("a guard ends without its interface", |context| {
            let owner = context.device()?;
            hold(context, &owner, Entry::create(&route()).guard())?;
            context.unplug(INTERFACE);
            drop(owner);
            context.pass_time(BACK_OFF);
            context.plug(INTERFACE);
            context.pass_time(BACK_OFF);
            Ok(())
        })
        .claims(),
    ]
}

/// A guarded route is there after something has happened to its interface.
fn returns(context: &ScenarioContext, happens: impl FnOnce()) -> Result<(), Error> {
    let owner = context.device()?;
    hold(context, &owner, Entry::create(&route()).guard())?;
    happens();
    context.disarm();
    for _ in 0..2 {
        context.pass_time(BACK_OFF);
    }
    context.claim("the guarded route is there", context.has(&route()));
    Ok(())
}

/// Something is done while the interface of a guarded route is away.
fn away(context: &ScenarioContext, done: impl FnOnce()) -> Result<(), Error> {
    let owner = context.device()?;
    hold(context, &owner, Entry::create(&route()).guard())?;
    context.unplug(INTERFACE);
    context.pass_time(BACK_OFF);
    done();
    context.plug(INTERFACE);
    Ok(())
}

/// The route stays away. Another client creates it: the end of the old lease does not delete it.
fn not_guarded(context: &ScenarioContext) -> Result<(), Error> {
    let owner = context.device()?;
    hold(context, &owner, Entry::create(&route()).lease())?;
    context.unplug(INTERFACE);
    context.plug(INTERFACE);
    context.claim("the route stays away", context.metric(&route()).is_none());
    context.observer().create_route(&route())?;
    context.table_is_changed(true);
    context.quiesce();
    drop(owner);
    Ok(())
}
