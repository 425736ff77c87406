//! The changes of the table, as a handle reads them.

use std::thread;

use ipforward::abi::operation::call;
use ipforward::abi::watch::WATCH_FILTERS_MAX;
use ipforward::abi::{Operation, WatchRequest};
use ipforward::{Batch, Device, Entry, Event, EventKind, Reason, Route, Watch, WatchFilter};

use crate::selftest::case::NamedCase;
use crate::selftest::context::{CaseContext, METRIC, OwnPart};
use crate::selftest::not_passed::{CaseResult, NotPassed, expect, expect_equal, expect_refused};

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::of_family(
        "snapshot-then-events",
        "a watch has the table, and then each later change in order",
        snapshot_then_events,
    ),
    NamedCase::of_family(
        "changes-attributed",
        "a watch tells own changes from those of other handles, or leaves them out",
        changes_attributed,
    ),
    NamedCase::of_family(
        "overflow-resync",
        "a watch that lost events says so, and continues from the table",
        overflow_resync,
    ),
    NamedCase::once(
        "waiting-watch-cancelled",
        "a watch that waits ends when it is cancelled",
        waiting_watch_cancelled,
    ),
    NamedCase::once(
        "watch-filters-limited",
        "a handle that uses too many filters is refused",
        watch_filters_limited,
    ),
];

/// Waits for the next event.
fn next_event(context: &CaseContext<'_>, watch: &mut Watch) -> Result<Event, NotPassed> {
    let mut events = context.wait_for("an event", || {
        let events = watch.poll()?;
        Ok((!events.is_empty()).then_some(events))
    })?;
    match (events.pop(), events.is_empty()) {
        (Some(event), true) => Ok(event),
        (last, _) => Err(NotPassed::Failed(format!(
            "one change, and these events: {events:?} {last:?}"
        ))),
    }
}

/// The next event is of this kind and of this route.
fn expect_event(
    context: &CaseContext<'_>,
    watch: &mut Watch,
    name: &str,
    route: &Route,
) -> Result<Event, NotPassed> {
    let event = next_event(context, watch)?;
    let key = event.kind.key();
    let found = (event.kind.name(), key.map(|key| key.destination));
    expect_equal("event", &found, &(name, Some(route.destination)))?;
    Ok(event)
}

fn snapshot_then_events(context: &CaseContext<'_>) -> CaseResult {
    let context = &context.part(OwnPart::SnapshotThenEvents)?;
    let (watcher, writer) = (context.open()?, context.open()?);
    let [there, route] = [context.route(0)?, context.route(1)?];
    let _there = writer.lease(&there)?;
    // Not those of the other route: its notification may come after the snapshot.
    let mut watch = watcher.watch(&WatchFilter::new().inside(route.destination))?;
    let snapshot = watch.snapshot()?;
    let found = snapshot
        .iter()
        .filter(|found| context.prefix.contains(&found.destination));
    let found: Vec<_> = found.map(|found| found.destination).collect();
    expect_equal("routes of the snapshot", &found, &vec![there.destination])?;
    let lease = writer.lease(&route)?;
    let added = expect_event(context, &mut watch, "added", &route)?;
    writer.set_route(&route.metric(METRIC + 1))?;
    let changed = expect_event(context, &mut watch, "changed", &route)?;
    let metric = changed.kind.route().map(|route| route.metric);
    expect_equal("metric of the event", &metric, &Some(METRIC + 1))?;
    lease.release()?;
    let removed = expect_event(context, &mut watch, "removed", &route)?;
    let numbers = [added.sequence, changed.sequence, removed.sequence];
    expect(numbers.is_sorted(), || {
        format!("numbers of events: {numbers:?}")
    })
}

fn changes_attributed(context: &CaseContext<'_>) -> CaseResult {
    let context = &context.part(OwnPart::ChangesAttributed)?;
    let (watcher, other) = (context.open()?, context.open()?);
    let [mine, foreign] = [context.route(0)?, context.route(1)?];
    let mut all = watcher.watch(&context.filter())?;
    let mut others = watcher.watch(&context.filter().not_mine())?;
    let _mine = watcher.lease(&mine)?;
    let event = expect_event(context, &mut all, "added", &mine)?;
    expect_equal("made by this handle", &event.made_by_me, &true)?;
    let _foreign = other.lease(&foreign)?;
    let event = expect_event(context, &mut all, "added", &foreign)?;
    expect_equal("made by this handle", &event.made_by_me, &false)?;
    expect_event(context, &mut others, "added", &foreign)?;
    Ok(())
}

fn overflow_resync(context: &CaseContext<'_>) -> CaseResult {
    let (watcher, writer) = (context.open()?, context.open()?);
    let route = context.route(0)?;
    let mut watch = watcher.watch(&context.filter())?;
    let overflows = || watcher.statistics().map(|all| all.losses.event_overflows);
    let before = overflows()?;
    let more = watcher.version()?.ring_events + 1;
    let changes = (0..more).map(|number| {
        let metric = METRIC + number % 2;
        Entry::upsert(&route.metric(metric)).lease()
    });
    let outcome = writer.apply(&changes.collect::<Batch>())?;
    expect(outcome.is_success(), || {
        format!("refused: {:?}", outcome.verdict)
    })?;
    context.wait_for("the watch loses events", || {
        Ok((overflows()? != before).then_some(()))
    })?;
    context.wait_for("the watch says that it lost events", || {
        let events = watch.poll()?;
        let mut kinds = events.iter().map(|event| event.kind);
        Ok(kinds.any(|kind| kind == EventKind::Resync).then_some(()))
    })?;
    let snapshot = watch.snapshot()?;
    let found = snapshot
        .iter()
        .find(|found| found.destination == route.destination);
    let last = METRIC + (more - 1) % 2;
    let metric = found.map(|found| found.metric);
    expect_equal("metric in the snapshot", &metric, &Some(last))
}

/// Waits for an event that does not come.
fn wait_in_vain(device: &Device, filter: &WatchFilter) -> Option<Reason> {
    let request = WatchRequest::from(filter);
    let answer = device.call_for_rows::<call::Watch>(&request, 1);
    answer.err().and_then(|error| error.reason())
}

fn waiting_watch_cancelled(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let filter = context.part(OwnPart::WaitingWatch)?.filter();
    let waiting = device.clone();
    // A thread of its own: the request of a broken driver waits for ever.
    let thread = thread::spawn(move || wait_in_vain(&waiting, &filter));
    context.wait_for("the request ends", || {
        device.cancel(Operation::Watch);
        Ok(thread.is_finished().then_some(()))
    })?;
    let reason = thread.join().unwrap_or_default();
    expect_equal("reason", &reason, &Some(Reason::NotDone))
}

fn watch_filters_limited(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let filter = |number: usize| {
        let prefix = context.route(number)?.destination;
        Ok::<_, NotPassed>(WatchFilter::new().inside(prefix))
    };
    let limit = WATCH_FILTERS_MAX as usize;
    for number in 0..limit {
        device.watch(&filter(number)?)?;
    }
    let one_more = device.watch(&filter(limit)?);
    expect_refused("one more filter", one_more, Reason::Quota)?;
    Ok(())
}
