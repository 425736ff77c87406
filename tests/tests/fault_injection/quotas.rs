//! What a handle, a route and the driver may have at most, and one more.

use abi::watch::WATCH_REQUESTS_MAX;
use abi::{NtStatus, WatchRequest};
use ipforward::{Entry, Error};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::refusals::refused;
use crate::routes::route;
use crate::watching::{Watcher, ends_by_cancellation, look};

/// Handles that may hold one route together, and handles that may watch.
const HANDLES: usize = 64;
/// Requests of a handle that may wait for an event.
const REQUESTS: usize = WATCH_REQUESTS_MAX as usize;

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
        Scenario::new("one waiting request too many", one_request_too_many)
            .after(|context| context.keep(waiting(context, REQUESTS)))
            .tolerates(ends_by_cancellation)
            .claims(),
        Scenario::new("a waiting request beside many others", beside_others)
            .after(|context| {
                let half = REQUESTS / 2;
                context.keep([waiting(context, half), waiting(context, half + 1)]);
            })
            .tolerates(ends_by_cancellation)
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

/// A client whose requests wait for an event.
fn waiting(context: &ScenarioContext, requests: usize) -> Watcher {
    let mut watcher = Watcher::open(context).expect("the device opens");
    for _ in 0..requests {
        watcher.wait_for(&WatchRequest::default());
    }
    watcher
}

/// It is refused until another one of the handle ends.
fn one_request_too_many(context: &ScenarioContext) -> Result<(), Error> {
    let mut watcher = context.kept::<Watcher>();
    watcher.wait_for(&WatchRequest::default());
    refused(context, watcher.end(REQUESTS), NtStatus::QUOTA_EXCEEDED)?;
    refused(context, watcher.end(0), NtStatus::CANCELLED)?;
    watcher.wait_for(&WatchRequest::default());
    refused(context, watcher.end(REQUESTS - 1), NtStatus::CANCELLED)
}

/// It waits: its handle has few, although all handles together have more than one may have.
fn beside_others(context: &ScenarioContext) -> Result<(), Error> {
    let mut watchers = context.kept::<[Watcher; 2]>();
    let [_, watcher] = &mut *watchers;
    watcher.wait_for(&WatchRequest::default());
    refused(context, watcher.end(REQUESTS / 2 + 1), NtStatus::CANCELLED)
}
