//! What a handle, a route and the driver may have at most, and one more.

use abi::{NtStatus, WatchRequest};
use ipforward::{Entry, Error};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::refusals::refused;
use crate::routes::route;
use crate::watching::look;

/// Handles that may hold one route together, and handles that may watch.
const HANDLES: usize = 64;

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("one owner too many", one_owner_too_many)
            .after(|context| {
                context.open_others(HANDLES);
                for owner in context.others().iter() {
                    hold(context, owner, shared()).expect("the route is shared");
                }
            })
            .claims(),
        Scenario::new("one watcher too many", one_watcher_too_many)
            .after(|context| {
                context.open_others(HANDLES);
                for watcher in context.others().iter() {
                    let _ = look(watcher, &WatchRequest::default()).expect("it watches");
                }
            })
            .claims(),
        Scenario::new("a route that another handle leases", |context| {
            hold(context, &context.device()?, shared())
        })
        .after(|context| {
            context.open_others(1);
            let guarded = Entry::create(&route()).guard();
            hold(context, &context.others()[0], guarded).expect("the route is held");
        })
        .expects(NtStatus::SHARING_VIOLATION)
        .claims(),
    ]
}

fn shared() -> Entry {
    Entry::create(&route()).share()
}

/// It is refused until another one leaves.
fn one_owner_too_many(context: &ScenarioContext) -> Result<(), Error> {
    let late = context.device()?;
    refused(
        context,
        hold(context, &late, shared()),
        NtStatus::QUOTA_EXCEEDED,
    )?;
    drop(context.others().pop());
    hold(context, &late, shared())
}

/// The same.
fn one_watcher_too_many(context: &ScenarioContext) -> Result<(), Error> {
    let late = context.device()?;
    let watch = || look(&late, &WatchRequest::default());
    refused(context, watch(), NtStatus::QUOTA_EXCEEDED)?;
    drop(context.others().pop());
    watch().map(drop)
}
