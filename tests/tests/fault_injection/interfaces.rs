//! An interface goes and comes back, and what is held on it.

use std::time::Duration;

use ipforward::{Entry, Error};
use tests::{Bench, Scenario};

use crate::holding::hold;
use crate::routes::{INTERFACE, other, route};

/// By then a guard has looked again at a route that it could not see, or tried again to put it back.
const BACK_OFF: Duration = Duration::from_secs(1);

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("guarded routes come back with their interface", |bench| {
            let owner = bench.device()?;
            hold(bench, &owner, Entry::create(&route()).guard())?;
            hold(bench, &owner, Entry::create(&other(1)).guard())?;
            for _ in 0..2 {
                bench.unplug(INTERFACE);
                bench.plug(INTERFACE);
            }
            bench.disarm();
            for _ in 0..2 {
                bench.pass_time(BACK_OFF);
            }
            let both = bench.has(&route()) && bench.has(&other(1));
            bench.claim("the guarded routes are there", both);
            Ok(())
        })
        .claims(),
        Scenario::new("a guard whose interface is away rests", |bench| {
            away(bench, || {
                let ((), calls) = bench.trace(None, || bench.pass_time(Duration::from_hours(1)));
                bench.claim("the guard rests", calls.is_empty());
            })
        })
        .claims(),
        Scenario::new("a lease whose interface goes", not_guarded).claims(),
        Scenario::new("a guard ends while its interface is away", |bench| {
            let owner = bench.device()?;
            hold(bench, &owner, Entry::create(&route()).guard())?;
            bench.unplug(INTERFACE);
            drop(owner);
            bench.pass_time(BACK_OFF);
            bench.plug(INTERFACE);
            bench.pass_time(BACK_OFF);
            Ok(())
        })
        .claims(),
    ]
}

/// Something is done while the interface of a guarded route is away.
fn away(bench: &Bench, done: impl FnOnce()) -> Result<(), Error> {
    let owner = bench.device()?;
    hold(bench, &owner, Entry::create(&route()).guard())?;
    bench.unplug(INTERFACE);
    bench.pass_time(BACK_OFF);
    done();
    bench.plug(INTERFACE);
    Ok(())
}

/// The route stays away. Somebody else makes it: the lease that was there does not take it along.
fn not_guarded(bench: &Bench) -> Result<(), Error> {
    let owner = bench.device()?;
    hold(bench, &owner, Entry::create(&route()).lease())?;
    bench.unplug(INTERFACE);
    bench.plug(INTERFACE);
    bench.claim("the route stays away", bench.metric(&route()).is_none());
    bench.observer().create_route(&route())?;
    bench.table_is_changed(true);
    bench.settle();
    drop(owner);
    Ok(())
}
