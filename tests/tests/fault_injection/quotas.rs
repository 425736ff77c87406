//! What a handle, a route and the driver may have at most, and one more.

use abi::{NtStatus, WatchRequest};
use ipforward::{Entry, Error};
use tests::{Bench, Scenario};

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
            .after(|bench| {
                bench.open_others(HANDLES);
                for owner in bench.others().iter() {
                    hold(bench, owner, shared()).expect("the route is shared");
                }
            })
            .claims(),
        Scenario::new("one watcher too many", one_watcher_too_many)
            .after(|bench| {
                bench.open_others(HANDLES);
                for watcher in bench.others().iter() {
                    let _ = look(watcher, &WatchRequest::default()).expect("it watches");
                }
            })
            .claims(),
        Scenario::new("a route that somebody else leases", |bench| {
            hold(bench, &bench.device()?, shared())
        })
        .after(|bench| {
            bench.open_others(1);
            let guarded = Entry::create(&route()).guard();
            hold(bench, &bench.others()[0], guarded).expect("the route is held");
        })
        .expects(NtStatus::SHARING_VIOLATION)
        .claims(),
    ]
}

fn shared() -> Entry {
    Entry::create(&route()).share()
}

/// It is refused until another one leaves.
fn one_owner_too_many(bench: &Bench) -> Result<(), Error> {
    let late = bench.device()?;
    refused(
        bench,
        hold(bench, &late, shared()),
        NtStatus::QUOTA_EXCEEDED,
    )?;
    drop(bench.others().pop());
    hold(bench, &late, shared())
}

/// The same.
fn one_watcher_too_many(bench: &Bench) -> Result<(), Error> {
    let late = bench.device()?;
    let watch = || look(&late, &WatchRequest::default());
    refused(bench, watch(), NtStatus::QUOTA_EXCEEDED)?;
    drop(bench.others().pop());
    watch().map(drop)
}
